"""What the pages say, in both languages and in the shop's own time."""

from __future__ import annotations

import re
from dataclasses import replace

from agent.incidents.normality import Unusual
from agent.panel import CameraState
from agent.values import EventKind, MaskStep, Severity, Text
from tests.web.conftest import Visitor
from tests.web.drawn import DAY, HOUR, NAME, DrawnShop
from web.recordings import visits


def words(page: str) -> str:
    """What a person reads of a page."""
    inside = re.sub(r"<(script|style|title)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", inside))


def read(visitor: Visitor, path: str, language: str = "ko") -> str:
    visitor.client.set_cookie("ansim_language", language)
    answer = visitor.get(path)
    assert answer.status_code == 200, path
    return words(answer.get_data(as_text=True))


def viewed(shop: DrawnShop) -> list[tuple[str, str, str]]:
    return [(r.actor, r.action, r.target) for r in reversed(shop.vault.audit()) if r.action.startswith(("view", "play"))]


# incidents


def test_a_new_panel_says_that_nothing_has_happened(owner: Visitor) -> None:
    assert "아직 아무 일도 없었습니다" in read(owner, "/")
    assert "Nothing has happened yet" in read(owner, "/", "en")


def test_a_card_says_what_where_and_when_in_the_shops_time(shop: DrawnShop, owner: Visitor) -> None:
    shop.clip(
        shop.incident(
            "loitering", "till", 600, "음료 앞에 38초 동안 머물렀습니다", "Stayed for 38 seconds", severity=Severity.NOW
        )
    )
    page = read(owner, "/")
    for part in (
        "오늘 사건이 1건 있었습니다",
        "음료 앞에 38초 동안 머물렀습니다",
        "계산대",
        "오후 8:26",
        "10분 전",
        "지금 확인",
        "4초",
    ):
        assert part in page
    english = read(owner, "/", "en")
    for part in ("1 thing happened today", "Stayed for 38 seconds", "8:26 PM", "10 minutes ago", "Look now"):
        assert part in english.replace("\u202f", " ")


def test_yesterday_and_older_days_have_their_own_headings(shop: DrawnShop, owner: Visitor) -> None:
    for days in (1, 5, 400):
        shop.incident("loitering", "till", days * DAY, f"{days}일 전 일", f"{days} days ago it was")
    page = read(owner, "/")
    for part in ("오늘은 조용합니다", "어제", "11월 16일 (월)", "2025년 10월 17일 (금)"):
        assert part in page


def test_the_clips_state_is_said_in_words(shop: DrawnShop, owner: Visitor) -> None:
    pending = shop.incident("loitering", "till", 60, "하나", "one", lasted_s=None)
    lost = shop.incident("loitering", "till", 120, "둘", "two")
    segment = shop.segment("till", 122)
    shop.lose(lost)
    assert "클립을 만드는 중" in read(owner, f"/incidents/{pending.id}")
    assert "진행 중" in read(owner, f"/incidents/{pending.id}")
    page = owner.get(f"/incidents/{lost.id}").get_data(as_text=True)
    assert "클립을 만들지 못했습니다. 사람이 있던 동안의 녹화는 남아 있습니다." in words(page).replace("  ", " ")
    assert f'href="/recordings/{segment.seq}"' in page
    assert "The clip could not be made." in read(owner, f"/incidents/{lost.id}", "en")


def test_a_page_that_waits_for_a_clip_gets_it_as_soon_as_it_is_there(shop: DrawnShop, owner: Visitor) -> None:
    incident = shop.incident("loitering", "till", 60, "하나", "one")
    assert owner.get(f"/incidents/{incident.id}/clip", headers={"X-Refresh": "1"}).status_code == 204
    shop.clip(incident)
    answer = owner.get(f"/incidents/{incident.id}/clip", headers={"X-Refresh": "1"})
    assert (answer.status_code, b"<video" in answer.data) == (200, True)


