"""NoETL's Rust programs: built by cargo once for each pair and compiler, then found again."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tarfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from noetl_acceptance.ddl.noetl_tables import ddl_file
from noetl_acceptance.errors import UsageError
from noetl_acceptance.generations.rust import SERVER, WORKER
from noetl_acceptance.model.wording import counted
from noetl_acceptance.places import CACHE, ROOT
from noetl_acceptance.sandbox.builds import cargo
from noetl_acceptance.sandbox.builds.environment_cache import (
    find_uv,
    kept,
    made_before,
    run_uv,
)
from noetl_acceptance.sandbox.builds.rust_build import RustBuild
from noetl_acceptance.support.console import Console

PLACE = CACHE / "rust"
RECIPES = ROOT / "requirements" / "rust"
CRATES = RECIPES / "crates.toml"
SCHEMA = RECIPES / "schema.txt"
SCHEMA_PYTHON = "3.12"
"""What the wheel that holds the schema asks for; nothing of it is run."""

_BY = "-rustc-"
"""What stands between the key of a pair and the version of the compiler that built it."""

_BINARIES = {"noetl-server": SERVER, "noetl-worker": WORKER}
_ARGUMENTS = {"noetl-server": (), "noetl-worker": ("--no-default-features",)}
"""A worker is built without its WASM host: no crate holds the plug-in that it would run."""


def ensure_programs(build: RustBuild, console: Console) -> Path:
    """Return the folder of both programs, built where there are none yet.

    Raises:
        UsageError: cargo is missing or too old, a version is unknown, or the build failed.
    """
    if build.programs:
        return build.programs
    compiler = cargo.compiler()
    recipe = _recipe(build)

    def make(folder: Path) -> dict[str, str]:
        console.say(
            f"building NoETL's Rust programs ({build.key}), once: about 10 minutes on 2 processors"
        )
        return _make(build, folder, _built_before(build, compiler), console)

    key = f"{build.key}{_BY}{compiler}"
    with _keeping(), console.phase("looking for NoETL's Rust programs; another run may build them"):
        return Path(kept(PLACE / "programs", key, recipe, make, "programs")["programs"])


def ensure_schema(console: Console) -> Path:
    """Return the file of the tables that the server wants to find made.

    Raises:
        UsageError: it cannot be had from the package index.
    """

    def make(folder: Path) -> dict[str, str]:
        install = [find_uv(), "pip", "install", "--quiet", "--python", sys.executable, "--no-deps"]
        install += ["--python-version", SCHEMA_PYTHON, "--only-binary", ":all:"]
        install += ["--require-hashes", "--target", str(folder), "-r", str(SCHEMA)]
        with console.phase("getting NoETL's schema"):
            run_uv(install, "NoETL's schema")
        ddl = folder / "schema_ddl.sql"
        shutil.copy(ddl_file(folder / "noetl"), ddl)
        for rest in folder.iterdir():
            if rest.is_dir():
                shutil.rmtree(rest)
        return {"ddl": str(ddl)}

    with _keeping():
        return Path(kept(PLACE / "schema", "schema", [SCHEMA], make, "ddl")["ddl"])


@contextmanager
def _keeping() -> Iterator[None]:
    """Tell a cache that cannot be written in one line.

    Raises:
        UsageError: it cannot.
    """
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"NoETL's Rust programs cannot be kept in {PLACE}: {error.strerror or error}",
            "free some disk there, or set XDG_CACHE_HOME to a folder that can be written",
        ) from error


def _locks(build: RustBuild) -> dict[str, Path]:
    """Return where the lock of each crate is, if the suite has one for its version."""
    return {each: RECIPES / f"{each}-{version}.lock" for each, version in build.versions.items()}


def _recipe(build: RustBuild) -> list[Path]:
    """Return the files that settle what a pair is built from."""
    return [CRATES, *(lock for lock in _locks(build).values() if lock.is_file())]


def _built_before(build: RustBuild, compiler: str) -> dict[str, Path]:
    """Return the programs of a pair that were built for another one, by crate."""
    found = {}
    place = PLACE / "programs"
    for marker in place.glob(f"*{_BY}{compiler}.json"):
        other = RustBuild.of(f"rust:{marker.stem.partition(_BY)[0]}")
        made = made_before(place, marker.stem, _recipe(other), "programs")
        if made is None:
            continue
        for crate, version in other.versions.items():
            if build.versions[crate] == version:
                found[crate] = Path(made["programs"]) / _BINARIES[crate]
    return found


def _make(
    build: RustBuild, folder: Path, built: Mapping[str, Path], console: Console
) -> dict[str, str]:
    programs = folder / "bin"
    programs.mkdir(parents=True)
    for program in built.values():
        shutil.copy(program, programs)
    target = PLACE / "target"  # both crates share what they compile; a build cut short goes on here
    crates = {each: version for each, version in build.versions.items() if each not in built}
    for crate, version in crates.items():  # both before any is compiled: there may be no such one
        with console.phase(f"getting {crate} {version}"):
            _unpack(crate, version, folder / crate)
            _pin(crate, version, folder / crate, _locks(build)[crate])
    for crate, version in crates.items():
        source = folder / crate
        command = ["build", "--release", "--locked", "--bin", _BINARIES[crate]]
        command += [*_ARGUMENTS[crate], "--target-dir", str(target)]
        with console.phase(f"compiling {crate} {version}", tell=lambda: _crates_in(target)):
            cargo.run_cargo(command, f"{crate} {version}", source)
        shutil.copy(target / "release" / _BINARIES[crate], programs)
        shutil.rmtree(source)
    shutil.rmtree(target, ignore_errors=True)  # there is none where both were built before
    return {"programs": str(programs)}


def _crates_in(target: Path) -> str:
    """Return how many crates have been compiled, or begun; cargo writes a file for each."""
    return counted(len(list((target / "release" / "deps").glob("*.d"))), "crate")


def _unpack(crate: str, version: str, source: Path) -> None:
    """Put a crate's source into a new folder, its hash compared where it is known."""
    archive = cargo.downloaded(crate, version, source.parent)
    content = archive.read_bytes()
    known = _known(crate, version).get("sha256")
    if known not in (None, hashlib.sha256(content).hexdigest()):
        raise UsageError(
            f"{archive} is not the {crate} {version} that {CRATES.name} knows",
            "remove that file, and try again",
        )
    with tarfile.open(archive) as packed:
        # As tarfile's documentation says for Pythons that may be too old for filters (3.11.2).
        packed.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        packed.extractall(source.parent)  # noqa: S202 - cargo has compared its hash
    (source.parent / f"{crate}-{version}").rename(source)


def _pin(crate: str, version: str, source: Path, lock: Path) -> None:
    """Settle the versions of what a crate is built from: by our lock, else by its own."""
    if lock.is_file():
        shutil.copy(lock, source / "Cargo.lock")
    elif tools := _known(crate, version).get("tools"):
        cargo.run_cargo(
            ["update", "--quiet", "--package", "noetl-tools", "--precise", tools],
            f"{crate} {version}",
            source,
        )


def _known(crate: str, version: str) -> dict[str, str]:
    crates = tomllib.loads(CRATES.read_text(encoding="utf-8"))
    known: dict[str, str] = crates.get(crate, {}).get(version, {})
    return known
