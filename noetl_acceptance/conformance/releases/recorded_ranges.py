"""Holds the recorded deviations against what the releases that were tried have shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import yaml
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from noetl_acceptance.conformance.releases.release_file import (
    SLOW_LATE,
    ReleaseFile,
    ScenarioOutcome,
)
from noetl_acceptance.verdict.known_deviations import Deviation, Package, releases_under_test

UNTOLD = frozenset({SLOW_LATE, "hangs", "late", "refused", "failed"})
"""The kinds of a scenario that came to no check: it shows no deviation, and the lack of none."""

_VERSION = re.compile(r"[\w.]+$")


class Contradiction(NamedTuple):
    """A release of which a deviation is recorded that it did not show.

    Args:
        deviation: the recorded one.
        release: as its file names it.
        scenario: that should have shown it.
        said: what was found instead.
    """

    deviation: Deviation
    release: str
    scenario: str
    said: str

    def __str__(self) -> str:
        return (
            f"{self.deviation.name!r} is recorded of NoETL {self.release}, which did not show it: "
            f"{self.scenario}: {self.said}"
        )


def contradictions(
    releases: Sequence[ReleaseFile], deviations: Iterable[Deviation]
) -> list[Contradiction]:
    """Return where the releases that were tried contradict what is recorded of them.

    A deviation that shows now and then contradicts nothing, and a scenario that was not judged is
    no contradiction.
    """
    return [
        Contradiction(deviation, found.release, each.scenario, each.said or each.verdict)
        for deviation in deviations
        if not deviation.chance
        for found in releases
        if deviation.holds_for(_packages(found))
        for each in _tried(deviation, found)
        if not _shows(deviation, each)
    ]


def right_entries(
    releases: Sequence[ReleaseFile], deviations: Iterable[Deviation]
) -> Iterator[tuple[str, Deviation]]:
    """Yield why the range of a deviation is not as its scenarios show, and the entry that would be.

    A range grows to the neighbours that show the same. Where releases between do not, those beyond
    may have another reason: they are named, and not taken in. Nor is what another entry of the same
    findings says already. Only scenarios of the core set are tried on every release; deviations of
    others are left out.
    """
    entries = list(deviations)
    for deviation in entries:
        if deviation.chance:
            continue
        recorded = SpecifierSet(deviation.releases)
        elsewhere = [SpecifierSet(e.releases) for e in entries if _is_like(e, deviation)]
        known = {
            release: shown
            for release, shown in _known(deviation, releases).items()
            if release in recorded or not (shown and any(release in each for each in elsewhere))
        }
        runs = [list(run) for shown, run in groupby(known, key=lambda each: known[each]) if shown]
        own = [run for run in runs if any(each in recorded for each in run)]
        wrong = [each for each, shown in known.items() if not shown and each in recorded]
        more = [each for run in own for each in run if each not in recorded]
        if not wrong and not more:
            continue
        told = [f"not shown by {_spans(known, wrong)}"] if wrong else []
        told += [f"shown by {_spans(known, more)} as well"] if more else []
        beyond = [each for run in runs if run not in own for each in run]
        told += [f"look whether {_spans(known, beyond)} have the same reason"] if beyond else []
        right = deviation.model_copy(update={"releases": _range(known, own)})
        yield "; ".join(told), right


def entry_text(deviation: Deviation) -> str:
    """Return an entry of deviations.yaml, ready to paste."""
    data = deviation.model_dump(mode="json", exclude_defaults=True)
    order = ("name", "rules", "package", "releases")
    first: dict[str, Any] = {key: data.pop(key) for key in order if key in data}
    return yaml.safe_dump(
        [first | data], sort_keys=False, allow_unicode=True, width=100, default_flow_style=False
    )


def _packages(found: ReleaseFile) -> Mapping[Package, str]:
    return releases_under_test(found.release, "")


def _tried(deviation: Deviation, found: ReleaseFile) -> list[ScenarioOutcome]:
    """Return the scenarios of a deviation that say something of a release."""
    if found.hindrance:
        return []
    return [
        each
        for each in found.scenarios
        if each.scenario in deviation.scenarios
        and each.verdict in ("passed", "deviates", "product")
        and not UNTOLD.intersection(each.kinds)
    ]


def _shows(deviation: Deviation, ended: ScenarioOutcome) -> bool:
    return {each.kind for each in deviation.findings} <= set(ended.kinds)


def _is_like(one: Deviation, other: Deviation) -> bool:
    """Whether two entries are about the same findings of the same scenario."""
    same = {each.kind for each in one.findings} == {each.kind for each in other.findings}
    return one is not other and same and bool({*one.scenarios} & {*other.scenarios})


def _known(deviation: Deviation, releases: Sequence[ReleaseFile]) -> dict[Version, bool]:
    """Return which releases show a deviation; what was not tried is as it is recorded."""
    recorded = SpecifierSet(deviation.releases)
    known: dict[Version, bool] = {}
    for found in releases:
        version = _packages(found).get(deviation.package)
        if version is None or not (tried := _tried(deviation, found)):
            continue
        known[Version(version)] = all(_shows(deviation, each) for each in tried)
    if not known:
        return {}
    ends = (match[0] for each in recorded if (match := _VERSION.search(str(each))))
    for end in map(Version, ends):
        known.setdefault(end, end in recorded)
    return dict(sorted(known.items()))


def _range(known: Mapping[Version, bool], shown: Sequence[Sequence[Version]]) -> str:
    """Return the version specifier of runs of releases that show it; empty for none."""
    if not shown:
        return ""
    first, last = shown[0][0], shown[-1][-1]
    if first == last:
        return f"=={first}"
    holes = [f"!={each}" for each in known if first < each < last and not known[each]]
    return ",".join([f">={first}", f"<={last}", *holes])


def _spans(known: Iterable[Version], told: Sequence[Version]) -> str:
    """Return releases in words, neighbours among those that are known as one span."""
    runs = (list(run) for is_told, run in groupby(known, key=told.__contains__) if is_told)
    return ", ".join(f"{run[0]}" if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
