"""Keeps passwords out of what a run tells and leaves; ``sandbox/passwords.py`` says which.

What has a structure is cleaned value by value, before it is written. A text, such as a log, may
hold a password as any writer of JSON, YAML, SQL, HTML, URLs or shell commands has escaped it, one
within the other; so each character is looked for in each of these forms.
"""

from __future__ import annotations

import base64
import re
import string
from collections.abc import Iterable, Mapping
from functools import lru_cache
from html.entities import codepoint2name
from typing import Any, TypeVar

Data = TypeVar("Data")

MARK = "[redacted]"

_PLAIN = frozenset(string.ascii_letters + string.digits + "-_")
"""What no writer escapes, and what the suite's own passwords are made of."""

_SHORTEST_ENCODED = 8
"""From how many characters on a piece of base64 is no accident."""


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Return a text without secrets, however they are escaped in it."""
    for secret in _longest_first(secrets):
        text = _forms(secret).sub(MARK, text)
        for piece in _encoded(secret):
            if piece in text:
                text = re.sub(rf"[\w+/-]*{re.escape(piece)}[\w+/=-]*", MARK, text)
    return text


def redacted_data(data: Data, secrets: Iterable[str]) -> Data:
    """Return what JSON can hold without secrets, wherever those stand in it, keys included."""
    known = _longest_first(secrets)
    cleaned: Data = _cleaned(data, known) if known else data
    return cleaned


def holds(text: str, secrets: Iterable[str]) -> bool:
    """Whether a text holds a secret in any form."""
    return any(
        _forms(secret).search(text) or any(piece in text for piece in _encoded(secret))
        for secret in secrets
        if secret
    )


def _cleaned(data: Any, secrets: list[str]) -> Any:
    if isinstance(data, str):
        return redacted(data, secrets)
    if isinstance(data, Mapping):
        return {_cleaned(key, secrets): _cleaned(value, secrets) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_cleaned(each, secrets) for each in data]
    return data


def _longest_first(secrets: Iterable[str]) -> list[str]:
    """One password may be a part of another."""
    return sorted({secret for secret in secrets if secret}, key=len, reverse=True)


@lru_cache(maxsize=256)
def _forms(secret: str) -> re.Pattern[str]:
    between = "" if _PLAIN.issuperset(secret) else _FOLD
    return re.compile(between.join(map(_forms_of, secret)))


@lru_cache(maxsize=256)
def _forms_of(character: str) -> str:
    """Return a pattern for what writers make of a character, escaped once or several times."""
    if character in _PLAIN:
        return character
    code = ord(character)
    utf8 = character.encode("utf-8", "surrogatepass")
    utf16 = character.encode("utf-16-be", "surrogatepass").hex()
    units = [utf16[n : n + 4] for n in range(0, len(utf16), 4)]
    forms = [
        rf"{_BACK}*{re.escape(character)}",
        "".join(rf"{_BACK}+u(?i:{unit})" for unit in units),  # JSON, JavaScript
        rf"{_BACK}+U(?i:{code:08x})",  # Python, YAML
        "".join(rf"{_BACK}+x(?i:{byte:02x})" for byte in utf8),  # Python's bytes, a shell
        "".join(rf"{_BACK}+{byte:03o}" for byte in utf8),  # a shell, git
        rf"{_BACK}*{''.join(f'%(?:25)*(?i:{byte:02x})' for byte in utf8)}",  # a URL
        rf"{_BACK}*&(?:amp;)*\#0*{code};",  # HTML
        rf"{_BACK}*&(?:amp;)*\#[xX]0*(?i:{code:x});",
        *(form.replace("B", _BACK) for form in _SPECIAL.get(character, ())),
    ]
    if code <= 0xFF:
        forms.append(rf"{_BACK}+x(?i:{code:02x})")
    if code in codepoint2name:
        forms.append(rf"{_BACK}*&(?:amp;)*{codepoint2name[code]};")
    return f"(?:{'|'.join(forms)})"


_BACK = r"(?:\\|%(?:25)*5[cC]|&(?:amp;)*\#(?:0*92|[xX]0*5[cC]);)"
"""A backslash, as a URL or HTML has it as well."""

_FOLD = r"(?:\\+(?:\r?\n|n)\s*\\*)?"
"""YAML goes on in another line after any character that it has escaped."""

_SPECIAL = {
    "'": (r"B*'B*'", r"""'B*"'B*"'""", r"'B+''", "B*&(?:amp;)*apos;"),  # SQL, YAML; a shell
    '"': (r'B*"B*"',),  # CSV
    "\\": (r"B+",),
    "$": (r"B*\$\$",),  # compose
    " ": (r"\+", r"(?:B*\s|B+[nrt])+"),  # a URL; folded lines
    "\n": (r"B+n", r"(?:B*\s|B+[nrt])+"),
    "\r": (r"B+r",),
    "\t": (r"B+t", r"(?:B*\s|B+[nrt])+"),
    "\b": (r"B+b",),
    "\f": (r"B+f",),
    "\v": (r"B+v",),
    "\a": (r"B+a",),
    "\0": (r"B+0",),
    "\x1b": (r"B+e",),
    "\x85": (r"B+N",),
    "\xa0": (r"B+_",),
    "\u2028": (r"B+L",),
    "\u2029": (r"B+P",),
}
"""What else some writers make of a character."""


@lru_cache(maxsize=256)
def _encoded(secret: str) -> tuple[str, ...]:
    """Return what base64 makes of a secret, whatever stands before it (``user:``) and after it.

    Three bytes become four characters. So there are three ways to begin; the characters at both
    ends depend on the neighbours, and are left out.
    """
    content = secret.encode("utf-8", "surrogatepass")
    found = []
    for before in range(3):
        whole = base64.b64encode(bytes(before) + content).decode().rstrip("=")
        begin = (before * 8 + 5) // 6
        end = (before + len(content)) * 8 // 6
        piece = whole[begin:end]
        if len(piece) >= _SHORTEST_ENCODED:
            found += [piece, piece.translate(str.maketrans("+/", "-_"))]
    return tuple(dict.fromkeys(found))
