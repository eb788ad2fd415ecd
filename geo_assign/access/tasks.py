"""Background steps of access: run by the worker, as the worker's role, over every organization."""

from datetime import timedelta

from sqlalchemy import delete, func, or_, select, tuple_

from geo_assign.access.links import LINKS_KEPT_FOR, MailState
from geo_assign.access.tables import mails, one_time_links, sessions, usage_days
from geo_assign.core.db import Database
from geo_assign.core.expressions import word
from geo_assign.core.idempotency import idempotency_keys
from geo_assign.core.lanes import Due

_BATCH = 1_000
_USAGE_KEPT_FOR = timedelta(days=400)
_DUE = 100


def list_due_mails(worker: Database) -> Due:
    """Mails of all organizations that are due, by the ids of their links: the first of each before any second."""
    m = mails.c
    with worker.across_organizations() as conn:
        now = worker.clock.now(conn)
        is_free = or_(m.leased_until.is_(None), m.leased_until <= now)
        turn = func.row_number().over(partition_by=m.org_id, order_by=m.next_attempt_at)
        due = select(m.org_id, m.link_id).where(m.state == word(MailState.WAITING), m.next_attempt_at <= now, is_free)
        in_turns = due.order_by(turn, m.next_attempt_at).limit(_DUE)
        return [(row.org_id, row.link_id) for row in conn.execute(in_turns)]


def sweep_expired(database: Database) -> int:
    """Delete what has run out, some of it at each call; returns how much."""
    return (
        sweep_expired_sessions(database)
        + sweep_expired_idempotency_keys(database)
        + sweep_expired_links(database)
        + sweep_old_usage(database)
    )


def sweep_expired_sessions(database: Database) -> int:
    """Delete sessions that are over; returns how many, at most a thousand at a time."""
    with database.across_organizations() as conn:
        key = (sessions.c.org_id, sessions.c.id)
        due = select(*key).where(sessions.c.expires_at <= func.clock_timestamp()).limit(_BATCH)
        return conn.execute(delete(sessions).where(tuple_(*key).in_(due))).rowcount


def sweep_expired_idempotency_keys(database: Database) -> int:
    """Delete keys that answer no retry any more; returns how many, at most a thousand at a time."""
    keys = idempotency_keys.c
    key = (keys.org_id, keys.caller_id, keys.route, keys.key)
    with database.across_organizations() as conn:
        due = select(*key).where(keys.expires_at <= func.clock_timestamp()).limit(_BATCH)
        return conn.execute(delete(idempotency_keys).where(tuple_(*key).in_(due))).rowcount


def sweep_expired_links(database: Database) -> int:
    """Delete one-time links that expired long ago; returns how many, at most a thousand at a time.

    Until then one that is opened says what has become of it.
    """
    o = one_time_links.c
    with database.across_organizations() as conn:
        due = select(o.org_id, o.id).where(o.expires_at <= func.clock_timestamp() - LINKS_KEPT_FOR).limit(_BATCH)
        return conn.execute(delete(one_time_links).where(tuple_(o.org_id, o.id).in_(due))).rowcount


def sweep_old_usage(database: Database) -> int:
    """Delete what was counted more than 400 days ago; returns how many days, at most a thousand at a time."""
    u = usage_days.c
    with database.across_organizations() as conn:
        before = database.clock.now(conn).date() - _USAGE_KEPT_FOR
        due = select(u.org_id, u.day).where(u.day < before).limit(_BATCH)
        return conn.execute(delete(usage_days).where(tuple_(u.org_id, u.day).in_(due))).rowcount
