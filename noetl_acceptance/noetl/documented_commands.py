"""The commands of the fixture's documents, as ``documents/commands.yaml`` has them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from functools import cache
from string import Template

import yaml

from noetl_acceptance.errors import SuiteError
from noetl_acceptance.model.documents import DEFAULT, EDITIONS, DocumentsEdition
from noetl_acceptance.places import ROOT

FOLDER = ROOT / "documents"

BROKEN = FOLDER / "broken.yaml"
"""The playbook that the commands call broken."""

FORMS = {"as a table": "table", "as data": "json"}
"""How a query's answer may be asked for: the words after the command's name, and its format."""


@cache
def groups() -> Mapping[str, Mapping[str, str]]:
    """Return the text of each command by its name, grouped by where it is from."""
    found: dict[str, dict[str, str]] = yaml.safe_load(
        (FOLDER / "commands.yaml").read_text(encoding="utf-8")
    )
    return found


@cache
def commands() -> Mapping[str, str]:
    """Return the text of each command by its name."""
    return {name: text for group in groups().values() for name, text in group.items()}


def text_of(name: str, edition: DocumentsEdition) -> str:
    """Return the text of a command with the paths of an edition of the documents.

    Args:
        name: the command's.
        edition: the file has the commands with the paths of the default one.
    """
    return commands()[name].replace(f"{EDITIONS[DEFAULT].folder}/", f"{edition.folder}/")


def arguments_of(
    asked: str, variables: Mapping[str, str], edition: DocumentsEdition = EDITIONS[DEFAULT]
) -> tuple[str, ...]:
    """Return the arguments that a shell would give the program for a command.

    Args:
        asked: the command's name; a query's may be followed by ``, as a table`` or ``, as data``
            for another format than the documents'.
        variables: what stands for ``$NOETL_HOST`` and its like.
        edition: of the documents, whose paths the command has.

    Raises:
        SuiteError: there is no such command, or it needs a variable that is not given.
    """
    form = next((form for form in FORMS if asked.endswith(f", {form}")), "")
    name = asked.removesuffix(f", {form}")
    if name not in commands():
        raise SuiteError(f"no command {name!r} in documents/commands.yaml")
    text = text_of(name, edition).replace("\\\n", " ")  # shlex knows no continued line
    _, *words = shlex.split(text)
    try:
        arguments = [Template(word).substitute(variables) for word in words]
    except KeyError as missing:
        raise SuiteError(f"the command {name!r} needs {missing}", "run something first") from None
    if form:
        arguments[arguments.index("--format") + 1] = FORMS[form]
    return tuple(arguments)
