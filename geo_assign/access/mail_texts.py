"""The mails that carry a link: plain text in the language of the recipient, the link on a line of its own."""

from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from uuid import UUID

from geo_assign.access.links import LinkPurpose
from geo_assign.core.languages import Language
from geo_assign.texts import TEXTS

# As much of a name as a subject can hold; what is longer only looks odd in a mailbox.
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class LinkMail:
    """What a mail says. `mail_id` is the same in every attempt, so that mailboxes know a second copy."""

    mail_id: UUID
    purpose: LinkPurpose
    organization: str
    slug: str
    name: str
    email: str = field(repr=False)
    link: str = field(repr=False)
    language: Language
    expires_at: datetime
    created_at: datetime


def message_of(mail: LinkMail, *, sender: str) -> EmailMessage:
    """The message to send. `sender` is an address. Raises ValueError for an address that none can be sent to."""
    message = EmailMessage(policy=SMTP)
    texts = TEXTS[mail.language]
    said = texts.invitation if mail.purpose is LinkPurpose.INVITATION else texts.password_reset
    of_it = {
        "name": _one_line(mail.name),
        "organization": _one_line(mail.organization),
        "slug": mail.slug,
        "link": mail.link,
        "until": texts.day_of(mail.expires_at, clock=f"{mail.expires_at:%H:%M} UTC"),
    }
    message["Subject"] = said.subject.format_map(of_it)
    message["From"] = Address(_one_line(mail.organization), addr_spec=sender)
    message["To"] = Address(_one_line(mail.name), addr_spec=mail.email)
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.mail_id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    text = said.body.format_map(of_it)
    # Without a transfer encoding where there is a choice: the link stays in one piece, whatever reads it.
    message.set_content(text, cte="7bit" if text.isascii() else "quoted-printable")
    message["Content-Language"] = mail.language.value
    return message


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_SHOWN]
