"""Opens cameras and recordings through FFmpeg (PyAV) and hands over their video packets; sound is never read.

Comes in: an `Address`. Goes out: a `StreamConnection`. FFmpeg's errors become SourceError (may come back) or
SourceUnsupported (never will), each with a sentence that says what to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.container
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from agent.capture.address import Address, Kind
from agent.capture.connection import Connection, Patience, SourceInfo
from agent.capture.packet import Sent, StreamFormat
from agent.capture.recoded import RecodedConnection
from agent.capture.rtsp import offers_audio
from agent.errors import SourceError, SourceUnsupported
from agent.values import Text

# Only real video containers. FFmpeg would also take a text file for a terminal animation, and follow playlists to other files.
FILE_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,h264,hevc,m4v,mjpeg,flv,asf,ogg,dhav,ivf,obu,nut,rm,"
    "yuv4mpegpipe,wtv,mxf,dv,av1,gif,apng,image2,png_pipe,jpeg_pipe,bmp_pipe,webp_pipe"
)
HTTP_FORMATS = f"mpjpeg,hls,{FILE_FORMATS}"
RAW = "rawvideo"
USB_MODES: tuple[dict[str, str], ...] = (
    {"input_format": "mjpeg", "video_size": "1280x720"},
    {"input_format": "mjpeg"},
    {},
)

TROUBLES: tuple[tuple[type[av.FFmpegError] | tuple[type[av.FFmpegError], ...], Text], ...] = (
    (
        (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError),
        Text(
            ko="카메라({})가 로그인을 거부했습니다. 아이디와 비밀번호를 확인해 주세요.",
            en="The camera {} refused the login. Check user name and password.",
        ),
    ),
    (
        av.error.HTTPNotFoundError,
        Text(
            ko="카메라에 {} 주소가 없습니다. 카메라 설명서의 주소를 확인해 주세요.",
            en="The camera knows no address {}. Check the path in the camera's manual.",
        ),
    ),
    (
        av.error.ConnectionRefusedError,
        Text(
            ko="카메라({})가 연결을 받지 않습니다. 전원과 포트 번호를 확인해 주세요.",
            en="The camera {} refuses connections. Check its power and the port number.",
        ),
    ),
    (
        av.error.PermissionError,
        Text(ko="{}을(를) 읽을 권한이 없습니다. 파일 권한을 확인해 주세요.", en="{} may not be read. Check its permissions."),
    ),
    (
        (av.error.ExitError, av.error.TimeoutError),
        Text(
            ko="카메라({})에서 영상이 오지 않습니다. 전원과 네트워크를 확인해 주세요.",
            en="Nothing comes from the camera {}. Check its power and the network.",
        ),
    ),
)


def open_stream(address: Address, camera: str, patience: Patience) -> Connection:
    """Connect; blocks for at most about patience.open_s. Raises SourceError or SourceUnsupported."""
    _check_file(address)
    failure: av.FFmpegError | None = None
    for options in _modes(address, patience):
        try:
            container = av.open(
                f"file:{address.target}" if address.kind is Kind.FILE else address.target,
                format={Kind.USB: "v4l2", Kind.RTSP: "rtsp"}.get(address.kind),
                options=options,
                timeout=(patience.open_s, patience.stall_s) if address.live else None,
            )
        except av.FFmpegError as error:
            failure = error
            continue
        connection = _checked(container, address, camera, patience)
        form = connection.format
        return RecodedConnection(connection) if form.codec == RAW or not form.shown_in_order else connection
    raise _explained(failure, address) from failure


class StreamConnection:
    """Holding one means: FFmpeg has the stream open and found video in it."""

    def __init__(self, container: av.container.InputContainer, stream: VideoStream, address: Address, camera: str) -> None:
        self._container = container
        self._stream = stream
        self._address = address
        self.audio = len(container.streams.audio) > 0
        for other in container.streams:
            if other is not stream:
                other.discard = Discard.all
        context = stream.codec_context
        rate = stream.average_rate or stream.guessed_rate
        self.info = SourceInfo(
            context.width, context.height, float(rate or 0), context.name, address.live, _duration_s(container, stream)
        )
        self.format = StreamFormat(
            camera,
            context.name,
            context.extradata,
            context.width,
            context.height,
            stream.time_base or Fraction(1, 90_000),
            # AVI and raw H.264 give no time of showing; where pictures are reordered, only the decoder knows their order.
            not (container.format.name in ("avi", "h264", "hevc", "m4v") and context.has_b_frames),
            context.pix_fmt if context.name == RAW else None,
        )

    def packets(self) -> Iterator[Sent]:
        """See Connection.packets. A recording that breaks off in the middle ends there without an error."""
        try:
            for packet in self._container.demux(self._stream):
                if packet.size:
                    yield packet
        except av.FFmpegError as error:
            if self._address.kind is Kind.FILE:
                return
            raise _explained(error, self._address) from error
        if self._address.live:
            raise SourceError(
                ko=f"카메라({self._address.shown})가 영상을 끝냈습니다. 다시 연결합니다.",
                en=f"The camera {self._address.shown} ended the stream; connecting again.",
            )

    def close(self) -> None:
        self._container.close()


def _modes(address: Address, patience: Patience) -> tuple[dict[str, str], ...]:
    """FFmpeg's options to try, best first."""
    match address.kind:
        case Kind.RTSP:
            wait = str(round(patience.stall_s * 1_000_000))
            return (
                {
                    "rtsp_transport": "tcp",
                    "allowed_media_types": "video",  # sound is not even set up, so the camera never sends it
                    "timeout": wait,
                    "fflags": "nobuffer",
                    "flags": "low_delay",
                    "max_delay": "500000",
                },
            )
        case Kind.HTTP:
            # A playlist may name further addresses, but none on this PC.
            protocols = "http,https,tcp,tls,crypto"
            return ({"format_whitelist": HTTP_FORMATS, "protocol_whitelist": protocols, "fflags": "nobuffer"},)
        case Kind.USB:
            return USB_MODES
        case _:
            return ({"format_whitelist": FILE_FORMATS, "protocol_whitelist": "file,crypto,data"},)


