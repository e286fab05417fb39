"""A hundred thousand made-up codes open nothing, and ten thousand genuine ones open once each (no disk: the bench has one)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from agent.entry.admission import Moment, Shown, admit
from agent.entry.records import Answer, Entry, Pass, PassKind
from agent.entry.register import Register
from agent.entry.token import check_mac, make_code, pass_id_of, read_token, step_of

UTC = 1_795_300_000.0
NOW = Moment(UTC, datetime.fromtimestamp(UTC, ZoneInfo("Asia/Seoul")))
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
PASSES = 10_000
FORGED = 100_000


class Door:
    """What the desk does with a code, without the vault."""

    def __init__(self, rng: random.Random) -> None:
        self.secrets = {pass_id_of(rng.randbytes(5)): rng.randbytes(32) for _ in range(PASSES)}
        self._register = Register(43_200.0, sees_exits=True)

    def show(self, text: str, utc: float = UTC) -> Answer:
        token = read_token(text)
        secret = None if token is None else self.secrets.get(token.pass_id)
        if token is None or secret is None:
            return Answer.UNKNOWN
        known = Pass(token.pass_id, PassKind.PHONE, 0.0, "mina", 0.0)
        answer = admit(
            Shown(token, check_mac(token, secret)), known, self._register.state(known.id, utc), replace(NOW, utc=utc)
        )
        self._register.put(Entry("", utc, answer, None, known.id, known.kind), token.step)
        return answer


def genuine(rng: random.Random, door: Door) -> str:
    pass_id = rng.choice(list(door.secrets)) if rng.random() < 0.01 else next(iter(door.secrets))
    return make_code(door.secrets[pass_id], PassKind.PHONE, pass_id, step_of(UTC))


def made_up(rng: random.Random, door: Door) -> Iterator[str]:
    known = list(door.secrets)
    for number in range(FORGED):
        match number % 4:
            case 0:
                yield "".join(chr(rng.randrange(32, 1000)) for _ in range(rng.randrange(60)))
            case 1:
                yield "A" + "".join(rng.choices(BASE32, k=32))
            case 2:
                yield make_code(rng.randbytes(32), PassKind.PHONE, rng.choice(known), step_of(UTC))
            case _:
                text = genuine(rng, door)
                at = rng.randrange(len(text))
                yield text[:at] + rng.choice(BASE32.replace(text[at], "")) + text[at + 1 :]


def test_a_hundred_thousand_made_up_codes_open_nothing() -> None:
    rng = random.Random(1)
    door = Door(rng)
    assert sum(door.show(text) is Answer.ADMITTED for text in made_up(rng, door)) == 0


def test_ten_thousand_codes_in_their_time_open_once_each() -> None:
    rng = random.Random(2)
    door = Door(rng)
    codes = [
        make_code(secret, PassKind.PHONE, pass_id, step_of(UTC) + rng.choice((-1, 0, 1)))
        for pass_id, secret in door.secrets.items()
    ]
    assert sum(door.show(code) is Answer.ADMITTED for code in codes) == PASSES
    rng.shuffle(codes)
    again = [door.show(code, UTC + 15.0) for code in codes]
    assert set(again) <= {Answer.USED, Answer.EXPIRED}
