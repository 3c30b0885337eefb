"""Files of releases that were given up before they take up what a fault has left lying.

Until commit be1acbb an execution that met a fault counted as hanging after 35 seconds of silence on
each release. From 2.10.4 on a reaper may take up an open command later: 2.10.30 went on after 105.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from noetl_acceptance.checks.faulty import END_SECONDS
from noetl_acceptance.generations.recovery import recovery_seconds

_NOT_ENDED = re.compile(r"it has not ended (?P<seconds>\d+) s after the healing")
_AND_AFTER = "it has not ended, and may call and store yet"
_NO_COMMAND = "open: no command"


def told_as_today(data: Mapping[str, object]) -> Mapping[str, object]:
    """Return a release's file with what was given up too early as not judged.

    Args:
        data: the file's content.
    """
    scenarios, rows = data.get("scenarios") or (), data.get("rows") or {}
    if not isinstance(scenarios, list) or not isinstance(rows, dict):
        return data  # not as it stands in a file
    waited = [
        int(found["seconds"])
        for each in scenarios
        if (found := _NOT_ENDED.search(_said(each))) and _NO_COMMAND not in _said(each)
    ]
    wanted = min(recovery_seconds(str(data.get("release", ""))), END_SECONDS)
    if not waited or max(waited) >= wanted:
        return data
    why = f"its end was awaited for {max(waited)} s; this release may take work up again later"
    return {
        **data,
        "scenarios": [
            {**each, "verdict": "skipped", "kinds": [], "said": why} if _given_up(each) else each
            for each in scenarios
        ],
        "rows": {
            row: {"verdict": "not judged", "said": why} if _given_up(each) else each
            for row, each in rows.items()
        },
    }


def _said(each: Mapping[str, object]) -> str:
    return str(each.get("said", ""))


def _given_up(each: Mapping[str, object]) -> bool:
    """Whether all that was found is that an execution that met a fault had not ended."""
    only = each.get("kinds") == ["not-ended"]
    return only and bool(_NOT_ENDED.search(_said(each)) or _AND_AFTER in _said(each))
