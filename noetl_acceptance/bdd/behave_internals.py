"""What the suite does with behave beyond what behave documents.

Behave's documentation promises hooks, ``scenario.skip``, clean-ups, runner classes and formatters.
Each function here needs more and says why. No other module changes behave's hooks, formatters,
reporters, or how its steps and scenarios have ended. ``tests/test_behave_internals*.py`` hold each
function against the real behave, which ``pyproject.toml`` pins exactly: an upgrade that
breaks one is told by a test of its name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from behave.configuration import Configuration, setup_parser
from behave.model import Rule, ScenarioOutline
from behave.model_core import Status
from behave.reporter.junit import JUnitReporter
from behave.runner_util import FeatureLineDatabase

from noetl_acceptance.errors import UsageError

# The configuration


class _Configuration(Configuration):  # type: ignore[misc] # behave has no types
    def show_bad_formats_and_fail(self, _parser: Any) -> None:
        if bad := self.select_bad_formats_with_errors():
            raise UsageError(
                f"--format={bad[0][0]} cannot be used: {bad[0][1]}",
                "`--format=help` lists those that can",
            )


def configuration_of(arguments: Sequence[str]) -> Any:
    """Return behave's configuration for a command line.

    Behave's own class ends the process over an unknown format, with two lines of its own.

    Raises:
        UsageError: behave does not have a format.
    """
    return _Configuration(list(arguments))


def parsed_arguments(arguments: Sequence[str], program: str) -> Any:
    """Return what behave's arguments alone ask for, without its settings files.

    A configuration does not tell whether a path comes from the command line or from a file. Its
    parser does, but names itself after behave, has a default folder for JUnit's reports, and tells
    a wrong argument with all the others that there are.

    Args:
        arguments: behave's.
        program: the name that its help begins with.

    Raises:
        UsageError: behave does not know an argument, or lacks its value.
        SystemExit: its help was asked for, and printed; the code is 0.
    """
    parser = setup_parser()
    parser.prog = program
    parser.error = _refuse
    parser.set_defaults(junit_directory=None)
    return parser.parse_args(arguments)


def _refuse(told: str) -> NoReturn:
    raise UsageError(" ".join(told.split()), "`behave --help` lists what there is")


def write_below(config: Any, folder: Path) -> None:
    """Take relative paths of ``--outfile`` from a folder; behave takes the working folder."""
    for output in config.outputs:
        if output.name and not output.stream:
            output.name = str(folder / output.name)


def files_written(config: Any) -> list[str]:
    """Return the files of ``--outfile``, and of the settings that a user may have for behave.

    Behave tells formatters of its outputs, and nobody else.
    """
    return [output.name for output in config.outputs if output.name]


def watched(config: Any) -> str:
    """Return why a run is read while it goes on, as it was asked for; empty where it is not."""
    others = [each for each in config.format or () if each != config.default_format]
    return f"--format={others[0]}" if others else ""


def write_utf8(config: Any) -> None:
    """Write files in UTF-8; behave takes the encoding of the locale, which may lack a dash."""
    for output in config.outputs:
        output.encoding = "utf-8"


# The run


def runner_of(context: Any) -> Any:
    """Return the runner; behave gives hooks the context alone, and has no other way to it."""
    return context._runner  # noqa: SLF001


def wrap_hooks(
    runner: Any, names: Iterable[str], wrap: Callable[[str, Callable[..., None]], Any]
) -> None:
    """Put something around loaded hooks; behave tells nobody which of them has failed.

    Args:
        runner: that has loaded the hooks.
        names: of the hooks; those that are not defined stay so.
        wrap: returns for a name and a hook what is to be called in its place.
    """
    for name in names:
        if name in runner.hooks:
            runner.hooks[name] = wrap(name, runner.hooks[name])


def ask_first(runner: Any, formatter: Any) -> None:
    """Have a formatter asked before all others; behave's options can only add one at the end."""
    runner.formatters.insert(0, formatter)


def drop_junit(config: Any) -> None:
    """Take out behave's JUnit reporter; ``--junit``, which the suite obeys itself, puts it in."""
    config.reporters = [each for each in config.reporters if not isinstance(each, JUnitReporter)]


def take_reporters(config: Any) -> list[Any]:
    """Take out all reporters and return them; no option silences a summary that exists."""
    taken: list[Any] = config.reporters
    config.reporters = []
    return taken


def hide_durations(config: Any) -> None:
    """Keep the summary from telling a duration: it does not know rules, and tells 0 for them."""
    for reporter in config.reporters:
        reporter.show_duration = False


def hear_cleanup_errors(context: Any, hear: Callable[[Any, Any, Exception], None]) -> None:
    """Call a function for each clean-up that fails, and go on with the run.

    The handler is documented. But behave then raises the error as well, and its progress format
    ends the run at the status that comes of this.

    Args:
        context: behave's, on the level of the whole run.
        hear: gets the context, the clean-up and its error.
    """
    context.fail_on_cleanup_errors = False
    context.on_cleanup_error = hear


