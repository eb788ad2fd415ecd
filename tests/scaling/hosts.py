"""Several machines in one: each host has a network of its own, in which nothing but the database can be reached.

Where this account may make no network namespaces, the processes are the same and share the loopback address.
"""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from secrets import randbelow, token_hex
from typing import Any

from sqlalchemy import make_url

from tests.conftest import World
from tests.forked import Forked, forked
from tests.live import LiveService, environment_of, free_port, seeded

# Each pair of addresses is a network of its own; other runs on this machine choose others.
_NETWORKS, _NUMBER_OF_NETWORKS = ip_address("10.224.0.0"), 2**18
_WORDS = 65_536


@dataclass
class Host(LiveService):
    """API and worker on a machine of their own."""

    address: str = "127.0.0.1"
    namespace: str = ""

    @property
    def base_url(self) -> str:
        return f"http://{self.address}:{self.port}"

    def begin(self, name: str) -> Forked:
        return forked([name], self.environment, self.log, network=self.namespace)


@contextmanager
def two_hosts(
    world: World, document: Mapping[str, Any], folder: Path, **settings: object
) -> Iterator[tuple[Host, Host]]:
    """Two of them over one database, with what the seed printed."""
    tree = seeded(world, document)
    with ExitStack() as held:
        first, second = (held.enter_context(_host(world, tree, folder, number, settings)) for number in (1, 2))
        yield first, second


@contextmanager
def _host(
    world: World, tree: Mapping[str, Any], folder: Path, number: int, settings: Mapping[str, object]
) -> Iterator[Host]:
    with _network(world) as (namespace, address, reached), ExitStack() as held:
        port = 8080 if namespace else free_port()
        environment = environment_of(reached, port, {"host": address, **settings})
        log = folder / f"host-{number}.log"
        host = Host(world, tree, port, environment, log, address=address, namespace=namespace)
        held.callback(host.stop)
        host.start("serve")
        host.start("worker")
        yield host


@contextmanager
def _network(world: World) -> Iterator[tuple[str, str, World]]:
    """The name of a namespace, its address, and the database as it is reached from there."""
    if not may_make_networks():
        yield "", "127.0.0.1", world
        return
    name = f"geo{token_hex(3)}"
    network = _NETWORKS + 4 * randbelow(_NUMBER_OF_NETWORKS)
    outside, inside = str(network + 1), str(network + 2)
    _ip("netns", "add", name)
    try:
        _ip("link", "add", f"{name}o", "type", "veth", "peer", "name", f"{name}i", "netns", name)
        _ip("addr", "add", f"{outside}/30", "dev", f"{name}o")
        _ip("link", "set", f"{name}o", "up")
        _ip("-n", name, "addr", "add", f"{inside}/30", "dev", f"{name}i")
        for device in ("lo", f"{name}i"):
            _ip("-n", name, "link", "set", device, "up")
        with _relay(outside, world) as reached:
            yield name, inside, reached
    finally:
        _ip("netns", "del", name)


def may_make_networks() -> bool:
    """Whether this account may, here: containers often forbid it."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    name = f"geo{token_hex(3)}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode == 0
    if made:
        _ip("netns", "del", name)
    return made


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@contextmanager
def _relay(address: str, world: World) -> Iterator[World]:
    """The tests' server listens on the loopback address only: this passes on what comes from the host's network."""
    server = make_url(world.admin_url)
    with socket.create_server((address, 0)) as listener:
        port = listener.getsockname()[1]
        threading.Thread(target=_accept, args=(listener, (server.host, server.port)), daemon=True).start()
        urls = (world.admin_url, world.app_url, world.worker_url)
        admin, app, worker = (
            make_url(url).set(host=address, port=port).render_as_string(hide_password=False) for url in urls
        )
        yield World(admin_url=admin, app_url=app, worker_url=worker)
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, server: tuple[str, int]) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        database = socket.create_connection(server)
        for one, other in ((client, database), (database, client)):
            threading.Thread(target=_pass_on, args=(one, other), daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with closing(one):
        try:
            while said := one.recv(_WORDS):
                other.sendall(said)
        except OSError:
            pass
        with suppress(OSError):
            other.shutdown(socket.SHUT_WR)
