"""What a container has logged since the last time."""

from __future__ import annotations

from collections.abc import Iterator
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

    def logs(self, *, stream: bool, follow: bool, timestamps: bool, tail: int) -> Iterator[bytes]:
        assert (stream, follow, timestamps) == (True, False, True)
        self.asked.append(tail)
        first = max(0, self.count - tail)
        return (f"{stamp(n)} line {n}\n".encode() for n in range(first, self.count))


def stamp(number: int) -> str:
    return f"2026-11-26T00:00:00.{number:09}Z"


@given(st.integers(0, 10 * FIRST_LINES), st.data())
def test_all_that_is_new_is_read_and_nothing_else(count: int, data: st.DataObject) -> None:
    known = data.draw(st.integers(0, count))
    last = stamp(known - 1) if known else ""
    found = list(new_lines(cast(Container, Logged(count)), last))
    assert "".join(text for _, text in found) == "".join(f"line {n}\n" for n in range(known, count))
    assert [at for at, _ in found[-1:]] == [stamp(count - 1)] * (known < count)


def test_what_is_known_is_not_read_again_from_the_start() -> None:
    long = Logged(100 * FIRST_LINES)
    list(new_lines(cast(Container, long), stamp(long.count - 3)))
    assert long.asked == [FIRST_LINES]
