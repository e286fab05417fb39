"""Where evidence is handed over, for the panel: exports, and reveal ceremonies with whatever they make.

Comes in: orders and words of signed-in people. Goes out: `Job`s, ceremonies by number, files that wait to be fetched, clips to
be watched. What shows people stays in memory for ten minutes at most and is written encrypted only; a passphrase is kept for
as long as the step that needs it. A restart ends ceremonies, jobs and watching.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

from agent.clock import Clock
from agent.errors import ConfigError
from agent.evidence.bag_tools import opening_note
from agent.evidence.ceremonies import Ceremonies, Ongoing, Watchable
from agent.evidence.ceremony import COUNTDOWN_S, Ceremony, RevealRequest
from agent.evidence.delivery import Protection, WeakProtection, deliver
from agent.evidence.event_data import grouped
from agent.evidence.export import Exporter, Report
from agent.evidence.jobs import Job, Jobs, JobState, Made, busy
from agent.evidence.offered import Offered, OfferedFiles
from agent.evidence.order import ExportOrder
from agent.evidence.people import Sighting, sightings
from agent.evidence.register import Destroyed, Line, destroyed, lines_of
from agent.evidence.report_facts import ReportFacts
from agent.evidence.reveal import Revealed, Revealer, order_of
from agent.settings import Settings
from agent.values import Text
from agent.vault import RegisterRow, Vault
from agent.vault.owner_keys import Unlocked
from agent.workers import Failure, shielded

KEEP_FREE_SHARE = 0.5  # of min_free_gb: from there on retention erases recordings, and soon nothing can be recorded


class EvidenceDesk:
    """Holding one means: you may hand evidence over and lead people through reveals. Safe to use from any thread."""

    def __init__(
        self, vault: Vault, settings: Settings, clock: Clock, report: Report | None = None, countdown_s: float = COUNTDOWN_S
    ) -> None:
        """report: draws report.pdf; None: the real one, whose library is loaded when it is needed first."""
        self._vault = vault
        self._settings = settings
        self._clock = clock
        self._report = report or _draw_report
        self._revealer = Revealer(vault, settings.recording, clock, countdown_s)
        self._jobs = Jobs(clock)
        self._files = OfferedFiles(vault.folder, clock, settings.data.min_free_gb * 1e9 * KEEP_FREE_SHARE)
        self._ceremonies = Ceremonies(self._revealer, clock)

    def start(self) -> None:
        """What a process that died had begun to write goes. Raises StoreError."""
        self._files.clear_leftovers()

    def close(self) -> None:
        """Ends everything; waits some seconds for a job that runs."""
        self._jobs.close()
        self._ceremonies.clear()

    def tidy(self) -> None:
        """Forget and erase what has had its time; called now and then. Raises StoreError."""
        self._ceremonies.tidy()
        self._files.tidy()

    # what there is

    def people(self, incident: str) -> tuple[Sighting, ...]:
        """Whom the clips of an incident show, masked, for choosing by picture. Raises IntegrityError."""
        row = self._vault.incident(incident)
        return () if row is None else sightings([self._vault.sidecar_of(clip) for clip in row.clips])

    def has_original(self, incident: str) -> bool:
        return bool(self._vault.sealed(incident))

    def register(self, limit: int, before: int | None = None) -> tuple[Line, ...]:
        """What was handed over or shown, newest first."""
        return lines_of(self._vault.register(limit, before))

    def destroyed(self) -> tuple[Destroyed, ...]:
        """What was erased, oldest first, a day at a time. It reads the whole ledger: seconds for a million records."""
        return destroyed(self._vault.ledger_lines(), ZoneInfo(self._settings.shop.timezone))

    def history(self, incident: str, limit: int = 50) -> tuple[RegisterRow, ...]:
        """What was done with an incident's evidence, each step of its ceremonies too, newest first."""
        return self._vault.register(limit, incident=incident, steps=True)

    def offered(self, bag: str) -> Offered | None:
        """An export that waits to be fetched."""
        return self._files.find(bag)

    def handed(self, bag: str) -> RegisterRow | None:
        """What the register says of an export."""
        return self._vault.registered_bag(bag)

    def note_of(self, bag: str) -> bytes | None:
        """A text to lie beside a locked export: how to open it. None when it is not locked, or not there."""
        offer, row = self.offered(bag), self.handed(bag)
        if offer is None or row is None or row.form == "plain":
            return None
        name = offer.path.name
        return opening_note({"file": name, "zip": name.removesuffix(".age"), "sha256": row.sha256})

    def offers(self) -> tuple[Offered, ...]:
        return self._files.all()

    @property
    def fingerprint(self) -> str:
        """Of the device's key, in fours."""
        return grouped(self._vault.device.fingerprint)

    def job(self, token: str) -> Job | None:
        return self._jobs.find(token)

    def at_work(self, incident: str | None = None) -> Job | None:
        """The newest export (of an incident) if it is being made or could not be; a ceremony tells of its own work."""
        own = (job for job in self._jobs.all() if not job.ceremony and incident in (None, job.incident))
        newest = next(own, None)
        return None if newest is None or newest.state is JobState.DONE else newest

    def slip(self, bag: str) -> Job | None:
        """The job that made an export, whose page has the slip for its receiver; a restart forgets it."""
        return next((job for job in self._jobs.all() if job.made is not None and job.made.bag == bag), None)

    def drain(self, timeout: float) -> bool:
        """Wait for the job that runs; False when `timeout` seconds were not enough."""
        return self._jobs.drain(timeout)

    # exports

    def export(self, order: ExportOrder, protection: Protection) -> Job:
        """Begin an export. Raises Busy, OrderIncomplete, WeakProtection, ConfigError for an unknown incident."""
        order.check()
        protection.check()
        if self._vault.incident(order.incident) is None:
            raise ConfigError(ko=f"사건({order.incident})을 찾을 수 없습니다.", en=f"There is no incident {order.incident}.")
        if protection.form == "plain" and (order.sealed or order.revealed):
            raise WeakProtection(
                ko="암호화하지 않고는 가려진 영상만 내보낼 수 있습니다.",
                en="Without encryption only masked clips can be exported.",
            )
        return self._jobs.begin(order.incident, order.operator, EXPORTING, lambda tell: self._export(order, protection, tell))

    def _export(self, order: ExportOrder, protection: Protection, tell: Callable[[int], None], first: int = 0) -> Made:
        """What is written is handed over only once that is on the register."""
        exporter = Exporter(self._vault, self._vault.device, self._settings, self._clock, self._report, self._vault.checkpoint)
        tell(first)
        composed = exporter.compose(order)
        tell(first + 1)
        delivered = deliver(composed.bag, self._files.folder(composed.bag.size), protection)
        tell(first + 2)
        noted = shielded(lambda: exporter.record(order, composed, protection, delivered))
        if isinstance(noted, Failure):
            self._files.drop(delivered.path)
            raise noted.error
        return Made(
            bag=composed.bag.name,
            file=delivered.path.name,
            bytes=delivered.size,
            sha256=delivered.sha256,
            anchor=composed.anchor,
            form=protection.form,
            told=(_UNPROVEN,) if composed.unproven else (),
        )

    # reveals

    def ask(self, request: RevealRequest) -> str:
        """Begin a ceremony; gives its token. Raises RevealRefused, ConfigError, IntegrityError, StoreError."""
        return self._ceremonies.ask(request)

    def ceremony(self, token: str) -> Ongoing | None:
        return self._ceremonies.find(token)

    def ceremonies(self, incident: str | None = None) -> tuple[Ongoing, ...]:
        """Those that are not over."""
        found = self._ceremonies.all()
        return tuple(one for one in found if not one.is_over and incident in (None, one.ceremony.request.incident))

    def approve(self, token: str, by: str) -> None:
        """`by` has just proved who they are. Raises RevealRefused, StoreError."""
        self._ceremonies.approve(token, by)

    def stop(self, token: str, by: str) -> None:
        """Anybody may. Raises RevealRefused when it is too late, StoreError."""
        self._ceremonies.stop(token, by)

    def open(self, token: str, by: str, passphrase: str, protection: Protection | None) -> Job:
        """Open the original with the owner's passphrase and make the clip; protection None: only to be watched here.

        Raises RevealRefused, KeyRefused, WeakProtection, Busy, StoreError. A wrong passphrase is on the ledger.
        """
        if protection is not None:
            protection.check()
            protection.check_encrypted()
        if self._jobs.running() is not None:
            raise busy()
        counted, unlocked = self._ceremonies.unlock(token, by, passphrase)
        steps = (RENDERING,) if protection is None else (RENDERING, *EXPORTING)
        asked = counted.request

        def work(tell: Callable[[int], None]) -> Made:
            return self._reveal(token, counted, unlocked, protection, tell)

        return self._ceremonies.begin(token, counted, lambda: self._jobs.begin(asked.incident, by, steps, work, token))

    def _reveal(
        self, token: str, counted: Ceremony, unlocked: Unlocked, protection: Protection | None, tell: Callable[[int], None]
    ) -> Made:
        """The job: open and render in memory, then export what was made, if it is to be handed over."""
        clips: tuple[Revealed, ...] = ()
        try:
            clips = self._revealer.open(counted, unlocked)[1]
        finally:
            self._ceremonies.ended(token, clips)
        made = Made()
        if protection is not None:
            made = self._export(order_of(counted.request, clips), protection, tell, first=1)
        return replace(made, frames=sum(clip.frames for clip in clips), shown=sum(clip.shown for clip in clips))

    def watchable(self, token: str) -> Watchable | None:
        """What a ceremony made, for ten minutes."""
        return self._ceremonies.watchable(token)

    def forget(self, token: str) -> None:
        """Watching has ended."""
        self._ceremonies.forget(token)


def _draw_report(facts: ReportFacts) -> bytes:
    from agent.evidence.report_pages import draw_report

    return draw_report(facts)


EXPORTING = (
    Text(ko="기록을 모으고 원장과 비교합니다", en="Gathering the records and comparing them with the ledger"),
    Text(ko="묶어서 잠급니다", en="Packing and locking"),
    Text(ko="관리대장에 적습니다", en="Writing it into the register"),
)
RENDERING = Text(ko="원본을 열어 고른 사람만 보이게 만듭니다", en="Opening the original and showing the chosen people only")
_UNPROVEN = Text(
    ko="원장이 예전에 손상되어 일부 기록은 증명할 수 없습니다. 검사하면 그렇게 나옵니다. `ansim check --deep`을 실행해 주세요.",
    en="The ledger was damaged before, so some records cannot be proved, and a check will say so. Run `ansim check --deep`.",
)
