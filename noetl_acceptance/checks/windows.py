"""One worker execution for each batch window, and each keeps to its own window."""

from __future__ import annotations

from noetl_acceptance.checks.findings import Finding, NotJudgedError
from noetl_acceptance.checks.history import children
from noetl_acceptance.run import Run


def children_are(run: Run, count: int) -> list[Finding]:
    """The parent ran ``count`` worker executions, and each completed (row 3)."""
    ran = children(run)
    found = []
    if len(ran) != count:
        found.append(Finding("children", f"{count} worker executions expected, {len(ran)} seen"))
    for number, child in enumerate(ran, start=1):
        if child.ending != "playbook.completed":
            found.append(
                Finding(
                    "child-not-completed",
                    f"worker execution {child.execution_id} ended with {child.ending}",
                    batches=(number,),
                )
            )
    return found


def own_slice(run: Run) -> list[Finding]:
    """The k-th worker execution requested travelers of batch k only (row 4).

    A call belongs to the worker execution during which it arrived.

    Raises:
        NotJudgedError: the pair's calls do not name their traveler.
    """
    if run.pair.names.call_traveler_id is None:
        raise NotJudgedError("the pair's calls do not name their traveler")
    found = []
    for number, child in enumerate(children(run), start=1):
        window = run.workload.window(number)
        until = child.ended if child.ended is not None else float("inf")
        seen = {
            call.traveler_id
            for call in run.outcome.calls
            if child.started <= call.arrived <= until and call.traveler_id is not None
        }
        foreign = tuple(sorted(seen - set(window)))
        if foreign:
            found.append(
                Finding(
                    "foreign-slice",
                    f"worker execution {number} requested travelers of another batch",
                    foreign,
                    (number,),
                )
            )
        absent = tuple(sorted(set(window) - seen))
        if absent:
            found.append(
                Finding(
                    "slice-not-requested",
                    f"worker execution {number} left out travelers of its batch",
                    absent,
                    (number,),
                )
            )
    return found
