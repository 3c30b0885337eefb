"""Python's tracebacks in a log, told apart by their structure.

The parts of a chain ("During handling of the above exception …") are a traceback each, and so are
the sub-exceptions of a group, whose lines carry a margin of ``|``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

IsRecord = Callable[[str], bool]
"""Whether a line begins something else that is logged."""

_STEP = 2
"""How much further in the sub-exceptions of a group stand."""

_HEADER = "Traceback (most recent call last):"
_GROUP_HEADER = f"Exception Group {_HEADER}"
_PLAIN = re.compile(rf"\s*(?:Message:\s*)?{re.escape(_HEADER)}$")
_GROUP = re.compile(rf"\s*(?:Message:\s*)?\+ {re.escape(_GROUP_HEADER)}$")
_MARGIN = re.compile(r"(\s*)[|+]")
_SECTION = re.compile(r"\s*(?:\+-)?\+-+ (?:\d+|\.\.\.) -+$")
_CLOSE = re.compile(r"\s*\+-+$")
_CHAIN = re.compile(
    r"(?:During handling of the above exception, another exception occurred"
    r"|The above exception was the direct cause of the following exception):$"
)


@dataclass(frozen=True, slots=True)
class Traceback:
    """One exception with its frames.

    Args:
        text: its lines, without the margin of a group.
        wraps: whether it is a group's own: it says nothing but that the next ones came together.
    """

    text: str
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """What begins at one line of a log and belongs together.

    Args:
        found: the tracebacks in it.
        end: the number of the first line after it.
        whole: whether its end was seen; more of it may come in a log that still grows.
    """

    found: tuple[Traceback, ...]
    end: int
    whole: bool


def begins(line: str) -> bool:
    """Whether a traceback, or a group of them, begins in a line."""
    return line.endswith(_HEADER) and bool(_PLAIN.match(line) or _GROUP.match(line))


def read_block(lines: Sequence[str], start: int, is_record: IsRecord) -> Block:
    """Read the traceback, or the group of them, that begins at a line.

    Args:
        lines: of the log, without their ends.
        start: the number of a line that ``begins`` one.
        is_record: tells the lines that begin something else.
    """
    if _GROUP.match(lines[start]):
        return _group(lines, start)
    return _plain(lines, start, is_record)


def exception_of(text: str) -> str:
    """Return what a traceback tells of its exception: type, message, notes; not its frames."""
    lines = text.split("\n")
    start = next((at for at, line in enumerate(lines) if line.endswith(_HEADER)), None)
    if start is None:
        return text
    return "\n".join(lines[_past_frames(lines, start + 1) :])


def _plain(lines: Sequence[str], start: int, is_record: IsRecord) -> Block:
    at = _past_frames(lines, start + 1)
    whole = at < len(lines)
    if whole and not (is_record(lines[at]) or begins(lines[at])):
        at += 1
        while at < len(lines) and not _ends_message(lines[at], is_record):
            at += 1
    return Block((Traceback("\n".join(lines[start:at])),), at, whole)


def _past_frames(lines: Sequence[str], at: int) -> int:
    """Return where the exception stands: the first line less indented than the first frame."""
    frames = _indentation(lines[at]) if at < len(lines) else 0
    while frames and at < len(lines) and _indentation(lines[at]) >= frames:
        at += 1
        if at + 1 < len(lines) and not lines[at].strip() and _indentation(lines[at + 1]) >= frames:
            at += 1  # a blank line of the code
    return at


def _ends_message(line: str, is_record: IsRecord) -> bool:
    return not line.strip() or is_record(line) or begins(line)


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def _group(lines: Sequence[str], start: int) -> Block:
    end = start + 1
    while end < len(lines) and _MARGIN.match(lines[end]):
        end += 1
    sections: list[tuple[list[str], bool]] = [([_GROUP_HEADER], False)]
    for line in lines[start + 1 : end]:
        if _SECTION.match(line):
            if "+-+" in line:
                sections[-1] = (sections[-1][0], True)
            sections.append(([], False))
        elif _CLOSE.match(line):
            sections.append(([], False))
        else:
            sections[-1][0].append(line.lstrip()[2:])
    found = [part for section, wraps in sections for part in _of_section(section, wraps=wraps)]
    closes = bool(_CLOSE.match(lines[end - 1])) and (
        _indentation(lines[end - 1]) == _indentation(lines[start]) + _STEP
    )  # the close of an inner group stands further in
    return Block(tuple(found), end, end < len(lines) or closes)


def _of_section(lines: Iterable[str], *, wraps: bool) -> list[Traceback]:
    """Return the chain in a section of a group; of its last one there may be a group."""
    chain: list[list[str]] = [[]]
    for line in lines:
        if _CHAIN.match(line):
            chain.append([])
        else:
            chain[-1].append(line)
    texts = [text for part in chain if (text := "\n".join(part).strip("\n").rstrip())]
    return [
        Traceback(text, wraps=wraps and number == len(texts))
        for number, text in enumerate(texts, start=1)
    ]