def test_the_detail_page_says_how_it_was_masked_and_what_the_file_is(shop: DrawnShop, owner: Visitor) -> None:
    incident = shop.incident(
        "staff_only", "door", 60, "직원 문을 열었습니다", "Opened the staff door", zone="직원 전용",
        more=(Text("오래 머물렀습니다", "Stayed long"),),
    )  # fmt: skip
    stored = shop.clip(incident, steps=(MaskStep.NORMAL, MaskStep.NORMAL, MaskStep.NORMAL, MaskStep.BLIND))
    page = read(owner, f"/incidents/{incident.id}")
    for part in (
        "직원 전용 구역",
        "오래 머물렀습니다",
        "클립의 75%",
        "화면 전체 모자이크",
        "클립의 25%",
        stored.video.sha256,
        "출입문",
        "1명",
    ):
        assert part in page


def test_a_long_incident_has_all_its_parts(shop: DrawnShop, owner: Visitor) -> None:
    incident = shop.incident("loitering", "till", 600, "하나", "one", lasted_s=130.0)
    shop.clip(incident)
    shop.clip(incident, part=2)
    page = owner.get(f"/incidents/{incident.id}").get_data(as_text=True)
    assert page.count("<video") == 2
    assert "2개 중 2번째" in page
    assert owner.get(f"/incidents/{incident.id}/2.mp4").status_code == 200
    assert owner.get(f"/incidents/{incident.id}/3.mp4").status_code == 404


def test_filters_paging_and_neighbours(shop: DrawnShop, owner: Visitor) -> None:
    ids = [
        shop.incident(
            ("loitering", "camera")[n % 2], ("till", "door")[n % 2], 60.0 * n, f"사건 {n:02d}", f"incident {n:02d}"
        ).id
        for n in range(30)
    ]
    first = owner.get("/").get_data(as_text=True)
    shown = re.findall(r'data-incident="([^"]+)"', first)
    assert shown == ids[:24]
    older = re.search(r'href="([^"]*before=[^"]*)"', first)
    assert older
    assert (
        re.findall(r'data-incident="([^"]+)"', owner.get(older.group(1).replace("&amp;", "&")).get_data(as_text=True))
        == ids[24:]
    )
    only = re.findall(r'data-incident="([^"]+)"', owner.get("/?camera=door&rule=camera").get_data(as_text=True))
    assert only == ids[1::2]
    assert "이런 사건은 없었습니다" in read(owner, "/?camera=door&rule=loitering")
    middle = owner.get(f"/incidents/{ids[10]}").get_data(as_text=True)
    assert f'rel="prev" href="/incidents/{ids[9]}"' in middle
    assert f'rel="next" href="/incidents/{ids[11]}"' in middle
    assert 'rel="prev"' not in owner.get(f"/incidents/{ids[0]}").get_data(as_text=True)
    assert 'rel="next"' not in owner.get(f"/incidents/{ids[-1]}").get_data(as_text=True)


def test_each_view_is_in_the_access_log_once_in_ten_minutes(shop: DrawnShop, owner: Visitor) -> None:
    incident = shop.incident("loitering", "till", 60, "하나", "one")
    shop.clip(incident)
    segment = shop.segment("till", 60)
    shop.show_live("till")
    paths = (f"/incidents/{incident.id}", f"/incidents/{incident.id}/1.mp4", f"/recordings/{segment.seq}",
             f"/recordings/{segment.seq}.mp4", "/cameras/till/live.jpg")  # fmt: skip
    for _ in range(3):
        for path in paths:
            assert owner.get(path).status_code == 200
    expected = [
        (NAME, "view_incident", incident.id), (NAME, "play_clip", f"{incident.id}/1"),
        (NAME, "view_recording", f"till/{segment.seq}"),
        (NAME, "play_recording", f"till/{segment.seq}"), (NAME, "view_live", "till"),
    ]  # fmt: skip
    assert viewed(shop) == expected
    shop.clock.advance(601)
    assert owner.get(paths[1]).status_code == 200
    assert viewed(shop) == [*expected, expected[1]]


