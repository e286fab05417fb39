"""Who holds a pass, as far as somebody said so, and what that person agreed to. Pure.

Comes in: what was typed. Goes out: `Holder` and `Consent`. Both are optional, encrypted at rest, and never in a log, a repr
or the ledger. A pass works without either.
"""

from __future__ import annotations

from dataclasses import dataclass

NOTICE = "2026-11-22.2"  # version of the privacy notice that is shown at sign-up; its text is the web's
LONGEST_NAME = 60  # characters
LONGEST_PHONE = 20


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose pass it is. name: up to LONGEST_NAME characters; phone: digits, blanks, "+" and "-"; "": not given."""

    name: str = ""
    phone: str = ""

    def __bool__(self) -> bool:
        return bool(self.name or self.phone)

    def __repr__(self) -> str:  # personal data must not get into a log
        return "Holder(...)"


@dataclass(frozen=True, slots=True)
class Consent:
    """What somebody agreed to at sign-up. notice: version of the privacy notice; utc: when (Unix time).

    under_14, guardian: below 14 years the legal guardian has to agree, too (Personal Information Protection Act of Korea,
    Article 22-2); guardian: has. contact: agreed also to what needs no pass, that name and phone number are kept (Article 22).
    """

    notice: str
    utc: float
    under_14: bool = False
    guardian: bool = False
    contact: bool = False

    @property
    def is_enough(self) -> bool:
        """Whether it is for the notice in force, and by those who have to agree."""
        return self.notice == NOTICE and (self.guardian or not self.under_14)
