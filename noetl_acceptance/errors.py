"""The three ways in which a run can be wrong, besides the product itself.

A product failure is an ``AssertionError``; what stands here is never the product's fault.
"""

from __future__ import annotations


class AcceptanceError(Exception):
    """Base of the suite's own errors: one line that names the cause, one that names the remedy.

    Args:
        cause: what is wrong, in one line.
        remedy: what the reader can do about it; empty when there is nothing to add.
        detail: further lines (a log's tail), shown below the first line.
    """

    def __init__(self, cause: str, remedy: str = "", detail: str = "") -> None:
        self.cause = cause
        self.remedy = remedy
        self.detail = detail
        super().__init__(self.__str__())

    def __str__(self) -> str:
        line = f"{self.cause} - {self.remedy}" if self.remedy else self.cause
        return f"{line}\n{self.detail}" if self.detail else line


class NotJudgedError(Exception):
    """Something cannot be judged, of this pair or at this sandbox; says why. Never a pass."""


class MissedMomentError(NotJudgedError):
    """The suite looked too late to make a fault in its moment; another execution may meet it."""


class UsageError(AcceptanceError):
    """What the user asked for cannot be done: an option, a file or a tool is wrong or missing."""


class UnusableBuildError(UsageError):
    """A build of NoETL that cannot be installed, or has nothing to start; says it of that build."""


class SandboxError(AcceptanceError):
    """The sandbox (a service, the engine, the network) broke; says nothing about the product."""


class SuiteError(AcceptanceError):
    """The suite itself broke; says nothing about the product."""
