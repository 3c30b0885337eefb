"""The pair of playbooks that a run is about."""

from __future__ import annotations

from noetl_acceptance.generations.editions import edition_for
from noetl_acceptance.model.playbooks import PlaybookPair, load_pair
from noetl_acceptance.options import Settings
from noetl_acceptance.sandbox.attaching import noetl_under_test


def pair_under_test(settings: Settings) -> PlaybookPair:
    """Return the pair that the options name, or the edition that goes with the NoETL under test.

    Raises:
        UsageError: it cannot be read; or what is attached to cannot be told.
    """
    return load_pair(settings.playbooks or edition_for(noetl_under_test(settings)))
