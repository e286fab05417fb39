"""Anchors leave the machine by e-mail and messengers, at their time, once, and nothing but hashes goes along."""

from __future__ import annotations

import datetime as dt
import email
import json
import logging
import sys
from collections.abc import Callable, Iterator
from email.header import decode_header, make_header
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.anchors import AnchorNotSent, AnchorPost, addresses, last_slot, newest_checkpoint
from agent.cli_anchor import Anchor
from agent.clock import ManualClock
from agent.config import load_settings
from agent.entry.code_reader import CodeReader
from agent.errors import ConfigError
from agent.settings import DAYS, AnchorSettings, DataSettings, Settings, Shop
from agent.values import EventKind
from agent.vault import Vault
from agent.vault.check import check
from agent.vault.checkpoint import read_anchor
from agent.vault.retention import DAY_S
from tests.mail_server import MailServer, WebServer, serving
from tests.stored import UTC, event, keep_clip, opened
from tests.terminal import said_by

SEOUL = ZoneInfo("Asia/Seoul")
HOUR_S = 3600.0
SHOP = Shop(name="우리 동네 편의점")

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # apprise asks for it


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(UTC)


@pytest.fixture
def vault(tmp_path: Path, clock: ManualClock) -> Iterator[Vault]:
    with opened(tmp_path / "data", clock) as vault:
        keep_clip(vault)
        yield vault


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving(server := WebServer()):
        yield server


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with serving(server := MailServer()):
        yield server


def to_web(server: WebServer, **changes: object) -> AnchorSettings:
    return AnchorSettings(urls=(f"json://user:topsecret@127.0.0.1:{server.port}/in",), **changes)  # type: ignore[arg-type]


def to_mail(server: MailServer) -> str:
    return f"mailto://127.0.0.1:{server.port}?smtp=127.0.0.1&mode=insecure&from=ansim@shop.test&to=owner@home.test"


def post_of(vault: Vault, settings: AnchorSettings, clock: ManualClock) -> AnchorPost:
    return AnchorPost(vault, settings, SHOP, clock)


def told(vault: Vault) -> list[EventKind]:
    kinds = (EventKind.ANCHOR_FAILED, EventKind.ANCHOR_BACK)
    return [row.event.kind for row in reversed(vault.events(1000)) if row.event.kind in kinds]


# what goes out


def test_an_anchor_goes_out_and_the_ledger_fits_it(vault: Vault, clock: ManualClock, web: WebServer) -> None:
    checkpoint, done = post_of(vault, to_web(web), clock).send()
    assert (done.reached, done.missed) == (("json",), ())
    (body,) = (json.loads(body) for body in web.bodies)
    assert read_anchor(body["message"]) == checkpoint
    vault.record_event(event())
    (sent,) = vault.anchors()
    assert (sent.size, sent.root, sent.reached) == (checkpoint.size, checkpoint.root.hex(), ("json",))
    report = check(vault.folder, clock, repair=False, deep=True, anchors=[read_anchor(body["message"])])
    assert report.clean


@pytest.mark.parametrize("named", [False, True])
def test_nothing_of_the_shop_goes_along_but_its_name_if_that_is_wanted(
    vault: Vault, clock: ManualClock, web: WebServer, named: bool
) -> None:
    post_of(vault, to_web(web, shop_name=named), clock).send()
    body = json.loads(web.bodies[0])
    assert (SHOP.name in body["title"]) is named
    assert body["message"].startswith("ANSIM1:")
    assert set(body["message"].removeprefix("ANSIM1:")) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    assert not body.get("attachments")


def test_by_mail(vault: Vault, clock: ManualClock, mail: MailServer) -> None:
    checkpoint, _ = post_of(vault, AnchorSettings(urls=(to_mail(mail),)), clock).send()
    letter = email.message_from_string(mail.letters[0])
    assert "안심 확인표" in str(make_header(decode_header(letter["Subject"])))
    texts = [part.get_payload(decode=True).decode() for part in letter.walk() if part.get_content_maintype() == "text"]
    assert any(read_anchor(text) == checkpoint for text in texts if text.startswith("ANSIM1:"))
    assert vault.anchors()[0].reached == ("mailto",)


def test_neither_passwords_nor_addresses_get_into_ledger_events_log_or_repr(
    vault: Vault, clock: ManualClock, web: WebServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = to_web(web)
    web.status = 500
    with pytest.raises(AnchorNotSent):
        post_of(vault, settings, clock).send()
    web.status = 200
    post_of(vault, settings, clock).send()
    written = b"".join(path.read_bytes() for path in (vault.folder / "ledger").iterdir()).decode()
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith(("agent", "apprise")))
    for text in (written, logged, repr(settings), repr(Settings(anchors=settings))):
        assert "topsecret" not in text
        assert f"127.0.0.1:{web.port}" not in text


