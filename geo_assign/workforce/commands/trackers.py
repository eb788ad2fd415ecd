"""Tracker apps of technicians: each has a token of its own, which may do nothing but send positions."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import update

from geo_assign.access.commands import audit
from geo_assign.access.domain import Caller, TakenError, TokenKind, TrackerUse, new_token
from geo_assign.core.constraints import refusing
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.ids import new_id
from geo_assign.workforce.domain import InactiveError, Technician, Tracker, TrackerApp
from geo_assign.workforce.queries import get_technician, get_tracker
from geo_assign.workforce.tables import trackers

_HINT_LENGTH = 4
_CLIENT_LENGTH = 120
NOTED_EVERY = timedelta(minutes=1)


def get_tracked_technician(tx: Tx, caller: Caller, technician_id: UUID) -> Technician:
    """The technician whose trackers the caller may look after: one in scope, a technician only the own self.

    Raises NotFoundError.
    """
    if caller.technician_id not in {None, technician_id}:
        raise NotFoundError
    return get_technician(tx, caller.scope, technician_id)


def create_tracker(
    tx: Tx, caller: Caller, technician_id: UUID, *, name: str, app: TrackerApp, tracker_id: UUID | None = None
) -> tuple[Tracker, str]:
    """A tracker, and its token, which is known only now. Raises NotFoundError, InactiveError, TakenError."""
    technician = get_tracked_technician(tx, caller, technician_id)
    if not technician.active:
        raise InactiveError("This technician has been deactivated.")
    token, token_hash = new_token(TokenKind.TRACKER, tx.org_id)
    row_id = tracker_id or new_id()
    taken = TakenError("The technician has a tracker of this name already.")
    with refusing(trackers_technician_id_name_key=taken):
        tx.conn.execute(
            trackers.insert().values(
                org_id=tx.org_id,
                id=row_id,
                technician_id=technician_id,
                name=name,
                app=app,
                token_hash=token_hash,
                hint=token[-_HINT_LENGTH:],
                created_at=tx.now(),
            )
        )
    audit(tx, caller, "tracker.created", subject_kind="technician", subject_id=technician_id)
    return get_tracker(tx, technician_id, row_id), token


def revoke_tracker(tx: Tx, caller: Caller, technician_id: UUID, *, tracker_id: UUID) -> None:
    """End a tracker; at once, and again without harm. Raises NotFoundError."""
    get_tracked_technician(tx, caller, technician_id)
    get_tracker(tx, technician_id, tracker_id)
    t = trackers.c
    revoked = tx.conn.execute(
        update(trackers)
        .where(t.org_id == tx.org_id, t.technician_id == technician_id, t.id == tracker_id, t.revoked_at.is_(None))
        .values(revoked_at=tx.now())
    )
    if revoked.rowcount:
        audit(tx, caller, "tracker.revoked", subject_kind="technician", subject_id=technician_id)


def is_worth_noting(known: TrackerUse, use: TrackerUse) -> bool:
    """Whether `use` tells more than what is noted: it is a minute newer, or another app or outcome."""
    if known.noted_at is None or use.noted_at is None:
        return True
    later = use.noted_at - known.noted_at >= NOTED_EVERY
    return later or (known.client, known.outcome) != (use.client, use.outcome)


def note_tracker_use(tx: Tx, caller: Caller, *, client: str | None, outcome: str) -> bool:
    """Note that the tracker `caller` has sent, unless that is known; returns whether it was noted."""
    now = tx.now()
    use = TrackerUse(now, client[:_CLIENT_LENGTH] if client else None, outcome)
    if caller.tracker is None or not is_worth_noting(caller.tracker, use):
        return False
    t = trackers.c
    tx.conn.execute(
        update(trackers)
        .where(t.org_id == tx.org_id, t.id == caller.id)
        .values(used_at=now, client=use.client, outcome=outcome)
    )
    return True
