"""What stands at a drawn entrance: a camera that sees what is held before it, and a door that is opened over the network."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np

SIZE = (1280, 720)
FPS = 15
PATIENCE_S = 90.0  # these machines are slow and shared


class EntryCamera:
    """Motion JPEG of a drawn wall, with a phone before it while one is held there: tilted, a bit soft, with noise."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(3)
        shade = np.linspace(150, 95, SIZE[1])[:, None, None]
        self._wall = np.broadcast_to(shade, (SIZE[1], SIZE[0], 3)).astype(np.uint8)
        self._picture = self._wall
        self.pictures = 0
        self.sent = threading.Condition()

    def hold(self, screenshot: bytes) -> None:
        """Hold a phone before the camera that shows this (PNG)."""
        phone = cv2.imdecode(np.frombuffer(screenshot, np.uint8), cv2.IMREAD_COLOR)
        height, width = phone.shape[:2]
        tilted = np.array([(480, 60), (790, 90), (770, 690), (455, 655)], np.float32)
        flat = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
        there = cv2.getPerspectiveTransform(flat, tilted)
        held = self._wall.copy()
        cv2.warpPerspective(
            phone, there, SIZE, dst=held, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_TRANSPARENT
        )  # fmt: skip
        self._picture = cv2.GaussianBlur(held, (3, 3), 0)

    def take_away(self) -> None:
        self._picture = self._wall

    def next_jpeg(self) -> bytes:
        noise = self._rng.normal(0, 3, self._picture.shape)
        noisy = np.clip(self._picture + noise, 0, 255).astype(np.uint8)
        return cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()

    def wait(self, pictures: int) -> None:
        """Until so many more have been sent."""
        with self.sent:
            last = self.pictures + pictures
            assert self.sent.wait_for(lambda: self.pictures >= last, PATIENCE_S), "nobody watches the camera"


@contextmanager
def on_the_air() -> Iterator[tuple[EntryCamera, str]]:
    """The camera and its address."""
    camera, over = EntryCamera(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=door")
            self.end_headers()
            try:
                while not over.wait(1 / FPS):
                    jpeg = camera.next_jpeg()
                    head = f"--door\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                    self.wfile.write(head.encode() + jpeg + b"\r\n")
                    self.wfile.flush()
                    with camera.sent:
                        camera.pictures += 1
                        camera.sent.notify_all()
            except OSError:
                return

        def log_message(self, *_: object) -> None:
            return

    with _serving(Handler) as address:
        yield camera, f"{address}/door.mjpg"
        over.set()


class NetworkDoor:
    """What the door's controller was told: when (Unix time), the entry's id, the signature."""

    def __init__(self) -> None:
        self.told: queue.Queue[tuple[float, str, str]] = queue.Queue()


@contextmanager
def network_door() -> Iterator[tuple[NetworkDoor, str]]:
    """A door's controller, and the address at which it is told to open."""
    door = NetworkDoor()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            door.told.put((time.time(), body["entry"], self.headers["Ansim-Signature"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with _serving(Handler) as address:
        yield door, f"{address}/open"


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE_S)
