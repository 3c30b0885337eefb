"""Every option of a run in one place: key, default, unit, meaning.

A value comes from behave's ``-D key=value``, else from the environment variable
``NOETL_ACCEPTANCE_KEY`` (upper case, dashes as underscores), else from the default.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from noetl_acceptance import option_values
from noetl_acceptance.errors import UsageError
from noetl_acceptance.option_values import IMAGE, STANDSTILL, Shard, folder_of
from noetl_acceptance.support.settings_file import SettingsFile, told_together

PREFIX = "NOETL_ACCEPTANCE_"
"""How the environment variables of the options begin."""

OWN_KINDS = ("compose", "embedded")
"""The kinds of sandbox that the suite can bring up."""

PLACEMENT = ("runs", "shard", "lanes")
"""The options that say where a run leaves its evidence and how it is cut, not what it runs on."""

SAME = "same"
"""What ``noetl_worker`` is where the workers' image is the server's."""

ONLY = "only"
"""What ``attach`` is where the one sandbox is meant that is up."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one run, checked; see ``OPTIONS`` for what each means.

    The last five are no options: a sandbox may differ in them. ``worker_variables`` are environment
    variables of the workers; ``isolated`` False lets the sandbox reach outside; ``links`` has a
    proxy in the links between the services; ``beside`` is a release whose programs can take the
    place of those under test; ``image_settings`` are those that images under test bring.
    """

    sandbox: str
    noetl: str
    noetl_worker: str
    workers: int
    worker_inflight: int
    playbooks: Path | None
    time_scale: float
    give_up: str
    other_release: str
    runs: Path
    seed: int | None
    shard: Shard | None
    lanes: int | None
    keep: str
    attach: str
    noetl_settings: SettingsFile | None
    worker_variables: tuple[tuple[str, str], ...] = ()
    isolated: bool = True
    links: bool = False
    beside: str = ""
    image_settings: tuple[SettingsFile, ...] = ()

    @property
    def told_settings(self) -> dict[str, str]:
        """The settings of NoETL that are not the suite's, without what may be secret."""
        return told_together(self.image_settings, self.noetl_settings)


@dataclass(frozen=True, slots=True)
class Option:
    """One ``-D`` key; ``parse`` raises ValueError, whose text says what would be right.

    One that reads a file raises UsageError for what is wrong in there.
    """

    key: str
    default: str
    unit: str
    meaning: str
    parse: Callable[[str], Any]

    @property
    def field(self) -> str:
        """The name of the attribute of ``Settings``."""
        return self.key.replace("-", "_")

    @property
    def variable(self) -> str:
        """The environment variable that sets the option."""
        return f"{PREFIX}{self.field.upper()}"


OPTIONS: tuple[Option, ...] = (
    Option(
        "sandbox",
        "auto",
        "",
        "Where the services run: `compose` (Docker), `embedded` (local processes), `auto` "
        "(compose where a Docker engine, compose v2 and buildx answer, else embedded), `attach` "
        "(what `attach` names, which is up already).",
        option_values.one_of(("auto", *OWN_KINDS, "attach")),
    ),
    Option(
        "noetl",
        "2.8.9",
        "",
        "The NoETL under test: a release, the path of a wheel, a source checkout, or the Rust "
        "programs: `rust`, `rust:SERVER+WORKER` (two versions) or `rust:FOLDER` (built ones); or, "
        "on `compose`, an image: `image:NAME`, with a tag or a digest.",
        option_values.text_of,
    ),
    Option(
        "noetl_worker",
        SAME,
        "",
        "With an image: that of the workers, `image:NAME`; `same` is the server's.",
        option_values.image_of,
    ),
    Option("workers", "5", "processes", "NoETL worker processes.", option_values.count_of),
    Option(
        "worker-inflight",
        "1",
        "commands",
        "Commands that one worker takes at a time (NoETL's own default is 8).",
        option_values.count_of,
    ),
    Option(
        "playbooks",
        "auto",
        "folder",
        "The pair of playbooks under test, with its `pair.yaml` where it differs; `auto` is "
        "the edition below `playbooks/` that goes with the NoETL under test.",
        option_values.pair_of,
    ),
    Option(
        "time-scale",
        "1",
        "factor",
        "Multiplies every deadline of the features, for a slow machine.",
        option_values.factor_of,
    ),
    Option(
        "give-up",
        "deadline",
        "",
        "When an execution that does not end is given up: at its `deadline`, or at a `standstill`: "
        "nothing has moved for 35 seconds (after a fault 185, where an open command may still be "
        "taken up), and nothing is left that could.",
        option_values.one_of(("deadline", STANDSTILL)),
    ),
    Option(
        "other-release",
        "auto",
        "",
        "By which release, as `noetl` takes it, a scenario replaces server and workers; `auto`: "
        "the one that docs/faults.md names; for a release without one it is not judged.",
        option_values.text_of,
    ),
    Option("runs", "runs", "folder", "Where each run leaves its folder of evidence.", folder_of),
    Option(
        "seed",
        "off",
        "number",
        "Runs features, rules and scenarios in a random order, the same for the same number; `off` "
        "is the order of the files.",
        option_values.seed_of,
    ),
    Option(
        "shard",
        "off",
        "K/N",
        "Runs the K-th of N parts of the selected scenarios only; `noetl-acceptance merge` makes "
        "one run of all parts.",
        option_values.shard_of,
    ),
    Option(
        "lanes",
        "auto",
        "sandboxes",
        "How many sandboxes run scenarios side by side; `auto`: as many as this machine carries, "
        "and no more than the scenarios are worth.",
        option_values.lanes_of,
    ),
    Option(
        "keep",
        "never",
        "",
        "When the run's own sandbox stays up at its end: `never`, `failed` (a scenario failed) or "
        "`always`.",
        option_values.one_of(("never", "failed", "always")),
    ),
    Option(
        "attach",
        ONLY,
        "",
        "With `sandbox=attach`: the id of a sandbox that is up, or a YAML file with the addresses "
        "of another NoETL; `only` is the one sandbox that is up.",
        option_values.text_of,
    ),
    Option(
        "noetl_settings",
        "off",
        "file",
        "Settings of your own for NoETL's server and workers, as lines of `NAME=value`, or `off`.",
        option_values.settings_of,
    ),
)


