"""The verdicts, and the exit code of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal

Verdict = Literal[
    "passed", "deviates", "product", "sandbox", "suite", "skipped", "usage", "interrupted"
]
"""How a scenario or a run ends; ``skipped`` is behave's word for what we tell as "not judged"."""

FAILED: tuple[Verdict, ...] = ("product", "sandbox", "suite")
"""The verdicts that are failures, by whose they are."""

CODES: dict[Verdict, int] = {
    "interrupted": 130,
    "product": 1,
    "suite": 4,
    "sandbox": 3,
    "usage": 2,
    "skipped": 5,
}
"""The exit code for each verdict that is not green; of several, the first here is the run's."""

MEANINGS = {
    0: "all scenarios passed, or deviate as recorded",
    1: "the product failed: NoETL or the playbooks did not do what the features say",
    2: "nothing could run: an argument, an option or a file is wrong, or a tool is missing",
    3: "the sandbox failed: Postgres, NATS, the engine or a disk; or the machine was starved",
    4: "the suite failed: an error of ours, or in a feature file",
    5: "nothing failed, but some scenario was not judged",
    130: "interrupted (Ctrl-C, TERM, HUP): not all scenarios have run",
}
"""What each exit code of ``run`` says."""

GREEN = (0, 5)
"""The codes of which a plain ``behave`` makes 0; of all others it makes 1."""


def exit_code(verdicts: Iterable[str]) -> int:
    """Return the exit code of a run with these verdicts."""
    seen: Collection[str] = set(verdicts)
    return next((code for verdict, code in CODES.items() if verdict in seen), 0)


def codes_table() -> str:
    """Return what each exit code says, and which wins, in the words of ``run --help``."""
    lines = [f"  {code:<4} {meaning}" for code, meaning in MEANINGS.items()]
    order = ", ".join(map(str, CODES.values()))
    lines += [f"Where several kinds occur, the first of {order} is the code."]
    return "\n".join([*lines, "A plain `behave` makes 0 of 0 and 5, and 1 of all others."])
