"""Outgoing calls end in time, stay small, go only where they may, and tell no secrets."""

import ipaddress
import logging
import socket
import ssl
import threading
import time
import traceback
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from geo_assign.core import outbound
from geo_assign.core.outbound import (
    OutboundClient,
    OutboundError,
    OutboundInvalidUrlError,
    OutboundMalformedError,
    OutboundRefusedError,
    OutboundTimeoutError,
    OutboundTooLargeError,
    OutboundUnreachableError,
)
from geo_assign.core.reachable import is_public, parse_allow
from tests.providers import stub
from tests.providers.stub import Behaviour, StubServer

SECRET = "key=s3cr3t-k3y&q=12+Invented+Lane"
# What a busy machine may add to a deadline. The faults would hold a plain client for 20 s and more.
PATIENCE_S = 15.0
LOCAL = parse_allow("127.0.0.0/8:*, ::1/128:*")


@pytest.fixture
def client() -> OutboundClient:
    return OutboundClient(allow=LOCAL)


def test_a_complete_answer_comes_back_whatever_its_status(client: OutboundClient, server: StubServer) -> None:
    server.behaviour = stub.answer('{"error": "no"}', status=403, retry_after="60")
    answer = client.get(f"{server.url}/path?{SECRET}", deadline_s=10, headers={"Accept": "application/json"})
    assert (answer.status, answer.headers["retry-after"], answer.json()) == (403, "60", {"error": "no"})
    [request] = server.requests
    assert request.target == f"/path?{SECRET}"
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert request.headers["accept"] == "application/json"


def test_a_body_is_posted(client: OutboundClient, server: StubServer) -> None:
    client.request("POST", server.url, deadline_s=10, body=b'{"a": 1}', headers={"Content-Type": "application/json"})
    assert (server.requests[0].method, server.requests[0].body) == ("POST", b'{"a": 1}')


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (stub.hang(), OutboundTimeoutError),
        (stub.drip(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx: " + b"y" * 500), OutboundTimeoutError),
        (stub.drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 50, every_s=0.01), OutboundTimeoutError),
        (stub.drip_body(), OutboundTimeoutError),
        (stub.reset(), OutboundUnreachableError),
        (stub.cut_short("[1"), OutboundMalformedError),
        (stub.answer("not gzip at all", content_encoding="gzip"), OutboundMalformedError),
        (lambda exchange: exchange.send(b"SSH-2.0-OpenSSH_9.2\r\n"), OutboundMalformedError),
        (stub.answer("x" * 3_000_000), OutboundTooLargeError),
    ],
    ids=[
        "hang",
        "dripping head",
        "endless 100",
        "dripping body",
        "reset",
        "cut short",
        "not gzip",
        "not http",
        "large",
    ],
)
def test_a_bad_server_gives_one_clear_error_in_time(
    client: OutboundClient, server: StubServer, *, behaviour: Behaviour, error: type[OutboundError]
) -> None:
    server.behaviour = behaviour
    deadline_s = 0.4 if error is OutboundTimeoutError else 10.0
    began = time.monotonic()
    with pytest.raises(OutboundError) as raised:
        client.get(f"{server.url}/?{SECRET}", deadline_s=deadline_s)
    assert type(raised.value) is error
    assert time.monotonic() - began < deadline_s + PATIENCE_S
    assert len(server.requests) == 1, "nothing is tried twice"


def test_a_gzip_bomb_is_stopped_before_it_unfolds(client: OutboundClient, server: StubServer) -> None:
    server.behaviour = stub.gzip_bomb()
    tracemalloc.start()
    try:
        with pytest.raises(OutboundTooLargeError):
            client.get(server.url, deadline_s=10)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000


def test_gzip_of_ordinary_size_is_read(client: OutboundClient, server: StubServer) -> None:
    server.behaviour = stub.gzip_bomb(1_000)
    assert len(client.get(server.url, deadline_s=10).body) == 1_001


