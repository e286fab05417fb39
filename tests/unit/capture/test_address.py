"""What the owner writes as a camera's source."""

from __future__ import annotations

import pytest

from agent.capture.address import Kind, parse_address
from agent.errors import SourceUnsupported


@pytest.mark.parametrize(
    ("source", "kind", "target"),
    [
        ("rtsp://10.0.0.5/live", Kind.RTSP, "rtsp://10.0.0.5/live"),
        ("RTSPS://10.0.0.5/live", Kind.RTSP, "RTSPS://10.0.0.5/live"),
        ("http://cam/video.mjpg", Kind.HTTP, "http://cam/video.mjpg"),
        ("usb:0", Kind.USB, "/dev/video0"),
        ("/dev/video12", Kind.USB, "/dev/video12"),
        ("demo:", Kind.DEMO, "1"),
        ("demo:42", Kind.DEMO, "42"),
        ("demo:17:collapse", Kind.DEMO, "17:collapse"),
        ("demo::theft", Kind.DEMO, "1:theft"),
        ("  shop.mp4 ", Kind.FILE, "shop.mp4"),
        ("/videos/a b.mkv", Kind.FILE, "/videos/a b.mkv"),
        ("C:\\videos\\shop.mp4", Kind.FILE, "C:\\videos\\shop.mp4"),
    ],
)
def test_each_kind_is_understood(source: str, kind: Kind, target: str) -> None:
    address = parse_address(source)
    assert (address.kind, address.target) == (kind, target)


@pytest.mark.parametrize(
    "source",
    ["", "   ", "ftp://camera/x", "rtsp:camera", "http://", "demo:shop", "demo:1:nap", "demo:1:", "concat:a.mp4|b.mp4"],
)
def test_what_is_no_source_is_refused_with_a_sentence_that_helps(source: str) -> None:
    with pytest.raises(SourceUnsupported) as refused:
        parse_address(source)
    assert "demo:" in refused.value.text.ko
    assert "demo:" in refused.value.text.en


@pytest.mark.parametrize(
    "source", ["rtsp://owner:secret@10.0.0.5:554/live?token=secret", "http://owner:se@cret@cam/x", "ftp://owner:secret@cam/x"]
)
def test_passwords_are_never_shown(source: str) -> None:
    try:
        shown = parse_address(source).shown
    except SourceUnsupported as error:
        shown = error.text.en + error.text.ko
    assert "secret" not in shown
    assert "cret" not in shown
