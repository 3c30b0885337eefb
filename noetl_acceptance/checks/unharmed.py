"""Data passes unharmed (P15): what was seeded and answered stands in the rows as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from noetl_acceptance.checks.check_names import check
from noetl_acceptance.checks.columns import require_column
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.findings import Finding, about, nothing_to_judge, shown
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.profile_api.hard_data import PROFILE, SETS

_DIGEST = re.compile(r"[\w+/=:$.\\-]+", re.ASCII)
"""A digest in whatever digits, with or without the name of its function."""

_EXACT = 2**53
"""Up to here a floating-point number of 64 bits holds every integer."""

EMPTY = '""'
"""How a message names the empty key."""

_BESIDE = frozenset({"origin", "method", "form", "files"})
"""Keys beside the profile in an answer that name no traveler; NoETL has none of them of its own."""

_MASKS = ("REDACTED", "MASKED", "HIDDEN", "NONE", "NULL")


@check("answers-unharmed")
def answers_unharmed(record: ExecutionRecord) -> list[Finding]:
    """The profile in a valid row's answer has each key and value as the API sent it (P15).

    Raises:
        NotJudgedError: the pair keeps no answers, or not all that is in them.
    """
    require_column(record, "payload", "what the API answered")
    valid = [row for row in record.outcome.stored if row.is_valid]
    payloads = {row.traveler_id: _decoded(row.payload) for row in valid}
    sent_sets = _sets_sent(record)
    if not sent_sets:
        raise NotJudgedError("the profile API was asked for no profile")
    whole = SETS[sent_sets[0]]
    kept = {traveler: _profile_in(payload, whole) for traveler, payload in payloads.items()}
    whole_answers = (_keeps_answer(payload) for payload in payloads.values())
    if valid and not any(kept.values()) and not any(whole_answers):
        raise NotJudgedError("the pair keeps of an answer what names the traveler, and no profile")
    harmed: dict[tuple[str, str, str], list[int]] = {}
    for traveler, profile in kept.items():
        for entry, sent, came in _differences(whole, profile or {}):
            harmed.setdefault((entry, sent, came), []).append(traveler)
    return [
        *nothing_to_judge(record, "valid rows", valid),
        *(
            finding
            for (entry, sent, came), travelers in harmed.items()
            for finding in about(
                "data-harmed",
                f"{entry or EMPTY} of the profile: sent {sent}, stored {came}",
                travelers,
                seen=came,
            )
        ),
    ]


def _sets_sent(record: ExecutionRecord) -> list[int]:
    return [rule.data for rule in record.request.rules if rule.kind == "hard_data"]


def _differences(
    whole: Mapping[str, Any], profile: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    for entry, sent in whole.items():
        if entry not in profile:
            yield entry, shown(sent), "nothing under that key"
        elif not _same(sent, profile[entry]):
            yield entry, shown(sent), _stored(profile[entry])
    for entry in profile:
        if entry not in whole:
            yield entry, "no such key", _stored(profile[entry])


def _stored(value: Any) -> str:
    """Return a value that came; a large number in one form, as pairs write it in several."""
    large = isinstance(value, int | float) and abs(value) > _EXACT
    return str(Decimal(str(value)).normalize()) if large else shown(value)


def _same(sent: Any, came: Any) -> bool:
    """Whether two values are equal and of the same types, all the way down."""
    return json.dumps(sent, sort_keys=True) == json.dumps(came, sort_keys=True)


def _decoded(payload: Any) -> Any:
    """Return a payload, read as JSON where the pair keeps it as text."""
    if isinstance(payload, str):
        try:
            return json.loads(payload)
        except ValueError:
            return payload
    return payload


def _keeps_answer(payload: Any) -> bool:
    """Whether a payload keeps other parts of an answer, beside which the profile stood."""
    return any(len(_BESIDE & each.keys()) > 1 for each in _mappings(payload))


def _profile_in(payload: Any, whole: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the profile that stands somewhere in a payload; None where there is none.

    A pair may have a key of that name as well: the one that holds most of the keys sent is meant.
    """
    found = [
        (len(inner.keys() & whole.keys()), inner)
        for each in _mappings(payload)
        if isinstance(inner := each.get(PROFILE), Mapping)
    ]
    shared, profile = max(found, key=lambda pair: pair[0], default=(0, None))
    return profile if shared else None


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield all mappings in a value, however deep."""
    if isinstance(value, Mapping):
        yield value
    inner = value.values() if isinstance(value, Mapping) else value
    for each in inner if isinstance(value, Mapping | list) else ():
        yield from _mappings(each)


@check("digests-unharmed")
def digests_unharmed(record: ExecutionRecord) -> list[Finding]:
    """A valid row's hash is a digest, and no mask or template stands for it (P15).

    Of what it is a digest, by which function and in which digits, is left open; but not that of all
    travelers alike, unless their answers may be: each names its traveler.

    Raises:
        NotJudgedError: the pair keeps no hash.
    """
    require_column(record, "hash", "the hash")
    valid = [row for row in record.outcome.stored if row.is_valid]
    harmed: dict[str, list[int]] = {}
    digests = {row.hash for row in valid}
    same = [] if len(digests) > 1 or _sets_sent(record) else [row.traveler_id for row in valid]
    for row in valid:
        if not _is_digest(row.hash or ""):
            harmed.setdefault(shown(row.hash), []).append(row.traveler_id)
    return [
        *nothing_to_judge(record, "valid rows", valid),
        *(
            finding
            for came, travelers in harmed.items()
            for finding in about("hash-harmed", f"stored {came} for a digest", travelers)
        ),
        *(
            about("hash-same", f"stored {shown(digests.pop())} for every answer", same)
            if len(set(same)) > 1 and not harmed
            else ()
        ),
    ]


def _is_digest(text: str) -> bool:
    """Whether a text may be a digest: no mask, no template, not one character again and again."""
    whole = _DIGEST.fullmatch(text) is not None and len(set(text)) > 1
    return whole and text.upper() not in _MASKS
