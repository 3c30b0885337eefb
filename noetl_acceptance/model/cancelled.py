"""What was seen of NoETL being asked to cancel an execution."""

from __future__ import annotations

from noetl_acceptance.model.request import FrozenModel


class Cancelled(FrozenModel):
    """How NoETL answered when it was asked to cancel an execution, and when.

    ``asked`` and ``answered`` are before and after the request; ``answer`` is the API's body, or
    what the command printed.
    """

    asked: float
    answered: float
    answer: str
