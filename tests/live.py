"""The service as people run it: real processes on a real port, told apart from the test by nothing but HTTP."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex
from time import monotonic
from typing import Any

import requests

from geo_assign.core.settings import Settings
from geo_assign.seed import load, read_document
from tests.conftest import SECRET_KEY, World, cloned
from tests.forked import Forked, forked
from tests.waiting import wait_until

START_WITHIN_S = 120.0
PASSWORD = "a-long-password"


@dataclass
class Client:
    """Calls the service with one person's token; a session per thread, as `requests` wants it."""

    base_url: str
    token: str | None = None
    _local: threading.local = field(default_factory=threading.local)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        return self._local.session.request(method, self.base_url + path, json=body, headers=sent, timeout=30)

    def get(self, path: str) -> Any:
        """The answer's JSON; fails the test on any other status than 2xx."""
        return self.answered("GET", path).json()

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        answer = self.answered("POST", path, body, **headers)
        return answer.json() if answer.content else None

    def answered(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """A good answer. A service that is overloaded has done nothing and is asked again, as clients should."""
        answers = [self.call(method, path, body, **headers)]

        def is_answered() -> bool:
            if answers[-1].status_code == 503 and answers[-1].json()["code"] == "overloaded":
                answers.append(self.call(method, path, body, **headers))
                return False
            return True

        wait_until(is_answered, f"{method} {path} is answered", pause_s=0.5)
        assert answers[-1].ok, (answers[-1].status_code, answers[-1].text)
        return answers[-1]


@dataclass
class LiveService:
    """API and worker as processes over one test database, and what its seed printed."""

    world: World
    tree: Mapping[str, Any]
    port: int
    environment: Mapping[str, str]
    log: Path
    processes: dict[str, "Forked | subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def organization(self) -> Mapping[str, Any]:
        return self.tree["organizations"][0]  # type: ignore[no-any-return]

    def store_id(self, slug: str = "centre") -> str:
        return self._entry("stores", "slug", slug)["id"]  # type: ignore[no-any-return]

    def technician(self, slug: str) -> Client:
        """A technician's phone."""
        return Client(self.base_url, self._entry("technicians", "slug", slug)["token"])

    def technician_id(self, slug: str) -> str:
        return self._entry("technicians", "slug", slug)["id"]  # type: ignore[no-any-return]

    def user(self, email: str = "root@acme.example") -> Client:
        return Client(self.base_url, self._entry("users", "email", email)["token"])

    def with_organization(self, document: Mapping[str, Any]) -> "LiveService":
        """The same processes with another organization, whose slug is its own: what a test does concerns no other."""
        (organization,) = document["organizations"]
        renamed = {"organizations": [{**organization, "slug": f"{organization['slug']}-{token_hex(4)}"}]}
        return replace(self, tree=seeded(self.world, renamed))

    def begin(self, name: str) -> "Forked | subprocess.Popen[bytes]":
        """A process. Several that share one port start themselves anew, which a fork cannot."""
        if self.environment.get("GEO_ASSIGN_PROCESSES", "1") != "1":
            return self.execute([sys.executable, "-m", "geo_assign", name])
        return forked([name], self.environment, self.log)

    def execute(self, command: Sequence[str]) -> "subprocess.Popen[bytes]":
        """A process that begins with nothing."""
        with self.log.open("ab") as log:
            return subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def start(self, name: str) -> None:
        """Start `serve` or `worker`; the API is waited for."""
        self.processes[name] = self.begin(name)
        if name == "serve":
            self.wait_until_ready()

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """End a process of ours, by default without asking."""
        process = self.processes.pop(name)
        process.send_signal(number)
        process.wait(timeout=60)

    def wait_until_ready(self) -> None:
        deadline = monotonic() + START_WITHIN_S
        while monotonic() < deadline:
            if self.processes["serve"].poll() is not None:
                break
            try:
                if requests.get(f"{self.base_url}/health/ready", timeout=2).ok:
                    return
            except requests.RequestException:
                threading.Event().wait(0.05)
        raise AssertionError(f"the service did not become ready:\n{self.log.read_text()[-4000:]}")

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name, signal.SIGTERM)

    def _entry(self, kind: str, by: str, value: str) -> Mapping[str, Any]:
        return next(entry for entry in self.organization[kind] if entry[by] == value)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]  # type: ignore[no-any-return]


