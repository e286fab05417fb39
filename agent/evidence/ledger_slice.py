"""What of the ledger goes along with an incident: its records, byte for byte, and the proofs that they stood there.

Comes in: the ledger's lines and the checkpoint that seals them. Goes out: `LedgerSlice`. Pure. Lines are looked through as
bytes: a ledger may have a million of them, and an incident has a few dozen.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from agent.errors import AnsimError
from agent.vault.bodies import Kind
from agent.vault.checkpoint import Checkpoint, checkpoint_body
from agent.vault.ledger import BadLine, Record, parse
from agent.vault.merkle import Tree, leaf_hash

TAIL_MOST = 160  # bytes in which a line's last fields stand
# Checkpoints before this one that an anchor kept elsewhere can be held against: the newest, the last of each day, and those
# that are known to have left the shop, in an e-mail or on an export's report. Each costs 1.4 kB of the bag.
NEWEST_MOST, DAYS_MOST, LEFT_MOST = 64, 400, 400
DAY_S = 86_400
JUMPS_S = 7 * 86_400.0  # so near an incident, before or after it, it matters that the clock was set
_EXPORTED, _SENT, _CHECKPOINT, _EVENT = Kind.EXPORTED.mark, Kind.ANCHOR_SENT.mark, Kind.CHECKPOINT.mark, Kind.EVENT.mark
_JUMP = b'"jump":{'
_SIZE = re.compile(rb'"size":(\d+)')
_TAIL = re.compile(rb'"prev":"[0-9a-f]{64}","seq":(\d+),"utc":([0-9.]+)\}$')  # how every line ends


class LedgerCut(AnsimError):
    """The ledger ended before the checkpoint that was just signed: somebody cut it in between."""

    exit_code = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records go along: those that name the incident, those numbered here, and what happened to the agent meanwhile;
    also when its clock was set in the week before or after.

    from_utc, to_utc: Unix time, when events were written. seqs: numbers of records.
    """

    incident: str
    seqs: AbstractSet[int]
    from_utc: float
    to_utc: float


@dataclass(frozen=True, slots=True)
class LedgerSlice:
    """Holding one means: each of these lines lies under the checkpoint, and `proofs` shows it.

    lines: without newline, in the order of the ledger. records: what they say. unproven: numbers of lines that are not at the
    place in the ledger that they name: the ledger was damaged before the checkpoint was signed.
    """

    lines: tuple[bytes, ...]
    records: tuple[Record, ...]
    proofs: dict[str, Any]
    unproven: tuple[int, ...]

    @property
    def text(self) -> bytes:
        return b"".join(line + b"\n" for line in self.lines)


def cut_slice(ledger: Iterable[bytes], checkpoint: Checkpoint, wanted: Wanted) -> LedgerSlice:
    """ledger: its lines from the first one on. Raises LedgerCut when there are fewer than the checkpoint says."""
    tree, found, earlier = Tree(), [], _Earlier()
    belongs = _picker(wanted)
    for line in ledger:
        if len(tree) == checkpoint.size:
            break
        bare = line.removesuffix(b"\n")
        if belongs(bare):
            found.append((len(tree), bare))
        earlier.meet(bare)
        tree.add(leaf_hash(bare))
    if len(tree) < checkpoint.size or tree.root() != checkpoint.root:
        raise LedgerCut(
            ko="원장이 방금 봉인한 것과 다릅니다. `ansim check --deep`으로 확인해 주세요.",
            en="The ledger is not the one that was sealed just now. Run `ansim check --deep`.",
        )
    good = [(index, line, record) for index, line in found if (record := _record(line)) is not None]
    proofs = {
        "checkpoint": checkpoint_body(checkpoint),
        "records": [{"seq": record.seq, "path": _hex(tree.inclusion(index))} for index, _, record in good],
        "earlier": [{"size": size, "path": _hex(tree.consistency(size))} for size in earlier.sizes() if 0 < size < len(tree)],
    }
    displaced = tuple(record.seq for index, _, record in good if record.seq != index + 1)
    return LedgerSlice(tuple(line for _, line, _ in good), tuple(record for _, _, record in good), proofs, displaced)


def _picker(wanted: Wanted) -> Callable[[bytes], bool]:
    """Whether a line goes along. The cheap questions come first: most lines are about something else."""
    name = wanted.incident.encode()
    names = re.compile(rb"(?<![A-Za-z0-9-])" + re.escape(name) + rb"(?![A-Za-z0-9-])")

    def belongs(line: bytes) -> bool:
        if name in line and names.search(line):
            return True
        if _JUMP in line and _is_jump_near(line, wanted):
            return True
        if not (wanted.seqs or _EVENT in line):
            return False
        tail = _TAIL.search(line, max(0, len(line) - TAIL_MOST))
        if tail is None:
            return False
        return int(tail[1]) in wanted.seqs or (_EVENT in line and wanted.from_utc <= float(tail[2]) <= wanted.to_utc)

    return belongs


def _is_jump_near(line: bytes, wanted: Wanted) -> bool:
    """The times before and after a jump both count: one that went back is written with a time long before."""
    record = _record(line)
    jump = None if record is None or record.kind != "event" else record.body.get("jump")
    times = jump.values() if isinstance(jump, dict) else ()
    return any(wanted.from_utc - JUMPS_S <= utc <= wanted.to_utc + JUMPS_S for utc in times)


def _record(line: bytes) -> Record | None:
    try:
        return parse(line)
    except BadLine:
        return None  # damaged on the disk: the check says so; here it proves nothing


class _Earlier:
    """Which of the ledger's checkpoints can be held against the new one, found line by line."""

    def __init__(self) -> None:
        self._newest: deque[int] = deque(maxlen=NEWEST_MOST)
        self._days: dict[int, int] = {}  # the size of the last one of each day
        self._left: deque[int] = deque(maxlen=LEFT_MOST)

    def meet(self, line: bytes) -> None:
        """Looks at bytes only: there may be a hundred thousand checkpoints, and a wrong number would only be proved in vain."""
        if _EXPORTED in line and self._newest:
            self._left.append(self._newest[-1])  # its report carries the checkpoint that was made for it
        if not (_CHECKPOINT in line or _SENT in line):
            return
        size, tail = _SIZE.search(line), _TAIL.search(line, max(0, len(line) - TAIL_MOST))
        if size is None or tail is None:
            return
        if _CHECKPOINT in line:
            self._newest.append(int(size[1]))
            self._days[int(float(tail[2]) // DAY_S)] = int(size[1])
        else:
            self._left.append(int(size[1]))

    def sizes(self) -> list[int]:
        return sorted({*self._newest, *sorted(self._days.values())[-DAYS_MOST:], *self._left})


def _hex(path: Iterable[bytes]) -> list[str]:
    return [node.hex() for node in path]
