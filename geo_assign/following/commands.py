"""Writes of customer links: made, opened, revoked, encrypted anew."""

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert

from geo_assign.access.commands import audit
from geo_assign.access.domain import EVERYTHING, Caller
from geo_assign.core.db import Tx
from geo_assign.core.ids import new_id
from geo_assign.core.secrets import SecretBox
from geo_assign.following.domain import (
    STAGES,
    CustomerLink,
    CustomerLinkNotFoundError,
    CustomerLinksOffError,
    new_link_token,
)
from geo_assign.following.queries import find_customer_link
from geo_assign.following.tables import customer_links
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workorders.commands import lock
from geo_assign.workorders.domain import WorkOrderStateError, actor_of

# How often it is noted that a link is open: a page that stays open asks all the time.
_OPENED_EVERY = timedelta(minutes=1)


def make_customer_link(tx: Tx, caller: Caller, work_order_id: UUID, box: SecretBox) -> tuple[CustomerLink, bool]:
    """The link of a work order, made unless there is one; and whether it was there already.

    Raises WorkOrderNotFoundError, WorkOrderStateError, CustomerLinksOffError, SecretKeysMissingError.
    """
    order = lock(tx, work_order_id, scope=caller.scope)
    if not get_store_rules(tx, EVERYTHING, order.store_id).settings.customer_links:
        raise CustomerLinksOffError
    if order.state not in STAGES:
        raise WorkOrderStateError(
            f"a work order that is {order.state.value} is not followed any more", state=order.state.value
        )
    known = find_customer_link(tx, work_order_id, box)
    if known is not None:
        return known, True
    token, token_hash = new_link_token(tx.org_id)
    link = CustomerLink(new_id(), work_order_id, token, tx.now(), actor_of(caller), None)
    tx.conn.execute(
        insert(customer_links).values(
            org_id=tx.org_id,
            id=link.id,
            work_order_id=work_order_id,
            token_hash=token_hash,
            token_encrypted=box.encrypt(SecretStr(token)),
            created_at=link.created_at,
            created_by=link.created_by,
        )
    )
    audit(tx, caller, "customer_link.created", subject_kind="work_order", subject_id=work_order_id)
    return link, False


def revoke_customer_link(tx: Tx, caller: Caller, work_order_id: UUID) -> None:
    """End the link of a work order. Raises WorkOrderNotFoundError, CustomerLinkNotFoundError."""
    lock(tx, work_order_id, scope=caller.scope)
    c = customer_links.c
    ended = tx.conn.execute(
        update(customer_links)
        .where(c.org_id == tx.org_id, c.work_order_id == work_order_id, c.revoked_at.is_(None))
        .values(revoked_at=tx.now())
    )
    if ended.rowcount == 0:
        raise CustomerLinkNotFoundError("This work order has no link.")
    audit(tx, caller, "customer_link.revoked", subject_kind="work_order", subject_id=work_order_id)


def note_opened(tx: Tx, link_id: UUID, *, at: datetime) -> None:
    """Note that a link was opened, at most once a minute."""
    c = customer_links.c
    is_news = or_(c.opened_at.is_(None), c.opened_at < at - _OPENED_EVERY)
    tx.conn.execute(update(customer_links).where(c.org_id == tx.org_id, c.id == link_id, is_news).values(opened_at=at))


def rotate_customer_links(tx: Tx, box: SecretBox) -> int:
    """Encrypt the organization's links anew, under the newest secret key; returns how many."""
    c = customer_links.c
    rows = tx.conn.execute(
        select(c.id, c.token_encrypted).where(c.org_id == tx.org_id, c.revoked_at.is_(None)).with_for_update()
    ).all()
    for row in rows:
        same = (c.org_id == tx.org_id, c.id == row.id)
        tx.conn.execute(update(customer_links).where(*same).values(token_encrypted=box.rotate(row.token_encrypted)))
    return len(rows)
