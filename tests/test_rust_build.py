"""NoETL's Rust programs: which are asked for, how they are built, what is told when not."""

from __future__ import annotations

import hashlib
import io
import os
import platform
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from noetl_acceptance.errors import UsageError
from noetl_acceptance.generations.rust import DRIVE, SERVER, WORKER, require_in_process
from noetl_acceptance.generations.services import Backends, Surroundings
from noetl_acceptance.options import load_settings
from noetl_acceptance.sandbox import open_sandbox
from noetl_acceptance.sandbox.builds import rust_programs
from noetl_acceptance.sandbox.builds.asked import build_of
from noetl_acceptance.sandbox.builds.cargo import build_error
from noetl_acceptance.sandbox.builds.contained import contained
from noetl_acceptance.sandbox.builds.noetl_build import NoetlBuild
from noetl_acceptance.sandbox.builds.rust_build import DEFAULT, RustBuild
from noetl_acceptance.sandbox.builds.rust_image import require_fitting
from noetl_acceptance.sandbox.builds.rust_programs import RECIPES, ensure_programs
from noetl_acceptance.sandbox.protocol import RunFolder
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.settings_file import read_settings

QUIET = Console(quiet=True)

CARGO = """#!/bin/sh
echo "$@" >>"$CARGO_HOME/asked"
case $1 in
info) ;; # the archives are there already
update) echo "held at $6" >Cargo.lock ;;
build)
  if [ -e "$CARGO_HOME/broken" ]; then cat "$CARGO_HOME/broken" >&2; exit 101; fi
  cat Cargo.lock >>"$CARGO_HOME/locks"
  while [ $# -gt 1 ]; do
    case $1 in --bin) program=$2 ;; --target-dir) target=$2 ;; esac
    shift
  done
  mkdir -p "$target/release" && echo built >"$target/release/$program" ;;
esac
"""
RUSTC = "#!/bin/sh\necho 'rustc {version} (0123abc 2026-01-01)'\n"


def programs_in(folder: Path, worker: bytes = b"worker") -> Path:
    folder.mkdir(parents=True)
    (folder / SERVER).write_bytes(b"server")
    (folder / WORKER).write_bytes(worker)
    return folder


def test_the_forms_of_the_option_are_told_apart(tmp_path: Path) -> None:
    assert isinstance(build_of("2.8.9"), NoetlBuild)
    assert build_of("rust") == build_of("rust:" + "+".join(DEFAULT))
    older = build_of("rust:3.40.0+5.52.0")
    assert isinstance(older, RustBuild)
    assert (older.server, older.worker, older.origin) == ("3.40.0", "5.52.0", DRIVE)
    programs = programs_in(tmp_path / "checkout" / "target" / "release")
    for folder in (programs, tmp_path / "checkout"):
        given = build_of(f"rust:{folder}")
        assert isinstance(given, RustBuild)
        assert given.programs == programs
        assert str(programs) in given.origin
        assert DRIVE in given.origin


