"""From a work order, or a bare point, and a store's settings to the question that is ranked."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.geo import Point
from geo_assign.matching.domain import Policy, Question, Slot, Staff
from geo_assign.workforce.local_time import get_zone, local_day
from geo_assign.workforce.store_rules import StoreRules
from geo_assign.workforce.store_settings import StoreSettings, load_settings
from geo_assign.workorders.domain import WorkOrder, WorkOrderWithoutLocationError


def policy_of(settings: StoreSettings) -> Policy:
    """The part of a store's settings that a ranking follows."""
    return Policy(
        radius_m=settings.radius_m,
        freshness_s=settings.freshness_s,
        soon=settings.soon,
        travel_buffer=settings.travel_buffer,
        offer_limit=settings.offer_limit,
        cool_off=timedelta(minutes=settings.reoffer_after_minutes),
        use_mock_positions=settings.mock_positions == "allow",
    )


def question_for_order(
    order: WorkOrder,
    rules: StoreRules,
    *,
    at: datetime,
    scope: Scope = EVERYTHING,
    needs_duty: bool = True,
    limit: int = 5,
    staff: Staff = Staff.ALL,
) -> Question:
    """Who can take this work order? Raises WorkOrderWithoutLocationError."""
    if order.location is None:
        raise WorkOrderWithoutLocationError
    slot = Slot(*order.slot_at(at))
    day_start, day_end = local_day(slot.start, get_zone(rules.store.timezone))
    return Question(
        origin=order.location.point,
        slot=slot,
        at=at,
        day_start=day_start,
        day_end=day_end,
        scope=scope,
        policy=policy_of(rules.settings),
        skills=order.skills,
        store_id=order.store_id,
        group_id=order.group_id,
        work_order_id=order.id,
        needs_duty=needs_duty,
        limit=limit,
        staff=staff,
    )


def question_for_point(
    origin: Point,
    *,
    at: datetime,
    scope: Scope,
    slot: Slot | None = None,
    rules: StoreRules | None = None,
    group_id: UUID | None = None,
    skills: tuple[str, ...] = (),
    radius_m: float | None = None,
    freshness_s: float,
    limit: int = 5,
    staff: Staff = Staff.ALL,
) -> Question:
    """Who can come to this point? Without a slot: now, for the store's usual duration (or an hour)."""
    settings = rules.settings if rules is not None else load_settings({}, freshness_s=freshness_s)
    policy = policy_of(settings)
    if radius_m is not None:
        policy = replace(policy, radius_m=radius_m)
    slot = slot or Slot(at, at + settings.default_duration)
    zone = get_zone(rules.store.timezone if rules is not None else "UTC")
    day_start, day_end = local_day(slot.start, zone)
    return Question(
        origin=origin,
        slot=slot,
        at=at,
        day_start=day_start,
        day_end=day_end,
        scope=scope,
        policy=policy,
        skills=skills,
        store_id=rules.store.id if rules is not None else None,
        group_id=group_id,
        needs_duty=False,
        limit=limit,
        staff=staff,
    )
