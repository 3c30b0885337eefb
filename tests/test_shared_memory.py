"""The shared memory of a killed Postgres is found by its key and number, and removed."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

import pytest

from noetl_acceptance.sandbox.local.shared_memory import (
    SEGMENTS,
    Segment,
    remove_segment,
    segment_of,
)

pytestmark = pytest.mark.skipif(not SEGMENTS.exists(), reason="the kernel tells of no segments")


@pytest.fixture
def segment() -> Segment:
    key = 0xF0000000 + os.getpid()  # with the highest bit, which the kernel tells as a sign
    number = ctypes.CDLL(None).shmget(key, 56, 0o1600)  # IPC_CREAT
    assert number >= 0
    return Segment(key, number)


def write(cluster: Path, segment: Segment) -> None:
    lines = ["1", str(cluster), "0", "5432", "", "127.0.0.1", f"{segment.key:9} {segment.number:9}"]
    (cluster / "postmaster.pid").write_text("\n".join([*lines, "ready", ""]))


def test_what_a_killed_server_has_left_is_removed(tmp_path: Path, segment: Segment) -> None:
    write(tmp_path, segment)
    assert segment_of(tmp_path) == segment
    assert segment.exists()
    remove_segment(tmp_path)
    assert not segment.exists()
    remove_segment(tmp_path)


def test_a_segment_of_another_key_is_somebody_elses(tmp_path: Path, segment: Segment) -> None:
    write(tmp_path, Segment(segment.key + 1, segment.number))
    remove_segment(tmp_path)
    assert segment.exists()
    write(tmp_path, segment)
    remove_segment(tmp_path)


@pytest.mark.parametrize("text", [None, "", "1\n2\n3\n4\n5\n6\nnothing known\n"])
def test_a_server_that_has_ended_in_order_has_left_nothing(
    tmp_path: Path, text: str | None
) -> None:
    if text is not None:
        (tmp_path / "postmaster.pid").write_text(text)
    assert segment_of(tmp_path) is None
    remove_segment(tmp_path)
