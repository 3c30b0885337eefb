"""The compose projects of this suite in the Docker engine, and their removal."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

import docker
from docker.errors import APIError, DockerException, NotFound
from docker.models.networks import Network
from filelock import FileLock

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.places import LEDGERS, WORK
from noetl_acceptance.sandbox.ledgers import ledgers
from noetl_acceptance.sandbox.leftovers import PREFIX
from noetl_acceptance.sandbox.owner import OUT_OF_SIGHT, Life, read_label

OWNER_LABEL = "noetl-acceptance.owner"
PROJECT_LABEL = "com.docker.compose.project"
_CONFLICT = 409
_ATTACHED = "has active endpoints"

NETWORK_TRIES = 5
"""How often a network is removed, a second apart, while containers seem to be attached to it."""


def sweep_projects(
    client: docker.DockerClient, say: Callable[[str], None], swept: Collection[str] = ()
) -> list[str]:
    """Remove the projects of this suite whose owner is dead; return their names.

    A kept sandbox's owner is dead as a rule; it is left alone.

    Args:
        client: of the engine.
        say: told what is left alone, and why.
        swept: the ids of sandboxes whose owner is known to be dead.
    """
    WORK.mkdir(parents=True, exist_ok=True)
    removed = []
    with FileLock(WORK / "projects.lock"):
        for project, owner in _owners(client).items():
            life, why = life_of(project.removeprefix(PREFIX), owner, swept)
            if why:
                say(f"left alone: the containers of {project}, {why}")
            if life != "dead":
                continue
            try:
                remove_project(client, project)
            except SandboxError as error:
                say(str(error))  # the others are removed all the same
            else:
                removed.append(project)
    return removed


def life_of(sandbox_id: str, label: str, swept: Collection[str]) -> tuple[Life, str]:
    """Return whether the owner of a project runs, and what is to be said of that, if anything.

    Args:
        sandbox_id: the project's.
        label: of its containers, about their owner.
        swept: the ids of sandboxes whose owner is known to be dead.
    """
    try:
        owner, work = read_label(label)
    except ValueError:
        return "unknown", "whose label about their owner is none of this release's"
    if work != str(WORK):
        return "alive", ""  # another checkout's or user's, who sweeps them
    ledger = LEDGERS / f"{sandbox_id}.json"
    known = next((each for each in ledgers(LEDGERS) if each.file == ledger), None)
    if sandbox_id in swept:
        life: Life = "dead"
    elif known is not None:
        life = "alive" if known.entry.kept is not None else known.life()
    elif ledger.exists():
        life = "unknown"  # another user's
    else:
        life = owner.life()
    return life, OUT_OF_SIGHT if life == "unknown" else ""


def _owners(client: docker.DockerClient) -> dict[str, str]:
    owners: dict[str, str] = {}
    for container in client.containers.list(
        all=True, filters={"label": OWNER_LABEL}, ignore_removed=True
    ):
        project = str(container.labels[PROJECT_LABEL])
        owners[project] = str(container.labels[OWNER_LABEL])
    for resource in [
        *client.networks.list(filters={"label": OWNER_LABEL}),
        *client.volumes.list(filters={"label": OWNER_LABEL}),
    ]:
        labels: dict[str, Any] = resource.attrs["Labels"]
        owners[str(labels[PROJECT_LABEL])] = str(labels[OWNER_LABEL])
    return owners


def remove_project(client: docker.DockerClient, project: str) -> None:
    """Remove a project's containers, volumes and networks.

    Raises:
        SandboxError: the engine refused.
    """
    label: dict[str, str | list[str] | bool] = {"label": f"{PROJECT_LABEL}={project}"}
    try:
        for container in client.containers.list(all=True, filters=label, ignore_removed=True):
            _remove(lambda container=container: container.remove(force=True, v=True))  # type: ignore[misc]
        for volume in client.volumes.list(filters=label):
            _remove(lambda volume=volume: volume.remove(force=True))  # type: ignore[misc]
        for network in client.networks.list(filters=label):
            _remove_network(network)
    except (DockerException, OSError) as error:
        remedy = "the next run removes it, once the engine answers"
        if _ATTACHED in str(error):
            remedy = "the engine holds on to a container that is gone, until it is started anew"
        raise SandboxError(f"{project} could not be removed: {error}", remedy) from error


def _remove_network(network: Network) -> None:
    """Remove a network; an engine that is busy lets go of its containers some seconds late."""
    for attempt in range(1, NETWORK_TRIES + 1):
        try:
            _remove(network.remove)
        except APIError as error:
            if _ATTACHED not in str(error) or attempt == NETWORK_TRIES:
                raise
            time.sleep(1)
        else:
            return


def _remove(remove: Callable[[], Any]) -> None:
    """Remove something that may be gone, or going, already."""
    try:
        remove()
    except NotFound:
        return
    except APIError as error:
        if error.status_code != _CONFLICT or "already in progress" not in str(error):
            raise
