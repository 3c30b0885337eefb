"""The file of addresses that ``-D attach=`` names: what a NoETL of somebody else's is known by."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import yaml
from psycopg.conninfo import conninfo_to_dict
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from noetl_acceptance.errors import UsageError

_REMEDY = "docs/how-to/attach.md has an example"


class Addresses(BaseModel):
    """What the file says that ``-D attach=`` names.

    Args:
        release: of that NoETL, where its server tells none: the Python runtime's does not.
        workers: how many it has.
        noetl: its API, as the suite reaches it; a URL.
        database: its own database, as the suite reaches it; a libpq connection string without a
            password, which comes from a password file, a service file or PGPASSWORD.
        database_inside: ``HOST:PORT`` of the same as the workers reach it; as the suite, when None.
        profile_api: the suite's mock of it, as the suite reaches it; a URL.
        profile_api_inside: the same as the workers reach it; as the suite, when None.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    release: str | None = None
    workers: int = Field(ge=1)
    noetl: str
    database: str
    database_inside: str | None = None
    profile_api: str
    profile_api_inside: str | None = None

    @field_validator("release", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        if not str(value or "").strip():
            raise ValueError("the release of that NoETL, such as 2.8.9")
        return str(value)  # YAML takes 2.8 for a number

    @field_validator("noetl", "profile_api", "profile_api_inside")
    @classmethod
    def _is_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not _is_http_address(value):
            raise ValueError("a URL such as http://127.0.0.1:8082")
        return value.rstrip("/")

    @field_validator("database")
    @classmethod
    def _without_password(cls, value: str) -> str:
        try:
            named = conninfo_to_dict(value)
        except psycopg.Error:
            raise ValueError(
                "a libpq connection string such as host=127.0.0.1 port=5432 user=noetl dbname=noetl"
            ) from None
        if "port" in named and not _is_port(str(named["port"])):
            raise ValueError("a connection string whose port is 1 to 65535")
        if named.keys() & {"password", "sslpassword"}:
            raise ValueError(
                "a connection string without a password: put that in a password file (~/.pgpass, "
                "or the one that PGPASSFILE names), a service file, or PGPASSWORD"
            )
        return value

    @field_validator("database_inside")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is not None:
            host, _, port = value.rpartition(":")
            if not host or not _is_port(port):
                raise ValueError("HOST:PORT")
        return value


def _is_http_address(value: str) -> bool:
    """Whether a text is a URL of a host, and of a port that there can be, without credentials."""
    try:
        parts = urlsplit(value)
        possible = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = not (parts.username or parts.query or parts.fragment or set(value) & set(" \t\n"))
    return parts.scheme in ("http", "https") and bool(parts.hostname) and possible and plain


def _is_port(text: str) -> bool:
    return text.isdecimal() and 0 < int(text) < 65536


def load_addresses(file: Path) -> Addresses:
    """Read a file of addresses.

    Raises:
        UsageError: it cannot be read, or does not say what it must.
    """
    try:
        return Addresses.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        # A misspelt key first: it is why another one is missing.
        first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
        field = ".".join(map(str, first["loc"]))
        if not field:
            raise UsageError(f"{file} is not a mapping of addresses", _REMEDY) from None
        if first["type"] == "extra_forbidden":
            known = ", ".join(Addresses.model_fields)
            raise UsageError(f"{file}: unknown key {field}", f"known are {known}") from None
        if first["type"] == "missing":
            raise UsageError(f"{file}: {field} is missing", _REMEDY) from None
        said = str(first["msg"]).removeprefix("Value error, ")
        raise UsageError(f"{file}: {field} is not usable", f"it takes {said}") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", _REMEDY) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        told = " ".join(str(error).split())
        raise UsageError(f"{file} is not valid YAML: {told}", _REMEDY) from None
