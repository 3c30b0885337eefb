"""The wall clock is set, or the machine sleeps: both are noticed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from noetl_acceptance.support import clocks
from noetl_acceptance.support.clocks import ClockWatch


@pytest.mark.parametrize(
    ("wall", "monotonic", "counts_sleep", "moved"),
    [
        (10.0, 10.0, 10.0, 0.0),
        (310.0, 10.0, 310.0, 300.0),
        (10.0, 10.0, 310.0, 300.0),
        (8.0, 10.0, 10.0, -2.0),
        (310.0, 10.0, None, 300.0),
    ],
)
def test_how_far_the_clock_has_moved(
    monkeypatch: pytest.MonkeyPatch,
    wall: float,
    monotonic: float,
    counts_sleep: float | None,
    moved: float,
) -> None:
    shown = {"wall": 1e9, "monotonic": 5.0, "counts sleep": 7.0}
    told = SimpleNamespace(time=lambda: shown["wall"], monotonic=lambda: shown["monotonic"])
    if counts_sleep is not None:
        told.CLOCK_BOOTTIME, told.clock_gettime = 7, lambda _: shown["counts sleep"]
    monkeypatch.setattr(clocks, "time", told)
    watch = ClockWatch()
    assert watch.moved == 0.0
    shown["wall"] += wall
    shown["monotonic"] += monotonic
    shown["counts sleep"] += counts_sleep or 0.0
    assert watch.moved == pytest.approx(moved)


def test_a_quiet_machine_moves_no_clock() -> None:
    assert abs(ClockWatch().moved) < clocks.STEP_SECONDS
