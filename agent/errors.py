"""The few errors of the program, named by whose move it is to repair them.

Comes in: nothing. Goes out: exception classes, each with one sentence in Korean and English that says what to do.
Foreign exceptions (PyAV, SQLite, OSError, ...) are mapped to these at the border where they arise.
"""

from __future__ import annotations

from agent.values import Text


class AnsimError(Exception):
    """Something went wrong that a person can act on; `text` says what to do, in both languages."""

    exit_code = 1

    def __init__(self, ko: str, en: str) -> None:
        super().__init__(en)
        self.text = Text(ko=ko, en=en)


class ConfigError(AnsimError):
    """The settings are wrong: the owner edits config.toml or the command line."""

    exit_code = 2


class SourceError(AnsimError):
    """A camera or recording cannot be read now; a camera may come back, so the reader tries again."""

    exit_code = 3


class SourceUnsupported(SourceError):
    """A source that will never work as it is (no picture, 1 x 1 pixels, unknown file): trying again is useless."""


class StoreError(AnsimError):
    """The data folder cannot be written (disk full, read-only, locked); recording in memory goes on."""

    exit_code = 4


class IntegrityError(AnsimError):
    """Stored evidence, ledger and index disagree: `ansim check` says where."""

    exit_code = 5


class ModelError(AnsimError):
    """A detector's model file is missing, broken or of an unknown kind."""

    exit_code = 6


class PanelError(AnsimError):
    """The panel cannot be served (port in use, address not of this machine)."""

    exit_code = 7


class StaleMask(AnsimError):
    """A mask was offered for another frame than the one that it was planned for: a bug, stopped before it can leak."""
