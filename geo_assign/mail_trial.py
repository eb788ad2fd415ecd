"""A trial of the mail server of the settings: everything up to the first recipient, within one deadline."""

from collections.abc import Mapping
from typing import NamedTuple

from geo_assign.core.settings import PREFIX, Settings
from geo_assign.core.smtp import (
    MailCertificateError,
    MailError,
    MailHostUnknownError,
    MailLogInError,
    MailMalformedError,
    MailNoStartTlsError,
    MailRefusedError,
    MailServer,
    MailTimeoutError,
    MailTlsError,
    MailUnreachableError,
)


class MailTrial(NamedTuple):
    """Where the server is, what it objects to (empty: nothing), and what to do about that."""

    place: str
    objection: str = ""
    hint: str = ""


def try_mail_server(settings: Settings, *, server: MailServer | None = None) -> MailTrial:
    """Log in at the mail server of the settings, or at this one, and leave again."""
    server = server or MailServer.of(settings)
    assert server is not None, "there is no mail server to try"
    place = f"{server.host} port {server.port} ({server.security})"
    try:
        server.try_out()
    except MailError as error:
        said = "" if error.reply is None else f" It said {error.reply}."
        return MailTrial(place, f"{error}{said}", _HINTS[type(error)])
    return MailTrial(place)


_HINTS: Mapping[type[MailError], str] = {
    MailHostUnknownError: f"is {PREFIX}SMTP_HOST spelt right, and does this host's name server know it?",
    MailUnreachableError: f"is {PREFIX}SMTP_PORT right, does the server run, and is no firewall between?",
    MailTimeoutError: f"a firewall may swallow what is sent; {PREFIX}SMTP_SECURITY may be wrong: port 465 wants tls",
    MailNoStartTlsError: f"set {PREFIX}SMTP_SECURITY to tls for port 465, or to none for a server on this host",
    MailCertificateError: f"{PREFIX}SMTP_HOST must be the name in the certificate; add its authority to the system's",
    MailTlsError: f"{PREFIX}SMTP_SECURITY is starttls for port 587, tls for 465 and none for 25 on this host",
    MailLogInError: f"check {PREFIX}SMTP_USER and {PREFIX}SMTP_PASSWORD; some providers want a password for apps",
    MailRefusedError: f"does it want a log-in ({PREFIX}SMTP_USER), or another sender ({PREFIX}SMTP_SENDER)?",
    MailMalformedError: f"no mail server answers there, or one that wants {PREFIX}SMTP_SECURITY to be tls",
}
