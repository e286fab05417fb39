"""Whether a code that was shown lets somebody in, and what the person at the door is told. Pure.

Comes in: a token with what is known of its pass, of its past and of the time. Goes out: an `Answer`, and its sentence.
What is checked first says least: somebody who cannot make a genuine code learns nothing about any pass.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.entry.records import Answer, Pass, PassKind
from agent.entry.token import SKEW_STEPS, Token, step_of
from agent.values import Text

PIN_TRIES = 5  # wrong PINs in a row that lock the PIN of a pass
PIN_LOCKS_S = (300.0, 1_800.0, 86_400.0)  # the first lock, the second, and each further one, until a right PIN
READER_REFUSALS = 20  # codes that were not genuine, and wrong PINs, that one reader takes within READER_S
READER_S = 60.0
SHOWN_TWICE_S = 12.0  # a pass that was admitted a moment ago is not admitted again, whoever holds it

_STEPPED = (PassKind.PHONE, PassKind.STAFF)


class PinWord(enum.Enum):
    """What is known of the PIN beside a card, or beside a number."""

    MISSING = "missing"
    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "locked"  # not even looked at: too many wrong ones


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody showed. token: None for a number and its PIN. genuine: the token's MAC or signature is right."""

    token: Token | None
    genuine: bool
    pin: PinWord = PinWord.MISSING


@dataclass(frozen=True, slots=True)
class PassState:
    """What came of a pass before. last_step: the highest step that was accepted (-1: none).

    admitted_utc: when it was last admitted; inside: its holder came in and nobody left since whom that could have been.
    """

    last_step: int = -1
    admitted_utc: float | None = None
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """Now: Unix time, and the same as the shop's clock on the wall says it."""

    utc: float
    local: datetime


def admit(shown: Shown, known: Pass | None, state: PassState, now: Moment) -> Answer:
    """The answer to what was shown. known: the pass that it names, if there is one."""
    unproven = _proof(shown, known)
    if known is None or unproven is not None:
        return unproven or Answer.UNKNOWN
    return (
        _standing(known, now)
        or _freshness(shown.token, known, state, now.utc)
        or _second_proof(shown, known)
        or _passback(known, state, now.utc)
        or Answer.ADMITTED
    )


def _proof(shown: Shown, known: Pass | None) -> Answer | None:
    """Why it is not known who holds the pass; None: it is. Without its PIN, not even whether there is such a number is told:
    a number whose PIN is locked is answered like one that does not exist.
    """
    if shown.token is None:
        if known is not None and shown.pin is PinWord.RIGHT:
            return None
        return Answer.WRONG_PIN
    return None if known is not None and shown.genuine and shown.token.kind is known.kind else Answer.UNKNOWN


def _standing(known: Pass, now: Moment) -> Answer | None:
    """Whether the pass was revoked, or `now` lies outside its days and hours."""
    if known.revoked_utc is not None:
        return Answer.REVOKED
    begun = known.from_utc <= now.utc and (known.until_utc is None or now.utc < known.until_utc)
    return None if begun and (known.hours is None or known.hours.within(now.local)) else Answer.NOT_VALID_NOW


def _freshness(token: Token | None, known: Pass, state: PassState, utc: float) -> Answer | None:
    """Why the code is not one for now; None: it is. Each is accepted once: the step has to be above the last accepted one."""
    if known.kind is PassKind.VISITOR:
        return Answer.USED if known.used_utc is not None or state.admitted_utc is not None else None
    if token is None or known.kind not in _STEPPED:
        return None
    if abs(token.step - step_of(utc)) > SKEW_STEPS:
        return Answer.EXPIRED
    return Answer.USED if token.step <= state.last_step else None


def _second_proof(shown: Shown, known: Pass) -> Answer | None:
    """The PIN that a card may need besides being shown."""
    needed = shown.token is not None and known.kind is PassKind.CARD and known.has_pin
    return _pin_answer(shown.pin) if needed and shown.pin is not PinWord.RIGHT else None


def _passback(known: Pass, state: PassState, utc: float) -> Answer | None:
    """One pass, one person. Let in a moment ago counts, too: a phone's codes of three steps must not let three people in."""
    just_admitted = state.admitted_utc is not None and is_same_showing(state.admitted_utc, utc)
    return Answer.INSIDE if known.kind is not PassKind.STAFF and (state.inside or just_admitted) else None


