"""The sandboxes of one behave run: the run's own, and one that a scenario has to itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

from noetl_acceptance.console import Console
from noetl_acceptance.errors import SandboxError
from noetl_acceptance.interrupts import shielded
from noetl_acceptance.order import Workers
from noetl_acceptance.sandbox.ledger import Entry
from noetl_acceptance.sandbox.own import OwnSandbox, close_what_is_left
from noetl_acceptance.sandbox.protocol import Capability, RunFolder, require
from noetl_acceptance.settings import Settings
from noetl_acceptance.stage import Stage

MAIN = None
"""The key of the run's own sandbox; the others go by their workers."""


class Stages:
    """Brings sandboxes up when they are asked for, at most one beside the run's own at a time.

    Args:
        settings: of the run.
        folder: of the run; each sandbox has a place of its own in it.
        console: for lines about what goes on.
        before_close: called with a stage before it is taken down, while it still answers.
    """

    def __init__(
        self,
        settings: Settings,
        folder: RunFolder,
        console: Console,
        before_close: Callable[[Stage], None],
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._console = console
        self._before_close = before_close
        self._stages: dict[Workers | None, Stage] = {}
        self._stale: set[Workers | None] = set()
        self._failed: SandboxError | None = None

    def of(self, workers: Workers | None) -> Stage:
        """Return the stage with workers of its own, or the run's own (None).

        Raises:
            UsageError: this machine cannot run what was asked for.
            SandboxError: its bring-up failed, now or before.
            NotJudgedError: no sandbox can be brought up beside the run's own, or in its place.
        """
        stale = workers in self._stale and workers in self._stages
        if MAIN in self._stages and (stale or workers not in self._stages):
            why = "as an earlier execution is still at work there" if stale else ""
            require(self._stages[MAIN].sandbox, Capability.FRESH_WORKERS, why)
        if stale:
            self._console.say("  commands of an execution are still open: starting a fresh sandbox")
            self._end(workers)
        if workers in self._stages:
            return self._stages[workers]
        if self._failed is not None:  # its lines were told once
            raise SandboxError(self._failed.cause, self._failed.remedy) from None
        for other in [key for key in self._stages if key is not MAIN]:
            self._end(other)
        self._stages[workers] = self._open(workers)
        return self._stages[workers]

    def discard(self, workers: Workers | None) -> None:
        """Have a fresh sandbox made when it is asked for next: this one is still at work."""
        self._stale.add(workers)

    def up(self) -> list[Stage]:
        """Return the stages that are up."""
        return list(self._stages.values())

    def end_others(self) -> None:
        """Take down the sandbox beside the run's own, if there is one."""
        for key in [key for key in self._stages if key is not MAIN]:
            self._end(key)

    def close(self, *, keep: bool) -> Entry | None:
        """Take everything down, whatever error one of them raises.

        Args:
            keep: whether the run's own sandbox stays up.

        Returns:
            What is to be known of the sandbox that has been kept, if one has.
        """
        kept = None
        main = self._stages.get(MAIN)
        with ExitStack() as closing:
            closing.callback(close_what_is_left)
            for stage in self._stages.values():
                closing.callback(self._close, stage)
            self._stages = {}
            if keep and main is not None and isinstance(main.sandbox, OwnSandbox):
                kept = main.sandbox.keep()
        return kept

    def _open(self, workers: Workers | None) -> Stage:
        settings, folder = self._settings, self._folder
        if workers is not None:
            settings = replace(
                settings,
                workers=workers.count or settings.workers,
                worker_inflight=workers.inflight or settings.worker_inflight,
                worker_variables=workers.variables,
                isolated=workers.isolated,
            )
        self._folder = folder.for_next_sandbox()
        try:
            with self._console.phase("bringing up a sandbox"):
                stage = Stage.open(settings, folder, self._console)
        except SandboxError as failure:
            self._failed = failure
            raise
        if workers is MAIN:
            self._settings = stage.sandbox.settings
        return stage

    def _end(self, workers: Workers | None) -> None:
        self._before_close(self._stages[workers])
        with shielded():  # between the two nobody would know of it
            self._close(self._stages.pop(workers))
        self._stale.discard(workers)

    def _close(self, stage: Stage) -> None:
        with self._console.phase("taking a sandbox down"):
            stage.close()
