"""Work that technicians cannot do any more, because what they may do or when they work has changed.

The filters of the ranking say what stands against work that was given (`geo_assign.matching.obstacles`). What was known
when a person chose is noted with the booking and raises no alarm; all else does. An open offer is withdrawn, and the
order goes to the next candidate. What a technician has stays: a person decides.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from geo_assign.access.domain import system_caller
from geo_assign.core.db import Tx
from geo_assign.dispatch.commands.withdrawing import withdraw_booking
from geo_assign.matching.domain import ExclusionCode
from geo_assign.matching.obstacles import Obstacles, list_obstacles, list_obstacles_of_order
from geo_assign.workforce.domain import CheckedKind
from geo_assign.workforce.work_checks import list_checked_technicians
from geo_assign.workorders.commands import apply_change, lock, set_known_reasons
from geo_assign.workorders.domain import (
    TAKEN,
    TERMINAL,
    AlarmClearedEvent,
    AlarmCode,
    AlarmRaisedEvent,
    Booking,
    BookingState,
    Change,
    ExcludedTechnician,
    OfferState,
    SameState,
    State,
    WithdrawnBecause,
    WorkImpossibleAlarm,
    WorkOrder,
)
from geo_assign.workorders.queries import ToldReasons, list_bookings, list_impossible_work


def accept_reasons(tx: Tx, order_id: UUID, technician_ids: Collection[UUID] | None = None) -> None:
    """Note what stands against the technicians of a locked order, or some of them, as known to the person who chose."""
    bookings = [
        booking
        for booking in list_bookings(tx, order_id)
        if technician_ids is None or booking.technician_id in technician_ids
    ]
    obstacles = list_obstacles_of_order(tx, order_id, [one.technician_id for one in bookings], at=tx.now())
    for booking in bookings:
        if obstacles[booking.technician_id].reasons:
            set_known_reasons(tx, booking.id, obstacles[booking.technician_id].reasons)


def review_alarm(tx: Tx, order: WorkOrder) -> Mapping[UUID, Obstacles]:
    """Raise, correct or clear the alarm of a locked order; returns what stands against its technicians.

    While no technician has the order, the alarm goes on telling of those whose offer was withdrawn, as long as the
    reason stands.
    """
    now, told = tx.now(), told_by(order)
    held = {booking.technician_id for booking in list_bookings(tx, order.id)}
    gone = set() if order.state in TAKEN else set(told) - held
    obstacles = list_obstacles_of_order(tx, order.id, held | gone, at=now)
    unable = {one.technician_id: one.new for one in obstacles.values() if one.technician_id in held}
    unable |= {one.technician_id: _still(one, told) for one in obstacles.values() if one.technician_id in gone}
    _tell(tx, order, [(obstacles[one], reasons) for one, reasons in unable.items() if reasons], at=now)
    return {technician_id: obstacles[technician_id] for technician_id in held if technician_id in obstacles}


def judge_work(tx: Tx, order_id: UUID) -> bool:
    """Lock an order and judge whether its technicians can still do it; returns whether the next one is to be asked.

    Raises or clears the alarm, and withdraws what is only offered.
    """
    order = lock(tx, order_id)
    if order.state in TERMINAL:
        return False
    obstacles, withdrawn = review_alarm(tx, order), False
    for booking in list_bookings(tx, order_id):
        judged = obstacles.get(booking.technician_id)
        if judged is None or not judged.new or not _is_undecided(booking):
            continue
        present = lock(tx, order_id)
        if present.state is not State.OFFERED:
            break  # the lead was withdrawn, and the whole crew with the lead
        withdraw_booking(tx, system_caller(tx.org_id), present, booking, WithdrawnBecause.TECHNICIAN_UNABLE)
        withdrawn = True
    return withdrawn


def list_orders_to_judge(tx: Tx, kind: CheckedKind, subject_id: UUID) -> tuple[list[UUID], list[UUID]]:
    """The orders of these technicians whose alarm is not what stands against them now, by id.

    And the orders that tell of one of them without holding the time: their alarm may be void.
    """
    technician_ids = list_checked_technicians(tx, kind, subject_id)
    told = {
        (order_id, technician_id): reasons
        for order_id, reasons_of in list_impossible_work(tx, technician_ids).items()
        for technician_id, reasons in reasons_of.items()
    }
    obstacles = list_obstacles(tx, technician_ids, at=tx.now())
    held = {(one.work_order_id, one.technician_id) for one in obstacles}
    wrong = {one.work_order_id for one in obstacles if told.get((one.work_order_id, one.technician_id), ()) != one.new}
    void = {pair[0] for pair in told if pair not in held and pair[1] in set(technician_ids)}
    return sorted(wrong), sorted(void - wrong)


def told_by(order: WorkOrder) -> ToldReasons:
    """Whom an order's alarm says cannot do it, and why; empty without such an alarm."""
    alarm = order.alarm
    if alarm is None or alarm["code"] != AlarmCode.WORK_IMPOSSIBLE:
        return {}
    return {UUID(one["technician_id"]): tuple(one["reasons"]) for one in alarm.get("technicians", ())}


def _still(one: Obstacles, told: ToldReasons) -> tuple[ExclusionCode, ...]:
    return tuple(code for code in one.reasons if code in told[one.technician_id])


def _tell(
    tx: Tx, order: WorkOrder, unable: Iterable[tuple[Obstacles, tuple[ExclusionCode, ...]]], *, at: datetime
) -> None:
    """Have the alarm tell of exactly these technicians."""
    named = tuple(
        ExcludedTechnician(one.technician_id, one.name, tuple(code.value for code in reasons))
        for one, reasons in sorted(unable, key=lambda pair: pair[0].technician_id)
    )
    told = told_by(order)
    if named and told != {one.technician_id: one.reasons for one in named}:
        alarm = WorkImpossibleAlarm(technicians=named)
        _change(tx, order, AlarmRaisedEvent(alarm=alarm.code, technicians=named), at=at, raises=alarm)
    elif told and not named:
        _change(tx, order, AlarmClearedEvent(alarm=AlarmCode.WORK_IMPOSSIBLE), at=at, raises=None)


def _change(
    tx: Tx,
    order: WorkOrder,
    event: AlarmRaisedEvent | AlarmClearedEvent,
    *,
    at: datetime,
    raises: WorkImpossibleAlarm | None,
) -> None:
    by, after = system_caller(tx.org_id), SameState(order.state)
    apply_change(tx, order, Change(by=by, at=at, event=event, after=after, sets={"alarm": None}, raises=raises))


def _is_undecided(booking: Booking) -> bool:
    return booking.state is BookingState.OFFERED and booking.answer is not OfferState.ACCEPTED
