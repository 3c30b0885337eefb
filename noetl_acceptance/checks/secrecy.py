"""No password stands where others may read it."""

from __future__ import annotations

from collections.abc import Sequence

from noetl_acceptance.checks.check_names import check
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.leak import Leak


@check("no-password-leaked")
def none_leaked(leaks: Sequence[Leak]) -> list[Finding]:
    """No password appears in a log, an event or an error (P8)."""
    return [
        Finding("secret-leaked", f"{leak.secret} stands in {leak.place}", seen=leak.place)
        for leak in leaks
    ]
