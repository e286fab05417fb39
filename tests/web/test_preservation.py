"""What the owner sees and decides of incidents that are kept beyond their time."""

from __future__ import annotations

import datetime as dt

import pytest
from flask.testing import FlaskClient

from agent.values import EventKind, Incident
from agent.vault import FileKind
from tests.web.conftest import Visitor
from tests.web.drawn import DAY, NAME, DrawnShop
from tests.web.test_pages import read, words
from tests.web.window import DESKTOP, PHONE, Window, fits

TODAY = dt.date(2026, 11, 21)
REASON = "경찰이 수사하고 있음"


@pytest.fixture
def seen(shop: DrawnShop) -> Incident:
    return happened(shop)


def happened(shop: DrawnShop, ago_s: float = 3 * DAY) -> Incident:
    incident = shop.incident("unpaid", "till", ago_s, "계산하지 않고 나갔습니다.", "Left without paying.")
    shop.clip(incident, seconds=1.0)
    return incident


def page(owner: Visitor, incident: Incident) -> str:
    return read(owner, f"/incidents/{incident.id}/preserve")


def keep(owner: Visitor, incident: Incident, **changes: str):
    form = f"/incidents/{incident.id}/preserve"
    fields = {"reason": REASON, "agency": "마포경찰서", "case": "2026-1234", "until": "2027-01-20", "review": "2026-12-21"}
    return owner.send(form, form, **(fields | changes))


def test_an_incident_is_preserved_with_a_reason_an_end_and_a_review(shop: DrawnShop, owner: Visitor, seen: Incident) -> None:
    assert "이 사건을 보존할까요" in page(owner, seen)
    assert "12월 18일" in page(owner, seen)  # when it would go by itself
    assert keep(owner, seen).status_code == 303
    kept = shop.panel.preservation.of(seen.id)
    assert kept is not None
    assert (kept.until, kept.review, kept.hold.by) == (dt.date(2027, 1, 20), dt.date(2026, 12, 21), NAME)
    assert "2027년 1월 20일" in page(owner, seen)
    listed = read(owner, "/preserved")
    assert all(told in listed for told in ("사건 1건을 보존", REASON, "마포경찰서 2026-1234"))
    assert [line.action for line in shop.vault.audit(target=seen.id) if line.action == "preserve"] == ["preserve"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"reason": " "}, "이유를 적어 주세요"),
        ({"until": ""}, "보존할 마지막 날"),
        ({"until": "2026-11-21"}, "보존할 마지막 날"),
        ({"until": "2028-01-01"}, "보존할 마지막 날"),
        ({"until": "soon"}, "날짜를"),
        ({"review": "2027-02-01"}, "검토일"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    shop: DrawnShop, owner: Visitor, seen: Incident, changes: dict[str, str], told: str
) -> None:
    answer = keep(owner, seen, **changes)
    assert answer.status_code == 422
    assert told in words(answer.get_data(as_text=True))
    assert 'value="2026-1234"' in answer.get_data(as_text=True)
    assert shop.panel.preservation.held() == ()


def test_a_review_that_is_due_is_told_until_somebody_decides(shop: DrawnShop, owner: Visitor, seen: Incident) -> None:
    keep(owner, seen)
    assert not [path for path in ("/", "/health/", "/evidence/") if "검토할 날" in read(owner, path)]
    shop.clock.advance(31 * DAY)
    owner.sign_in()  # the sitting is over
    shop.panel.preservation.remind()
    assert [row.event.kind for row in shop.vault.events() if row.event.kind is EventKind.REVIEW_DUE]
    assert all("보존한 사건 1건을 검토할 날" in read(owner, path) for path in ("/", "/health/", "/evidence/"))
    assert "모두 정상" in read(owner, "/health/")  # it is no trouble, only something to decide
    assert "아직 필요한가요" in read(owner, "/preserved")
    assert "검토일이 되었습니다" in page(owner, seen)
    assert keep(owner, seen, until="2027-03-01", review="2027-02-01").status_code == 303
    assert "검토할 날" not in read(owner, "/health/")


def test_it_is_ended_with_a_reason_and_goes(shop: DrawnShop, owner: Visitor, seen: Incident) -> None:
    keep(owner, seen)
    form = f"/incidents/{seen.id}/preserve"
    assert owner.send(form, f"{form}/end", reason="").status_code == 422
    assert owner.send(form, f"{form}/end", reason="수사 종결").status_code == 303
    assert shop.panel.preservation.held() == ()
    assert "수사 종결" in read(owner, "/preserved")
    again = owner.send(form, f"{form}/end", reason="한 번 더")
    assert again.status_code == 422


def test_what_is_gone_cannot_be_preserved(shop: DrawnShop, owner: Visitor, seen: Incident) -> None:
    (clip,) = shop.vault.oldest(FileKind.CLIP, 1)
    shop.vault.erase(clip, shop.health.engine.text)
    assert "보존할 것이 남아 있지 않습니다" in page(owner, seen)
    assert owner.get("/incidents/nothing/preserve").status_code == 404


def test_strangers_preserve_nothing(shop: DrawnShop, seen: Incident) -> None:
    shop.make_owner()
    client: FlaskClient = shop.app.test_client()
    assert client.get("/preserved").status_code == 302
    assert client.post(f"/incidents/{seen.id}/preserve", data={"reason": REASON}).status_code in (302, 400)
    assert shop.panel.preservation.held() == ()


LOOKS = [(PHONE, "ko", "light"), (DESKTOP, "en", "dark")]


@pytest.mark.parametrize("window", LOOKS, indirect=True, ids=["phone", "desktop"])
def test_on_a_phone_and_on_a_desk(window: Window, town) -> None:
    """One incident of the demo shop is preserved, looked at, and let go."""
    incident = next(one for one in town.day.values() if town.shop.vault.incident(one.id).clips)
    page = window.go(f"/incidents/{incident.id}/preserve")
    assert fits(page)
    window.shoot("preserve", whole=True)
    page.fill("#reason", REASON)
    page.fill("#agency", "마포경찰서")
    page.fill("#case", "2026-1234")
    page.click("form .fields button.button")
    page.wait_for_selector(".said")
    assert fits(page)
    window.shoot("preserved", whole=True)
    page = window.go("/preserved")
    assert fits(page)
    window.shoot("preserved-list", whole=True)
    page = window.go(f"/incidents/{incident.id}/preserve")
    page.click("details:has(#why) summary")
    page.fill("#why", "수사 종결")
    window.shoot("preserved-end", whole=True)
    page.click("details:has(#why) button")
    page.wait_for_selector(".said")
    assert town.shop.panel.preservation.of(incident.id) is None
