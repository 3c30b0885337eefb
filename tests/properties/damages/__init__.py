"""Damages as data: one list in each module, all of them in ``DAMAGES``."""

from __future__ import annotations

from tests.properties.cases import Damage
from tests.properties.damages import (
    api,
    children,
    commands,
    failing,
    faults,
    fields,
    journal,
    late,
    playbooks,
    queries,
    rows,
    seeds,
    services,
    steps,
    timing,
)

DAMAGES: tuple[Damage, ...] = (
    *api.DAMAGES,
    *children.DAMAGES,
    *commands.DAMAGES,
    *failing.DAMAGES,
    *faults.DAMAGES,
    *fields.DAMAGES,
    *journal.DAMAGES,
    *late.DAMAGES,
    *playbooks.DAMAGES,
    *queries.DAMAGES,
    *rows.DAMAGES,
    *seeds.DAMAGES,
    *services.DAMAGES,
    *steps.DAMAGES,
    *timing.DAMAGES,
)
