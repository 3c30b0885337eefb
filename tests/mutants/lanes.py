"""Runs seeded defects in two lanes: on the sandbox that they share, and each on one of its own."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path

from noetl_acceptance.support.console import Console
from tests.mutants.defects import Defect, together
from tests.mutants.running import Caught, Runner

Group = Sequence[Defect]
"""Defects that are put in at once; most often just one."""


def run_in_lanes(
    groups: Sequence[Group], folder: Path, console: Console, noetl: str = ""
) -> Generator[tuple[Group, list[Caught]]]:
    """Run groups of defects, two at a time: most of a run is waiting, and a run has one sandbox.

    Args:
        groups: what to run; each lane keeps their order.
        folder: for copies and for the runs' folders.
        console: tells what goes on.
        noetl: the NoETL under test, as ``-D noetl=`` takes it; empty for the default.

    Yields:
        A group that has been run and what became of its defects, as soon as it is known.

    Raises:
        UsageError, SandboxError: as ``Runner.run``. Before that, and where the caller is
            interrupted, the runs that go on are ended, and their sandboxes are taken down.
    """
    own = [group for group in groups if together(group).own_sandbox]
    shared = [group for group in groups if not together(group).own_sandbox]
    with ExitStack() as stack:
        futures: dict[Future[list[Caught]], Group] = {}
        for lane in filter(None, (shared, own)):
            runner = stack.enter_context(Runner(folder, console, noetl).open())
            pool = stack.enter_context(ThreadPoolExecutor(1))
            stack.callback(pool.shutdown, wait=False, cancel_futures=True)
            stack.callback(runner.stop)
            futures |= {pool.submit(_run, runner, group, console): group for group in lane}
        for future in as_completed(futures):
            yield futures[future], future.result()


def _run(runner: Runner, group: Group, console: Console) -> list[Caught]:
    with console.phase(together(group).name):
        return runner.run(group)
