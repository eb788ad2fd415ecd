"""Technicians, and their time off."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from geo_assign.access.domain import ActorKind, TakenError
from geo_assign.core.errors import NotFoundError, StaleError
from geo_assign.core.validation import Written
from geo_assign.http.editing import create_once, stale_as, unsent
from geo_assign.http.json_schemas import NamedSchema
from geo_assign.http.operations import STORE_SETTINGS, TECHNICIANS_OF_STORES, AnyCall, Call, Reply, Routes
from geo_assign.http.schemas import (
    Answer,
    Body,
    ChangesQuery,
    Email,
    Instant,
    Listing,
    NewPassword,
    OptionalNote,
    OptionalPoint,
    Patch,
    PointAnswer,
    ShortText,
    Skills,
    Slug,
    changes,
)
from geo_assign.workforce import commands, queries
from geo_assign.workforce.domain import CheckedKind, Technician, TimeOff

routes = Routes("Technicians")

GroupIds = Annotated[tuple[UUID, ...], Field(max_length=200)]
WallClock = Annotated[
    str,
    Written(r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", "Write a time such as 09:00, up to 24:00"),
    NamedSchema("WallClock", examples=("09:00",)),
]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WallSpan = Annotated[tuple[WallClock, WallClock], NamedSchema("WallSpan")]
WeekHours = Annotated[dict[Day, Annotated[list[WallSpan], Field(max_length=12)]], NamedSchema("WeekHours")]
HoursField = Annotated[
    Literal["always"] | WeekHours,
    Field(
        description="Working hours in the home store's zone: `always`, or spans per day. A span that ends at or before "
        "its start ends on the next day.",
        examples=[{"mon": [["09:00", "13:00"], ["14:00", "18:00"]]}],
    ),
]


class TechniciansQuery(ChangesQuery):
    """Which technicians."""

    store_id: UUID | None = None
    group_id: UUID | None = None
    active: bool | None = Field(None, description="Only those who work here, or only those who do not any more.")


class TechnicianBody(Body):
    """A technician to be created. With an e-mail address and a password the technician can log in."""

    name: ShortText
    store_id: UUID
    slug: Slug | None = Field(None, description="Made from the name when left out; it cannot be changed later.")
    group_ids: GroupIds = ()
    skills: Skills = ()
    hours: HoursField = "always"
    home: OptionalPoint = Field(None, description="Where the day starts; the store, when left out.")
    provider_id: UUID | None = None
    email: Email | None = None
    password: NewPassword | None = None


class TechnicianPatch(Patch):
    """What to change of a technician; null clears `home` and `provider_id`."""

    name: ShortText = unsent()
    store_id: UUID = unsent()
    group_ids: GroupIds = unsent()
    skills: Skills = unsent()
    hours: HoursField = unsent()
    home: OptionalPoint = unsent()
    provider_id: UUID | None = unsent()
    active: bool = unsent()


class TechnicianAnswer(Answer):
    """A technician."""

    id: UUID
    slug: str
    name: str
    store_id: UUID
    user_id: UUID | None
    provider_id: UUID | None
    group_ids: list[UUID]
    skills: list[str]
    hours: Literal["always"] | dict[Day, Sequence[Sequence[str]]] = Field(
        description="Working hours in the home store's zone: `always`, or spans per day, each from and to."
    )
    home: PointAnswer | None
    active: bool
    on_duty: bool
    duty_changed_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


class TimeOffBody(Body):
    """A span, half-open, in which a technician does not work."""

    starts_at: Instant
    ends_at: Instant
    note: OptionalNote = None


class TimeOffAnswer(Answer):
    """A span, half-open, in which a technician does not work."""

    id: UUID
    technician_id: UUID
    starts_at: datetime
    ends_at: datetime
    note: str | None


@routes.get("/v1/technicians", access=TECHNICIANS_OF_STORES, query=TechniciansQuery, answer=Listing[TechnicianAnswer])
def list_technicians(call: Call[TechniciansQuery, None]) -> Reply:
    """List technicians.

    Those of your scope, by name. API keys are not told `home` and `user_id`.
    """
    query = call.query
    with call.transaction() as tx:
        page = queries.list_technicians(
            tx,
            call.caller.scope,
            store_id=query.store_id,
            group_id=query.group_id,
            active=query.active,
            updated_since=query.updated_since,
            limit=query.limit,
            cursor=query.cursor,
        )
    items = [_for_caller(call, technician) for technician in page.items]
    return Reply(Listing[TechnicianAnswer](items=items, next_cursor=page.next_cursor))


@routes.post(
    "/v1/technicians",
    access=STORE_SETTINGS,
    body=TechnicianBody,
    example={
        "name": "Ana Silva",
        "store_id": "01a2019c-3960-7b1d-9a52-6a0a5b3a8d20",
        "group_ids": ["01a2019c-3a77-7d0f-b0a5-0f1e2d3c4b5a"],
        "skills": ["screen"],
        "hours": {"mon": [["09:00", "18:00"]], "tue": [["09:00", "18:00"]]},
        "email": "ana@example.com",
    },
    answer=TechnicianAnswer,
    status=201,
    creates=True,
    errors=(TakenError,),
)
def create_technician(call: Call[None, TechnicianBody]) -> Reply:
    """Create a technician.

    In one of your stores.
    """
    body = call.body
    new = commands.NewTechnician(
        name=body.name,
        store_id=body.store_id,
        slug=body.slug,
        group_ids=body.group_ids,
        skills=body.skills,
        hours=_hours(body.hours),
        home=body.home.point() if body.home else None,
        provider_id=body.provider_id,
        email=body.email,
        password=body.password,
    )
    with call.transaction() as tx:
        return create_once(
            tx,
            call.attempt,
            create=lambda row_id: commands.create_technician(tx, call.caller, new, technician_id=row_id),
            read=lambda row_id: queries.get_technician(tx, call.caller.scope, row_id),
            reply=lambda technician: _reply(technician, headers={"Location": f"/v1/technicians/{technician.id}"}),
        )


@routes.get("/v1/technicians/{id}", access=TECHNICIANS_OF_STORES, answer=TechnicianAnswer, errors=(NotFoundError,))
def get_technician(call: Call[None, None], id: UUID) -> Reply:
    """Read a technician."""
    with call.transaction() as tx:
        technician = queries.get_technician(tx, call.caller.scope, id)
    return Reply(_for_caller(call, technician), version=technician.version)


@routes.patch(
    "/v1/technicians/{id}",
    access=STORE_SETTINGS,
    body=TechnicianPatch,
    example={"skills": ["screen", "battery"]},
    answer=TechnicianAnswer,
    versioned=True,
    own_transactions=True,
    errors=(NotFoundError, StaleError),
)
def update_technician(call: Call[None, TechnicianPatch], id: UUID) -> Reply:
    """Change a technician.

    With `active` false the technician goes off duty and is logged out.
    """
    sent = changes(call.body)
    if sent.get("home") is not None:
        sent["home"] = sent["home"].point()
    if "hours" in sent:
        sent["hours"] = _hours(sent["hours"])
    return _reply(_change(call, id, sent, version=call.if_match))


@routes.delete(
    "/v1/technicians/{id}", access=STORE_SETTINGS, status=204, own_transactions=True, errors=(NotFoundError,)
)
def delete_technician(call: Call[None, None], id: UUID) -> Reply:
    """Deactivate a technician.

    Off duty at once, open offers withdrawn, logged out. What happened stays on record.
    """
    _change(call, id, {"active": False}, version=None)
    return Reply()


@routes.get(
    "/v1/technicians/{id}/time-off", access=STORE_SETTINGS, answer=Listing[TimeOffAnswer], errors=(NotFoundError,)
)
def list_time_off(call: Call[None, None], id: UUID) -> Reply:
    """List the time off of a technician.

    Earliest first.
    """
    with call.transaction() as tx:
        technician = queries.get_technician(tx, call.caller.scope, id)
        spans = queries.list_time_off(tx, technician.id)
    return Reply(Listing[TimeOffAnswer](items=[TimeOffAnswer.model_validate(span) for span in spans]))


@routes.post(
    "/v1/technicians/{id}/time-off",
    access=STORE_SETTINGS,
    body=TimeOffBody,
    example={"starts_at": "2026-08-03T00:00:00+01:00", "ends_at": "2026-08-17T00:00:00+01:00", "note": "holidays"},
    answer=TimeOffAnswer,
    status=201,
    creates=True,
    errors=(NotFoundError,),
)
def create_time_off(call: Call[None, TimeOffBody], id: UUID) -> Reply:
    """Give a technician time off."""
    body = call.body
    technician_id = id

    def create(row_id: UUID) -> TimeOff:
        span = TimeOff(row_id, technician_id, body.starts_at, body.ends_at, body.note)
        return commands.add_time_off(tx, call.caller, span)

    with call.transaction() as tx:
        reply = create_once(
            tx,
            call.attempt,
            create=create,
            read=lambda row_id: queries.get_time_off(tx, row_id),
            reply=lambda span: Reply(TimeOffAnswer.model_validate(span)),
        )
    call.services.dispatch.judge_work_of(call.caller.org_id, CheckedKind.TECHNICIAN, technician_id)
    return reply


@routes.delete(
    "/v1/technicians/{id}/time-off/{time_off_id}", access=STORE_SETTINGS, status=204, errors=(NotFoundError,)
)
def delete_time_off(call: Call[None, None], id: UUID, time_off_id: UUID) -> Reply:
    """Delete time off."""
    with call.transaction() as tx:
        commands.remove_time_off(tx, call.caller, id, time_off_id=time_off_id)
    call.services.dispatch.judge_work_of(call.caller.org_id, CheckedKind.TECHNICIAN, id)
    return Reply()


def _change(call: AnyCall, technician_id: UUID, sent: dict[str, Any], *, version: int | None) -> Technician:
    """Write a change; work that the technician cannot do any more is withdrawn or raises an alarm."""
    with call.transaction() as tx, stale_as(technician_answer):
        technician = commands.update_technician(tx, call.caller, technician_id, changes=sent, version=version)
    call.services.dispatch.judge_work_of(call.caller.org_id, CheckedKind.TECHNICIAN, technician_id)
    return technician


def _hours(given: Any) -> Any:
    return None if given == "always" else given


def technician_answer(technician: Technician) -> TechnicianAnswer:
    shown = {name: getattr(technician, name) for name in TechnicianAnswer.model_fields}
    shown["hours"] = technician.hours if technician.hours is not None else "always"
    return TechnicianAnswer.model_validate(shown)


def _for_caller(call: AnyCall, technician: Technician) -> TechnicianAnswer:
    """What the caller may know: where a technician lives and whose log-in it is stays from API keys."""
    if call.caller.kind is ActorKind.API_KEY:
        technician = replace(technician, home=None, user_id=None)
    return technician_answer(technician)


def _reply(technician: Technician, *, headers: dict[str, str] | None = None) -> Reply:
    return Reply(technician_answer(technician), version=technician.version, headers=headers or {})
