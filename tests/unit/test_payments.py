"""Who may report sales, what a report must say, and for how long a sale is of use."""

from __future__ import annotations

import hashlib
import json
import threading

import pytest

from agent.clock import ManualClock
from agent.payments import KEPT_S, MOST, PaymentDesk, PaymentRefused
from agent.values import Payment

NOW = 1_795_260_971.0  # 2026-11-21T11:36:11Z, 20:36:11 in Seoul
KEY = "a key of the till"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def desk(clock: ManualClock) -> PaymentDesk:
    return PaymentDesk(clock, lambda: hashlib.sha256(KEY.encode()).hexdigest(), ("계산대", "키오스크"))


def test_a_sale_is_taken_once_and_seen_by_the_rules(desk: PaymentDesk) -> None:
    sale = Payment(NOW, "계산대", "A-1")
    assert desk.take({"till": "계산대", "reference": "A-1", "at": None}) == (sale, True)
    assert desk.take({"till": "계산대", "reference": "A-1"}) == (sale, False)
    assert desk.recent() == (sale,)
    assert (desk.tally.taken, desk.tally.last, desk.tally.last_utc) == (1, sale, NOW)


def test_two_tills_may_use_the_same_number(desk: PaymentDesk) -> None:
    assert desk.take({"till": "계산대", "reference": "1"})[1]
    assert desk.take({"till": "키오스크", "reference": "1"})[1]
    assert desk.take({"till": None, "reference": "1"})[1]
    assert len(desk.recent()) == 3


@pytest.mark.parametrize(
    ("at", "utc"),
    [
        ("2026-11-21T20:36:00+09:00", NOW - 11),
        ("2026-11-21T11:36:00Z", NOW - 11),
        ("2026-11-21T20:36:00", NOW - 11),  # without a zone: the shop's own
        ("2026-11-21T20:36:11.250+09:00", NOW + 0.25),
        ("2026-11-21T20:37:10+09:00", NOW + 59),
        ("2026-11-21T20:26:12+09:00", NOW - 599),
    ],
)
def test_times_are_read_as_iso_8601(desk: PaymentDesk, at: str, utc: float) -> None:
    assert desk.take({"reference": "1", "at": at})[0].utc == utc


@pytest.mark.parametrize(
    ("report", "word"),
    [
        (None, "JSON"),
        ([], "JSON"),
        ("text", "JSON"),
        ({}, "reference"),
        ({"reference": ""}, "reference"),
        ({"reference": 1024}, "reference"),
        ({"reference": " 1"}, "reference"),
        ({"reference": "1\n2"}, "reference"),
        ({"reference": "x" * 101}, "reference"),
        ({"reference": "1", "till": ""}, "till"),
        ({"reference": "1", "till": 3}, "till"),
        ({"reference": "1", "till": "x" * 61}, "till"),
        ({"reference": "1", "till": "계산데"}, "키오스크"),  # says which names there are
        ({"reference": "1", "tillname": "계산대"}, "tillname"),
        ({"reference": "1", "at": 1795260971}, "ISO 8601"),
        ({"reference": "1", "at": "yesterday"}, "ISO 8601"),
        ({"reference": "1", "at": ""}, "ISO 8601"),
        ({"reference": "1", "at": "2026-11-21T20:37:12+09:00"}, "1 min ahead"),
        ({"reference": "1", "at": "2026-11-22T20:36:11+09:00"}, "24 h ahead"),
        ({"reference": "1", "at": "2026-11-21T20:26:10+09:00"}, "10 min ago"),
        ({"reference": "1", "at": "0001-01-01T00:00:00"}, "ago"),
        ({"reference": "1", "at": "9999-12-31T23:59:59-23:59"}, "ahead"),
    ],
)
def test_what_is_wrong_with_a_report_is_said_in_both_languages(desk: PaymentDesk, report: object, word: str) -> None:
    with pytest.raises(PaymentRefused) as refusal:
        desk.take(report)
    assert word in refusal.value.text.en
    assert refusal.value.text.ko != refusal.value.text.en
    assert desk.recent() == ()
    assert (desk.tally.refused, desk.tally.refusal, desk.tally.refused_utc) == (1, refusal.value.text, NOW)


def test_the_name_of_an_unknown_field_cannot_break_the_answer_or_the_panel(desk: PaymentDesk) -> None:
    with pytest.raises(PaymentRefused) as refused:
        desk.take(json.loads('{"reference": "A-1", "\\ud800\\u0000price": 1}'))
    assert "price" in refused.value.text.en
    refused.value.text.en.encode()
    refused.value.text.ko.encode()


def test_strangers_hide_nothing_of_what_the_till_is_told(desk: PaymentDesk, clock: ManualClock) -> None:
    with pytest.raises(PaymentRefused) as refusal:
        desk.take({"reference": 3})
    clock.advance(5)
    desk.stranger()
    assert (desk.tally.refused, desk.tally.refusal, desk.tally.refused_utc) == (1, refusal.value.text, NOW)
    assert (desk.tally.strangers, desk.tally.stranger_utc) == (1, NOW + 5)


def test_the_sales_are_the_very_same_until_they_change(desk: PaymentDesk, clock: ManualClock) -> None:
    desk.take({"reference": "1"})
    first = desk.recent()
    clock.advance(KEPT_S / 2)
    assert desk.recent() is first
    desk.take({"reference": "1"})
    assert desk.recent() is first
    desk.take({"reference": "2"})
    assert [sale.reference for sale in desk.recent()] == ["1", "2"]
    clock.advance(KEPT_S / 2 + 1)
    assert [sale.reference for sale in desk.recent()] == ["2"]


def test_a_shop_without_till_zones_takes_any_name(clock: ManualClock) -> None:
    assert PaymentDesk(clock, lambda: None).take({"till": "A", "reference": "1"})[0].till == "A"


def test_a_sale_is_forgotten_after_ten_minutes(desk: PaymentDesk, clock: ManualClock) -> None:
    desk.take({"reference": "1"})
    clock.advance(KEPT_S)
    assert len(desk.recent()) == 1
    clock.advance(1)
    assert desk.recent() == ()
    assert desk.tally.taken == 1


def test_when_the_clock_is_set_back_sales_of_the_future_are_forgotten(desk: PaymentDesk, clock: ManualClock) -> None:
    desk.take({"reference": "1"})
    clock.advance(-3600)
    assert desk.recent() == ()
    assert desk.take({"reference": "1"})[1]


def test_a_till_that_goes_mad_does_not_fill_the_memory(desk: PaymentDesk) -> None:
    for number in range(MOST + 10):
        desk.take({"reference": str(number)})
    recent = desk.recent()
    assert (len(recent), recent[0].reference, recent[-1].reference) == (MOST, "10", str(MOST + 9))


def test_only_the_key_in_force_is_known(desk: PaymentDesk, clock: ManualClock) -> None:
    assert desk.knows(KEY)
    assert not any(desk.knows(wrong) for wrong in ("", KEY + "x", KEY.upper(), "\udcff", hashlib.sha256(b"").hexdigest()))
    nobody = PaymentDesk(clock, lambda: None)
    assert not any(nobody.knows(wrong) for wrong in ("", KEY, "0" * 64))


def test_many_tills_may_report_at_once(desk: PaymentDesk) -> None:
    fresh: list[bool] = []

    def send(till: str) -> None:
        fresh.extend(desk.take({"till": till, "reference": str(number)})[1] for number in range(200))

    senders = [threading.Thread(target=send, args=(till,)) for till in ("계산대", "키오스크") * 2]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert (sum(fresh), len(fresh), len(desk.recent())) == (400, 800, 400)
