"""A NoETL that the suite did not start, known by its addresses."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import httpx
import psycopg
from psycopg.conninfo import make_conninfo

from noetl_acceptance.errors import NotJudgedError, SandboxError, SuiteError, UsageError
from noetl_acceptance.link_proxy.client import LinkProxy
from noetl_acceptance.options import Settings
from noetl_acceptance.profile_api import CONTROL_VARIABLE
from noetl_acceptance.profile_api.client import ProfileApi
from noetl_acceptance.sandbox.addresses import Addresses
from noetl_acceptance.sandbox.control import ServiceControl
from noetl_acceptance.sandbox.protocol import (
    Capability,
    Endpoints,
    Outside,
    ServiceState,
    require,
)
from noetl_acceptance.support.database import connect
from noetl_acceptance.support.plain_http import verification
from noetl_acceptance.support.settings_file import SECRET_CHARACTERS

ANSWER_SECONDS = 10.0
"""How long an address may take to answer."""

PASSWORD_VARIABLES = ("PGPASSWORD", "PGPASSFILE", "PGSERVICEFILE")
"""The variables of libpq that count for a NoETL that the suite did not start."""

_SOURCES = frozenset({"service", "servicefile", "passfile", "application_name", "connect_timeout"})
"""Parameters that only say where others come from, or are the suite's own."""

CLOCK_SECONDS = 0.2
"""How far the clock of Postgres may be from ours: the checks compare times of both."""


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
        self.noetl_version = addresses.release or ""

    @classmethod
    def attach(cls, settings: Settings, addresses: Addresses) -> ForeignSandbox:
        """Return the sandbox at these addresses, after a look at each of them.

        Raises:
            UsageError: the database refuses who connects, or is another's than NoETL's.
            SandboxError: one does not answer as it should.
        """
        began = time.monotonic()
        sandbox = cls(settings, addresses, _endpoints(addresses))
        _require_answer(f"{addresses.noetl}/api/health", "noetl")
        _require_answer(f"{addresses.profile_api}/_control/health", "profile_api")
        _require_control(sandbox.endpoints)
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
        """The password and the token that the suite has been given, unless ordinary words.

        What is redacted is replaced wherever it stands: a password such as ``noetl`` would take
        words out of the events.
        """
        known = {
            "postgres": self.endpoints.credential["db_password"],
            "profile-api": self.endpoints.control_token,
        }
        return {name: word for name, word in known.items() if len(word) >= SECRET_CHARACTERS}

    def log(self, _service: str) -> Iterator[str]:
        """Raise NotJudgedError: the logs are out of sight."""
        require(self, Capability.LOGS)
        return iter(())

    def new_logs(self) -> dict[str, Iterator[str]]:
        """Return nothing: the logs are out of sight."""
        return {}

    def log_tail(self, _service: str, _lines: int = 20) -> list[str]:
        """Return nothing: the logs are out of sight."""
        return []

    def open_outside(self) -> Outside:
        """Raise NotJudgedError: what lies outside of these services is not known."""
        require(self, Capability.OUTSIDE)
        return Outside("", "")

    @property
    def links(self) -> LinkProxy:
        """Raise NotJudgedError: the services connect to each other as somebody else has it."""
        raise NotJudgedError(
            "out of reach at a NoETL that the suite did not start: a proxy in its links"
        )

    @property
    def control(self) -> ServiceControl:
        """Raise NotJudgedError: what the suite has not started it does not end."""
        require(self, Capability.FAULTS)
        raise SuiteError("a sandbox of somebody else's has no capability")

    def close(self) -> None:
        """Do nothing: what the suite has not started it does not end."""


_REFUSED = re.compile(
    r"^connection is bad: (?!connection to server)"  # libpq does not even try
    r"|authentication failed|no password supplied|does not exist|no pg_hba.conf entry"
)
"""What libpq says where the address is not one that can be meant, in place of no answer."""


def _endpoints(addresses: Addresses) -> Endpoints:
    """Connect to the database once: that tells host, user and password, wherever they came from."""
    try:
        with connect(addresses.database, variables=PASSWORD_VARIABLES) as connection:
            _require_tables(connection)
            _require_same_clock(connection)
            info = connection.info
            host, port, password = info.host, str(info.port), info.password
            user, name = info.user, info.dbname
            # Further connections are given all of it: they see neither service nor variable.
            settled = {k: v for k, v in info.get_parameters().items() if k not in _SOURCES}
            settled |= {"host": host, "port": port, "user": user, "dbname": name}
    except psycopg.OperationalError as error:
        told = " ".join(str(error).split())
        refused = UsageError if _REFUSED.search(told) else SandboxError
        raise refused(
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
        database=make_conninfo(**settled, password=password),
        credential={
            "db_host": inside.rpartition(":")[0],
            "db_port": inside.rpartition(":")[2],
            "db_user": user,
            "db_password": password,
            "db_name": name,
        },
        control_token=os.environ.get(CONTROL_VARIABLE, ""),
    )


def _require_tables(connection: psycopg.Connection[Any]) -> None:
    found = connection.execute("SELECT to_regclass('noetl.event') IS NOT NULL").fetchone()
    if not found or not found[0]:
        raise UsageError(
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


def _require_control(endpoints: Endpoints) -> None:
    with closing(ProfileApi(endpoints.profile_api, endpoints.control_token)) as api:
        try:
            api.strays()
        except SandboxError as error:
            at = endpoints.profile_api
            raise UsageError(
                f"the profile API at {at} did not accept the control token: {error.cause}",
                f"set {CONTROL_VARIABLE} to the value with which that profile API was started",
            ) from None


def _require_answer(url: str, field: str) -> None:
    try:
        answer = httpx.get(url, timeout=ANSWER_SECONDS, trust_env=False, verify=verification(url))
        told = "" if answer.is_success else f"HTTP status {answer.status_code}"
    except httpx.HTTPError as error:
        told = str(error) or type(error).__name__
    if told:
        raise SandboxError(
            f"{url} does not answer: {told}", f"see `{field}` in the file of addresses"
        )
