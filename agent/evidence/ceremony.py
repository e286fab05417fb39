"""The reveal ceremony: who may see chosen people, after how much thought. A pure state machine: no clock, no files.

Comes in: a request, words of people, times. Goes out: the next state, or a refusal. The way:
    ASKED       somebody said why, on what legal ground, and whom; a second person, where one was named, has to approve
    COUNTING    all have approved; a countdown in which anybody may stop it
    OPEN        the original may be opened and rendered, once
    DONE, STOPPED   the end
Times are seconds of a clock that never runs backwards; a ceremony that takes too long has ended.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Any

from agent.errors import AnsimError
from agent.evidence.legal import Use, basis_of

COUNTDOWN_S = 30.0
APPROVAL_S = 86_400.0  # so long a second person may take
OPEN_S = 900.0  # after the countdown the original has to be opened within this
SHORTEST_REASON = 5
LONGEST = 300  # characters of a field
MOST_PERSONS = 20


class RevealRefused(AnsimError):
    """This ceremony cannot go on like that; nothing was opened."""

    exit_code = 2


class Stage(enum.StrEnum):
    """Where a ceremony stands."""

    ASKED = "asked"
    COUNTING = "counting"
    OPEN = "open"
    DONE = "done"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class RevealRequest:
    """Holding one means: somebody said whom they want to see, and why; `check` says whether that is enough.

    incident: its id. by: who asks (account). persons: numbers of the people to be shown, as in the clip's sidecar. basis: key
    of a LegalBasis. case: number of the case, request, consent or warrant. receiver: who will get to see it. approver: the
    account that has to approve; "": nobody.
    """

    incident: str
    by: str
    persons: tuple[int, ...]
    reason: str
    basis: str
    case: str = ""
    receiver: str = ""
    approver: str = ""

    def check(self) -> None:
        """Raises RevealRefused."""
        basis = basis_of(self.basis)
        if basis is None:
            raise RevealRefused(
                ko="법적 근거를 목록에서 골라 주세요. '수사에 필요'는 공공기관만 쓸 수 있는 근거입니다.",
                en="Choose a legal basis from the list. 'For an investigation' is open to public bodies only.",
            )
        if not self.by.strip() or len(self.reason.strip()) < SHORTEST_REASON:
            raise RevealRefused(ko="누가 왜 보려는지 적어 주세요.", en="Say who wants to see it and why.")
        if any(len(text) > LONGEST for text in (self.by, self.reason, self.case, self.receiver, self.approver)):
            raise RevealRefused(ko=f"{LONGEST}자까지 적을 수 있습니다.", en=f"A field takes {LONGEST} characters at most.")
        if not self.persons or len(self.persons) > MOST_PERSONS or len(set(self.persons)) != len(self.persons):
            raise RevealRefused(ko="보일 사람의 번호를 골라 주세요.", en="Choose the numbers of the people to be shown.")
        if basis.use is Use.VIEWING and len(self.persons) != 1:
            raise RevealRefused(
                ko="열람 요구에는 요구한 본인 한 사람만 보이게 할 수 있습니다.",
                en="To a viewing request only the person who asks may be shown.",
            )
        if basis.use is Use.PROVISION and not self.receiver.strip():
            raise RevealRefused(ko="누구에게 제공하는지 적어 주세요.", en="Say who will get it.")
        if basis.document and not self.case.strip():
            raise RevealRefused(
                ko="영장, 공문이나 동의서의 번호를 적어 주세요.", en="Note the number of the warrant, letter or consent."
            )
        if self.approver and self.approver == self.by:
            raise RevealRefused(
                ko="두 번째 승인은 다른 사람이 해야 합니다.", en="The second approval has to be somebody else's."
            )


@dataclass(frozen=True, slots=True)
class Ceremony:
    """Holding one means: a request is on its way through the ceremony. since_s: when it came to this stage."""

    request: RevealRequest
    stage: Stage
    since_s: float
    countdown_s: float = COUNTDOWN_S

    def approve(self, by: str, now_s: float) -> Ceremony:
        """`by` (an account that has just proved who it is) agrees. Raises RevealRefused."""
        self._need(Stage.ASKED, now_s)
        if by != self.request.approver:
            raise RevealRefused(
                ko="두 번째 승인은 정해 둔 사람만 할 수 있습니다.", en="Only the person named for it can approve this."
            )
        return replace(self, stage=Stage.COUNTING, since_s=now_s)

    def stop(self, now_s: float) -> Ceremony:
        """Anybody may, until the original is opened. Raises RevealRefused when it is over."""
        if self.stage not in (Stage.ASKED, Stage.COUNTING):
            raise RevealRefused(ko="이미 끝난 절차입니다.", en="This ceremony is over.")
        return replace(self, stage=Stage.STOPPED, since_s=now_s)

    def open(self, now_s: float) -> Ceremony:
        """The countdown is over: the original may be opened, once. Raises RevealRefused."""
        self._need(Stage.COUNTING, now_s)
        if self.seconds_left(now_s) > 0:
            raise RevealRefused(
                ko=f"아직 {self.seconds_left(now_s):.0f}초 남았습니다. 그동안 멈출 수 있습니다.",
                en=f"There are {self.seconds_left(now_s):.0f} s left, in which it can be stopped.",
            )
        return replace(self, stage=Stage.OPEN, since_s=now_s)

    def finish(self, now_s: float) -> Ceremony:
        """It was rendered, or it failed: whoever wants more has to ask again. Raises RevealRefused."""
        self._need(Stage.OPEN, now_s)
        return replace(self, stage=Stage.DONE, since_s=now_s)

    def seconds_left(self, now_s: float) -> float:
        """Of the countdown; 0 when it is over, all of it while somebody has yet to approve."""
        if self.stage is Stage.ASKED:
            return self.countdown_s
        return max(0.0, self.since_s + self.countdown_s - now_s) if self.stage is Stage.COUNTING else 0.0

    def body(self, step: str, by: str) -> dict[str, Any]:
        """What the ledger says of a step of it."""
        asked = self.request
        return {
            "incident": asked.incident,
            "step": step,
            "by": by,
            "asked_by": asked.by,
            "persons": list(asked.persons),
            "reason": asked.reason.strip(),
            "purpose": asked.reason.strip(),
            "basis": asked.basis,
            "case": asked.case.strip(),
            "receiver": asked.receiver.strip(),
            "approver": asked.approver,
        }

    def _need(self, stage: Stage, now_s: float) -> None:
        lasts_s = {Stage.ASKED: APPROVAL_S, Stage.COUNTING: self.countdown_s + OPEN_S, Stage.OPEN: OPEN_S}
        if self.stage is not stage or now_s - self.since_s > lasts_s[stage] or now_s < self.since_s:
            raise RevealRefused(
                ko="지금은 할 수 없는 단계이거나 시간이 지났습니다. 처음부터 다시 요청해 주세요.",
                en="That cannot be done at this stage, or too much time has passed. Ask again from the start.",
            )


def begin(request: RevealRequest, now_s: float, countdown_s: float = COUNTDOWN_S) -> Ceremony:
    """Raises RevealRefused when the request lacks something."""
    request.check()
    return Ceremony(request, Stage.ASKED if request.approver else Stage.COUNTING, now_s, countdown_s)
