"""The roster of technicians, for assigning from a list."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from pydantic import Field

from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.http.operations import READING, AnyCall, Call, Reply, Routes
from geo_assign.http.response import to_json
from geo_assign.http.routes.people_models import (
    KnownPositionAnswer,
    ProviderNameAnswer,
    ReasonAnswer,
    WorkloadAnswer,
)
from geo_assign.http.schemas import Answer, PageQuery
from geo_assign.matching.domain import KnownPosition, Provenance
from geo_assign.matching.roster import Eligibility, RosterLine, RosterQuestion, RosterSort, list_roster
from geo_assign.privacy.domain import How
from geo_assign.workforce.domain import SilenceReason
from geo_assign.workforce.queries import get_group
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workorders.domain import WorkOrderNotFoundError
from geo_assign.workorders.queries import get_work_order

routes = Routes("Technicians")


class RosterQuery(PageQuery):
    """Whose lines, for which work order, in which order."""

    store_id: UUID | None = Field(None, description="People of this store and of its groups.")
    group_id: UUID | None = Field(None, description="People of this group.")
    work_order_id: UUID | None = Field(None, description="Say of each technician whether this one can be taken.")
    q: str | None = Field(None, max_length=100, description="A part of the name.")
    sort: RosterSort = Field(RosterSort.NAME, description="Equal ones are ordered by name.")


class RosterPresenceAnswer(Answer):
    """Three things that do not hang on each other: on duty, device heard from lately, position fresh."""

    on_duty: bool
    reachable: bool = Field(description="The phone was heard from lately.")
    fresh: bool = Field(description="The position is new enough to act on.")
    silence_reason: SilenceReason | None = Field(description="Why the app says that it is not heard from.")


class RosterLineAnswer(Answer):
    """One person. `eligible`, `reasons` and `distance_m` are null where no work order was named, or as they say."""

    id: UUID
    name: str
    store_id: UUID
    provider: ProviderNameAnswer | None
    skills: list[str]
    presence: RosterPresenceAnswer
    last_seen_at: datetime | None
    position: KnownPositionAnswer | None
    workload: WorkloadAnswer
    eligible: bool | None
    reasons: list[ReasonAnswer] | None
    distance_m: float | None


class RosterAnswer(Answer):
    """A page of people; pages by name neither skip nor repeat, other orders are those of the moment."""

    items: list[RosterLineAnswer]
    next_cursor: str | None
    has_location: bool | None = Field(description="Whether the named work order is located.")
    server_now: datetime


@routes.get(
    "/v1/technicians/roster",
    access=READING,
    query=RosterQuery,
    answer=RosterAnswer,
    errors=(NotFoundError, WorkOrderNotFoundError),
)
def read_roster(call: Call[RosterQuery, None]) -> Reply:
    """List technicians to assign from a list.

    With presence, location on duty, and work. With `work_order_id` each line says whether the technician can take
    it and why not. A work order without a location is judged by duty, hours, skills and time.
    """
    query = call.query
    with call.transaction() as tx:
        question = _question(tx, call, query)
        lines = list_roster(tx, call.caller.scope, question)
    shown = [line.id for line in lines.items if _tells_place(line)]
    call.services.views.note(call.caller, How.LIST, shown, at=question.at)
    order = question.order
    return Reply(
        to_json(
            {
                "items": [_line(line) for line in lines.items],
                "next_cursor": lines.next_cursor,
                "has_location": None if order is None else order.location is not None,
                "server_now": question.at,
            }
        )
    )


def _question(tx: Tx, call: AnyCall, query: RosterQuery) -> RosterQuestion:
    """Raises NotFoundError for a store, group or work order outside the scope."""
    scope = call.caller.scope
    question = RosterQuestion(
        at=tx.as_of(),
        store_id=query.store_id,
        group_id=query.group_id,
        sort=query.sort,
        words=query.q or None,
        limit=query.limit,
        cursor=query.cursor,
    )
    if query.group_id is not None:
        get_group(tx, scope, query.group_id)
    store_id = query.store_id
    if query.work_order_id is not None:
        order = get_work_order(tx, scope, query.work_order_id)
        question = replace(question, order=order)
        if store_id is not None:
            get_store_rules(tx, scope, store_id)
        store_id = order.store_id
    if store_id is None:
        return question
    rules = get_store_rules(tx, scope, store_id)
    return replace(question, rules=rules, timezone=rules.store.timezone, freshness_s=rules.settings.freshness_s)


def _tells_place(line: RosterLine) -> bool:
    live = line.position is not None and line.position.provenance is Provenance.LIVE
    return live or (line.eligibility is not None and line.eligibility.distance_m is not None)


def _line(line: RosterLine) -> dict[str, object]:
    judged = line.eligibility
    return {
        "id": line.id,
        "name": line.name,
        "store_id": line.store_id,
        "provider": None if line.provider is None else {"id": line.provider.id, "name": line.provider.name},
        "skills": line.skills,
        "presence": {
            "on_duty": line.presence.on_duty,
            "reachable": line.presence.reachable,
            "fresh": line.presence.fresh,
            "silence_reason": line.silence_reason,
        },
        "last_seen_at": line.presence.heard_at,
        "position": None if line.position is None else _place(line.position, coarse=line.coarse),
        "workload": {
            "today": line.workload.today,
            "overdue": line.workload.overdue,
            "open_offers": line.workload.open_offers,
        },
        "eligible": None if judged is None else judged.eligible,
        "reasons": None if judged is None else _reasons(judged),
        "distance_m": None if judged is None else judged.distance_m,
    }


def _place(position: KnownPosition, *, coarse: bool) -> dict[str, object]:
    return {
        "lat": position.point.lat,
        "lon": position.point.lon,
        "age_s": position.age_s,
        "recorded_at": position.recorded_at,
        "accuracy_m": position.accuracy_m,
        "provenance": position.provenance,
        "coarse": coarse,
    }


def _reasons(judged: Eligibility) -> list[dict[str, object]]:
    return [{"code": reason.code, "detail": reason.detail, "needed": reason.needed} for reason in judged.reasons]
