"""What images set for NoETL themselves by ``ENV``: refused where the suite must say it, or told."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from noetl_acceptance.errors import UsageError
from noetl_acceptance.generations.reserved import reason_for
from noetl_acceptance.generations.services import Backends, Surroundings
from noetl_acceptance.options import Settings
from noetl_acceptance.sandbox.builds.image_content import HeldPair
from noetl_acceptance.sandbox.builds.image_services import services_of
from noetl_acceptance.sandbox.builds.local_image import LocalImage
from noetl_acceptance.sandbox.containers import variables
from noetl_acceptance.sandbox.links import Views
from noetl_acceptance.support.settings_file import SettingsFile

_OWN_PLACES = re.compile(
    r"PATH|HOME|TMPDIR|PYTHON\w*|LD_\w+|NO_COLOR|LANGUAGE|LC_[A-Z]+|SSL_CERT_DIR|NOETL_\w+_DIR"
)
"""How the programs of an image start, and where its things lie: that is its own to say."""

_SETTING = re.compile(r"(NOETL|WORKER|NATS|POSTGRES)_\w+", re.IGNORECASE)
"""The names by which NoETL reads its settings."""

_PUBLISHED = {
    "NOETL_LOG_LEVEL": "INFO",
    "NOETL_DATA_PATH": "/opt/noetl/data",
    "NOETL_PLAYBOOKS_PATH": "/opt/noetl/playbooks",
    "WORKER_HEARTBEAT_INTERVAL": "15",
}
"""What NoETL's own Dockerfiles set and the suite does not: a release's image comes so."""

_SOMEWHERE = Surroundings(Backends("", 0, "", 0, "", ""), "", ("", 0), "", "")


def image_settings(held: HeldPair, settings: Settings) -> tuple[SettingsFile, ...]:
    """Return the settings of NoETL that images bring, which no setting of the run replaces.

    Args:
        held: the images.
        settings: of the run.

    Raises:
        UsageError: an image sets what the suite must, and does not replace.
    """
    services, views = services_of(held.server), Views(_SOMEWHERE, _SOMEWHERE)
    own = settings.noetl_settings.values if settings.noetl_settings else {}
    replaced = {
        *variables.of_noetl(services, views, settings, own),
        *variables.of_server(services, views, own),
    }
    images = {each.image.image_id: each.image for each in (held.server, held.worker)}
    found = [_settings_of(image, replaced) for image in images.values()]
    return tuple(each for each in found if each.values)


def _settings_of(image: LocalImage, replaced: Collection[str]) -> SettingsFile:
    mine = {
        name: value
        for name, value in image.variables.items()
        if name not in replaced and not _OWN_PLACES.fullmatch(name)
    }
    for name in mine:
        if reason := reason_for(name):
            raise UsageError(
                f"the image {image.name} sets {name}, which is not its to set: {reason}",
                "build it without that ENV",
            )
    settings = {
        name: value
        for name, value in mine.items()
        if _SETTING.fullmatch(name) and _PUBLISHED.get(name) != value
    }
    return SettingsFile(Path(image.name), settings, {})
