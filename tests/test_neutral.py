"""No path of this machine in what is sent to others."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from noetl_acceptance.evidence.bundle_cases import Case
from noetl_acceptance.evidence.bundles import bundle
from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.neutral import neutral, pair_name, places_of
from noetl_acceptance.model.pair_file import Names
from noetl_acceptance.places import ROOT
from tests.runs import PAIR, healthy_run
from tests.test_bundles import opened, result

HOME, TMP = Path.home(), tempfile.gettempdir()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"see {ROOT}/playbooks/x.yaml:3", "see CHECKOUT/playbooks/x.yaml:3"),
        (f"{ROOT}", "CHECKOUT"),
        (f'"{HOME}/.noetl"', '"HOME/.noetl"'),
        (f"{TMP}/worker_config.txt, denied", "TMP/worker_config.txt, denied"),
        ("file:///tmp/x", "file://TMP/x"),
        ("http://host/tmp/x", None),
        ("/srv/o'k ä/runs/1/logs", "RUN/logs"),
        ("see /srv/o'k ä/runs/1-lanes/lane-1.log", "see RUNS/1-lanes/lane-1.log"),
        (json.dumps("/srv/o'k ä/runs/1/logs"), '"RUN/logs"'),
        ('File "/opt/my py/lib/python3.13/site-packages/noetl/a.py"', 'File "PYTHON/noetl/a.py"'),
        ("/usr/lib/python3.12/asyncio/tasks.py", "PYTHON/asyncio/tasks.py"),
        ("/api/executions/7 and /s/x/profile?a=/1", None),
    ],
)
def test_a_folder_of_the_machine_is_told_by_a_word(text: str, told: str | None) -> None:
    places = places_of(Figures(), Path("/srv/o'k ä/runs/1"))
    assert neutral(text, places) == (text if told is None else told)


def test_a_folder_beside_the_checkout_is_no_part_of_it() -> None:
    told = neutral(f"{ROOT}-2/x", places_of(Figures(), Path("/srv/o'k ä/runs/1")))
    assert told.endswith(f"{ROOT.name}-2/x")  # what is above may be a place of its own: TMP, HOME
    assert "CHECKOUT" not in told


def test_the_files_that_options_name_are_places_too() -> None:
    options = {"noetl": "/data/w/noetl-2.whl", "attach": "/etc/mine/near.yaml", "runs": "/data/r"}
    figures = Figures(options=options, origin="wheel /data/w/noetl-2.whl, 1a2b")
    told = neutral(" ".join([*options.values(), figures.origin]), places_of(figures))
    assert told == "NOETL/noetl-2.whl ATTACH/near.yaml RUNS wheel NOETL/noetl-2.whl, 1a2b"


def test_the_place_of_programs_that_were_built_already_is_one_too() -> None:
    options = {"noetl": "rust:/data/p/bin"}
    figures = Figures(options=options, origin="programs of /data/p/bin, 1a2b; driven by hand")
    told = neutral(f"-D noetl={options['noetl']} {figures.origin}", places_of(figures))
    assert told == "-D noetl=rust:NOETL/bin programs of NOETL/bin, 1a2b; driven by hand"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/somewhere/my-pair", "my-pair"),
        (f"{ROOT}/../near/pair-2", "pair-2"),
        (f"{ROOT}/tests/pairs/2.8.x/in_sql", "tests/pairs/2.8.x/in_sql"),
    ],
)
def test_a_bundle_names_the_pair_that_is_not_the_suites_own(path: str, name: str) -> None:
    figures = Figures(sandbox="embedded", options={"playbooks": path})
    pair = PAIR.model_copy(update={"names": Names(hash=None, name="who")})
    run = healthy_run().model_copy(update={"pair": pair})
    late = result(
        "Late", 1, reason=f"{path}/parent.yaml: {ROOT}/noetl_acceptance/model/record.py {HOME}/x"
    )
    files = opened(bundle(Case("Late", (late,), ()), figures, [run], Path(TMP) / "runs" / "7"))
    assert pair_name(figures) == name
    assert f"the pair of playbooks under test is {name}, not the suite's own" in files["README.md"]
    assert "-D playbooks=BUNDLE/playbooks" in files["README.md"]
    assert (
        "BUNDLE/playbooks/parent.yaml: CHECKOUT/noetl_acceptance/model/record.py"
        in files["README.md"]
    )
    assert files["playbooks/pair.yaml"] == "schema: 2\nnames:\n  name: who\n  hash: null\n"
    everything = "\n".join(files.values())
    assert not [place for place in (str(ROOT), f"{HOME}/", f"{TMP}/") if place in everything]


def test_of_the_suites_own_pair_no_name_is_told() -> None:
    assert pair_name(Figures()) == ""
