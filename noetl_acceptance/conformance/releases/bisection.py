"""Finds where a claim breaks, or is mended: what to try next, and what that says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from noetl_acceptance.errors import UsageError

TRIES = 3
"""How often the last good release and the first bad one are tried: the same each time, or by
chance."""

Verdict = Literal["good", "bad", "none"]


@dataclass(frozen=True, slots=True)
class Probe:
    """What one try of a release says of the claim.

    Args:
        verdict: whether the claim holds; ``none`` where the release cannot be judged.
        words: what was seen, in a few words.
        said: the first finding, or why nothing can be said.
    """

    verdict: Verdict
    words: str
    said: str = ""


@dataclass
class Tried:
    """All tries of one release."""

    release: str
    probes: list[Probe] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """Bad if the claim was broken once: what holds by chance is not kept."""
        said = {each.verdict for each in self.probes}
        return "bad" if "bad" in said else "good" if "good" in said else "none"

    @property
    def judged(self) -> list[Probe]:
        """The tries that say something."""
        return [each for each in self.probes if each.verdict != "none"]

    @property
    def shown(self) -> Probe:
        """The try that tells the verdict."""
        return next((each for each in self.probes if each.verdict == self.verdict), self.probes[0])

    @property
    def odds(self) -> str:
        """How often the claim was broken, of how many tries, in words."""
        broken = sum(each.verdict == "bad" for each in self.judged)
        return f"broken in {broken} of {len(self.judged)}"

    @property
    def by_chance(self) -> bool:
        """Whether its tries differ."""
        return len({each.verdict for each in self.judged}) > 1


@dataclass(frozen=True, slots=True)
class Bisection:
    """What was found: neighbours, of those that can be judged, between which the claim changes.

    Args:
        good: the last good release; the first one where the claim is mended.
        bad: the first bad one; the last one where the claim is mended.
        passed_over: those between them that cannot be judged, the oldest first.
        tried: all, in the order in which they were tried first.
        mended: whether the bad one is the older of the two.
    """

    good: Tried
    bad: Tried
    passed_over: tuple[str, ...]
    tried: tuple[Tried, ...]
    mended: bool = False


class Search:
    """One search.

    Args:
        releases: the oldest first; both ends are among them.
        probe: tries a release once.
        tell: is given a line about each try.
    """

    def __init__(
        self,
        releases: Sequence[str],
        probe: Callable[[str], Probe],
        tell: Callable[[str], None],
    ) -> None:
        self._releases = list(releases)
        self._probe = probe
        self._tell = tell
        self._tried: dict[str, Tried] = {}

    def between(self, good: str, bad: str) -> Bisection:
        """Find where the claim breaks or, where the bad end is the older one, is mended.

        Args:
            good: a release on which it holds.
            bad: one on which it does not.

        Raises:
            UsageError: an end is wrong, cannot be judged, or is good by chance alone.
        """
        self._require(good, bad)
        mended = self._releases.index(bad) < self._releases.index(good)
        if mended:
            self._releases.reverse()  # what follows goes from the good end to the bad one
        low, high = self._ends(good, bad)
        while True:
            if (middle := self._next(low, high)) is not None:
                verdict = self._try(middle).verdict
                low, high = (
                    (middle if verdict == "good" else low),
                    (middle if verdict == "bad" else high),
                )
                continue
            if self._stays(low) == "good":
                self._stays(high)
                return self._found(low, high, mended=mended)
            high, low = low, self._known_good_before(low)

    def _require(self, *ends: str) -> None:
        for each in ends:
            if each not in self._releases:
                raise UsageError(f"{each} is none of the releases to look at", "give another one")
        if len(set(ends)) == 1:
            raise UsageError(f"both ends are {ends[0]}", "give another --good or --bad")

    def _ends(self, good: str, bad: str) -> tuple[str, str]:
        for each, wanted, other in ((good, "good", "--good"), (bad, "bad", "--bad")):
            found = self._try(each)
            if found.verdict != wanted:
                told = found.shown
                why = f"{told.words}: {told.said}" if told.said else told.words
                how = f"is no {wanted} release" if found.judged else "cannot be judged"
                raise UsageError(f"{each} {how}: {why}", f"give another {other}")
        return good, bad

    def _next(self, low: str, high: str) -> str | None:
        """Return the release nearest to the middle that is not known to be of no use."""
        first, last = self._releases.index(low), self._releases.index(high)
        left = [
            number for number in range(first + 1, last) if self._releases[number] not in self._tried
        ]
        if not left:
            return None
        middle = (first + last) / 2
        return self._releases[min(left, key=lambda number: abs(number - middle))]

    def _try(self, release: str) -> Tried:
        tried = self._tried.setdefault(release, Tried(release))
        tried.probes.append(self._probe(release))
        told = tried.probes[-1]
        self._tell(f"{release}: {told.words}{f' ({told.said})' if told.said else ''}")
        return tried

    def _stays(self, release: str) -> Verdict:
        """Return the verdict of a release that was tried often enough to tell chance apart."""
        tried = self._tried[release]
        while len(tried.probes) < TRIES and not (tried.verdict == "bad" and tried.by_chance):
            self._try(release)
        return tried.verdict

    def _known_good_before(self, release: str) -> str:
        before = self._releases[: self._releases.index(release)]
        good = [each for each in before if each in self._tried and self._is_good(each)]
        if not good:
            odds = self._tried[release].odds
            raise UsageError(f"{release} is good by chance alone: {odds}", "give another --good")
        return good[-1]

    def _is_good(self, release: str) -> bool:
        return self._tried[release].verdict == "good"

    def _found(self, low: str, high: str, *, mended: bool) -> Bisection:
        between = self._releases[self._releases.index(low) + 1 : self._releases.index(high)]
        return Bisection(
            good=self._tried[low],
            bad=self._tried[high],
            passed_over=tuple(reversed(between) if mended else between),
            tried=tuple(self._tried.values()),
            mended=mended,
        )
