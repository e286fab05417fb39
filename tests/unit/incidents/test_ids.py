"""Incident ids sort by time, are safe file names and never come twice."""

import re

from agent.incidents.ids import IncidentIds
from tests.unit.incidents.acting import START_UTC


def test_an_id_names_time_camera_and_rule():
    assert IncidentIds()("till", "loitering", 1_795_293_371.9) == "20261121T203611Z-till-loitering-1"


def test_ids_in_the_same_second_are_counted():
    ids = IncidentIds()
    made = [ids("till", "staff_only", START_UTC + n / 10) for n in range(3)]
    assert [name[-1] for name in made] == ["1", "2", "3"]
    assert made == sorted(made)


def test_an_id_of_an_earlier_run_is_not_given_again():
    stored = {IncidentIds()("till", "camera", START_UTC)}
    assert IncidentIds(stored.__contains__)("till", "camera", START_UTC).endswith("-camera-2")


def test_ids_are_safe_file_names_and_sort_by_time():
    ids = IncidentIds()
    made = [ids("cam-2", "too_many", START_UTC + 7000.0 * n) for n in range(40)]
    assert made == sorted(made)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in made)
