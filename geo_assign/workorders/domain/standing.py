"""How a work order stood at a past instant, read from its history."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from geo_assign.workorders.domain.events import EventKind
from geo_assign.workorders.domain.states import TAKEN, PendingReason, State

# Why an order waits after a change that is told by another event than `pending`.
_REASON_AFTER: Mapping[str, PendingReason] = {EventKind.UNASSIGNED: PendingReason.UNASSIGNED}
_MOVED_TO = frozenset({EventKind.TRANSFERRED, EventKind.GROUP_CHANGED, EventKind.GROUP_REJECTED})
# What `changed` calls the members that the map shows.
_SHOWN = {"device": "title"}
_LEFT_BY_A_PERSON = frozenset({PendingReason.UNASSIGNED, PendingReason.WANTED_TAKEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An entry of the history, as far as it tells how the order stood.

    `technician_*` and `reason` are those of an assignment and of waiting, `slot_before` is what `slot` replaced,
    `had_place`: whether a place replaced another one; `fields`: what was corrected.
    """

    at: datetime
    kind: str
    state: State
    technician_id: UUID | None = None
    technician_name: str | None = None
    reason: PendingReason | None = None
    slot_before: tuple[datetime, datetime] | None = None
    slot: tuple[datetime, datetime] | None = None
    had_place: bool = False
    fields: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stood at `at`. `technician_*`: who had it last; `moved`: the last change of the slot by then, if any.

    `moves_on`: the first change of the slot after it.
    `located`: None where the present place is the one of then, True where it was another, False where it had none.
    `as_today`: members of which only the present is known.
    """

    at: datetime
    state: State
    pending_reason: PendingReason | None = None
    technician_id: UUID | None = None
    technician_name: str | None = None
    moved: Step | None = None
    moves_on: Step | None = None
    located: bool | None = None
    as_today: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_taken(self) -> bool:
        """Whether a technician had it."""
        return self.state in TAKEN


def standing_at(steps: Sequence[Step], at: datetime, *, before: Sequence[Step] = ()) -> Standing | None:
    """How an order stood at `at` by its history, oldest first; None when it did not exist yet.

    `before` is the history of the lead that became this ticket: who had the one has the other.
    """
    until, since = _split(steps, at)
    if not until:
        return None
    stood: Standing | None = None
    for step in (*_split(before, at)[0], *until):
        stood = _after(stood, step)
    assert stood is not None
    return _as_far_as_known(replace(stood, at=at), since)


def _split(steps: Sequence[Step], at: datetime) -> tuple[Sequence[Step], Sequence[Step]]:
    number = sum(step.at <= at for step in steps)
    return steps[:number], steps[number:]


def _after(stood: Standing | None, step: Step) -> Standing:
    """How it stands after one more change."""
    had = stood or Standing(step.at, step.state)
    after = replace(had, state=step.state, pending_reason=_reason(had, step))
    if step.kind == EventKind.RESCHEDULED:
        return replace(after, moved=step)
    if step.kind == EventKind.ASSIGNED:
        return replace(after, technician_id=step.technician_id, technician_name=step.technician_name)
    return after


def _reason(had: Standing, step: Step) -> PendingReason | None:
    if step.state is not State.PENDING:
        return None
    if step.kind == EventKind.PENDING:
        return step.reason
    if step.kind == EventKind.LOCATED and had.pending_reason not in _LEFT_BY_A_PERSON:
        return PendingReason.NOBODY_ELIGIBLE
    if had.state is State.PENDING and step.kind not in _MOVED_TO:
        return had.pending_reason
    return _REASON_AFTER.get(step.kind, PendingReason.NOBODY_ELIGIBLE)


def _as_far_as_known(stood: Standing, since: Iterable[Step]) -> Standing:
    """What was changed since: of some members only the present is kept."""
    moves_on, located, as_today = None, None, set[str]()
    for step in since:
        if step.kind == EventKind.RESCHEDULED:
            moves_on = moves_on or step
        elif step.kind == EventKind.LOCATED:
            located = step.had_place if located is None else located
        elif step.kind == EventKind.CHANGED:
            as_today |= {_SHOWN[name] for name in step.fields if name in _SHOWN}
            # With another address the place is lost, or moves.
            located = True if located is None and "address" in step.fields else located
    if located:
        as_today.add("location")
    return replace(stood, moves_on=moves_on, located=located, as_today=frozenset(as_today))
