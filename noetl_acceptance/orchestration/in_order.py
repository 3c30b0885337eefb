"""Tells in the order of the features which scenarios of several processes have ended."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from noetl_acceptance.evidence.ended import ENDED_FILE, Ended, read_ended
from noetl_acceptance.model.wording import counted
from noetl_acceptance.support.console import Console


class InOrder:
    """Prints a line for each scenario, as soon as those before it have ended.

    Args:
        locations: of the scenarios, in the order in which they are told.
        runs: the folders in which the processes make those of their runs.
        console: where they are told.
        again: whether they run in lanes, so that some run again.
    """

    def __init__(
        self,
        locations: Sequence[str],
        runs: Sequence[Path],
        console: Console,
        *,
        again: bool = False,
    ) -> None:
        self.console = console
        self._again = again
        self._left = list(locations)
        self._count = len(locations)
        self._runs = list(runs)
        self._ended: dict[str, Ended] = {}

    def told_of(self, location: str) -> str:
        """Return the verdict that was told of a scenario when it ended; empty for none."""
        return self._ended[location].verdict if location in self._ended else ""

    def look(self) -> None:
        """Tell what has ended since the last time, up to the first one that has not."""
        self._read()
        while self._left and (ended := self._ended.get(self._left[0])):
            self._left.pop(0)
            self._tell(ended)

    def end(self) -> None:
        """Tell the rest; what did not end is left to the run's verdict."""
        self._read()
        for location in self._left:
            if ended := self._ended.get(location):
                self._tell(ended)
        self._left = []

    def progress(self) -> str:
        """Return how many have ended, in words."""
        return f"{len(self._ended)} of {counted(self._count, 'scenario')}"

    def _tell(self, ended: Ended) -> None:
        self.console.say(ended.in_words(in_a_lane=self._again))

    def _read(self) -> None:
        for file in (each for runs in self._runs for each in runs.glob(f"*/{ENDED_FILE}")):
            self._ended |= {each.location: each for each in read_ended(file.parent)}
