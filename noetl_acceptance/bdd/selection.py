"""What a user has selected: what cannot be read or begins on no line, and what is left of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from behave.tag_expression.v1 import TagExpression as OldTagExpression

from noetl_acceptance.bdd.behave_internals import item_at, prune
from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence.last_failed import NotPassed
from noetl_acceptance.evidence.results import key_of
from noetl_acceptance.model.wording import counted

_REMEDY = "give feature files, or folders of them"


def require_features(paths: Iterable[str], locations: Iterable[Any]) -> None:
    """Refuse folders without features, and files that cannot be read.

    Args:
        paths: as the user has named them.
        locations: behave's, of the features that it has found there.

    Raises:
        UsageError: names the first of them.
    """
    for path in paths:
        if Path(path).is_dir() and not any(Path(path).rglob("*.feature")):
            raise UsageError(f"{path} holds no .feature file", _REMEDY)
    for file in dict.fromkeys(str(location.filename) for location in locations):
        try:
            Path(file).read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{file} cannot be read: {error.strerror}", _REMEDY) from None
        except UnicodeDecodeError:
            raise UsageError(f"{file} cannot be read: it is not UTF-8 text", _REMEDY) from None


def no_feature(path: object) -> UsageError:
    """Return the error for a path that is none of a feature."""
    there = Path(str(path)).exists()
    cause = f"{path} is no .feature file" if there else f"there is no {path}"
    return UsageError(cause, _REMEDY)


def require_scenarios(features: Iterable[Any], config: Any) -> None:
    """Refuse a selection that holds no scenario.

    Args:
        features: behave's.
        config: behave's, with what is selected.

    Raises:
        UsageError: no scenario of the features is selected.
    """
    scenarios = (each for feature in features for each in feature.walk_scenarios())
    if not any(scenario.should_run(config) for scenario in scenarios):
        raise UsageError(
            "no scenario ran: these tags, names and files select none",
            "check them; @scale runs only with --tags=@scale",
        )


def taken_otherwise(features: Sequence[Any], locations: Iterable[Any]) -> Iterator[str]:
    """Yield what behave takes for each line that was asked for and on which nothing begins.

    Args:
        features: behave's.
        locations: behave's, as the user has named them.
    """
    by_file = {Path(str(feature.filename)).absolute(): feature for feature in features}
    for location in locations:
        feature = by_file.get(Path(str(location.filename)).absolute())
        if not location.line or feature is None:
            continue
        taken = item_at(feature, location.line)
        if taken.location.line != location.line:
            asked = f"{taken.location.filename}:{location.line}"
            yield f"{asked} is taken for {taken.location}, {taken.keyword}: {taken.name.strip()}"


def tags_but_for(config: Any, tag: str) -> list[str]:
    """Return behave's arguments for its selection by tags, without what has a tag.

    Args:
        config: behave's.
        tag: without its ``@``.
    """
    # Behave reads all tags in one of two syntaxes; the old one has no word "not".
    leaves_out = "~@" if isinstance(config.tag_expression, OldTagExpression) else "not @"
    return [f"--tags={each}" for each in (*config.tags, f"{leaves_out}{tag}")]


def keep(features: list[Any], locations: Collection[str]) -> None:
    """Leave scenarios in the features, in place, and none of the others.

    Args:
        features: behave's; one without a scenario goes.
        locations: of the scenarios, as ``FILE:LINE``.
    """
    for feature in features:
        prune(feature, locations)
    features[:] = [each for each in features if any(each.walk_scenarios())]


def keep_not_passed(features: list[Any], config: Any, earlier: NotPassed) -> str:
    """Leave in the features, in place, the selected scenarios that did not pass in an earlier run.

    Args:
        features: behave's; one without such a scenario goes.
        config: behave's, with what is selected.
        earlier: those scenarios, at least one.

    Returns:
        How many are left, in words.

    Raises:
        UsageError: none of them is selected.
    """
    locations = {
        str(scenario.location)
        for feature in features
        for scenario in feature.walk_scenarios()
        if scenario.should_run(config)
        and key_of(str(feature.name), str(scenario.name)) in earlier.keys
    }
    count = counted(len(earlier.keys), "scenario")
    if not locations:
        raise UsageError(
            f"none is selected of the {count} that did not pass in {earlier.run}",
            "see the tags, names and files given; @scale needs --tags=@scale",
        )
    keep(features, locations)
    return f"again: {len(locations)} of {count} that did not pass in {earlier.run}"
