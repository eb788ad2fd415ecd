"""The talk to the mail server: one attempt from claim to record, with no transaction open during the talk."""

import random
from dataclasses import dataclass
from uuid import UUID

from geo_assign.access.commands.mails import ClaimedMail, MailOutcome, claim_mail, record_mail
from geo_assign.access.links import link_url
from geo_assign.access.mail_texts import LinkMail, message_of
from geo_assign.core.db import Database
from geo_assign.core.secrets import SecretBox
from geo_assign.core.settings import Settings
from geo_assign.core.smtp import MailError, MailServer, RecipientRefusedError
from geo_assign.core.telemetry import counter, get_logger

_ATTEMPTS = counter("mail_attempts", "Attempts to send a mail, by outcome.", ("outcome",))
_log = get_logger()


@dataclass(frozen=True, slots=True)
class Postman:
    """Sends the mails that are due. `database` is the application role's; safe to share between threads."""

    database: Database
    server: MailServer
    box: SecretBox
    console_url: str

    def send(self, org_id: UUID, link_id: UUID) -> None:
        """Make one attempt of one mail, if it is due. Whatever the server does, it is sent, or due again, or over."""
        job = self.database.run(org_id, lambda tx: claim_mail(tx, self.box, link_id))
        if job is None:
            return
        outcome = self._attempt(job)
        _ATTEMPTS.labels("sent" if outcome.error is None else outcome.error.partition(" ")[0]).inc()
        draw = random.random()  # noqa: S311 - spreads retries, keeps no secret
        state = self.database.run(org_id, lambda tx: record_mail(tx, job, outcome, draw=draw))
        _log.info("mail_attempted", link_id=str(link_id), attempt=job.number, state=state, error=outcome.error)

    def _attempt(self, job: ClaimedMail) -> MailOutcome:
        mail = LinkMail(
            mail_id=job.link.id,
            purpose=job.link.purpose,
            organization=job.organization.name,
            slug=job.organization.slug,
            name=job.user.name,
            email=job.user.email,
            link=link_url(self.console_url, job.token),
            language=job.user.language or job.organization.language,
            expires_at=job.link.expires_at,
            created_at=job.link.created_at,
        )
        try:
            self.server.send(message_of(mail, sender=self.server.sender), job.user.email)
        except RecipientRefusedError as error:
            return MailOutcome(error.described, final=True)
        except MailError as error:
            return MailOutcome(error.described)
        except ValueError:
            # What was taken as an e-mail address cannot be written into a mail.
            return MailOutcome("recipient_refused", final=True)
        return MailOutcome()


def make_postman(settings: Settings, database: Database) -> Postman | None:
    """The one of the settings; None where there is no mail server."""
    server = MailServer.of(settings)
    if server is None:
        return None
    return Postman(database, server, SecretBox(settings.fernet_keys), settings.console_url)
