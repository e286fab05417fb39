"""Seals an incident's original: what the camera sent, encrypted in memory to the owner, before anything touches the disk.

Comes in: a `ClipJob` with the camera's packets, and what is known of its frames. Goes out: sealed originals in the vault. Each
is an age file for an identity of its own, and that identity an age file for the owner and whoever else may open originals: so
erasing a few hundred bytes erases the original, and a new recipient needs no second copy of it.
Without an owner's key nothing is sealed, and one event says so.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyrage
from pyrage import x25519

from agent.capture.packet import RingPacket
from agent.detection.findings import cell_rows, zone_cells
from agent.errors import AnsimError, IntegrityError
from agent.masking.owners import Owned, plan_owned
from agent.masking.plan import Care, Seen
from agent.recording.evidence import ClipJob
from agent.recording.original import Original, pack, parts, unpack
from agent.settings import Settings
from agent.values import EventKind, Text
from agent.vault import Vault
from agent.vault.originals import SealedOffer
from agent.vault.owner_keys import Recipient, Unlocked, seal_to
from agent.workers import Failure, shielded

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Encrypted bytes, and the encrypted key that opens them: only an owner's or recipient's key opens that one."""

    sealed: bytes
    key: bytes


def enclose(plain: bytes, recipients: Sequence[Recipient]) -> Envelope:
    """Encrypt `plain` to a fresh identity, and that to the recipients. Raises KeyRefused when there are none."""
    identity = x25519.Identity.generate()
    key = seal_to(recipients, str(identity).encode())
    return Envelope(bytes(pyrage.encrypt(plain, [identity.to_public()])), key)


def disclose(envelope: Envelope, unlocked: Unlocked) -> Original:
    """The original in memory. Raises KeyRefused: not sealed to this owner; IntegrityError: damaged."""
    try:
        identity = x25519.Identity.from_str(unlocked.open(envelope.key).decode())
        plain = bytes(pyrage.decrypt(envelope.sealed, [identity]))
    except (pyrage.DecryptError, pyrage.IdentityError, UnicodeDecodeError) as wrong:
        raise IntegrityError(
            ko="봉인한 원본이 손상되어 열리지 않습니다. 백업이 있으면 되돌려 주세요.",
            en="The sealed original is damaged and does not open. Restore it from a backup.",
        ) from wrong
    return unpack(plain)


class Sealer:
    """Holding one means: you can seal the originals of incidents. Works in the calling thread; used by one at a time."""

    def __init__(self, vault: Vault, settings: Settings) -> None:
        self._vault = vault
        self._settings = settings
        self._told_no_key = False

    def seal(self, job: ClipJob, seen: Mapping[int, Seen], tell: Callable[[EventKind, Text], None]) -> bool:
        """Seal all of the job's packets; False when that was not possible: then that was told. Raises nothing.

        seen: what is known of the frames that the evidence clip shows, by their number; others can never be revealed.
        """
        made = shielded(lambda: self._seal(job, seen, tell))
        if not isinstance(made, Failure):
            return made
        error = made.error
        expected = isinstance(error, AnsimError)  # a full disk, say: its sentence is all that there is to know
        log.error("incident %s: its original is not sealed: %s", job.incident.id, error, exc_info=None if expected else error)
        why = error.text if isinstance(error, AnsimError) else _FAILED
        text = Text(ko=f"사건 {job.incident.id}: {why.ko}", en=f"Incident {job.incident.id}: {why.en}")
        told = shielded(lambda: tell(EventKind.NOT_SEALED, text))
        if isinstance(told, Failure):  # the vault is closed or does not answer
            log.error("incident %s: nor could that be told: %s", job.incident.id, told.error)
        return False

    def _seal(self, job: ClipJob, seen: Mapping[int, Seen], tell: Callable[[EventKind, Text], None]) -> bool:
        recipients = self._vault.owner_keys.current()
        if not recipients:
            if not self._told_no_key:
                self._told_no_key = True
                tell(EventKind.NOT_SEALED, _NO_KEY)
            return False
        self._told_no_key = False
        if job.cut is None:
            return False  # the clip is lost, and says so
        for number, packets in enumerate(parts(job.cut), 1):
            original = Original(packets, self._owned(job, packets, seen), job.cut.from_s, job.cut.to_s)
            envelope = enclose(pack(original), recipients)
            self._vault.store_sealed(
                SealedOffer(
                    incident=job.incident.id,
                    opened_utc=job.incident.opened_utc,
                    part=number,
                    sealed=envelope.sealed,
                    key=envelope.key,
                    from_utc=min(packet.utc for packet in packets),
                    to_utc=max(packet.utc for packet in packets),
                    recipients=tuple(recipient.public for recipient in recipients),
                )
            )
        return True

    def _owned(self, job: ClipJob, packets: Sequence[RingPacket], seen: Mapping[int, Seen]) -> dict[int, Owned]:
        """Whose place is whose in each known frame of this part; planned as the evidence clip's masks are."""
        form = packets[0].format
        rows = cell_rows(form.width, form.height)
        own = {packet.index for packet in packets}
        alike = [
            s
            for s in sorted(seen.values(), key=lambda s: s.stamp.source_s)
            if s.stamp.index in own and (s.findings.changed is None or s.findings.changed.shape[0] == rows)
        ]
        care = Care(self._settings.masking.margin, self._settings.masking.look_ahead_s, self._settings.detection.weak)
        planned = plan_owned(alike, rows, zone_cells(job.privacy, rows), care)
        return {s.stamp.index: one for s, one in zip(alike, planned, strict=True)}


_NO_KEY = Text(
    ko="주인 열쇠가 없어 사건의 원본을 남기지 않습니다. 가린 증거 영상은 그대로 남습니다. "
    "원본도 남기려면 관리 화면의 '증거 › 열쇠'나 `ansim keys make`로 열쇠를 만들어 주세요.",
    en="There is no owner's key, so no originals of incidents are kept; masked evidence clips are. "
    "To keep originals too, make the key in the panel (Evidence, Keys) or with `ansim keys make`.",
)
_FAILED = Text(
    ko="원본을 봉인하지 못했습니다. 가린 증거 영상은 그대로 있습니다. 로그를 확인해 주세요.",
    en="Its original could not be sealed; the masked evidence clip is not touched by this. See the log.",
)
