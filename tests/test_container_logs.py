"""What a container has logged since the last time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from docker.models.containers import Container
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.sandbox.container_logs import FIRST_LINES, new_lines


@dataclass
class Logged:
    """A container whose log has so many lines; notes how many were asked for."""

    count: int
    asked: list[int] = field(default_factory=list)

    def logs(self, *, timestamps: bool, tail: int) -> bytes:
        assert timestamps
        self.asked.append(tail)
        first = max(0, self.count - tail)
        return "".join(f"{stamp(n)} line {n}\n" for n in range(first, self.count)).encode()


def stamp(number: int) -> str:
    return f"2026-11-26T00:00:00.{number:09}Z"


@given(st.integers(0, 10 * FIRST_LINES), st.data())
def test_all_that_is_new_is_read_and_nothing_else(count: int, data: st.DataObject) -> None:
    known = data.draw(st.integers(0, count))
    last = stamp(known - 1) if known else ""
    found = new_lines(cast(Container, Logged(count)), last)
    assert found == [(stamp(n), f"line {n}") for n in range(known, count)]


def test_what_is_known_is_not_read_again_from_the_start() -> None:
    long = Logged(100 * FIRST_LINES)
    new_lines(cast(Container, long), stamp(long.count - 3))
    assert long.asked == [FIRST_LINES]
