"""The schema number in each file that the suite writes and reads again.

A number grows when a file changes in a way that older code cannot read. What was written before
there were numbers is schema 1. The JSON Schemas of the newest ones are published in ``schemas/``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from noetl_acceptance.errors import UsageError

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


def renamed(data: Any, names: Mapping[str, str]) -> Any:
    """Return an object of a file with the names that its fields have now.

    Args:
        data: as it was read; returned as it is unless it is a mapping.
        names: of now, by those that older schemas had.
    """
    if not isinstance(data, Mapping):
        return data
    return {names.get(key, key): value for key, value in data.items()}


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
