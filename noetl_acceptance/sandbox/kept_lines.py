"""How a sandbox that stays up is told: what it is, its addresses, the commands for it."""

from __future__ import annotations

import shlex
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from noetl_acceptance.model.wording import counted
from noetl_acceptance.places import BASE
from noetl_acceptance.sandbox.ledgers import Entry, Kept
from noetl_acceptance.sandbox.leftovers import PREFIX
from noetl_acceptance.sandbox.log_files import RAW
from noetl_acceptance.sandbox.protocol import Endpoints
from noetl_acceptance.support.program import PROGRAM, installed
from noetl_acceptance.support.settings_file import told_together, words_of_settings

QUERY = "SELECT execution_id, count(*) FROM noetl.event GROUP BY 1"
"""A query that works on any sandbox, whatever has been run on it."""


def kept_lines(entry: Entry) -> list[str]:
    """Return how a sandbox that stays up is entered, queried, used and taken down."""
    kept = kept_of(entry)
    title = f"sandbox {entry.sandbox_id} stays up: {described(kept)}"
    return [title, *address_lines(kept.endpoints), *command_lines(entry)]


def described(kept: Kept) -> str:
    """Return what a sandbox is, in a few words."""
    origin = f" ({kept.noetl_origin})" if kept.noetl_origin else ""
    settings = told_together(kept.image_settings, kept.noetl_settings)
    own = f", settings {words_of_settings(settings)}" if settings else ""
    workers = counted(kept.workers, "worker")
    return f"{kept.kind}, NoETL {kept.noetl_version}{origin}, {workers}{own}"


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
    kept, sandbox_id = kept_of(entry), entry.sandbox_id
    suite, options = program(PROGRAM), f"-D sandbox=attach -D attach={sandbox_id}"
    enter = _ways_into_containers(entry) if kept.kind == "compose" else _ways_to_processes(entry)
    return [
        *enter,
        f"  query it      {suite} sql --id {sandbox_id} {shlex.quote(QUERY)}",
        f"  run on it     {suite} run {options} features/smoke.feature",
        f"  see it        {suite} status",
        f"  take it down  {suite} down {sandbox_id}",
    ]


def kept_of(entry: Entry) -> Kept:
    """Return what is known of a sandbox that stays up."""
    assert entry.kept is not None  # noqa: S101 - only kept sandboxes come here
    return entry.kept


def program(name: str) -> str:
    """Return a program of the suite's environment, as short as the working folder allows."""
    path = installed(name)
    near = Path.cwd() == BASE and path.is_relative_to(BASE)
    return shlex.quote(str(path.relative_to(BASE) if near else path))


def _ways_into_containers(entry: Entry) -> list[str]:
    compose = f"docker compose --project-name {PREFIX}{entry.sandbox_id}"
    return [
        f"  enter it      {compose} exec server bash",
        f"  its logs      {compose} logs --follow",
    ]


def _ways_to_processes(entry: Entry) -> list[str]:
    processes = ", ".join(f"{each.name} {each.pid}" for each in kept_of(entry).services)
    logs = shlex.quote(str((entry.data or Path()) / RAW))
    return [f"  processes     {processes}", f"  its logs      tail -f {logs}/*.log"]
