"""Mail servers on 127.0.0.1: a real one (aiosmtpd), and one that follows a script of what goes wrong."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.live import free_port
from tests.waiting import PATIENCE_S

USER, PASSWORD = "relay", "relay password"


@dataclass
class Mailbox:
    """What a server took: the recipients and the messages."""

    port: int
    taken: list[Envelope] = field(default_factory=list)
    authenticated: list[str] = field(default_factory=list)
    refusing: dict[str, str] = field(default_factory=dict)

    @property
    def messages(self) -> list[EmailMessage]:
        parser = BytesParser(policy=default)
        return [cast(EmailMessage, parser.parsebytes(cast(bytes, one.content))) for one in self.taken]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address in self.refusing:
            return self.refusing[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        self.taken.append(envelope)
        return "250 OK"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        if known:
            self.authenticated.append(data.login.decode())
        return AuthResult(success=known, handled=False)


@contextmanager
def mail_server(certificate: "Certificate | None" = None, *, implicit: bool = False) -> Iterator[Mailbox]:
    """A server that takes mail: in plain text, or with a certificate after STARTTLS, or `implicit` from the start."""
    mailbox, context = Mailbox(port=free_port()), None if certificate is None else certificate.server_context
    options: dict[str, Any] = {"hostname": "127.0.0.1", "port": mailbox.port, "ready_timeout": PATIENCE_S}
    if context is not None and implicit:
        options["ssl_context"] = context
    elif context is not None:
        options |= {"tls_context": context, "require_starttls": True}
    if context is not None:
        options |= {
            "authenticator": mailbox.authenticate,
            "auth_require_tls": not implicit,
            "auth_required": not implicit,
        }
    controller = Controller(mailbox, **options)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


@dataclass(frozen=True)
class Certificate:
    """A certificate for 127.0.0.1 and localhost, and who trusts it."""

    server_context: ssl.SSLContext
    client_context: ssl.SSLContext


def make_certificate(folder: Path, *, host: str = "localhost") -> Certificate:
    """One that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    names: list[x509.GeneralName] = [x509.DNSName(host)]
    if host == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "mail.pem", folder / "mail.key"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem, secret)
    return Certificate(server, ssl.create_default_context(cafile=str(pem)))


Step = bytes | Callable[[socket.socket, threading.Event], None]
"""What is said, or done, at the beginning and after each line that a client sends."""


@contextmanager
def scripted_server(steps: Sequence[Step]) -> Iterator[tuple[int, list[bytes]]]:
    """A server that says `steps` one after the other, whatever it hears, then nothing; its port, and what it heard."""
    stopped, heard = threading.Event(), list[bytes]()

    def serve(listener: socket.socket) -> None:
        while not stopped.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_follow, args=(connection, steps, stopped, heard), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1], heard
        finally:
            stopped.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def hang(_connection: socket.socket, stopped: threading.Event) -> None:
    """Say nothing more."""
    stopped.wait(60)


def drop(connection: socket.socket, _stopped: threading.Event) -> None:
    """Close without a word."""
    connection.shutdown(socket.SHUT_RDWR)


def drip(connection: socket.socket, stopped: threading.Event) -> None:
    """One byte at a time: no single wait is ever long."""
    while not stopped.wait(0.02):
        connection.sendall(b"2")


def babble(connection: socket.socket, stopped: threading.Event) -> None:
    """An answer without an end, as quickly as it is read."""
    while not stopped.is_set():
        connection.sendall(b"250-and another thing that has to be said\r\n" * 1_000)


def _follow(connection: socket.socket, steps: Sequence[Step], stopped: threading.Event, heard: list[bytes]) -> None:
    with connection:
        try:
            reader = connection.makefile("rb")
            for index, step in enumerate(steps):
                if index:
                    heard.append(_read(reader, steps[index - 1]))
                if isinstance(step, bytes):
                    connection.sendall(step)
                else:
                    step(connection, stopped)
            stopped.wait(60)
        except OSError:
            return


def _read(reader: Any, before: Step) -> bytes:
    """The next line; after 354 the whole message, to the dot that ends it."""
    if not (isinstance(before, bytes) and before.startswith(b"354")):
        return bytes(reader.readline())
    message = b""
    while not message.endswith(b"\r\n.\r\n"):
        line = reader.readline()
        if not line:
            break
        message += line
    return message
