"""What a run says of its sandbox before its first scenario."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.generations.editions import other_edition, unread_by
from noetl_acceptance.generations.logs import expected_dialect
from noetl_acceptance.model.playbooks import PlaybookPair
from noetl_acceptance.model.wording import counted
from noetl_acceptance.noetl import event_log
from noetl_acceptance.options import Settings, changed_options
from noetl_acceptance.sandbox.protocol import Capability, Sandbox
from noetl_acceptance.support.settings_file import words_of_settings


def first_lines(connected: ConnectedSandbox, seed: int | None, folder: Path) -> Iterator[str]:
    """Yield the lines: which NoETL runs where, and what of it is out of sight or at work already.

    Args:
        connected: the run's sandbox.
        seed: of a random order; None for the order of the files.
        folder: the run's.
    """
    sandbox = connected.sandbox
    why = f" ({sandbox.reason})" if sandbox.reason else ""
    origin = f" ({sandbox.noetl_origin})" if sandbox.noetl_origin else ""
    own = words_of_settings(sandbox.settings.told_settings)
    settings = f", settings {own}" if own else ""
    order = "" if seed is None else f", seed={seed}"
    dialect = expected_dialect(sandbox.noetl_version)
    if sandbox.stays:
        dialect = event_log.written_by(connected.connection) or dialect
    yield (
        f"sandbox {sandbox.kind}{why}, NoETL {sandbox.noetl_version}{origin}, "
        f"log format {dialect.name}, {counted(sandbox.workers, 'worker')}{settings}{order}; "
        f"evidence in {folder}"
    )
    if line := other_edition(sandbox.settings.playbooks, sandbox.noetl_version):
        yield line
    elif sandbox.settings.playbooks is None and (line := unread_by(sandbox.noetl_version)):
        yield f"{line}; what fails here may be due to that"
    if sandbox.stays and (count := event_log.at_work(connected.connection)):
        yield f"{counted(count, 'earlier execution')} with open commands there, maybe in the way"
    if Capability.LOGS not in sandbox.capabilities:
        yield "out of sight there: what its services log, and whether they stay up"


def begun(settings: Settings, pair: PlaybookPair) -> Figures:
    """Return the figures of a run of which no sandbox is up yet."""
    return Figures(
        options=changed_options(settings), pair=pair.digest, settings=settings.told_settings
    )


def note_sandbox(figures: Figures, sandbox: Sandbox) -> None:
    """Note in the figures of a run what its first sandbox is, and how soon it was ready."""
    figures.sandbox = sandbox.kind
    figures.noetl, figures.origin = sandbox.noetl_version, sandbox.noetl_origin
    figures.workers = sandbox.workers
    figures.settings = sandbox.settings.told_settings
    figures.ready = sandbox.ready_seconds
