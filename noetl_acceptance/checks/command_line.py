"""What NoETL's command line did and told."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, Literal

from noetl_acceptance.checks.check_names import check
from noetl_acceptance.checks.status import over_since
from noetl_acceptance.checks.summary import PROMISED, as_number, summary_in, value_at
from noetl_acceptance.model.command_record import CliCall, Given
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.wording import counted

Rows = list[dict[str, Any]]
Role = Literal["parent", "worker"]

COMMAND_FAILED = "command-failed"
"""The kind of finding about a command that ended with an error, be it that it had to wait."""


@check("command-succeeds")
def succeeds(given: Given) -> list[Finding]:
    """The command succeeds."""
    return _failure(given.call)


@check("command-refused")
def is_refused(given: Given) -> list[Finding]:
    """The command fails, and says why."""
    call = given.call
    if call.exit_code is None:
        return [Finding("command-late", f"{_name(call)} did not end: {_told(call)}")]
    if call.exit_code == 0:
        return [Finding("not-refused", f"{_name(call)} exited with 0", seen=0)]
    if not call.err.strip():
        return [Finding("refused-unsaid", f"{_name(call)} failed without a word on stderr")]
    return []


@check("command-says")
def says(given: Given, words: str) -> list[Finding]:
    """The command's output has those words."""
    call = given.call
    if words.lower() in f"{call.out}\n{call.err}".lower():
        return []
    return [Finding("unsaid", f"{_name(call)} does not say {words!r}: {_told(call)}")]


@check("command-registers-playbook")
def registers(given: Given, role: Role) -> list[Finding]:
    """The catalog gets one more version of the playbook, with the text of its file (C16, C17)."""
    playbook = given.pair.parent if role == "parent" else given.pair.worker
    old, new = (footprint.catalog.get(playbook.path) for footprint in (given.before, given.after))
    was, is_ = (entry.version if entry else 0 for entry in (old, new))
    if new is None or is_ != was + 1:
        return [Finding("version", f"{playbook.path}: version {was} before, {is_} now", seen=is_)]
    if new.text != playbook.text:
        return [Finding("registered-text", f"{playbook.path}: not the text of its file")]
    return _failure(given.call)


@check("command-starts-nothing")
def starts_nothing(given: Given) -> list[Finding]:
    """The command starts no execution (C18)."""
    count = given.after.executions - given.before.executions
    return (
        [Finding("started", f"{counted(count, 'execution')} started", seen=count)] if count else []
    )


@check("command-removes-one-execution")
def removes_one(given: Given) -> list[Finding]:
    """The rows of that execution are gone, and no other's is changed (C29)."""
    before, after, this = given.before.rows, given.after.rows, given.execution_id or ""
    others = {each: rows for each, rows in before.items() if each != this}
    if this not in before or not before[this].source or not before[this].stored or not others:
        return [Finding("nothing-to-judge", "no rows to remove, or none of another execution")]
    found = _failure(given.call)
    if this in after:
        message = f"{after[this].source} source and {after[this].stored} target rows are left"
        found.append(Finding("rows-left", message))
    changed = [each for each, rows in others.items() if after.get(each) != rows]
    if changed:
        found.append(Finding("others-changed", f"rows of {', '.join(changed)} are not as before"))
    return found


@check("command-tells-rows")
def tells_rows(given: Given) -> list[Finding]:
    """The answer to the query is what the database itself says, names and values."""
    told, found = _answer(given.call)
    if found:
        return found
    if given.rows is None:
        return [Finding("nothing-to-judge", f"{_name(given.call)} reads no rows")]
    if "table" in given.call.arguments:
        return _table_findings(given.call, given.rows)
    if told != given.rows:
        return [Finding("answer-differs", _difference(told, given.rows))]
    return []


def _difference(told: Any, rows: Rows) -> str:
    """Tell the first row in which an answer is not what the database says: it may have hundreds."""
    if not isinstance(told, list):
        return f"{told!r:.200} is not a list of rows; the database has {len(rows)}"
    counts = f"{counted(len(told), 'row')} told, {len(rows)} in the database"
    for number, (seen, wanted) in enumerate(zip_longest(told, rows), start=1):
        if seen != wanted:
            return f"{counts}; row {number}: {seen or 'nothing'} told, {wanted or 'nothing'} there"
    return counts


def _table_findings(call: CliCall, rows: Rows) -> list[Finding]:
    """A table tells the columns' names in one line, and the values of each row in another."""
    if rows and not call.out.strip():
        message = f"nothing told, where the database has {counted(len(rows), 'row')}"
        return [Finding("table-empty", message, seen="")]
    cells = [_cells(line) for line in call.out.splitlines()]
    unnamed = [name for name in (rows[0] if rows else {}) if not any(name in c for c in cells)]
    if unnamed:
        return [Finding("table-unnamed", f"the table names no {', '.join(unnamed)}")]
    wanted = [Counter(_text(value) for value in row.values()) for row in rows]
    absent = [row for row in wanted if not any(row <= Counter(line) for line in cells)]
    if absent:
        return [Finding("answer-differs", f"{len(absent)} of {counted(len(rows), 'row')} not told")]
    return []


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"[│|┃]", line) if cell.strip()]


