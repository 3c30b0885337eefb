"""Runs seeded defects in lanes: several at a time, as most of a run is waiting."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

from noetl_acceptance.support.console import Console
from tests.mutants.defects import Defect, together
from tests.mutants.running import Caught, Runner

Group = Sequence[Defect]
"""Defects that are put in at once; most often just one."""


def run_in_lanes(
    groups: Sequence[Group], folder: Path, console: Console, noetl: str = "", *, lanes: int = 2
) -> Generator[tuple[Group, list[Caught]]]:
    """Run groups of defects, as many at a time as there are lanes; each run has one sandbox.

    Args:
        groups: what to run; those that need a sandbox of their own take longest and come first,
            and all others of a lane share its sandbox.
        folder: for copies and for the runs' folders.
        console: tells what goes on.
        noetl: the NoETL under test, as ``-D noetl=`` takes it; empty for the default.
        lanes: how many at once, at least one.

    Yields:
        A group that has been run and what became of its defects, as soon as it is known.

    Raises:
        UsageError, SandboxError: as ``Runner.run``. Before that, and where the caller is
            interrupted, the runs that go on are ended, and their sandboxes are taken down.
    """
    free: SimpleQueue[Runner] = SimpleQueue()
    with ExitStack() as stack:
        runners = [
            stack.enter_context(Runner(folder, console, noetl).open())
            for _ in range(min(lanes, len(groups)))
        ]
        pool = stack.enter_context(ThreadPoolExecutor(len(runners)))
        for runner in runners:
            free.put(runner)
            stack.callback(runner.stop)
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        futures: dict[Future[list[Caught]], Group] = {
            pool.submit(_run, free, group, console): group
            for group in sorted(groups, key=lambda each: not together(each).own_sandbox)
        }
        for future in as_completed(futures):
            yield futures[future], future.result()


def _run(free: SimpleQueue[Runner], group: Group, console: Console) -> list[Caught]:
    runner = free.get()
    try:
        with console.phase(together(group).name):
            return runner.run(group)
    finally:
        free.put(runner)
