"""What somebody asks for when evidence is to leave the shop.

Comes in: nothing. Goes out: `ExportOrder`. No I/O. The fields are those that the register of viewing and provision has to hold
(standard guideline on personal video, Form 3), and that the law asks of a provision (PIPA 17-18).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from agent.errors import AnsimError
from agent.evidence.bag import BagFile

LONGEST = 300  # characters of a field


class OrderIncomplete(AnsimError):
    """Something that the law asks for is missing."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """Holding one means: somebody said who hands over what to whom, and why.

    incident: its id. operator: who exports (account). purpose, receiver, basis (legal), case (number): as they are to stand on
    the register; purpose is never empty. clock_offset_s: by how many seconds the PC's clock is ahead of true time, if somebody
    compared them. entries_s: so many seconds around the incident the entry log goes along. sealed: whether the sealed originals
    go along. revealed: renderings of the reveal ceremony, their bytes in memory, named as on its ledger record.
    """

    incident: str
    operator: str
    purpose: str
    receiver: str = ""
    basis: str = ""
    case: str = ""
    clock_offset_s: float | None = None
    entries_s: float = 300.0
    sealed: bool = False
    revealed: tuple[BagFile, ...] = ()

    def check(self) -> None:
        """Raises OrderIncomplete."""
        if not self.purpose.strip() or not self.operator.strip():
            raise OrderIncomplete(
                ko="누가 어떤 목적으로 내보내는지 적어 주세요. 관리대장에 남습니다.",
                en="Say who exports it and what for: both go on the register.",
            )
        texts = (self.operator, self.purpose, self.receiver, self.basis, self.case)
        if any(len(text) > LONGEST or not _can_be_written(text) for text in texts):
            raise OrderIncomplete(
                ko=f"각 칸은 {LONGEST}자까지, 읽을 수 있는 글자로 적어 주세요.",
                en=f"A field takes {LONGEST} characters at most, and no broken ones.",
            )
        if self.clock_offset_s is not None and not math.isfinite(self.clock_offset_s):
            raise OrderIncomplete(ko="시계의 차이를 초로 적어 주세요.", en="Say in seconds how far the clock is off.")


def _can_be_written(text: str) -> bool:
    """Half a character (bytes of another encoding on the command line) stands in no JSON and on no paper."""
    return text.encode("utf-8", "replace") == text.encode("utf-8", "surrogatepass")
