"""The compose projects of this checkout in the Docker engine, and their removal."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import docker
from docker.errors import APIError, DockerException, NotFound
from filelock import FileLock

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.sandbox.ledger import kept_ledgers
from noetl_acceptance.sandbox.leftovers import PREFIX
from noetl_acceptance.sandbox.processes import alive
from noetl_acceptance.settings import LEDGERS, ROOT, WORK

OWNER_LABEL = "noetl-acceptance.owner"
_CONFLICT = 409


def sweep_projects(client: docker.DockerClient) -> list[str]:
    """Remove the projects of this checkout whose owner is dead; return their names.

    A kept sandbox's owner is dead as a rule; it is left alone.
    """
    WORK.mkdir(exist_ok=True)
    with FileLock(WORK / "projects.lock"):
        owners = _owners(client)
        kept = {f"{PREFIX}{ledger.entry.sandbox_id}" for ledger in kept_ledgers(LEDGERS)}
        dead = [name for name, owner in owners.items() if name not in kept and is_dead(owner)]
        for project in dead:
            remove_project(client, project)
    return dead


def _owners(client: docker.DockerClient) -> dict[str, str]:
    owners: dict[str, str] = {}
    for container in client.containers.list(
        all=True, filters={"label": OWNER_LABEL}, ignore_removed=True
    ):
        project = str(container.labels["com.docker.compose.project"])
        owners[project] = str(container.labels[OWNER_LABEL])
    for resource in [
        *client.networks.list(filters={"label": OWNER_LABEL}),
        *client.volumes.list(filters={"label": OWNER_LABEL}),
    ]:
        labels: dict[str, Any] = resource.attrs["Labels"]
        owners[str(labels["com.docker.compose.project"])] = str(labels[OWNER_LABEL])
    return owners


def is_dead(owner: str) -> bool:
    """Whether the owner label is of this checkout and its process has gone."""
    pid, created, checkout = json.loads(owner.replace("'", '"'))
    return checkout == str(ROOT) and not alive(int(pid), float(created))


def remove_project(client: docker.DockerClient, project: str) -> None:
    """Remove a project's containers, networks and volumes.

    Raises:
        SandboxError: the engine refused.
    """
    label: dict[str, str | list[str] | bool] = {"label": f"com.docker.compose.project={project}"}
    try:
        for container in client.containers.list(all=True, filters=label, ignore_removed=True):
            _remove(lambda container=container: container.remove(force=True, v=True))  # type: ignore[misc]
        for network in client.networks.list(filters=label):
            _remove(network.remove)
        for volume in client.volumes.list(filters=label):
            _remove(lambda volume=volume: volume.remove(force=True))  # type: ignore[misc]
    except (DockerException, OSError) as error:
        raise SandboxError(
            f"{project} could not be removed: {error}",
            "the next run removes it, once the engine answers",
        ) from error


def _remove(remove: Callable[[], Any]) -> None:
    """Remove something that may be gone, or going, already."""
    try:
        remove()
    except NotFound:
        return
    except APIError as error:
        if error.status_code != _CONFLICT or "already in progress" not in str(error):
            raise
