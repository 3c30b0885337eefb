"""Errors in the services' logs, as NoETL, Postgres and NATS write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from noetl_acceptance.model.services import LogError
from noetl_acceptance.noetl import tracebacks
from noetl_acceptance.noetl.tracebacks import Traceback

MOST_CHARACTERS = 4000
"""The longest text of an error that is kept; of a traceback half for its frames."""

_TIME = re.compile(r"(?:\[\d+\] )?\[?(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)")
_LEVEL = re.compile(r"(?:DEBUG|INFO|WARNING|ERROR|CRITICAL):")
_ERROR = re.compile(r"\[ERROR\]| (?:ERROR|FATAL|PANIC): |\[(?:ERR|FTL)\]|^(?:ERROR|CRITICAL):")
_STARTING = "the database system is starting up"


def errors_in(text: str, service: str) -> list[LogError]:
    """Return the errors and the tracebacks of a log, in its order.

    NoETL writes the level with the place in its code, and the message some lines below; others
    write both in one line, a traceback below. A line of Postgres that it is starting is none.
    Each traceback of a chain or of a group is one of its own; what only wraps a group is an error
    line.

    Args:
        text: whole lines of the log.
        service: whose log it is.
    """
    found = []
    at: float | None = None
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        at = _time_of(lines[number]) or at
        if _ERROR.search(lines[number]) and _STARTING not in lines[number]:
            number = _message_of(lines, number)
            if not tracebacks.begins(lines[number]):
                message = lines[number].strip().removeprefix("Message: ")
                found.append(_error(at, service, message))
        if tracebacks.begins(lines[number]):
            block = tracebacks.read_block(lines, number, _is_record)
            found += [_traceback(at, service, each) for each in block.found]
            number = block.end
        else:
            number += 1
    return found


def unfinished_in(text: str) -> int:
    """Return where a traceback begins that has no end in a text; the text's length without one."""
    lines = text.removesuffix("\n").split("\n")
    number = 0
    while number < len(lines):
        if not tracebacks.begins(lines[number]):
            number += 1
            continue
        block = tracebacks.read_block(lines, number, _is_record)
        if not block.whole:
            return sum(len(line) + 1 for line in lines[:number])
        number = block.end
    return len(text)


def last_record_in(text: str) -> int:
    """Return where the last line begins that has a time or a level: whole records stand before."""
    end = len(text)
    while end:
        begin = text.rfind("\n", 0, end - 1) + 1
        if _is_record(text[begin:end]):
            return begin
        end = begin
    return 0


def headline(text: str) -> str:
    """Return the line that names an error: of a traceback the exception's; empty without one."""
    return next((line.strip() for line in tracebacks.exception_of(text).split("\n") if line), "")


def _message_of(lines: Sequence[str], number: int) -> int:
    """Return where the message of an error stands: NoETL's, below the place in its code."""
    if "[ERROR]" not in lines[number]:
        return number
    number = min(number + 1, len(lines) - 1)
    place_goes_on = lines[number].startswith("(")
    return min(number + place_goes_on, len(lines) - 1)


def _is_record(line: str) -> bool:
    return bool(_TIME.match(line) or _LEVEL.match(line))


def _error(at: float | None, service: str, text: str) -> LogError:
    return LogError(at=at, service=service, traceback=False, text=_shortened(text, MOST_CHARACTERS))


def _traceback(at: float | None, service: str, traceback: Traceback) -> LogError:
    exception = tracebacks.exception_of(traceback.text)
    frames = traceback.text.removesuffix(exception)
    half = MOST_CHARACTERS // 2
    text = _shortened(frames, half, "    …") + _shortened(exception, half)
    return LogError(at=at, service=service, traceback=not traceback.wraps, text=text)


def _shortened(text: str, most: int, mark: str = "…") -> str:
    """Cut lines, or where they are long characters, out of the middle of a text."""
    if len(text) <= most:
        return text
    start, end = text[: most // 2], text[-(most // 2) :]
    start = start.rpartition("\n")[0] or start
    end = end.partition("\n")[2] or end
    return f"{start}\n{mark}\n{end}"


def _time_of(line: str) -> float | None:
    found = _TIME.match(line)
    if found is None:
        return None
    year, month, day, clock = found.groups()
    try:
        moment = datetime.fromisoformat(f"{year}-{month}-{day}T{clock}")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC).timestamp()
