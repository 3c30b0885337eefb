"""What NoETL itself says: the summary, the status, the answer to the request."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from noetl_acceptance.checks import answers, status, stub_answers, summary
from noetl_acceptance.checks.check_names import Check
from noetl_acceptance.model.record import ExecutionRecord
from tests.properties.cases import Case, Damage, Draw, Hit, Tells, by_nobody
from tests.properties.damages.children import is_, with_events
from tests.properties.strategies import runs

ABSENT = "absent"


def say(path: str) -> Callable[[Draw, Case], Hit]:
    """Return the damage that the summary has another value at a path, or none."""
    *outer, last = path.split(".")

    def harm(draw: Draw, case: Case) -> Hit:
        said = copy.deepcopy(summary.find_summary(case.subject))
        target: Any = said
        for key in outer:
            target = target[key]
        right = target[last]
        others = [None, "", "failed", 77, "77", True, [right], ABSENT]
        target[last] = draw(st.sampled_from([*others, *_near(right)]))
        if target[last] == ABSENT and last != "expected_rows":  # that one tells a summary by itself
            del target[last]
        return Hit(_summarized(case, said))

    return harm


def _near(right: Any) -> list[Any]:
    return [right + 1, right - 1, str(right + 1)] if isinstance(right, int) else []


def _summarized(case: Case, result: Any) -> Case:
    return with_events(
        case,
        lambda e: [
            e.model_copy(update={"result": result}) if is_(e, 0, "step.exit", "summarize") else e
        ],
    )


def say_nothing(draw: Draw, case: Case) -> Hit:
    if draw(st.booleans()):
        return Hit(with_events(case, lambda e: [] if e.node_name == "summarize" else [e]))
    other = draw(st.sampled_from([None, {}, {"data": {}}, {"error": "no such column"}, "done"]))
    return Hit(_summarized(case, other))


def statuses(
    change: Callable[[Draw, ExecutionRecord], Sequence[Any]],
) -> Callable[[Draw, Case], Hit]:
    return lambda draw, case: Hit(case.with_fields(statuses=tuple(change(draw, case.subject))))


def over_early(draw: Draw, record: ExecutionRecord) -> list[Any]:
    """Have the first status tell an end, just before it or long before."""
    first, last = record.statuses
    over = draw(
        st.sampled_from(
            [
                {"completed": True},
                {"failed": True},
                {"completed": True, "failed": True},
            ]
        )
    )
    before = draw(st.sampled_from([0.0001, 0.1, 2.0]))
    return [first.model_copy(update={"at": record.ended_at - before, **over}), last]


def never_over(_: Draw, record: ExecutionRecord) -> list[Any]:
    first, last = record.statuses
    return [first, last.model_copy(update={"completed": False})]


def over_failed(_: Draw, record: ExecutionRecord) -> list[Any]:
    first, last = record.statuses
    return [first, last.model_copy(update={"failed": True})]


def not_asked(draw: Draw, record: ExecutionRecord) -> list[Any]:
    return list(draw(st.sampled_from([(), record.statuses[:1]])))


def answer_otherwise(draw: Draw, case: Case) -> Hit:
    answers_ = [{}, {"execution_id": None}, {"execution_id": "1001"}, {"id": "1000"}]
    return Hit(case.with_fields(answer=draw(st.sampled_from(answers_))))


def there_before(_: Draw, case: Case) -> Hit:
    return Hit(case.with_fields(there_before=True))


def end_otherwise(draw: Draw, case: Case) -> Hit:
    ends = st.sampled_from(["playbook.failed", "command.failed"])
    return Hit(case.with_fields(end=draw(ends)))


SAYS: Mapping[str, tuple[Check, ...]] = {
    "status": (summary.summary_is,),
    "execution.batch_worker_iterations": (summary.summary_is, summary.rounds_ran),
    "data.expected_rows": (summary.summary_is, summary.agrees_with_table),
    "data.stored_rows": (summary.summary_is, summary.agrees_with_table),
    "data.missing_rows": (summary.summary_is, summary.agrees_with_table),
}
"""Who reads what of the summary."""


UNTOLD: Tells = {stub_answers.missing_told: by_nobody("missing-untold")}


IN_TIME = status.completed_in_time


DAMAGES = [
    *(
        Damage(
            f"the summary is wrong about {path}",
            runs(),
            say(path),
            {
                **{check: by_nobody("summary") for check in checks},
                **(UNTOLD if path == "data.missing_rows" else {}),
            },
        )
        for path, checks in SAYS.items()
    ),
    Damage(
        "there is no summary",
        runs(),
        say_nothing,
        {
            summary.summary_is: by_nobody("no-summary"),
            summary.agrees_with_table: by_nobody("no-summary"),
            summary.rounds_ran: by_nobody("no-summary"),
            **UNTOLD,
        },
    ),
    Damage(
        "the status tells the end early",
        runs(),
        statuses(over_early),
        {IN_TIME: by_nobody("status-early")},
    ),
    Damage(
        "the status never says completed",
        runs(),
        statuses(never_over),
        {IN_TIME: by_nobody("status-not-completed")},
    ),
    Damage(
        "the status says failed",
        runs(),
        statuses(over_failed),
        {IN_TIME: by_nobody("status-failed")},
    ),
    Damage(
        "the status does not answer after the end",
        runs(),
        statuses(not_asked),
        {IN_TIME: by_nobody("status-missing")},
    ),
    Damage("the run fails", runs(), end_otherwise, {IN_TIME: by_nobody("not-completed")}),
    Damage(
        "the answer has not the execution's id",
        runs(),
        answer_otherwise,
        {status.answered_with_id: by_nobody("execution-id")},
    ),
    Damage(
        "the answer's id is of an execution that had begun before",
        runs(),
        there_before,
        {status.answered_with_id: by_nobody("execution-id")},
    ),
    Damage(
        "no bad answer was given, where one must be",
        runs().map(lambda case: case.holding(answers.bad_answers_not_valid)),
        lambda _, case: Hit(case),
        {answers.bad_answers_not_valid: by_nobody("no-bad-answer")},
    ),
]
