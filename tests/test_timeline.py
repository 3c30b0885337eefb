"""The timeline of an execution: everything that was recorded, once, on one clock."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

from hypothesis import given

from noetl_acceptance.evidence.timeline import FOLDER, Moment, timeline, write_timeline
from noetl_acceptance.model.fault import FaultInterval
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.services import LogError, ServiceChange
from tests.runs import PARENT, healthy_run
from tests.test_checks import SIZES, change_call, change_row, with_stored
from tests.test_recorded import recorded

RUN = healthy_run()


def only(record: ExecutionRecord, source: str) -> list[Moment]:
    return [moment for moment in timeline(record) if moment.source == source]


@given(**SIZES)
def test_it_is_sorted_and_holds_every_event_and_every_call_once(**sizes: int) -> None:
    run = healthy_run(**sizes)
    moments = list(timeline(run))
    assert [m.at for m in moments] == sorted(m.at for m in moments)
    told = Counter((m.at, m.kind, m.execution_id) for m in moments if m.source == "engine")
    assert told == Counter((e.at, e.event_type, e.execution_id) for e in run.events)
    called = Counter((m.at, m.traveler) for m in moments if m.source == "call")
    assert called == Counter((c.arrived, c.traveler_id) for c in run.outcome.calls)
    assert not any(moment.fault for moment in moments)


def test_moments_belong_to_batches() -> None:
    batches = {m.execution_id: m.batch for m in timeline(RUN) if m.source == "engine"}
    assert batches == {PARENT: None, f"{PARENT}1": 1, f"{PARENT}2": 2, f"{PARENT}3": 3}
    assert {(m.traveler, m.batch) for m in only(RUN, "call")} == {
        (traveler, RUN.workload.batch_of(traveler)) for traveler in RUN.workload.travelers
    }


def test_a_bad_answer_and_a_failed_step_are_faults() -> None:
    refused = change_call(RUN, 3, answer="status", status=500)
    (bad,) = [moment for moment in only(refused, "call") if moment.fault]
    assert (bad.traveler, bad.batch) == (3, 1)
    assert bad.text == "GET for traveler 3: status (500) after 0.300 s"
    still_open = change_call(RUN, 3, answer="open", status=None, departed=None)
    (waits,) = [moment for moment in only(still_open, "call") if moment.fault]
    assert waits.text == "GET for traveler 3: open"
    failed = RUN.events[9].model_copy(update={"event_type": "call.error", "error": "no\nroute"})
    (told,) = [m for m in only(RUN.model_copy(update={"events": (failed,)}), "engine") if m.fault]
    assert told.text.endswith(": no route")


def test_a_traveler_out_of_range_belongs_to_no_batch() -> None:
    stray = change_call(RUN, 3, traveler_id=99)
    assert [m.batch for m in only(stray, "call") if m.traveler == 99] == [None]


def test_services_and_logs_are_faults_but_for_what_is_up() -> None:
    run = RUN.model_copy(
        update={
            "services": (
                ServiceChange(at=99.5, service="server", state="up"),
                ServiceChange(at=104.5, service="worker-1", state="exited 137"),
            ),
            "log_errors": (
                LogError(at=104.0, service="worker-1", traceback=True, text="Traceback\nKeyError"),
                LogError(at=None, service="nats", traceback=False, text="no time"),
            ),
        }
    )
    told = [(m.at, m.kind, m.fault) for m in timeline(run) if m.source in ("service", "log")]
    assert told == [
        (99.5, "up", False),
        (104.0, "traceback", True),
        (104.5, "exited 137", True),
        (run.ended_at, "error", True),
    ]


def test_a_fault_of_the_suites_is_told_when_it_is_made_and_when_it_is_healed() -> None:
    at = RUN.started_at + 1
    interval = FaultInterval(
        service="worker-2",
        action="killed",
        began=at,
        proof="worker-2 was ended by SIGKILL",
        healed=at + 3,
        healing="worker-2 was started again, and answers",
    )
    made, healed = only(RUN.model_copy(update={"faults": (interval,)}), "suite")
    assert (made.at, made.kind, made.fault) == (at, "made", True)
    assert made.text == "worker-2 killed: worker-2 was ended by SIGKILL"
    assert (healed.at, healed.kind, healed.fault) == (at + 3, "healed", False)


def test_rows_are_told_as_counted_and_by_their_own_time() -> None:
    run = change_row(RUN, 2, stored_at=105.25)
    rows = only(run, "rows")
    (own,) = [m for m in rows if m.kind == "stored"]
    assert (own.at, own.batch, own.text) == (105.25, 1, "1 row: 2")
    counts = [m.text for m in rows if m.kind == "counted"]
    assert counts == ["0 rows stored", "10 rows stored"]
    lost = with_stored(RUN, RUN.outcome.stored[1:])
    assert only(lost, "rows")[-1].text == "9 rows stored"


def test_it_is_written_as_json_lines(tmp_path: Path) -> None:
    run = recorded("healthy")
    moments = list(timeline(run))
    write_timeline(moments, run.execution_id, tmp_path)
    text = gzip.decompress((tmp_path / FOLDER / f"{run.execution_id}.jsonl.gz").read_bytes())
    assert [Moment.model_validate_json(line) for line in text.splitlines()] == moments
