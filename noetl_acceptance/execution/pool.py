"""The sandboxes of one behave run: the run's own, and one that a scenario has to itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace

from noetl_acceptance.errors import NotJudgedError, SandboxError
from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox, UnfinishedExecution
from noetl_acceptance.generations.editions import neighbour_of
from noetl_acceptance.model.request import Workers
from noetl_acceptance.options import Settings
from noetl_acceptance.sandbox.ledgers import Entry
from noetl_acceptance.sandbox.managed import OwnSandbox, close_what_is_left
from noetl_acceptance.sandbox.protocol import Capability, RunFolder, require
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.signals import shielded
from noetl_acceptance.verdict.weighing import weigh_start

MAIN = None
"""The key of the run's own sandbox; the others go by their workers."""

TRIES = 2
"""How often a sandbox of one key may fail to come up before it is tried no more."""

REST_SECONDS = 90.0
"""How long to wait once for what executions have left at work, where no other sandbox can be had;
later it is looked at and not waited for."""


class SandboxPool:
    """Brings sandboxes up when they are asked for, at most one beside the run's own at a time.

    A sandbox that broke, or on which an execution may be at work still, is replaced when it is
    asked for next. One that the suite did not start cannot be replaced: it is attached to anew when
    it broke, and used again when nothing is at work there any more.

    Args:
        settings: of the run.
        folder: of the run; each sandbox has a place of its own in it.
        console: for lines about what goes on.
        before_close: called with a sandbox before it is taken down, while it may still answer.
    """

    def __init__(
        self,
        settings: Settings,
        folder: RunFolder,
        console: Console,
        before_close: Callable[[ConnectedSandbox], None],
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._console = console
        self._before_close = before_close
        self._sandboxes: dict[Workers | None, ConnectedSandbox] = {}
        self._at_work: dict[Workers | None, list[UnfinishedExecution]] = defaultdict(list)
        self._waited: set[UnfinishedExecution] = set()
        self._failed: dict[Workers | None, list[Exception]] = defaultdict(list)
        self.bring_ups: list[float] = []  # seconds until each sandbox was ready

    def take(self, workers: Workers | None) -> ConnectedSandbox:
        """Return a sandbox that is fit for use, with workers of its own or the run's own (None).

        Raises:
            UsageError: this machine cannot run what was asked for.
            SandboxError: it did not come up, now or ``TRIES`` times before.
            AssertionError: likewise, and NoETL's own services are why.
            NotJudgedError: no sandbox can be brought up beside the run's own, or in its place.
        """
        if workers in self._sandboxes:
            self._replace_unfit(workers)
        if workers in self._sandboxes:
            return self._sandboxes[workers]
        if (
            workers is not MAIN
            and MAIN not in self._sandboxes
            and self._settings.sandbox == "attach"
        ):
            self.take(MAIN)  # nothing can be brought up beside it
        if MAIN in self._sandboxes:
            require(self._sandboxes[MAIN].sandbox, Capability.FRESH_WORKERS)
        self._refuse_hopeless(workers)
        for other in [key for key in self._sandboxes if key is not MAIN]:
            self._end(other)
        self._sandboxes[workers] = self._open(workers)
        return self._sandboxes[workers]

    def left_at_work(
        self, workers: Workers | None, executions: Sequence[UnfinishedExecution]
    ) -> None:
        """Note that executions may be at work still on a sandbox."""
        self._at_work[workers] += executions

    def up(self) -> list[ConnectedSandbox]:
        """Return the sandboxes that are up."""
        return list(self._sandboxes.values())

    def end_others(self) -> None:
        """Take down the sandbox beside the run's own, if there is one."""
        for key in [key for key in self._sandboxes if key is not MAIN]:
            self._end(key)

    def close(self, *, keep: bool) -> Entry | None:
        """Take everything down, whatever error one of them raises.

        Args:
            keep: whether the run's own sandbox stays up.

        Returns:
            What is to be known of the sandbox that has been kept, if one has.
        """
        kept = None
        main = self._sandboxes.get(MAIN)
        with ExitStack() as closing:
            closing.callback(close_what_is_left)
            for connected in self._sandboxes.values():
                closing.callback(self._close, connected)
            self._sandboxes = {}
            if keep and main is not None and isinstance(main.sandbox, OwnSandbox):
                kept = main.sandbox.keep()
        return kept

    def _replace_unfit(self, workers: Workers | None) -> None:
        """Take a sandbox down that is not fit for use; wait for its rest where it must stay."""
        connected = self._sandboxes[workers]
        if why := connected.unfit():
            self._console.say(f"  {why}: starting a fresh sandbox")
            self._end(workers)
        elif self._at_work[workers] and Capability.FRESH_WORKERS in connected.sandbox.capabilities:
            self._console.say("  an execution may still be at work there: starting a fresh sandbox")
            self._end(workers)
        elif self._at_work[workers]:
            self._wait_for_rest(connected, self._at_work[workers])
            del self._at_work[workers]

    def _wait_for_rest(
        self, connected: ConnectedSandbox, executions: Sequence[UnfinishedExecution]
    ) -> None:
        """Go on only when nothing of these executions is at work any more.

        Raises:
            NotJudgedError: something is; it says what.
        """
        for execution in executions:
            seconds = 0.0 if execution in self._waited else REST_SECONDS
            self._waited.add(execution)
            if still := connected.still_at_work(execution, seconds * self._settings.time_scale):
                raise NotJudgedError(
                    f"the earlier execution {execution.execution_id} is still at work at a NoETL "
                    f"that the suite did not start: {still}"
                )

    def _refuse_hopeless(self, workers: Workers | None) -> None:
        """Raise in one line what has failed too often; it was told in full before."""
        failures = self._failed[_sort_of(workers)]
        if len(failures) >= TRIES:
            first = str(failures[-1]).partition("\n")[0]
            raise type(failures[-1])(f"this sandbox failed to come up {TRIES} times: {first}")

    def _open(self, workers: Workers | None) -> ConnectedSandbox:
        settings, folder = self._settings, self._folder
        if workers is not None:
            settings = replace(
                settings,
                workers=workers.count or settings.workers,
                worker_inflight=workers.inflight or settings.worker_inflight,
                worker_variables=workers.variables,
                isolated=workers.isolated,
                links=workers.links,
                beside=_release_beside(settings) if workers.updatable else "",
            )
        self._folder = folder.for_next_sandbox()
        try:
            with self._console.phase("bringing up a sandbox"):
                connected = ConnectedSandbox.open(settings, folder, self._console)
        except SandboxError as error:
            own = settings.noetl_settings
            first = not self.bring_ups
            failure = weigh_start(error, own.values if own else (), first=first)
            self._failed[_sort_of(workers)].append(failure)
            raise failure from None
        self.bring_ups.append(connected.sandbox.ready_seconds)
        if workers is MAIN:
            self._settings = connected.sandbox.settings
        return connected

    def _end(self, workers: Workers | None) -> None:
        self._before_close(self._sandboxes[workers])
        with shielded():  # between the two nobody would know of it
            self._close_for_another(self._sandboxes.pop(workers))
        self._at_work.pop(workers, None)

    def _close(self, connected: ConnectedSandbox) -> None:
        with self._console.phase("taking a sandbox down"):
            connected.close()

    def _close_for_another(self, connected: ConnectedSandbox) -> None:
        """Take a sandbox down; one that broke may not let itself be, and another is needed."""
        try:
            self._close(connected)
        except SandboxError as error:
            self._console.say(f"error: {error}")


def _release_beside(settings: Settings) -> str:
    """Return the release by which NoETL's services can be replaced.

    Raises:
        NotJudgedError: none is known.
    """
    asked = settings.other_release
    found = neighbour_of(settings.noetl) if asked == "auto" else asked
    if not found:
        told = f"no release is recorded that {settings.noetl} is updated from"
        raise NotJudgedError(f"{told}: -D other-release=RELEASE names one")
    return found


def _sort_of(workers: Workers | None) -> Workers | None:
    """Return what makes sandboxes alike: whoever has their workers to himself does not."""
    return workers.model_copy(update={"alone": ""}) if workers is not None else None