def test_what_names_and_reasons_contain_is_shown_and_never_run(shop: DrawnShop, owner: Visitor) -> None:
    evil = '<script>alert("x")</script>'
    incident = shop.incident("loitering", "till", 60, evil, evil, zone=evil)
    shop.event(EventKind.STARTED, 60, f"`{evil}`", evil)
    shop.camera("till", name=evil)
    for path in (
        "/",
        f"/incidents/{incident.id}",
        "/cameras/",
        "/cameras/till",
        "/recordings/",
        "/health/",
        f"/?camera={evil}",
    ):
        page = owner.get(path).get_data(as_text=True)
        assert evil not in page, path
        assert "&lt;script&gt;" in page, path


# cameras


def test_a_camera_says_in_words_what_is_in_force(shop: DrawnShop, owner: Visitor) -> None:
    page = read(owner, "/cameras/till")
    for part in ("계산대", "정상", "사람을 찾아 가린 뒤에만", "71,204장", "99.4%", "0.4%"):
        assert part in page
    shop.camera("till", step=MaskStep.BLIND)
    assert "화면 전체 모자이크" in read(owner, "/cameras/till/state")
    assert "Whole picture pixelated" in read(owner, "/cameras/till/badge", "en")
    shop.camera("till", state=CameraState.LOST)
    assert "전원과 랜선을 확인해 주세요" in read(owner, "/cameras/till/state")


