"""Mails on their way: put down with the link they carry, claimed, recorded.

An attempt is two transactions with the talk to the mail server between them. `claim_mail` begins a lease and counts the
attempt; `record_mail` writes what the server said only while that attempt is still the last one begun.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import or_, select, update

from geo_assign.access.commands.one_time_links import renew_token
from geo_assign.access.domain import Organization, User
from geo_assign.access.link_queries import get_link
from geo_assign.access.links import MailState, MintedLink, OneTimeLink, link_url
from geo_assign.access.queries import database_now, get_organization, get_user
from geo_assign.access.tables import mails
from geo_assign.core.db import Tx
from geo_assign.core.secrets import SecretBox, SecretUnreadableError

LEASE = timedelta(minutes=2)
"""Longer than an attempt may take: another worker begins one only when this one's process is gone."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 30.0, 3_600.0
_KEPT = 200


@dataclass(frozen=True, slots=True)
class ClaimedMail:
    """One attempt to make. `number` is its place among the mail's attempts, and fences off those before it."""

    link: OneTimeLink
    number: int
    user: User
    organization: Organization
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MailOutcome:
    """How an attempt ended: `error` None means that the server took the mail; `final`, that it never will."""

    error: str | None = None
    final: bool = False


@dataclass(frozen=True, slots=True)
class LinkDelivery:
    """How links reach their users: by e-mail, or shown to the caller when there is no mail server (`box` is None)."""

    console_url: str
    box: SecretBox | None

    def hand_out(self, tx: Tx, minted: MintedLink) -> str | None:
        """Have the worker send the link and return None, or return it. Raises SecretKeysMissingError."""
        if self.box is None:
            return link_url(self.console_url, minted.token)
        post_link(tx, self.box, minted)
        return None


def post_link(tx: Tx, box: SecretBox, minted: MintedLink) -> None:
    """Have the worker send a link to its user. Raises SecretKeysMissingError."""
    now = tx.now()
    tx.conn.execute(
        mails.insert().values(
            org_id=tx.org_id,
            link_id=minted.link.id,
            token_encrypted=box.encrypt(SecretStr(minted.token)),
            next_attempt_at=now,
            created_at=now,
        )
    )


def claim_mail(tx: Tx, box: SecretBox, link_id: UUID) -> ClaimedMail | None:
    """Begin an attempt. None when it is not due, or another worker is at it, or it is over because its link is."""
    m, now = mails.c, tx.now()
    row = tx.conn.execute(
        select(m.token_encrypted, m.attempts)
        .where(m.org_id == tx.org_id, m.link_id == link_id, m.state == MailState.WAITING, m.next_attempt_at <= now)
        .where(or_(m.leased_until.is_(None), m.leased_until <= now))
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    link = get_link(tx, link_id)
    user = get_user(tx, link.user_id)
    if not link.is_open(database_now(tx)) or not user.active:
        _finish(tx, link_id, MailState.DROPPED, error="the link works no more", at=now)
        return None
    token = _readable(tx, box, link_id, row.token_encrypted)
    tx.conn.execute(
        update(mails)
        .where(m.org_id == tx.org_id, m.link_id == link_id)
        .values(attempts=row.attempts + 1, leased_until=now + LEASE)
    )
    return ClaimedMail(link, row.attempts + 1, user, get_organization(tx), token)


def record_mail(tx: Tx, job: ClaimedMail, outcome: MailOutcome, *, draw: float) -> MailState | None:
    """Write down how an attempt ended. None: another one began since, which will say.

    `draw` is a random number from 0 to 1: mails that failed together are not tried together again.
    """
    m = mails.c
    of_it = (m.org_id == tx.org_id, m.link_id == job.link.id)
    row = tx.conn.execute(select(m.attempts, m.state).where(*of_it).with_for_update()).first()
    if row is None or row.attempts != job.number or row.state != MailState.WAITING:
        return None
    now = tx.now()
    if outcome.error is None:
        return _finish(tx, job.link.id, MailState.SENT, error=None, at=now)
    if outcome.final:
        return _finish(tx, job.link.id, MailState.REFUSED, error=outcome.error, at=now)
    values = {"next_attempt_at": now + wait_after(job.number, draw=draw), "last_error": outcome.error[:_KEPT]}
    tx.conn.execute(update(mails).where(*of_it).values(leased_until=None, **values))
    return MailState.WAITING


def wait_after(attempts: int, *, draw: float) -> timedelta:
    """How long a mail rests after so many attempts: twice as long each time, an hour at most, spread by a quarter."""
    longest_s = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** min(attempts - 1, 20))
    return timedelta(seconds=longest_s * (1 - draw / 4))


def reencrypt_mails(tx: Tx, box: SecretBox) -> int:
    """Encrypt the tokens of the organization's waiting mails with the newest secret key; returns how many."""
    m = mails.c
    waiting = select(m.link_id, m.token_encrypted).where(m.org_id == tx.org_id, m.state == MailState.WAITING)
    rows = tx.conn.execute(waiting.order_by(m.link_id).with_for_update()).all()
    for row in rows:
        tx.conn.execute(
            update(mails)
            .where(m.org_id == tx.org_id, m.link_id == row.link_id)
            .values(token_encrypted=box.rotate(row.token_encrypted))
        )
    return len(rows)


def _readable(tx: Tx, box: SecretBox, link_id: UUID, token_encrypted: bytes) -> str:
    """The link's token; a new one where the secret key is gone that the old one was encrypted with."""
    try:
        return box.decrypt(token_encrypted).get_secret_value()
    except SecretUnreadableError:
        token = renew_token(tx, link_id)
    m = mails.c
    tx.conn.execute(
        update(mails)
        .where(m.org_id == tx.org_id, m.link_id == link_id)
        .values(token_encrypted=box.encrypt(SecretStr(token)))
    )
    return token


def _finish(tx: Tx, link_id: UUID, state: MailState, *, error: str | None, at: datetime) -> MailState:
    m = mails.c
    over = {"state": state, "token_encrypted": None, "next_attempt_at": None, "leased_until": None, "finished_at": at}
    tx.conn.execute(
        update(mails)
        .where(m.org_id == tx.org_id, m.link_id == link_id)
        .values(**over, last_error=None if error is None else error[:_KEPT])
    )
    return state
