"""How the owner says whether an alarm was right, what that does to the rule, and that both are written down."""

from __future__ import annotations

import pytest

from agent.values import Verdict
from tests.web.conftest import Visitor
from tests.web.drawn import DrawnShop
from tests.web.test_pages import read


def judge(owner: Visitor, incident_id: str, verdict: str, **headers: str):
    return owner.send(f"/incidents/{incident_id}", f"/incidents/{incident_id}/verdict", verdict=verdict)


def verdict_of(shop: DrawnShop, incident_id: str) -> Verdict | None:
    row = shop.vault.incident(incident_id)
    assert row is not None
    return row.judgement.verdict if row.judgement else None


def test_one_question_two_answers_and_a_way_back(shop: DrawnShop, owner: Visitor) -> None:
    it = shop.incident("loitering", "till", 60, "오래 머묾", "stays")
    page = read(owner, f"/incidents/{it.id}")
    assert all(part in page for part in ("이 알림이 맞았나요?", "실제 상황이었습니다", "잘못된 알림입니다"))
    assert "Was this alarm right?" in read(owner, f"/incidents/{it.id}", "en")
    answer = judge(owner, it.id, "real")
    assert (answer.status_code, answer.location) == (303, f"/incidents/{it.id}#verdict")
    assert verdict_of(shop, it.id) is Verdict.REAL
    page = read(owner, f"/incidents/{it.id}")
    assert "점주 · 오늘 오후 8:36" in page
    judge(owner, it.id, "false")
    assert verdict_of(shop, it.id) is Verdict.FALSE
    judge(owner, it.id, "")
    assert verdict_of(shop, it.id) is None
    assert "이 알림이 맞았나요?" in read(owner, f"/incidents/{it.id}")


def test_the_list_shows_what_was_said(shop: DrawnShop, owner: Visitor) -> None:
    for ago, verdict in ((60, "real"), (120, "false"), (180, None)):
        it = shop.incident("loitering", "till", ago, f"{ago}초 전", f"{ago} s ago")
        if verdict:
            judge(owner, it.id, verdict)
    page = owner.get("/").get_data(as_text=True)
    assert page.count('<span class="mark good">실제 상황</span>') == 1
    assert page.count('<span class="mark off">오알림</span>') == 1


def test_saying_it_is_in_the_access_log(shop: DrawnShop, owner: Visitor) -> None:
    it = shop.incident("loitering", "till", 60, "오래 머묾", "stays")
    for verdict in ("real", "false", ""):
        judge(owner, it.id, verdict)
    said = [(r.actor, r.action, r.target) for r in reversed(shop.vault.audit()) if r.action.startswith("judge")]
    assert said == [("점주", action, it.id) for action in ("judge_real", "judge_false", "judge_undone")]


def test_a_part_of_the_page_is_given_to_the_script(shop: DrawnShop, owner: Visitor) -> None:
    it = shop.incident("loitering", "till", 60, "오래 머묾", "stays")
    form = {"csrf_token": _token(owner, it.id), "verdict": "real"}
    answer = owner.client.post(f"/incidents/{it.id}/verdict", data=form, headers={"X-Part": "1"})
    assert answer.status_code == 200
    assert answer.get_data(as_text=True).lstrip().startswith('<form class="verdict-form"')


@pytest.mark.parametrize("verdict", ["maybe", "REAL", "real "])
def test_another_word_is_refused(shop: DrawnShop, owner: Visitor, verdict: str) -> None:
    it = shop.incident("loitering", "till", 60, "오래 머묾", "stays")
    assert judge(owner, it.id, verdict).status_code == 400
    assert verdict_of(shop, it.id) is None


def test_a_form_without_a_word_its_token_or_an_incident_is_refused(shop: DrawnShop, owner: Visitor) -> None:
    it = shop.incident("loitering", "till", 60, "오래 머묾", "stays")
    token = _token(owner, it.id)
    assert owner.client.post(f"/incidents/{it.id}/verdict", data={"csrf_token": token}).status_code == 400
    assert owner.client.post(f"/incidents/{it.id}/verdict", data={"verdict": "real"}).status_code == 400
    assert owner.client.post("/incidents/none/verdict", data={"csrf_token": token, "verdict": "real"}).status_code == 404


