"""Holds the recorded deviations against what the releases that were tried have shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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

    Only scenarios of the core set are tried on every release; deviations of others are left out.
    """
    for deviation in deviations:
        if deviation.chance:
            continue
        known = _known(deviation, releases)
        recorded = SpecifierSet(deviation.releases)
        wrong = [each for each, shown in known.items() if not shown and each in recorded]
        more = [each for each, shown in known.items() if shown and each not in recorded]
        if not wrong and not more:
            continue
        told = [f"not shown by {_listed(wrong)}"] if wrong else []
        told += [f"shown by {_listed(more)} as well"] if more else []
        right = deviation.model_copy(update={"releases": _range(known)})
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
    return [
        each
        for each in found.scenarios
        if each.scenario in deviation.scenarios
        and each.verdict in ("passed", "deviates", "product")
        and not UNTOLD.intersection(each.kinds)
    ]


def _shows(deviation: Deviation, ended: ScenarioOutcome) -> bool:
    return {each.kind for each in deviation.findings} <= set(ended.kinds)


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


def _range(known: Mapping[Version, bool]) -> str:
    """Return the version specifier of those that show it; empty for none."""
    shown = [each for each, shows in known.items() if shows]
    if not shown:
        return ""
    first, last = shown[0], shown[-1]
    if first == last:
        return f"=={first}"
    holes = [f"!={each}" for each in known if first < each < last and not known[each]]
    return ",".join([f">={first}", f"<={last}", *holes])


def _listed(versions: Sequence[Version]) -> str:
    return ", ".join(map(str, versions))
