"""What did not pass as annotations on GitHub's pages: its workflow commands, one for each line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from noetl_acceptance.evidence.results import NOT_RUN, ScenarioResult
from noetl_acceptance.evidence.run_summary import FILE, clipped, first_lines
from noetl_acceptance.evidence.run_verdict import WORDS, words_of_one
from noetl_acceptance.model.wording import counted

LEVELS = {
    "product": "error",
    "sandbox": "error",
    "suite": "error",
    "usage": "error",
    "interrupted": "error",
    "skipped": "warning",
    "deviates": "notice",
}
"""The level of each verdict that is annotated, in the order in which they are shown."""

MOST = 10
"""The most annotations of a run; GitHub shows ten of a level for each step."""


def lines_of(results: Sequence[ScenarioResult], places: Mapping[str, str]) -> list[str]:
    """Return an annotation for each scenario that did not pass, and in the end what is left out.

    Scenarios that were not run have none.

    Args:
        results: of a run, without secrets.
        places: the words for folders of this machine, by their paths.
    """
    told = [
        each
        for verdict in LEVELS
        for each in results
        if each.verdict == verdict and each.reason not in NOT_RUN
    ]
    lines = [_annotation(each, places) for each in told[:MOST]]
    if more := len(told[MOST:]):
        lines.append(f"{counted(more, 'annotation')} more left out: see {FILE}")
    return lines


def _annotation(result: ScenarioResult, places: Mapping[str, str]) -> str:
    words = words_of_one(WORDS.get(result.verdict, result.verdict))
    properties = {
        **_place(result),
        "title": clipped(f"{words}: {result.scenario}"),
    }
    message = first_lines(result, places) or [", ".join(result.deviations) or words]
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{LEVELS[result.verdict]} {told}::{_data(chr(10).join(message))}"


def _place(result: ScenarioResult) -> dict[str, str]:
    """Return the file and the line of a scenario; nothing where it is no file of the checkout."""
    file, _, line = result.location.rpartition(":")
    path = PurePosixPath(file)
    if not file or path.is_absolute() or ".." in path.parts:
        return {}
    return {"file": file, "line": line}


def _data(text: str) -> str:
    """Return a text as the message of a workflow command, on one line."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Return a text as the value of a property; a colon or a comma would end it."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
