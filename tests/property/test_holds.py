"""Whatever is preserved, extended, ended, in whatever order, while time goes by and things are swept: what is held survives."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.clock import ManualClock
from agent.vault.retention import DAY_S, sweep
from tests.stored import UTC, hold, incident, keep_clip, opened, sealed_offer
from tests.unit.vault.test_retention import Limits

INCIDENTS = (1, 2, 3)
number = st.sampled_from(INCIDENTS)
act = st.one_of(
    st.tuples(st.just("preserve"), number, st.integers(1, 90)),
    st.tuples(st.just("end"), number, st.just(0)),
    st.tuples(st.just("wait"), st.just(0), st.integers(1, 60)),
    st.tuples(st.just("short"), st.just(0), st.just(0)),
)


@settings(max_examples=12)
@given(acts=st.lists(act, min_size=4, max_size=14))
def test_what_is_held_survives_and_what_is_not_goes_in_time(acts: list[tuple[str, int, int]]) -> None:
    """Against a model of three incidents, each with its clip and its sealed original."""
    clock = ManualClock(UTC)
    held = dict.fromkeys(INCIDENTS, 0.0)
    there = set(INCIDENTS)
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder), clock) as vault:
        for one in INCIDENTS:
            keep_clip(vault, one)
            vault.store_sealed(sealed_offer(number=one))
        for what, one, days in acts:
            if what == "preserve" and one in there:
                held[one] = clock.utc() + days * DAY_S
                vault.preserve(hold(incident(one).id, held[one]))
            elif what == "end" and held.get(one, 0.0) > clock.utc():
                held[one] = 0.0
                vault.end_preservation(incident(one).id, "더 필요 없음", "점주")
            elif what == "wait":
                clock.advance(days * DAY_S)
            limits = Limits(max_gb=1e-9) if what == "short" else Limits()
            sweep(vault, limits, clock)
            age = clock.utc() - UTC
            old = age > (DAY_S + 10 if what == "short" else 30 * DAY_S + 10)
            there -= {each for each in there if old and held[each] <= clock.utc()}
            for each in INCIDENTS:
                row = vault.incident(incident(each).id)
                assert row is not None
                assert (bool(row.clips), bool(vault.sealed(row.id))) == (each in there,) * 2
            assert {row.id for row in vault.held()} == {incident(n).id for n in INCIDENTS if held[n] > clock.utc()}
