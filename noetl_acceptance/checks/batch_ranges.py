"""One worker execution for each batch window, and each keeps to its own window."""

from __future__ import annotations

from collections import Counter

from noetl_acceptance.checks.calls import require_travelers
from noetl_acceptance.checks.check_names import check
from noetl_acceptance.checks.history import Arrivals, batches_handled, children, side_by_side
from noetl_acceptance.model.findings import Finding, nothing_to_judge, travelers_of
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.wording import counted


@check("worker-execution-count")
def children_are(record: ExecutionRecord, count: int) -> list[Finding]:
    """The parent ran ``count`` worker executions, and each completed (C03)."""
    ran = children(record)
    batches = batches_handled(record, ran)
    found = []
    if len(ran) != count:
        handled = Counter(filter(None, batches))
        filled = [k for k in range(1, count + 1) if record.workload.window(k)]
        odd = {k for k in filled if handled and handled[k] != 1}
        empty = [k for k in range(1, count + 1) if k not in filled]
        found.append(
            Finding(
                "children",
                f"{counted(count, 'worker execution')} expected, {len(ran)} seen",
                batches=tuple(sorted(odd)) or tuple(empty),
            )
        )
    for number, (child, batch) in enumerate(zip(ran, batches, strict=True), start=1):
        if child.ending != "playbook.completed":
            found.append(
                Finding(
                    "child-not-completed",
                    f"worker execution {child.execution_id} ended with {child.ending}",
                    batches=(batch or number,),
                )
            )
    return found


@check("own-slice")
def own_slice(record: ExecutionRecord) -> list[Finding]:
    """A worker execution requests travelers of one batch, and all of them (C04).

    A call belongs to the worker execution during which it arrived.

    Raises:
        NotJudgedError: the pair's calls do not name their traveler.
    """
    require_travelers(record)
    requested: dict[int, set[int]] = {}
    ran = children(record)
    if side_by_side(ran):
        message = "worker executions went on side by side, so their slices cannot be told apart"
        return [Finding("slices-overlap", message)]
    found = nothing_to_judge(record, "worker executions", ran)
    arrivals = Arrivals(record.outcome.calls)
    for child, batch in zip(ran, batches_handled(record, ran), strict=True):
        if batch is None:
            continue
        seen = travelers_of(arrivals.calls[arrivals.during(child)])
        window = set(record.workload.window(batch))
        requested.setdefault(batch, set()).update(window.intersection(seen))
        if foreign := tuple(i for i in seen if i not in window):
            found.append(
                Finding(
                    "foreign-slice",
                    f"the worker execution of batch {batch} requested travelers of another batch",
                    foreign,
                    (batch,),
                )
            )
    for batch in range(1, record.workload.max_batches + 1):
        absent = set(record.workload.window(batch)) - requested.get(batch, set())
        if absent:
            found.append(
                Finding(
                    "slice-not-requested",
                    f"travelers of batch {batch} were left out by its worker execution",
                    tuple(sorted(absent)),
                    (batch,),
                )
            )
    return found
