"""Cameras for the tests: a real RTSP server in a process of its own, a camera that says nothing, and an MJPEG camera."""

from __future__ import annotations

import select
import signal
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import pytest

from tests.recordings import picture

DEBIAN_PYTHON = Path("/usr/bin/python3")
NEEDED = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst, GstRtspServer; Gst.init(None);"
    "wanted = ('qtdemux', 'h264parse', 'rtph264pay', 'rtppcmapay', 'alawenc', 'audiotestsrc');"
    "assert all(map(Gst.ElementFactory.find, wanted))"
)
PATIENCE_S = 60.0  # these machines are slow and shared


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def need_rtsp_server() -> None:
    """Skip where Debian's RTSP server is not installed (scripts/setup --dev does)."""
    if not DEBIAN_PYTHON.exists() or subprocess.run([DEBIAN_PYTHON, "-c", NEEDED], capture_output=True, check=False).returncode:
        pytest.skip("needs python3-gi, gir1.2-gst-rtsp-server-1.0 and gstreamer1.0-plugins-{base,good,bad}")


class RtspCamera:
    """GStreamer's RTSP server, which can be killed and started again on the same port."""

    def __init__(self, film: Path, *, sound: bool = False) -> None:
        self.port = free_port()
        self.url = f"rtsp://127.0.0.1:{self.port}/shop"
        self._command = [str(DEBIAN_PYTHON), str(Path(__file__).with_name("rtsp_server.py")), str(film), str(self.port)]
        self._command += ["--sound"] if sound else []
        self._process: subprocess.Popen[str] | None = None
        self.said: list[str] = []

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line == "ready\n", f"the RTSP server did not start: {line!r}"

    def freeze(self) -> None:
        """Still connected, and silent from now on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Gone at once, as when somebody pulls the plug."""
        if self._process is not None:
            self._process.kill()
            assert self._process.stdout is not None
            self.said += self._process.stdout.read().splitlines()
            self._process.stdout.close()
            self._process.wait(PATIENCE_S)
            self._process = None


class SilentCamera:
    """Accepts connections and never says a word."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.connections = 0
        self._open: list[socket.socket] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while not self._over.is_set():
            ready, _, _ = select.select([self._server], [], [], 0.2)
            if ready:
                self._open.append(self._server.accept()[0])
                self.connections += 1

    def close(self) -> None:
        self._over.set()
        self._thread.join(PATIENCE_S)
        self._server.close()
        for connection in self._open:
            connection.close()


class MjpegCamera:
    """Serves motion JPEG over HTTP; after `frames` pictures it goes silent or hangs up."""

    def __init__(self, *, frames: int, hang: bool = False) -> None:
        camera = self
        self.requests = 0
        self.over = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                camera.requests += 1
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=shop")
                self.end_headers()
                try:
                    for i in range(frames):
                        jpeg = cv2.imencode(".jpg", picture(i, 320, 240))[1].tobytes()
                        head = f"--shop\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                        self.wfile.write(head.encode() + jpeg + b"\r\n")
                        self.wfile.flush()
                        if camera.over.wait(0.05):
                            return
                    if hang:
                        camera.over.wait(PATIENCE_S)
                except OSError:
                    return

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/video.mjpg"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(PATIENCE_S)


def deadline() -> float:
    return time.monotonic() + PATIENCE_S