@pytest.mark.parametrize("folder", [False, True])
def test_a_plug_in_that_no_program_holds_drives_no_execution(
    tmp_path: Path, *, folder: bool
) -> None:
    noetl = f"rust:{programs_in(tmp_path / 'programs')}" if folder else "rust"
    own = tmp_path / "own.env"
    own.write_text("LOG_LEVEL=INFO\nNOETL_ORCHESTRATE_PLUGIN_DRIVE=true\n")
    asked = {"sandbox": "embedded", "noetl": noetl, "noetl_settings": str(own)}
    with pytest.raises(UsageError) as raised:
        open_sandbox(load_settings(asked, {}), RunFolder("run", tmp_path), QUIET)
    (line,) = str(raised.value).splitlines()
    assert "own.env:2: NOETL_ORCHESTRATE_PLUGIN_DRIVE asks for a plug-in that the images" in line
    assert "test an image: -D noetl=image:" in line
    own.write_text("NOETL_ORCHESTRATE_PLUGIN_DRIVE=False\n")
    require_in_process(read_settings(own))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("rust:", "names no pair"),
        ("rust:3.54.0", "names no pair"),
        ("rust:/nowhere", "there is no folder /nowhere"),
        ("rust:tests", f"has no {SERVER} and {WORKER}"),
        ("rusty", "not a release, a wheel or a source checkout"),
    ],
)
def test_what_names_no_pair_is_one_line_with_a_remedy(asked: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as raised:
        build_of(asked)
    assert raised.value.remedy
    assert "\n" not in str(raised.value)


def test_programs_are_known_by_their_content(tmp_path: Path) -> None:
    first, second, third = (
        RustBuild.of(f"rust:{programs_in(tmp_path / name, name[:3].encode())}")
        for name in ("one", "one-more", "two")
    )
    assert first.key == second.key != third.key


def test_the_version_of_a_pair_names_both_programs(tmp_path: Path) -> None:
    assert RustBuild.of("rust").told("3.54.0") == "rust 3.54.0 + 5.52.0"
    registry = b"/home/me/.cargo/registry/src/index/noetl-worker-5.11.0/src/main.rs"
    given = RustBuild.of(f"rust:{programs_in(tmp_path / 'one', registry)}")
    assert given.told("3.15.4") == "rust 3.15.4 + 5.11.0"
    nameless = RustBuild.of(f"rust:{programs_in(tmp_path / 'two', b'x')}")
    digest = hashlib.sha256(b"x").hexdigest()[:8]
    assert nameless.told("3.15.4") == f"rust 3.15.4 + worker {digest}"


@pytest.fixture
def cargo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the home of a cargo that downloads and builds nothing, and tells what it was asked."""
    programs, home = tmp_path / "programs", tmp_path / "cargo"
    programs.mkdir()
    (home / "registry" / "cache" / "index").mkdir(parents=True)
    for name, text in (("cargo", CARGO), ("rustc", RUSTC.format(version="1.95.0"))):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("CARGO_HOME", str(home))
    monkeypatch.setattr(rust_programs, "PLACE", tmp_path / "cache")
    return home


def archive(home: Path, name: str) -> None:
    """Put the archive of a crate where cargo keeps it."""
    content = b"the crate's own lock\n"
    member = tarfile.TarInfo(f"{name}/Cargo.lock")
    member.size = len(content)
    with tarfile.open(home / "registry" / "cache" / "index" / f"{name}.crate", "w:gz") as crate:
        crate.addfile(member, io.BytesIO(content))


def asked(home: Path) -> list[str]:
    return [line.split()[0] for line in (home / "asked").read_text().splitlines()]


def test_an_archive_that_is_not_the_known_crate_is_refused(cargo: Path) -> None:
    archive(cargo, "noetl-server-3.54.0")
    with pytest.raises(UsageError, match=r"is not the noetl-server 3\.54\.0 that crates\.toml"):
        ensure_programs(RustBuild.of("rust"), QUIET)
    assert asked(cargo) == ["info"]


def test_the_default_pair_is_built_with_the_locks_of_ours(
    cargo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    crates = tmp_path / "crates.toml"
    crates.write_text("")
    monkeypatch.setattr(rust_programs, "CRATES", crates)
    names = (f"noetl-server-{DEFAULT[0]}", f"noetl-worker-{DEFAULT[1]}")
    for name in names:
        archive(cargo, name)
    ensure_programs(RustBuild.of("rust"), QUIET)
    ours = "".join((RECIPES / f"{name}.lock").read_text() for name in names)
    assert (cargo / "locks").read_text() == ours


def test_a_pair_without_a_lock_of_ours_takes_the_crates_own(
    cargo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    crates = tmp_path / "crates.toml"
    crates.write_text('[noetl-worker."5.40.0"]\ntools = "3.26.3"\n')
    monkeypatch.setattr(rust_programs, "CRATES", crates)
    archive(cargo, "noetl-server-3.40.0")
    archive(cargo, "noetl-worker-5.40.0")
    build = RustBuild.of("rust:3.40.0+5.40.0")
    programs = ensure_programs(build, QUIET)
    assert [(programs / name).read_text() for name in (SERVER, WORKER)] == ["built\n"] * 2
    assert asked(cargo) == ["info", "info", "update", "build", "build"]
    assert (cargo / "locks").read_text() == "the crate's own lock\nheld at 3.26.3\n"
    assert "--no-default-features" in (cargo / "asked").read_text()
    assert ensure_programs(build, QUIET) == programs
    assert len(asked(cargo)) == 5
    (tmp_path / "programs" / "rustc").write_text(RUSTC.format(version="1.96.0"))
    assert ensure_programs(build, QUIET) != programs
    assert len(asked(cargo)) == 10


def test_a_program_that_was_built_for_another_pair_is_not_built_again(
    cargo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    crates = tmp_path / "crates.toml"
    crates.write_text("")
    monkeypatch.setattr(rust_programs, "CRATES", crates)
    for name in ("noetl-server-3.40.0", "noetl-server-3.15.4", "noetl-worker-5.40.0"):
        archive(cargo, name)
    first = ensure_programs(RustBuild.of("rust:3.40.0+5.40.0"), QUIET)
    (first / WORKER).write_text("the first pair's\n")
    second = ensure_programs(RustBuild.of("rust:3.15.4+5.40.0"), QUIET)
    assert [(second / name).read_text() for name in (SERVER, WORKER)] == [
        "built\n",
        "the first pair's\n",
    ]
    assert asked(cargo) == ["info", "info", "build", "build", "info", "build"]
    crates.write_text("# another recipe\n")
    ensure_programs(RustBuild.of("rust:3.15.4+5.40.0"), QUIET)
    assert asked(cargo).count("build") == 5


@pytest.mark.usefixtures("cargo")
def test_a_cache_that_cannot_be_written_is_one_line_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(rust_programs, "PLACE", tmp_path / "file")
    with pytest.raises(UsageError, match=r"cannot be kept in .*/file: Not a directory"):
        ensure_programs(RustBuild.of("rust"), QUIET)


def test_a_failed_build_is_told_and_leaves_nothing_that_is_taken_for_one(
    cargo: Path, tmp_path: Path
) -> None:
    archive(cargo, "noetl-server-3.40.0")
    archive(cargo, "noetl-worker-5.40.0")
    (cargo / "broken").write_text("error: linker `cc` not found\n")
    with pytest.raises(UsageError, match="no C compiler"):
        ensure_programs(RustBuild.of("rust:3.40.0+5.40.0"), QUIET)
    left = [each.name for each in (tmp_path / "cache" / "programs").iterdir()]
    assert left == ["build.lock"]


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda folder: (folder / "cargo").unlink(), "there is no cargo"),
        (lambda folder: (folder / "rustc").unlink(), "there is no rustc"),
        (
            lambda folder: (folder / "rustc").write_text(RUSTC.format(version="1.63.0")),
            "rustc 1.63.0 is too old",
        ),
        (lambda folder: (folder / "rustc").write_text("#!/bin/sh\nexit 1\n"), "does not run"),
    ],
)
@pytest.mark.usefixtures("cargo")
def test_a_compiler_that_cannot_be_used_is_one_line_with_a_remedy(
    break_it: Callable[[Path], None],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    break_it(tmp_path / "programs")
    with pytest.raises(UsageError, match=words) as raised:
        ensure_programs(RustBuild.of("rust"), QUIET)
    assert "rustup" in raised.value.remedy or "rustc" in raised.value.remedy


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("error: could not find `noetl-server@9.9.9` in registry `x`", "no such version"),
        ("Caused by:\n  failed to download from `https://x/config.json`", "could not be reached"),
        ("error: failed to write x: No space left on device (os error 28)", "disk filled up"),
        ("error: package `x v1` requires rustc 1.99 or newer", "too old"),
        ("error[E0560]: struct `X` has no field named `y`", "cargo cannot build"),
    ],
)
def test_a_failed_build_names_its_cause(output: str, words: str) -> None:
    error = build_error("noetl-server 9.9.9", output)
    assert words in error.cause
    assert "noetl-server 9.9.9" in error.cause
    assert error.remedy


def test_a_program_that_does_not_run_in_the_image_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    program, header = tmp_path / SERVER, b"\x7fELF" + bytes(14)
    program.write_bytes(header + b"\xb7\x00 GLIBC_2.17 GLIBC_2.34 GLIBC_2.4")
    require_fitting(program)
    program.write_bytes(header + b"\xb7\x00 GLIBC_2.17 GLIBC_2.42")
    with pytest.raises(UsageError, match=r"needs the C library 2\.42, and the image has 2\.41"):
        require_fitting(program)
    for content in (b"\xcf\xfa\xed\xfe", header + b"\x3e\x00", b"hello"):
        program.write_bytes(content)
        with pytest.raises(UsageError, match="not a Linux program for this machine's processor"):
            require_fitting(program)


@pytest.mark.parametrize("lock", sorted(RECIPES.glob("*.lock")), ids=lambda file: file.stem)
def test_a_lock_names_no_registry_but_cargos_own_and_has_every_checksum(lock: Path) -> None:
    sources = [line for line in lock.read_text().splitlines() if line.startswith("source = ")]
    assert set(sources) == {'source = "registry+https://github.com/rust-lang/crates.io-index"'}
    assert lock.read_text().count("\nchecksum = ") == len(sources)


def test_what_compose_starts_goes_by_the_generation() -> None:
    backends = Backends("postgres", 5432, "nats", 4222, "one", "two")
    surroundings = Surroundings(backends, "http://server:8082", ("server", 8082), "/data", "key")
    python = contained(NoetlBuild.of("2.8.9"), QUIET).commands(surroundings)
    assert python == {
        "DDL": "",
        "SERVER_COMMAND": "exec python -m noetl.server --host server --port 8082",
        "WORKER_COMMAND": "exec python -m noetl.worker --server-url http://server:8082",
    }
    rust = contained(RustBuild.of("rust"), QUIET).commands(surroundings)
    assert rust["SERVER_COMMAND"] == f"exec /opt/noetl/bin/{SERVER}"
    wait, _, start = rust["WORKER_COMMAND"].rpartition("; ")
    assert start == f"exec /opt/noetl/bin/{WORKER}"
    assert "http://server:8082/api/health" in wait
    for command in rust.values():
        subprocess.run(["sh", "-n", "-c", command], check=True)
