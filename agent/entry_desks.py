"""All that the panel may ask of the entrance: passes, the entry log, the screens and the door.

Comes in: the vault, the book of passes, the entrance's desk. Goes out: `EntryDesks`. Names and phone numbers go to the owner's
pages only; what is done to the door or its screens is on the access log.
"""

from __future__ import annotations

from agent.clock import Clock
from agent.entrance import EntranceDesk
from agent.entry.records import Answer, Entry
from agent.passes import PassBook
from agent.settings import EntrySettings
from agent.values import EventKind, Text
from agent.vault import IncidentRow, Screen, Vault

PAIRING_S = 900.0
STAY_S = 3600.0  # a track's id means the same person for so long, at most


class EntryDesks:
    """Holding one means: you may run the entrance for the owner: passes, the entry log, the screens at the door.

    passes: the book (issue, revoke, invite, import); desk: occupancy, tally; settings: [entry].
    """

    def __init__(self, vault: Vault, passes: PassBook, desk: EntranceDesk, settings: EntrySettings, clock: Clock) -> None:
        self.passes = passes
        self.desk = desk
        self.settings = settings
        self._vault = vault
        self._clock = clock

    def entries(
        self, from_utc: float, to_utc: float, pass_id: str | None = None, answer: Answer | None = None, limit: int = 500
    ) -> tuple[Entry, ...]:
        """Lines of the entry log with from_utc <= utc < to_utc, newest first; of one pass; with one answer."""
        return self._vault.entries(from_utc, to_utc, pass_id, limit, answer)

    def entry(self, entry_id: str) -> Entry | None:
        return self._vault.entry(entry_id)

    def entries_of(self, incident: IncidentRow) -> tuple[Entry, ...]:
        """Entries of the people in an incident, oldest first: their crossings of the entrance, and the codes of these."""
        about = incident.incident
        until = self._clock.utc() if about.closed_utc is None else about.closed_utc
        since, end = self._one_run(about.opened_utc, until)
        return self._vault.entries_of(about.camera, about.tracks, since, end)

    def incidents_of(self, entry: Entry) -> tuple[IncidentRow, ...]:
        """Incidents that the person of an entry took part in, newest first."""
        crossings = self._vault.crossings_on(entry.id) if entry.crossing is None else (entry,)
        found = {
            row.id: row
            for each in crossings
            if each.camera is not None and each.track is not None
            for row in self._vault.incidents_with(each.camera, each.track, *self._one_run(each.utc, each.utc))
        }
        return tuple(sorted(found.values(), key=lambda row: row.incident.opened_utc, reverse=True))

    def say_left(self, pass_id: str, actor: str, address: str) -> None:
        """The holder of a pass is not inside, whatever the cameras missed. On the access log. Raises StoreError."""
        self._vault.record_audit(actor, "say_left", pass_id, "", address)
        self.desk.has_left(pass_id)

    def _one_run(self, from_utc: float, to_utc: float) -> tuple[float, float]:
        """STAY_S before and after, but within one run of the agent: with each start, ids of tracks begin anew."""
        since, end = from_utc - STAY_S, to_utc + STAY_S
        starts = self._vault.times_of(EventKind.STARTED, since, end)
        before = [utc for utc in starts if utc <= from_utc]
        after = [utc for utc in starts if utc > from_utc]
        return max(before, default=since), min(after, default=end)

    def screens(self) -> tuple[Screen, ...]:
        """The paired screens at the door, newest first."""
        return self._vault.passes.screens()

    def pair_screen(self, actor: str, address: str) -> str:
        """A token for the link that pairs a screen: valid once and for 15 minutes. On the access log. Raises StoreError."""
        token = self._vault.passes.new_screen_link(actor, self._clock.utc() + PAIRING_S)
        self._vault.record_audit(actor, "pair_screen", "entrance", "", address)
        return token

    def unpair_screen(self, screen_id: str, actor: str, address: str) -> None:
        """That screen shows and opens nothing any more. Raises StoreError."""
        self._vault.passes.unpair_screen(screen_id)
        self._vault.record_audit(actor, "unpair_screen", screen_id, "", address)

    def test_door(self, actor: str, address: str) -> Text:
        """Open the door once, to try it; gives what came of it. On the ledger and the access log."""
        self._vault.record_audit(actor, "test_door", "entrance", "", address)
        return self.desk.test_door(actor)
