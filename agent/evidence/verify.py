"""`ansim verify`: the checks of agent/evidence/bag_files with the agent's own cryptography, also on encrypted bags.

Comes in: a bag (folder, .zip or .zip.age), what opens it, what the paper says. Goes out: a `Judgement`. An encrypted bag is
decrypted in memory; nothing of it is written.
"""

from __future__ import annotations

import enum
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyrage
import rfc8785

from agent.evidence.bag_files.bag_source import AGE, Zip
from agent.evidence.bag_files.checks import Tools
from agent.evidence.bag_files.findings import Finding
from agent.evidence.bag_files.verify import judge, unknown
from agent.evidence.bag_files.verify import verify as verify_open
from agent.evidence.delivery import PASSPHRASE_MOST, typed
from agent.values import Text
from agent.vault import merkle
from agent.vault.device_key import verify as signed

WRONG = ("Decryption failed", "No matching keys found")  # what pyrage says when it was not the right key
SCRYPT = b"-> scrypt "


def _included(line: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    return merkle.included(merkle.leaf_hash(line), index, size, path, root)


TOOLS = Tools(signed, rfc8785.dumps, _included, merkle.consistent)


class Verdict(enum.StrEnum):
    """What can be said of a bag as a whole."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One of the seven checks. state: "ok", "bad", "absent" (nothing to check) or "open" (what was given
    could not be compared)."""

    number: int
    name: Text
    state: str
    text: Text


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found of a bag. device: the fingerprint (hex) of the key that signed it. since: Unix time."""

    verdict: Verdict
    text: Text
    checks: tuple[Check, ...] = ()
    device: str | None = None
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Opener:
    """What opens an encrypted bag. passphrase: asked for when it is needed. identities: texts AGE-SECRET-KEY-1..."""

    passphrase: Callable[[], str] | None = None
    identities: tuple[str, ...] = field(default=(), repr=False)


def verify(path: Path, given: str | None = None, opener: Opener = Opener()) -> Judgement:
    """given: the text of an anchor, or a fingerprint. Raises nothing: what cannot be read cannot be told."""
    try:
        with path.open("rb") as file:
            start = file.read(1024)
        if not start.startswith(AGE):
            return _judgement(verify_open(path, given, TOOLS))
        if path.stat().st_size > 2 * PASSPHRASE_MOST:
            return _judgement(unknown("too_much"))
        return verify_data(path.read_bytes(), given, opener)
    except IsADirectoryError:
        return _judgement(verify_open(path, given, TOOLS))
    except OSError:
        return _judgement(unknown("nothing", file=path.name or str(path)))


def verify_data(data: bytes, given: str | None = None, opener: Opener = Opener()) -> Judgement:
    """A .zip or .zip.age that is in memory already. Raises nothing."""
    try:
        return _judgement(judge(Zip(io.BytesIO(_decrypted(data, opener) if data.startswith(AGE) else data)), TOOLS, given))
    except Finding as found:
        return _judgement(unknown(found.key, **found.fields))


def _decrypted(data: bytes, opener: Opener) -> bytes:
    try:
        if SCRYPT in data[:200]:
            if opener.passphrase is None:
                raise Finding("encrypted", "unknown")
            return bytes(pyrage.passphrase.decrypt(data, typed(opener.passphrase())))
        if not opener.identities:
            raise Finding("encrypted", "unknown")
        return bytes(pyrage.decrypt(data, [pyrage.x25519.Identity.from_str(text) for text in opener.identities]))
    except (pyrage.IdentityError, UnicodeEncodeError) as wrong:  # the latter: half a character, from another keyboard
        raise Finding("wrong_key", "unknown") from wrong
    except pyrage.DecryptError as failure:
        raise Finding("wrong_key" if str(failure).startswith(WRONG) else "broken_age", "unknown") from failure


def _judgement(result: dict[str, Any]) -> Judgement:
    checks = tuple(
        Check(check["number"], Text(**check["name"]), check["state"], Text(**check["text"])) for check in result["checks"]
    )
    return Judgement(Verdict(result["verdict"]), Text(**result["text"]), checks, result["device"], result["since"])
