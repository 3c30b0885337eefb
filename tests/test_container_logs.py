"""What a container has logged since the last time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any, Self, cast

from docker.models.containers import Container
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.sandbox.containers.logs import FIRST_LINES, new_lines


class Response:
    """The engine's answer: a log in pieces, cut anywhere on its way."""

    def __init__(self, lines: Iterable[str], cut: int) -> None:
        pieces = (line.encode() for line in lines)
        self._stream = b"".join(
            bytes([1, 0, 0, 0]) + len(piece).to_bytes(4) + piece for piece in pieces
        )
        self._cut = cut

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def raise_for_status(self) -> None:
        pass

    def iter_content(self, _size: int) -> Iterator[bytes]:
        for start in range(0, len(self._stream), self._cut):
            yield self._stream[start : start + self._cut]


class Logged:
    """A container whose log has so many lines; ``asked`` is how many were asked for."""

    id = "af01"

    def __init__(self, count: int, cut: int = 4096) -> None:
        self.count = count
        self.asked: list[int] = []
        self._cut = cut
        api = SimpleNamespace(
            base_url="http://engine", api_version="1.41", timeout=60, get=self.get
        )
        self.client = SimpleNamespace(api=api)

    def get(self, url: str, *, params: dict[str, Any], stream: bool, timeout: int) -> Response:
        assert (url, stream, timeout) == ("http://engine/v1.41/containers/af01/logs", True, 60)
        self.asked.append(params["tail"])
        first = max(0, self.count - params["tail"])
        lines = (f"{stamp(n)} line {n}\n" for n in range(first, self.count))
        return Response(lines, self._cut)


def stamp(number: int) -> str:
    return f"2026-11-26T00:00:00.{number:09}Z"


@given(st.integers(0, 10 * FIRST_LINES), st.data())
def test_all_that_is_new_is_read_and_nothing_else(count: int, data: st.DataObject) -> None:
    known = data.draw(st.integers(0, count))
    last = stamp(known - 1) if known else ""
    logged = Logged(count, data.draw(st.integers(1, 200)))
    found = list(new_lines(cast(Container, logged), last))
    assert "".join(text for _, text in found) == "".join(f"line {n}\n" for n in range(known, count))
    assert [at for at, _ in found[-1:]] == [stamp(count - 1)] * (known < count)


def test_what_is_known_is_not_read_again_from_the_start() -> None:
    long = Logged(100 * FIRST_LINES)
    list(new_lines(cast(Container, long), stamp(long.count - 3)))
    assert long.asked == [FIRST_LINES]
