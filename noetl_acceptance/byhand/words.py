"""What a user is told of a sandbox that stays up: its addresses, and commands to paste."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from noetl_acceptance.noetl import documents
from noetl_acceptance.sandbox.ledger import Entry, Kept
from noetl_acceptance.sandbox.leftovers import PREFIX
from noetl_acceptance.sandbox.logs import RAW
from noetl_acceptance.sandbox.protocol import Endpoints, ServiceState
from noetl_acceptance.settings import ROOT
from noetl_acceptance.wording import counted

QUERY = "SELECT execution_id, count(*) FROM noetl.event GROUP BY 1"
"""A query that works on any sandbox, whatever has been run on it."""

DOCUMENTS = ("first document", "second document")
"""The groups of documents/commands.yaml that are the documents' own."""


BY_HAND = "by-hand"
"""The scenario at the profile API for calls that are made by hand."""


def kept_lines(entry: Entry) -> list[str]:
    """Return how a sandbox that stays up is entered, queried, used and taken down."""
    kept = _kept_of(entry)
    title = f"sandbox {entry.sandbox_id} stays up: {told(kept)}"
    return [title, *address_lines(kept.endpoints), *command_lines(entry)]


def told(kept: Kept) -> str:
    """Return what a sandbox is, in a few words."""
    origin = f" ({kept.noetl_origin})" if kept.noetl_origin else ""
    return f"{kept.kind}, NoETL {kept.noetl_version}{origin}, {counted(kept.workers, 'worker')}"


def address_lines(endpoints: Endpoints) -> list[str]:
    """Return where a sandbox's services are; no password among it."""
    database = conninfo_to_dict(endpoints.database)
    return [
        f"  NoETL's API   {endpoints.noetl}",
        f"  profile API   {endpoints.profile_api} (for the workers {endpoints.profile_api_inside})",
        (
            f"  Postgres      {database['host']}:{database['port']}, "
            f"database {database['dbname']}, user {database['user']}"
        ),
    ]


def command_lines(entry: Entry) -> list[str]:
    """Return the commands for a sandbox that is up, to be given in the working folder."""
    kept, sandbox_id = _kept_of(entry), entry.sandbox_id
    suite = f"{_program('python')} -m noetl_acceptance"
    enter = _ways_into_containers(entry) if kept.kind == "compose" else _ways_to_processes(entry)
    there = "" if Path.cwd() == ROOT else f"cd {shlex.quote(str(ROOT))} && "
    behave = f"{there}{_program('behave')} -D sandbox=attach -D attach={sandbox_id}"
    return [
        *enter,
        f"  query it      {suite} sql --id {sandbox_id} {shlex.quote(QUERY)}",
        f"  run on it     {behave} features/smoke.feature",
        f"  see it        {suite} status",
        f"  take it down  {suite} down {sandbox_id}",
    ]


def calls_line(entry: Entry) -> str:
    """Return the command that shows the calls of executions started by hand."""
    return f"  calls by hand {_program('python')} -m noetl_acceptance calls --id {entry.sandbox_id}"


def _ways_into_containers(entry: Entry) -> list[str]:
    compose = f"docker compose --project-name {PREFIX}{entry.sandbox_id}"
    return [
        f"  enter it      {compose} exec server bash",
        f"  its logs      {compose} logs --follow",
    ]


def _ways_to_processes(entry: Entry) -> list[str]:
    processes = ", ".join(f"{each.name} {each.pid}" for each in _kept_of(entry).services)
    logs = shlex.quote(str((entry.data or Path()) / RAW))
    return [f"  processes     {processes}", f"  its logs      tail -f {logs}/*.log"]


def document_lines(
    work: Path, programs: Path, host: str, port: int, profile_api_url: str
) -> list[str]:
    """Return the documents' own commands, ready to paste into a shell.

    Args:
        work: the folder with the playbooks' files where the documents have them.
        programs: the folder with the program ``noetl``.
        host: of NoETL's API.
        port: of NoETL's API.
        profile_api_url: as the workers reach it.
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
        for name, text in documents.groups()[group].items():
            lines += ["", f"# {group}: {name}", *_command(name, text)]
    return lines


_ID = r's/.*"execution_id": *"\([0-9]*\)".*/\1/p'
"""For sed: the id that the command line tells of an execution that it has started."""


def _command(name: str, text: str) -> Sequence[str]:
    if name != "run":
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
    kept = _kept_of(entry)
    since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(kept.since))
    use = ", in use by a run" if used else ""
    seen = {state.name: state for state in states}
    lost = [each.name for each in kept.services if each.name not in seen]
    services = [f"{state.name} {state.told}" for state in seen.values()]
    services += [f"{name} has gone" for name in lost]
    return [
        f"{entry.sandbox_id}: {told(kept)}, since {since}{use}",
        *address_lines(endpoints),
        f"  services      {', '.join(services)}",
    ]


def _kept_of(entry: Entry) -> Kept:
    assert entry.kept is not None  # noqa: S101 - only kept sandboxes come here
    return entry.kept


def _program(name: str) -> str:
    """Return a program of the suite's environment, as short as the working folder allows."""
    program = Path(sys.executable).with_name(name)
    near = Path.cwd() == ROOT and program.is_relative_to(ROOT)
    return shlex.quote(str(program.relative_to(ROOT) if near else program))
