"""The builds of NoETL, the environments they are installed into, and the Python for these."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from noetl_acceptance.errors import UsageError
from noetl_acceptance.sandbox.builds import images, in_use, python_finder
from noetl_acceptance.sandbox.builds.build_context import (
    SCHEMA_MODULES,
    copy_modules,
    stand_in_modules,
)
from noetl_acceptance.sandbox.builds.environment_cache import (
    installation_error,
    kept,
    remove,
    remove_oldest,
)
from noetl_acceptance.sandbox.builds.noetl_build import NoetlBuild, version_of


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("2.8.x", "not a release, a wheel or a source checkout"),
        ("/nowhere/noetl.whl", "not a release, a wheel or a source checkout"),
        ("5.3.2", "has no Python server"),
    ],
)
def test_a_build_that_cannot_be_is_told(asked: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        NoetlBuild.of(asked)


def make_wheel(file: Path, name: str, code: str) -> None:
    with zipfile.ZipFile(file, "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", code)
        wheel.writestr(f"{name}-2.9.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\n")


def test_a_build_is_known_by_its_content(tmp_path: Path) -> None:
    wheel = tmp_path / "noetl-2.9-py3-none-any.whl"
    make_wheel(wheel, "noetl", "one")
    before = NoetlBuild.of(str(wheel)).key
    make_wheel(wheel, "noetl", "two")
    assert NoetlBuild.of(str(wheel)).key != before
    checkout = tmp_path / "noetl"
    checkout.mkdir()
    (checkout / "pyproject.toml").write_text("[project]\nname = 'noetl'")
    first = NoetlBuild.of(str(checkout))
    (checkout / ".git").mkdir()
    (checkout / ".git" / "index").write_text("x")
    assert NoetlBuild.of(str(checkout)).key == first.key
    (checkout / "a.py").write_text("x")
    assert NoetlBuild.of(str(checkout)).key != first.key
    assert NoetlBuild.of("2.8.9").lock is not None
    assert NoetlBuild.of("2.8.4").lock is None


def test_a_build_of_something_else_is_told(tmp_path: Path) -> None:
    wheel = tmp_path / "other-2.9-py3-none-any.whl"
    make_wheel(wheel, "other", "")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'other'")
    for asked in (wheel, tmp_path):
        with pytest.raises(UsageError, match="is the package other, not noetl"):
            NoetlBuild.of(str(asked))
    wheel.write_bytes(b"no zip")
    with pytest.raises(UsageError, match="not a readable wheel"):
        NoetlBuild.of(str(wheel))


def test_a_checkout_is_known_wherever_it_stands(tmp_path: Path) -> None:
    keys = set()
    for place in ("one", "two"):
        checkout = tmp_path / place / "noetl"
        checkout.mkdir(parents=True)
        (checkout / "pyproject.toml").write_text("[project]\nname = 'noetl'")
        (checkout / "a.py").write_text("x = 1")
        (checkout / "noetl.egg-info").mkdir()
        (checkout / "noetl.egg-info" / "PKG-INFO").write_text(place)
        keys.add(NoetlBuild.of(str(checkout)).key)
    assert len(keys) == 1


@pytest.mark.parametrize(
    ("project", "version"),
    [
        ("[project]\nname = 'noetl'\nversion = '4.26.0'", "4.26.0"),
        ("[project]\nname = 'noetl'\ndynamic = ['version']", ""),
        ("[tool.poetry]\nname = 'noetl'", ""),
        ("project = 1", ""),
    ],
)
def test_a_checkout_tells_its_version_where_its_project_does(
    project: str, version: str, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text(project)
    assert version_of(str(tmp_path)) == version


def test_a_wheel_tells_its_version_whatever_its_file_is_called(tmp_path: Path) -> None:
    file = tmp_path / "mine.whl"
    with zipfile.ZipFile(file, "w") as wheel:
        wheel.writestr("noetl-4.26.0.dist-info/METADATA", "Name: noetl\nVersion: 4.26.0\n")
    assert version_of(str(file)) == "4.26.0"
    assert version_of("2.8.9") == ""


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("Because there is no version of noetl==2.99.0 and ...", "there is no noetl==2.99.0"),
        ("error: failed to write: No space left on device (os error 28)", "disk filled up"),
        ("error sending request for url (https://x/): dns error", "could not be reached"),
        (
            "error: Failed to initialize cache at `/h/.cache/uv`\n  cause: read-only (os error 30)",
            "uv cannot keep its downloads in /h/.cache/uv",
        ),
        ("Hash-checking is required for connectorx", "could not be installed"),
    ],
)
def test_a_failed_installation_names_its_cause(output: str, words: str) -> None:
    error = installation_error("noetl==2.99.0", output)
    assert words in error.cause
    assert error.remedy


def test_a_home_that_cannot_be_written_is_named_with_what_helps() -> None:
    error = images._failure("the image of nats", "ERROR: mkdir /h/.docker: read-only file system\n")
    assert str(error) == (
        "docker cannot keep its settings in /h/.docker: read-only file system - "
        "set DOCKER_CONFIG to a folder that can be written"
    )
    assert isinstance(error, UsageError)


def test_an_environment_is_made_anew_when_its_requirements_change(tmp_path: Path) -> None:
    recipe = tmp_path / "requirements.txt"
    made: list[Path] = []

    def make(folder: Path) -> dict[str, str]:
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").touch()
        made.append(folder)
        return {"python": str(folder / "bin" / "python")}

    for text in ("one", "one", "two"):
        recipe.write_text(text)
        found = kept(tmp_path / "environments", "2.8.9", [recipe], make)
        assert Path(found["python"]).is_relative_to(made[-1])
        in_use.let_go(made[-1])  # as when its process has ended
    assert [folder.exists() for folder in made] == [False, True]


def program(folder: Path) -> dict[str, str]:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    return {"python": str(folder / "bin" / "python")}


@contextmanager
def another_run(*command: str) -> Iterator[None]:
    """A process that goes on until the end of the block; it has begun when it prints a line."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline()
        yield
        process.communicate()
    assert process.returncode == 0


