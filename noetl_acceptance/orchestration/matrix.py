"""Runs the features on every sandbox that this machine can run, and compares."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from noetl_acceptance.conformance.release_results import record_run
from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.figures import FIGURES_FILE
from noetl_acceptance.evidence.run_verdict import WORDS, counted_words, summary
from noetl_acceptance.orchestration.behave_processes import end_with, on_sandbox, run_command, start
from noetl_acceptance.places import BASE, require_checkout
from noetl_acceptance.sandbox.containers.engine import compose_problem
from noetl_acceptance.sandbox.local.requirements import embedded_problem
from noetl_acceptance.verdict import exit_codes


def run_everywhere(
    only: Sequence[str],
    behave_arguments: Sequence[str],
    *,
    everywhere: bool = False,
    record: bool = False,
    lanes: int | None = None,
) -> int:
    """Run behave once on each sandbox: all features on the first, the quick ones on the others.

    Args:
        only: the kinds of sandbox to run on, each of which must be able to; empty for all that are.
        behave_arguments: handed on to behave.
        everywhere: run all features on each sandbox.
        record: whether each run becomes the record of its release and sandbox in docs/results;
            all features run then on each.
        lanes: how many sandboxes of a kind at once; None for as many as this machine carries.

    Returns:
        0 when every run passed, no sandbox lacked a scenario that it was to run, and what was to
        be recorded could be; 2 when an argument, an option or a file was wrong, and nothing else;
        else 1.

    Raises:
        UsageError: one of ``only``, or every sandbox, cannot run here; or there is no checkout to
            record in.
    """
    if record:
        require_checkout("`--record`")
    kinds = _kinds(only)
    stamp = time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(2)
    failed = refused = False
    lines: list[str] = []
    ran: dict[str, set[str]] = {}
    quick = () if everywhere or record else kinds[1:]
    for kind in kinds:
        folder = BASE / "runs" / f"acceptance-{stamp}-{kind}"
        chosen = [*(QUICK if kind in quick else ()), *behave_arguments]
        code = _run(kind, folder, ["-D", f"lanes={lanes or 'auto'}", *chosen])
        found = [result for run in sorted(folder.glob("*")) for result in results.read(run)]
        unusable = code == exit_codes.CODES["usage"]
        if unusable and not found and not ran:
            return code  # nothing has run, and behave has told why
        counts = Counter(result.verdict for result in found)
        bad = sum(counts[verdict] for verdict in exit_codes.FAILED)
        scenarios = [result for result in found if result.feature != results.THE_RUN]
        ran[kind] = {result.location for result in scenarios if result.verdict != "skipped"}
        passed = counts["passed"] + counts["deviates"]
        lines.append(
            f"acceptance-{kind}: {passed} passed, {bad} failed, {counts['skipped']} not judged"
        )
        if counts["deviates"]:
            known = counted_words(counts["deviates"], WORDS["deviates"])
            lines.append(f"of these, {known} in deviations/")
        lines += summary([result for result in found if result.verdict != "deviates"])
        refused |= unusable
        failed |= bad > 0 or not (unusable or (found and code in exit_codes.GREEN))
        if record:
            failed |= not _record(folder)
    print("\n".join(lines))
    for kind in kinds:
        wanted = ran[kinds[0]] if kind not in quick else set()
        missing = set.union(wanted, *(ran[other] for other in quick)) - ran[kind]
        if missing:
            failed = True
            print(f"not run on {kind}: {', '.join(sorted(missing))}")
    if failed:
        return 1
    return exit_codes.CODES["usage"] if refused else 0


def _run(kind: str, folder: Path, arguments: Sequence[str]) -> int:
    reports = ["--junit", "--junit-directory", str(folder / "junit")]
    command = run_command(*on_sandbox(kind, folder), *reports, *arguments)
    return end_with(start(command, BASE))


def _kinds(only: Sequence[str]) -> list[str]:
    kinds, remedies = [], []
    for kind, problem in (("compose", compose_problem()), ("embedded", embedded_problem())):
        if only and kind not in only:
            continue
        if problem is None:
            kinds.append(kind)
        elif only:
            raise UsageError(f"sandbox {kind} cannot run: {problem.cause}", problem.remedy)
        else:
            print(f"sandbox {kind} left out: {problem.cause}")
            remedies.append(problem.remedy)
    if not kinds:
        raise UsageError("no sandbox can run here", "; ".join(remedies))
    return kinds


def _record(folder: Path) -> bool:
    try:
        for run in folder.glob(f"*/{FIGURES_FILE}"):
            print(f"recorded: {record_run(run.parent)}")
    except UsageError as error:
        print(f"not recorded: {error}")
        return False
    return True


QUICK = ("--tags=@quick",)
"""Selects the scenarios that every sandbox must run each time."""
