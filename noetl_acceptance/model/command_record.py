"""What is recorded about one command of NoETL's command line."""

from __future__ import annotations

from typing import Any

from noetl_acceptance.model.playbooks import PlaybookPair
from noetl_acceptance.model.record import RowCounts
from noetl_acceptance.model.request import FrozenModel


class CliCall(FrozenModel):
    """One command and what came of it.

    ``exit_code`` is None when it did not end in time; ``ended_at`` is in epoch seconds.
    """

    arguments: tuple[str, ...]
    exit_code: int | None
    out: str
    err: str
    seconds: float
    ended_at: float


class CatalogEntry(FrozenModel):
    """The newest version of a playbook in NoETL's catalog."""

    version: int
    text: str


class Footprint(FrozenModel):
    """What a command can leave, as it stands at one time.

    Args:
        catalog: the newest version of each playbook by its path.
        executions: how many executions the event log knows.
        rows: the rows of each execution in the fixture's tables, by its id.
    """

    catalog: dict[str, CatalogEntry]
    executions: int
    rows: dict[str, RowCounts]


class Given(FrozenModel):
    """One of the documents' commands as a scenario gave it.

    Args:
        call: what came of it.
        before: how things stood before it.
        after: and after it.
        pair: the playbooks whose files lay there for it.
        execution_id: of the execution that it is about, if it is about one.
        rows: what the database itself answers to its query; None where it is none that answers
            with rows.
    """

    call: CliCall
    before: Footprint
    after: Footprint
    pair: PlaybookPair
    execution_id: str | None = None
    rows: list[dict[str, Any]] | None = None
