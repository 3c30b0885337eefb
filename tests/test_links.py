"""What the server and the workers of a sandbox connect to, with a proxy in the links or without."""

from __future__ import annotations

import pytest

from noetl_acceptance.generations.python_runtime import PythonServices
from noetl_acceptance.generations.rust import RustServices
from noetl_acceptance.generations.services import Backends, Services, Surroundings
from noetl_acceptance.link_proxy.faults import LINKS
from noetl_acceptance.options import load_settings
from noetl_acceptance.sandbox import links
from noetl_acceptance.sandbox.containers.links import ContainerLinks
from noetl_acceptance.sandbox.containers.variables import of_noetl, of_server
from noetl_acceptance.sandbox.local.links import LocalLinks
from noetl_acceptance.support.ports import HOST

BACKENDS = Backends("postgres", 5432, "nats", 4222, "pg-word", "nats-word")
SURROUNDINGS = Surroundings(BACKENDS, "", ("0.0.0.0", 8082), "/data", "key")  # noqa: S104
SETTINGS = load_settings({}, {})
GENERATIONS = [PythonServices("python"), RustServices("/bin", "python3")]


def views(*, proxied: bool) -> links.Views:
    return links.views(SURROUNDINGS, ContainerLinks(BACKENDS, proxied).addresses)


@pytest.mark.parametrize("services", GENERATIONS)
def test_without_a_proxy_everybody_connects_to_the_services_themselves(services: Services) -> None:
    seen = views(proxied=False)
    assert seen.server == seen.workers
    assert seen.workers.backends == BACKENDS
    assert seen.workers.server_url == "http://server:8082"
    mine = of_server(services, seen, {})
    assert mine == services.server_variables(seen.server)
    assert ContainerLinks(BACKENDS, proxied=False).variables["LINK_PROXIES"] == "0"


@pytest.mark.parametrize("services", GENERATIONS)
def test_with_a_proxy_no_service_is_told_where_another_is(services: Services) -> None:
    seen = views(proxied=True)
    shared = of_noetl(services, seen, SETTINGS, {})
    server = {**shared, **of_server(services, seen, {})}
    for variables in (shared, server):
        told = {name: value for name, value in variables.items() if "proxy" not in name.lower()}
        for address in ("server:8082", "postgres", "nats:4222", "@nats"):
            assert [name for name, value in told.items() if value == address] == []
            assert [name for name, value in told.items() if f"//{address}" in value] == []
    assert shared["NATS_URL"] != server.get("NOETL_NATS_URL", server["NATS_URL"])
    assert shared["NOETL_SERVER_URL"] == server["NOETL_SERVER_URL"] == "http://links:7001"


def test_each_link_has_a_port_of_its_own_that_leads_to_its_target() -> None:
    containers = ContainerLinks(BACKENDS, proxied=True)
    arguments = containers.variables["LINKS"].split()
    assert arguments[0] == "worker-server=7001:server:8082"
    assert [argument.partition("=")[0] for argument in arguments] == list(LINKS)
    addresses = containers.addresses
    assert len(set(addresses.values())) == len(LINKS)
    for argument in arguments:
        link, _, rest = argument.partition("=")
        assert addresses[link] == ("links", int(rest.split(":")[0]))  # type: ignore[index]


def test_the_local_proxy_binds_the_ports_that_its_clients_are_given() -> None:
    targets = links.direct(BACKENDS, ("server", 8082), ("profile-api", 8080))
    proxy = LocalLinks(targets, "SERVICE", "a-word")
    proxy.release()
    assert set(proxy.addresses) == set(LINKS)
    for link, (host, port) in proxy.addresses.items():
        target, target_port = targets[link]
        assert host == HOST
        assert f"{link}={port}:{target}:{target_port}" in proxy.command
    assert "a-word" not in " ".join(proxy.command)
    assert "a-word" in proxy.variables.values()
