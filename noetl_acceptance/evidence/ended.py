"""Which scenarios of a run have ended while it goes on: a line for each in its folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.evidence.run_verdict import WORDS, why_of, words_of_one
from noetl_acceptance.support.redaction import redacted

ENDED_FILE = "ended.jsonl"


class Ended(NamedTuple):
    """A scenario that has ended; the run's ``results.json`` has the last word on it.

    Args:
        location: ``FILE:LINE``.
        name: the scenario's.
        verdict: as in the results.
        said: the first line of why it has not passed; empty where it has.
        seconds: that it took.
    """

    location: str
    name: str
    verdict: str
    said: str
    seconds: float

    def __str__(self) -> str:
        verdict = words_of_one(WORDS[self.verdict])
        told = f"  {verdict} ({self.seconds:.1f} s): {self.location} {self.name.strip()}"
        return f"{told}\n    {self.said}" if self.said else told


def append_ended(result: ScenarioResult, folder: Path, secrets: Iterable[str]) -> None:
    """Note that a scenario has ended.

    Args:
        result: how.
        folder: of the run.
        secrets: that are not written.
    """
    passed = result.verdict in ("passed", "deviates")
    said = "" if passed else redacted(why_of(result).partition("\n")[0], secrets)
    ended = Ended(result.location, result.scenario, result.verdict, said, result.seconds)
    with (folder / ENDED_FILE).open("a", encoding="utf-8") as file:
        file.write(f"{json.dumps(ended)}\n")


def read_ended(folder: Path) -> list[Ended]:
    """Return what has ended so far, in the order in which it did; none where nothing has."""
    file = folder / ENDED_FILE
    if not file.is_file():
        return []
    whole, _, _ = file.read_text(encoding="utf-8").rpartition("\n")  # one may be being written
    return [Ended(*json.loads(line)) for line in whole.splitlines()]
