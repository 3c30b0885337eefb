"""``status``, ``sql``, ``calls`` and ``down``: what is done with sandboxes that are up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from typing import Any

import psycopg

from noetl_acceptance.cli import words
from noetl_acceptance.errors import AcceptanceError, SandboxError, UsageError
from noetl_acceptance.noetl.direct_sql import as_json
from noetl_acceptance.options import load_settings
from noetl_acceptance.places import LEDGERS
from noetl_acceptance.profile_api.client import ProfileApi
from noetl_acceptance.sandbox.attaching import adopt
from noetl_acceptance.sandbox.ledgers import Ledger, find_kept, kept_ledgers
from noetl_acceptance.sandbox.managed import OwnSandbox
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.database import connect


def status() -> None:
    """Print what is up: what it is, since when, its addresses, how its services are."""
    found = kept_ledgers(LEDGERS)
    if not found:
        print("nothing is up")
    for ledger in found:
        try:
            with _looked_at(ledger) as sandbox:
                lines = words.status_lines(
                    ledger.entry, sandbox.endpoints, sandbox.states(), used=ledger.claimed()
                )
        except SandboxError as error:
            lines = [f"{ledger.entry.sandbox_id}: {error}"]
        print("\n".join(lines))


def sql(sandbox_id: str | None, query: str) -> None:
    """Print what the database of a sandbox answers: columns and rows, separated by tabs.

    Args:
        sandbox_id: which; None for the only one that is up.
        query: one statement, or several.

    Raises:
        UsageError: there is no such sandbox, or the database refuses the query.
        SandboxError: the database cannot be reached.
    """
    with _looked_at(find_kept(LEDGERS, sandbox_id)) as sandbox:
        conninfo = sandbox.endpoints.database
    try:
        with connect(conninfo, statement_seconds=None) as connection:
            cursor = connection.execute(query.encode())
            _print_answer(cursor)
            while cursor.nextset():
                _print_answer(cursor)
    except psycopg.OperationalError as error:
        told = " ".join(str(error).split())
        raise SandboxError(
            f"the database cannot be reached: {told}", "`status` tells how its services are"
        ) from None
    except psycopg.Error as error:
        told = str(error).strip()
        raise UsageError(f"the database refuses the query: {told}", "correct the SQL") from None


def calls(sandbox_id: str | None) -> None:
    """Print the calls that executions started by hand have made, each as a line of JSON.

    Args:
        sandbox_id: which; None for the only one that is up.

    Raises:
        UsageError: there is no such sandbox.
        SandboxError: the profile API does not answer.
    """
    with _looked_at(find_kept(LEDGERS, sandbox_id)) as sandbox:
        endpoints = sandbox.endpoints
    with closing(ProfileApi(endpoints.profile_api, endpoints.control_token)) as api:
        for call in api.journal(words.BY_HAND):
            print(json.dumps(asdict(call)))


def _print_answer(cursor: psycopg.Cursor[Any]) -> None:
    if cursor.description is None:
        print(cursor.statusmessage)
        return
    print("\t".join(column.name for column in cursor.description))
    for row in cursor.fetchall():
        print("\t".join(_cell(value) for value in row))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (dict, list, bool)):
        return json.dumps(value, default=as_json, ensure_ascii=False)
    return str(value)


def down(sandbox_id: str | None, *, everything: bool) -> None:
    """Take a sandbox down that is up, or every one.

    Args:
        sandbox_id: which; None for the only one that is up.
        everything: every one, those left out that a run is at work on.

    Raises:
        UsageError: there is no such sandbox, or a run is at work on it.
        SandboxError: it cannot be taken down.
    """
    found = kept_ledgers(LEDGERS)
    if not found and sandbox_id is None:
        print("nothing is up")
        return
    failed: AcceptanceError | None = None
    for ledger in found if everything else [find_kept(LEDGERS, sandbox_id)]:
        try:
            _take_down(ledger)
        except AcceptanceError as error:
            if failed is not None:
                print(f"error: {failed}")
            failed = error
    if failed is not None:
        raise failed


def _take_down(ledger: Ledger) -> None:
    place, console = ledger.entry.place, Console()
    ledger.claim()
    try:
        sandbox = adopt(ledger, load_settings({}, {}), place, console)
        place.logs.mkdir(parents=True, exist_ok=True)
        with console.phase("taking the sandbox down"):
            sandbox.take_down()
    finally:
        ledger.let_go()
    print(f"sandbox {place.sandbox_id} is down; its logs are in {place.logs}")


@contextmanager
def _looked_at(ledger: Ledger) -> Iterator[OwnSandbox]:
    """Give a kept sandbox to look at, whoever is at work on it."""
    sandbox = adopt(ledger, load_settings({}, {}), ledger.entry.place, Console())
    try:
        yield sandbox
    finally:
        sandbox.disconnect()
