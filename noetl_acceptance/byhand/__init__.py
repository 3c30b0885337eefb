"""Sandboxes for exploring by hand: ``up``, ``status``, ``sql``, ``calls`` and ``down``."""

from __future__ import annotations

import argparse
from typing import Any


def add_commands(commands: Any) -> None:
    """Add the commands to those of the suite's command line (argparse's subparsers)."""
    up = commands.add_parser(
        "up",
        help="bring a sandbox up for exploring by hand; print addresses and commands to paste",
        description="Brings a sandbox up that stays until `down`. Registers the credential that "
        "the playbooks take by default, and no playbook: the documents' own commands do that.",
    )
    up.add_argument(
        "-D",
        dest="options",
        action="append",
        type=_option,
        default=[],
        metavar="KEY=VALUE",
        help="an option as behave takes it: sandbox, noetl, workers … (see `options`)",
    )
    status = commands.add_parser(
        "status", help="list the sandboxes that are up, with their services"
    )
    query = commands.add_parser(
        "sql",
        help="query the database of a sandbox that is up",
        description="Prints the answer's columns and rows, separated by tabs. The password comes "
        "from where the suite keeps it.",
    )
    query.add_argument("query", metavar="SQL", help="one statement, or several after semicolons")
    query.add_argument("--id", help="which sandbox; without it the only one that is up")
    calls = commands.add_parser(
        "calls",
        help="print the calls that executions started by hand have made, on a sandbox that is up",
        description="Prints one call at a time as JSON, in the order of their arrival.",
    )
    calls.add_argument("--id", help="which sandbox; without it the only one that is up")
    down = commands.add_parser(
        "down",
        help="take a sandbox down that is up; nothing of it is left but its logs",
        description="Ends the services and removes their data; their logs stay in the run's "
        "folder, without passwords.",
    )
    which = down.add_mutually_exclusive_group()
    which.add_argument("id", nargs="?", help="which; without it the only one that is up")
    which.add_argument("--all", action="store_true", help="every sandbox that is up")
    for command in (up, status, query, calls, down):
        command.set_defaults(handler=run)


def _option(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not key or not sign:
        raise argparse.ArgumentTypeError(f"KEY=VALUE, not {text!r}")
    return key, value


def run(options: argparse.Namespace) -> int:
    """Run one of the commands; return its exit code.

    Raises:
        AcceptanceError: what was asked for cannot be done, or the sandbox broke.
    """
    from noetl_acceptance.byhand import standing, up  # noqa: PLC0415 - slow import

    if options.command == "up":
        up.up(dict(options.options))
    elif options.command == "sql":
        standing.sql(options.id, options.query)
    elif options.command == "calls":
        standing.calls(options.id)
    elif options.command == "down":
        standing.down(options.id, everything=options.all)
    else:
        standing.status()
    return 0
