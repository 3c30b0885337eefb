"""What the rows say of the API's answers: a valid row holds its own traveler's, and only that."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from noetl_acceptance.checks.calls import require_travelers
from noetl_acceptance.checks.check_names import check
from noetl_acceptance.checks.columns import lacking, require_column
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.findings import Finding, about, example, nothing_to_judge
from noetl_acceptance.model.record import ExecutionRecord, StoredRow
from noetl_acceptance.profile_api.journal import TRACE_PREFIX


@check("own-answer")
def own_answer(record: ExecutionRecord) -> list[Finding]:
    """A valid row's payload is what the API answered about that very traveler (C07, P4).

    How much of the answer a pair keeps, and in which shape, is left open: every place that names
    a traveler must name the row's own, and a trace must be that of a good call for it.

    Raises:
        NotJudgedError: the pair keeps no answers, or none that names a traveler as its calls do; or
            its calls do not name their traveler.
    """
    require_column(record, "payload", "what the API answered")
    names = record.pair.names
    traveler = require_travelers(record)
    valid = [row for row in record.outcome.stored if row.is_valid]
    sent, seeded = _traces_sent(record), _names_sent(record)
    empty, foreign, renamed, made_up = [], [], [], []
    named: set[int | str] = set()
    for row in valid:
        payload = _decoded(row.payload, names.call_traveler_name)
        if payload in (None, "", {}, []):
            empty.append(row.traveler_id)
            continue
        own = {_number(said) for said in _under(payload, traveler)}
        named |= own
        if own != {row.traveler_id}:
            foreign.append(row.traveler_id)
        elif names.call_traveler_name and row.traveler_id in seeded:
            said = set(_under(payload, names.call_traveler_name))
            if said and str(seeded[row.traveler_id]) not in said:
                renamed.append(row.traveler_id)
        traces = {text for text in _strings(payload) if text.startswith(TRACE_PREFIX)}
        if not traces <= sent[str(row.traveler_id)]:
            made_up.append(row.traveler_id)
    if foreign and not named:  # they may name it under another key: that tells nothing
        if not (empty or made_up):
            raise NotJudgedError(f"no answer that is kept names a traveler under {traveler}")
        foreign = []
    return [
        *nothing_to_judge(record, "valid rows", valid),
        *about("payload-empty", "valid rows without an answer", empty),
        *about("payload-foreign", "valid rows whose answer names no such traveler", foreign),
        *about("payload-renamed", "valid rows whose answer names another name", renamed),
        *about("payload-made-up", "valid rows whose answer was not sent for them", made_up),
    ]


def _traces_sent(record: ExecutionRecord) -> dict[str, set[str]]:
    """Return the traces of the good answers about each traveler."""
    sent: dict[str, set[str]] = defaultdict(set)
    for call in record.outcome.calls:
        if call.good:
            sent[str(call.traveler_id)].add(call.trace)
    return sent


def _names_sent(record: ExecutionRecord) -> dict[int, str | None]:
    """Return the name of each traveler, as its calls have it; of none where they have none."""
    if not record.pair.names.call_traveler_name:
        return {}
    if lacking(record, "source_name", "the name at the source"):
        return {}
    return {row.traveler_id: row.name for row in record.outcome.source}


@check("row-keeps-name")
def names_kept(record: ExecutionRecord) -> list[Finding]:
    """A row's name is that of the source (C07).

    Raises:
        NotJudgedError: source or target have no column for the name.
    """
    require_column(record, "source_name", "the name at the source")
    require_column(record, "name", "the name in the target")
    seeded = {row.traveler_id: row.name for row in record.outcome.source}
    valid = [row for row in record.outcome.stored if row.is_valid]
    changed = {r.traveler_id: r.name for r in valid if r.name != seeded.get(r.traveler_id)}
    message = f"names differ from the source{example(seeded, changed)}"
    return [
        *nothing_to_judge(record, "valid rows", valid),
        *about("name-changed", message, changed),
    ]


@check("row-normalizes-name")
def names_normalised(record: ExecutionRecord) -> list[Finding]:
    """A valid row's normalised name is the source's, trimmed and in upper case (C07).

    Raises:
        NotJudgedError: source or target have no such column.
    """
    require_column(record, "source_name", "the name at the source")
    require_column(record, "normalized_name", "the normalised name")
    seeded = {row.traveler_id: row.name or "" for row in record.outcome.source}
    valid = [row for row in record.outcome.stored if row.is_valid]
    raw = [
        r.traveler_id
        for r in valid
        if r.normalized_name not in _normalised(seeded.get(r.traveler_id, ""))
    ]
    return [
        *nothing_to_judge(record, "valid rows", valid),
        *about("name-not-normalised", "names are not trimmed and upper case", raw),
    ]


@check("bad-answer-never-valid")
def bad_answers_not_valid(record: ExecutionRecord) -> list[Finding]:
    """A traveler that got no good answer has no valid row; bad answers were given (P4).

    Some releases ask no more after the first bad answer of a batch: who was not requested at all
    has none either. A call that names nobody may have been about any of them.

    Raises:
        NotJudgedError: the pair's calls do not name their traveler.
    """
    require_travelers(record)
    answered: dict[int | None, set[bool]] = defaultdict(set)
    for call in record.outcome.calls:
        answered[call.traveler_id].add(call.good)
    bad = {traveler for traveler, good in answered.items() if good == {False}}
    if not bad:
        return [Finding("no-bad-answer", "the profile API gave no bad answer: nothing is proven")]
    valid = [row.traveler_id for row in record.outcome.stored if row.is_valid]
    spoilt = [traveler for traveler in valid if traveler in bad]
    never = [i for i in valid if i not in answered] if None not in answered else []
    return [
        *about("bad-answer-valid", "valid rows that stand on a bad answer", spoilt),
        *about("no-answer-valid", "valid rows of travelers that were never requested", never),
    ]


@check("distinct-reasons")
def reasons_differ(record: ExecutionRecord) -> list[Finding]:
    """Rows of answers that were bad in several ways do not all give the same reason (P4).

    How a pair words its reasons, and how many kinds it tells apart, is left open; but what stands
    in every invalid row, whatever was answered, is no reason. What a row says elsewhere as well
    (its traveler, name, status, batch) does not count.

    Raises:
        NotJudgedError: the pair keeps no reasons, or its calls do not name their traveler, or fewer
            than two of the bad answers have left an invalid row with a reason.
    """
    require_column(record, "reason", "why a row is invalid")
    require_travelers(record)
    last = {call.traveler_id: call for call in record.outcome.calls}
    told: dict[str, set[tuple[str, int | None]]] = defaultdict(set)
    travelers = []
    for row in record.outcome.stored:
        call, reason = last.get(row.traveler_id), (row.reason or "").strip()
        if row.is_valid is False and reason and call is not None and not call.good:
            told[_without(reason, row)].add((call.answer, call.status))
            travelers.append(row.traveler_id)
    kinds = set().union(*told.values())
    if len(kinds) < 2:
        raise NotJudgedError("fewer than two kinds of bad answers have left a row with a reason")
    if len(told) > 1:
        return []
    words = ", ".join(sorted(answer.replace("_", " ") for answer, _ in kinds))
    message = f"the same reason whatever was answered ({words}): {next(iter(told))[:100]}"
    return about("reason-same", message, travelers)


def _without(reason: str, row: StoredRow) -> str:
    """Return a reason with what its row says elsewhere as well taken out."""
    numbers = {str(n) for n in (row.traveler_id, row.profile_status, row.batch_number)}
    for name in filter(None, (row.name, row.normalized_name, (row.name or "").strip())):
        reason = reason.replace(name, "…")
    return re.sub(r"\d+", lambda n: "…" if n[0] in numbers else n[0], reason)


@check("own-status")
def own_status(record: ExecutionRecord) -> list[Finding]:
    """A row that tells of success (2xx) has a status that its traveler was answered with (C07).

    What a row says of a failed call is left open: its status, 0, nothing.

    Raises:
        NotJudgedError: the pair's calls do not name their traveler.
    """
    require_travelers(record)
    sent: dict[int | None, set[int | None]] = defaultdict(set)
    for call in record.outcome.calls:
        # An answer that breaks off has begun as a good one.
        sent[call.traveler_id].add(200 if call.answer == "close" else call.status)
    made_up = [
        row.traveler_id
        for row in record.outcome.stored
        if row.profile_status is not None
        and 200 <= row.profile_status < 300
        and row.profile_status not in sent[row.traveler_id]
    ]
    return [
        *nothing_to_judge(record, "rows", record.outcome.stored),
        *about("status-made-up", "rows with a status that was not answered for them", made_up),
    ]


def _decoded(value: Any, name: str | None) -> Any:
    """Return a value with every text that is a JSON object or array in its place.

    What stands under ``name`` is a traveler's name and stays text, whatever it looks like.
    """
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return _decoded(json.loads(value), name)
        except ValueError:
            return value
    if isinstance(value, Mapping):
        return {k: inner if k == name else _decoded(inner, name) for k, inner in value.items()}
    if isinstance(value, list):
        return [_decoded(inner, name) for inner in value]
    return value


def _under(value: Any, key: str) -> Iterator[str]:
    """Yield what stands under a key, at any depth, as text."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            only = inner[0] if isinstance(inner, list) and len(inner) == 1 else inner
            if name == key and isinstance(only, str | int | float):
                yield str(int(only) if isinstance(only, float) and only.is_integer() else only)
            else:
                yield from _under(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _under(inner, key)


def _number(text: str) -> int | str:
    """Return the traveler that a text names, as the journal of calls takes it: ``007`` is 7."""
    return int(text) if text.isdecimal() and text.isascii() else text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _normalised(name: str) -> set[str]:
    """Return a name trimmed and in upper case, as Python and as SQL understand it.

    SQL's ``trim`` takes spaces only, and its ``upper`` keeps a letter whose upper case is longer.
    """
    return {
        upper
        for text in (name.strip(), name.strip(" "))
        for upper in (text.upper(), "".join(c.upper() if len(c.upper()) == 1 else c for c in text))
    }
