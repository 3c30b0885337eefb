"""What a user is told for exploring by hand: a sandbox's state, and commands to paste."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from noetl_acceptance.model.documents import DocumentsEdition
from noetl_acceptance.noetl import documented_commands
from noetl_acceptance.sandbox.kept_lines import address_lines, described, kept_of, program
from noetl_acceptance.sandbox.ledgers import Entry
from noetl_acceptance.sandbox.protocol import Endpoints, ServiceState
from noetl_acceptance.support.program import PROGRAM

DOCUMENTS = ("first document", "second document")
"""The groups of documents/commands.yaml that are the documents' own."""

BY_HAND = "by-hand"
"""The scenario at the profile API for calls that are made by hand."""


def calls_line(entry: Entry) -> str:
    """Return the command that shows the calls of executions started by hand."""
    return f"  calls by hand {program(PROGRAM)} calls --id {entry.sandbox_id}"


def document_lines(
    work: Path,
    programs: Path,
    host: str,
    port: int,
    profile_api_url: str,
    edition: DocumentsEdition,
) -> list[str]:
    """Return the documents' own commands, ready to paste into a shell.

    Args:
        work: the folder with the playbooks' files where the documents have them.
        programs: the folder with the program ``noetl``.
        host: of NoETL's API.
        port: of NoETL's API.
        profile_api_url: as the workers reach it.
        edition: of the documents that the pair follows.
    """
    lines = [
        f"cd {shlex.quote(str(work))}",
        f'noetl() {{ {shlex.quote(str(programs / "noetl"))} "$@"; }}',  # a path may hold a colon
        f"export NOETL_HOST={host} NOETL_PORT={port}",
        f"export PROFILE_API_URL={profile_api_url}",
        "",
        "# Where `--format table` prints nothing, `--format json` shows the rows: the command line",
        "# of release 5.3.2 draws no table of them (deviations/deviations.yaml).",
    ]
    for group in DOCUMENTS:
        for name in documented_commands.groups()[group]:
            text = documented_commands.text_of(name, edition)
            lines += ["", f"# {group}: {name}", *_command(name, text)]
    return lines


_ID = r's/.*"execution_id": *"\([0-9]*\)".*/\1/p'
"""For sed: the id that the command line tells of an execution that it has started."""


def _command(name: str, text: str) -> Sequence[str]:
    if name != "execute the parent":
        return text.rstrip().splitlines()
    # The default is a public endpoint, which nothing here reaches. What follows needs the id.
    more = '  --set profile_api_url="$PROFILE_API_URL"'
    return [
        'started="$(',
        *f"{text.rstrip()} \\".splitlines(),
        more,
        ')"',
        'echo "$started"',
        f'export EXECUTION_ID="$(echo "$started" | sed -n {shlex.quote(_ID)})"',
    ]


def status_lines(
    entry: Entry, endpoints: Endpoints, states: Iterable[ServiceState], *, used: bool
) -> list[str]:
    """Return what ``status`` says of a sandbox.

    Args:
        entry: the sandbox's.
        endpoints: as they are now.
        states: of its services.
        used: whether a run is at work on it.
    """
    kept = kept_of(entry)
    since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(kept.since))
    use = ", in use by a run" if used else ""
    seen = {state.name: state for state in states}
    lost = [each.name for each in kept.services if each.name not in seen]
    services = [f"{state.name} {state.told}" for state in seen.values()]
    services += [f"{name} has gone" for name in lost]
    return [
        f"{entry.sandbox_id}: {described(kept)}, since {since}{use}",
        *address_lines(endpoints),
        f"  services      {', '.join(services)}",
    ]
