"""NoETL's catalog, read straight from its database."""

from __future__ import annotations

from noetl_acceptance.model.playbooks import Playbook
from noetl_acceptance.support.database import Database

_NEWEST = "SELECT content FROM noetl.catalog WHERE path = %s ORDER BY version DESC LIMIT 1"


def registered(connection: Database, playbook: Playbook) -> Playbook:
    """Return a playbook with the text of its newest version in the catalog.

    Raises:
        AssertionError: the catalog has no playbook of that path.
    """
    row = connection.execute(_NEWEST, (playbook.path,)).fetchone()
    if row is None:
        raise AssertionError(f"no playbook {playbook.path} in NoETL's catalog")
    return playbook.model_copy(update={"text": str(row[0])})
