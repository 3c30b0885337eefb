"""Records on disk: written in parts, read as they were."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given

from noetl_acceptance.evidence import store
from tests.properties.cases import Case
from tests.properties.strategies import healthy
from tests.runs import healthy_run


@given(healthy())
def test_a_record_in_parts_is_the_record(case: Case) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "_PART", 1000)
        parts = list(store.in_parts(case.subject))
    assert json.loads("".join(parts)) == json.loads(case.subject.model_dump_json())
    assert len(parts) > 2


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = healthy_run()
    folder = tmp_path / store.EXECUTIONS
    store.write_record(run, folder)
    first = next(folder.iterdir()).read_bytes()
    store.write_record(run, folder)
    assert next(folder.iterdir()).read_bytes() == first
    assert store.read_executions(tmp_path) == {run.execution_id: run}


def test_a_record_that_cannot_be_written_leaves_no_half_of_it(tmp_path: Path) -> None:
    def pieces() -> Iterator[str]:
        yield "{"
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        store.write_packed(pieces(), tmp_path / "1.json.gz")
    assert not any(tmp_path.iterdir())