def is_same_showing(first_utc: float, utc: float) -> bool:
    """Whether a pass that was let in at `first_utc`, and is shown at `utc` (Unix times), is shown for that same entry still."""
    return abs(utc - first_utc) < SHOWN_TWICE_S


def _pin_answer(pin: PinWord) -> Answer:
    return {PinWord.MISSING: Answer.NEEDS_PIN, PinWord.LOCKED: Answer.TOO_MANY}.get(pin, Answer.WRONG_PIN)


def pause_s(refusals: Sequence[float], now: float, most: int = READER_REFUSALS, within_s: float = READER_S) -> float:
    """How many seconds from `now` on no more is taken, after refusals at these times (oldest first); 0: none."""
    recent = [at for at in refusals if 0 <= now - at < within_s]
    return recent[-most] + within_s - now if len(recent) >= most else 0.0


def said(answer: Answer, again_s: float = 0.0) -> Text:
    """The sentence for the person at the door, to show and to speak: what is, and what to do next."""
    if answer is Answer.TOO_MANY:
        minutes = max(1, -(-int(again_s) // 60))
        if minutes > 60:
            hours = -(-minutes // 60)
            return Text(
                ko=f"여러 번 거절되어 받지 않습니다. {hours}시간 뒤에 다시 하시거나 호출 버튼을 눌러 주세요.",
                en=f"Refused too many times. Please try again in {hours} hours, or press the call button.",
            )
        return Text(
            ko=f"여러 번 거절되어 잠시 받지 않습니다. {minutes}분 뒤에 다시 해 주세요.",
            en=f"Refused too many times. Please try again in {minutes} minute{'s' if minutes > 1 else ''}.",
        )
    return _SAID[answer]


NOT_OURS = Text(
    ko="이 가게의 출입증이 아닙니다. 출입증 화면의 QR 코드를 보여 주세요.",
    en="This is not a pass of this shop. Please show the QR code of your pass.",
)
NO_CARD = Text(ko="먼저 카드를 보여 주세요.", en="Please show your card first.")
_SAID = {
    Answer.ADMITTED: Text(ko="환영합니다. 들어오세요.", en="Welcome. Please come in."),
    Answer.UNKNOWN: Text(
        ko="확인되지 않는 출입증입니다. 다시 보여 주시거나 호출 버튼을 눌러 주세요.",
        en="This pass is not known. Show it again, or press the call button.",
    ),
    Answer.EXPIRED: Text(
        ko="시간이 지난 코드입니다. 출입증을 새로 열어 보여 주시고, 휴대전화의 시각도 확인해 주세요.",
        en="This code is out of date. Open your pass again and show it; also check your phone's clock.",
    ),
    Answer.USED: Text(
        ko="이미 사용한 코드입니다. 새 코드가 나올 때까지 30초쯤 기다려 주세요.",
        en="This code has been used already. Please wait about 30 seconds for a new one.",
    ),
    Answer.REVOKED: Text(
        ko="사용이 중지된 출입증입니다. 호출 버튼을 눌러 가게에 문의해 주세요.",
        en="This pass has been stopped. Press the call button to ask the shop.",
    ),
    Answer.NOT_VALID_NOW: Text(
        ko="지금은 사용할 수 없는 출입증입니다. 이용 날짜와 시간을 확인해 주세요.",
        en="This pass is not valid now. Please check its days and hours.",
    ),
    Answer.INSIDE: Text(
        ko="이미 들어오신 출입증입니다. 나가셨다면 호출 버튼을 눌러 주세요.",
        en="Somebody came in on this pass already. If you have left, press the call button.",
    ),
    Answer.NEEDS_PIN: Text(ko="비밀번호(PIN)를 눌러 주세요.", en="Please type your PIN."),
    Answer.WRONG_PIN: Text(
        ko="번호나 비밀번호가 맞지 않습니다. 다시 눌러 주세요.", en="The number or the PIN is not right. Please type it again."
    ),
    Answer.UNSURE: Text(
        ko="지금은 출입을 확인할 수 없습니다. 호출 버튼을 눌러 주세요.",
        en="Entry cannot be checked right now. Please press the call button.",
    ),
}


def said_used(kind: PassKind) -> Text:
    """What the holder of a used code is told: a visitor's never comes back to life."""
    if kind is PassKind.VISITOR:
        return Text(
            ko="이미 사용한 방문 코드입니다. 다시 들어오시려면 가게에 새 코드를 요청해 주세요.",
            en="This visitor's code has been used. Ask the shop for a new one to come in again.",
        )
    return _SAID[Answer.USED]