def _check_file(address: Address) -> None:
    if address.kind is Kind.USB and not Path(address.target).exists():
        raise SourceError(
            ko=f"{address.target}에 USB 카메라가 없습니다. 케이블을 확인해 주세요.",
            en=f"There is no USB camera at {address.target}. Check its cable.",
        )
    if address.kind is not Kind.FILE:
        return
    path = Path(address.target)
    if not path.exists():
        raise SourceError(
            ko=f"영상 파일 {path}이(가) 없습니다. 경로를 확인해 주세요.", en=f"There is no video file {path}. Check the path."
        )
    if not path.is_file():
        raise SourceUnsupported(
            ko=f"{path}은(는) 파일이 아닙니다. 영상 파일을 지정해 주세요.", en=f"{path} is not a file. Name a video file."
        )
    if path.stat().st_size == 0:
        raise SourceUnsupported(
            ko=f"영상 파일 {path}이(가) 비어 있습니다(0바이트). 다시 복사해 주세요.",
            en=f"The video file {path} is empty (0 bytes). Copy it again.",
        )


def _checked(container: av.container.InputContainer, address: Address, camera: str, patience: Patience) -> StreamConnection:
    """The connection, if there is video in it; closes the container otherwise."""
    streams = container.streams.video
    usable = [s for s in streams if not s.disposition & Disposition.attached_pic and _decodable(s)]
    if not usable:
        container.close()
        kind = SourceError if address.live else SourceUnsupported
        raise kind(
            ko=f"{address.shown}에 읽을 수 있는 영상이 없습니다. 카메라의 영상 형식을 H.264로 설정해 주세요.",
            en=f"There is no video in {address.shown} that can be read. Set the camera to H.264.",
        )
    connection = StreamConnection(container, usable[0], address, camera)
    if address.kind is Kind.RTSP:
        connection.audio = connection.audio or offers_audio(address.target, patience.open_s)
    return connection


def _decodable(stream: VideoStream) -> bool:
    context: object = stream.codec_context  # None where FFmpeg has no decoder, whatever its annotation says
    return context is not None


def _duration_s(container: av.container.InputContainer, stream: VideoStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _explained(error: av.FFmpegError | None, address: Address) -> SourceError:
    """FFmpeg's error as one of ours."""
    shown = address.shown
    for kind, text in TROUBLES:
        if isinstance(error, kind):
            return SourceError(ko=text.ko.format(shown), en=text.en.format(shown))
    if address.live:
        return SourceError(
            ko=f"카메라({shown})와 연결할 수 없습니다. 주소, 전원, 네트워크를 확인해 주세요.",
            en=f"The camera {shown} cannot be reached. Check address, power and network.",
        )
    return SourceUnsupported(
        ko=f"{shown}은(는) 읽을 수 있는 영상이 아닙니다. MP4나 MKV 영상 파일인지 확인해 주세요.",
        en=f"{shown} is not video that can be read. Check that it is a whole MP4 or MKV file.",
    )