def load_settings(
    userdata: Mapping[str, str], environment: Mapping[str, str] | None = None
) -> Settings:
    """Check the user's options and return them.

    Args:
        userdata: behave's ``-D`` keys and values.
        environment: environment variables; the process's own when None.

    Raises:
        UsageError: an unknown key, a value that its option does not take, or a wrong file.
    """
    environment = os.environ if environment is None else environment
    _refuse_unknown("option -D", userdata, [option.key for option in OPTIONS])
    ours = [name for name in environment if name.startswith(PREFIX)]
    _refuse_unknown("variable", ours, [option.variable for option in OPTIONS])
    values: dict[str, Any] = {}
    for option in OPTIONS:
        source, text = _given(option, userdata, environment) or ("default", option.default)
        try:
            values[option.field] = option.parse(text)
        except ValueError as error:
            raise UsageError(f"{source}={text} is not usable", f"it takes {error}") from None
    settings = Settings(**values)
    _check_together(settings)
    return settings


def _refuse_unknown(what: str, given_to: Iterable[str], known: Sequence[str]) -> None:
    for name in given_to:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            told = f"{hint}known are {', '.join(sorted(known))}"
            raise UsageError(f"unknown {what} {name}", told)


def given_options(
    userdata: Mapping[str, str], environment: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the options that the user has given, by key, as text; as ``load_settings``."""
    environment = os.environ if environment is None else environment
    given_to = {option.key: _given(option, userdata, environment) for option in OPTIONS}
    return {key: each[1] for key, each in given_to.items() if each is not None}


def _given(
    option: Option, userdata: Mapping[str, str], environment: Mapping[str, str]
) -> tuple[str, str] | None:
    """Return where an option is given, and the text; None where it is not."""
    if option.key in userdata:
        return f"-D {option.key}", str(userdata[option.key])
    if option.variable in environment:
        return option.variable, environment[option.variable]
    return None


def _check_together(settings: Settings) -> None:
    """Refuse options that are right by themselves and cannot go together."""
    if settings.workers * settings.worker_inflight < 2:
        raise UsageError(
            "one worker that takes one command at a time cannot run the pair",
            "the parent holds it while its child waits for one: give -D workers=2 or more",
        )
    image = settings.noetl.startswith(IMAGE)
    if settings.noetl_worker and not image and settings.sandbox != "attach":
        told = f"-D noetl_worker={settings.noetl_worker} goes with an image of the server"
        raise UsageError(told, "add -D noetl=image:…")
    if image and settings.sandbox == "embedded":
        told = f"-D noetl={settings.noetl} runs in containers, and the embedded sandbox has none"
        raise UsageError(told, "use -D sandbox=compose")
    if settings.attach != ONLY and settings.sandbox != "attach":
        told = f"-D attach={settings.attach} has no effect without -D sandbox=attach"
        raise UsageError(told, "add that, or leave out -D attach")


def changed_options(settings: Settings) -> dict[str, str]:
    """Return the options that are not at their default, by key, as text."""
    values = {option: getattr(settings, option.field) for option in OPTIONS}
    return {
        option.key: "auto" if value is None else str(value)  # of lanes alone
        for option, value in values.items()
        if value != option.parse(option.default)
    }
