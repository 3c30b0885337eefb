"""The commands for a sandbox to explore: ``up``, ``status``, ``sql``, ``calls``, ``down``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from noetl_acceptance.cli.command import Command, KeyValue


def _which() -> Callable[[Any], Any]:
    return click.option(
        "--id", "sandbox_id", metavar="ID", help="Which sandbox; without it the only one up."
    )


@click.command(cls=Command, example="up -D sandbox=embedded -D workers=2")
@click.option(
    "-D",
    "options",
    type=KeyValue(),
    multiple=True,
    metavar="KEY=VALUE",
    help="An option as behave takes it: sandbox, noetl, workers … (see `options`).",
)
def up(options: Sequence[tuple[str, str]]) -> None:
    """Bring a sandbox up for exploring by hand.

    It stays until `down`. Prints its addresses, and commands to paste. Registers the credential
    that the playbooks take by default, and no playbook: the documents' own commands do that.
    """
    from noetl_acceptance.cli.up import up as bring_up

    bring_up(dict(options))


@click.command(cls=Command, example="status")
def status() -> None:
    """List the sandboxes that are up, with their services."""
    from noetl_acceptance.cli import kept_sandbox

    kept_sandbox.status()


@click.command(cls=Command, example='sql "SELECT count(*) FROM noetl.event"')
@click.argument("query", metavar="SQL")
@_which()
def sql(query: str, sandbox_id: str | None) -> None:
    """Query the database of a sandbox that is up.

    SQL is one statement, or several after semicolons. Prints the answer's columns and rows,
    separated by tabs. The password comes from where the suite keeps it.
    """
    from noetl_acceptance.cli import kept_sandbox

    kept_sandbox.sql(sandbox_id, query)


@click.command(cls=Command, example="calls")
@_which()
def calls(sandbox_id: str | None) -> None:
    """Print the calls of executions started by hand.

    Prints one call at a time as JSON, in the order of their arrival.
    """
    from noetl_acceptance.cli import kept_sandbox

    kept_sandbox.calls(sandbox_id)


@click.command(cls=Command, example="down --all")
@click.argument("sandbox_id", metavar="[ID]", required=False)
@click.option("--all", "everything", is_flag=True, help="Every sandbox that is up.")
def down(sandbox_id: str | None, *, everything: bool) -> None:
    """Take a sandbox down that is up.

    Without an ID, the only one that is up. Ends the services and removes their data; their logs
    stay in the run's folder, without passwords.
    """
    if everything and sandbox_id is not None:
        raise click.UsageError("give an ID or --all, not both")
    from noetl_acceptance.cli import kept_sandbox

    kept_sandbox.down(sandbox_id, everything=everything)
