"""Puts seeded defects into copies: of the pair, of the checkout, of NoETL's package."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

from noetl_acceptance.errors import UsageError
from noetl_acceptance.generations.editions import edition_for
from noetl_acceptance.model.playbooks import load_pair
from noetl_acceptance.options import load_settings
from noetl_acceptance.places import ROOT, WORK
from noetl_acceptance.sandbox.builds.noetl_build import NoetlBuild
from noetl_acceptance.sandbox.builds.noetl_environment import ensure
from noetl_acceptance.support.console import Console
from tests.mutants.defects import Defect

PARENT = "traveler_batch_enrichment_in_step.yaml"
WORKER = "traveler_batch_enrichment_chunk_worker.yaml"

SHARED = (".venv", ".work")
"""What a copy of the checkout has in common with it."""


def fits(defect: Defect, noetl: str) -> bool:
    """Whether a defect can be put into the edition of our pair that goes with a NoETL.

    Args:
        defect: which.
        noetl: as ``-D noetl=`` takes it; empty for the default, which all defects are made for.
    """
    if not noetl:
        return True
    if defect.noetl or "noetl" in defect.options or noetl in defect.not_on:
        return False
    with tempfile.TemporaryDirectory() as scratch:
        try:
            load_pair(make_pair(defect, Path(scratch), noetl))
        except UsageError:
            return False
    return True


def make_pair(defect: Defect, folder: Path, noetl: str = "") -> Path:
    """Copy our pair into a folder and put the defect in; return the pair's folder.

    Args:
        defect: which.
        folder: where the pair's folder is made.
        noetl: whose edition of the pair; as ``fits``.
    """
    pair = folder / defect.name
    shutil.copytree(edition_for(noetl), pair)
    for file, changes in ((PARENT, defect.parent), (WORKER, defect.worker)):
        for change in changes:
            change.apply(pair / file)
    return pair


def make_checkout(defect: Defect, folder: Path) -> Path:
    """Copy the checkout into a folder and put the defect in; return the copy's folder."""
    copy = folder / f"{defect.name}-checkout"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    for name in SHARED:
        (copy / name).symlink_to(ROOT / name)
    for edit in defect.suite:
        edit.apply(copy / edit.file)
    return copy


def make_wheel(defect: Defect, folder: Path) -> Path:
    """Pack the installed default NoETL into a wheel, with the defect in it; return the file."""
    installed = ensure(NoetlBuild.of(load_settings({}, {}).noetl), WORK, Console())
    content = folder / f"{defect.name}-noetl"
    information = f"noetl-{installed.version}.dist-info"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(installed.package, content / "noetl", ignore=ignore)
    shutil.copytree(installed.package.parent / information, content / information)
    (content / information / "RECORD").write_text("")  # the installer asks for one, not for more
    for edit in defect.noetl:
        edit.apply(content / edit.file)
    wheel = folder / defect.name / f"noetl-{installed.version}-py3-none-any.whl"
    wheel.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in sorted(content.rglob("*")):
            archive.write(file, file.relative_to(content))
    shutil.rmtree(content)
    return wheel
