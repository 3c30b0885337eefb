"""Measures how fast the suite itself is: the figures of docs/performance.md."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from noetl_acceptance.errors import SandboxError, SuiteError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.measure.behave_run import behave_run
from noetl_acceptance.measure.bench_table import HEAD, PAGE, Row, machine, require_places, with_rows
from noetl_acceptance.measure.releases import RELEASES, ReleaseRow, keep, measure_releases
from noetl_acceptance.measure.time_spent import lanes_rows
from noetl_acceptance.options import Settings, load_settings
from noetl_acceptance.orchestration.behave_processes import behave_command, without_options
from noetl_acceptance.places import ROOT
from noetl_acceptance.sandbox import open_sandbox, subprocesses
from noetl_acceptance.sandbox.builds.asked import build_of
from noetl_acceptance.sandbox.builds.contained import contained
from noetl_acceptance.sandbox.builds.images import ensure_images
from noetl_acceptance.sandbox.containers.compose import ComposeSandbox
from noetl_acceptance.sandbox.managed import OwnSandbox
from noetl_acceptance.sandbox.protocol import RunFolder
from noetl_acceptance.sandbox.user_environment import of_docker
from noetl_acceptance.support.console import Console

_QUIET = Console(quiet=True)

_SMOKE_IN_LANES = {"embedded": "55 s", "compose": "–"}
_DEFAULT_SET_IN_LANES = {"embedded": "300 s", "compose": "360 s"}
"""The most that these take by their targets, with as many lanes as two cores carry."""


def bench(
    kinds: Sequence[str],
    runs: int,
    console: Console,
    *,
    only: Sequence[str],
    write: bool,
) -> None:
    """Measure each kind of sandbox and print the table.

    Args:
        kinds: ``compose``, ``embedded``.
        runs: how often each figure is taken; what takes long is run once whatever this says.
        console: tells what is measured.
        only: what is measured, keys of ``PARTS``.
        write: also put the rows into docs/performance.md, each part's as soon as it is measured,
            and the seconds by release into docs/seconds.json.

    Raises:
        AcceptanceError: a sandbox did not come up, what was run was not green, or the rows cannot
            be put into the page. What was measured until then is printed.
    """
    if write:
        require_places()
    rows: list[Row] = []
    try:
        for kind in kinds:
            for part in only:
                if part in _OF_NO_SANDBOX and kind != kinds[0]:
                    continue
                console.say(f"{kind}: {part}")
                with console.phase(f"{kind}: {part}"):
                    found = list(PARTS[part](kind, runs))
                rows += found
                if write:
                    PAGE.write_text(with_rows(PAGE.read_text(), machine(), found))
                    keep(kind, machine(), [row for row in found if isinstance(row, ReleaseRow)])
    finally:  # one part may have taken an hour, and the next one fail
        if rows:
            print("\n".join([machine(), "", *HEAD, *map(str, rows)]))


def _bring_up(kind: str, runs: int) -> Iterator[Row]:
    """Time the bring-up; for compose side by side with a bare ``docker compose up --wait``."""
    settings = load_settings({"sandbox": kind}, {})
    with tempfile.TemporaryDirectory(prefix="noetl-acceptance-bench-") as scratch:
        folders = (_folder(Path(scratch), number) for number in range(2 * runs + 1))
        _ready(settings, next(folders))  # the first one also makes what is kept between runs
        ours, bare = [], []
        for _ in range(runs):
            ours.append(_ready(settings, next(folders)))
            if kind == "compose":
                bare.append(_bare_compose(settings, next(folders)))
        if kind == "embedded":
            yield Row("embedded, warm: from start to ready", "8 s", ours)
            return
        yield Row("compose, warm: from start to ready", "–", ours)
        yield Row("compose: bare `docker compose up --wait`", "–", bare)
        ratios = [mine / other for mine, other in zip(ours, bare, strict=True)]
        yield Row("compose: ours / bare", "1.15", ratios, "{:.2f}")


def _attach(kind: str, runs: int) -> Iterator[Row]:
    """Time how long behave takes to the first step of a scenario on a sandbox that is up."""
    with tempfile.TemporaryDirectory(prefix="noetl-acceptance-bench-") as scratch:
        folder = _folder(Path(scratch), 0)
        settings = load_settings({"sandbox": kind}, {})
        sandbox = cast(OwnSandbox, open_sandbox(settings, folder, _QUIET))
        try:
            sandbox.keep()
            begun = [_first_step(folder.sandbox_id, Path(scratch) / f"r{n}") for n in range(runs)]
        finally:
            sandbox.take_down()
    yield Row(f"{kind}, kept: from behave's start to the first step", "2 s", begun, "{:.2f} s")


def _first_step(sandbox_id: str, runs: Path) -> float:
    asked = (
        "-D",
        f"attach={sandbox_id}",
        "features/smoke.feature",
        "--name=The parent playbook has the",
    )
    began = time.time()
    command = behave_command("attach", runs, *asked)
    done = subprocesses.run(command, seconds=600, environment=without_options(), folder=ROOT)
    if done.returncode != 0:
        raise SuiteError("behave on a kept sandbox is not green", "", done.stderr[-2000:])
    return results.read(next(runs.iterdir()))[0].began - began


def _folder(scratch: Path, number: int) -> RunFolder:
    folder = RunFolder(f"bench-{os.getpid()}-{number}", scratch / str(number))
    folder.logs.mkdir(parents=True)
    return folder


def _ready(settings: Settings, folder: RunFolder) -> float:
    sandbox = open_sandbox(settings, folder, _QUIET)
    sandbox.close()
    return sandbox.ready_seconds


def _bare_compose(settings: Settings, folder: RunFolder) -> float:
    sandbox = ComposeSandbox(settings, folder, _QUIET)
    try:
        build = build_of(settings.noetl, settings.noetl_worker)
        command = sandbox.prepare(ensure_images(build, _QUIET), contained(build, _QUIET))
        began = time.monotonic()
        done = subprocesses.run(
            [*command, "up", "--detach", "--wait"], seconds=300, environment=of_docker()
        )
        if done.returncode != 0:
            raise SandboxError("a bare docker compose up failed", "", done.stderr[-2000:])
        return time.monotonic() - began
    finally:
        sandbox.close()


def _smoke(kind: str, runs: int) -> list[Row]:
    measured, several = [], []
    for _ in range(runs):
        measured.append(behave_run(kind, "-D", "lanes=1", "features/smoke.feature"))
        several.append(behave_run(kind, "-D", "lanes=auto", "features/smoke.feature"))
    overhead = {"embedded": "15 s", "compose": "25 s"}[kind]
    return [
        Row(
            f"{kind}: from the terminal event to the verdict",
            "0.5 s",
            _verdicts(measured),
            "{:.2f} s",
        ),
        Row(
            f"{kind}: CPU of behave's process / wall",
            "10 %",
            [100 * run.cpu / run.wall for run in measured],
            "{:.1f} %",
        ),
        Row(
            f"{kind}: smoke feature, beyond the executions' own durations",
            overhead,
            [run.overhead for run in measured],
        ),
        *lanes_rows(f"{kind}: smoke feature", _SMOKE_IN_LANES[kind], measured, several),
    ]


def _full_scale(kind: str, runs: int) -> list[Row]:
    return full_scale_rows(
        kind, [behave_run(kind, "features/full_scale.feature") for _ in range(runs)]
    )


def full_scale_rows(kind: str, measured: Sequence[Figures]) -> list[Row]:
    """Return the figures of the full-scale feature, whose scenarios share one execution.

    Args:
        kind: of sandbox.
        measured: one for each run of the feature.
    """
    durations = [sum(each.duration for each in run.executions) for run in measured]
    ratios = [
        (run.wall - run.ready) / duration for run, duration in zip(measured, durations, strict=True)
    ]
    return [
        Row(f"{kind}: full scale, the execution's own duration", "130 s", durations),
        Row(f"{kind}: full scale, wall without bring-up / that duration", "1.1", ratios, "{:.2f}"),
        Row(
            f"{kind}: full scale, from the terminal event to the verdict",
            "0.5 s",
            _verdicts(measured),
            "{:.2f} s",
        ),
        *_evidence(f"{kind}: full scale", "10 MB", measured),
    ]


def _evidence(what: str, most: str, measured: Sequence[Figures]) -> list[Row]:
    shares = [100 * run.evidence / run.wall for run in measured]
    sizes = [run.size / 1e6 for run in measured]
    return [
        Row(f"{what}, time spent on evidence / wall", "3 %", shares, "{:.1f} %"),
        Row(f"{what}, the run's folder", most, sizes, "{:.1f} MB"),
    ]


def _default_set(kind: str, _runs: int) -> Iterator[Row]:
    """Run all features in one lane and in as many as the machine carries."""
    yield from _all_features(kind, RELEASES[0])


def _generations(kind: str, _runs: int) -> Iterator[Row]:
    """Run all features likewise on the other generations of NoETL."""
    for noetl in RELEASES[1:]:
        yield from _all_features(kind, noetl)


def _all_features(kind: str, noetl: str) -> Iterator[Row]:
    """Run all features but those about faults: these take longer than all others together."""
    asked = ("-D", f"noetl={noetl}", "--tags=not @fault and not @scale and not @wip")
    one = behave_run(kind, "-D", "lanes=1", *asked)
    several = behave_run(kind, "-D", "lanes=auto", *asked)
    what = f"{kind}: default set without faults on {noetl}"
    yield from lanes_rows(what, _DEFAULT_SET_IN_LANES[kind], [one], [several])
    yield from _evidence(f"{what}, one lane", "–", [one])


def _scale(kind: str, _runs: int) -> list[Row]:
    """Run 10,000 travelers; what behave's own process needs for them."""
    run = behave_run(kind, "--tags=@scale", "features/full_scale.feature")
    what = f"{kind}: 10,000 travelers"
    verdicts = _verdicts([run])[-1:]  # of the feature's last execution
    return [
        Row(f"{what}, wall", "–", [run.wall]),
        Row(f"{what}, from the terminal event to the verdict", "2 s", verdicts, "{:.2f} s"),
        Row(f"{what}, memory of behave's process", "400 MB", [run.memory / 1e6], "{:.0f} MB"),
    ]