# when


def at(text: str) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SEOUL).timestamp()


def test_no_library_tells_the_path_of_an_address_which_may_be_a_secret(
    vault: Vault, clock: ManualClock, web: WebServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)  # as with --verbose
    post_of(vault, AnchorSettings(urls=(f"json://127.0.0.1:{web.port}/bot-with-a-secret",)), clock).send()
    assert "bot-with-a-secret" not in "\n".join(record.getMessage() for record in caplog.records)


def test_a_password_in_hangul_is_not_told_with_the_reason_why_it_cannot_be_written(
    vault: Vault, clock: ManualClock, web: WebServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = AnchorSettings(urls=(f"json://user:비밀번호하나@127.0.0.1:{web.port}/in",))
    with pytest.raises(AnchorNotSent):
        post_of(vault, settings, clock).send()
    assert "json: UnicodeEncodeError" in caplog.text
    assert "비밀번호하나" not in "\n".join(r.getMessage() for r in caplog.records if r.name.startswith(("agent", "apprise")))


@pytest.mark.parametrize(
    ("now", "settings", "slot"),
    [
        ("2026-11-22 09:00", AnchorSettings(every="day"), "2026-11-22 09:00"),
        ("2026-11-22 08:59", AnchorSettings(every="day"), "2026-11-21 09:00"),
        ("2026-11-22 23:00", AnchorSettings(), "2026-11-16 09:00"),  # a Sunday; the last Monday
        ("2026-11-23 08:59", AnchorSettings(), "2026-11-16 09:00"),
        ("2026-11-23 09:00", AnchorSettings(), "2026-11-23 09:00"),
        ("2026-11-22 23:00", AnchorSettings(weekday="sun", hour=23), "2026-11-22 23:00"),
    ],
)
def test_the_time_is_that_of_the_shop(now: str, settings: AnchorSettings, slot: str) -> None:
    assert last_slot(at(now), settings, SEOUL) == at(slot)


@given(
    now=st.floats(UTC, UTC + 400 * DAY_S),
    every=st.sampled_from(["day", "week"]),
    weekday=st.sampled_from(DAYS),
    hour=st.integers(0, 23),
    zone=st.sampled_from(["Asia/Seoul", "America/New_York", "Europe/Berlin", "UTC"]),
)
def test_the_last_slot_is_never_ahead_nor_older_than_its_period(
    now: float, every: str, weekday: str, hour: int, zone: str
) -> None:
    slot = last_slot(now, AnchorSettings(every=every, weekday=weekday, hour=hour), ZoneInfo(zone))  # type: ignore[arg-type]
    assert slot <= now < slot + (DAY_S if every == "day" else 7 * DAY_S) + 2 * HOUR_S


def test_it_is_sent_at_once_the_first_time_and_then_once_for_each_slot_also_after_a_restart(
    tmp_path: Path, clock: ManualClock, web: WebServer
) -> None:
    settings = to_web(web, every="day")
    with opened(tmp_path, clock) as vault:
        keep_clip(vault)
        post = post_of(vault, settings, clock)
        assert [post.send_if_due() for _ in range(3)] == [True, False, False]
    with opened(tmp_path, clock) as vault:
        post = post_of(vault, settings, clock)
        assert not post.send_if_due()
        clock.advance(DAY_S)
        assert [post.send_if_due(), post.send_if_due()] == [True, False]
        clock.advance(5 * DAY_S)  # the PC was off for days: one is enough
        assert [post.send_if_due(), post.send_if_due()] == [True, False]
    assert len(web.bodies) == 3


def test_a_clock_that_ran_ahead_once_does_not_silence_it(vault: Vault, clock: ManualClock, web: WebServer) -> None:
    """The last one was sent at a time that is still to come: nobody knows when, so one is sent."""
    clock.advance(400 * DAY_S)
    assert post_of(vault, to_web(web), clock).send_if_due()
    clock._utc -= 400 * DAY_S
    assert post_of(vault, to_web(web), clock).send_if_due()


# when it fails


def test_a_failure_is_told_once_tried_again_and_its_end_told(tmp_path: Path, clock: ManualClock, web: WebServer) -> None:
    settings = to_web(web)
    web.status = 503
    with opened(tmp_path, clock) as vault:
        keep_clip(vault)
        post = post_of(vault, settings, clock)
        for _ in range(9):
            assert not post.send_if_due()
            clock.advance(600)
        assert len(web.bodies) == 3  # each half hour, not each time it is asked
        assert post.trouble is not None
        assert told(vault) == [EventKind.ANCHOR_FAILED]
    with opened(tmp_path, clock) as vault:
        post = post_of(vault, settings, clock)
        assert not post.send_if_due()
        assert told(vault) == [EventKind.ANCHOR_FAILED]  # a restart does not tell it anew
        web.status = 200
        clock.advance(1801)
        assert post.send_if_due()
        assert post.trouble is None
        assert told(vault) == [EventKind.ANCHOR_FAILED, EventKind.ANCHOR_BACK]
        assert len(vault.anchors()) == 1


def test_one_way_that_fails_does_not_stop_the_others(
    vault: Vault, clock: ManualClock, web: WebServer, mail: MailServer
) -> None:
    mail.refuses = True
    settings = AnchorSettings(urls=(to_mail(mail), *to_web(web).urls))
    _, done = post_of(vault, settings, clock).send()
    assert (done.reached, done.missed) == (("json",), ("mailto",))
    assert told(vault) == [EventKind.ANCHOR_FAILED]
    assert (mail.letters, len(web.bodies)) == ([], 1)


def test_nobody_listens(vault: Vault, clock: ManualClock) -> None:
    with pytest.raises(AnchorNotSent):
        post_of(vault, AnchorSettings(urls=("json://127.0.0.1:9/",)), clock).send()
    assert vault.anchors() == ()


@pytest.mark.parametrize("urls", [(), ("nothing://x",), ("what is this",), ("mailto://",)])
def test_an_address_that_nobody_understands_is_told_without_being_quoted(
    vault: Vault, clock: ManualClock, urls: tuple[str, ...]
) -> None:
    with pytest.raises(ConfigError) as refused:
        post_of(vault, AnchorSettings(urls=urls), clock).send()
    assert not any(url in refused.value.text.en for url in urls)
    assert told(vault) == [EventKind.ANCHOR_FAILED]


def test_without_apprise_it_is_said_what_to_install(
    vault: Vault, clock: ManualClock, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ConfigError, match=r"ansim\[notify\]"):
        post_of(vault, to_web(web), clock).send()
    assert told(vault) == [EventKind.ANCHOR_FAILED]


# addresses


def test_addresses_may_lie_in_a_file_of_their_own_and_in_the_environment(tmp_path: Path) -> None:
    (tmp_path / "addresses").write_text("# 우리 집\nmailto://a:b@home.test\n\n  json://there.test  \n", "utf-8")
    config = tmp_path / "config.toml"
    config.write_text('[anchors]\nurls_file = "addresses"\nevery = "day"\n', "utf-8")
    assert addresses(load_settings(config).anchors) == ("mailto://a:b@home.test", "json://there.test")
    found = load_settings(None, {"anchors.urls": "json://one.test json://two.test"}).anchors
    assert addresses(found) == ("json://one.test", "json://two.test")
    assert (load_settings(None).anchors.is_on, found.is_on) == (False, True)
    with pytest.raises(ConfigError, match="cannot be read"):
        addresses(AnchorSettings(urls_file=tmp_path / "nowhere"))
    assert AnchorSettings(urls_file=tmp_path / "nowhere").is_on  # so that somebody hears of the mistake


# the command


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., list[str]]:
    def run(*options: str, anchors: AnchorSettings | None = None) -> list[str]:
        settings = Settings(data=DataSettings(folder=tmp_path / "data"), anchors=anchors or AnchorSettings())
        return said_by(Anchor, settings, "anchor", *options)

    return run