def seed_document(*, technicians: int = 2, settings: Mapping[str, Any] | None = None, **store: Any) -> dict[str, Any]:
    """One organization with one store at (41.15, -8.61); technicians t0, t1, ... on duty, each 100 m further north."""
    return {
        "organizations": [
            {
                "slug": "acme",
                "name": "Acme Repairs",
                "stores": [
                    {
                        "slug": "centre",
                        "name": "Centre",
                        "timezone": "Europe/Lisbon",
                        "location": {"lat": 41.15, "lon": -8.61},
                        "settings": dict(settings or {}),
                        **store,
                    }
                ],
                "technicians": [
                    {
                        "slug": f"t{number}",
                        "name": f"Technician {number}",
                        "store": "centre",
                        "email": f"t{number}@acme.example",
                        "password": PASSWORD,
                        "on_duty": True,
                    }
                    for number in range(technicians)
                ],
                "users": [
                    {
                        "email": "root@acme.example",
                        "name": "Root",
                        "password": PASSWORD,
                        "role": "administrator",
                    }
                ],
                "api_keys": [{"name": "widget", "scopes": ["read", "leads:write"]}],
            }
        ]
    }


@contextmanager
def shared_service(template: str, folder: Path, *, worker: bool = True, **settings: Any) -> Iterator[LiveService]:
    """Processes for the tests of a module, as starting them takes seconds. Each uses `with_organization`."""
    with cloned(template) as world, live_service(world, seed_document(), folder, worker=worker, **settings) as service:
        yield service


@contextmanager
def live_service(
    world: World, document: Mapping[str, Any], folder: Path, *, worker: bool = True, **settings: Any
) -> Iterator[LiveService]:
    """Seed, start, hand over, stop. Settings are those of the service, by their names."""
    port = free_port()
    service = LiveService(
        world, seeded(world, document), port, environment_of(world, port, settings), folder / "service.log"
    )
    try:
        service.start("serve")
        if worker:
            service.start("worker")
        yield service
    finally:
        service.stop()


def seeded(world: World, document: Mapping[str, Any]) -> Mapping[str, Any]:
    database = world.database()
    try:
        return load(database, world.settings(), read_document(json.dumps(document)))
    finally:
        database.close()


@contextmanager
def beside(service: LiveService) -> Iterator[LiveService]:
    """A second API process over the same database, on a port of its own."""
    port = free_port()
    environment = {**service.environment, "GEO_ASSIGN_PORT": str(port)}
    second = LiveService(service.world, service.tree, port, environment, service.log)
    try:
        second.start("serve")
        yield second
    finally:
        second.stop()


def environment_of(world: World, port: int, settings: Mapping[str, Any]) -> dict[str, str]:
    values = {
        "database_url": world.app_url,
        "worker_database_url": world.worker_url,
        "admin_database_url": world.admin_url,
        "secret_keys": SECRET_KEY,
        "allow_unsafe_database": "true",
        "outbound_allow": "127.0.0.0/8:*",
        "rate_limits": "off",
        "sweep_interval_s": "0.1",
        # A busy machine makes requests wait; none of these tests is about giving up.
        "queue_s": "20",
        "port": str(port),
        # Many workers run at once; a test that looks at one's metrics chooses a port.
        "worker_metrics_port": "0",
        **{name: str(value) for name, value in settings.items()},
    }
    unknown = set(values) - set(Settings.model_fields)
    assert not unknown, unknown
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GEO_ASSIGN_")}
    return kept | {f"GEO_ASSIGN_{name.upper()}": value for name, value in values.items()}