def _checks(_kind: str, _runs: int) -> list[Row]:
    """Hold a generated execution of 100,000 travelers against all checks, on one core."""
    done = subprocesses.run([sys.executable, "-m", "tests.scale"], seconds=1800, folder=ROOT)
    if done.returncode != 0:
        raise SuiteError("the checks of a large record failed", "", done.stderr[-2000:])
    return checks_rows(json.loads(done.stdout))


def checks_rows(measured: Mapping[str, Any]) -> list[Row]:
    """Return the figures of a generated execution of 100,000 travelers in 1,000 batches.

    Args:
        measured: what ``tests.scale`` prints.
    """
    what = "checks: 100,000 travelers in 1,000 batches"
    return [
        Row(f"{what}, all checks that steps use", "60 s", [measured["checks"]]),
        Row(f"{what}, timeline, difference and picture", "–", [measured["evidence"]]),
        Row(f"{what}, memory with the record", "–", [measured["peak_bytes"] / 1e6], "{:.0f} MB"),
    ]


def _verdicts(measured: Sequence[Figures]) -> list[float]:
    return [e.verdict for run in measured for e in run.executions if e.verdict is not None]


PARTS: dict[str, Callable[[str, int], Iterable[Row]]] = {
    "bring-up": _bring_up,
    "attach": _attach,
    "smoke": _smoke,
    "full-scale": _full_scale,
    "releases": measure_releases,
    "default-set": _default_set,
    "generations": _generations,
    "scale": _scale,
    "checks": _checks,
}
"""What can be measured: from the kind of sandbox, and how often, to its rows."""

_OF_NO_SANDBOX = ("checks",)
"""What is the same for each kind of sandbox, and measured once."""
