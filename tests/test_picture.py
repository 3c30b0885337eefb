"""The picture of an execution: its geometry, and how it is drawn."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.checks.calls import peak_in_flight
from noetl_acceptance.evidence.drawing import LEFT, PLOT, draw, ticks
from noetl_acceptance.evidence.picture import MOST_MARKS, in_flight, picture_of, thinned
from noetl_acceptance.model.record import Call, ExecutionRecord
from noetl_acceptance.model.services import LogError, ServiceChange
from tests.reports import changed_outcome, parallel_run
from tests.runs import healthy_run
from tests.test_recorded import recorded

CALL = healthy_run().outcome.calls[0]
MOST_BYTES = 60_000


def drawn(record: ExecutionRecord) -> str:
    return draw(picture_of(record), name="picture", title=record.label)


def elements(svg: str, kind: str) -> list[ET.Element]:
    """The elements of a class, as an XML parser sees them."""
    root = ET.fromstring(svg)  # noqa: S314 - drawn above
    return [each for each in root.iter() if kind in each.get("class", "").split()]


@st.composite
def journals(draw: st.DrawFn) -> list[Call]:
    """Calls on a coarse clock, so that many begin and end together; some are still open."""
    times = st.integers(0, 40)
    found = []
    for arrived, took in draw(st.lists(st.tuples(times, st.none() | times), max_size=60)):
        departed = None if took is None else float(arrived + took)
        found.append(CALL.model_copy(update={"arrived": float(arrived), "departed": departed}))
    return found


@given(journals(), st.integers(1, 20))
def test_the_highest_step_is_the_journals_peak_however_thin(
    calls: list[Call], columns: int
) -> None:
    steps = in_flight(calls)
    assert max((now for _, now in steps), default=0) == peak_in_flight(calls)
    thin = thinned(steps, 100.0, columns)
    assert max((now for _, now in thin), default=0) == peak_in_flight(calls)
    assert set(thin) <= set(steps)
    assert list(thin) == sorted(thin)
    assert thin[-1:] == tuple(steps[-1:])


@pytest.mark.parametrize(
    "record",
    [healthy_run(4, 4, 1), recorded("healthy"), parallel_run(), recorded("drops-one-row")],
    ids=["4 rows", "recorded", "20 × 100", "a lost row"],
)
def test_a_picture_has_each_batch_the_peak_and_the_rows(record: ExecutionRecord) -> None:
    picture = picture_of(record)
    assert [bar.batch for bar in picture.bars] == list(range(1, record.workload.max_batches + 1))
    assert picture.peak == peak_in_flight(record.outcome.calls)
    assert max(now for _, now in picture.flight) == picture.peak
    assert picture.rows[0] == (0.0, 0)
    assert picture.rows[-1] == (picture.ended, len(record.outcome.stored))
    times = [0.0, *(at for at, _ in picture.flight), *(at for at, _ in picture.rows)]
    assert all(0 <= at <= picture.seconds for at in times)
    svg = drawn(record)
    assert len(svg.encode()) < MOST_BYTES
    assert len(elements(svg, "batch")) == record.workload.max_batches


def test_bars_lie_on_the_clock_where_their_executions_went_on() -> None:
    run = recorded("healthy")
    picture = picture_of(run)
    for bar, box in zip(picture.bars, elements(drawn(run), "batch"), strict=True):
        left, width = float(box.attrib["x"]), float(box.attrib["width"])
        assert (left - LEFT) / PLOT * picture.seconds == pytest.approx(bar.start, abs=0.01)
        assert width / PLOT * picture.seconds == pytest.approx(bar.end - bar.start, abs=0.01)


def spoilt(record: ExecutionRecord, answer: str = "status") -> ExecutionRecord:
    """Every call answered with a 500."""
    bad = {"status": 500, "answer": answer}
    calls = tuple(call.model_copy(update=bad) for call in record.outcome.calls)
    return changed_outcome(record, calls=calls)


def test_faults_are_marked_at_their_time() -> None:
    run = healthy_run(4, 4, 1)
    failure = run.events[-1].model_copy(
        update={"event_type": "call.error", "error": "no such <table>", "at": 105.0}
    )
    run = spoilt(run).model_copy(
        update={
            "events": (*run.events, failure),
            "services": (
                ServiceChange(at=99.5, service="worker-1", state="up"),
                ServiceChange(at=103.0, service="worker-1", state="exited 137"),
            ),
            "log_errors": (
                LogError(
                    at=104.0,
                    service="server",
                    traceback=True,
                    text="Traceback (most recent call last):\n  File x\nKeyError: 1\n",
                ),
                LogError(at=None, service="nats", traceback=False, text="no time"),
            ),
        }
    )
    marks = picture_of(run).marks
    told = {
        kind: [(m.start, m.texts[0]) for m in marks if m.kind == kind]
        for kind in {mark.kind for mark in marks}
    }
    assert sum(mark.count for mark in marks if mark.kind == "bad answers") == 4
    assert told["services"] == [(4.0, "worker-1 exited 137")]
    assert told["log errors"][0] == (5.0, "server: KeyError: 1")
    assert "no such <table>" in told["failure events"][0][1]
    svg = drawn(run)
    assert "no such <table>" not in svg
    assert "no such &lt;table&gt;" in svg


def test_many_faults_share_marks_and_are_counted() -> None:
    run = spoilt(parallel_run(), answer="other_traveler")
    marks = picture_of(run).marks
    assert len(marks) <= MOST_MARKS
    assert sum(mark.count for mark in marks) == 2000
    assert len(drawn(run).encode()) < MOST_BYTES


def test_an_execution_that_did_nothing_can_be_drawn() -> None:
    run = healthy_run(4, 4, 1)
    nothing = changed_outcome(run, calls=(), stored=(), source=()).model_copy(
        update={"events": (), "samples": (), "ended_at": run.started_at}
    )
    svg = drawn(nothing)
    assert elements(svg, "batch") == []
    assert re.search(r"0 worker executions in 0.0 s; at most 0 calls", svg)


@given(st.floats(0.001, 1e5))
def test_the_clock_has_few_round_numbers(seconds: float) -> None:
    numbers = ticks(seconds)
    assert 2 <= len(numbers) <= 10
    assert numbers[0] == 0
    assert numbers[-1] <= seconds * 1.001
