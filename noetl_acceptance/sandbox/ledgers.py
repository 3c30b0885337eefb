"""What is known on this machine of each sandbox: a file that only its user can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from filelock import FileLock, Timeout
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from noetl_acceptance.errors import UsageError
from noetl_acceptance.model.file_schemas import SANDBOX, naming
from noetl_acceptance.sandbox.owner import Life, Owner
from noetl_acceptance.sandbox.protocol import Endpoints, RunFolder
from noetl_acceptance.support.settings_file import SettingsFile

CLAIM_SECONDS = 1.0
"""How long to wait for a sandbox that is only being looked at."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KeptService(_Data):
    """One service of a kept sandbox; ``pid`` and ``stop_signal`` are a local process's own."""

    name: str
    pid: int = 0
    stop_signal: int = 0


class Kept(_Data):
    """What is to be known of a sandbox that has outlived its run.

    ``noetl``, ``workers``, ``worker_inflight`` and ``noetl_settings`` are the options it was
    brought up with, ``noetl_version`` and ``noetl_origin`` what is installed, ``image_settings``
    what its images bring; ``since`` is when that was (epoch seconds). ``engine`` is the address of
    the Docker engine; empty for local processes.
    """

    kind: Literal["compose", "embedded"]
    since: float
    noetl: str
    workers: int
    worker_inflight: int
    noetl_version: str
    noetl_origin: str
    endpoints: Endpoints = Field(repr=False)
    services: tuple[KeptService, ...]
    engine: str = ""
    noetl_worker: str = ""
    noetl_settings: SettingsFile | None = Field(default=None, repr=False)
    image_settings: tuple[SettingsFile, ...] = Field(default=(), repr=False)


class Entry(_Data):
    """One sandbox: whose it is, where it keeps its data and leaves its logs, its passwords.

    ``owner`` is the process that brought it up; ``kept`` is None as long as it ends with that, and
    as long the owner has the ledger's claim.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    schema_number: Annotated[int, AfterValidator(SANDBOX.check)] = SANDBOX.field()
    place: RunFolder
    owner: Owner
    data: Path | None = None
    secrets: dict[str, str] = Field(repr=False)
    kept: Kept | None = None

    @property
    def sandbox_id(self) -> str:
        """What names it on the machine."""
        return self.place.sandbox_id


class Ledger:
    """The file of one sandbox, from before its first service starts until nothing is left of it.

    Args:
        folder: where the ledgers are.
        entry: what stands in the file.
    """

    def __init__(self, folder: Path, entry: Entry) -> None:
        self.entry = entry
        self.file = folder / f"{entry.sandbox_id}.json"
        self._claim = FileLock(self.file.with_suffix(".lock"), mode=0o600)

    @classmethod
    def begin(cls, folder: Path, place: RunFolder, secrets: Mapping[str, str]) -> Ledger:
        """Write the file of a new sandbox, whose owner is this process, and claim it.

        Args:
            folder: where the ledgers are.
            place: the sandbox's in its run's folder.
            secrets: its passwords, by what they are for.
        """
        entry = Entry(place=place, owner=Owner.here(), secrets=dict(secrets))
        folder.mkdir(parents=True, exist_ok=True)
        ledger = cls(folder, entry)
        ledger.claim()
        ledger._write(entry)
        return ledger

    def data_in(self, folder: Path) -> None:
        """Record the folder for the sandbox's data before it is made; it goes with the sandbox."""
        self._write(self.entry.model_copy(update={"data": folder.absolute()}))

    def keep(self, kept: Kept) -> None:
        """Record that the sandbox outlives its owner, and what to find it by; let it go."""
        self._write(self.entry.model_copy(update={"kept": kept}))
        self.let_go()

    def life(self) -> Life:
        """Return whether its owner still runs, as far as it can be told here."""
        return self.entry.owner.life(locked=self.claimed())

    def claim(self) -> None:
        """Take the sandbox for this process alone, until it ends or lets it go.

        Raises:
            UsageError: another run is at work on it.
        """
        try:
            self._claim.acquire(timeout=CLAIM_SECONDS)
        except Timeout:
            raise UsageError(
                f"sandbox {self.entry.sandbox_id} is in use by another run",
                "wait for its end, or bring another up",
            ) from None

    def let_go(self) -> None:
        """Let others take it; safe to call without a claim."""
        self._claim.release()

    def claimed(self) -> bool:
        """Whether a run is at work on it now."""
        try:
            self._claim.acquire(timeout=0)
        except Timeout:
            return True
        self._claim.release()
        return False

    def close(self) -> None:
        """Forget the sandbox: nothing of it is left."""
        self.file.unlink(missing_ok=True)
        self._claim.release()
        Path(self._claim.lock_file).unlink(missing_ok=True)

    def _write(self, entry: Entry) -> None:
        draft = self.file.with_suffix(".tmp")
        draft.touch(mode=0o600)
        draft.write_text(entry.model_dump_json(), encoding="utf-8")
        draft.replace(self.file)
        self.entry = entry


def ledgers(folder: Path, unreadable: Callable[[str], None] = lambda _: None) -> Iterator[Ledger]:
    """Yield the ledgers in a folder, the oldest sandbox first.

    Args:
        folder: where the ledgers are.
        unreadable: told of each file that cannot be read, and why: another user's, or of a
            release of the suite that wrote others.
    """
    for file in sorted(folder.glob("*.json")):
        try:
            with naming(file):
                entry = Entry.model_validate_json(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue  # its run has just ended by itself
        except (OSError, ValueError):
            unreadable(f"{file} cannot be read")
            continue
        except UsageError as other:
            unreadable(str(other))
            continue
        yield Ledger(folder, entry)


def kept_ledgers(folder: Path) -> list[Ledger]:
    """Return the ledgers of the kept sandboxes, the oldest first."""
    return [ledger for ledger in ledgers(folder) if ledger.entry.kept is not None]


def find_kept(folder: Path, sandbox_id: str | None) -> Ledger:
    """Return the ledger of a kept sandbox.

    Args:
        folder: where the ledgers are.
        sandbox_id: which; None for the only one there is.

    Raises:
        UsageError: there is none of that id, or, without one, none or several at all.
    """
    found = {ledger.entry.sandbox_id: ledger for ledger in kept_ledgers(folder)}
    if sandbox_id is None and len(found) == 1:
        return next(iter(found.values()))
    if not found:
        raise UsageError(
            f"there is no sandbox {sandbox_id}" if sandbox_id else "no sandbox is up",
            "`noetl-acceptance up` brings one up, `-D keep=always` keeps a run's own",
        )
    listed = ", ".join(found)
    if sandbox_id is None:
        raise UsageError(
            f"{len(found)} sandboxes are up: {listed}",
            "name one: `-D attach=ID`, `--id ID` (sql, calls) or `down ID`",
        )
    if sandbox_id not in found:
        raise UsageError(f"there is no sandbox {sandbox_id}", f"up are: {listed}")
    return found[sandbox_id]
