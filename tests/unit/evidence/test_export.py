"""What is in a bag, what is not, and what the ledger keeps of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.clock import ManualClock
from agent.errors import ConfigError, IntegrityError, StoreError
from agent.evidence.bag import BagFile
from agent.evidence.delivery import NotDelivered, Protection, WeakProtection
from agent.evidence.export import Exporter
from agent.evidence.order import OrderIncomplete
from agent.evidence.verify import Judgement, Verdict, verify
from agent.vault import FileKind, Vault
from agent.vault.checkpoint import Checkpoint
from agent.vault.ledger import parse
from scripts.bench.tampering import Untouched
from tests import bags
from tests.stored import JPEG, UTC, incident, mp4, opened, sidecar


def records(good: Untouched) -> list[Any]:
    return [parse(line) for line in good.files["data/ledger/slice.jsonl"].splitlines()]


def test_clips_go_as_they_are_stored(tmp_path: Path) -> None:
    with bags.shop(tmp_path / "data") as vault:
        row = vault.incident(incident().id)
        assert row is not None
        assert row.clip is not None
        files = bags.files_of(bags.exporter(vault).compose(bags.ORDER).bag)
        for part in row.clip.parts:
            assert files["data/clips/" + Path(part.path).name] == (vault.folder / part.path).read_bytes()
        assert sum(name.startswith("data/clips/") for name in files) == 3


def test_the_ledgers_lines_go_byte_for_byte(good: Untouched) -> None:
    lines = good.files["data/ledger/slice.jsonl"].splitlines()
    assert set(lines) <= set(good.ledger)
    kinds = [record.kind for record in records(good)]
    assert {"incident", "file.stored", "access", "event", "entry"} <= set(kinds)


def test_another_incident_whose_name_begins_alike_stays_at_home(good: Untouched) -> None:
    text = b"".join(good.files[name] for name in good.files if name.startswith("data/"))
    assert b"loitering-1" in text
    assert b"loitering-10" not in text
    assert any(b"loitering-10" in line for line in good.ledger)


def test_the_request_itself_is_under_the_seal(good: Untouched) -> None:
    last = records(good)[-1]
    assert (last.kind, last.body["action"], last.body["purpose"]) == ("access", "export", "절도 신고")


def test_the_facts_are_told_in_the_fields_of_onvif(good: Untouched) -> None:
    event = json.loads(good.files["data/event.json"])
    assert event["export"] == {
        "name": "행복 무인점 3호", "url": "", "mac": "", "time": "2026-09-21T23:23:20.000+09:00", "operator": "점주",
        "software": event["export"]["software"],
    }  # fmt: skip
    assert event["source"] == [{"name": "계산대", "url": "", "mac": "", "line": "till"}]
    assert event["incident"]["opened"] == "2026-09-21T23:13:20.000+09:00"
    assert event["clock"]["offset_s"] == -1.5
    assert event["handover"]["receiver"] == "서울마포경찰서 수사과"
    assert event["clips"][0]["file"] == f"{incident().id}.mp4"


def test_the_custody_tells_who_did_what(good: Untouched) -> None:
    steps = json.loads(good.files["data/custody.json"])["steps"]
    assert [step["record"] for step in steps] == sorted(step["record"] for step in steps)
    assert [(step["what"]["en"], step["who"], step["purpose"]) for step in steps][-1] == (
        "An export was begun.",
        "점주",
        "절도 신고",
    )
    assert any("sha256" in step["what"]["ko"] for step in steps)


def test_entries_of_that_time_go_along_with_what_is_sealed_in_them(good: Untouched) -> None:
    entries = json.loads(good.files["data/entries.json"])
    assert len(entries) == 3
    assert {entry["details"]["pass_id"] for entry in entries} == {"ABCD2345"}


def test_entries_of_another_time_do_not(tmp_path: Path) -> None:
    found = bags.untouched(tmp_path / "data", replace(bags.ORDER, entries_s=15.0))
    utcs = [entry["body"]["utc"] for entry in json.loads(found.files["data/entries.json"])]
    assert utcs
    assert all(UTC - 15 <= utc <= UTC + 7.5 + 15 for utc in utcs)


def test_nothing_of_the_owners_settings_and_keys_goes_along(good: Untouched) -> None:
    text = b"".join(good.files.values())
    assert b"demo:" not in text  # a camera's address may hold a password
    assert b"127.0.0.1" not in good.files["data/custody.json"]


def test_the_register_keeps_what_was_handed_over(tmp_path: Path) -> None:
    with bags.shop(tmp_path / "data") as vault:
        (tmp_path / "stick").mkdir()
        delivered, composed = bags.exporter(vault).export(bags.ORDER, tmp_path / "stick", Protection(bags.PASSPHRASE))
        last = parse([*vault.ledger_lines()][-1])
    assert last.kind == "evidence.exported"
    assert last.body["digest"] == composed.bag.digest.hex()
    assert last.body["file_sha256"] == hashlib.sha256(delivered.path.read_bytes()).hexdigest()
    assert (last.body["receiver"], last.body["case"], last.body["form"]) == ("서울마포경찰서 수사과", "2026-1234", "passphrase")
    assert bags.PASSPHRASE not in str(last.body)


def test_an_export_that_failed_is_on_the_access_log_and_not_on_the_register(tmp_path: Path) -> None:
    with bags.shop(tmp_path / "data") as vault:
        with pytest.raises(Exception, match="no folder"):
            bags.exporter(vault).export(bags.ORDER, tmp_path / "nowhere", Protection(bags.PASSPHRASE))
        kinds = [parse(line).kind for line in vault.ledger_lines()]
    assert "evidence.exported" not in kinds
    assert kinds[-2:] == ["access", "checkpoint"]


def test_a_second_export_tells_of_the_first(tmp_path: Path) -> None:
    with bags.shop(tmp_path / "data") as vault:
        (tmp_path / "stick").mkdir()
        bags.exporter(vault).export(bags.ORDER, tmp_path / "stick", Protection(bags.PASSPHRASE))
        files = bags.files_of(bags.exporter(vault).compose(bags.ORDER).bag)
    steps = json.loads(files["data/custody.json"])["steps"]
    assert "An evidence bag was exported." in [step["what"]["en"] for step in steps]


def test_a_clip_that_is_not_what_the_ledger_says_is_not_handed_over(tmp_path: Path) -> None:
    with bags.shop(tmp_path / "data") as vault:
        clip = next(vault.folder.rglob("*loitering-1.mp4"))
        clip.write_bytes(clip.read_bytes() + b"x")
        with pytest.raises(IntegrityError, match="not what the ledger says"):
            bags.exporter(vault).compose(bags.ORDER)


def test_an_incident_without_a_clip_can_be_exported(tmp_path: Path) -> None:
    with bags.shop(tmp_path / "data") as vault:
        for clip in vault.incident(incident().id).clips:  # type: ignore[union-attr]
            vault.erase(clip, bags.SHOP.cameras and incident().reasons[0])
        bag = bags.exporter(vault).compose(bags.ORDER).bag
    path = tmp_path / "bag.zip"
    path.write_bytes(bags.zipped(bag))
    found = verify(path)
    assert found.verdict is Verdict.UNCHANGED
    assert found.checks[2].state == "absent"


def test_a_revealed_clip_has_to_be_on_the_ledger(tmp_path: Path) -> None:
    shown = b"only the chosen person"
    order = replace(bags.ORDER, revealed=(BagFile("person-3.mp4", shown),))
    path = tmp_path / "bag.zip"
    with bags.shop(tmp_path / "data") as vault:
        with pytest.raises(IntegrityError, match="not what the ledger says"):
            bags.exporter(vault).compose(order)
        _note_rendered(vault, shown)
        path.write_bytes(bags.zipped(bags.exporter(vault).compose(order).bag))
        assert verify(path).verdict is Verdict.UNCHANGED


def test_a_revealed_clip_leaves_no_clear_byte_anywhere(tmp_path: Path) -> None:
    canary = b"THE-FACE-OF-THE-CHOSEN-PERSON" * 1000
    order = replace(bags.ORDER, revealed=(BagFile("person-3.mp4", canary),))
    (tmp_path / "stick").mkdir()
    with bags.shop(tmp_path / "data") as vault:
        _note_rendered(vault, canary)
        bags.exporter(vault).export(order, tmp_path / "stick", Protection(bags.PASSPHRASE))
        with pytest.raises(NotDelivered):
            bags.exporter(vault).export(order, tmp_path / "pulled out", Protection(bags.PASSPHRASE))
        with pytest.raises(WeakProtection, match="encrypted only"):
            bags.exporter(vault).export(order, tmp_path / "stick", Protection())
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [path.name for path in files if b"THE-FACE" in path.read_bytes()] == []


def test_what_the_register_does_not_take_was_not_handed_over(tmp_path: Path) -> None:
    class Refusing(Exporter):
        def record(self, *_: object) -> None:
            raise StoreError(ko="디스크가 가득 찼습니다.", en="The disk is full.")

    (tmp_path / "stick").mkdir()
    with bags.shop(tmp_path / "data") as vault:
        exporter = Refusing(vault, vault.device, bags.SHOP, ManualClock(UTC), bags.plain_report, vault.checkpoint)
        with pytest.raises(StoreError):
            exporter.export(bags.ORDER, tmp_path / "stick", Protection(bags.PASSPHRASE))
    assert list((tmp_path / "stick").iterdir()) == []


@pytest.mark.parametrize("field", [{"purpose": "x" * 301}, {"receiver": "\udcff"}, {"clock_offset_s": float("nan")}])
def test_an_order_that_no_paper_can_hold_is_refused(field: dict[str, Any]) -> None:
    with pytest.raises(OrderIncomplete):
        replace(bags.ORDER, **field).check()


def test_sealed_originals_go_along_when_asked_for(tmp_path: Path) -> None:
    where = f"sealed/2026/09/21/{incident().id}.mkv.age"
    body: dict[str, object] = {
        "incident": incident().id, "path": where, "bytes": 6, "sha256": _sha(b"sealed"), "key_sha256": _sha(b"key"),
        "from_utc": UTC, "to_utc": UTC + 7.5, "recipients": ["age1x"],
    }  # fmt: skip
    path = tmp_path / "bag.zip"
    with bags.shop(tmp_path / "data") as vault:
        (vault.folder / where).parent.mkdir(parents=True)
        (vault.folder / where).write_bytes(b"sealed")
        (vault.folder / (where + ".key")).write_bytes(b"key")
        _note(vault, "sealed.stored", body)
        assert not any("sealed/" in name for name in bags.files_of(bags.exporter(vault).compose(bags.ORDER).bag))
        bag = bags.exporter(vault).compose(replace(bags.ORDER, sealed=True)).bag
        path.write_bytes(bags.zipped(bag))
        assert bags.files_of(bag)[f"data/sealed/{incident().id}.mkv.age"] == b"sealed"
        assert verify(path).verdict is Verdict.UNCHANGED
        for name in (where, where + ".key"):  # one that was changed on the disk is not handed over as if it were whole
            whole = (vault.folder / name).read_bytes()
            (vault.folder / name).write_bytes(b"other")
            with pytest.raises(IntegrityError, match="not what the ledger says"):
                bags.exporter(vault).compose(replace(bags.ORDER, sealed=True))
            (vault.folder / name).write_bytes(whole)
        _note(vault, "sealed.erased", {"incident": incident().id, "path": where})
        assert not any(
            "sealed/" in name for name in bags.files_of(bags.exporter(vault).compose(replace(bags.ORDER, sealed=True)).bag)
        )


def test_a_ledger_that_lost_a_line_long_ago_is_exported_and_says_so(tmp_path: Path) -> None:
    with bags.shop(tmp_path / "data"):
        pass
    day = next((tmp_path / "data" / "ledger").iterdir())
    day.write_bytes(b"".join(day.read_bytes().splitlines(keepends=True)[1:]))
    with opened(tmp_path / "data", ManualClock(UTC + 600)) as vault:
        composed = bags.exporter(vault).compose(bags.ORDER)
    assert composed.unproven
    path = tmp_path / "bag.zip"
    path.write_bytes(bags.zipped(composed.bag))
    assert "is not in the sealed ledger" in verify(path).text.en


# while the agent goes on working


def exported_while(folder: Path, before: Callable[[Vault], object], after: Callable[[Vault], object]) -> Judgement:
    """An export during which something is recorded: right before its checkpoint, or right after."""
    with bags.shop(folder / "data") as vault:

        def checkpoint() -> Checkpoint:
            before(vault)
            made = vault.checkpoint()
            after(vault)
            return made

        exporter = Exporter(vault, vault.device, bags.SHOP, ManualClock(UTC + 600), bags.plain_report, checkpoint)
        (folder / "bag.zip").write_bytes(bags.zipped(exporter.compose(bags.ORDER).bag))
    return verify(folder / "bag.zip")


def second_clip(vault: Vault) -> None:
    partial = vault.partial_path(FileKind.CLIP, f"{incident().id}.2", UTC)
    partial.write_bytes(mp4(fragmented=False))
    vault.store_clip(incident().id, partial, JPEG, sidecar(UTC))


MEANWHILE: list[Callable[[Vault], object]] = [
    lambda vault: vault.record_entry(bags.entry(9, UTC + 20)),
    second_clip,
    lambda vault: vault.close_incident(incident(1, UTC, closed_s=99.0, closed_utc=UTC + 88.0)),
    lambda vault: vault.record_audit("점주", "view", incident().id),
]


@pytest.mark.parametrize("what", MEANWHILE, ids=["entry", "clip", "closed", "view"])
def test_what_is_recorded_during_an_export_makes_no_bag_a_changed_one(tmp_path: Path, what: Callable[[Vault], object]) -> None:
    (tmp_path / "before").mkdir()
    (tmp_path / "after").mkdir()
    assert exported_while(tmp_path / "before", what, lambda _: None).verdict is Verdict.UNCHANGED
    assert exported_while(tmp_path / "after", lambda _: None, what).verdict is Verdict.UNCHANGED


def test_a_clip_that_is_erased_during_an_export_ends_it(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="Export it again"):
        exported_while(
            tmp_path, lambda _: None, lambda vault: vault.erase(vault.incident(incident().id).clips[0], incident().reasons[0])
        )


def test_an_unknown_incident_and_an_empty_purpose_are_refused(tmp_path: Path) -> None:
    with bags.shop(tmp_path / "data") as vault:
        with pytest.raises(ConfigError, match="no incident"):
            bags.exporter(vault).compose(replace(bags.ORDER, incident="20260101T000000Z-x-y-1"))
        with pytest.raises(OrderIncomplete, match="register"):
            bags.exporter(vault).compose(replace(bags.ORDER, purpose="  "))
        with pytest.raises(OrderIncomplete):
            bags.exporter(vault).compose(replace(bags.ORDER, operator=""))


def _note(vault: Vault, kind: str, body: dict[str, object]) -> None:
    vault._now(lambda: vault._store.journal.append(UTC + 600, kind, body))


def _note_rendered(vault: Vault, video: bytes) -> None:
    _note(vault, "reveal.rendered", {"incident": bags.ORDER.incident, "file": "person-3.mp4", "sha256": _sha(video)})


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
