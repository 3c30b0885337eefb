"""What NoETL is asked to execute: sizes, the API's behaviour, the credential, the workers."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from noetl_acceptance.model.fault import Fault
from noetl_acceptance.model.file_schemas import renamed
from noetl_acceptance.model.wording import counted
from noetl_acceptance.profile_api.rules import Rule


class FrozenModel(BaseModel):
    """Base of the records: frozen, and closed against misspelt fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


class Workload(FrozenModel):
    """What an execution was asked to do."""

    seed_rows: int
    batch_size: int
    max_batches: int

    @property
    def expected_rows(self) -> int:
        """``LEAST(seed_rows, batch_size * max_batches)``, the documents' formula."""
        return min(self.seed_rows, self.batch_size * self.max_batches)

    @property
    def travelers(self) -> range:
        """The ids of the travelers in range of the batches."""
        return range(1, self.expected_rows + 1)

    def batch_of(self, traveler: int) -> int:
        """Return the number, from 1, of the batch whose window holds a traveler."""
        return (traveler - 1) // self.batch_size + 1

    def batch_in_range(self, traveler: int | None) -> int | None:
        """Return the batch of a traveler; None for one that no batch holds, and for nobody."""
        if traveler is None or traveler not in self.travelers:
            return None
        return self.batch_of(traveler)

    def window(self, batch: int) -> range:
        """Return the ids of the travelers of a batch; empty past the last traveler."""
        first = (batch - 1) * self.batch_size + 1
        return range(first, min(batch * self.batch_size, self.seed_rows) + 1)

    def __str__(self) -> str:
        batches = counted(self.max_batches, "batch")
        return f"{counted(self.seed_rows, 'traveler')}, {batches} of {self.batch_size}"


class Workers(FrozenModel):
    """Workers of a sandbox beside the run's own; scenarios that ask for the same share it.

    Args:
        count: how many; None for as many as the run's own sandbox has.
        inflight: how many commands each takes at a time; None for as many as there.
        variables: further environment variables.
        alone: who has them to itself; empty where that does not matter.
        isolated: False lets what they send reach a place outside of the sandbox.
        links: whether a proxy stands in the links between the services.
        updatable: whether server and workers can be replaced by those of another release.
    """

    count: int | None = None
    inflight: int | None = None
    variables: tuple[tuple[str, str], ...] = ()
    alone: str = ""
    isolated: bool = True
    links: bool = False
    updatable: bool = False


DEFAULT_CREDENTIAL = "pg_k8s"
"""The credential that the playbooks take when the payload names no other."""

CredentialState = Literal[
    "registered",
    "of the second database",
    "of an empty database",
    "unregistered",
    "wrong password",
    "wrong host",
    "wrong database",
]


class Credential(FrozenModel):
    """The credential that an execution uses, and what NoETL knows of it when it starts."""

    name: str = DEFAULT_CREDENTIAL
    state: CredentialState = "registered"

    @classmethod
    def default(cls, state: CredentialState) -> Credential:
        """Return the one that the playbooks take by themselves."""
        return cls(state=state)

    @classmethod
    def named(cls, state: CredentialState) -> Credential:
        """Return the one that a run names.

        Where it is not to be registered it is one that never was: a worker goes on with what it
        remembers of a credential that has been deleted (2.8.9).
        """
        return cls(name="pg_unknown" if state == "unregistered" else "pg_named", state=state)


DropMode = Literal["loses", "refuses"]
"""Whether the database tells who stores a row of no error, or of one."""

BACKDATED_DAYS = 400
"""How much older a row looks that is dated back: more than a year."""


class RowChange(FrozenModel):
    """What the target table does to stored rows behind the back of an execution.

    Args:
        kind: in the words of the features.
        travelers: whose rows.
        number: the traveler whose number they are given, where they are renumbered.
    """

    kind: Literal["removed", "dated back", "renumbered"]
    travelers: tuple[int, ...]
    number: int = 0


Way = Literal["api", "command line"]
"""By what of NoETL's own a request is made."""


class Cancellation(FrozenModel):
    """Has an execution cancelled in the middle of its calls.

    Args:
        by: NoETL's API, or its command line.
        calls: as soon as the profile API has received so many, and one of them is in flight.
    """

    by: Way
    calls: int


_NAMES_OF_SCHEMA_1 = {
    "rounds": "ends_after_batches",
    "at_once": "parallel",
    "beside": "companion",
    "address": "reused_journal",
    "lost": "dropped_travelers",
    "losing": "drop_mode",
    "changed": "row_change",
    "disordered": "shuffled_source",
    "raced": "table_race",
}