def test_the_live_picture_is_a_masked_jpeg_and_unknown_cameras_have_none(shop: DrawnShop, owner: Visitor) -> None:
    assert owner.get("/cameras/till/live.jpg").status_code == 404
    shop.show_live("till")
    answer = owner.get("/cameras/till/live.jpg")
    assert (answer.status_code, answer.content_type, answer.data[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")
    assert answer.headers["Cache-Control"] == "private, no-store"
    shop.live.publish("elsewhere", shop.show_live("till", t=2.0))
    assert owner.get("/cameras/elsewhere/live.jpg").status_code == 404


def test_a_trouble_is_on_every_page_with_the_way_to_what_can_be_done(shop: DrawnShop, owner: Visitor) -> None:
    assert "모두 정상입니다" in read(owner, "/health/")
    shop.camera("door", state=CameraState.LOST)
    for path in ("/", "/cameras/", "/recordings/"):
        page = owner.get(path).get_data(as_text=True)
        assert "&#39;출입문&#39; 카메라가 응답하지 않습니다." in page
        assert 'class="alarm" href="/health/"' in page
    shop.camera("till", state=CameraState.LOST)
    assert "2 cameras do not answer." in read(owner, "/health/", "en")
    shop.health = replace(shop.health, troubles=(Text("`ansim check`를 실행해 주세요.", "Please run `ansim check`."),))
    assert "<code>ansim check</code>" in owner.get("/health/").get_data(as_text=True)


# recordings


def test_pieces_without_a_gap_are_one_visit(shop: DrawnShop) -> None:
    pieces = [shop.segment("till", ago, 3.0) for ago in (600, 597, 594, 300, 297, 60)]
    assert [[p.seq for p in v.pieces] for v in visits(pieces)] == [
        [p.seq for p in pieces[:3]], [p.seq for p in pieces[3:5]], [pieces[5].seq],
    ]  # fmt: skip
    assert visits([]) == []


def test_a_day_of_recordings_by_camera(shop: DrawnShop, owner: Visitor) -> None:
    today = [shop.segment("till", ago, 3.0) for ago in (2 * HOUR, 2 * HOUR - 3, HOUR)]
    shop.segment("till", 1.5 * DAY, 3.0)
    page = owner.get("/recordings/").get_data(as_text=True)
    assert "사람이 2번 다녀갔습니다" in page
    assert page.count('class="visit"') == 2
    assert f"/recordings/{today[0].seq}" in page
    assert "오후 7:36" in page
    assert "사람이 1번 다녀갔습니다" in read(owner, "/recordings/?camera=till&day=2026-11-20")
    assert "다녀간 사람이 없습니다" in read(owner, "/recordings/?camera=door")
    for wrong in ("day=tomorrow", "day=0001-01-01", "day=9999-12-31", "camera=none"):
        assert owner.get(f"/recordings/?{wrong}").status_code == 404


def test_a_recording_plays_on_through_its_visit(shop: DrawnShop, owner: Visitor) -> None:
    pieces = [shop.segment("till", 60 - 3 * n, 3.0) for n in range(3)]
    page = owner.get(f"/recordings/{pieces[1].seq}").get_data(as_text=True)
    assert re.findall(r'data-video="([^"]+)"', page) == [f"/recordings/{p.seq}.mp4" for p in pieces]
    assert f'src="/recordings/{pieces[1].seq}.mp4"' in page


def test_recordings_of_a_camera_that_is_gone_from_the_settings_can_still_be_seen(shop: DrawnShop, owner: Visitor) -> None:
    shop.segment("old-camera", 60, 3.0)
    assert "old-camera" in read(owner, "/recordings/")
    assert "사람이 1번 다녀갔습니다" in read(owner, "/recordings/?camera=old-camera")


# health and mistakes


def test_health_says_what_is_in_force_what_is_missing_and_what_is_kept(shop: DrawnShop, owner: Visitor) -> None:
    shop.segment("till", 60, 3.0)
    shop.event(EventKind.CAMERA_BACK, 90, "다시 연결되었습니다.", "It is back.", "door")
    page = read(owner, "/health/")
    for part in (
        "빈 매장과 달라진 곳을",
        "ansim models pull",
        "30일 뒤 자동 삭제",
        "1개",
        "다시 연결되었습니다. 출입문",
        "오늘 오후 5:36",
    ):
        assert part in page
    assert "30 days, then deleted by itself" in read(owner, "/health/", "en")


def test_what_is_not_there_is_explained_in_both_languages(owner: Visitor) -> None:
    owner.client.set_cookie("ansim_language", "ko")
    korean = owner.get("/incidents/no-such-thing")
    assert (korean.status_code, "여기에는 아무것도 없습니다" in korean.get_data(as_text=True)) == (404, True)
    owner.client.set_cookie("ansim_language", "en")
    assert "There is nothing here" in owner.get("/nothing/here").get_data(as_text=True)
    assert owner.client.post("/health/").status_code in (400, 405)


def test_a_failure_says_that_recording_goes_on_and_shows_no_inside(shop: DrawnShop, owner: Visitor, caplog) -> None:
    def broken():
        raise ZeroDivisionError("secret inside")

    shop.panel.health = broken
    answer = owner.get("/cameras/")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert "녹화는 계속되고 있습니다" in page
    assert "secret inside" not in page
    assert "Traceback" not in page


def test_every_answer_forbids_what_is_not_ours(shop: DrawnShop, owner: Visitor) -> None:
    for path in ("/", "/login", "/nothing", "/static/panel.css", "/cameras/till"):
        with owner.get(path) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
    page = owner.get("/cameras/till").get_data(as_text=True)
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script>|<style", page)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


# what the rules are, and what they lack


def test_what_is_not_watched_for_is_said_calmly_with_a_way_to_change_it(shop: DrawnShop, owner: Visitor) -> None:
    shop.camera("door", unwatched=(Text("진열대 구역이 없습니다. `shelf`를 그려 주세요.", "No shelf zone. Draw a `shelf`."),))
    page = read(owner, "/health/")
    for part in ("모두 정상입니다", "여기서 살피지 못하는 것이 있습니다", "진열대 구역이 없습니다", "구역 그리는 법"):
        assert part in page
    assert page.count("여기서 살피지 못하는 것이 있습니다") == 1
    assert "Some things are not watched for here" in read(owner, "/health/", "en")
    assert '[[cameras.zones]] name = "음료" kind = "shelf"' in read(owner, "/health/zones").replace("&#34;", '"')
    assert "fixture" in read(owner, "/health/zones", "en")


def test_a_theft_reads_as_a_sentence_with_its_place_and_what_the_rule_is(shop: DrawnShop, owner: Visitor) -> None:
    it = shop.incident(
        "unpaid", "door", 60, "'음료'에서 물건이 없어졌고, 계산대에 머물지 않고 '출구' 쪽으로 나갔습니다.",
        "Goods are gone from 'Drinks', nobody stayed at the till, and the person left through 'Exit'.",
        severity=Severity.NOW, zone="출구",
    )  # fmt: skip
    page = read(owner, f"/incidents/{it.id}")
    for part in (
        "음료&#39;에서 물건이 없어졌고", "계산하지 않고 나감", "출구",
        "진열대에 손을 댄 사람이 계산대에 들르지 않고 나갔습니다.",
    ):  # fmt: skip
        assert part in page
    assert "Left without paying" in read(owner, f"/incidents/{it.id}", "en")


def test_the_list_can_be_narrowed_to_each_rule(shop: DrawnShop, owner: Visitor) -> None:
    shop.incident("unpaid", "door", 60, "하나", "one")
    shop.incident("collapse", "till", 120, "둘", "two")
    page = owner.get("/?rule=collapse").get_data(as_text=True)
    assert page.count('class="incident') - page.count('class="incidents') == 1
    assert '<option value="collapse" selected>쓰러진 사람</option>' in page
    assert re.findall(r'<optgroup label="([^"]+)"', page) == ["도난", "파손", "출입·머무름", "안전"]


def test_the_place_is_shown_in_the_list_where_the_sentence_does_not_say_it(shop: DrawnShop, owner: Visitor) -> None:
    shop.incident("loitering", "door", 60, "오래 머물렀습니다", "stayed", zone="음료 앞")
    shop.incident("loitering", "door", 120, "창고에 오래 머물렀습니다", "stayed in the store room", zone="창고")
    page = read(owner, "/")
    assert "음료 앞" in page
    assert page.count("창고") == 1


def test_what_was_unusual_about_a_visit_stands_with_the_incident(shop: DrawnShop, owner: Visitor) -> None:
    it = shop.incident("unpaid", "door", 60, "하나", "one")
    assert "평소와 다른 점" not in read(owner, f"/incidents/{it.id}")
    shop.vault.record_unusual(it.id, Unusual(0.97, (Text("평소보다 빠르게 움직였습니다.", "moved faster than usual."),)))
    page = read(owner, f"/incidents/{it.id}")
    assert "평소와 다른 점 이곳 평소 방문의 97%보다 드문 모습입니다. 평소보다 빠르게 움직였습니다." in page
    english = read(owner, f"/incidents/{it.id}", "en")
    assert "What was unusual More unusual than 97 % of the ordinary visits here. moved faster than usual." in english


def test_the_last_week_can_be_seen_by_how_unusual_it_was(shop: DrawnShop, owner: Visitor) -> None:
    scores = {"보통": 0.4, "드묾": 0.97, "모름": None, "조금": 0.8}
    for number, (name, score) in enumerate(scores.items()):
        it = shop.incident("loitering", "door", 60 * (number + 1), name, name)
        if score is not None:
            shop.vault.record_unusual(it.id, Unusual(score, ()))
    page = read(owner, "/?order=unusual")
    assert sorted(scores, key=page.index) == ["드묾", "조금", "보통", "모름"]
    assert page.count("평소와 다름") == 1  # the mark, from 95 % on
    newest = read(owner, "/")
    assert sorted(scores, key=newest.index) == ["보통", "드묾", "모름", "조금"]
    assert owner.get("/?order=unusual&rule=collapse").status_code == 200
