"""In which zone the times of events are, told from when their execution went on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.noetl.zones import require_shift, shift_of, told

ASKED = 1_700_000_000.0
INDIA, NEPAL, NEWFOUNDLAND = 5.5 * 3600, 5.75 * 3600, -3.5 * 3600


class Database:
    """A connection to a database whose time zone somebody has set."""

    def __init__(self, source: str) -> None:
        self._source = source

    def execute(self, _query: str) -> Database:
        return self

    def fetchone(self) -> tuple[str, ...]:
        return ("Asia/Kolkata", self._source, "noetl", "demo")


def refused(times: list[float], source: str = "database") -> str:
    database: Any = Database(source)
    with pytest.raises(SandboxError) as error:
        require_shift(database, times, ASKED, ASKED + 60)
    return str(error.value)


@given(
    quarters=st.integers(-48, 56),
    after=st.lists(st.floats(0, 5000), max_size=20),
    late=st.floats(-1, 5),
)
def test_one_zone_is_found_however_long_the_execution_took(
    quarters: int, after: list[float], late: float
) -> None:
    shift = quarters * 900.0
    times = [ASKED + late + shift, *(ASKED + 5 + shift + each for each in after)]
    now = ASKED + 5 + max([0.0, *after])
    assert shift_of(times, ASKED, now) == shift


@given(
    zones=st.lists(st.integers(-48, 56), min_size=2, max_size=4, unique=True),
    seconds=st.floats(1, 600),
)
def test_several_zones_fit_no_shift(zones: list[int], seconds: float) -> None:
    times = [ASKED + 0.5 + zone * 900 for zone in zones]
    assert shift_of(times, ASKED, ASKED + seconds) is None


def test_no_event_is_shifted_by_nothing() -> None:
    assert shift_of([], ASKED, ASKED) == 0


def test_sessions_of_two_zones_are_refused_with_both_and_the_setting() -> None:
    text = refused([ASKED + 1, ASKED + 2, ASKED + 3 + INDIA])
    assert "2 events in UTC, 1 event in UTC+05:30" in text
    assert "the zone Asia/Kolkata, set by ALTER DATABASE noetl" in text


@pytest.mark.parametrize(
    ("source", "setter"),
    [
        ("user", "ALTER ROLE demo"),
        ("database user", "ALTER ROLE demo IN DATABASE noetl"),
        ("client", "PGTZ of the suite's own environment"),
        ("configuration file", "Postgres's configuration file"),
    ],
)
def test_whose_setting_it_is_is_told(source: str, setter: str) -> None:
    assert f"set by {setter}" in refused([ASKED, ASKED + INDIA], source)


def test_zones_are_named_by_their_distance() -> None:
    times = [ASKED + NEPAL, ASKED + NEWFOUNDLAND, ASKED + 400]
    assert told(times, ASKED, ASKED + 60) == (
        "1 event in UTC+05:45, 1 event in UTC-03:30, "
        "1 event at a time that no zone explains (do the clocks differ?)"
    )
