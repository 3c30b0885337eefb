"""A file of settings for NoETL's services, ``NAME=value``, as other tools read such files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from dotenv.parser import Binding, parse_stream

from noetl_acceptance.errors import UsageError
from noetl_acceptance.support.redaction import MARK

SECRET_CHARACTERS = 12
"""From which length on a password that the suite did not make is told from ordinary words."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET = re.compile(
    r"(?:^|_)(?:(?:PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|TOKEN|SECRET|CREDENTIAL|DSN|APIKEY|KEY)S?"
    r"(?:_|$)|AUTH(?:ORIZATION)?$)",
    re.IGNORECASE,
)
_HARMLESS = re.compile(r"(?:true|false|yes|no|on|off|\d{0,3})", re.IGNORECASE)
"""Values that are no secret whatever their names say."""

_COUNTS = re.compile(r"_(?:SECONDS|SECS|MS|TTL|SIZE|MAX|LIMIT|COUNT)$", re.IGNORECASE)
"""How names end whose numbers are no secret."""

_USER_INFO = re.compile(r"(?<=://)((?:(?!://)\S)+)@")
"""What stands before the last @ of an address; a password may hold a @ or a slash as it is."""

_ASSIGNED = re.compile(
    r"(\w*(?:password|passwd|pwd|token|secret|apikey|_key)(?:\s*=|[\"']\s*:)\s*)"
    r"(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\s;&]+)",
    re.IGNORECASE,
)
"""A password among the words of a value: of a database's, of an address, in JSON."""

_REMEDY = "a line is NAME=value, a comment or blank"


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """What a file sets, and where each name stands in it; told by its path.

    Args:
        file: that was read; or the name of an image, for what its ENV sets.
        values: by name; some may be secret.
        lines: the number of each name's line, from 1; none of an image's.
    """

    file: Path
    values: dict[str, str] = field(repr=False)
    lines: dict[str, int] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return str(self.file)

    @property
    def told(self) -> dict[str, str]:
        """What stands in a record and in the first line: values without what may be secret."""
        return {
            name: MARK if _is_secret(name, value) else _without_secrets(value)
            for name, value in self.values.items()
        }

    @property
    def secrets(self) -> dict[str, str]:
        """What is redacted wherever it stands, by what it is for: values, passwords in them.

        A short one, such as ``true``, may be an ordinary word.
        """
        hidden = [name for name, told in self.told.items() if told != self.values[name]]
        return {
            f"setting {name} of {self.file}, {number}": word
            for name in hidden
            for number, word in enumerate(dict.fromkeys(_secrets_in(self.values[name])), 1)
            if len(word) >= SECRET_CHARACTERS
        }


def _is_secret(name: str, value: str) -> bool:
    number = value.isdecimal() and _COUNTS.search(name)
    return bool(_SECRET.search(name)) and not (number or _HARMLESS.fullmatch(value))


def told_together(
    images: Iterable[SettingsFile], own: SettingsFile | None = None
) -> dict[str, str]:
    """Return settings in the words of ``told``.

    Args:
        images: those of the images under test; both values are told where two set one name.
        own: the user's own, which win.
    """
    found: dict[str, list[str]] = {}
    for each in images:
        for name, value in each.told.items():
            found.setdefault(name, []).append(value)
    told = {name: ", ".join(dict.fromkeys(values)) for name, values in found.items()}
    return told | (own.told if own else {})


def words_of_settings(told: Mapping[str, str]) -> str:
    """Return settings in one line, as they are told; empty for none."""
    return " ".join(f"{name}={_word(value)}" for name, value in told.items())


def _word(value: str) -> str:
    """Return a value so that it can be told from its neighbours, and moves no terminal."""
    plain = value.isprintable() and not set(value) & set(" \"'\\")
    return value if plain else json.dumps(value, ensure_ascii=not value.isprintable())


def _without_secrets(value: str) -> str:
    return _USER_INFO.sub(f"{MARK}@", _ASSIGNED.sub(rf"\g<1>{MARK}", value))


def _secrets_in(value: str) -> Iterator[str]:
    """Yield a value, and the secrets in it, each as it stands and as it is meant."""
    yield value
    for info in _USER_INFO.findall(value):
        password = info.partition(":")[2]
        yield from (info, unquote(info), password, unquote(password))
    for _, assigned in _ASSIGNED.findall(value):
        quoted = assigned[0] in "\"'" and assigned[-1] == assigned[0]
        word = assigned[1:-1] if quoted else assigned
        yield from (word, re.sub(r"\\(.)", r"\1", word), unquote(word))


def read_settings(file: Path) -> SettingsFile:
    """Read a file of settings.

    Raises:
        UsageError: it cannot be read, or a line of it; one line, without any value.
    """
    try:
        with file.open(encoding="utf-8") as content:
            bindings = list(parse_stream(content))
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not text in UTF-8", "give a file of NAME=value") from None
    except OSError as error:
        cause = f"{file}: {error.strerror or 'cannot be read'}"
        raise UsageError(cause, "give a file of settings, NAME=value") from None
    read = SettingsFile(file, {}, {})
    for binding in bindings:
        if binding.error or binding.key is not None:
            _take(read, binding)
    return read


def _take(read: SettingsFile, binding: Binding) -> None:
    """Take one name with its value.

    Raises:
        UsageError: it cannot be read, is not a variable's name, or was there before.
    """
    text = binding.original.string
    blank = len(text) - len(text.lstrip())
    line = binding.original.line + text.count("\n", 0, blank)
    name, value = binding.key, binding.value
    if binding.error or name is None or value is None or "\0" in value:
        raise UsageError(f"{read.file}:{line} cannot be read", _REMEDY)
    if not _NAME.fullmatch(name):
        remedy = "letters, digits and _, and no digit first"
        raise UsageError(f"{read.file}:{line}: {name!r} is not the name of a variable", remedy)
    if name in read.values:
        raise UsageError(
            f"{read.file}:{line}: {name} stands in line {read.lines[name]} already", "keep one"
        )
    read.values[name] = value
    read.lines[name] = line
