"""All checks hold a generated execution of 100,000 travelers: the bench's figure ``checks``.

``python -m tests.scale`` prints what it took, as JSON.
"""

from __future__ import annotations

import inspect
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from noetl_acceptance.checks import (
    answers,
    cancelling,
    failure,
    faulty,
    ledger,
    log_findings,
    saturation,
    slowness,
    status,
    stub_answers,
)
from noetl_acceptance.checks.check_names import Check
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.evidence.drawing import draw
from noetl_acceptance.evidence.figures import peak_memory
from noetl_acceptance.evidence.ledger_difference import ledger_difference, whole
from noetl_acceptance.evidence.picture import picture_of
from noetl_acceptance.evidence.timeline import timeline
from noetl_acceptance.model.cancelled import Cancelled
from noetl_acceptance.model.fault import FaultInterval
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.request import Workload
from tests.properties.held import case_of
from tests.properties.runs import Shape
from tests.properties.used import checks_used

LARGE = Workload(seed_rows=100_000, batch_size=100, max_batches=1000)


def shape_of(workload: Workload) -> Shape:
    """Some travelers are asked again, and some stored as invalid."""
    travelers = workload.travelers
    return Shape(
        workload=workload,
        at_once=25,
        retried=frozenset(travelers[::97]),
        refused=dict.fromkeys(travelers[50::201], "status"),
    )


def judging(
    record: ExecutionRecord, held: Mapping[Check, tuple[Any, ...]]
) -> dict[Check, tuple[Any, ...]]:
    """Return all checks of executions that steps use, each with its arguments.

    Args:
        record: healthy; some checks, of what fails or is slow, have findings all the same.
        held: the checks that hold for it.
    """
    alone = {
        check: (record,) for check in checks_used() if parameters(check) == ["ExecutionRecord"]
    }
    return {
        **alone,
        **{check: (record, *more) for check, more in held.items()},
        answers.bad_answers_not_valid: (record,),
        failure.nothing_done: (record,),
        stub_answers.happened: (record,),
        ledger.all_answered: (record,),
        log_findings.quiet: ([record], [], [], []),
        slowness.costs_at_most: (record, record, 3.0),
        slowness.more_parallel: (record, record),
        status.side_by_side: ([record, record],),
        saturation.all_end_whole: ([record.model_copy(update={"workers": 1})] * 2,),
        cancelling.nothing_later: (_cancelled(record),),
        cancelling.nothing_left: (_cancelled(record),),
        cancelling.status_says_so: (_cancelled(record),),
        faulty.nothing_doubled: (_hit(record),),
        faulty.ended_in_time: (_hit(record),),
        faulty.loss_told: (_hit(record),),
        faulty.no_ghosts: (_hit(record), record.outcome),
        faulty.new_execution_whole: ([record], ""),
    }


def _cancelled(record: ExecutionRecord) -> ExecutionRecord:
    """Return an execution as cancelled at its first call, and not at all impressed by it."""
    at = record.outcome.calls[0].arrived
    stop = Cancelled(asked=at, answered=at, answer="{}")
    return record.model_copy(update={"cancelled": stop})


def _hit(record: ExecutionRecord) -> ExecutionRecord:
    """Return an execution as if a worker had been killed meanwhile."""
    at = record.started_at
    interval = FaultInterval(
        service="worker-1", action="killed", began=at, proof="gone", healed=at, healing="back"
    )
    return record.model_copy(update={"faults": (interval,)})


def parameters(check: Check) -> list[str]:
    """The types of a check's parameters, as they are written."""
    return [str(each.annotation) for each in inspect.signature(check).parameters.values()]


def evidence(record: ExecutionRecord) -> dict[Callable[..., Any], tuple[Any, ...]]:
    """What is written of each execution."""
    return {timeline: (record,), _difference: (record,), _picture: (record,)}


def _difference(record: ExecutionRecord) -> list[str]:
    return whole(ledger_difference(record))


def _picture(record: ExecutionRecord) -> str:
    return draw(picture_of(record), name="large", title="large")


def seconds_of(what: Mapping[Callable[..., Any], tuple[Any, ...]]) -> Iterator[tuple[str, float]]:
    """Yield the name of each, and the seconds of the processor that it takes."""
    for function, arguments in what.items():
        began = time.process_time()
        with suppress(NotJudgedError):
            function(*arguments)
        yield function.__name__, time.process_time() - began


def main() -> int:
    case = case_of(shape_of(LARGE))
    made = peak_memory()
    checks = dict(seconds_of(judging(case.subject, case.held)))
    written = dict(seconds_of(evidence(case.subject)))
    longest = sorted({**checks, **written}.items(), key=lambda each: -each[1])[:10]
    print(
        json.dumps(
            {
                "checks": sum(checks.values()),
                "evidence": sum(written.values()),
                "record_bytes": made,
                "peak_bytes": peak_memory(),
                "longest": {name: round(seconds, 2) for name, seconds in longest},
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
