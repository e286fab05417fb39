"""The two forms of a reveal: who is to be shown and why, and what opens the original.

Comes in: fields as they were sent. Goes out: what they ask the agent for, or what is missing. Passphrases are in no repr.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from flask_babel import LazyString, lazy_gettext
from werkzeug.datastructures import MultiDict

from agent.panel import Protection, RevealRequest
from web.exports import LONGEST


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a legal ground usually goes with; whoever fills in the form may write something else."""

    reason: LazyString | str = ""
    receiver: LazyString | str = ""


PROPOSALS: Mapping[str, Proposal] = {
    "viewing": Proposal(lazy_gettext("Somebody asked to see the pictures of themselves")),
    "purpose": Proposal(lazy_gettext("A theft is reported to the police"), lazy_gettext("Police station")),
    "law": Proposal(lazy_gettext("Asked for by warrant or official letter"), lazy_gettext("Police station")),
}


@dataclass(frozen=True, slots=True)
class Asking:
    """The first form as it was filled in."""

    basis: str = ""
    persons: tuple[int, ...] = ()
    reason: str = ""
    case: str = ""
    receiver: str = ""
    approver: str = ""

    @classmethod
    def sent(cls, fields: MultiDict[str, str]) -> Self:
        persons = tuple(int(number) for number in fields.getlist("person") if number.isdecimal() and len(number) < 10)
        words = ("basis", "reason", "case", "receiver", "approver")
        return cls(persons=persons, **{name: fields.get(name, "").strip()[:LONGEST] for name in words})

    def request_of(self, incident: str, by: str) -> RevealRequest:
        return RevealRequest(incident, by, self.persons, self.reason, self.basis, self.case, self.receiver, self.approver)


@dataclass(frozen=True, slots=True)
class Opening:
    """The last form: what opens the original, and what becomes of the clip. hand_over: else it is only watched here."""

    hand_over: bool
    owner: str = field(repr=False)
    passphrase: str = field(repr=False)
    again: str = field(repr=False)
    recipient: str = ""

    @classmethod
    def sent(cls, fields: MultiDict[str, str]) -> Self:
        secrets = {name: fields.get(name, "")[:LONGEST] for name in ("owner", "passphrase", "again")}
        return cls(fields.get("what") == "hand_over", recipient=fields.get("recipient", "").strip()[:LONGEST], **secrets)

    @property
    def refusal(self) -> LazyString | None:
        if not self.owner:
            return lazy_gettext("Please type the owner's passphrase.")
        if not self.hand_over or self.recipient:
            return None
        if self.passphrase != self.again:
            return lazy_gettext("The two passphrases are not the same. Please type them again.")
        return None if self.passphrase else lazy_gettext("Please choose a passphrase for this bag.")

    @property
    def protection(self) -> Protection | None:
        if not self.hand_over:
            return None
        return Protection(recipients=(self.recipient,)) if self.recipient else Protection(self.passphrase)
