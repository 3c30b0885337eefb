"""Puts scenarios that were tried again in the place of those of a release's file."""

from __future__ import annotations

from noetl_acceptance.conformance.releases.release_file import ReleaseFile
from noetl_acceptance.conformance.releases.row_outcomes import row_outcomes
from noetl_acceptance.conformance.row_verdicts import Rules
from noetl_acceptance.model.fault import HANGS_ANYWAY


def renewed(before: ReleaseFile, now: ReleaseFile, rules: Rules) -> ReleaseFile:
    """Return what is known of a release when some of its scenarios were tried again.

    Claims that none of these is about, and the documents' own pattern, stay as they were. So do the
    faults of a release that hangs without one: only the whole core set sees that.

    Args:
        before: all that was known.
        now: what was found of these scenarios; nothing of it counts where the release could not be
            tried.
        rules: the claims that each recorded deviation is about.
    """
    hang = {(e.feature, e.scenario) for e in before.scenarios if HANGS_ANYWAY in e.said}
    tried = {(each.feature, each.scenario): each for each in now.scenarios}
    again = {key: each for key, each in tried.items() if key not in hang}
    if now.hindrance or not again:
        return before
    commit = now.commit
    scenarios = tuple(
        again[key].model_copy(update={"commit": commit}) if key in again else each
        for each in before.scenarios
        for key in ((each.feature, each.scenario),)
    )
    carried_out = {(each.about, each.workload) for each in now.executions}
    rows = row_outcomes(scenarios, rules)
    return before.model_copy(
        update={
            "scenarios": scenarios,
            "rows": before.rows | {row: rows[row] for row in now.rows if row in rows},
            "executions": (
                *(e for e in before.executions if (e.about, e.workload) not in carried_out),
                *now.executions,
            ),
        }
    )