def test_a_redirect_is_an_answer_not_an_order(client: OutboundClient, server: StubServer) -> None:
    with StubServer() as private:
        server.behaviour = stub.redirect(f"{private.url}/latest/meta-data/")
        assert client.get(server.url, deadline_s=10).status == 302
        assert private.requests == []


def test_a_private_address_is_not_even_connected_to(server: StubServer) -> None:
    for host in ("127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"):
        with pytest.raises(OutboundRefusedError):
            OutboundClient().get(f"http://{host}:{server.port}/", deadline_s=10)
    assert server.requests == []


def test_a_permission_is_for_its_port_only(server: StubServer) -> None:
    OutboundClient(allow=parse_allow(f"127.0.0.1/32:{server.port}")).get(server.url, deadline_s=10)
    with pytest.raises(OutboundRefusedError):
        OutboundClient(allow=parse_allow("127.0.0.1/32:1")).get(server.url, deadline_s=10)


def test_a_name_is_looked_up_once_and_the_checked_address_is_used(
    client: OutboundClient, server: StubServer, *, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rebinding name server answers first with a harmless address, then with another one."""
    lookups: list[str] = []

    def rebinding(host: str, port: int, **_: object) -> list[object]:
        lookups.append(host)
        address = "127.0.0.1" if len(lookups) == 1 else "169.254.169.254"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(outbound.socket, "getaddrinfo", rebinding)
    client.get(f"http://maps.example:{server.port}/", deadline_s=10)
    assert lookups == ["maps.example"]
    assert server.requests[0].headers["host"] == f"maps.example:{server.port}"
    with pytest.raises(OutboundRefusedError):
        client.get(f"http://maps.example:{server.port}/", deadline_s=10)


def test_a_dead_first_address_leaves_time_for_the_second(
    client: OutboundClient, server: StubServer, *, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, server.port)) for host in ("127.9.9.9", "127.0.0.1")]
    monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *_, **__: two)
    assert client.get(f"http://maps.example:{server.port}/", deadline_s=10).status == 200


def test_a_resolver_that_hangs_does_not_hang_the_caller(
    client: OutboundClient, *, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *_, **__: over.wait(20) and [])
    began = time.monotonic()
    with pytest.raises(OutboundTimeoutError):
        client.get("http://maps.example/", deadline_s=0.2)
    over.set()
    assert time.monotonic() - began < 0.2 + PATIENCE_S


def test_the_environment_is_not_read(
    client: OutboundClient, server: StubServer, *, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a-user password a-password\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert client.get(server.url, deadline_s=10).status == 200
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize(
    "url",
    [
        "ftp://maps.example/",
        "file:///etc/passwd",
        "http://",
        "maps.example",
        "http://me:pw@maps.example/",
        "http://[::1",
        "",
    ],
)
def test_only_plain_web_addresses_are_called(client: OutboundClient, url: str) -> None:
    with pytest.raises(OutboundInvalidUrlError):
        client.get(url, deadline_s=1)


@pytest.mark.parametrize("behaviour", [stub.reset(), stub.hang(), stub.cut_short("{"), stub.answer("x" * 3_000_000)])
def test_neither_errors_nor_logs_show_the_key_or_the_address(
    client: OutboundClient, server: StubServer, *, behaviour: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    server.behaviour = behaviour
    with caplog.at_level(logging.DEBUG), pytest.raises(OutboundError) as raised:
        client.get(f"{server.url}/?{SECRET}", deadline_s=0.2)
    shown = "".join(traceback.format_exception(raised.value)) + repr(raised.value) + caplog.text
    assert "s3cr3t" not in shown
    assert "Invented" not in shown


def test_a_successful_call_logs_no_url(
    client: OutboundClient, server: StubServer, *, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        client.get(f"{server.url}/?{SECRET}", deadline_s=10)
    assert "s3cr3t" not in caplog.text


def test_a_closed_port_is_unreachable(client: OutboundClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(OutboundUnreachableError):
        client.get(f"http://127.0.0.1:{port}/", deadline_s=1)


def test_many_threads_share_one_client(client: OutboundClient, server: StubServer) -> None:
    server.behaviour = lambda exchange: stub.answer(exchange.request.query["n"])(exchange)
    with ThreadPoolExecutor(16) as pool:
        answers = pool.map(lambda n: client.get(f"{server.url}/?n={n}", deadline_s=30).json(), range(100))
    assert list(answers) == list(range(100))


@pytest.mark.parametrize("body", ["NaN", "[" * 5_000, '{"a": ', "", "<html>"])
def test_only_strict_json_is_json(client: OutboundClient, server: StubServer, *, body: str) -> None:
    server.behaviour = stub.answer(body)
    with pytest.raises(OutboundMalformedError):
        client.get(server.url, deadline_s=10).json()


def _certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's TLS context around a certificate made for `name`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(today - timedelta(days=1))
    builder = builder.not_valid_after(today + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "server.pem"
    file.write_bytes(certificate + secret)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(file)
    return serving, ssl.create_default_context(cadata=certificate.decode())


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    def to_loopback(port: int) -> None:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *_, **__: found)

    return to_loopback


def test_tls_checks_the_name_of_the_url(tmp_path: Path, resolved: Callable[[int], None]) -> None:
    serving, trusting = _certificate(tmp_path, "maps.example")
    names: list[str | None] = []
    serving.sni_callback = lambda _socket, name, _context: names.append(name)
    with StubServer(tls=serving) as server:
        resolved(server.port)
        client = OutboundClient(allow=LOCAL, ssl_context=trusting)
        assert client.get(f"https://maps.example:{server.port}/", deadline_s=10).status == 200
        with pytest.raises(OutboundUnreachableError):
            client.get(f"https://other.example:{server.port}/", deadline_s=10)
        with pytest.raises(OutboundUnreachableError):
            OutboundClient(allow=LOCAL).get(f"https://maps.example:{server.port}/", deadline_s=10)
    assert names == ["maps.example", "other.example", "maps.example"]


@pytest.mark.parametrize(
    "behaviour", [stub.hang(), stub.drip_body(), stub.drip(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 500)]
)
def test_the_deadline_holds_over_tls(tmp_path: Path, resolved: Callable[[int], None], *, behaviour: Behaviour) -> None:
    serving, trusting = _certificate(tmp_path, "maps.example")
    with StubServer(tls=serving, behaviour=behaviour) as server:
        resolved(server.port)
        began = time.monotonic()
        with pytest.raises(OutboundTimeoutError):
            OutboundClient(allow=LOCAL, ssl_context=trusting).get(
                f"https://maps.example:{server.port}/", deadline_s=0.4
            )
        assert time.monotonic() - began < 0.4 + PATIENCE_S


def test_a_server_that_never_shakes_hands_is_left(resolved: Callable[[int], None]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        resolved(port)
        began = time.monotonic()
        with pytest.raises(OutboundTimeoutError):
            OutboundClient(allow=LOCAL).get(f"https://maps.example:{port}/", deadline_s=0.4)
        assert time.monotonic() - began < 0.4 + PATIENCE_S


@pytest.mark.parametrize(
    "text",
    [
        "0.1.2.3", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.0.2.1", "192.168.1.1",
        "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fec0::1",
        "ff02::1", "2001:db8::1", "::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "64:ff9b::7f00:1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.1", "0.255.255.255", "100.127.255.255", "127.255.255.255", "172.31.255.255", "192.0.0.0", "192.0.0.9",
        "192.0.0.10", "192.0.0.170", "192.0.0.255", "192.31.196.1", "192.52.193.7", "192.88.99.1", "192.175.48.1",
        "198.18.0.1", "198.19.255.255", "198.51.100.9", "203.0.113.200", "224.0.0.1", "239.255.255.250", "240.0.0.1",
        "255.255.255.255", "::", "64:ff9b::c000:9", "64:ff9b:1::1", "64:ff9b:1:ffff::5db8:d70e", "100::1",
        "100:0:0:1::1", "200::1", "4000::1", "2001::1",
        "2001:0:a00:1::5db8:d70e", "2001:0:5db8:d70e:0:0:f5ff:fffe", "2001:1::1",
        "2001:2::1", "2001:3::1", "2001:4:112::1", "2001:10::1", "2001:20::1", "2001:30::1", "2002:c0a8:101::1",
        "2002:7f00:1::", "2620:4f:8000::1", "3fff::1", "3fff:fff::1", "5f00::1", "fc00::1", "fdff::1", "fe80::1",
        "febf::1", "fec0::1", "ff0e::1", "::ffff:0:a00:1", "::ffff:192.0.0.8", "::ffff:127.0.0.1",
    ],
)  # fmt: skip
def test_every_special_range_is_refused_at_both_ends(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "128.0.0.0", "169.253.255.255",
        "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.167.255.255",
        "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "203.0.114.0", "223.255.255.255",
        "2001:200::1", "2001:db7::1", "2003::1", "2a00:1450::1", "2620:4f:8001::1", "3ffe:ffff::1",
        "::ffff:93.184.215.14", "64:ff9b::5db8:d70e", "2002:5db8:d70e::1",
    ],
)  # fmt: skip
def test_the_neighbours_of_special_ranges_are_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("host", ["127.0.0.1.", "localhost.", "localhost%2E", "169.254.169.254.", "[::1]"])
def test_a_trailing_dot_hides_no_private_place(host: str) -> None:
    with pytest.raises((OutboundRefusedError, OutboundUnreachableError, OutboundInvalidUrlError)):
        OutboundClient().get(f"http://{host}/", deadline_s=5)


def test_a_host_with_a_trailing_dot_is_called_as_without(client: OutboundClient, server: StubServer) -> None:
    answered = client.get(server.url.replace("127.0.0.1", "localhost.") + "/there", deadline_s=5)
    assert answered.status == 200
    (request,) = server.requests
    assert request.headers["host"].startswith("localhost:")


@pytest.mark.parametrize("text", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "64:ff9b::101:101", "2002:101:101::"])
def test_addresses_that_are_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "text", ["10.0.0.0/8", "10.0.0.0/8:", "10.0.0.0/8:99999", "10.0.0.0/8:0", "host:80", ":80", "::1:x"]
)
def test_a_wrong_permission_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="GEO_ASSIGN_OUTBOUND_ALLOW"):
        parse_allow(text)


def test_permissions_are_read() -> None:
    places = parse_allow(" 127.0.0.1:80, [::1]/128:443 ,fd00::/8:*,")
    assert [(str(place.network), place.port) for place in places] == [
        ("127.0.0.1/32", 80),
        ("::1/128", 443),
        ("fd00::/8", None),
    ]


def test_what_is_cut_is_no_fault(server: StubServer) -> None:
    server.behaviour = stub.answer("x" * 5_000)
    client = OutboundClient(allow=parse_allow("127.0.0.1/32:*"))
    assert client.request("POST", server.url, deadline_s=2, max_bytes=1_000, cut=True).body == b"x" * 1_000


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("http://127.0.0.1:8080/hook", OutboundRefusedError),
        ("http://[::1]/hook", OutboundRefusedError),
        ("https://user:word@192.0.2.1/", OutboundInvalidUrlError),
        ("ftp://93.184.216.34/", OutboundInvalidUrlError),
        ("https://93.184.216.34/", False),
        ("http://127.0.0.1:9999/hook", True),
    ],
)
def test_a_url_is_judged_without_a_call(url: str, outcome: object) -> None:
    client = OutboundClient(allow=parse_allow("127.0.0.1/32:9999"))
    if isinstance(outcome, bool):
        assert client.leads_to_private_place(url, deadline_s=2) is outcome
        return
    with pytest.raises(outcome):  # type: ignore[call-overload]
        client.leads_to_private_place(url, deadline_s=2)
