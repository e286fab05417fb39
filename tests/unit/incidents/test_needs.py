"""Rules that cannot work on a camera say so, once, with what to do."""

from dataclasses import replace

import pytest

from agent.incidents.needs import silent_tills, unmet, unwatched_entrance
from agent.settings import EntrySettings, IncidentSettings
from tests.unit.incidents.acting import area

SET = IncidentSettings()
SHELF, TILL, STAFF = area("가", "shelf", 0, 0.1), area("나", "till", 0.1, 0.2), area("다", "staff", 0.2, 0.3)
DOOR, FIXTURE, LOITER = area("라", "entrance", 0.3, 0.4), area("마", "fixture", 0.4, 0.5), area("바", "loiter", 0.5, 0.6)
ALL = (SHELF, TILL, STAFF, DOOR, FIXTURE)


def off(*names):
    return replace(SET, **{name: replace(getattr(SET, name), enabled=False) for name in names})


def test_where_everything_is_drawn_nothing_is_missing():
    assert unmet(SET, ALL, keypoints=True) == ()


def test_a_fresh_installation_gets_one_sentence_about_zones():
    (zones,) = unmet(SET, (), keypoints=True)
    assert zones.ko == (
        "구역이 없어 쉬고 있는 규칙이 있습니다: 계산하지 않고 나감, 진열대 싹쓸이, 계산대 강제 개방, 기물 파손, 직원 전용 구역."
        " 사용 설명서의 '구역 그리기'를 보고 그려 주세요."
    )
    assert zones.en == (
        "Without zones these rules rest: left without paying, shelf emptied, till forced, damage, staff-only area. "
        "Draw them as the guide's part on zones says."
    )
    assert len(unmet(SET, (), keypoints=False)) == 2


@pytest.mark.parametrize(
    ("zones", "named"),
    [
        ((TILL, STAFF, DOOR), ["incidents.unpaid.enabled, incidents.swept.enabled", "incidents.damage.enabled", "torn away"]),
        ((SHELF, STAFF, DOOR), ["incidents.unpaid.enabled", "incidents.forced_till.enabled"]),
        ((SHELF, STAFF, DOOR, FIXTURE), ["incidents.unpaid.enabled"]),
        ((SHELF, TILL, DOOR, FIXTURE), ["incidents.staff_only.enabled"]),
        ((SHELF, TILL, STAFF, FIXTURE), ["counts as gone"]),
        ((SHELF, TILL, STAFF, DOOR), ["torn away"]),
        ((TILL, STAFF, FIXTURE), ["incidents.unpaid.enabled, incidents.swept.enabled"]),  # nobody asks for a door there
    ],
)
def test_each_kind_that_is_missing_is_one_sentence(zones, named):
    said = unmet(SET, zones, keypoints=True)
    assert len(said) == len(named)
    for text, name in zip(said, named, strict=True):
        assert name in text.en
        assert not name.startswith("incidents") or name in text.ko


def test_what_is_missing_is_said_in_both_languages():
    said = unmet(SET, (SHELF, STAFF, DOOR), keypoints=True)
    assert said[0].ko == (
        "계산대(till) 구역이 없어 쉬고 있는 규칙: 계산하지 않고 나감. "
        "구역을 그리거나, 필요 없으면 incidents.unpaid.enabled를 false로 바꿔 주세요."
    )
    assert said[1].en == (
        'No till ("till") or fixture ("fixture") zone is drawn, so these rules rest: till forced. '
        "Draw one, or set incidents.forced_till.enabled to false if you do not need them."
    )


def test_a_till_without_a_fixture_over_it_is_named():
    (text,) = unmet(SET, (SHELF, TILL, STAFF, DOOR), keypoints=True)
    assert text.ko == (
        "계산대 위에 그린 설비(fixture) 구역이 없어, 계산대가 열리거나 뜯겨 나가도 알아채지 못합니다. "
        "계산대나 키오스크 기계 위에 설비 구역을 그리거나, 필요 없으면 incidents.forced_till.enabled를 false로 바꿔 주세요."
    )
    assert text.en == (
        'Without a fixture zone ("fixture") over the till nobody notices that it was opened or torn away. '
        "Draw one over the till or kiosk itself, or set incidents.forced_till.enabled to false if you do not need it."
    )


def test_tills_that_report_no_more_are_named():
    named = silent_tills({"2호기", "1호기"})
    assert "계산대('1호기', '2호기')의 판매 알림이 끊긴" in named.ko
    assert named.en.startswith("The till ('1호기', '2호기') seems to report its sales no more")
    nameless = silent_tills({""})
    assert nameless.ko.startswith("계산대의 판매 알림이 끊긴")
    assert nameless.en.startswith("The till seems to report its sales no more")


def test_a_rule_that_is_off_misses_nothing():
    theft = ("unpaid", "swept", "forced_till", "damage", "staff_only")
    assert unmet(off(*theft), (), keypoints=True) == ()
    assert unmet(off(*theft), (LOITER,), keypoints=True) == ()
    assert unmet(off("staff_only"), (SHELF, TILL, DOOR, FIXTURE), keypoints=True) == ()
    assert unmet(off("unpaid"), (SHELF, TILL, STAFF, FIXTURE), keypoints=True) == ()
    assert unmet(off("forced_till"), (SHELF, TILL, STAFF, DOOR), keypoints=True) == ()
    assert unmet(off("concealment"), ALL, keypoints=False) == ()


def test_without_body_points_only_what_needs_them_is_named():
    (text,) = unmet(SET, ALL, keypoints=False)
    assert "incidents.concealment.enabled" in text.ko
    assert "incidents.concealment.enabled" in text.en


def test_where_codes_are_asked_for_and_nobody_watches_the_entrance_that_is_said() -> None:
    entry = EntrySettings(enabled=True)
    text = unwatched_entrance(SET, entry)
    assert text is not None
    assert "entry.gate" in text.en
    assert "entry.gate" in text.ko
    assert "incidents.tailgating.enabled, incidents.entry_without_code.enabled" in text.en


def test_nothing_is_said_of_an_entrance_that_is_watched_or_that_asks_for_no_code() -> None:
    assert unwatched_entrance(SET, EntrySettings(enabled=True, gate="hall")) is None
    assert unwatched_entrance(SET, EntrySettings()) is None
    assert unwatched_entrance(off("tailgating", "entry_without_code"), EntrySettings(enabled=True)) is None
    one = unwatched_entrance(off("tailgating"), EntrySettings(enabled=True))
    assert one is not None
    assert "followed" not in one.en
