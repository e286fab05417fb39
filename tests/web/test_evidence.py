"""Evidence in the panel: an export that verifies, one of two people revealed, and a register of it all."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyrage
import pytest
from pyrage import x25519

from agent.evidence.ceremonies import WATCH_S, WRONG_MOST
from agent.evidence.ceremony import APPROVAL_S, COUNTDOWN_S, OPEN_S
from agent.evidence.offered import KEPT_S
from agent.evidence.verify import Opener, verify
from agent.settings import DataSettings
from agent.vault import layout
from agent.vault.check import check
from agent.vault.retention import DAY_S, EXPIRED, sweep
from tests.canary import LIMIT, Eyes, frames_of, likeness
from tests.canary_film import FACE, OTHER_SHIRT, SHIRT, WIDTH
from tests.two_people import PASS, TwoPeople
from tests.web.conftest import Visitor
from tests.web.drawn import NAME, DrawnShop
from tests.web.evidence_shop import OTHER, OTHER_PASSWORD, EvidenceShop, evidence_shop
from tests.web.test_pages import words

PATIENCE_S = 60.0
BAG_PASS = "받는 사람에게 따로 알릴 암호"
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}  # a phone in the shop's network
RECEIVER = x25519.Identity.generate()  # quicker than a passphrase, which costs a second
KEY = str(RECEIVER.to_public())


@pytest.fixture(scope="module")
def shop(filmed: TwoPeople, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvidenceShop]:
    with evidence_shop(filmed.copied(tmp_path_factory.mktemp("shop") / "data")) as shop:
        yield shop


@pytest.fixture
def own(filmed: TwoPeople, tmp_path: Path) -> TwoPeople:
    """What the program stored, for one test alone."""
    return filmed.copied(tmp_path / "data")


@pytest.fixture
def owner(shop: EvidenceShop) -> Visitor:
    visitor = Visitor(shop.app.test_client())
    assert visitor.sign_in().status_code == 302
    return visitor


@pytest.fixture
def other(shop: EvidenceShop) -> Visitor:
    visitor = Visitor(shop.app.test_client())
    assert visitor.sign_in(OTHER, OTHER_PASSWORD).status_code == 302
    return visitor


def page(visitor: Visitor, path: str, language: str = "en") -> str:
    visitor.client.set_cookie("ansim_language", language)
    answer = visitor.get(path)
    assert answer.status_code == 200, path
    return words(answer.text)


def accesses(shop: EvidenceShop, action: str) -> list[tuple[str, str, str]]:
    return [(row.actor, row.target, row.purpose) for row in reversed(shop.vault.audit(500)) if row.action == action]


def exported(shop: EvidenceShop, visitor: Visitor, **changes: str):
    """Fill in the export form; gives the page of its job, once that has ended."""
    form = f"/incidents/{shop.incident}/export"
    fields = {"purpose": "절도 신고", "receiver": "마포경찰서", "basis": "purpose", "case": "2026-1234", "lock": "recipient"}
    answer = visitor.send(form, form, **(fields | {"recipient": KEY} | changes))
    assert answer.status_code == 303, words(answer.text)
    assert shop.desk().drain(PATIENCE_S)
    return visitor.get(answer.location)


# exports


def test_an_export_is_made_fetched_and_verifies_against_its_slip(shop: EvidenceShop, owner: Visitor, tmp_path: Path) -> None:
    shop.clock.advance(5)
    made = words(exported(shop, owner, offset="-3", sealed="yes").text)
    row = shop.vault.register(1)[0]
    assert row.bag in made
    assert shop.desk().fingerprint in made
    assert "마포경찰서" in made

    answer = owner.get(f"/handed-over/{row.bag}/file")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{row.bag}.zip.age"'
    note = owner.get(f"/handed-over/{row.bag}/how-to-open.txt")
    assert f"{row.bag}.zip.age" in note.text
    assert row.sha256 in note.text
    bag = tmp_path / f"{row.bag}.zip.age"
    bag.write_bytes(answer.data)
    anchor = next(word for word in made.split() if word.startswith("ANSIM1:"))
    found = verify(bag, anchor, Opener(identities=(str(RECEIVER),)))
    assert found.verdict == "unchanged", found
    with zipfile.ZipFile(io.BytesIO(pyrage.decrypt(bag.read_bytes(), [RECEIVER]))) as inside:
        clip = next(name for name in inside.namelist() if name.endswith(".mp4"))
        assert inside.read(clip) == shop.vault.path_of(shop.filmed.incident.clips[0]).read_bytes()
        assert any(name.endswith(".mkv.age.key") for name in inside.namelist())
        assert '"offset_s": -3.0' in inside.read(f"{row.bag}/data/event.json").decode()
    assert accesses(shop, "begin_export")[-1] == (NAME, shop.incident, "절도 신고")
    assert accesses(shop, "download_export")[-1] == (NAME, row.bag, "")
    eyes = Eyes()
    eyes.folder(shop.vault.folder)
    assert eyes.sightings == []
    assert check(shop.vault.folder, shop.clock, repair=False, deep=True).problems == ()  # the exports are no unknown files


def test_a_passphrase_locks_it_and_stands_nowhere(
    shop: EvidenceShop, owner: Visitor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shop.clock.advance(5)
    made = exported(shop, owner, lock="passphrase", passphrase=BAG_PASS, again=BAG_PASS)
    row = shop.vault.register(1)[0]
    bag = tmp_path / f"{row.bag}.zip.age"
    bag.write_bytes(owner.get(f"/handed-over/{row.bag}/file").data)
    assert verify(bag, None, Opener(lambda: BAG_PASS)).verdict == "unchanged"
    assert BAG_PASS not in made.text + caplog.text
    assert all(BAG_PASS.encode() not in path.read_bytes() for path in shop.vault.folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"purpose": " "}, "Please say what it is for."),
        ({"receiver": ""}, "Please say who gets it."),
        ({"basis": ""}, "Please choose on what legal ground they get it."),
        ({"basis": "law", "case": ""}, "Please note the number of the warrant"),
        ({"basis": "investigation"}, "Please choose a legal ground from the list."),
        ({"offset": "soon"}, "as a number of seconds"),
        ({"lock": "passphrase", "passphrase": BAG_PASS, "again": BAG_PASS + "?"}, "are not the same"),
        ({"lock": "passphrase", "passphrase": "", "again": ""}, "Please choose a passphrase"),
        ({"lock": "passphrase", "passphrase": "짧다", "again": "짧다"}, "12 characters or more"),
        ({"lock": "recipient", "recipient": ""}, "Please paste the receiver"),
        ({"lock": "recipient", "recipient": "age1nobody"}, "no age public key"),
        ({"lock": "plain"}, "Please confirm that it is to leave without encryption."),
        ({"lock": "plain", "sure": "yes", "sealed": "yes"}, "only masked clips"),
        ({"lock": "anything"}, "Please choose how it is locked."),
    ],
)
def test_what_the_law_or_the_lock_needs_is_asked_for(
    shop: EvidenceShop, owner: Visitor, changes: dict[str, str], said: str
) -> None:
    before = len(shop.told("evidence.exported"))
    owner.client.set_cookie("ansim_language", "en")
    form = f"/incidents/{shop.incident}/export"
    fields = {"purpose": "절도 신고", "receiver": "마포경찰서", "basis": "purpose", "lock": "recipient", "recipient": KEY}
    answer = owner.send(form, form, **(fields | changes))
    assert answer.status_code == 422
    assert said in words(answer.text)
    assert BAG_PASS not in answer.text
    assert len(shop.told("evidence.exported")) == before


def test_for_the_shop_itself_no_receiver_is_needed_and_plain_is_confirmed(
    shop: EvidenceShop, owner: Visitor, tmp_path: Path
) -> None:
    shop.clock.advance(5)
    owner.client.set_cookie("ansim_language", "en")
    made = exported(shop, owner, receiver="", basis="", case="", lock="plain", sure="yes")
    assert "It is not locked" in words(made.text)
    row = shop.vault.register(1)[0]
    bag = tmp_path / f"{row.bag}.zip"
    bag.write_bytes(owner.get(f"/handed-over/{row.bag}/file").data)
    assert verify(bag).verdict == "unchanged"
    assert owner.get(f"/handed-over/{row.bag}/how-to-open.txt").status_code == 404


def test_who_left_the_page_of_an_export_finds_the_way_back_to_its_slip(shop: EvidenceShop, owner: Visitor) -> None:
    shop.clock.advance(5)
    made = exported(shop, owner).request.path
    for path in ("/evidence/", "/handed-over", f"/incidents/{shop.incident}"):
        assert f'href="{made}"' in owner.get(path).text, path


def test_an_export_that_failed_is_told_until_one_is_made(own: TwoPeople) -> None:
    with evidence_shop(own) as shop:
        owner = Visitor(shop.app.test_client())
        owner.sign_in()
        path = shop.vault.path_of(shop.filmed.incident.clips[0])
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + b"x")
        failed = exported(shop, owner).request.path
        for place in ("/evidence/", f"/incidents/{shop.incident}"):
            assert "It could not be made" in page(owner, place)
            assert f'href="{failed}"' in owner.get(place).text
        path.write_bytes(whole)
        shop.clock.advance(5)
        exported(shop, owner)
        assert "It could not be made" not in page(owner, "/evidence/")


@pytest.mark.parametrize("before", ["99999999999999999999", "-1"])
def test_a_line_that_no_register_can_have_is_not_there(shop: EvidenceShop, owner: Visitor, before: str) -> None:
    assert owner.get(f"/handed-over?before={before}").status_code == 404


def test_a_day_later_the_file_is_gone_and_the_register_still_knows(own: TwoPeople) -> None:
    with evidence_shop(own) as shop:
        owner = Visitor(shop.app.test_client())
        owner.sign_in()
        shop.clock.advance(60)
        made = exported(shop, owner)
        row = shop.vault.register(1)[0]
        assert page(owner, "/handed-over").count("Download") >= 2
        shop.clock.advance(KEPT_S + 1)
        shop.desk().tidy()
        owner.sign_in()
        assert list((shop.vault.folder / layout.EXPORTS).iterdir()) == []
        assert owner.get(f"/handed-over/{row.bag}/file").status_code == 410
        assert "The file was deleted when its time was up" in page(owner, made.request.path)
        assert "마포경찰서" in page(owner, "/handed-over")


def test_a_restart_ends_jobs_but_not_what_waits_to_be_fetched(own: TwoPeople) -> None:
    with evidence_shop(own) as shop:
        owner = Visitor(shop.app.test_client())
        owner.sign_in()
        shop.clock.advance(120)
        made = exported(shop, owner)
        bag = shop.vault.register(1)[0].bag
        (shop.vault.folder / layout.EXPORTS / f"{bag}.zip.age.partial").write_bytes(b"half")
    with evidence_shop(own) as shop:
        shop.clock.advance(180)
        shop.desk().start()
        owner = Visitor(shop.app.test_client())
        owner.sign_in()
        assert owner.get(made.request.path).status_code == 404
        assert owner.get(f"/handed-over/{bag}/file").status_code == 200
        assert not list((shop.vault.folder / layout.EXPORTS).glob("*.partial"))


def test_damaged_evidence_is_not_handed_over(shop: EvidenceShop, owner: Visitor) -> None:
    path = shop.vault.path_of(shop.filmed.incident.clips[0])
    whole, before = path.read_bytes(), len(shop.told("evidence.exported"))
    path.write_bytes(whole[:-1] + b"x")
    try:
        shop.clock.advance(5)
        owner.client.set_cookie("ansim_language", "en")
        said = words(exported(shop, owner).text)
    finally:
        path.write_bytes(whole)
    assert "It could not be made" in said
    assert "is not what the ledger says" in said
    assert len(shop.told("evidence.exported")) == before


# reveals


def asked(shop: EvidenceShop, visitor: Visitor, *persons: int, basis: str = "viewing", **changes: str) -> str:
    """Fill in the form; gives the address of the ceremony."""
    form = f"/incidents/{shop.incident}/reveal?basis={basis}"
    people = [str(number) for number in persons or (shop.filmed.left,)]
    fields = {"basis": basis, "reason": "자기 영상을 보여 달라고 함", "person": people} | changes
    answer = visitor.send(form, f"/incidents/{shop.incident}/reveal", **fields)  # type: ignore[arg-type]
    assert answer.status_code == 303, words(answer.text)
    return answer.location


def opened(shop: EvidenceShop, visitor: Visitor, ceremony: str, **fields: str):
    """Type the owner's passphrase; gives the ceremony's page once the clip is made."""
    answer = visitor.send(ceremony, f"{ceremony}/open", **({"owner": PASS, "what": "watch"} | fields))
    assert answer.status_code == 303, words(answer.text)
    assert shop.desk().drain(PATIENCE_S)
    return visitor.get(ceremony)


@contextmanager
def closing(shop: EvidenceShop, visitor: Visitor, ceremony: str) -> Iterator[None]:
    """Whatever comes of it, the next test finds no ceremony that goes on."""
    yield
    visitor.send("/evidence/", f"{ceremony}/stop")


def seen(video: bytes, worn: object) -> tuple[float, float]:
    """How much a pattern is to be seen in the left and in the right half, at best."""
    halves = [(planes[0][:, : WIDTH // 2], planes[0][:, WIDTH // 2 :]) for planes in frames_of(video)]
    return max(likeness(left, worn) for left, _ in halves), max(likeness(right, worn) for _, right in halves)  # type: ignore[arg-type]


def test_the_person_is_chosen_by_picture(shop: EvidenceShop, owner: Visitor) -> None:
    said = owner.get(f"/incidents/{shop.incident}/reveal?basis=viewing").text
    for number in (shop.filmed.left, shop.filmed.right):
        assert f'type="radio" name="person" value="{number}"' in said
        assert f">{number}</text>" in said
    assert said.count(f"/incidents/{shop.incident}/1.mp4#t=") == 2
    assert 'type="checkbox" name="person"' in owner.get(f"/incidents/{shop.incident}/reveal?basis=law").text


def test_whoever_asks_to_see_themselves_is_shown_on_this_pc_alone(shop: EvidenceShop, owner: Visitor, other: Visitor) -> None:
    before = len(shop.steps())
    ceremony = asked(shop, owner)
    assert "It can still be stopped" in page(owner, ceremony)
    shop.clock.advance(COUNTDOWN_S)
    owner.client.set_cookie("ansim_language", "en")
    assert "Show it to the person who asked, alone." in words(opened(shop, owner, ceremony).text)
    assert shop.steps()[before:] == ["asked", "opened", "rendered"]

    film = f"{ceremony}/watch/1.mp4"
    assert film in owner.get(f"{ceremony}/watch").text
    answer = owner.get(film)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert seen(answer.data, SHIRT)[0] > 0.8
    assert max(seen(answer.data, OTHER_SHIRT)) < LIMIT
    assert seen(answer.data, FACE)[1] < LIMIT
    part = owner.get(film, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.data) == (206, answer.data[100:200])
    name = shop.told("reveal.rendered")[-1]["file"]
    assert accesses(shop, "play_revealed") == [(NAME, name, "자기 영상을 보여 달라고 함")]  # a play, not each of its requests
    assert owner.get(film).status_code == 200
    assert len(accesses(shop, "play_revealed")) == 2

    assert other.get(film).status_code == 403
    assert other.get(f"{ceremony}/watch").status_code == 403
    assert "Watch the clip" not in page(other, ceremony)
    for path in (film, f"{ceremony}/watch"):
        assert owner.get(path, environ_base=ELSEWHERE).status_code == 403

    assert not list(shop.vault.folder.rglob("*revealed*"))
    eyes = Eyes()
    eyes.folder(shop.vault.folder)
    assert eyes.sightings == []
    line = page(owner, "/handed-over")
    assert "Shown" in line
    assert "PIPA article 35" in line

    shop.clock.advance(WATCH_S)
    assert owner.get(film).status_code == 410
    assert "It can no longer be watched" in page(owner, ceremony)


@pytest.mark.parametrize("range_", ["bytes=1-", "Bytes = 0-", "bytes=-10000000"])
def test_nothing_of_a_revealed_clip_leaves_without_a_line(own: TwoPeople, range_: str) -> None:
    with evidence_shop(own) as shop:
        owner = Visitor(shop.app.test_client())
        owner.sign_in()
        ceremony = asked(shop, owner)
        shop.clock.advance(COUNTDOWN_S)
        opened(shop, owner, ceremony)
        for _ in range(2):
            assert owner.get(f"{ceremony}/watch/1.mp4", headers={"Range": range_}).status_code == 206
        assert 1 <= len(accesses(shop, "play_revealed")) <= 2


@pytest.mark.parametrize("what", [{"what": "watch"}, {"what": "hand_over", "recipient": KEY}])
def test_what_was_erased_during_the_countdown_is_not_told_as_shown(own: TwoPeople, what: dict[str, str]) -> None:
    with evidence_shop(own) as shop:
        owner = Visitor(shop.app.test_client())
        owner.sign_in()
        owner.client.set_cookie("ansim_language", "en")
        ceremony = asked(shop, owner)
        shop.clock.advance(COUNTDOWN_S)
        for clip in shop.filmed.incident.clips:
            shop.vault.erase(clip, EXPIRED)
        said = words(opened(shop, owner, ceremony, **what).text)
        assert "It could not be made" in said
        assert "erased in the meantime" in said
        assert shop.steps()[-2:] == ["opened", "failed"]
        assert shop.told("evidence.exported") == []


def test_what_was_seen_can_be_forgotten_at_once(shop: EvidenceShop, owner: Visitor) -> None:
    ceremony = asked(shop, owner)
    shop.clock.advance(COUNTDOWN_S)
    opened(shop, owner, ceremony)
    assert owner.send(f"{ceremony}/watch", f"{ceremony}/forget").status_code == 303
    assert owner.get(f"{ceremony}/watch/1.mp4").status_code == 410


def test_for_the_police_it_goes_into_a_locked_bag_that_verifies(shop: EvidenceShop, owner: Visitor, tmp_path: Path) -> None:
    ceremony = asked(shop, owner, shop.filmed.right, basis="law", case="2026-1234", receiver="마포경찰서")
    shop.clock.advance(COUNTDOWN_S)
    owner.client.set_cookie("ansim_language", "en")
    said = words(opened(shop, owner, ceremony, what="hand_over", recipient=KEY).text)
    assert "Watch it to its end before you hand it over" in said
    assert "Download the file" in said
    exported_row, rendered = shop.vault.register(2)
    assert (exported_row.revealed, exported_row.form, exported_row.case) == (1, "recipients", "2026-1234")
    bag = tmp_path / f"{exported_row.bag}.zip.age"
    bag.write_bytes(owner.get(f"/handed-over/{exported_row.bag}/file").data)
    assert verify(bag, None, Opener(identities=(str(RECEIVER),))).verdict == "unchanged"
    with zipfile.ZipFile(io.BytesIO(pyrage.decrypt(bag.read_bytes(), [RECEIVER]))) as inside:
        video = inside.read(f"{exported_row.bag}/data/revealed/{rendered.file}")
    assert seen(video, OTHER_SHIRT)[1] > 0.8
    assert max(seen(video, SHIRT)) < LIMIT
    assert owner.get(f"{ceremony}/watch/1.mp4").data == video
    eyes = Eyes()
    eyes.folder(shop.vault.folder)
    assert eyes.sightings == []


def test_before_the_countdown_is_over_nobody_can_open_it_and_anybody_can_stop_it(
    shop: EvidenceShop, owner: Visitor, other: Visitor
) -> None:
    before = len(shop.steps())
    ceremony = asked(shop, owner)
    shop.clock.advance(COUNTDOWN_S - 1)
    assert owner.get(f"{ceremony}/state/counting").text == "1"
    assert owner.send("/evidence/", f"{ceremony}/open", owner=PASS, what="watch").status_code == 422
    assert ceremony in other.get("/evidence/").text
    assert ceremony in other.get(f"/incidents/{shop.incident}").text
    assert other.send(ceremony, f"{ceremony}/stop").status_code == 303
    assert owner.get(f"{ceremony}/state/counting").status_code == 205
    assert "It was stopped" in page(owner, ceremony)
    shop.clock.advance(1)
    assert owner.send("/evidence/", f"{ceremony}/open", owner=PASS, what="watch").status_code == 422
    assert shop.steps()[before:] == ["asked", "stopped"]
    assert shop.told("reveal.step")[-1]["by"] == OTHER
    assert ceremony not in owner.get("/evidence/").text


def test_a_wrong_passphrase_is_on_the_ledger_and_five_end_it(shop: EvidenceShop, owner: Visitor) -> None:
    before = len(shop.steps())
    ceremony = asked(shop, owner)
    shop.clock.advance(COUNTDOWN_S)
    owner.client.set_cookie("ansim_language", "en")
    for left in range(WRONG_MOST - 1, -1, -1):
        answer = owner.send("/evidence/", f"{ceremony}/open", owner=PASS + "?", what="watch")
        assert answer.status_code == 422
        assert PASS not in answer.text
        assert (f"{left} tr" if left else "Five wrong passphrases") in words(answer.text)
    assert shop.steps()[before:] == ["asked", *["wrong passphrase"] * WRONG_MOST, "stopped"]
    assert owner.send("/evidence/", f"{ceremony}/open", owner=PASS, what="watch").status_code == 422


def test_who_was_named_agrees_with_their_own_password(shop: EvidenceShop, owner: Visitor) -> None:
    before = len(shop.steps())
    ceremony = asked(shop, owner, approver=OTHER)
    shop.clock.advance(COUNTDOWN_S)
    assert owner.send("/evidence/", f"{ceremony}/open", owner=PASS, what="watch").status_code == 422
    assert owner.send(ceremony, f"{ceremony}/approve", password="바람개비 우체통 고구마").status_code == 422
    assert accesses(shop, "approve_refused")[-1] == (NAME, shop.incident, OTHER)  # who sat there, and as whom
    assert owner.send(ceremony, f"{ceremony}/approve", password=OTHER_PASSWORD).status_code == 303
    assert owner.get(f"{ceremony}/state/counting").text == f"{COUNTDOWN_S:.0f}"
    assert shop.steps()[before:] == ["asked", "approved"]
    assert accesses(shop, "approve_reveal")[-1] == (NAME, shop.incident, OTHER)
    again = owner.send("/evidence/", f"{ceremony}/approve", password=OTHER_PASSWORD)
    assert again.status_code == 303  # nothing is left to agree to
    assert shop.steps()[before:] == ["asked", "approved"]
    owner.send(ceremony, f"{ceremony}/stop")


def test_only_who_asked_can_open_it(shop: EvidenceShop, owner: Visitor, other: Visitor) -> None:
    ceremony = asked(shop, owner)
    with closing(shop, owner, ceremony):
        shop.clock.advance(COUNTDOWN_S)
        assert f"Only {NAME}" in page(other, ceremony)
        assert other.send("/evidence/", f"{ceremony}/open", owner=PASS, what="watch").status_code == 422
        assert shop.steps()[-1] == "asked"


def test_secrets_are_typed_at_the_pc_or_over_tls_only(shop: EvidenceShop, owner: Visitor) -> None:
    ceremony = asked(shop, owner)
    with closing(shop, owner, ceremony):
        shop.clock.advance(COUNTDOWN_S)
        there = owner.get(ceremony, environ_base=ELSEWHERE)
        assert there.status_code == 200
        assert 'name="owner"' not in there.text
        token = words(there.text) and owner.get("/evidence/").text
        refused = owner.client.post(
            f"{ceremony}/open", data={"csrf_token": token_of(token), "owner": PASS}, environ_base=ELSEWHERE
        )
        assert refused.status_code == 403
        assert shop.steps()[-1] == "asked"
        assert owner.get(f"/incidents/{shop.incident}/export", environ_base=ELSEWHERE).status_code == 403


def token_of(text: str) -> str:
    return text.split('name="csrf_token" value="')[1].split('"', maxsplit=1)[0]


@pytest.mark.parametrize(("stage", "seconds"), [("counting", COUNTDOWN_S + OPEN_S + 1), ("asked", APPROVAL_S + 1)])
def test_a_ceremony_that_takes_too_long_is_over(own: TwoPeople, stage: str, seconds: float) -> None:
    with evidence_shop(own) as shop:
        owner = Visitor(shop.app.test_client())
        owner.sign_in()
        ceremony = asked(shop, owner, **({"approver": OTHER} if stage == "asked" else {}))
        shop.clock.advance(seconds)
        owner.sign_in()
        assert "This took too long" in page(owner, ceremony)
        assert shop.desk().ceremonies() == ()


@pytest.mark.parametrize(
    ("persons", "basis", "changes", "said"),
    [
        (["4711"], "viewing", {}, "Not numbers of people in this incident"),
        ([], "viewing", {}, "Choose the numbers"),
        (["1", "2"], "viewing", {}, "only the person who asks"),
        (["1"], "law", {"case": ""}, "Say who will get it"),
        (["1"], "viewing", {"reason": "?"}, "who wants to see it and why"),
    ],
)
def test_what_a_ground_needs_is_asked_for(
    shop: EvidenceShop, owner: Visitor, persons: list[str], basis: str, changes: dict[str, str], said: str
) -> None:
    owner.client.set_cookie("ansim_language", "en")
    form = f"/incidents/{shop.incident}/reveal?basis={basis}"
    fields = {"basis": basis, "reason": "자기 영상을 보여 달라고 함", "person": persons} | changes
    answer = owner.send(form, f"/incidents/{shop.incident}/reveal", **fields)  # type: ignore[arg-type]
    assert answer.status_code == 422
    assert said in words(answer.text)


def test_without_a_sealed_original_the_page_says_what_can_be_done(tmp_path: Path) -> None:
    from tests.web.drawn import open_shop

    for shop in open_shop(tmp_path):
        happened(shop)


def happened(shop: DrawnShop) -> None:
    shop.make_owner()
    visitor = Visitor(shop.app.test_client())
    visitor.sign_in()
    it = shop.incident("loitering", "till", 600, "오래 머물렀습니다", "Stayed long")
    assert "Hand it over" not in page(visitor, f"/incidents/{it.id}")  # its clip is being made
    shop.clip(it)
    assert "Hand it over" in page(visitor, f"/incidents/{it.id}")
    assert "Nobody can be shown" in page(visitor, f"/incidents/{it.id}/reveal")
    assert "Nobody can be shown" in page(visitor, f"/incidents/{it.id}/reveal?basis=viewing")
    assert "Nothing has left the shop yet" in page(visitor, "/evidence/")
    assert "아직 매장 밖으로 나간 것이 없습니다" in page(visitor, "/evidence/", "ko")
    assert "Nothing was handed over or shown yet." in page(visitor, "/handed-over")
    assert visitor.get("/incidents/none/export").status_code == 404
    assert visitor.get("/incidents/none/reveal").status_code == 404
    assert visitor.get("/reveal/none").status_code == 404
    assert visitor.get("/exports/none").status_code == 404


# the register


def test_the_register_as_a_file_has_the_columns_of_form_3(shop: EvidenceShop, owner: Visitor) -> None:
    shop.clock.advance(5)
    exported(shop, owner, purpose="=1+1")
    owner.client.set_cookie("ansim_language", "ko")
    assert owner.send("/handed-over", "/handed-over/csv", purpose="").status_code == 422
    answer = owner.send("/handed-over", "/handed-over/csv", purpose="월간 점검")
    assert answer.text.startswith("\ufeff번호,종류")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    last = rows[-1]
    assert (last["종류"], last["담당자"], last["제공받는 자·열람 요구자"]) == ("제공", NAME, "마포경찰서")
    assert last["목적·사유"] == "'=1+1"  # no spreadsheet takes it for a formula
    assert last["법적 근거"].startswith("개인정보 보호법 제17조 제1항")
    assert [int(row["번호"]) for row in rows] == sorted(int(row["번호"]) for row in rows)
    assert accesses(shop, "export_register")[-1] == (NAME, "register", "월간 점검")


def test_the_register_that_is_taken_along_says_what_was_destroyed_too(own: TwoPeople) -> None:
    with evidence_shop(own) as shop:
        shop.clock.advance(40 * DAY_S)
        sweep(shop.vault, DataSettings(shop.vault.folder, retention_days=30, min_free_gb=0), shop.clock)
        owner = Visitor(shop.app.test_client())
        owner.sign_in()
        owner.client.set_cookie("ansim_language", "ko")
        answer = owner.send("/handed-over", "/handed-over/csv", purpose="월간 점검")
        rows = [row for row in csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))) if row["종류"] == "파기"]
        assert any(row["파일명·형태"].startswith("녹화와 영상: ") for row in rows)
        assert any(row["파일명·형태"].startswith("봉인한 원본: ") for row in rows)
        assert {(row["담당자"], row["목적·사유"]) for row in rows} == {
            ("안심(자동)", "보관 기간이 지나 자동으로 삭제했습니다.")
        }


def test_who_asked_to_see_themselves_stands_there_by_the_number_of_their_request(shop: EvidenceShop, owner: Visitor) -> None:
    ceremony = asked(shop, owner, case="열람-7")
    shop.clock.advance(COUNTDOWN_S)
    opened(shop, owner, ceremony)
    owner.client.set_cookie("ansim_language", "ko")
    answer = owner.send("/handed-over", "/handed-over/csv", purpose="월간 점검")
    *_, last = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert (last["종류"], last["제공받는 자·열람 요구자"]) == ("열람", "열람-7")


def test_the_incident_says_what_was_done_with_it(shop: EvidenceShop, owner: Visitor) -> None:
    shop.clock.advance(5)
    exported(shop, owner)
    ceremony = asked(shop, owner)
    shop.clock.advance(COUNTDOWN_S)
    owner.send("/evidence/", f"{ceremony}/open", owner=PASS + "?", what="watch")
    owner.send(ceremony, f"{ceremony}/stop")
    said = page(owner, f"/incidents/{shop.incident}")
    for part in ("What was done with it", "A bag of evidence was made", "Typed a wrong passphrase", "Stopped it", "Download"):
        assert part in said
