"""Outgoing mail: one message to one recipient, within one deadline.

What a plain client does and this one does not:

- a time-out between two bytes lets a dripping server hold the caller for ever; here one deadline covers name lookup,
  connection, handshake and the whole talk, and what a server may say has a cap;
- where a server does not offer STARTTLS, or another machine took the offer away, it goes on in plain text; here it
  ends;
- an exception's text shows what the server said, which may repeat the recipient, and in some what was sent; here errors
  are our own and say only what happened.

The operator chooses the server, so its address may be private.
"""

import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import ClassVar, Literal

import certifi
from pydantic import SecretStr

from geo_assign.core.deadlines import Deadline, DeadlineSocket, DeadlineSSLSocket, connect
from geo_assign.core.settings import Settings

Security = Literal["starttls", "tls", "none"]
DEADLINE_S = 30.0
_TRIAL_S = 10.0

_PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
_MAX_BYTES = 100_000
_READY, _TAKEN, _REFUSED_FOR_NOW, _REFUSED = 220, 250, 400, 500
_LOOKUP_THREADS = 2
_lookups = ThreadPoolExecutor(_LOOKUP_THREADS, thread_name_prefix="mail-lookup")


class MailError(Exception):
    """The mail was not taken. `reply` is the server's number, such as 550, where it said one."""

    code: ClassVar[str] = "mail_failed"

    def __init__(self, reply: int | None = None) -> None:
        super().__init__((type(self).__doc__ or "").strip().splitlines()[0])
        self.reply = reply

    @property
    def described(self) -> str:
        """Code and number, without anything that was said."""
        return self.code if self.reply is None else f"{self.code} {self.reply}"


class MailTimeoutError(MailError):
    """The mail server did not answer within the deadline."""

    code = "timeout"


class MailUnreachableError(MailError):
    """The mail server's name is unknown, or no connection could be made or kept."""

    code = "unreachable"


class MailHostUnknownError(MailUnreachableError):
    """No address is known for the mail server's name."""


class MailTlsError(MailError):
    """The connection to the mail server cannot be encrypted as the settings say."""

    code = "tls_failed"


class MailNoStartTlsError(MailTlsError):
    """The mail server offers no STARTTLS, and nothing is sent without encryption."""


class MailCertificateError(MailTlsError):
    """The mail server's certificate is not trusted, or is another host's."""


class MailLogInError(MailError):
    """The mail server does not take the user and the password of the settings."""

    code = "log_in_refused"


class MailRefusedError(MailError):
    """The mail server does not take this mail now."""

    code = "refused"


class RecipientRefusedError(MailError):
    """The mail server refuses the recipient for good."""

    code = "recipient_refused"


class MailMalformedError(MailError):
    """The mail server does not speak SMTP."""

    code = "malformed"


