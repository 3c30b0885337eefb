"""What an image holds of NoETL: where it is looked for, and what is told where it is not found."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import NotFound

from noetl_acceptance.errors import UsageError
from noetl_acceptance.sandbox.builds import image_content, image_look
from noetl_acceptance.sandbox.builds.image_content import Part
from noetl_acceptance.sandbox.builds.image_look import container_of, content_of, why_none
from noetl_acceptance.sandbox.builds.local_image import LocalImage
from noetl_acceptance.sandbox.containers import engine
from noetl_acceptance.sandbox.containers.projects import OWNER_LABEL, PROJECT_LABEL, life_of
from noetl_acceptance.sandbox.leftovers import PREFIX

PYTHON = "/srv/venv/bin/python"


def image(
    *entry: str, user: str = "noetl", folder: str = "/app", path: tuple[str, ...] = ()
) -> LocalImage:
    variables = {"PATH": ":".join(path)}
    return LocalImage("mine:1", f"sha256:{'b' * 64}", entry, folder, user, variables)


class Files:
    """A container with files, each a content or where a link leads, as Docker archives them."""

    def __init__(self, files: Mapping[str, bytes | str]) -> None:
        self.files = files

    def get_archive(self, place: str) -> tuple[list[bytes], dict[str, Any]]:
        file = self.files.get(place)
        if file is None:
            raise NotFound(place)
        member = tarfile.TarInfo("file")
        content = file if isinstance(file, bytes) else b""
        member.size = len(content)
        if isinstance(file, str):
            member.type, member.linkname = tarfile.SYMTYPE, file
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as packing:
            packing.addfile(member, io.BytesIO(content))
        return [archive.getvalue()], {}


@pytest.mark.parametrize(
    ("files", "content"),
    [
        ({}, b""),
        ({"/bin/it": b"elf"}, b"elf"),
        ({"/bin/it": "/opt/it", "/opt/it": b"elf"}, b"elf"),
        ({"/bin/it": "it-1", "/bin/it-1": "../opt/it", "/bin/../opt/it": b"elf"}, b"elf"),
        ({"/bin/it": "/gone"}, b""),
        ({"/bin/it": "/bin/it"}, b""),
    ],
)
def test_a_link_in_an_image_is_followed(files: dict[str, bytes | str], content: bytes) -> None:
    assert content_of(Files(files), "/bin/it") == content  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "place"),
    [
        (image("/srv/noetl-worker"), "/srv/noetl-worker"),
        (image("./noetl-worker"), "/app/noetl-worker"),
        (image("noetl-worker", path=("/srv/bin", "/bin")), "/srv/bin/noetl-worker"),
        (image("/bin/sh", "-c", "exec /srv/noetl-worker --verbose"), "/srv/noetl-worker"),
        (image("/bin/sh", "-c", "echo 'it; exec /srv/noetl-worker"), "/srv/noetl-worker"),
        (image("tini", "--", "/srv/noetl-worker"), "/srv/noetl-worker"),
        (image("./start.sh"), "/opt/noetl/bin/noetl-worker"),
    ],
)
def test_a_program_is_found_where_its_image_starts_it(
    given: LocalImage, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def of(*_: object, **__: object) -> Iterator[Files]:
        yield Files({place: b"elf"})

    monkeypatch.setattr(image_content, "container_of", of)
    held = image_content._rust_program(given, "worker")
    assert held is not None
    assert (held.program, held.user) == (place, "")


class Pythons:
    """Answers for the interpreters of an image."""

    def __init__(self, answers: Mapping[str, tuple[int, str, str]]) -> None:
        self.answers, self.asked = answers, []  # type: ignore[var-annotated]

    def __call__(
        self, _: LocalImage, program: str, __: object, user: str = ""
    ) -> subprocess.CompletedProcess[str]:
        self.asked.append((program, user))
        missing = (127, "", "docker: Error response from daemon: no such file or directory")
        return subprocess.CompletedProcess([], *self.answers.get(program, missing))


@pytest.mark.parametrize(
    "entry",
    [
        (PYTHON, "-m", "noetl.server"),
        ("tini", "--", PYTHON, "-m", "noetl.server"),
        ("/bin/sh", "-c", f"exec {PYTHON} -m noetl.server"),
    ],
)
def test_a_python_is_found_where_its_image_starts_it(
    entry: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Pythons({PYTHON: (0, "2.8.9\nCREATE TABLE x\n", "")})
    monkeypatch.setattr(image_content, "answer_of", answers)
    held = image_content._python_package(image(*entry), "server")
    assert (held.program, held.release) == (PYTHON, "2.8.9")
    assert held.ddl.startswith("CREATE")


def test_an_image_without_noetl_is_told_with_what_it_starts_and_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = Pythons(
        {
            "python": (1, "", ""),  # it lacks the package
            "python3": (1, "", "/srv/noetl has no schema_ddl.sql, which makes the tables\n"),
            PYTHON: (126, "", "docker: Error response from daemon: no user x\n\nRun 'docker x'"),
        }
    )
    monkeypatch.setattr(image_content, "answer_of", answers)
    with pytest.raises(UsageError) as raised:
        image_content._python_package(image(PYTHON, "x.py"), "worker")
    (line,) = str(raised.value).splitlines()
    assert "no NoETL worker: no noetl-worker, and no Python with the package noetl (" in line
    assert "(no user x; /srv/noetl has no schema_ddl.sql, which makes the tables)" in line
    assert f"it starts {PYTHON} x.py - name the worker's image by -D noetl_worker" in line
    monkeypatch.setattr(image_content, "answer_of", Pythons({}))
    with pytest.raises(UsageError, match=r"with the package noetl; it starts nothing - .*noetl$"):
        image_content._python_package(image(), "server")
    script = image("sh", "-c", "set -e\nexec it\n" + "echo on\n" * 99)
    with pytest.raises(UsageError) as raised:
        image_content._python_package(script, "server")
    (line,) = str(raised.value).splitlines()
    assert "; it starts sh -c set -e exec it echo on" in line
    assert len(line) < 400


@pytest.mark.parametrize(
    ("files", "part", "told"),
    [
        ([], "server", ""),
        (["worker/__main__.py"], "server", "noetl has no server"),
        (["server/__main__.py"], "server", "noetl has no schema_ddl.sql, which makes the tables"),
        (
            ["server/__main__.py", "database/schema_ddl.sql"],
            "server",
            "noetl tells no release: it was copied there, not installed",
        ),
        (["worker/__main__.py"], "worker", "noetl tells no release: it was copied there, not inst"),
    ],
)
def test_a_python_says_why_it_does_not_do(
    files: list[str], part: Part, told: str, tmp_path: Path
) -> None:
    assert_told(files, part, tmp_path, told)


def test_a_python_tells_its_release_and_its_tables(tmp_path: Path) -> None:
    release = tmp_path / "noetl-2.8.9.dist-info"
    release.mkdir()
    (release / "METADATA").write_text("Name: noetl\nVersion: 2.8.9\n")
    done = assert_told(["server/__main__.py", "schema_ddl.sql"], "server", tmp_path, "")
    assert (done.returncode, done.stdout) == (0, "2.8.9\nCREATE TABLE x\n")


def assert_told(
    files: list[str], part: Part, folder: Path, told: str
) -> subprocess.CompletedProcess[str]:
    for name in files:
        file = folder / "noetl" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("CREATE TABLE x")
    done = subprocess.run(
        [sys.executable, "-c", image_content._ASK, part],
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told in why_none(done)
    assert bool(told) == bool(why_none(done))
    return done


def test_what_an_image_was_looked_into_with_is_removed_and_can_be_swept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: dict[str, Any] = {}
    removed: dict[str, Any] = {}

    def create(_: str, **options: Any) -> SimpleNamespace:
        made.update(options)
        return SimpleNamespace(remove=removed.update)

    client = SimpleNamespace(containers=SimpleNamespace(create=create), close=lambda: None)
    monkeypatch.setattr(engine, "client", lambda: client)
    with container_of(image()):
        assert not removed
    assert removed == {"force": True, "v": True}
    labels = made["labels"]
    assert labels[PROJECT_LABEL] == made["name"]
    look = made["name"].removeprefix(PREFIX)
    assert life_of(look, labels[OWNER_LABEL], ()) == ("alive", "")


def test_what_a_python_is_asked_in_can_be_swept_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(image_look, "docker", commands.append)
    image_look.answer_of(image(), "python", ["-V"], "1:1")
    (command,) = commands
    assert sum(word.startswith("--label=") for word in command) == 2
    assert command[-3:] == ["--user=1:1", image().image_id, "-V"]
