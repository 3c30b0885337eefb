"""NoETL's own Python environment: made once for each build, then found again."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from noetl_acceptance.errors import UnusableBuildError
from noetl_acceptance.places import ROOT
from noetl_acceptance.sandbox.builds.environment_cache import find_uv, kept, remove_oldest, run_uv
from noetl_acceptance.sandbox.builds.noetl_build import NoetlBuild, copy_source
from noetl_acceptance.sandbox.builds.python_finder import find_python
from noetl_acceptance.sandbox.subprocesses import run_in_time
from noetl_acceptance.sandbox.user_environment import plain
from noetl_acceptance.support.console import Console

OVERRIDES = ROOT / "requirements" / "noetl-overrides.in"
ADDITIONS = ROOT / "requirements" / "noetl-additions.in"

ASK_SECONDS = 60.0
"""How long an interpreter may take to tell what is installed."""

KEPT_BUILDS = 3
"""How many environments of wheels and checkouts are kept, the latest used ones; releases all."""

_BUILDS = ("wheel-*", "source-*")


@dataclass(frozen=True, slots=True)
class NoetlEnvironment:
    """An environment that has NoETL installed."""

    python: Path
    version: str
    package: Path
    """The folder of the package ``noetl``."""


def ensure(build: NoetlBuild, work: Path, console: Console) -> NoetlEnvironment:
    """Return the environment of a NoETL build, made when there is none yet.

    Args:
        build: what to install.
        work: the folder for what the suite builds.
        console: for lines about what goes on.

    Raises:
        UsageError: no Python fits, the build cannot be installed, or it has no server.
    """
    place = work / "noetl"
    recipe = [build.lock] if build.lock else [OVERRIDES, ADDITIONS]

    def make(folder: Path) -> dict[str, str]:
        console.say(f"making NoETL's environment ({build.requirement}), once for this build")
        with console.phase(f"installing {build.requirement}"):
            return _make(build, folder, newest(place))

    found = kept(place, build.key, recipe, make)
    remove_oldest(place, _BUILDS, KEPT_BUILDS)
    return NoetlEnvironment(Path(found["python"]), found["version"], Path(found["package"]))


def installed_version(environment: NoetlEnvironment) -> str:
    """Ask the interpreter that runs the server which NoETL it has.

    The server tells no version of its own: from 2.8.4 to 4.26.0 its API says a constant.
    """
    code = "import importlib.metadata; print(importlib.metadata.version('noetl'))"
    asked = run_in_time(
        [str(environment.python), "-c", code],
        what="Python, asked for the version of NoETL,",
        remedy="try again when the machine and its disk are less busy",
        seconds=ASK_SECONDS,
        environment=plain(),
    )
    return asked.stdout.strip() or environment.version


def newest(place: Path) -> Path | None:
    """Return the folder of packages of the environment that was used last; None where none is."""
    for marker in sorted(place.glob("*.json"), key=lambda file: -file.stat().st_mtime):
        packages = Path(json.loads(marker.read_text(encoding="utf-8"))["package"]).parent
        if packages.is_dir():
            return packages
    return None


_OWN = shutil.ignore_patterns("_virtualenv*", "noetl", "noetl-*.dist-info")
"""What is not taken over: an environment's own, and NoETL, which may be a build of somebody's."""


def take_over(packages: Path, environment: Path) -> None:
    """Link the packages of another environment, with their byte code, into an empty one.

    Most releases share most of their packages, and compiling all anew takes half a minute. Nothing
    changes a file of a package in place: installers and Python put another one there.

    Args:
        packages: the other environment's folder of them.
        environment: where they are linked to, unless its Python is another one.
    """
    for folder in environment.glob(f"lib/{packages.parent.name}/site-packages"):
        with suppress(OSError):  # then they are installed, or what is left of them
            shutil.copytree(
                packages,
                folder,
                copy_function=os.link,
                dirs_exist_ok=True,
                ignore=_OWN,
            )
            return
        shutil.rmtree(folder)
        folder.mkdir()


def _install_release(uv: str, build: NoetlBuild, folder: Path, like: Path | None) -> None:
    """Install a release and what it needs today, and nothing else, into a new environment."""
    interpreter = str(folder / "bin" / "python")
    asked, pinned = folder / "asked.in", folder / "pinned.txt"
    asked.write_text(f"{build.requirement}\n", encoding="utf-8")
    compiled = [uv, "pip", "compile", "--quiet", "--python", interpreter, "--output-file"]
    overrides = ["--override", str(OVERRIDES), str(ADDITIONS)]
    run_uv([*compiled, str(pinned), *overrides, str(asked)], build.requirement)
    if like is not None:
        take_over(like, folder)
    synced = [uv, "pip", "sync", "--quiet", "--compile-bytecode", "--python", interpreter]
    run_uv([*synced, str(pinned)], build.requirement)


def _make(build: NoetlBuild, folder: Path, like: Path | None) -> dict[str, str]:
    uv = find_uv()
    python = find_python(uv)
    run_uv([uv, "venv", "--quiet", "--python", str(python), str(folder)], build.requirement)
    interpreter = str(folder / "bin" / "python")
    install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", interpreter]
    if build.lock:
        run_uv(
            [*install, "--no-deps", "--require-hashes", "-r", str(build.lock)], build.requirement
        )
    elif build.release:
        _install_release(uv, build, folder, like)
    else:
        requirement = build.requirement
        source = folder / "source"
        if build.checkout:  # a build writes into its folder, which is the user's
            copy_source(build.checkout, source)
            requirement = str(source)
        install += ["--override", str(OVERRIDES), "-r", str(ADDITIONS)]
        run_uv([*install, requirement], build.requirement)
        shutil.rmtree(source, ignore_errors=True)
    asked = run_in_time(
        [interpreter, "-c", _ASK],
        what=f"Python, asked what {build.requirement} holds,",
        remedy="try again when the machine and its disk are less busy",
        seconds=ASK_SECONDS,
        environment=plain(),
    )
    if asked.returncode != 0:
        raise UnusableBuildError(
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
