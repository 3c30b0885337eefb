"""The pair of playbooks that a run is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from packaging.version import InvalidVersion, Version

from noetl_acceptance.checks.calls import NAMELESS
from noetl_acceptance.errors import NotJudgedError, UsageError
from noetl_acceptance.generations.editions import edition_for, is_rust
from noetl_acceptance.generations.python_runtime import INPUT_SINCE
from noetl_acceptance.model.playbooks import PlaybookPair, load_pair
from noetl_acceptance.model.tools import tools_of
from noetl_acceptance.model.yaml_files import read_text
from noetl_acceptance.options import Settings
from noetl_acceptance.profile_api.rules import Rule
from noetl_acceptance.sandbox.attaching import noetl_under_test


def pair_under_test(settings: Settings) -> PlaybookPair:
    """Return the pair that the options name, or the edition that goes with the NoETL under test.

    Raises:
        UsageError: it cannot be read; it cannot run there; or what is attached to cannot be told.
    """
    noetl = noetl_under_test(settings)
    pair = load_pair(settings.playbooks or edition_for(noetl))
    require_readable(pair, noetl)
    return pair


def require_readable(pair: PlaybookPair, noetl: str) -> None:
    """Refuse a pair whose steps take values by a key that a NoETL does not read.

    It would ignore them without a word, and what comes of that is not its fault.

    Args:
        pair: the pair.
        noetl: as it was asked for, or as it tells its version; of a wheel or a checkout the
            version is known only once it is installed.

    Raises:
        UsageError: a step or tool has ``input:`` alone, and the release is older than that; or a
            step has ``args:`` alone, and it is as new.
    """
    if is_rust(noetl):
        return
    try:
        knows_input = Version(noetl) >= Version(INPUT_SINCE)
    except InvalidVersion:
        return
    refuse = _refuse_args if knows_input else _refuse_input
    for playbook in (pair.worker, pair.parent):
        for name, step in playbook.steps().items():
            refuse(step, f"{playbook.file}, step {name}: NoETL {noetl}")


def _refuse_input(step: Mapping[str, Any], about: str) -> None:
    if any("input" in taker and "args" not in taker for taker in (step, *tools_of(step))):
        raise UsageError(
            f"{about} does not know input:",
            f"take NoETL {INPUT_SINCE} or newer, its Rust programs, or a pair with args:",
        )


def _refuse_args(step: Mapping[str, Any], about: str) -> None:
    # A tool's own are still read.
    if "args" in step and "input" not in step:
        raise UsageError(
            f"{about} does not read args: of a step",
            f"take NoETL before {INPUT_SINCE}, or a pair with input:",
        )


def require_own_edition(settings: Settings, pair: PlaybookPair, noetl: str) -> None:
    """Refuse an edition of the suite's own that was taken before it was known which NoETL it is.

    Args:
        settings: of the run.
        pair: that it has taken.
        noetl: as it tells its version.

    Raises:
        UsageError: another edition goes with it.
    """
    if settings.playbooks is not None:
        return
    fitting = edition_for(noetl)
    parent = fitting / pair.parent.file
    if not parent.is_file() or read_text(parent) != pair.parent.text:
        raise UsageError(
            f"this is NoETL {noetl}, and the run has the edition of the playbooks for others",
            f"add -D playbooks=playbooks/{fitting.name}",
        )


def require_named_travelers(pair: PlaybookPair, rules: Iterable[Rule]) -> None:
    """Refuse rules about certain travelers where no call says whom it is about: none would hold.

    Raises:
        NotJudgedError: the pair's calls do not name their traveler.
    """
    if pair.names.call_traveler_id is None and any(rule.tells_travelers_apart for rule in rules):
        raise NotJudgedError(NAMELESS)
