"""The second look: only where the live pass had no answer, and never less than it knew."""

from __future__ import annotations

from agent.capture.raw import RawFrame
from agent.clock import ManualClock
from agent.detection.detectors import PeopleDesk
from agent.detection.engine import Engine
from agent.detection.findings import Findings, Unseen, box_cells, filled_share
from agent.detection.reference import Reference
from agent.masking.plan import Seen
from agent.recording.hindsight import Hindsight
from agent.values import Box, Person, Track
from tests.room import Figure, Room

BODY = Box(0.42, 0.25, 0.58, 0.95)
HEAD = Box(0.46, 0.25, 0.54, 0.4)
NOTHING = box_cells([], 54)


class Eyes:
    name = "pose"

    def look(self, _raw: RawFrame, _weak: float) -> tuple[Person, ...]:
        return (Person(BODY, 0.9, (), HEAD),)


def desk(eyes: Eyes | None = None) -> PeopleDesk:
    return PeopleDesk(Engine(eyes, None, ("reference",), ()), 0.1, ManualClock())


def live(raw: RawFrame, *, changed: bool = True, looked: bool = False, tracks: tuple[Track, ...] = ()) -> Seen:
    findings = Findings(raw.stamp, (), (), NOTHING if changed else None, NOTHING, looked)
    return Seen(raw.stamp, findings, tracks)


def lost_track(raw: RawFrame) -> Track:
    return Track(7, "camera", BODY, False, 0.8, "person", 0.0, raw.stamp.source_s)


def learnt_room() -> tuple[Room, Reference]:
    room, reference = Room(), Reference()
    for _ in range(50):
        raw = room.frame()
        reference.look(raw)
        reference.learn(raw.stamp.source_s)
    return room, reference


def test_frames_that_were_seen_well_are_left_alone() -> None:
    raw = Room().frame()
    assert not Hindsight(desk(), None).needs(live(raw))


def test_frames_never_seen_late_or_blind_are_looked_at() -> None:
    raw = Room().frame()
    _, reference = learnt_room()
    eyes = desk(Eyes())
    again = Hindsight(eyes, reference.empty_shop())
    assert again.needs(None)
    assert again.needs(Seen(raw.stamp, Unseen(raw.stamp, "late", NOTHING), ()))
    assert again.needs(live(raw, changed=False))
    eyes.close()


def test_somebody_whom_no_detection_supported_is_looked_for_again() -> None:
    eyes = desk(Eyes())
    raw = Room().frame()
    assert Hindsight(eyes, None).needs(live(raw, tracks=(lost_track(raw),)))
    assert not Hindsight(eyes, None).needs(live(raw, looked=True, tracks=(lost_track(raw),)))
    found = Hindsight(eyes, None).look(raw, live(raw, tracks=(lost_track(raw),)))
    eyes.close()
    assert isinstance(found.findings, Findings)
    assert found.findings.looked
    assert found.tracks[0].id == 7
    assert found.tracks[0].seen
    assert found.tracks[0].head == HEAD


def test_where_the_shop_was_not_known_yet_what_is_known_since_is_used() -> None:
    room, reference = learnt_room()
    raw = room.frame(Figure(BODY))
    eyes = desk(Eyes())
    found = Hindsight(eyes, reference.empty_shop()).look(raw, live(raw, changed=False))
    eyes.close()
    assert found.findings.changed is not None
    assert filled_share(found.findings.changed, BODY.grown(-0.02, -0.02)) > 0.99


def test_without_a_second_witness_a_blind_frame_stays_blind() -> None:
    room, reference = learnt_room()
    raw = room.frame(Figure(BODY))
    again = Hindsight(desk(), reference.empty_shop())
    assert not again.needs(live(raw, changed=False))
    assert again.look(raw, live(raw, changed=False)).findings.changed is None


def test_a_reference_of_another_shape_says_nothing() -> None:
    _, reference = learnt_room()
    other = Room(size=(320, 240)).frame()
    eyes = desk(Eyes())
    found = Hindsight(eyes, reference.empty_shop()).look(other, None)
    eyes.close()
    assert found.findings.changed is None
