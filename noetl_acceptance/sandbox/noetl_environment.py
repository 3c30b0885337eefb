"""NoETL's own Python environment: made once for each build, then found again."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from noetl_acceptance.console import Console
from noetl_acceptance.errors import UsageError
from noetl_acceptance.sandbox.commands import run
from noetl_acceptance.sandbox.noetl_build import NoetlBuild, copy_source
from noetl_acceptance.sandbox.python_finder import find_python
from noetl_acceptance.settings import ROOT

OVERRIDES = ROOT / "requirements" / "noetl-overrides.in"

KEPT_BUILDS = 3
"""How many environments of wheels and checkouts are kept, the latest used ones; releases all."""


@dataclass(frozen=True, slots=True)
class NoetlEnvironment:
    """An environment that has NoETL installed."""

    python: Path
    version: str
    package: Path
    """The folder of the package ``noetl``."""


def ensure(build: NoetlBuild, work: Path, console: Console) -> NoetlEnvironment:
    """Return the environment of a NoETL build, made when there is none yet.

    Each is made in a folder of its own name, and a small file tells which one is whole: what a
    killed installation still writes can never be part of another.

    Args:
        build: what to install.
        work: the folder for what the suite builds.
        console: for lines about what goes on.

    Raises:
        UsageError: no Python fits, the build cannot be installed, or it has no server.
    """
    place = work / "noetl"
    place.mkdir(parents=True, exist_ok=True)
    marker = place / f"{build.key}.json"
    with FileLock(place / "build.lock"):
        found = _read(marker)
        if found is None:
            for old in place.glob(f"{build.key}-*/"):
                shutil.rmtree(old, ignore_errors=True)
            folder = place / f"{build.key}-{secrets.token_hex(3)}"
            try:
                found = _make(build, folder, console)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            draft = marker.with_suffix(".tmp")
            draft.write_text(json.dumps(found))
            draft.replace(marker)
        marker.touch()
        _prune(place)
    return NoetlEnvironment(Path(found["python"]), found["version"], Path(found["package"]))


def installed_version(environment: NoetlEnvironment) -> str:
    """Ask the interpreter that runs the server which NoETL it has.

    The server tells no version of its own: from 2.8.4 to 4.26.0 its API says a constant.
    """
    code = "import importlib.metadata; print(importlib.metadata.version('noetl'))"
    asked = run([str(environment.python), "-c", code])
    return asked.stdout.strip() or environment.version


def _read(marker: Path) -> dict[str, str] | None:
    try:
        found: dict[str, str] = json.loads(marker.read_text())
    except (OSError, ValueError):
        return None
    return found if Path(found["python"]).exists() else None


def _prune(place: Path) -> None:
    """Remove the environments of wheels and checkouts that have not been used for long."""
    markers = [*place.glob("wheel-*.json"), *place.glob("source-*.json")]
    for marker in sorted(markers, key=lambda file: file.stat().st_mtime)[:-KEPT_BUILDS]:
        marker.unlink()
        for folder in place.glob(f"{marker.stem}-*/"):
            shutil.rmtree(folder, ignore_errors=True)


def _make(build: NoetlBuild, folder: Path, console: Console) -> dict[str, str]:
    uv = find_uv()
    python = find_python(uv)
    console.say(f"making NoETL's environment ({build.requirement}), once for this build")
    _uv([uv, "venv", "--quiet", "--python", str(python), str(folder)], build)
    interpreter = str(folder / "bin" / "python")
    install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", interpreter]
    if build.lock:
        _uv([*install, "--no-deps", "--require-hashes", "-r", str(build.lock)], build)
    else:
        requirement = build.requirement
        source = folder / "source"
        if build.checkout:  # a build writes into its folder, which is the user's
            copy_source(build.checkout, source)
            requirement = str(source)
        _uv([*install, "--override", str(OVERRIDES), requirement], build)
        shutil.rmtree(source, ignore_errors=True)
    asked = run([interpreter, "-c", _ASK])
    if asked.returncode != 0:
        raise UsageError(
            f"{build.requirement} is installed, but has no server and worker to start",
            "give a release from 2.4 to 4.x, or a build of one",
            asked.stderr.strip()[-500:],
        )
    version, package = asked.stdout.split("\n")[:2]
    return {"python": interpreter, "version": version, "package": package}


_ASK = """
import importlib.metadata, importlib.util, pathlib, sys
package = pathlib.Path(importlib.util.find_spec("noetl").submodule_search_locations[0])
print(importlib.metadata.version("noetl"), package, sep="\\n")
for program in ("server", "worker"):  # looked for, not imported: the server's import needs settings
    if not (package / program / "__main__.py").exists():
        sys.exit(f"no module noetl.{program}.__main__")
"""


def find_uv() -> str:
    """Return the uv of the suite's own environment.

    Raises:
        UsageError: it is not installed.
    """
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        raise UsageError("uv is not in the suite's environment", "run `make env`")
    return found


def _uv(command: Sequence[str], build: NoetlBuild) -> None:
    environment = {**os.environ, "UV_SYSTEM_CERTS": "true"}
    if "PIP_INDEX_URL" in environment:  # uv does not read pip's settings
        environment.setdefault("UV_DEFAULT_INDEX", environment["PIP_INDEX_URL"])
    done = run(command, environment=environment)
    if done.returncode != 0:
        raise installation_error(build.requirement, done.stderr)


def installation_error(requirement: str, output: str) -> UsageError:
    """Turn a failed installation's output into an error that names cause and remedy."""
    if "No space left" in output:
        return UsageError(
            f"the disk filled up while installing {requirement}",
            "free about 600 MB below the checkout",
        )
    if "no version of noetl" in output or "No matching distribution" in output:
        return UsageError(
            f"there is no {requirement} on the package index",
            "give a release that exists, such as 2.8.9, or the path of a wheel or checkout",
        )
    if _UNREACHABLE.search(output):
        return UsageError(
            f"the package index could not be reached for {requirement}",
            "check the network, or set UV_DEFAULT_INDEX to a mirror",
            output.strip()[-500:],
        )
    return UsageError(f"{requirement} could not be installed", "see below", output.strip()[-2000:])


_UNREACHABLE = re.compile(
    r"dns error|error sending request|[Cc]onnection|timed out|Failed to fetch"
)
