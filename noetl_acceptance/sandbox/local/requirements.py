"""The programs that the embedded sandbox needs of this machine, and whether they are here."""

from __future__ import annotations

from pathlib import Path

from noetl_acceptance.errors import AcceptanceError, SandboxError
from noetl_acceptance.sandbox.builds.environment_cache import find_uv
from noetl_acceptance.sandbox.builds.python_finder import find_python
from noetl_acceptance.sandbox.local import nats, postgres_cluster
from noetl_acceptance.sandbox.problem import Problem
from noetl_acceptance.sandbox.subprocesses import run_in_time
from noetl_acceptance.sandbox.user_environment import plain

VERSION_SECONDS = 10.0
"""How long a program may take to tell its version."""


def embedded_problem() -> Problem | None:
    """Return why the embedded sandbox cannot run here; None when it can.

    uv may fetch a Python on the way.
    """
    try:
        versions(fetch=True)
    except AcceptanceError as error:
        return Problem(error.cause, error.remedy)
    return None


def versions(*, fetch: bool) -> dict[str, str]:
    """Return the version of each program that the embedded sandbox runs.

    Args:
        fetch: whether uv may fetch a Python where there is none for NoETL.

    Raises:
        UsageError: there is no such Python.
        SandboxError: a program is missing, or does not run.
    """
    programs = {
        "Python": find_python(find_uv(), fetch=fetch),
        "PostgreSQL": postgres_cluster.installed() / "bin" / "postgres",
        "NATS": Path(nats.program()),
    }
    return {name: _version(name, program) for name, program in programs.items()}


def _version(name: str, program: Path) -> str:
    remedy = f"see what `{program} --version` says"
    try:
        asked = run_in_time(
            [str(program), "--version"],
            what=f"{name}, asked for its version,",
            remedy=remedy,
            seconds=VERSION_SECONDS,
            environment=plain(),
        )
    except OSError as error:
        raise SandboxError(f"{name} does not run here: {error.strerror}", remedy) from None
    if asked.returncode != 0:
        raise SandboxError(f"{name} does not run here: exit code {asked.returncode}", remedy)
    return asked.stdout.split()[-1].removeprefix("v")
