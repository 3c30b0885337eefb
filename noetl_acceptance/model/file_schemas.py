"""The schema number in each file that the suite writes and reads again.

A number grows when a file changes in a way that older code cannot read. What was written before
there were numbers is schema 1. The JSON Schemas of the newest ones are published in ``schemas/``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from noetl_acceptance.errors import UsageError

Parsed = TypeVar("Parsed")

KEY = "schema"
"""Under which a file has its number; it stands first."""


class OtherSchemaError(UsageError):
    """A file is newer or older than what can be read; ``naming`` says which file it is."""


@dataclass(frozen=True)
class FileSchema:
    """The schema of one kind of file.

    Args:
        name: of the kind; its JSON Schema is ``schemas/NAME.schema.json``.
        number: what the suite writes, the newest that it reads.
        oldest: that it reads.
    """

    name: str
    number: int = 1
    oldest: int = 1

    def check(self, number: int) -> int:
        """Return the number of a file that can be read.

        Raises:
            OtherSchemaError: it is newer or older.
        """
        if number > self.number:
            raise OtherSchemaError(
                f"has schema {number}, newer than {self.number}, the newest that can be read",
                "read it with the suite's commit that wrote it, or update this checkout",
            )
        if number < self.oldest:
            raise OtherSchemaError(
                f"has schema {number}, older than {self.oldest}, the oldest that can be read",
                "read it with the suite's commit that wrote it",
            )
        return number

    def field(self) -> Any:
        """Return the field of a model for the number; it is that of a new file by default."""
        return Field(default=self.number, alias=KEY, json_schema_extra={"const": self.number})


RECORD = FileSchema("record", number=2)  # 1 had other names of the request and its fields
PROBE = FileSchema("probe")
RESULTS = FileSchema("results", number=3)  # 1 was a list of scenarios, 2 knew no second attempts
JUDGEMENTS = FileSchema("judgements", number=2)  # 1 had checks as module.function
FIGURES = FileSchema("figures")
PAIR = FileSchema("pair", number=2)  # 1 had names alone
DEVIATIONS = FileSchema("deviations", number=2)  # 1 was a list of deviations
RELEASE_RESULTS = FileSchema("release-results")
SANDBOX = FileSchema("sandbox")
SWEEP = FileSchema("sweep")
CONFORMANCE = FileSchema("conformance")


def fault_in(error: Exception) -> str:
    """Return in one line what is wrong with what was read; of several faults the first.

    Args:
        error: of the reader: pydantic's own words have a line and a link for each fault.
    """
    if not isinstance(error, ValidationError):
        return " ".join(str(error).split())
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    told = " ".join(first["msg"].removeprefix("Value error, ").split())
    return f"{place}: {told}" if place else told


def renamed(data: Any, names: Mapping[str, str]) -> Any:
    """Return an object of a file with the names that its fields have now.

    Args:
        data: as it was read; returned as it is unless it is a mapping.
        names: of now, by those that older schemas had.
    """
    if not isinstance(data, Mapping):
        return data
    return {names.get(key, key): value for key, value in data.items()}


def read_own(file: Path, parse: Callable[[bytes], Parsed]) -> Parsed:
    """Read a file of the suite's own documents.

    Args:
        file: its path.
        parse: makes of its content what it holds; a ValueError says that it cannot.

    Raises:
        UsageError: it cannot be read, or is newer or older than what can; names the file.
    """
    try:
        with naming(file):
            return parse(file.read_bytes())
    except (OSError, ValueError) as error:
        told = f"{file} cannot be read: {fault_in(error)}"
        raise UsageError(told, "fix it, or take it from git again") from None


def write_whole(text: str, file: Path) -> None:
    """Write a file as a whole or not at all.

    Raises:
        OSError: it cannot be written; what it held before is left.
    """
    part = file.with_name(f"{file.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def naming(file: Path) -> Iterator[None]:
    """Have an error about the schema of what is read name the file.

    Raises:
        UsageError: it is newer or older than what can be read.
    """
    try:
        yield
    except OtherSchemaError as error:
        raise UsageError(f"{file} {error.cause}", error.remedy) from None