@dataclass(frozen=True, slots=True)
class MailServer:
    """The operator's mail server; safe to share between threads. `own_name` is what it is greeted with."""

    host: str
    port: int
    security: Security
    sender: str
    own_name: str
    user: str = ""
    password: SecretStr = field(default=SecretStr(""))
    ssl_context: ssl.SSLContext | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings, *, ssl_context: ssl.SSLContext | None = None) -> "MailServer | None":
        """The one of the settings, if there is one."""
        if not settings.sends_mail:
            return None
        return cls(
            host=settings.smtp_host,
            port=settings.smtp_port or _PORTS[settings.smtp_security],
            security=settings.smtp_security,
            sender=settings.smtp_sender or f"geo-assign@{settings.console_host}",
            own_name=settings.console_host,
            user=settings.smtp_user,
            password=settings.smtp_password,
            ssl_context=ssl_context,
        )

    def send(self, message: EmailMessage, recipient: str, *, deadline_s: float = DEADLINE_S) -> None:
        """Hand `message` over for one recipient. Raises a subclass of MailError; then it may have been taken or not."""
        with self._talk(Deadline(deadline_s)) as client:
            client.send_message(message, self.sender, [recipient])
            # The mail is taken: what the server says to the farewell changes nothing.
            client.say_goodbye()

    def try_out(self, *, deadline_s: float = _TRIAL_S) -> None:
        """Connect, encrypt, log in and name the sender as for a mail, and send none. Raises a subclass of MailError."""
        with self._talk(Deadline(deadline_s)) as client:
            reply = client.mail(self.sender)[0]
            if not _TAKEN <= reply < _REFUSED_FOR_NOW:
                raise MailRefusedError(reply) if reply > 0 else MailMalformedError
            client.say_goodbye()

    @contextmanager
    def _talk(self, deadline: Deadline) -> Iterator["_Client"]:
        """A client that is logged in where the settings say so. Whatever goes wrong is raised as our own error."""
        client = _Client(local_hostname=self.own_name)
        try:
            self._open(client, deadline)
            yield client
        except MailError:
            raise
        except (smtplib.SMTPException, OSError, ValueError) as error:
            # `from None`: what lies below carries what the server said.
            raise _translated(error, deadline) from None
        finally:
            client.close()

    def _open(self, client: "_Client", deadline: Deadline) -> None:
        connection = self._dial(deadline)
        client.use(self._encrypted(connection, deadline) if self.security == "tls" else connection)
        _require(client.getreply()[0], _READY)
        client.ehlo_or_helo_if_needed()
        if self.security == "starttls":
            self._start_tls(client, connection, deadline)
        if self.user:
            self._log_in(client)

    def _start_tls(self, client: "_Client", connection: socket.socket, deadline: Deadline) -> None:
        if not client.has_extn("starttls"):
            raise MailNoStartTlsError
        if client.docmd("STARTTLS")[0] != _READY:
            raise MailTlsError
        client.use(self._encrypted(connection, deadline))
        # What was said in plain text may be another machine's: it counts no more.
        client.helo_resp, client.ehlo_resp, client.esmtp_features, client.does_esmtp = None, None, {}, False
        client.ehlo_or_helo_if_needed()

    def _log_in(self, client: "_Client") -> None:
        try:
            client.login(self.user, self.password.get_secret_value())
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPResponseException as error:
            raise MailLogInError(error.smtp_code) from None
        except (smtplib.SMTPException, UnicodeError):
            # No way to log in that both know, or a password that none of them can carry.
            raise MailLogInError from None

    def _encrypted(self, connection: socket.socket, deadline: Deadline) -> DeadlineSSLSocket:
        context = self.ssl_context or _default_ssl_context()
        context.sslsocket_class = DeadlineSSLSocket
        try:
            secure = context.wrap_socket(connection, server_hostname=self.host.rstrip("."))
        except TimeoutError:
            raise MailTimeoutError from None
        except ssl.SSLCertVerificationError:
            raise MailCertificateError from None
        except OSError:
            raise MailTlsError from None
        assert isinstance(secure, DeadlineSSLSocket)
        secure.deadline = deadline
        return secure

    def _dial(self, deadline: Deadline) -> DeadlineSocket:
        found = self._look_up(deadline)
        for index, (family, place) in enumerate(found):
            # A dead first address must leave time for the next one.
            patience_s = deadline.remaining_s() / (len(found) - index)
            try:
                return connect(family, place, patience_s=patience_s, deadline=deadline)
            except OSError:
                if index == len(found) - 1:
                    raise
        raise MailUnreachableError

    def _look_up(self, deadline: Deadline) -> Sequence[tuple[int, tuple[str, int]]]:
        # The system's resolver knows no deadline, so it is waited for from outside.
        asked = _lookups.submit(socket.getaddrinfo, self.host, self.port, type=socket.SOCK_STREAM)
        try:
            found = asked.result(timeout=deadline.remaining_s())
        except (socket.gaierror, UnicodeError):
            raise MailHostUnknownError from None
        finally:
            asked.cancel()
        return [(family, (str(place[0]), self.port)) for family, _, _, _, place in found]


class _Client(smtplib.SMTP):
    """Speaks over a connection that is there already, and reads no more than a sane server says."""

    def use(self, connection: socket.socket) -> None:
        """Go on over `connection`: what was read ahead of the one before is dropped."""
        if self.file is not None:
            self.file.close()
        self.sock = connection
        self.file = _Capped(connection)

    def rset(self) -> tuple[int, bytes]:
        """Nothing: a connection carries one mail, and a server that refused it and says no more would hold it."""
        return _TAKEN, b""

    def say_goodbye(self) -> None:
        try:
            self.docmd("QUIT")
        except (smtplib.SMTPException, OSError):
            return


class _Capped:
    """A server's lines, of all of them together at most `_MAX_BYTES`."""

    def __init__(self, connection: socket.socket) -> None:
        self._file = connection.makefile("rb")
        self._left = _MAX_BYTES

    def readline(self, limit: int) -> bytes:
        line = self._file.readline(limit)
        self._left -= len(line)
        if self._left < 0:
            raise MailMalformedError
        return line

    def close(self) -> None:
        self._file.close()


def _require(reply: int, wanted: int) -> None:
    if reply != wanted:
        raise MailRefusedError(reply) if reply > 0 else MailMalformedError


def _translated(error: Exception, deadline: Deadline) -> MailError:
    """Our own error for one of the library's, without its text."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            reply = next(iter(error.recipients.values()))[0]
            return RecipientRefusedError(reply) if reply >= _REFUSED else MailRefusedError(reply)
        case smtplib.SMTPServerDisconnected():
            return MailTimeoutError() if deadline.passed else MailUnreachableError()
        case smtplib.SMTPResponseException():
            return MailRefusedError(error.smtp_code) if error.smtp_code > 0 else MailMalformedError()
        case smtplib.SMTPNotSupportedError():
            # The address has letters that this server cannot write.
            return RecipientRefusedError()
        case smtplib.SMTPException():
            return MailMalformedError()
        case TimeoutError():
            return MailTimeoutError()
        case OSError():
            return MailTimeoutError() if deadline.passed else MailUnreachableError()
    return MailMalformedError()


def _default_ssl_context() -> ssl.SSLContext:
    """Trusts the public authorities, and those the operator added to the system's store."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    return context