def the_place(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir() if each.name != "build.lock")


@pytest.mark.parametrize("away", ["removed", "oldest"])
def test_what_another_run_has_taken_stays(away: str, tmp_path: Path) -> None:
    made = kept(tmp_path, "wheel-1", [], program)
    in_use.let_go(Path(made["python"]).parents[1])
    taking = (
        "import sys; from pathlib import Path\n"
        "from noetl_acceptance.sandbox.builds.environment_cache import kept\n"
        f"kept(Path({str(tmp_path)!r}), 'wheel-1', [], None)\n"
        "print('taken', flush=True); sys.stdin.read()"
    )

    def put_away() -> None:
        if away == "removed":
            remove(tmp_path, "wheel-1")
        else:
            remove_oldest(tmp_path, ["wheel-*"], 1)

    kept(tmp_path, "wheel-2", [], program)
    with another_run(sys.executable, "-c", taking):
        os.utime(tmp_path / "wheel-1.json", (1, 1))
        put_away()
        assert kept(tmp_path, "wheel-1", [], program) == made
        os.utime(tmp_path / "wheel-1.json", (1, 1))
        in_use.let_go(Path(made["python"]).parents[1])
    put_away()
    assert [name for name in the_place(tmp_path) if name.startswith("wheel-1")] == []


def test_what_a_kept_sandbox_runs_stays(tmp_path: Path) -> None:
    made = kept(tmp_path, "2.8.9", [], program)
    services = "import sys; print('up', flush=True); sys.stdin.read()"
    with another_run(made["python"], "-c", services):
        remove(tmp_path, "2.8.9")
        assert Path(made["python"]).exists()
    remove(tmp_path, "2.8.9")
    assert the_place(tmp_path) == []


def test_what_goes_before_it_is_held_is_made_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = kept(tmp_path, "2.8.9", [], program)
    remove_by_another, hold = remove, in_use.hold

    def too_late(folder: Path) -> None:
        monkeypatch.setattr(in_use, "hold", hold)
        remove_by_another(tmp_path, "2.8.9")
        hold(folder)

    monkeypatch.setattr(in_use, "hold", too_late)
    found = kept(tmp_path, "2.8.9", [], program)
    assert found != made
    assert Path(found["python"]).exists()


def test_what_is_made_already_is_taken_while_another_is_in_the_making(tmp_path: Path) -> None:
    recipe, place = tmp_path / "requirements.txt", tmp_path / "things"
    recipe.touch()
    made = kept(place, "one", [recipe], lambda _: {"python": str(recipe)})

    def make(_: Path) -> dict[str, str]:
        with ThreadPoolExecutor() as others:
            assert others.submit(kept, place, "one", [recipe], make).result(10) == made
        return {"python": str(recipe)}

    assert kept(place, "two", [recipe], make)


def fake_python(folder: Path, name: str, version: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    major, minor = version.split(".")
    file.write_text(f"#!/bin/sh\nprintf '{major}\\n{minor}\\n{file}\\n'\n")
    file.chmod(0o755)


def only_these(monkeypatch: pytest.MonkeyPatch, path: Path, pyenv: Path) -> None:
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.setenv("PYENV_ROOT", str(pyenv))
    monkeypatch.setattr(python_finder, "MADE", path / "none-made")


def test_python_is_taken_from_path_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_python(tmp_path / "bin", "python3.12", "3.12")
    fake_python(tmp_path / "pyenv/versions/3.13.0/bin", "python3", "3.13")
    only_these(monkeypatch, tmp_path / "bin", tmp_path / "pyenv")
    assert python_finder.find_python("/no/uv") == tmp_path / "bin" / "python3.12"


def test_a_shim_that_does_not_run_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = tmp_path / "bin" / "python3.13"
    fake_python(tmp_path / "bin", "python3", "3.11")
    shim.write_text("#!/bin/sh\necho 'command not found' >&2; exit 127\n")
    shim.chmod(0o755)
    fake_python(tmp_path / "pyenv/versions/3.12.1/bin", "python3", "3.12")
    only_these(monkeypatch, tmp_path / "bin", tmp_path / "pyenv")
    found = python_finder.find_python("/no/uv")
    assert found == tmp_path / "pyenv/versions/3.12.1/bin/python3"


def test_no_python_at_all_is_told_with_three_ways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_these(monkeypatch, tmp_path, tmp_path)
    with pytest.raises(UsageError) as raised:
        python_finder.find_python("/no/uv")
    text = str(raised.value)
    for word in ("PATH", "make python", "pyenv install", "uv python install", "\n"):
        assert (word in text) == (word != "\n")


@pytest.mark.parametrize(
    ("modules", "module"),
    [
        (SCHEMA_MODULES, "noetl_acceptance.ddl.noetl_tables"),
        (stand_in_modules(), "noetl_acceptance.profile_api.__main__"),
        (stand_in_modules(), "noetl_acceptance.link_proxy.__main__"),
    ],
)
def test_an_image_has_every_module_that_its_own_import(
    modules: Sequence[str], module: str, tmp_path: Path
) -> None:
    copy_modules(tmp_path, modules)
    done = subprocess.run(
        [sys.executable, "-c", f"import {module}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
