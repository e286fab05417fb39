"""What the rest of the program may rely on when it hands something to the vault."""

from __future__ import annotations

import hashlib
import json
import threading
from concurrent.futures import Future
from pathlib import Path

import pytest

from agent.clock import ManualClock
from agent.errors import IntegrityError, StoreError
from agent.values import ClipState, EventKind, Severity
from agent.vault import FileKind, Vault
from agent.vault.bodies import sidecar_of
from agent.vault.journal import Journal
from agent.vault.ledger import verify_chain
from tests.stored import CAMERA, JPEG, UTC, WHY, event, incident, keep_clip, keep_segment, opened, put_partial, sidecar


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(UTC)


@pytest.fixture
def vault(tmp_path: Path, clock: ManualClock):
    with opened(tmp_path / "data", clock) as vault:
        yield vault


def test_an_incident_is_there_from_its_opening_on(vault: Vault) -> None:
    vault.open_incident(incident())
    row = vault.incident(incident().id)
    assert row is not None
    assert (row.incident, row.clip, row.lost) == (incident(), None, None)


def test_an_update_changes_what_can_change(vault: Vault) -> None:
    vault.open_incident(incident())
    vault.update_incident(incident(severity=Severity.NOW, tracks=(3, 4)))
    vault.close_incident(incident(severity=Severity.NOW, tracks=(3, 4), closed_s=40.0, closed_utc=UTC + 27.5))
    row = vault.incident(incident().id)
    assert row is not None
    assert row.incident == incident(severity=Severity.NOW, tracks=(3, 4), closed_s=40.0, closed_utc=UTC + 27.5)


def test_an_update_without_a_change_is_not_written(vault: Vault) -> None:
    vault.open_incident(incident())
    for _ in range(5):
        vault.update_incident(incident())
    assert len(list(Journal(vault.folder / "ledger").records())) == 1


def test_an_incident_whose_id_leads_out_of_the_folder_is_refused(vault: Vault) -> None:
    for wicked in ("../x", "a/b", "", ".hidden", "a\x00b", "x" * 300):
        with pytest.raises(StoreError):
            vault.open_incident(incident(id=wicked))
        with pytest.raises(StoreError):
            vault.partial_path(FileKind.CLIP, wicked, UTC)


