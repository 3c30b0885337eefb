"""Measures how fast the suite itself is: the figures of docs/performance.md."""

from __future__ import annotations

import os
import platform
import re
import secrets
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import psutil

from noetl_acceptance.acceptance import behave_command, end_with
from noetl_acceptance.console import Console
from noetl_acceptance.errors import SandboxError, SuiteError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.figures import Figures, read_figures
from noetl_acceptance.sandbox import commands, open_sandbox
from noetl_acceptance.sandbox.compose import ComposeSandbox
from noetl_acceptance.sandbox.images import ensure_images
from noetl_acceptance.sandbox.noetl_build import NoetlBuild
from noetl_acceptance.sandbox.own import OwnSandbox
from noetl_acceptance.sandbox.protocol import RunFolder
from noetl_acceptance.sandbox.user_environment import of_docker
from noetl_acceptance.settings import ROOT, Settings, load_settings
from noetl_acceptance.wording import counted

_QUIET = Console(quiet=True)
PAGE = ROOT / "docs" / "performance.md"
_MEASURED = re.compile(r"(?<=<!-- measured -->\n)(.*?)\n\n(.*?)(?=<!-- /measured -->)", re.DOTALL)
_HEAD = (
    "| figure | target | min | median | max | runs | when |",
    "|---|---|---|---|---|---|---|",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what was measured, its values, how it is written, and the day."""

    figure: str
    target: str
    values: Sequence[float]
    form: str = "{:.1f} s"
    when: str = field(default_factory=lambda: time.strftime("%Y-%m-%d"))

    def __str__(self) -> str:
        values = (min(self.values), statistics.median(self.values), max(self.values))
        measured = [self.form.format(value) for value in values]
        cells = [self.figure, self.target, *measured, str(len(self.values)), self.when]
        return f"| {' | '.join(cells)} |"


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
        runs: how often each figure is taken; the default set is run once whatever this says.
        console: tells what is measured.
        only: what is measured, keys of ``PARTS``.
        write: also put the rows into docs/performance.md, each part's as soon as it is measured.

    Raises:
        AcceptanceError: a sandbox did not come up, or what was run was not green.
    """
    rows: list[Row] = []
    for kind in kinds:
        for part in only:
            console.say(f"{kind}: {part}")
            with console.phase(f"{kind}: {part}"):
                found = list(PARTS[part](kind, runs))
            rows += found
            if write:
                PAGE.write_text(with_rows(PAGE.read_text(), _machine(), found))
    print("\n".join([_machine(), "", *_HEAD, *map(str, rows)]))


def with_rows(page: str, machine: str, rows: Sequence[Row]) -> str:
    """Return docs/performance.md with rows put into its table.

    A row takes the place of the one of the same figure, and the others stay: but only if they were
    measured on the same machine, with the same NoETL, as figures of two do not compare.

    Args:
        page: its text.
        machine: the line above the table, for these rows.
        rows: what was measured.
    """
    found = _MEASURED.search(page)
    if found is None:
        raise SuiteError("the page has no table to put the figures into", f"see {PAGE}")
    kept = found[2].splitlines()[len(_HEAD) :] if found[1] == machine else []
    table = {_figure(line): line for line in [*kept, *map(str, rows)]}
    lines = sorted(table.values(), key=lambda line: re.split("[:,]", line)[0])  # by sandbox
    text = "\n".join([machine, "", *_HEAD, *lines, ""])
    return page[: found.start()] + text + page[found.end() :]


def _figure(line: str) -> str:
    return line.split("|")[1].strip()


def _machine() -> str:
    release = load_settings({}).noetl
    memory = psutil.virtual_memory().total / 2**30
    cores = counted(os.cpu_count() or 1, "core")
    return f"{cores} ({platform.machine()}), {memory:.0f} GiB, NoETL {release}."


def _bring_up(kind: str, runs: int) -> Iterator[Row]:
    """Time the bring-up; for compose side by side with a bare ``docker compose up --wait``."""
    settings = load_settings({"sandbox": kind})
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
        sandbox = cast(OwnSandbox, open_sandbox(load_settings({"sandbox": kind}), folder, _QUIET))
        try:
            sandbox.keep()
            begun = [_first_step(folder.sandbox_id, Path(scratch) / f"r{n}") for n in range(runs)]
        finally:
            sandbox.take_down()
    yield Row(f"{kind}, kept: from behave's start to the first step", "2 s", begun, "{:.2f} s")


def _first_step(sandbox_id: str, runs: Path) -> float:
    asked = ("-D", f"attach={sandbox_id}", "features/smoke.feature", "--name=Without sizes of its")
    began = time.time()
    done = commands.run(behave_command("attach", runs, *asked), seconds=600, folder=ROOT)
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
        command = sandbox.prepare(ensure_images(NoetlBuild.of(settings.noetl), _QUIET))
        began = time.monotonic()
        done = commands.run(
            [*command, "up", "--detach", "--wait"], seconds=300, environment=of_docker()
        )
        if done.returncode != 0:
            raise SandboxError("a bare docker compose up failed", "", done.stderr[-2000:])
        return time.monotonic() - began
    finally:
        sandbox.close()


def _behave(kind: str, *arguments: str) -> Figures:
    """Run behave and return the figures of its run, which keeps its folder of evidence."""
    stamp = time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(2)
    folder = ROOT / "runs" / f"bench-{stamp}"
    folder.mkdir(parents=True)
    log = folder.with_suffix(".log")
    with log.open("w") as output:
        process = subprocess.Popen(
            behave_command(kind, folder, "--format=progress", *arguments),
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    if end_with(process) != 0:
        raise SuiteError(
            f"{' '.join(arguments) or 'the default set'} is not green on {kind}",
            f"the last lines of {log} are below",
            "\n".join(log.read_text().splitlines()[-20:]),
        )
    return read_figures(next(folder.iterdir()))


def _smoke(kind: str, runs: int) -> list[Row]:
    measured = [_behave(kind, "features/smoke.feature") for _ in range(runs)]
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
        Row(f"{kind}: smoke feature, wall", "–", [run.wall for run in measured]),
        Row(
            f"{kind}: smoke feature, beyond the executions' own durations",
            overhead,
            [run.overhead for run in measured],
        ),
    ]


def _full_scale(kind: str, runs: int) -> list[Row]:
    return full_scale_rows(
        kind, [_behave(kind, "features/full_scale.feature") for _ in range(runs)]
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
            "–",
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


def _default_set(kind: str, _runs: int) -> list[Row]:
    target = {"embedded": "15 min", "compose": "–"}[kind]
    run = _behave(kind)
    return [
        Row(f"{kind}: default set (all features), wall", target, [run.wall / 60], "{:.1f} min"),
        *_evidence(f"{kind}: default set", "–", [run]),
    ]


def _verdicts(measured: Sequence[Figures]) -> list[float]:
    return [e.verdict for run in measured for e in run.executions if e.verdict is not None]


PARTS: dict[str, Callable[[str, int], Iterable[Row]]] = {
    "bring-up": _bring_up,
    "attach": _attach,
    "smoke": _smoke,
    "full-scale": _full_scale,
    "default-set": _default_set,
}
"""What can be measured: from the kind of sandbox, and how often, to its rows."""
