"""What ``-D noetl=rust…`` names: two versions on the crates registry, or a folder of programs."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from noetl_acceptance.errors import UsageError
from noetl_acceptance.generations.editions import RUST
from noetl_acceptance.generations.rust import DRIVE, SERVER, WORKER
from noetl_acceptance.places import given

DEFAULT = ("3.54.0", "5.52.0")
"""The newest server and worker on the crates registry; newer ones come as images alone."""

_VERSIONS = re.compile(r"(\d+\.\d+\.\d+)\+(\d+\.\d+\.\d+)")
_VERSION = re.compile(r"\d+(\.\d+)*")
_FORMS = "give rust, rust:SERVER+WORKER such as rust:3.54.0+5.52.0, or rust:FOLDER"


@dataclass(frozen=True, slots=True)
class RustBuild:
    """One pair of Rust programs.

    Args:
        key: the same exactly when the same code would run.
        server: its version, where cargo is to build it.
        worker: its version, likewise.
        programs: the folder that has both programs, where they are built already.
    """

    key: str
    server: str = ""
    worker: str = ""
    programs: Path | None = None

    @classmethod
    def of(cls, asked: str) -> RustBuild:
        """Read the option.

        Raises:
            UsageError: it names neither two versions nor a folder with both programs.
        """
        _, _, named = asked.partition(":")
        if asked == RUST:
            return cls._of_versions(*DEFAULT)
        if versions := _VERSIONS.fullmatch(named):
            return cls._of_versions(versions[1], versions[2])
        if not named or _VERSION.fullmatch(named):
            raise UsageError(f"-D noetl={asked} names no pair of server and worker", _FORMS)
        folder = given(named)
        if not folder.is_dir():
            raise UsageError(f"-D noetl={asked}: there is no folder {folder}", _FORMS)
        for place in (folder, folder / "target" / "release"):
            if all((place / name).is_file() for name in (SERVER, WORKER)):
                digest = _digest(place)
                return cls(f"programs-{digest}", programs=place.resolve())
        raise UsageError(
            f"{folder} has no {SERVER} and {WORKER}, nor has its target/release",
            "build both with `cargo build --release`, and give the folder that has them",
        )

    @classmethod
    def _of_versions(cls, server: str, worker: str) -> RustBuild:
        return cls(f"{server}+{worker}", server, worker)

    @property
    def versions(self) -> dict[str, str]:
        """The versions that cargo is to build, by crate."""
        return {"noetl-server": self.server, "noetl-worker": self.worker}

    @property
    def origin(self) -> str:
        """What the reader has to know of where the programs come from."""
        if self.programs is None:
            return DRIVE
        return f"programs of {self.programs}, {self.key.split('-')[1][:8]}; {DRIVE}"

    def told(self, server: str) -> str:
        """Return the version of the pair, as it is recorded.

        Args:
            server: what the running server tells of itself.
        """
        worker = self.worker
        if self.programs:
            worker = worker_version((self.programs / WORKER).read_bytes())
        return f"{RUST} {server} + {worker}"


def worker_version(content: bytes) -> str:
    """Return the version of a worker, which tells none: from the paths that cargo has left in it.

    One that was built in a checkout has none, and is known by its content.
    """
    found = re.search(rb"/noetl-worker-(\d+\.\d+\.\d+)/src", content)
    return found[1].decode() if found else f"worker {hashlib.sha256(content).hexdigest()[:8]}"


def _digest(folder: Path) -> str:
    total = hashlib.sha256()
    for name in (SERVER, WORKER):
        total.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return total.hexdigest()[:16]
