"""What opens the door, as the desk at the entrance sees it.

Comes in: the id of the entry for which to open. Goes out: an `Opening`. Three openers keep this protocol: a web address
(agent.entry.webhook) and two kinds of relay (agent.entry.relay); agent.entry.doors chooses. None may be the only way out: an
exit button or a panic bar that cuts the lock's power has to work without Ansim (docs/door.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from agent.errors import AnsimError
from agent.values import Text


class DoorError(AnsimError):
    """The opener does not do what it is told; the lock stays as it is."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What came of it. ok: the door was unlocked. how: by which opener ("none": there is none, and nothing was tried).

    error: why it was not unlocked, and what to do; None with `ok`, and with how "none".
    """

    ok: bool
    how: str
    error: Text | None = None


class Door(Protocol):
    """Holding one means: you may unlock the door for a few seconds. Safe to use from any thread."""

    @property
    def how(self) -> str:
        """The opener's name, as in the settings."""
        ...

    @property
    def trouble(self) -> Text | None:
        """What is wrong with the opener as far as is known; None: it did what it was told last."""
        ...

    def start(self) -> None:
        """Take over the lock. Raises nothing: an opener that does not answer is a trouble, and tried again."""
        ...

    def open(self, entry_id: str) -> Opening:
        """Unlock now, and lock again after `entry.door.open_s`. Blocks for some seconds at most. Raises nothing."""
        ...

    def close(self) -> None:
        """Let go of the lock: it goes to where it is without power."""
        ...


class NoDoor:
    """Nothing opens the door: it stands open, or somebody presses a button."""

    how = "none"
    trouble: Text | None = None

    def start(self) -> None:
        """See Door.start."""

    def open(self, entry_id: str) -> Opening:
        """See Door.open."""
        del entry_id
        return Opening(ok=False, how=self.how)

    def close(self) -> None:
        """See Door.close."""