def test_a_clip_is_stored_with_poster_and_sidecar_and_all_is_hashed(vault: Vault) -> None:
    stored = keep_clip(vault)
    row = vault.incident(incident().id)
    assert row is not None
    assert row.clip == stored
    assert row.clip_state is ClipState.READY
    poster = vault.poster_of(stored)
    assert poster is not None
    assert poster.read_bytes() == JPEG
    assert vault.sidecar_of(stored) == sidecar()
    assert stored.poster is not None
    for part, path in zip(stored.parts, (vault.path_of(stored), vault.folder / stored.sidecar.path, poster), strict=True):
        data = path.read_bytes()
        assert (part.bytes, part.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert stored.path == f"clips/2026/09/21/{incident().id}.mp4"
    assert not list(vault.folder.rglob("*.partial"))


def test_a_clip_may_come_in_parts(vault: Vault) -> None:
    keep_clip(vault)
    second = put_partial(vault, FileKind.CLIP, f"{incident().id}.2")
    vault.store_clip(incident().id, second, JPEG, sidecar(UTC + 120))
    row = vault.incident(incident().id)
    assert row is not None
    assert [clip.start_utc for clip in row.clips] == [UTC, UTC + 120]


def test_the_sidecar_file_is_what_the_audit_tools_read(vault: Vault) -> None:
    body = json.loads((vault.folder / keep_clip(vault).sidecar.path).read_text())
    assert (body["version"], body["camera"]) == (1, CAMERA)
    assert body["frames"][1] == {"source_s": 0.125, "utc": UTC + 0.125, "step": "normal"}
    assert body["tracks"] == {"3": [{"source_s": 0.125, "box": [0.1, 0.2, 0.3, 0.4], "seen": True}]}


def test_a_clip_of_an_unknown_incident_is_refused_and_its_file_stays(vault: Vault) -> None:
    partial = put_partial(vault, FileKind.CLIP, "nobody-knows-me")
    with pytest.raises(StoreError, match="no incident"):
        vault.store_clip("nobody-knows-me", partial, JPEG, sidecar())
    assert partial.exists()


def test_a_video_from_elsewhere_or_without_frames_is_refused(vault: Vault, tmp_path: Path) -> None:
    vault.open_incident(incident())
    elsewhere = tmp_path / "x.mp4.partial"
    elsewhere.write_bytes(b"x")
    with pytest.raises(StoreError):
        vault.store_clip(incident().id, elsewhere, JPEG, sidecar())
    with pytest.raises(StoreError):
        vault.store_clip(incident().id, put_partial(vault, FileKind.CLIP, incident().id), JPEG, sidecar(seconds=0))


def test_a_stored_video_is_never_overwritten(vault: Vault) -> None:
    stored = keep_clip(vault)
    before = vault.path_of(stored).read_bytes()
    with pytest.raises(StoreError, match="already"):
        vault.store_clip(incident().id, put_partial(vault, FileKind.CLIP, incident().id), JPEG, sidecar())
    assert vault.path_of(stored).read_bytes() == before


def test_a_lost_clip_says_why(vault: Vault) -> None:
    vault.open_incident(incident())
    vault.set_clip_state(incident().id, ClipState.LOST, WHY)
    row = vault.incident(incident().id)
    assert row is not None
    assert (row.clip_state, row.lost) == (ClipState.LOST, WHY)


def test_a_late_update_does_not_take_the_clip_back(vault: Vault) -> None:
    keep_clip(vault)
    vault.update_incident(incident(tracks=(9,), closed_s=20.0, closed_utc=UTC + 7.5))
    row = vault.incident(incident().id)
    assert row is not None
    assert (row.clip_state, row.incident.tracks) == (ClipState.READY, (9,))


def test_store_segment_does_not_wait_for_the_disk(tmp_path: Path, clock: ManualClock) -> None:
    """The camera's pipeline goes on while the writer is held up in the middle of a write."""
    held, go_on = threading.Event(), threading.Event()

    def hold(step: str) -> None:
        if step == "write-2-sync":
            held.set()
            assert go_on.wait(60)

    vault = Vault(tmp_path / "data", clock, steps=hold)
    vault.open()
    try:
        future = vault.store_segment(CAMERA, put_partial(vault, FileKind.SEGMENT), sidecar(), UTC, UTC + 3)
        assert held.wait(60)
        assert not future.done()
        noted = vault.record_event(event(), wait=False)
        assert not noted.done()
        assert vault.segments(CAMERA, UTC, UTC + 60) == ()  # readers do not wait either
    finally:
        go_on.set()
        vault.close()
    assert future.result().frames == 24
    assert noted.result() is True


def test_a_callback_of_a_future_may_call_the_vault(vault: Vault) -> None:
    """It runs in the writer's own thread, which must not wait for itself."""
    heard: Future[bool] = Future()
    future = vault.store_segment(CAMERA, vault.folder / "presence" / "no.mp4.partial", sidecar(), UTC, UTC)
    future.add_done_callback(lambda _: heard.set_result(vault.record_event(event()).result()))
    assert heard.result(60) is True
    with pytest.raises(StoreError):
        future.result()


def test_segments_are_found_by_camera_and_time(vault: Vault) -> None:
    rows = [keep_segment(vault, UTC + 10 * i) for i in range(4)]
    other = keep_segment(vault, UTC, camera="door")
    assert vault.segments(CAMERA, UTC + 2, UTC + 20) == (rows[0], rows[1])
    assert vault.segments(CAMERA, UTC + 3, UTC + 20.5) == (rows[1], rows[2])
    assert set(vault.segments(None, UTC, UTC + 1)) == {rows[0], other}
    assert vault.stored(rows[2].seq) == rows[2]
    assert vault.cameras() == ("door", CAMERA)


def test_two_segments_of_the_same_moment_get_two_files(vault: Vault) -> None:
    assert keep_segment(vault).path != keep_segment(vault).path


def test_incidents_come_newest_first_in_pages(vault: Vault) -> None:
    for number in range(5):
        vault.open_incident(incident(number, UTC + number, rule="loitering" if number % 2 else "intrusion"))
    first = vault.incidents(limit=2)
    rest = vault.incidents(limit=10, before=first[-1].id)
    assert [row.incident.opened_utc - UTC for row in first + rest] == [4, 3, 2, 1, 0]
    assert [row.incident.opened_utc - UTC for row in vault.incidents(rule="loitering")] == [3, 1]
    assert vault.incidents(camera="nowhere") == ()


def test_events_and_accesses_are_listed_newest_first(vault: Vault) -> None:
    vault.record_event(event("one"))
    vault.record_event(event("two", EventKind.CAMERA_LOST))
    vault.record_audit("owner", "login", address="127.0.0.1")
    vault.record_audit("owner", "view", target="clip-1", purpose="\ud800" + "x" * 5000)
    assert [row.event.text.en for row in vault.events()] == ["two", "one"]
    assert [row.action for row in vault.audit()] == ["view", "login"]
    (viewed,) = vault.audit(target="clip-1")
    assert (viewed.actor, viewed.utc, len(viewed.purpose)) == ("owner", UTC, 500)


def test_totals_count_what_is_stored(vault: Vault) -> None:
    assert (vault.totals().bytes, vault.totals().oldest_utc) == (0, None)
    stored = [keep_segment(vault, UTC - 50), keep_clip(vault)]
    totals = vault.totals()
    assert (totals.clips, totals.segments, totals.incidents) == (1, 1, 1)
    assert totals.bytes == sum(each.bytes for each in stored)
    assert totals.oldest_utc == UTC - 50
    assert totals.free_bytes > 0


def test_erasing_takes_all_files_and_leaves_a_record(vault: Vault) -> None:
    stored = keep_clip(vault)
    vault.erase(stored, WHY)
    row = vault.incident(incident().id)
    assert row is not None
    assert (row.clip, row.erased_utc) == (None, UTC)
    assert vault.stored(stored.seq) is None
    assert not any((vault.folder / part.path).exists() for part in stored.parts)
    last = list(Journal(vault.folder / "ledger").records())[-1]
    assert (last.kind, last.body["path"], last.body["reason"]["en"]) == ("file.erased", stored.path, "A test.")


def test_the_ledger_has_everything_and_its_chain_holds(vault: Vault) -> None:
    keep_clip(vault)
    keep_segment(vault)
    vault.record_event(event())
    journal = Journal(vault.folder / "ledger")
    kinds = [record.kind for record in journal.records()]
    assert kinds == ["incident", "incident", "file.stored", "file.stored", "event"]
    assert verify_chain(journal.lines()) is None


def test_a_damaged_sidecar_is_told(vault: Vault) -> None:
    stored = keep_clip(vault)
    (vault.folder / stored.sidecar.path).write_text("{}")
    with pytest.raises(IntegrityError):
        vault.sidecar_of(stored)
    with pytest.raises(ValueError, match="not a sidecar"):
        sidecar_of(b"{}")


def test_a_second_agent_on_the_folder_is_refused(vault: Vault, clock: ManualClock) -> None:
    with pytest.raises(StoreError, match="Another Ansim") as refused:
        Vault(vault.folder, clock).open()
    assert "종료" in refused.value.text.ko
    vault.record_event(event())  # the first one goes on


def test_a_closed_vault_says_so_and_can_be_opened_again(tmp_path: Path, clock: ManualClock) -> None:
    with opened(tmp_path, clock) as vault:
        stored = keep_clip(vault)
    with pytest.raises(StoreError, match="closed"):
        vault.record_event(event())
    with opened(tmp_path, clock) as again:
        assert again.stored(stored.seq) == stored


def test_closing_does_what_is_queued(tmp_path: Path, clock: ManualClock) -> None:
    with opened(tmp_path, clock) as vault:
        waiting = [vault.record_event(event(str(i)), wait=False) for i in range(50)]
    assert all(each.result() for each in waiting)
    with opened(tmp_path, clock) as again:
        assert len(again.events()) == 50