def test_the_command_shows_the_anchor_as_text_and_as_a_code_that_can_be_read(
    tmp_path: Path, clock: ManualClock, command: Callable[..., list[str]]
) -> None:
    with opened(tmp_path / "data", clock) as vault:
        keep_clip(vault)
    said = command("--png", str(tmp_path / "anchor.png"))
    (text,) = [line for line in said if line.startswith("ANSIM1:")]
    picture = cv2.imread(str(tmp_path / "anchor.png"), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert CodeReader().read(picture) == (text,)
    assert check(tmp_path / "data", clock, repair=False, deep=True, anchors=[read_anchor(text)]).clean


def test_while_the_agent_runs_the_command_takes_what_it_signed_last(
    vault: Vault, command: Callable[..., list[str]], web: WebServer
) -> None:
    signed = vault.checkpoint()
    vault.record_event(event())
    answer = json.loads(command("--json")[0])
    assert read_anchor(answer["anchor"]) == signed == newest_checkpoint(vault.folder)
    answer = json.loads(command("--send", "--json", anchors=to_web(web))[0])
    assert (answer["reached"], len(web.bodies)) == (["json"], 1)


def test_a_try_is_on_the_ledger(tmp_path: Path, clock: ManualClock, command: Callable[..., list[str]], web: WebServer) -> None:
    with opened(tmp_path / "data", clock) as vault:
        keep_clip(vault)
    said = command("--send", anchors=to_web(web))
    assert "Sent: json" in said
    assert said[-1].startswith("Last sent: 2")
    with opened(tmp_path / "data", clock) as vault:
        assert [sent.reached for sent in vault.anchors()] == [("json",)]