# how right the alarms are


def test_each_rule_has_its_precision_in_words(shop: DrawnShop, owner: Visitor) -> None:
    assert "아직 알림이 없었습니다" in read(owner, "/accuracy/")
    for n in range(20):
        it = shop.incident("loitering", "till", 60 + n, "오래 머묾", "stays")
        shop.panel.accuracy.judge(it.id, Verdict.REAL if n >= 2 else Verdict.FALSE, "점주")
    shop.incident("intrusion", "door", 30, "영업시간 외", "after hours")
    page = read(owner, "/accuracy/")
    for part in ("오래 머무름", "20건 중 18건이 실제", "영업시간 외 출입", "아직 판정하지 않았습니다", "지금까지 알림 20"):
        assert part in page
    assert "18 of 20 were real" in read(owner, "/accuracy/", "en")


def test_false_alarms_raise_the_threshold_at_once_and_the_owner_can_put_it_back(shop: DrawnShop, owner: Visitor) -> None:
    for n in range(6):
        it = shop.incident("loitering", "till", 60 + n, "오래 머묾", "stays")
        judge(owner, it.id, "false")
    moved = shop.panel.accuracy.settings.loitering.seconds
    assert moved > 30
    page = read(owner, "/accuracy/")
    assert f"{moved:.0f}초 (설정값 30초)" in page
    assert "기준을 높였습니다" in page
    assert owner.send("/accuracy/", "/accuracy/reset", rule="loitering").status_code == 303
    assert shop.panel.accuracy.settings.loitering.seconds == 30
    page = read(owner, "/accuracy/")
    assert "설정값" not in page.replace("설정값으로", "")
    assert "6건 중 0건이 실제" in page  # what was said stays; it only moves nothing any more
    assert ("점주", "reset_rule", "loitering") in {(r.actor, r.action, r.target) for r in shop.vault.audit()}


@pytest.mark.parametrize(
    ("rule", "korean", "english"),
    [
        ("unpaid", "물건이 없어진 경우는 언제나 알립니다", "Alarms about goods that are gone are always raised"),
        ("forced_till", "계산대의 모습이 달라진 경우는 언제나", "A till that looks different afterwards is always told of"),
        ("camera", "이 규칙의 알림은 언제나 나옵니다", "Alarms of this rule are always raised"),
        ("tailgating", "이 규칙의 알림은 언제나 나옵니다", "Alarms of this rule are always raised"),
        ("entry_without_code", "이 규칙의 알림은 언제나 나옵니다", "Alarms of this rule are always raised"),
        ("loitering", None, None),
    ],
)
def test_which_alarms_no_verdict_changes_is_said(
    shop: DrawnShop, owner: Visitor, rule: str, korean: str | None, english: str | None
) -> None:
    for n in range(3):
        judge(owner, shop.incident(rule, "till", 60 + n, "무슨 일", "something").id, "false")
    pages = read(owner, "/accuracy/"), read(owner, "/accuracy/", "en")
    if korean is None or english is None:
        assert "언제나" not in pages[0]
        assert "always" not in pages[1]
    else:
        assert korean in pages[0]
        assert english in pages[1]


def test_only_a_rule_that_is_there_can_be_put_back(shop: DrawnShop, owner: Visitor) -> None:
    it = shop.incident("loitering", "till", 60, "오래 머묾", "stays")
    token = _token(owner, it.id)
    assert owner.client.post("/accuracy/reset", data={"csrf_token": token, "rule": "nonsense"}).status_code == 404


def _token(owner: Visitor, incident_id: str) -> str:
    from tests.web.conftest import token_in

    return token_in(owner.get(f"/incidents/{incident_id}").get_data(as_text=True))
