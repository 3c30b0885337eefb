"""Which scenarios of a run have ended while it goes on: a line for each in its folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from noetl_acceptance.evidence.late import runs_again
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
        again: whether it runs again, alone, when other lanes have ended.
    """

    location: str
    name: str
    verdict: str
    said: str
    seconds: float
    again: bool = False

    def in_words(self, *, in_a_lane: bool) -> str:
        """Return the line that tells of it, and why it has not passed in a second one.

        Args:
            in_a_lane: whether it ran beside others; nobody is blamed before it has run again.
        """
        verdict = words_of_one(WORDS.get(self.verdict, self.verdict))
        if in_a_lane and self.again:
            first = verdict if self.verdict == "skipped" else "late"
            verdict = f"{first}, runs again alone"
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
    ended = Ended(
        result.location, result.scenario, result.verdict, said, result.seconds, runs_again(result)
    )
    with (folder / ENDED_FILE).open("a", encoding="utf-8") as file:
        file.write(f"{json.dumps(ended)}\n")


def read_ended(folder: Path) -> list[Ended]:
    """Return what has ended so far, in the order in which it did; none where nothing has.

    A line may be torn: it is being written, or the disk was full.
    """
    file = folder / ENDED_FILE
    if not file.is_file():
        return []
    found = []
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(ValueError, TypeError):
            found.append(Ended(*json.loads(line)))
    return found
