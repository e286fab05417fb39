"""People whose track id switches stay one person; two people stay two."""

from agent.incidents.lineage import Lineage
from agent.settings import PeopleSettings
from tests.unit.incidents.acting import STEP_S, Actor, scene, stay


def followed(actors, until, lineage=None):
    lineage = lineage or Lineage(PeopleSettings())
    joined = ()
    for n in range(round(until / STEP_S) + 1):
        joined = lineage.joined(scene(n * STEP_S, actors).tracks, n * STEP_S)
    return lineage, joined


def ids(joined):
    return [track.id for track in joined]


def test_who_comes_out_from_behind_a_shelf_is_the_same_person():
    lineage, (track,) = followed([stay(1, 0, 10, 0.5), stay(2, 12, 30, 0.6)], 20)
    assert track.id == 1
    assert track.first_s == 0
    assert track.path[0].source_s == 0
    assert [p.source_s for p in track.path] == sorted(p.source_s for p in track.path)
    assert lineage.members(1) == (1, 2)


def test_a_new_id_beside_a_track_that_is_only_predicted_is_that_person():
    _, joined = followed([stay(1, 0, 14, 0.5, hidden=[(10, 14.5)]), stay(2, 11, 30, 0.55)], 12)
    assert ids(joined) == [1]
    assert joined[0].seen


def test_two_ids_in_sight_at_once_are_two_people():
    _, joined = followed([stay(1, 0, 30, 0.5), stay(2, 10, 30, 0.55)], 20)
    assert ids(joined) == [1, 2]


def test_a_hasty_link_is_undone_when_both_are_in_sight():
    actors = [stay(1, 0, 30, 0.5, hidden=[(10, 12)]), stay(2, 11, 30, 0.55)]
    lineage, joined = followed(actors, 11.5)
    assert ids(joined) == [1]
    lineage, joined = followed(actors, 13)
    assert ids(joined) == [1, 2]
    assert joined[1].first_s == 11
    assert lineage.members(1) == (1,)
    assert lineage.members(2) == (2,)


def test_too_late_too_far_or_of_another_size_is_somebody_else():
    assert ids(followed([stay(1, 0, 10), stay(2, 14, 30)], 20)[1]) == [2]
    assert ids(followed([stay(1, 0, 10, 0.1), stay(2, 11, 30, 0.9)], 20)[1]) == [2]
    assert ids(followed([stay(1, 0, 10, height=0.6), stay(2, 11, 30, height=0.2)], 20)[1]) == [2]


def test_two_people_lost_and_found_together_keep_their_own_pasts():
    actors = [stay(1, 0, 10, 0.3), stay(2, 2, 10, 0.5), stay(3, 11, 30, 0.48), stay(4, 11, 30, 0.33)]
    lineage, joined = followed(actors, 20)
    assert ids(joined) == [1, 2]
    assert lineage.members(1) == (1, 4)
    assert lineage.members(2) == (2, 3)


def test_several_switches_keep_the_first_id_and_the_whole_path():
    lineage, (track,) = followed([stay(1, 0, 10), stay(2, 11, 20), stay(3, 21, 40)], 30)
    assert (track.id, track.first_s) == (1, 0)
    assert lineage.members(1) == (1, 2, 3)
    assert len({p.source_s for p in track.path}) == len(track.path)
    assert sum(p.source_s < 11 for p in track.path) == 41


def test_an_old_id_that_returns_is_still_the_same_person():
    actors = [Actor(1, [(0, 0.5), (40, 0.5)], hidden=[(10, 20)]), stay(2, 11, 18)]
    _, (track,) = followed(actors, 30)
    assert track.id == 1


def test_whoever_is_gone_for_good_is_forgotten():
    lineage, joined = followed([stay(1, 0, 5), stay(2, 20, 40)], 30)
    assert ids(joined) == [2]
    assert lineage.members(1) == (1,)
    assert len(lineage._people) == 1
    assert len(lineage._root) == 1
