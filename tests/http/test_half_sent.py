"""Hundreds of clients that send half of a request: pings and leads go on throughout."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from geo_assign.access.domain import TokenKind, new_token
from tests.conftest import World
from tests.live import LiveService, live_service, seed_document, shared_service
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.races

SOCKETS = 300
# Much more than a request takes on a busy machine, much less than what half-sent bodies could hold it up for.
SOON_S = 20.0
WITHIN_S = 4
# Of the loopback network: each is an address of its own to the service.
ADDRESSES = [f"127.0.0.{number}" for number in range(2, 32)]


@dataclass(frozen=True)
class Kind:
    """What a client sends of its request, and from where."""

    name: str
    path: str
    forged: bool = False
    from_addresses: bool = False
    chunked: bool = False
    public: bool = False


KINDS = [
    Kind("forged, one address", "/v1/positions", forged=True),
    Kind("forged, many addresses", "/v1/leads", forged=True, from_addresses=True),
    Kind("real, one address", "/v1/positions"),
    Kind("real, many addresses", "/v1/positions", from_addresses=True),
    Kind("real, chunked", "/v1/leads", chunked=True),
    Kind("log-ins, many addresses", "/v1/sessions", public=True, from_addresses=True),
]


def begun(service: LiveService, kind: Kind, number: int) -> socket.socket:
    """A connection that has sent the head and a piece of the body."""
    client = socket.socket()
    if kind.from_addresses:
        client.bind((ADDRESSES[number % len(ADDRESSES)], 0))
    client.connect(("127.0.0.1", service.port))
    length = "Transfer-Encoding: chunked" if kind.chunked else "Content-Length: 900"
    lines = [f"POST {kind.path} HTTP/1.1", "Host: here", "Content-Type: application/json", length]
    if not kind.public:
        lines.append(f"Authorization: Bearer {token_of(service, kind)}")
    piece = '5\r\n{"pos\r\n' if kind.chunked else '{"positions": ['
    client.sendall(("\r\n".join(lines) + "\r\n\r\n" + piece).encode())
    return client


def token_of(service: LiveService, kind: Kind) -> str:
    if kind.forged:
        return new_token(TokenKind.SESSION, UUID(service.organization["id"]))[0]
    token = service.technician("t0").token if kind.path == "/v1/positions" else service.user().token
    assert token is not None
    return token


def works(service: LiveService) -> None:
    """A phone sends its position and the lead form makes a lead, each soon."""
    began = time.monotonic()
    answer = service.technician("t0").call("POST", "/v1/positions", {"positions": []})
    assert answer.status_code < 500, answer.text
    lead = {
        "store_id": service.store_id(),
        "customer": {"name": "Invented Customer"},
        "location": {"lat": 41.15, "lon": -8.61},
        "external_id": uuid4().hex,
    }
    answer = service.user().call("POST", "/v1/leads", lead)
    assert answer.status_code == 201, answer.text
    assert time.monotonic() - began < SOON_S


def answer_of(client: socket.socket) -> bytes:
    """All that the service says until it closes the connection."""
    client.settimeout(PATIENCE_S)
    said = b""
    try:
        while piece := client.recv(65_536):
            said += piece
    except ConnectionResetError:
        pass
    return said


@pytest.fixture(scope="module")
def waiting(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    folder = tmp_path_factory.mktemp("service")
    with shared_service(template, folder, worker=False, body_within_s=300) as service:
        yield service


@pytest.fixture
def patient(waiting: LiveService) -> LiveService:
    """A service that would wait for bodies for longer than a test lasts."""
    return waiting.with_organization(seed_document(technicians=1))


def test_pings_and_leads_go_on_beside_hundreds_of_half_sent_bodies(patient: LiveService) -> None:
    works(patient)
    for kind in KINDS:
        with ExitStack() as held:
            clients = [held.enter_context(begun(patient, kind, number)) for number in range(SOCKETS)]
            for _ in range(3):
                works(patient)
            if kind.forged:
                # Nothing more is sent: they are answered without their bodies.
                for client in clients[::10]:
                    said = answer_of(client)
                    assert said.startswith(b"HTTP/1.1 401"), (kind.name, said)
                    assert b"connection: close" in said.lower()
        works(patient)


def test_the_oldest_half_sent_body_gives_its_place_up_and_is_told(patient: LiveService) -> None:
    kind = KINDS[2]
    works(patient)  # from here on the token is known, and nothing is looked up before a body is received
    with ExitStack() as held:
        oldest = held.enter_context(begun(patient, kind, 0))
        works(patient)
        for number in range(1, SOCKETS):
            held.enter_context(begun(patient, kind, number))
        said = answer_of(oldest)
        assert said.startswith(b"HTTP/1.1 503"), said
        assert b"connection: close" in said.lower()
        _, _, body = said.partition(b"\r\n\r\n")
        assert json.loads(body)["code"] == "overloaded"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_client_that_sends_too_much_hears_so_when_it_has_sent_it(patient: LiveService, chunked: bool) -> None:
    piece = b"x" * 100_000
    photo = f"/v1/work-orders/{uuid4()}/photos/{uuid4()}"
    for method, path, size in (("POST", "/v1/leads", 20), ("POST", "/v1/trackers/owntracks", 60), ("PUT", photo, 200)):
        token = patient.user().token if path == "/v1/leads" else patient.technician("t0").token
        with closing(HTTPConnection("127.0.0.1", patient.port, timeout=PATIENCE_S)) as client:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "image/jpeg"}
            body = iter([piece] * size) if chunked else piece * size
            client.request(method, path, body=body, headers=headers, encode_chunked=chunked)
            answer = client.getresponse()
            assert (answer.status, json.loads(answer.read())["code"]) == (413, "body_too_large"), path


def test_a_body_that_does_not_come_in_time_is_answered_and_its_connection_closed(world: World, tmp_path: Path) -> None:
    document = seed_document(technicians=1)
    with live_service(world, document, tmp_path, worker=False, body_within_s=WITHIN_S) as service, ExitStack() as held:
        silent = [held.enter_context(begun(service, kind, 0)) for kind in KINDS[2:]]
        trickling = [held.enter_context(begun(service, kind, 0)) for kind in KINDS[2:]]
        stop = threading.Event()
        thread = threading.Thread(target=trickle, args=(trickling, stop))
        thread.start()
        try:
            for client in silent + trickling:
                said = answer_of(client)
                assert said.startswith(b"HTTP/1.1 408"), said
                assert b"connection: close" in said.lower()
                assert json.loads(said.partition(b"\r\n\r\n")[2])["code"] == "body_too_slow"
        finally:
            stop.set()
            thread.join(PATIENCE_S)
        works(service)


def trickle(clients: list[socket.socket], stop: threading.Event) -> None:
    """A byte now and then, to look alive. In a chunk that was begun, or of the length announced."""
    while not stop.wait(0.5):
        for client in clients:
            try:
                client.sendall(b"1")
            except OSError:
                continue


def half_a_header(client: socket.socket) -> None:
    client.sendall(b"POST /v1/positions HTTP/1.1\r\nHost: nowh")


def idle_after_an_answer(client: socket.socket) -> None:
    client.sendall(b"GET /health/live HTTP/1.1\r\nHost: here\r\n\r\n")
    assert client.recv(1) == b"H"


def slow_reader(client: socket.socket) -> None:
    """Asks for what is much more than fits on the way, and reads one byte of it."""
    client.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: here\r\n\r\n")
    assert client.recv(1) == b"H"


@pytest.mark.parametrize("begin", [half_a_header, idle_after_an_answer, slow_reader], ids=lambda act: act.__name__)
def test_pings_and_leads_go_on_beside_hundreds_of_other_connections(
    patient: LiveService, begin: Callable[[socket.socket], None]
) -> None:
    with ExitStack() as held:
        for _ in range(SOCKETS):
            client = held.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            client.settimeout(PATIENCE_S)
            client.connect(("127.0.0.1", patient.port))
            begin(client)
        for _ in range(3):
            works(patient)


def test_headers_without_end_are_refused(patient: LiveService) -> None:
    for name, head in {
        "large": b"X-Large: " + b"a" * 100_000,
        "many": b"\r\n".join(b"X-%d: a" % number for number in range(3_000)),
    }.items():
        with socket.create_connection(("127.0.0.1", patient.port)) as client:
            client.sendall(b"GET /v1/me HTTP/1.1\r\nHost: here\r\n" + head + b"\r\n\r\n")
            said = answer_of(client)
            assert said.startswith(b"HTTP/1.1 431"), (name, said)
            assert b"connection: close" in said.lower()
    works(patient)
