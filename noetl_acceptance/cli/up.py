"""``up``: a sandbox for exploring by hand."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from urllib.parse import urlsplit

from noetl_acceptance.cli import words
from noetl_acceptance.errors import SandboxError, UsageError
from noetl_acceptance.evidence.writable_places import require_places
from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.execution.pair_under_test import pair_under_test
from noetl_acceptance.model.request import Credential
from noetl_acceptance.options import Settings, load_settings
from noetl_acceptance.profile_api.journal import base_path
from noetl_acceptance.sandbox.kept_lines import kept_lines
from noetl_acceptance.sandbox.managed import OwnSandbox
from noetl_acceptance.sandbox.protocol import RunFolder
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.signals import shielded


def up(userdata: Mapping[str, str]) -> None:
    """Bring a sandbox up that stays, and print what can be done with it.

    Args:
        userdata: the options, as behave's ``-D``.

    Raises:
        UsageError: an option is wrong, or this machine cannot run what was asked for.
        SandboxError: a service did not come up; nothing of it is left.
    """
    settings = load_settings(userdata)
    if settings.sandbox == "attach":
        raise UsageError(
            "`up` starts a sandbox and cannot attach to one",
            "leave out -D sandbox=attach; `run` takes it",
        )
    pair = pair_under_test(settings)
    require_places(settings)
    console = Console()
    connected = _open(settings, RunFolder.new(settings.runs), console)
    sandbox = connected.sandbox
    assert isinstance(sandbox, OwnSandbox)  # noqa: S101 - sandbox=attach is refused
    if sandbox.reason:
        console.say(f"sandbox {sandbox.kind} ({sandbox.reason})")
    try:
        connected.set_credential(Credential())
        names = pair.names
        connected.profile_api.scenario(
            words.BY_HAND,
            id_parameter=names.call_traveler_id or "traveler_id",
            name_parameter=names.call_traveler_name or "traveler_name",
        )
        connected.cli.lay_out(pair)
        endpoints = connected.sandbox.endpoints
        noetl = urlsplit(endpoints.noetl)
        lines = words.document_lines(
            connected.cli.work,
            connected.cli.write_launcher(),
            str(noetl.hostname),
            int(noetl.port or 80),
            f"{endpoints.profile_api_inside}{base_path(words.BY_HAND)}",
            pair.edition,
        )
        with shielded():
            entry = sandbox.keep()
            print("\n".join([*kept_lines(entry), words.calls_line(entry)]))
            print("\nThe documents' own commands, for a shell of their own:\n")
            print("\n".join(lines))
    except KeyboardInterrupt:
        sandbox.take_down()  # also where the signal came while it was told that it stays
        raise
    finally:
        with shielded():
            connected.close()


def _open(settings: Settings, folder: RunFolder, console: Console) -> ConnectedSandbox:
    try:
        with console.phase("bringing up a sandbox"):
            return ConnectedSandbox.open(settings, folder, console)
    except SandboxError:
        raise  # its logs are in the folder
    except BaseException:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise
