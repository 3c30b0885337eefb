"""Reads the YAML of a pair; what is wrong with a file is one line with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from noetl_acceptance.errors import UsageError

MOST_VALUES = 100_000
"""How many values a file may have once its aliases are unfolded; a few lines can make billions."""


class Loader(yaml.SafeLoader):
    """Refuses, with its place, what is YAML and has no value, as a 31st of September."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: ARG002 - see below
        """Return the value of a node.

        Args:
            node: of the file.
            deep: not heeded: PyYAML refuses what holds itself only where it makes values as wholes.

        Raises:
            yaml.YAMLError: it has none.
        """
        try:
            return super().construct_object(node, deep=True)
        except (ValueError, LookupError, AttributeError):  # PyYAML takes the text for well-formed
            what = f"{node.value!r} is no {node.tag.rpartition(':')[2]}"
            raise yaml.MarkedYAMLError(problem=what, problem_mark=node.start_mark) from None


class LenientLoader(Loader):
    """Takes what has a tag that it does not know for nothing, where another loader refuses it."""


LenientLoader.add_constructor(None, lambda *_: None)


def read_text(file: Path) -> str:
    """Return the text of a file.

    Raises:
        UsageError: it cannot be read, or is not UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"{file} cannot be read: {why}", "mend or remove the file") from None


def documents_of(
    file: Path, text: str, loader: type[Loader] = Loader
) -> list[tuple[yaml.Node, Any]]:
    """Return the documents of a file, each as nodes with their places and as a value.

    Args:
        file: for what is told of it.
        text: the file's.
        loader: makes the values.

    Raises:
        UsageError: it is not valid YAML, or a value in it is none, with the line; or its aliases
            make too many values.
    """
    try:
        roots = list(yaml.compose_all(text, Loader=loader))
        aliased = "&" in text and "*" in text
        if aliased and sum(_values_in(root, {}) for root in roots) > MOST_VALUES:
            raise UsageError(
                f"{file}: its aliases unfold to more than {MOST_VALUES:,} values", "write fewer"
            )
        return list(zip(roots, yaml.load_all(text, Loader=loader), strict=True))
    except yaml.YAMLError as error:
        raise _broken(file, error) from None
    except RecursionError:
        raise UsageError(f"{file}: broken YAML: it nests too deep", "fix the file") from None


def _values_in(node: yaml.Node | None, known: dict[int, int]) -> int:
    """Return how many values a node has with its aliases unfolded.

    Args:
        node: of the file; None for an empty document.
        known: those of the nodes that were met, by the node; one that holds itself counts once.
    """
    if not isinstance(node, yaml.CollectionNode):
        return 1
    if id(node) not in known:
        known[id(node)] = 1
        held = [each for pair in node.value for each in (pair if type(pair) is tuple else (pair,))]
        known[id(node)] += sum(_values_in(each, known) for each in held)
    return known[id(node)]


def _broken(file: Path, error: yaml.YAMLError) -> UsageError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    line = f", line {mark.line + 1}" if mark else ""
    return UsageError(f"{file}{line}: broken YAML: {problem}", "fix the file")
