"""A pass with all that belongs to it, as the vault keeps it and the book of passes changes it. Pure.

Comes in: nothing. Goes out: `KeptPass`. What it holds beside the pass is personal or opens the door: it never leaves the PC,
nor shows in a log or a repr.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.entry.holder import Consent, Holder
from agent.entry.records import Pass
from agent.entry.vouched import Vouched

NOBODY = Holder()


@dataclass(frozen=True, slots=True)
class KeptPass:
    """secret: 32 bytes of which its codes are made. pin_hash: slow hash (agent.entry.pin). number: typed with the PIN.

    vouched: by which outside service, if the person signed up with one.
    """

    about: Pass
    secret: bytes = field(repr=False)
    number: str | None = field(default=None, repr=False)
    pin_hash: str | None = field(default=None, repr=False)
    holder: Holder = NOBODY
    consent: Consent | None = None
    vouched: Vouched | None = None