class ExecutionRequest(FrozenModel):
    """What NoETL is asked to execute; scenarios that ask for the same share one execution.

    Args:
        workload: the sizes; None for the playbook's own defaults, left out of the request.
        rules: how the profile API answers.
        credential: named in the request where it is not the default.
        max_in_flight: put into the worker playbook's loop; None leaves it as it is.
        ends_after_batches: after how many the parent playbook ends its loop, whatever was asked
            for; None leaves it as it is.
        workers: None for the run's own.
        started_by: NoETL's API, or its command line.
        repeats: the request that failed, was cancelled or met a fault, where this one is the same
            after it.
        parallel: how many executions of this request go on side by side.
        companion: the sizes of one more execution beside them, if any.
        reused_journal: the journal of an earlier execution, over and forgotten, whose address this
            one calls as well; empty for an address of its own.
        dropped_travelers: whose rows the target table drops on their way in.
        drop_mode: whether the database reports an error for a dropped row.
        row_change: what the target table does to stored rows, if anything.
        shuffled_source: whether the source table holds its rows in no order, and some under
            other names than the parent has given them.
        table_race: whether its executions create the tables of an empty database at the same time.
        cancellation: has it cancelled while it goes on; None lets it go on to its end.
        fault: what is done to a service while it goes on; None for nothing.
        may_hang: whether an execution that does not end is recorded and judged as any other,
            instead of failing the request.
        waited_out: whether its deadline is waited out although it is proven to hang.
    """

    workload: Workload | None = None
    rules: tuple[Rule, ...] = ()
    credential: Credential = Credential()
    max_in_flight: int | None = None
    ends_after_batches: int | None = None
    workers: Workers | None = None
    started_by: Way = "api"
    repeats: ExecutionRequest | None = None
    parallel: int = 1
    companion: Workload | None = None
    reused_journal: str = ""
    dropped_travelers: tuple[int, ...] = ()
    drop_mode: DropMode = "loses"
    row_change: RowChange | None = None
    shuffled_source: bool = False
    table_race: bool = False
    cancellation: Cancellation | None = None
    fault: Fault | None = None
    may_hang: bool = False
    waited_out: bool = False

    @model_validator(mode="before")
    @classmethod
    def _from_schema_1(cls, data: Any) -> Any:
        return renamed(data, _NAMES_OF_SCHEMA_1)

    @property
    def uses_command_line(self) -> bool:
        """Whether NoETL's command line starts or cancels it."""
        ways = (self.started_by, self.cancellation.by if self.cancellation else "api")
        return "command line" in ways

    def sized(self, workload: Workload) -> ExecutionRequest:
        """Return the same with sizes of its own."""
        return self.model_copy(update={"workload": workload})

    def answered_by(self, rules: tuple[Rule, ...]) -> ExecutionRequest:
        """Return the same with other answers of the profile API."""
        return self.model_copy(update={"rules": rules})

    def using(self, credential: Credential) -> ExecutionRequest:
        """Return the same with another credential."""
        return self.model_copy(update={"credential": credential})

    def allowing(self, calls: int) -> ExecutionRequest:
        """Return the same with at most so many calls in flight in the worker playbook's loop."""
        return self.model_copy(update={"max_in_flight": calls})

    def ending_after(self, batches: int) -> ExecutionRequest:
        """Return the same with a parent playbook that ends its loop after so many batches."""
        return self.model_copy(update={"ends_after_batches": batches})

    def on(self, workers: Workers) -> ExecutionRequest:
        """Return the same on workers of its own."""
        return self.model_copy(update={"workers": workers})

    def by_command_line(self) -> ExecutionRequest:
        """Return the same, started by NoETL's command line."""
        return self.model_copy(update={"started_by": "command line"})

    def repeating(self, failed: ExecutionRequest) -> ExecutionRequest:
        """Return the same as the repetition of one that failed, was cancelled or met a fault."""
        return self.model_copy(update={"repeats": failed, "cancellation": None, "fault": None})

    def side_by_side(self, count: int) -> ExecutionRequest:
        """Return so many executions of the same, side by side."""
        return self.model_copy(update={"parallel": count})

    def beside_one_of(self, workload: Workload) -> ExecutionRequest:
        """Return the same with one more execution, of these sizes, beside it."""
        return self.model_copy(update={"companion": workload})

    def calling(self, journal: str) -> ExecutionRequest:
        """Return the same, calling the address of an earlier execution's journal."""
        return self.model_copy(update={"reused_journal": journal})

    def losing_rows_of(self, travelers: tuple[int, ...], how: DropMode) -> ExecutionRequest:
        """Return the same with a target table that loses the rows of these travelers."""
        return self.model_copy(update={"dropped_travelers": travelers, "drop_mode": how})

    def changing(self, change: RowChange) -> ExecutionRequest:
        """Return the same with a target table that changes stored rows."""
        return self.model_copy(update={"row_change": change})

    def from_shuffled_source(self) -> ExecutionRequest:
        """Return the same with a source table that holds its rows in no order."""
        return self.model_copy(update={"shuffled_source": True})

    def racing(self) -> ExecutionRequest:
        """Return the same on an empty database, whose tables are made at the same moment."""
        return self.model_copy(update={"table_race": True})

    def cancelled(self, cancellation: Cancellation) -> ExecutionRequest:
        """Return the same, cancelled while it goes on."""
        return self.model_copy(update={"cancellation": cancellation})

    def under(self, fault: Fault) -> ExecutionRequest:
        """Return the same with a fault while it goes on; it may hang then."""
        return self.model_copy(update={"fault": fault, "may_hang": True})

    def that_may_hang(self) -> ExecutionRequest:
        """Return the same, recorded also where it does not end."""
        return self.model_copy(update={"may_hang": True})