def print_cleanup_error(context: Any, cleanup: Any, error: Exception) -> None:
    """Print the error of a clean-up as behave does where nobody hears it."""
    context.print_cleanup_error(context, cleanup, error)


def print_no_statement(formatter: Any) -> None:
    """Keep ``pretty`` from printing a feature's name again, above its background or first rule."""
    formatter.statement = None


# How steps and scenarios have ended


def end_by(step: Any, error: Exception) -> None:
    """Make an error the reason that a step has failed; behave lets a hook only look at it."""
    step.exception = error
    step.set_status(Status.failed if isinstance(error, AssertionError) else Status.error)


def end_skipped(step: Any) -> None:
    """Turn a failed step into a skipped one; behave can skip a scenario, but no failed step."""
    step.exception = step.error_message = None
    step.set_status(Status.skipped)


def print_instead(step: Any, message: str) -> None:
    """Replace what is printed of a step's error; behave offers its own text only.

    To be called by a formatter or later: behave sets its text after the hook ``after_step``.
    """
    step.error_message = message


def skip_ended(scenario: Any, reason: str) -> None:
    """Skip a scenario that has passed; ``skip`` alone is undone by its steps, which passed."""
    scenario.skip(reason)
    scenario.set_status(Status.skipped)


def count_again(feature: Any, scenario: Any) -> None:
    """Have the status of a scenario, and of all that may hold it, computed from the steps again.

    Behave keeps the first final status that it has computed.
    """
    for entity in (scenario, *_containers(feature)):
        entity.clear_status()


def fail_in_cleanup(scenario: Any, error: Exception) -> None:
    """Fail a scenario by a clean-up; behave counts one that no error ended as passed."""
    scenario.hook_failed = True
    scenario.set_status(Status.hook_error)
    if scenario.exception is None:
        scenario.store_exception_context(error)
        scenario.error_message = f"in a clean-up: {type(error).__name__}: {error}"


def _containers(entity: Any) -> Iterator[Any]:
    """Yield a feature and what holds scenarios below it: rules and outlines."""
    yield entity
    for inner in getattr(entity, "run_items", ()):
        if hasattr(inner, "run_items") or hasattr(inner, "scenarios"):
            yield from _containers(inner)


# What features consist of


def sort_items(items: list[Any], key: Callable[[Any], Any]) -> None:
    """Sort features, and all that is in them, in place; behave runs the order of the files only.

    Args:
        items: features. Backgrounds stay with their scenarios.
        key: as that of ``sorted``, of features, rules, outlines and scenarios.
    """
    items.sort(key=key)
    for item in items:
        outline = isinstance(item, ScenarioOutline)
        sort_items(item.scenarios if outline else getattr(item, "run_items", []), key)


def prune(parent: Any, locations: Collection[str]) -> None:
    """Remove from a feature all scenarios but those at ``FILE:LINE`` locations.

    Behave can skip scenarios, but then reports them and counts them as skipped.
    """
    for name in ("run_items", "rules", "scenarios"):
        items = getattr(parent, name, None)
        if isinstance(items, list):
            for item in items:
                prune(item, locations)
            items[:] = [item for item in items if _stays(item, locations)]


def _stays(item: Any, locations: Collection[str]) -> bool:
    if isinstance(item, ScenarioOutline):
        return bool(item.scenarios)
    if isinstance(item, Rule):
        return bool(item.run_items)
    return str(item.location) in locations


def rule_of(scenario: Any) -> str:
    """Return the words of the Rule that holds a scenario; empty outside of every Rule.

    Behave documents the way from a feature to its scenarios, not the way back.
    """
    parent = scenario.parent
    while parent is not None and not isinstance(parent, Rule):
        parent = getattr(parent, "parent", None)
    return str(parent.name) if parent is not None else ""


def item_at(feature: Any, line: int) -> Any:
    """Return what behave runs of a feature for a line; it tells nobody what it has chosen."""
    return FeatureLineDatabase.make(feature).select_run_item_by_line(line)


# The steps


def step_definitions(registry: Any) -> list[Any]:
    """Return every step definition, in the order given, when, then, any; behave lists none."""
    return [each for kind in ("given", "when", "then", "step") for each in registry.steps[kind]]


def phrases_of(definition: Any, kind: str) -> list[str]:
    """Return the phrases that a field's type takes; behave does not say which types it knows.

    Args:
        definition: of a step.
        kind: the type's name; one that takes other than a few phrases has none.
    """
    types = type(definition).TYPE_REGISTRY
    return list(getattr(types[kind], "mappings", ())) if kind in types else []
