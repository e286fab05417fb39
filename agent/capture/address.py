"""What the owner wrote as a camera's source, understood: which kind it is, and how it may be shown without its password.

Comes in: the text of `CameraSettings.source`. Goes out: an `Address`; SourceUnsupported where it is none. Pure.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from agent.capture.demo_acts import ITEMS
from agent.errors import SourceUnsupported


class Kind(enum.StrEnum):
    RTSP = "rtsp"
    HTTP = "http"
    USB = "usb"
    DEMO = "demo"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Address:
    """Where pictures come from. It may hold a password: show `shown` instead.

    target: URL, device, path, or of the drawn shop its seed and, after a colon, the scene.
    """

    kind: Kind
    target: str

    @property
    def live(self) -> bool:
        """Whether pictures are of now (a camera), not of a recording or a drawing."""
        return self.kind in (Kind.RTSP, Kind.HTTP, Kind.USB)

    @property
    def shown(self) -> str:
        """For messages and logs: without user name, password and query, which often hold secrets too."""
        if self.kind in (Kind.RTSP, Kind.HTTP):
            url = urlsplit(self.target)
            host = url.netloc.rpartition("@")[2]
            return f"{url.scheme}://{host}{url.path}"
        return self.target


def parse_address(source: str) -> Address:
    """Understand a camera's source. Raises SourceUnsupported for an empty one and for unknown kinds of URL."""
    text = source.strip()
    scheme, _, rest = text.partition(":")
    scheme = scheme.lower()
    if scheme in ("rtsp", "rtsps", "http", "https") and rest.startswith("//") and len(rest) > 2:
        return Address(Kind.RTSP if scheme.startswith("rtsp") else Kind.HTTP, text)
    if scheme == "demo":
        seed, colon, item = rest.partition(":")
        if not re.fullmatch(r"\d{0,9}", seed) or (colon and item not in ITEMS):
            scenes = ", ".join(ITEMS)
            raise _unsupported(
                text,
                f"demo:, demo:7 또는 demo:7:theft처럼 적어 주세요. 장면은 {scenes} 가운데 하나입니다.",
                f"Write demo:, demo:7 or demo:7:theft; the scene is one of {scenes}.",
            )
        return Address(Kind.DEMO, (seed or "1") + colon + item)
    if re.fullmatch(r"usb:\d{1,3}", text):
        return Address(Kind.USB, f"/dev/video{int(rest)}")
    if re.fullmatch(r"/dev/video\d{1,3}", text):
        return Address(Kind.USB, text)
    if not text or (re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", text) and not Path(text).exists()):
        raise _unsupported(
            Address(Kind.HTTP, text).shown if "://" in text else text,
            "rtsp://, http://, usb:0, demo: 또는 영상 파일 경로를 적어 주세요.",
            "Write rtsp://..., http://..., usb:0, demo: or the path of a video file.",
        )
    return Address(Kind.FILE, str(Path(text).expanduser()))


def _unsupported(shown: str, ko: str, en: str) -> SourceUnsupported:
    return SourceUnsupported(
        ko=f"카메라 주소 '{shown}'을(를) 알 수 없습니다. {ko}", en=f"Unknown camera source '{shown}'. {en}"
    )
