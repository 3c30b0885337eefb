"""Measures how fast the suite itself is: the figures of docs/performance.md."""

from __future__ import annotations

import os
import platform
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from noetl_acceptance.acceptance import behave_command, end_with
from noetl_acceptance.console import Console
from noetl_acceptance.errors import SandboxError, SuiteError
from noetl_acceptance.evidence.figures import Figures, read_figures
from noetl_acceptance.sandbox import commands, open_sandbox
from noetl_acceptance.sandbox.compose import ComposeSandbox
from noetl_acceptance.sandbox.images import ensure_images
from noetl_acceptance.sandbox.noetl_build import NoetlBuild
from noetl_acceptance.sandbox.protocol import RunFolder
from noetl_acceptance.settings import ROOT, Settings, load_settings

_QUIET = Console(quiet=True)
PAGE = ROOT / "docs" / "performance.md"
_MEASURED = re.compile(r"(?<=<!-- measured -->\n).*?(?=<!-- /measured -->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what was measured, its values, and how it is written."""

    figure: str
    target: str
    values: Sequence[float]
    form: str = "{:.1f} s"

    def __str__(self) -> str:
        low, middle, high = (
            self.form.format(value)
            for value in (min(self.values), statistics.median(self.values), max(self.values))
        )
        return f"| {self.figure} | {self.target} | {low} | {middle} | {high} | {len(self.values)} |"


def bench(kinds: Sequence[str], runs: int, say: Callable[[str], None], *, write: bool) -> None:
    """Measure each kind of sandbox and print the table.

    Args:
        kinds: ``compose``, ``embedded``.
        runs: how often each figure is taken.
        say: takes progress lines.
        write: also put the table into docs/performance.md.

    Raises:
        AcceptanceError: a sandbox did not come up, or the smoke feature was not green.
    """
    rows: list[Row] = []
    for kind in kinds:
        say(f"{kind}: bring-up, {runs} times")
        rows += _bring_up(kind, runs)
        say(f"{kind}: smoke feature, {runs} times")
        rows += _smoke(kind, [_behave(kind) for _ in range(runs)])
    table = "\n".join([_machine(runs), "", *_HEAD, *map(str, rows)])
    print(table)
    if write:
        PAGE.write_text(_MEASURED.sub(lambda _: f"{table}\n", PAGE.read_text()))


_HEAD = (
    "| figure | target | min | median | max | runs |",
    "|---|---|---|---|---|---|",
)


def _machine(runs: int) -> str:
    release = load_settings({}).noetl
    memory = psutil.virtual_memory().total / 2**30
    day = time.strftime("%Y-%m-%d")
    return (
        f"{day}, {os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB, NoETL {release}; "
        f"`.venv/bin/python -m noetl_acceptance bench --runs {runs} --write`."
    )


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
        done = commands.run([*command, "up", "--detach", "--wait"])
        if done.returncode != 0:
            raise SandboxError("a bare docker compose up failed", "", done.stderr[-2000:])
        return time.monotonic() - began
    finally:
        sandbox.close()


def _behave(kind: str) -> Figures:
    with tempfile.TemporaryDirectory(prefix="noetl-acceptance-bench-") as scratch:
        smoke = ("features/smoke.feature", "--format=progress")
        command = behave_command(kind, Path(scratch) / "runs", *smoke)
        log = Path(scratch) / "behave.log"
        with log.open("w") as output:
            process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        if end_with(process) != 0:
            raise SuiteError(
                f"the smoke feature is not green on {kind}",
                "its last lines are below",
                "\n".join(log.read_text().splitlines()[-20:]),
            )
        return read_figures(next((Path(scratch) / "runs").iterdir()))


def _smoke(kind: str, measured: Sequence[Figures]) -> list[Row]:
    verdicts = [e.verdict for run in measured for e in run.executions if e.verdict is not None]
    overhead = {"embedded": "15 s", "compose": "25 s"}[kind]
    return [
        Row(f"{kind}: from the terminal event to the verdict", "0.5 s", verdicts, "{:.2f} s"),
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
