"""Runs behave once, from any folder, and tells by the exit code what the run comes to."""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Iterable, Sequence
from contextlib import chdir
from pathlib import Path
from typing import Any, Literal

from behave.__main__ import run_behave
from behave.exception import ConfigError, InvalidFilenameError, TagExpressionError
from behave.i18n import languages
from behave.parser import ParserError
from behave.runner_util import (
    FeatureListParser,
    FileLocationParser,
    collect_feature_locations,
    parse_features,
)

from noetl_acceptance.bdd import behave_internals
from noetl_acceptance.bdd.selection import no_feature, require_scenarios
from noetl_acceptance.bdd.shard_selection import selected
from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence.last_failed import NotPassed, last_run, no_run, not_passed
from noetl_acceptance.evidence.rerun import defines
from noetl_acceptance.options import Settings, given_options, load_settings
from noetl_acceptance.orchestration.shards import Selected
from noetl_acceptance.places import ROOT
from noetl_acceptance.support.program import PROGRAM
from noetl_acceptance.support.streams import STANDARD_OUTPUT
from noetl_acceptance.verdict import exit_codes


def run_features(
    arguments: Sequence[str], last_failed: Path | Literal["last"] | None = None
) -> int:
    """Run behave in this process, in the suite's own folder, where its settings are.

    Args:
        arguments: behave's own. Relative paths of features are looked for in the working folder
            and then in the suite's; those of files to write are the working folder's.
        last_failed: the folder of a run, or "last" for the last run: of what is selected, only the
            scenarios run that did not pass in it, with its options where these arguments and the
            environment give no other. None for all that are selected.

    Returns:
        One of ``exit_codes.MEANINGS``.

    Raises:
        UsageError: an argument's value cannot be used, or there is no such run.
        OSError: standard output cannot be written; names it.
        SystemExit: behave's help was asked for among other arguments; its code is 0.
    """
    caller = Path.cwd()
    with chdir(ROOT):
        config = _configured(arguments, caller)
        if last_failed is not None:
            earlier = _earlier(last_failed, config, caller)
            if not earlier.keys:
                print(earlier.nothing_to_run)
                return earlier.code
            _select_again(earlier, config)
        return _run(config)


def _earlier(last_failed: Path | Literal["last"], config: Any, caller: Path) -> NotPassed:
    runs = load_settings(config.userdata).runs
    if last_failed != "last":
        return not_passed(caller / last_failed)
    run = last_run(runs)
    if run is None:
        raise no_run(runs)
    return not_passed(run)


def _select_again(earlier: NotPassed, config: Any) -> None:
    """Have behave run what did not pass in a run, with that run's options, and tell of these."""
    given = given_options(config.userdata)
    for line in earlier.options_in_words(given):
        print(line)
    taken = earlier.options_taken(given)
    config.not_passed = earlier
    config.userdata.update(taken)
    config.words = [f"--last-failed={earlier.run}", *defines(taken), *config.words]


def selected_by(arguments: Sequence[str]) -> tuple[list[Selected], Settings]:
    """Return the scenarios that behave's arguments select, in the order of a run, and its options.

    Raises:
        UsageError, SystemExit: as ``run_features``.
    """
    caller = Path.cwd()
    with chdir(ROOT):
        config = _configured(arguments, caller)
        try:
            locations = collect_feature_locations(config.paths)
            features = parse_features(locations, language=config.lang)
        except (FileNotFoundError, InvalidFilenameError) as error:
            raise no_feature(error) from None
        except ParserError as error:
            raise UsageError(" ".join(str(error).split()), "fix the file") from None
        settings = load_settings(config.userdata)
        if settings.seed is not None:
            from noetl_acceptance.bdd.runner import shuffle  # noqa: PLC0415 - slow import

            shuffle(features, settings.seed)
        require_scenarios(features, config)
        return selected(features, config), settings


def _configured(arguments: Sequence[str], caller: Path) -> Any:
    """Return behave's configuration; relative paths are looked for from the caller's folder."""
    arguments = _with_bare_color(arguments)
    asked = behave_internals.parsed_arguments(arguments, f"{PROGRAM} run")
    config = _configuration(arguments, asked)
    config.words, config.caller = list(arguments), caller  # for lanes
    if asked.paths:
        config.paths = [path for each in asked.paths for path in found_from(caller, each)]
    if asked.junit_directory:
        config.junit_directory = str(caller / asked.junit_directory)
    behave_internals.write_below(config, caller)
    return config


def _with_bare_color(arguments: Sequence[str]) -> list[str]:
    """Return behave's arguments with a value for ``--color``, which would take a path for it."""
    given = list(arguments)
    for place, (argument, value) in enumerate(zip(given, [*given, ""][1:], strict=True)):
        if argument == "--color" and (not value or value.startswith("-") or Path(value).exists()):
            given[place] = "--color=auto"
    return given


def _configuration(arguments: Sequence[str], asked: Any) -> Any:
    _require_patterns("--name", asked.name or ())
    _require_patterns("--include", filter(None, [asked.include_re]))
    _require_patterns("--exclude", filter(None, [asked.exclude_re]))
    if asked.lang and asked.lang not in (*languages, "help"):
        raise UsageError(f"--lang={asked.lang} is not a language", "`--lang-list` lists them")
    try:
        return behave_internals.configuration_of(arguments)
    except TagExpressionError as error:
        told = str(error).splitlines()[0]
        raise UsageError(
            f"--tags={' '.join(asked.tags or ())} is not a tag expression: {told}",
            "`--tags-help` has examples",
        ) from None
    except ConfigError as error:
        raise UsageError(str(error), "see `behave --help`") from None


def _require_patterns(option: str, patterns: Iterable[str]) -> None:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise UsageError(
                f"{option}={pattern} is not a regular expression: {error}",
                f"for these very characters give {option}={_quoted(pattern)}",
            ) from None


def _quoted(text: str) -> str:
    return "'" + re.escape(text).replace(r"\ ", " ").replace("'", "'\\''") + "'"


def found_from(folder: Path, given: str) -> list[str]:
    """Return the paths of features for which one stands, as they are given in the suite's folder.

    Args:
        folder: the user's working folder.
        given: a file, a file with a line, a folder, or ``@`` and a file of these. Those in a file
            are looked for in its folder and then in the suite's.
    """
    if not given.startswith("@"):
        return [_found(folder, given)]
    listing = folder / given.removeprefix("@")
    if not listing.is_file():
        return [given]
    lines = os.fsdecode(listing.read_bytes())
    listed = FeatureListParser.parse(lines, str(listing.parent))
    near = [os.path.relpath(str(location), listing.parent) for location in listed]
    return [_found(listing.parent, each) for each in near] or [f"@{os.path.relpath(listing, ROOT)}"]


def _found(folder: Path, given: str) -> str:
    there = folder / given
    if not Path(FileLocationParser.parse(str(there)).filename).exists():
        return given
    return os.path.relpath(there, ROOT)


def _run(config: Any) -> int:
    try:
        load_settings(config.userdata)
    except UsageError as error:  # before behave prints which runner it uses
        from noetl_acceptance.bdd.runner import AcceptanceRunner  # noqa: PLC0415 - slow import

        AcceptanceRunner(config).refuse(error)
        return int(config.exit_code)
    try:
        failed = bool(run_behave(config))
    except Exception as error:
        if isinstance(error, OSError) and error.filename == STANDARD_OUTPUT:
            raise  # before the runner could tell anything
        traceback.print_exc()
        failed = True
    return int(getattr(config, "exit_code", exit_codes.CODES["usage"] if failed else 0))
