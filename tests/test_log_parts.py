"""Logs are read in parts: none is in memory as a whole, and nothing of it is lost."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.evidence.figures import peak_memory
from noetl_acceptance.sandbox import log_files
from noetl_acceptance.sandbox.log_files import LARGE, PART, file_in_parts, joined, last_lines, save

MIB = 1024 * 1024
LINE = b"2026-11-24 23:47:16.017 UTC [18] LOG:  " + b"x" * 200 + b"\n"


@given(st.lists(st.binary(max_size=20)))
def test_chunks_are_joined_to_parts_of_whole_lines(chunks: list[bytes]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_files, "PART", 8)
        parts = list(joined(chunks))
    assert b"".join(parts) == b"".join(chunks)
    assert all(part.endswith(b"\n") for part in parts[:-1])


@pytest.mark.parametrize("count", [1, 5, 400, 5000])
def test_the_last_lines_are_those_of_the_whole_log(count: int, tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    written = [f"line {number} {'x' * 100}" for number in range(2000)]
    log.write_text("".join(f"{line}\n" for line in written))
    assert last_lines(log, count) == written[-count:]


def test_a_large_log_is_saved_part_by_part(tmp_path: Path) -> None:
    log = tmp_path / "raw.log"
    log.write_bytes(LINE * (24 * MIB // len(LINE)))
    assert log.stat().st_size > LARGE
    assert max(map(len, file_in_parts(log))) < PART + len(LINE)
    tracemalloc.start()
    try:
        save(tmp_path, "server", file_in_parts(log), ["s3cret"])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * PART
    assert (tmp_path / "server.log.gz").exists()


def test_the_peak_of_memory_is_in_bytes() -> None:
    assert peak_memory() >= 0.9 * psutil.Process().memory_info().rss
    assert peak_memory() < psutil.virtual_memory().total


def test_a_log_is_read_only_as_far_as_it_is_asked_for(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_bytes(LINE * (3 * PART // len(LINE)))
    parts: Iterator[str] = file_in_parts(log, start=len(LINE))
    assert next(parts).startswith(LINE[:20].decode())
    assert sum(map(len, parts)) < 3 * PART - PART
