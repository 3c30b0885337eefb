"""Finds what ``-D sandbox=attach`` means: a kept sandbox, or the addresses of another NoETL."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from noetl_acceptance.errors import SuiteError, UsageError
from noetl_acceptance.options import ONLY, Settings, changed_options
from noetl_acceptance.places import LEDGERS, given
from noetl_acceptance.sandbox.addresses import Addresses, load_addresses
from noetl_acceptance.sandbox.builds.image_build import ImageBuild, is_image
from noetl_acceptance.sandbox.builds.noetl_build import version_of
from noetl_acceptance.sandbox.external import ForeignSandbox
from noetl_acceptance.sandbox.ledgers import Kept, Ledger, find_kept
from noetl_acceptance.sandbox.local.embedded import EmbeddedSandbox
from noetl_acceptance.sandbox.managed import OwnSandbox
from noetl_acceptance.sandbox.protocol import RunFolder, Sandbox
from noetl_acceptance.sandbox.told_release import told_release
from noetl_acceptance.support.console import Console

FIXED = ("noetl", "noetl_worker", "workers", "worker-inflight")
"""The options that a sandbox which is up has settled."""

MADE = ("noetl_settings", "noetl_worker")
"""The options that only say how the suite is to start a NoETL. ``worker-inflight`` is none of them:
who attaches tells by it when all workers are taken."""


def attach(settings: Settings, folder: RunFolder, console: Console) -> Sandbox:
    """Return the sandbox that the option ``attach`` names, ready to be used.

    Args:
        settings: of the run.
        folder: of the run.
        console: for lines about what goes on.

    Raises:
        UsageError: there is none of that name, another run is at work on it, or an option
            contradicts it.
        SandboxError: it does not answer as it should.
    """
    began = time.monotonic()
    file = _file_of(settings.attach)
    if file is not None:
        addresses = _with_release(load_addresses(file), file)
        settled = {"noetl": addresses.release or "", "workers": str(addresses.workers)}
        _refuse_contradiction(settings, settled, str(file))
        _refuse_making(settings, file)
        return ForeignSandbox.attach(settings, addresses)
    ledger = find_kept(LEDGERS, None if settings.attach == ONLY else settings.attach)
    ledger.claim()
    with ExitStack() as undo:
        undo.callback(ledger.let_go)
        sandbox = adopt(ledger, settings, folder, console)
        undo.callback(sandbox.disconnect)
        sandbox.require_up()
        undo.pop_all()
    sandbox.ready_seconds = time.monotonic() - began
    return sandbox


def _refuse_making(settings: Settings, file: Path) -> None:
    """Refuse what says how NoETL is to be started, where it was started by somebody else."""
    asked = changed_options(settings)
    if key := next((each for each in MADE if each in asked), ""):
        raise UsageError(
            f"{file} names a NoETL that the suite did not start, and -D {key} cannot change",
            f"leave out -D {key}",
        )


def noetl_under_test(settings: Settings) -> str:
    """Return which NoETL a run is about: what it asks for, or what is up where it attaches.

    Raises:
        UsageError: what it attaches to cannot be told.
    """
    if settings.sandbox != "attach":
        if is_image(settings.noetl):
            from noetl_acceptance.sandbox.builds.image_content import held_pair  # noqa: PLC0415

            return held_pair(ImageBuild.of(settings.noetl, settings.noetl_worker)).version
        return version_of(settings.noetl) or settings.noetl
    file = _file_of(settings.attach)
    if file is not None:
        return _with_release(load_addresses(file), file).release or ""
    kept = find_kept(LEDGERS, None if settings.attach == ONLY else settings.attach).entry.kept
    if kept is None:
        return settings.noetl
    return kept.noetl_version


def _with_release(addresses: Addresses, file: Path) -> Addresses:
    """Return addresses with the release that the server tells, else the file's own.

    The server tells its own version alone; the file may name the workers' besides.

    Raises:
        UsageError: neither tells one.
    """
    told, named = told_release(addresses.noetl), addresses.release or ""
    release = named if named.startswith(f"{told} + ") else told or named
    if not release:
        raise UsageError(
            f"{file} names no release, and the server at {addresses.noetl} tells none",
            "add its release to the file, such as release: 2.8.9",
        )
    return addresses.model_copy(update={"release": release})


def adopt(ledger: Ledger, settings: Settings, folder: RunFolder, console: Console) -> OwnSandbox:
    """Return a kept sandbox in whatever state it is.

    Args:
        ledger: the sandbox's; who uses the sandbox, and does not only look at it, must claim it.
        settings: of the run.
        folder: where its logs are saved.
        console: for lines about what goes on.

    Raises:
        UsageError: an option contradicts it.
        SandboxError: no Docker engine answers, for one of containers.
    """
    kept = ledger.entry.kept
    if kept is None:
        raise SuiteError(f"sandbox {ledger.entry.sandbox_id} is not kept")
    _refuse_contradiction(
        settings,
        {
            "noetl": kept.noetl,
            "noetl_worker": kept.noetl_worker,
            "workers": str(kept.workers),
            "worker-inflight": str(kept.worker_inflight),
        },
        f"sandbox {ledger.entry.sandbox_id}",
    )
    asked = settings.noetl_settings
    if asked and asked.values != (kept.noetl_settings.values if kept.noetl_settings else {}):
        raise UsageError(
            f"sandbox {ledger.entry.sandbox_id} has other settings than {asked}",
            "leave out -D noetl_settings, or bring another sandbox up",
        )
    own = replace(
        settings,
        sandbox=kept.kind,
        noetl=kept.noetl,
        noetl_worker=kept.noetl_worker,
        workers=kept.workers,
        worker_inflight=kept.worker_inflight,
        noetl_settings=kept.noetl_settings,
        image_settings=kept.image_settings,
    )
    return _kind(kept).adopt(own, folder, console, ledger, kept)


def _kind(kept: Kept) -> type[OwnSandbox]:
    if kept.kind == "embedded":
        return EmbeddedSandbox
    from noetl_acceptance.sandbox.containers.compose import ComposeSandbox  # noqa: PLC0415 - slow import

    return ComposeSandbox


def _file_of(asked: str) -> Path | None:
    """Return the file that the option names; None where it names a sandbox."""
    file = given(asked)
    named = file.suffix in (".yaml", ".yml") or "/" in asked
    return file if named or file.is_file() else None


def _refuse_contradiction(settings: Settings, settled: dict[str, str], what: str) -> None:
    asked = changed_options(settings)
    for key in FIXED:
        if key in asked and key in settled and asked[key] != settled[key]:
            raise UsageError(
                f"{what} has {key} {settled[key]}, -D {key}={asked[key]} asks for another",
                f"leave out -D {key}, or bring another sandbox up",
            )
