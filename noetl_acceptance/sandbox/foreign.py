"""A NoETL that the suite did not start, known by its addresses."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import yaml
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from noetl_acceptance.errors import SandboxError, UsageError
from noetl_acceptance.sandbox.protocol import (
    Capability,
    Endpoints,
    Outside,
    ServiceState,
    require,
)
from noetl_acceptance.settings import Settings

ANSWER_SECONDS = 10.0
"""How long an address may take to answer."""

SECRET_CHARACTERS = 12
"""From which length on a password that the suite did not make is told from ordinary words."""

CLOCK_SECONDS = 0.2
"""How far the clock of Postgres may be from ours: the checks compare times of both."""


class Addresses(BaseModel):
    """What the file says that ``-D attach=`` names.

    Args:
        release: of that NoETL; its server does not tell it.
        workers: how many it has.
        noetl: its API, as the suite reaches it; a URL.
        database: its own database, as the suite reaches it; a libpq connection string without a
            password, which comes from a password file, a service file or PGPASSWORD.
        database_inside: ``HOST:PORT`` of the same as the workers reach it; as the suite, when None.
        profile_api: the suite's mock of it, as the suite reaches it; a URL.
        profile_api_inside: the same as the workers reach it; as the suite, when None.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    release: str
    workers: int = Field(ge=1)
    noetl: str
    database: str
    database_inside: str | None = None
    profile_api: str
    profile_api_inside: str | None = None

    @field_validator("release", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return str(value)  # YAML takes 2.8 for a number

    @field_validator("noetl", "profile_api", "profile_api_inside")
    @classmethod
    def _is_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
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
        if named.keys() & {"password", "sslpassword"}:
            raise ValueError(
                "without a password: that belongs into a password file (~/.pgpass, or the one that "
                "PGPASSFILE names), a service file, or PGPASSWORD"
            )
        return value

    @field_validator("database_inside")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is not None and not value.rpartition(":")[2].isdecimal():
            raise ValueError("HOST:PORT")
        return value


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
        field = ".".join(map(str, first["loc"])) or "its content"
        if first["type"] == "extra_forbidden":
            known = ", ".join(Addresses.model_fields)
            raise UsageError(f"{file}: unknown key {field}", f"known are {known}") from None
        if first["type"] == "missing":
            raise UsageError(f"{file}: {field} is missing", "the README has an example") from None
        said = str(first["msg"]).removeprefix("Value error, ")
        raise UsageError(f"{file}: {field} is not usable", f"it takes {said}") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", "see -D attach") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        told = " ".join(str(error).split())
        raise UsageError(f"{file} is no YAML", told) from None


class ForeignSandbox:
    """Services that somebody else has started; see ``Sandbox``.

    Args:
        settings: of the run.
        addresses: of the services.
        endpoints: the same, with the password.
    """

    kind = "attach"
    capabilities: frozenset[Capability] = frozenset()
    stays = True
    noetl_origin = ""
    ready_seconds = 0.0

    def __init__(self, settings: Settings, addresses: Addresses, endpoints: Endpoints) -> None:
        self.settings = settings
        self.endpoints = endpoints
        self.reason = f"addresses in {settings.attach}"
        self.workers = addresses.workers
        self.noetl_version = addresses.release

    @classmethod
    def attach(cls, settings: Settings, addresses: Addresses) -> ForeignSandbox:
        """Return the sandbox at these addresses, after a look at each of them.

        Raises:
            SandboxError: one does not answer as it should.
        """
        began = time.monotonic()
        sandbox = cls(settings, addresses, _endpoints(addresses))
        _require_answer(f"{addresses.noetl}/api/health", "noetl")
        _require_answer(f"{addresses.profile_api}/_control/health", "profile_api")
        sandbox.ready_seconds = time.monotonic() - began
        return sandbox

    def states(self) -> list[ServiceState]:
        """Return nothing: the services' states are out of sight."""
        return []

    def processes(self) -> dict[str, list[int]]:
        """Return nothing: whose processes they are is not known."""
        return {}

    @property
    def secrets(self) -> Mapping[str, str]:
        """The password that the suite has been given, where it is no ordinary word.

        What is redacted is replaced wherever it stands: a password such as ``noetl`` would take
        words out of the events.
        """
        password = self.endpoints.credential["db_password"]
        return {"postgres": password} if len(password) >= SECRET_CHARACTERS else {}

    def log(self, _service: str) -> str:
        """Raise NotJudgedError: the logs are out of sight."""
        require(self, Capability.LOGS)
        return ""

    def new_logs(self) -> dict[str, str]:
        """Return nothing: the logs are out of sight."""
        return {}

    def log_tail(self, _service: str, _lines: int = 20) -> list[str]:
        """Return nothing: the logs are out of sight."""
        return []

    def open_outside(self) -> Outside:
        """Raise NotJudgedError: what lies outside of these services is not known."""
        require(self, Capability.OUTSIDE)
        return Outside("", "")

    def close(self) -> None:
        """Do nothing: what the suite has not started it does not end."""


def _endpoints(addresses: Addresses) -> Endpoints:
    """Connect to the database once: that tells host, user and password, wherever they came from."""
    try:
        with psycopg.connect(
            addresses.database, connect_timeout=int(ANSWER_SECONDS), autocommit=True
        ) as connection:
            _require_tables(connection)
            _require_same_clock(connection)
            info = connection.info
            host, port, password = info.host, str(info.port), info.password
            user, name = info.user, info.dbname
    except psycopg.OperationalError as error:
        told = " ".join(str(error).split())
        raise SandboxError(
            f"the database cannot be reached: {told}",
            "see `database` in the file of addresses; its password comes from ~/.pgpass, "
            "PGPASSFILE, a service file or PGPASSWORD",
        ) from None
    inside = addresses.database_inside or f"{host}:{port}"
    return Endpoints(
        noetl=addresses.noetl,
        profile_api=addresses.profile_api,
        profile_api_inside=addresses.profile_api_inside or addresses.profile_api,
        profile_api_second="",
        profile_api_tls="",
        database=make_conninfo(addresses.database, password=password),
        credential={
            "db_host": inside.rpartition(":")[0],
            "db_port": inside.rpartition(":")[2],
            "db_user": user,
            "db_password": password,
            "db_name": name,
        },
    )


def _require_tables(connection: psycopg.Connection[Any]) -> None:
    found = connection.execute("SELECT to_regclass('noetl.event') IS NOT NULL").fetchone()
    if not found or not found[0]:
        raise SandboxError(
            f"the database {connection.info.dbname} holds no tables of NoETL",
            "`database` in the file of addresses must be NoETL's own",
        )


def _require_same_clock(connection: psycopg.Connection[Any]) -> None:
    before = time.time()
    row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
    after = time.time()
    there = row[0] if row else before
    apart = max(before - there, there - after)
    if apart > CLOCK_SECONDS:
        raise SandboxError(
            f"the clocks of Postgres and of this machine are {apart:.1f} s apart",
            "set them by the same time server: the checks compare times of both",
        )


def _require_answer(url: str, field: str) -> None:
    try:
        answer = httpx.get(url, timeout=ANSWER_SECONDS, trust_env=False)
        told = "" if answer.is_success else f"HTTP status {answer.status_code}"
    except httpx.HTTPError as error:
        told = str(error) or type(error).__name__
    if told:
        raise SandboxError(
            f"{url} does not answer: {told}", f"see `{field}` in the file of addresses"
        )
