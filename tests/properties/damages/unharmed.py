"""Rows whose answer or hash was harmed on its way."""

from __future__ import annotations

from hypothesis import strategies as st

from noetl_acceptance.checks import unharmed
from noetl_acceptance.model.record import StoredRow
from noetl_acceptance.profile_api.hard_data import NEWEST, PROFILE, SETS
from noetl_acceptance.profile_api.rules import Rule
from tests.properties.cases import Case, Damage, Draw, Hit, by_travelers
from tests.properties.damages.rows import change_rows, some_travelers, with_rows
from tests.properties.strategies import runs

MASK = "[REDACTED]"
ENTRIES = SETS[NEWEST]
DIGESTS = ("9f" * 32, "sha256:ab12", "1B2M2Y8AsgTpgAmY7PhCfg==", "\\x0a0b", "-17", "$2b$12$abc.")


def _hard(case: Case) -> Case:
    """Return the case with whole hashes, and answers that hold the profile."""

    def with_profile(row: StoredRow) -> list[StoredRow]:
        digest = DIGESTS[row.traveler_id % len(DIGESTS)]
        fields = {"payload": {"json": row.payload, PROFILE: ENTRIES}, "hash": digest}
        return [row.model_copy(update=fields)]

    hard = Rule("hard_data", data=NEWEST)
    request = case.subject.request
    asked = case.with_fields(request=request.answered_by((*request.rules, hard)))
    changed = with_rows(asked, with_profile)
    return changed.holding(unharmed.answers_unharmed).holding(unharmed.digests_unharmed)


HARD = runs(kept=0).map(_hard)
"""Healthy records whose answers hold a profile of data that is easily harmed."""


def harm_one(draw: Draw, case: Case) -> Hit:
    """Change one entry of the profile in some rows, as software would."""
    hit = some_travelers(draw, case)
    entry = draw(st.sampled_from(sorted(ENTRIES)))
    was = ENTRIES[entry]
    others = [each for each in (MASK, None, str(was), "42", 42, True) if each != was]
    profile = {**ENTRIES, entry: draw(st.sampled_from(others))}
    if draw(st.booleans()):
        del profile[entry]

    def changed(row: StoredRow) -> list[StoredRow]:
        if row.traveler_id not in hit:
            return [row]
        return [row.model_copy(update={"payload": {**row.payload, PROFILE: profile}})]

    return Hit(with_rows(case, changed), hit)


def mask_hash(draw: Draw, case: Case) -> Hit:
    hit = some_travelers(draw, case)
    mask = draw(st.sampled_from([MASK, "", None, "***", "{{ hash }}", "xxxx", "null"]))
    return Hit(change_rows(case, hit, hash=mask), hit)


DAMAGES = [
    Damage(
        "an entry of the profile is changed",
        HARD,
        harm_one,
        {unharmed.answers_unharmed: by_travelers("data-harmed")},
    ),
    Damage(
        "hashes are masked",
        HARD,
        mask_hash,
        {unharmed.digests_unharmed: by_travelers("hash-harmed")},
    ),
]
