"""The whole path, from a camera to a clip that plays in a browser: the drawn shop live and as a recording, and real footage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import av
import pytest
from playwright.sync_api import Browser, Page, expect

from agent.clock import SystemClock
from agent.values import ClipState
from agent.vault.durable import sha256_of
from agent.vault.reading import Reading
from agent.vault.rows import FileKind, StoredFile
from tests.command import ansim, running, stop, until
from tests.web.window import CHROMIUM

NAME, PASSWORD = "점주", "바람개비 우체통 고구마"
ENOUGH = 100_000
GAP_S = 0.5  # between two recorded pictures of one visit

needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (scripts/setup does it)")


@dataclass(frozen=True)
class Played:
    """A recording that was played to its end, and what the command said of it."""

    data: Path
    counts: dict[str, int]


@contextmanager
def reading(data: Path) -> Iterator[Reading]:
    vault = Reading(data, SystemClock())
    try:
        yield vault
    finally:
        vault.close()


def played(data: Path, *arguments: object) -> Played:
    done = ansim("run", "--once", "--json", "--engine", "reference", "--data", data, *arguments)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return Played(data, json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """One round of the drawn shop."""
    return played(tmp_path_factory.mktemp("demo") / "data")


@pytest.fixture(scope="module")
def real(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    source = shared / "data" / "video" / "one-by-one-person-detection.mp4"
    return played(tmp_path_factory.mktemp("real") / "data", "--source", source)


FOOTAGE = ["demo", "real"]


@pytest.fixture(params=FOOTAGE)
def run(request: pytest.FixtureRequest) -> Played:
    return request.getfixturevalue(request.param)


def stored(vault: Reading) -> tuple[StoredFile, ...]:
    return vault.oldest(FileKind.SEGMENT, ENOUGH) + vault.oldest(FileKind.CLIP, ENOUGH)


def test_incidents_are_kept_with_their_clips(run: Played) -> None:
    with reading(run.data) as vault:
        incidents = vault.incidents(ENOUGH)
        totals = vault.totals()
    assert incidents
    assert all(row.clip_state is ClipState.READY for row in incidents)
    assert all(row.incident.closed_s is not None for row in incidents)
    kept = (totals.incidents, totals.clips, totals.segments)
    assert kept == (run.counts["incidents"], run.counts["clips"], run.counts["segments"])
    assert run.counts["frames"] > 100


def test_the_drawn_shop_shows_what_its_story_is_about_within_two_minutes(demo: Played) -> None:
    with reading(demo.data) as vault:
        rules = {row.incident.rule for row in vault.incidents(ENOUGH) if row.incident.opened_s < 120}
    assert {"loitering", "staff_only", "camera"} <= rules


def test_hashes_are_on_the_ledger(run: Played) -> None:
    lines = [line for path in sorted((run.data / "ledger").glob("*.jsonl")) for line in path.read_text().splitlines()]
    with reading(run.data) as vault:
        for file in stored(vault):
            assert sha256_of(vault.path_of(file)) == file.video.sha256
            (record,) = [line for line in lines if f'"{file.video.path}"' in line and file.video.sha256 in line]
            assert json.loads(record)["seq"] == file.seq
    assert ansim("check", "--deep", "--data", run.data).returncode == 0


def test_sidecars_fit_the_stored_pictures(run: Played) -> None:
    with reading(run.data) as vault:
        for file in stored(vault):
            notes = vault.sidecar_of(file).frames
            with av.open(str(vault.path_of(file))) as container:
                times = [frame.time for frame in container.decode(video=0)]
            assert len(times) == len(notes) == file.frames
            expected = [note.source_s - notes[0].source_s for note in notes]
            assert [time - times[0] for time in times] == pytest.approx(expected, abs=0.002)


def test_the_presence_recording_covers_every_incident(run: Played) -> None:
    with reading(run.data) as vault:
        for row in vault.incidents(ENOUGH):
            incident = row.incident
            assert incident.closed_utc
            if incident.rule == "camera":  # nobody needs to be in view
                continue
            files = vault.segments(incident.camera, incident.opened_utc, incident.closed_utc)
            shown = sorted(note.source_s for file in files for note in vault.sidecar_of(file).frames)
            last = max(t for path in vault.sidecar_of(row.clip).tracks.values() for t in [path[-1].source_s]) if row.clip else 0
            during = [t for t in shown if incident.opened_s <= t <= min(incident.closed_s or 0, last)]
            assert during, incident.id
            assert during[0] - incident.opened_s < GAP_S
            assert max(b - a for a, b in pairwise(during)) < GAP_S, incident.id


# In the browser.


class Panel:
    """The panel of a running agent in a real browser, entered by the owner link."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address

    def begin(self, link: str) -> None:
        self.page.goto(link)
        for field, value in (("#name", NAME), ("#password", PASSWORD), ("#again", PASSWORD)):
            self.page.fill(field, value)
        self.page.click(".fields button")
        self.page.wait_for_url(self.address + "/")

    def sign_in(self) -> None:
        self.page.goto(self.address + "/login")
        self.page.fill("#name", NAME)
        self.page.fill("#password", PASSWORD)
        self.page.click(".fields button")
        self.page.wait_for_url(self.address + "/")

    def go(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def holds(self, condition: str) -> None:
        """Wait until a script is true of the page."""
        until(lambda: self.page.evaluate(condition), condition)

    def plays(self, incident_id: str, seconds: float) -> None:
        """The clip plays from the start, and from where one seeks to."""
        self.go(f"/incidents/{incident_id}")
        self.holds("document.querySelector('video').readyState >= 1")
        video = self.page.locator("video")
        assert video.evaluate("v => v.duration") == pytest.approx(seconds, abs=0.5)
        video.evaluate("v => { v.muted = true; return v.play(); }")
        self.holds("document.querySelector('video').currentTime > 0.2")
        video.evaluate(f"v => {{ v.currentTime = {seconds - 2}; }}")
        self.holds(f"document.querySelector('video').currentTime > {seconds - 1.8}")
        assert video.evaluate("v => v.videoWidth") >= 640
        assert video.evaluate("v => v.error") is None


@contextmanager
def panel_of(browser: Browser, data: Path, *arguments: object) -> Iterator[Panel]:
    """An agent on that data folder, live on the drawn shop, and a browser before its panel."""
    with running("run", "--json", "--engine", "reference", "--port", 0, "--data", data, *arguments) as agent:
        assert agent.stdout
        line = agent.stdout.readline()
        assert line, agent.communicate()[1]
        said = json.loads(line)
        context = browser.new_context()
        context.set_default_timeout(60_000)
        try:
            panel = Panel(context.new_page(), said["address"])
            panel.begin(said["owner_link"])
            yield panel
        finally:
            context.close()
        code, _, complained = stop(agent)
        assert code == 0
        assert "Traceback" not in complained


def longest_clip(data: Path) -> tuple[str, float]:
    """The incident with the longest clip, and how long that is."""
    with reading(data) as vault:
        found = [(row.clip.end_utc - row.clip.start_utc, row.id) for row in vault.incidents(ENOUGH) if row.clip]
    seconds, incident_id = max(found)
    return incident_id, seconds


@needs_chromium
def test_the_clip_of_a_real_recording_plays_in_the_browser(real: Played, browser: Browser) -> None:
    incident_id, seconds = longest_clip(real.data)
    assert seconds > 5
    with panel_of(browser, real.data) as panel:
        panel.plays(incident_id, seconds)


@needs_chromium
def test_a_newcomer_sees_the_shop_the_first_clips_and_a_new_incident(demo: Played, browser: Browser, tmp_path: Path) -> None:
    """Live, at the speed of life: the link, the camera's masked picture, clips of before, and an incident within a minute."""
    config = tmp_path / "config.toml"
    config.write_text('[incidents.loitering]\nseconds = 10.0\n[shop]\nopen_hours = "closed"\n', encoding="utf-8")
    with reading(demo.data) as vault:
        before = {row.id for row in vault.incidents(ENOUGH)}
    incident_id, seconds = longest_clip(demo.data)
    with panel_of(browser, demo.data, "--config", config) as panel:
        expect(panel.page.locator(".incident")).to_have_count(len(before))
        panel.plays(incident_id, seconds)
        page = panel.go("/cameras/demo")
        panel.holds("document.querySelector('.live img').naturalWidth > 0")
        first = page.locator(".live img").get_attribute("src")
        panel.holds(f"document.querySelector('.live img').getAttribute('src') !== '{first}'")

        def appeared() -> bool:
            panel.go("/")
            return page.locator(".incident").count() > len(before)

        until(appeared, "no new incident")
        page.get_by_role("button", name="로그아웃").or_(page.get_by_role("button", name="Sign out")).first.click()
        expect(page.locator("#password")).to_be_visible()
        panel.sign_in()
        expect(page.locator(".incident").first).to_be_visible()
