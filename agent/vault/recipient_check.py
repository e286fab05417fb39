"""Whether those to whom originals are sealed are those whom the ledger knows: a key that somebody slipped in opens everything.

Comes in: the ledger, the list of keys beside it. Goes out: problems. The list itself is a plain file, which whoever gets at the
data folder can write; each ceremony puts the public half of its key on the ledger, which nobody rewrites unseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent.clock import SystemClock
from agent.errors import StoreError
from agent.values import Text
from agent.vault.bodies import Kind
from agent.vault.day_keys import KEYS
from agent.vault.journal import Journal
from agent.vault.ledger import BadLine, parse
from agent.vault.leftovers import Found
from agent.vault.owner_keys import RECIPIENTS, OwnerKeys, Recipient
from agent.vault.report import ProblemKind

ENDED = "recipient_ended"
_KEY = Kind.OWNER_KEY.mark


def check_recipients(journal: Journal, found: Found) -> None:
    """Reads the whole ledger where anything is sealed to anybody."""
    try:
        current = OwnerKeys(journal.folder.parent / KEYS, SystemClock()).current()
    except StoreError:  # a damaged list: nothing is sealed, and an event says so
        return
    said = dict(_last_words(journal.lines())) if current else {}
    for recipient in current:
        if said.get(recipient.public, ENDED) == ENDED:
            found(ProblemKind.RECIPIENT_UNKNOWN, f"keys/{RECIPIENTS}", _unknown(recipient))


def _last_words(lines: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """(public key, what was done with it), in the order of the ledger."""
    for line in lines:
        if _KEY in line:
            try:
                record = parse(line)
            except BadLine:
                continue
            if record.kind == Kind.OWNER_KEY:
                yield str(record.body.get("public")), str(record.body.get("action"))


def _unknown(recipient: Recipient) -> Text:
    return Text(
        ko=f"원본이 '{recipient.label}'의 열쇠({recipient.public})로도 잠기는데, 원장에는 그 열쇠를 넣은 기록이 없습니다. "
        "아는 열쇠가 아니면 `ansim keys end`로 빼고, 주인의 열쇠라면 `ansim keys rotate`로 바꿔 주세요.",
        en=f"Originals are sealed to the key of '{recipient.label}' ({recipient.public}), too; no record says who added it. "
        "Unless you know it, take it off with `ansim keys end`; if it is the owner's, renew it with `ansim keys rotate`.",
    )
