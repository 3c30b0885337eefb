"""Runs the features on every sandbox that this machine can run, and compares."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from noetl_acceptance.conformance.release_results import record_run
from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.figures import FIGURES_FILE
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.evidence.run_verdict import WORDS, counted_words, summary
from noetl_acceptance.orchestration.behave_processes import end_with, on_sandbox, run_command, start
from noetl_acceptance.orchestration.run_parts import read_torn, selected_in
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
        else 1. A shard may be empty, and holds other scenarios on each sandbox.

    Raises:
        UsageError: one of ``only``, or every sandbox, cannot run here; or there is no checkout to
            record in.
    """
    if record:
        require_checkout("`--record`")
    kinds = _kinds(only)
    stamp = time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(2)
    failed = refused = sharded = False
    lines: list[str] = []
    ran: dict[str, set[str]] = {}
    quick = () if everywhere or record else kinds[1:]
    for kind in kinds:
        folder = BASE / "runs" / f"acceptance-{stamp}-{kind}"
        chosen = [*(QUICK if kind in quick else ()), *behave_arguments]
        code = _run(kind, folder, ["-D", f"lanes={lanes or 'auto'}", *chosen])
        found = [result for run in sorted(folder.glob("*")) for result in results.read(run)]
        shard = _is_shard(folder)
        sharded |= shard
        unusable = code == exit_codes.CODES["usage"]
        if unusable and not found and not ran:
            return code  # nothing has run, and behave has told why
        scenarios = [result for result in found if result.feature != results.THE_RUN]
        ran[kind] = {result.location for result in scenarios if result.verdict != "skipped"}
        lines += _lines(kind, found)
        refused |= unusable
        bad = any(result.verdict in exit_codes.FAILED for result in found)
        ended = unusable or (code in exit_codes.GREEN and bool(found or shard))
        if not (ended or bad):
            lines.append(f"{'' if found else 'no scenario ran, '}exit code {code}")
        failed |= bad or not ended
        if record:
            failed |= not _record(folder)
    print("\n".join(lines))
    if sharded and len(kinds) > 1:
        print("the sandboxes are not compared: a shard holds other scenarios on each")
    elif missing := _missing(kinds, quick, ran):
        failed = True
        print("\n".join(missing))
    if failed:
        return 1
    return exit_codes.CODES["usage"] if refused else 0


def _run(kind: str, folder: Path, arguments: Sequence[str]) -> int:
    reports = ["--junit", "--junit-directory", str(folder / "junit")]
    command = run_command(*on_sandbox(kind, folder), *reports, *arguments)
    return end_with(start(command, BASE))


def _lines(kind: str, found: Sequence[ScenarioResult]) -> list[str]:
    """Return what is said of the results on a sandbox: their numbers, then what did not pass."""
    counts = Counter(result.verdict for result in found)
    passed = counts["passed"] + counts["deviates"]
    bad = sum(counts[verdict] for verdict in exit_codes.FAILED)
    lines = [f"acceptance-{kind}: {passed} passed, {bad} failed, {counts['skipped']} not judged"]
    if counts["deviates"]:
        known = counted_words(counts["deviates"], WORDS["deviates"])
        lines.append(f"of these, {known} in deviations/")
    return lines + summary([result for result in found if result.verdict != "deviates"])


def _missing(
    kinds: Sequence[str], quick: Sequence[str], ran: Mapping[str, Collection[str]]
) -> list[str]:
    """Return a line for each sandbox that lacks scenarios: those of the first, or the quick ones.

    Args:
        kinds: the sandboxes, in their order.
        quick: those of them that run the quick scenarios alone.
        ran: where the scenarios stand that ran on each.
    """
    lines = []
    for kind in kinds:
        wanted = set() if kind in quick else set(ran[kinds[0]])
        if missing := wanted.union(*(ran[other] for other in quick)).difference(ran[kind]):
            lines.append(f"not run on {kind}: {', '.join(sorted(missing))}")
    return lines


def _is_shard(folder: Path) -> bool:
    """Whether what was run into a folder is a shard: a part of the scenarios, or none of them."""
    runs = (file.parent for file in folder.glob(f"*/{FIGURES_FILE}"))
    return bool(selected_in([read_torn(run, number) for number, run in enumerate(runs, start=1)]))


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