@check("command-shows")
def shows(given: Given, wanted: Mapping[str, str]) -> list[Finding]:
    """The first row of the answer, or the summary in it, has those values."""
    told, found = _answer(given.call)
    if found:
        return found
    row = told[0] if isinstance(told, list) and told else told
    summary = summary_in(row)
    values = _promised_in(summary) if summary else dict(_leaves(row))
    return [
        Finding("answer", f"{name} is {values.get(name)!r}, not {value!r}", seen=values.get(name))
        for name, value in wanted.items()
        if values.get(name) != value
    ]


@check("command-tells-status")
def tells_status(given: Given) -> list[Finding]:
    """The status has the fields that the documents take from it (C21)."""
    return _status_findings(given.call, given.execution_id)


def _status_findings(call: CliCall, execution_id: str | None) -> list[Finding]:
    """The status has the fields that the documents take from it (C21).

    There may be no current step yet; an execution can fail before NoETL tells of one (4.26.0 within
    0.5 s).
    """
    told, found = _answer(call)
    if found:
        return found
    status = told if isinstance(told, dict) else {}
    step = status.get("current_step")
    incomplete = status.get("completed") is False
    right = {
        "execution_id": status.get("execution_id") == execution_id,
        "completed": isinstance(status.get("completed"), bool),
        "failed": isinstance(status.get("failed"), bool),
        "current_step": isinstance(step, str) or (step is None and incomplete),
    }
    return [
        Finding("status-field", f"{name} is {status.get(name, 'not there')!r}", seen=name)
        for name, fits in right.items()
        if not fits
    ]


@check("waiting-loop-ends")
def loop_ended(
    calls: Sequence[CliCall], record: ExecutionRecord, outcome: Literal["completed", "failed"]
) -> list[Finding]:
    """The waiting loop ends when the execution has, and with that outcome (C22)."""
    if not calls:
        return [Finding("nothing-to-judge", "the loop was not run beside this execution")]
    found = [each for call in calls for each in _status_findings(call, record.execution_id)]
    last, _ = _answer(calls[-1])
    status = last if isinstance(last, dict) else {}
    if status.get(outcome) is not True or (outcome == "completed" and status.get("failed")):
        message = f"completed is {status.get('completed')}, failed is {status.get('failed')}"
        found.append(Finding("loop-outcome", f"at its end {message}"))
    if (record.end == "playbook.completed") != (outcome == "completed"):
        found.append(Finding("loop-outcome", f"the execution ended with {record.end}"))
    early = over_since(record) - calls[-1].ended_at
    if early > 0:
        found.append(Finding("loop-early", f"the loop ended {early:.3f} s before the execution"))
    return found


def ends_the_loop(call: CliCall) -> bool:
    """Whether a status ends the documents' loop: its ``completed`` or ``failed`` is true."""
    told, _ = _answer(call)
    return isinstance(told, dict) and True in (told.get("completed"), told.get("failed"))


def _failure(call: CliCall) -> list[Finding]:
    if call.exit_code == 0:
        return []
    return [Finding(COMMAND_FAILED, f"{_name(call)}: {_told(call)}", seen=call.exit_code)]


def _answer(call: CliCall) -> tuple[Any, list[Finding]]:
    """Return what a command tells: a query's rows, a status, or None where it is a table."""
    failed = _failure(call)
    if failed:
        return None, failed
    try:
        document = json.loads(call.out)
    except ValueError:
        if "table" in call.arguments:
            return None, []
        return None, [Finding("answer-unreadable", f"{_name(call)} tells no JSON: {_told(call)}")]
    if isinstance(document, dict) and document.get("error"):
        first = str(document["error"]).splitlines()[0]
        return None, [Finding("answer-error", f"{_name(call)}: {first}", seen=first)]
    if isinstance(document, dict) and "result" in document:
        return document["result"], []
    return document, []


def _promised_in(summary: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of a summary by the last word of their place, as a person writes them."""
    found = {path.rpartition(".")[2]: as_number(value_at(summary, path)) for path in PROMISED}
    return {name: _text(value) for name, value in found.items() if value is not None}


def _leaves(value: Any, name: str = "") -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, str(key))]
    return [(name, _text(value))]


def _text(value: Any) -> str:
    """Return a value as a table or a person writes it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _name(call: CliCall) -> str:
    words = [word for word in call.arguments if "\n" not in word and not word.startswith("127.")]
    return " ".join(["noetl", *words])[:160]


def _told(call: CliCall) -> str:
    return " ".join((call.err or call.out).split())[:300] or "nothing said"
