"""A change is a value: what it tells, what it writes and resets, and which alarms it settles follow from it alone."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from geo_assign.access.domain import ActorKind, Caller, Scope
from geo_assign.core.wire import FreeText, JsonObject, members
from geo_assign.workorders.domain import (
    ALARMS,
    CAUSES,
    EVENTS,
    TAKEN,
    TERMINAL,
    AddressMovedAlarm,
    Alarm,
    AlarmClearedEvent,
    AlarmCode,
    AlarmDetail,
    AlarmRaisedEvent,
    Assigned,
    AssignedEvent,
    BookingRole,
    BrokenCrew,
    BrokenCrewDetail,
    CancelledEvent,
    Change,
    ChangedEvent,
    CollaboratorMissingAlarm,
    Columns,
    ConvertedEvent,
    CreatedEvent,
    CrewChangedEvent,
    EventKind,
    ExcludedTechnician,
    ExcludedTechnicianDetail,
    ExhaustedEvent,
    GroupChangedEvent,
    GroupRejectedEvent,
    Kind,
    LocatedEvent,
    NamedTechnician,
    NobodyEligible,
    Offered,
    OfferedEvent,
    OfferExpiredEvent,
    OffersExhausted,
    OffersExhaustedAlarm,
    OfferWithdrawnEvent,
    Over,
    Pending,
    PendingCause,
    PendingDetail,
    PendingEvent,
    PendingReason,
    RejectedEvent,
    RejectReason,
    RescheduledEvent,
    SameCause,
    SameState,
    SearchRing,
    SearchRingDetail,
    SlotTold,
    State,
    StateAfter,
    StatusChangedEvent,
    Suggested,
    ToBeSolved,
    TransferredEvent,
    Unassigned,
    UnassignedEvent,
    WantedTaken,
    WithdrawnBecause,
    WorkImpossibleAlarm,
    WorkOrder,
    WorkOrderEvent,
)
from geo_assign.workorders.tables import work_orders

NOON = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
ONE, TWO = UUID(int=1), UUID(int=2)
ANA = {"technician_id": str(ONE), "technician_name": "Ana"}
MOVED = {"from_store_id": ONE, "to_store_id": TWO, "from_group_id": None, "to_group_id": TWO}
MOVED_JSON = {"from_store_id": str(ONE), "to_store_id": str(TWO), "from_group_id": None, "to_group_id": str(TWO)}


def caller(kind: ActorKind) -> Caller:
    return Caller(org_id=ONE, kind=kind, id=TWO, name="Max", scope=Scope(everything=True))


def order(**changes: object) -> WorkOrder:
    """An order that Ana has, with an alarm."""
    new = WorkOrder(
        id=ONE,
        kind=Kind.LEAD,
        number="L-0001",
        store_id=ONE,
        group_id=None,
        state=State.ASSIGNED,
        pending_reason=None,
        pending_detail=None,
        customer={"name": "Customer"},
        address=None,
        location=None,
        location_candidates=(),
        slot_start=NOON,
        slot_end=NOON + timedelta(hours=1),
        slot_is_fixed=True,
        skills=(),
        device={},
        referral_source=None,
        priority=0,
        notes=None,
        external_id=None,
        metadata={},
        technician_id=ONE,
        technician_name="Ana",
        wanted_technician_id=None,
        pinned=False,
        offers=(),
        collaborators=(),
        decision_id=None,
        alarm={"code": "address_moved", "at": NOON.isoformat(), "moved_m": 500},
        returned_to=None,
        converted_from=None,
        search_started_at=None,
        crew_size=0,
        changed_by={"kind": "system", "id": str(ONE), "name": "geo-assign"},
        version=1,
        human_version=1,
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(new, **changes)  # type: ignore[arg-type]


# One of each, with what history keeps of it: readers rely on every one of these members.
TOLD: list[tuple[WorkOrderEvent, JsonObject]] = [
    (CreatedEvent(), {}),
    (CreatedEvent(lead_id=ONE), {"lead_id": str(ONE)}),
    (LocatedEvent(moved_m=None, distance_m=None, eta_s=None), {"moved_m": None, "distance_m": None, "eta_s": None}),
    (
        LocatedEvent(moved_m=140, distance_m=None, eta_s=None, alarm=AlarmCode.ADDRESS_MOVED),
        {"moved_m": 140, "distance_m": None, "eta_s": None, "alarm": "address_moved"},
    ),
    (
        OfferedEvent(
            technician_id=ONE,
            technician_name="Ana",
            role=BookingRole.PRIMARY,
            offer_id=TWO,
            expires_at=NOON,
            distance_m=812.4,
            decision_id=None,
            by_hand=False,
            collaborators=(NamedTechnician(TWO, "Bo"),),
        ),
        {
            **ANA,
            "role": "primary",
            "offer_id": str(TWO),
            "expires_at": "2026-05-20T12:00:00+00:00",
            "distance_m": 812.4,
            "decision_id": None,
            "by_hand": False,
            "collaborators": [{"id": str(TWO), "name": "Bo"}],
        },
    ),
    (
        AssignedEvent(technician_id=ONE, technician_name="Ana", distance_m=None, decision_id=TWO, by_hand=True),
        {**ANA, "distance_m": None, "decision_id": str(TWO), "by_hand": True},
    ),
    (
        RejectedEvent(
            technician_id=ONE,
            role=BookingRole.PRIMARY,
            reason=RejectReason.TOO_FAR,
            note=FreeText("Mrs Silva shouted"),
            offer_id=TWO,
        ),
        {
            "technician_id": str(ONE),
            "role": "primary",
            "reason": "too_far",
            "note": "Mrs Silva shouted",
            "offer_id": str(TWO),
        },
    ),
    (
        OfferExpiredEvent(technician_id=ONE, role=BookingRole.COLLABORATOR, offer_id=TWO),
        {"technician_id": str(ONE), "role": "collaborator", "offer_id": str(TWO)},
    ),
    (
        OfferWithdrawnEvent(
            technician_id=ONE, role=BookingRole.COLLABORATOR, reason=WithdrawnBecause.TECHNICIAN_OFFLINE
        ),
        {"technician_id": str(ONE), "role": "collaborator", "reason": "technician_offline"},
    ),
    (
        UnassignedEvent(
            technician_id=ONE,
            technician_name="Ana",
            reason=WithdrawnBecause.TRANSFERRED,
            collaborator_ids=(),
        ),
        {**ANA, "reason": "transferred", "collaborator_ids": []},
    ),
    (
        UnassignedEvent(
            technician_id=ONE, technician_name="Ana", reason=FreeText("too_far"), replaced_by=TWO, forced=False
        ),
        {**ANA, "reason": "too_far", "replaced_by": str(TWO), "forced": False},
    ),
    (TransferredEvent(**MOVED, note=None, forced=True), {**MOVED_JSON, "note": None, "forced": True}),  # type: ignore[arg-type]
    (ConvertedEvent(ticket_id=ONE), {"ticket_id": str(ONE)}),
    (CancelledEvent(reason=FreeText("called_off")), {"reason": "called_off"}),
    (CancelledEvent(reason=None), {"reason": None}),
    (StatusChangedEvent(note=None), {"note": None}),
    (PendingEvent(cause=OffersExhausted(asked=2)), {"reason": "offers_exhausted", "asked": 2}),
    (ExhaustedEvent(asked=3), {"asked": 3}),
    (ChangedEvent(fields=("address", "notes")), {"fields": ["address", "notes"]}),
    (ChangedEvent(address_problem="not_found"), {"address_problem": "not_found"}),
    (
        RescheduledEvent(from_=SlotTold(NOON, NOON), to=SlotTold(NOON, NOON)),
        {name: {"start": NOON.isoformat(), "end": NOON.isoformat()} for name in ("from", "to")},
    ),
    (GroupChangedEvent(**MOVED, note=FreeText("hi"), forced=False), {**MOVED_JSON, "note": "hi", "forced": False}),  # type: ignore[arg-type]
    (
        GroupRejectedEvent(**MOVED, note=None, forced=False),  # type: ignore[arg-type]
        {**MOVED_JSON, "note": None, "forced": False, "rejected": True},
    ),
    (
        CrewChangedEvent(joined=(NamedTechnician(ONE, "Ana"),), missing=1),
        {"joined": [{"id": str(ONE), "name": "Ana"}], "missing": 1},
    ),
    (CrewChangedEvent(accepted=ONE, offer_id=TWO), {"accepted": str(ONE), "offer_id": str(TWO)}),
    (
        AlarmRaisedEvent(
            alarm=AlarmCode.WORK_IMPOSSIBLE, technicians=(ExcludedTechnician(ONE, "Ana", ("time_off", "inactive")),)
        ),
        {
            "alarm": "work_impossible",
            "technicians": [{"technician_id": str(ONE), "name": "Ana", "reasons": ["time_off", "inactive"]}],
        },
    ),
    (
        AlarmRaisedEvent.of(OffersExhaustedAlarm(asked=4)),
        {"alarm": "offers_exhausted", "technicians": [], "asked": 4},
    ),
    (
        AlarmRaisedEvent.of(AddressMovedAlarm(moved_m=140, distance_m=None, eta_s=None)),
        {"alarm": "address_moved", "technicians": [], "moved_m": 140},
    ),
    (AlarmClearedEvent(alarm=AlarmCode.WORK_IMPOSSIBLE), {"alarm": "work_impossible"}),
]


@pytest.mark.parametrize(("event", "told"), TOLD, ids=[event.kind.value for event, _ in TOLD])
def test_an_event_is_told_by_its_own_members(event: WorkOrderEvent, told: JsonObject) -> None:
    assert event.detail() == told
    assert set(told) <= {member.name for member in type(event).members()}


def test_every_kind_of_event_has_its_class() -> None:
    assert list(EVENTS) == list(EventKind)
    assert {type(event) for event, _ in TOLD} == set(EVENTS.values())


def test_words_of_people_are_not_sent_even_if_they_look_like_codes() -> None:
    sent = [(event.kind, event.detail(sent=True)) for event, _ in TOLD]
    assert (EventKind.CANCELLED, {}) in sent
    replaced = {**ANA, "replaced_by": str(TWO), "forced": False}
    assert (EventKind.UNASSIGNED, replaced) in sent
    assert all("note" not in told for _, told in sent)
    assert [told["reason"] for kind, told in sent if kind is EventKind.REJECTED] == ["too_far"]


# States -------------------------------------------------------------------------------------------------------------


def columns(event: WorkOrderEvent, after: StateAfter, **sets: object) -> Columns:
    made = Change(by=caller(ActorKind.SYSTEM), at=NOON, event=event, after=after, sets=sets)  # type: ignore[arg-type]
    return made.columns(order(alarm=None))


def test_whatever_is_pending_says_why_and_is_held_by_no_technician() -> None:
    cause = NobodyEligible(withdrawn=WithdrawnBecause.TECHNICIAN_OFFLINE)
    assert columns(PendingEvent(cause=cause), Pending(cause, evaluate_due_at=NOON)) == {
        "state": State.PENDING,
        "pending_reason": PendingReason.NOBODY_ELIGIBLE,
        "pending_detail": {"withdrawn": "technician_offline"},
        "technician_id": None,
        "pinned": False,
        "crew_size": 0,
        "evaluate_due_at": NOON,
    }


@pytest.mark.parametrize("state", sorted(set(State) - {State.PENDING}))
def test_every_other_state_forgets_why_it_was_pending(state: State) -> None:
    assert StateAfter(state).resets.items() >= {"pending_reason": None, "pending_detail": None}.items()


@pytest.mark.parametrize("state", sorted(State))
def test_a_search_ends_once_a_technician_has_the_work(state: State) -> None:
    assert ("search_started_at" in SameState(state).resets) == (state in TAKEN)


@pytest.mark.parametrize("state", sorted(State))
def test_what_a_group_sent_back_is_done_with_once_it_is_taken_or_over(state: State) -> None:
    assert ("returned_to" in SameState(state).resets) == (state in TAKEN | TERMINAL)


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_nothing_is_due_of_what_is_over(state: State) -> None:
    assert Over(state).sets == {"state": state, "geocode_due_at": None, "evaluate_due_at": None}


def test_what_a_change_sets_itself_stands_against_what_its_state_resets() -> None:
    event = GroupRejectedEvent(**MOVED, note=None, forced=False)  # type: ignore[arg-type]
    kept = columns(event, SameState(State.ASSIGNED), returned_to=TWO)
    assert kept["returned_to"] == TWO
    assert "state" not in kept


def test_the_search_begins_anew_after_what_changes_who_may_go() -> None:
    ends = {kind for kind, event in EVENTS.items() if event.ends_search}
    assert ends == {
        EventKind.UNASSIGNED,
        EventKind.TRANSFERRED,
        EventKind.GROUP_CHANGED,
        EventKind.GROUP_REJECTED,
        EventKind.RESCHEDULED,
    }
    rescheduled = RescheduledEvent(from_=SlotTold(NOON, NOON), to=SlotTold(NOON, NOON))
    assert columns(rescheduled, SameState(State.NEW))["search_started_at"] is None
    assert "search_started_at" not in columns(ChangedEvent(fields=("notes",)), SameState(State.NEW))


def test_an_assignment_is_a_persons_only_if_it_says_so() -> None:
    assert Assigned(ONE).sets == {"state": State.ASSIGNED, "technician_id": ONE, "pinned": False}
    assert Assigned(ONE, pinned=True).sets["pinned"] is True
    assert Offered().sets == {"state": State.OFFERED, "technician_id": None, "pinned": False}


@pytest.mark.parametrize(
    ("event", "after"),
    [
        (CancelledEvent(reason=None), SameState(State.ASSIGNED)),
        (ConvertedEvent(ticket_id=ONE), Over(State.CANCELLED)),
        (StatusChangedEvent(note=None), Offered()),
        (PendingEvent(cause=Unassigned()), Offered()),
        (OfferExpiredEvent(technician_id=ONE, role=BookingRole.PRIMARY, offer_id=TWO), Assigned(ONE)),
    ],
)
def test_an_event_that_does_not_lead_to_a_state_is_no_change(event: WorkOrderEvent, after: StateAfter) -> None:
    with pytest.raises(ValueError, match=event.kind.value):
        Change(by=caller(ActorKind.USER), at=NOON, event=event, after=after)


@pytest.mark.parametrize("kind", ActorKind)
def test_a_person_stands_behind_every_change_but_the_services_own(kind: ActorKind) -> None:
    made = Change(by=caller(kind), at=NOON, event=ChangedEvent(), after=SameState(State.NEW))
    assert made.is_of_a_person == (kind is not ActorKind.SYSTEM)


# Alarms -------------------------------------------------------------------------------------------------------------

# What a dispatcher does to an order, which shows that the alarm was seen. The others are done by technicians, by
# automation, or to a technician.
ACTS = {
    EventKind.LOCATED,
    EventKind.OFFERED,
    EventKind.ASSIGNED,
    EventKind.UNASSIGNED,
    EventKind.TRANSFERRED,
    EventKind.CONVERTED,
    EventKind.CANCELLED,
    EventKind.PENDING,
    EventKind.CHANGED,
    EventKind.RESCHEDULED,
    EventKind.GROUP_CHANGED,
    EventKind.GROUP_REJECTED,
    EventKind.CREW_CHANGED,
}
# What a user may do without saying who does the work instead of a technician who cannot.
NO_ANSWER = {EventKind.LOCATED, EventKind.CHANGED, EventKind.CREW_CHANGED}
# What makes an alarm of the slot void: the slot is another one, or a technician has the work or is asked for it.
VOID = {kind: {AlarmCode.SLOT_PASSED} for kind in (EventKind.OFFERED, EventKind.ASSIGNED, EventKind.RESCHEDULED)}
STATES: Mapping[State, Callable[[], StateAfter]] = {
    State.PENDING: lambda: Pending(Unassigned()),
    **{state: (lambda state=state: SameState(state)) for state in State if state is not State.PENDING},  # type: ignore[misc]
}


@pytest.mark.parametrize("event", [event for event, _ in TOLD], ids=[event.kind.value for event, _ in TOLD])
def test_an_alarm_stays_until_a_user_acts_on_the_order_or_the_work_is_over(event: WorkOrderEvent) -> None:
    for state, kind, code in product(sorted(event.leads_to), ActorKind, AlarmCode):
        made = Change(by=caller(kind), at=NOON, event=event, after=STATES[state]())
        acts = kind is ActorKind.USER and event.kind in ACTS
        alarmed = order(alarm={"code": code.value, "at": NOON.isoformat()})
        cleared = "alarm" in made.columns(alarmed)
        void = code in VOID.get(event.kind, set())
        answers = acts and not (code is AlarmCode.WORK_IMPOSSIBLE and event.kind in NO_ANSWER)
        assert cleared == (answers or void or state in TERMINAL), (event.kind, state, kind, code)
        assert not cleared or made.columns(alarmed)["alarm"] is None


def test_a_change_may_raise_the_alarm_that_it_would_have_settled() -> None:
    made = Change(
        by=caller(ActorKind.USER),
        at=NOON,
        event=CrewChangedEvent(missing=1),
        after=SameState(State.ASSIGNED),
        raises=CollaboratorMissingAlarm(missing=1),
    )
    raised = {"code": "collaborator_missing", "at": "2026-05-20T12:00:00+00:00", "missing": 1}
    assert made.columns(order())["alarm"] == raised


# What other systems are told ------------------------------------------------------------------------------------------

NONE_LEFT = NobodyEligible(counts={"off_duty": 2}, counts_of="store", members=2)
PENDING_SINCE = {"state": State.PENDING, "pending_reason": PendingReason.NOBODY_ELIGIBLE, "alarm": None}


def sent(before: WorkOrder, event: WorkOrderEvent, after: StateAfter, **more: object) -> list[JsonObject]:
    made = Change(by=caller(ActorKind.SYSTEM), at=NOON, event=event, after=after, **more)  # type: ignore[arg-type]
    return [{"event": one.type_name(), **one.detail(sent=True)} for one in made.sent(before)]


@pytest.mark.parametrize(
    ("before", "cause", "told"),
    [
        (order(alarm=None), NONE_LEFT, True),  # it was assigned until now
        (order(**PENDING_SINCE, pending_detail={}), NONE_LEFT, True),  # between two candidates: now none is left
        (order(**PENDING_SINCE, pending_detail=NONE_LEFT.as_json()), NONE_LEFT, False),
        (order(**PENDING_SINCE, pending_detail={"counts": {"offline": 9}, "members": 9}), NONE_LEFT, False),
        (order(**PENDING_SINCE, pending_detail={"counts": {}, "withdrawn": "transferred"}), NONE_LEFT, True),
        (order(**PENDING_SINCE, pending_detail=NONE_LEFT.as_json()), Unassigned(), True),
    ],
)
def test_pending_is_told_once_for_each_reason(before: WorkOrder, cause: PendingCause, told: bool) -> None:
    events = sent(before, PendingEvent(cause=cause), Pending(cause))
    assert [one["event"] for one in events] == ["work_order.pending"] * told
    assert all(one["reason"] == cause.reason.value for one in events)


def test_a_search_in_vain_is_told_with_its_end_and_its_alarm() -> None:
    cause = OffersExhausted(asked=3)
    events = sent(order(alarm=None), PendingEvent(cause=cause), Pending(cause), raises=OffersExhaustedAlarm(asked=3))
    assert events == [
        {"event": "work_order.pending", "reason": "offers_exhausted", "asked": 3},
        {"event": "work_order.exhausted", "asked": 3},
        {"event": "work_order.alarm_raised", "alarm": "offers_exhausted", "technicians": [], "asked": 3},
    ]


@pytest.mark.parametrize("code", AlarmCode)
def test_an_alarm_that_a_change_settles_is_told_as_cleared(code: AlarmCode) -> None:
    alarmed = order(alarm={"code": code.value, "at": NOON.isoformat()})
    events = sent(alarmed, CancelledEvent(reason=None), Over(State.CANCELLED))
    assert events == [
        {"event": "work_order.cancelled"},
        {"event": "work_order.alarm_cleared", "alarm": code.value},
    ]


@pytest.mark.parametrize("alarm", ALARMS.values(), ids=lambda alarm: alarm.code.value)
def test_every_alarm_can_be_told(alarm: type[Alarm]) -> None:
    assert {member.name for member in members(alarm)} <= {member.name for member in AlarmRaisedEvent.members()}


def test_an_event_that_is_an_alarms_own_tells_it_once() -> None:
    named = (ExcludedTechnician(ONE, "Ana", ("time_off",)),)
    raised = AlarmRaisedEvent(alarm=AlarmCode.WORK_IMPOSSIBLE, technicians=named)
    alarm = WorkImpossibleAlarm(technicians=named)
    assert len(sent(order(alarm=None), raised, SameState(State.ASSIGNED), raises=alarm)) == 1
    assert len(sent(order(), AlarmClearedEvent(alarm=AlarmCode.WORK_IMPOSSIBLE), SameState(State.ASSIGNED))) == 1


def test_a_rejection_by_a_group_is_told_as_a_change_of_group() -> None:
    event = GroupRejectedEvent(**MOVED, note=FreeText("no"), forced=False)  # type: ignore[arg-type]
    told = {"event": "work_order.group_changed", **MOVED_JSON, "forced": False, "rejected": True}
    assert sent(order(alarm=None), event, SameState(State.ASSIGNED)) == [told]


# What is stored -------------------------------------------------------------------------------------------------------


def test_a_change_writes_columns_that_there_are() -> None:
    kept_by_the_writer = {"version", "human_version", "updated_at", "changed_by"}
    never_changed = {"org_id", "id", "kind", "number", "created_at", "created_by", "converted_from", "evaluations"}
    generated = {"geog"}
    assert set(Columns.__annotations__) == (set(work_orders.c.keys()) - kept_by_the_writer - never_changed - generated)


def test_what_is_read_of_a_reason_names_the_members_of_every_reason() -> None:
    written = {member.name for cause in CAUSES.values() for member in members(cause)}
    assert set(CAUSES) == set(PendingReason)
    assert set(PendingDetail.__annotations__) == written
    for value, shown in (
        (BrokenCrew, BrokenCrewDetail),
        (ExcludedTechnician, ExcludedTechnicianDetail),
        (SearchRing, SearchRingDetail),
    ):
        assert set(shown.__annotations__) == {member.name for member in members(value)}


def test_what_is_read_of_an_alarm_names_the_members_of_every_alarm() -> None:
    assert set(ALARMS) == set(AlarmCode)
    written = {member.name for alarm in ALARMS.values() for member in members(alarm)}
    assert set(AlarmDetail.__annotations__) == {"code", "at"} | written


@pytest.mark.parametrize(
    ("cause", "stored"),
    [
        (
            NobodyEligible(
                counts={"off_duty": 2},
                nearest=(ExcludedTechnician(ONE, "Ana", ("off_duty",)),),
                ring=SearchRing(2_000.0, NOON, None),
                crew=BrokenCrew(2, WithdrawnBecause.LEAD_REFUSED),
            ),
            {
                "counts": {"off_duty": 2},
                "nearest": [{"technician_id": str(ONE), "name": "Ana", "reasons": ["off_duty"]}],
                "ring": {"radius_m": 2_000.0, "widens_at": NOON.isoformat(), "next_radius_m": None},
                "crew": {"collaborators": 2, "because": "lead_refused"},
            },
        ),
        (NobodyEligible(), {}),
        (Suggested(technician_id=ONE, technician_name="Ana"), ANA),
        (WantedTaken(wanted=ONE, counts={"slot_taken": 1}), {"wanted": str(ONE), "counts": {"slot_taken": 1}}),
        (ToBeSolved(until=NOON), {"until": NOON.isoformat()}),
        (Unassigned(rejected_by="ovens"), {"rejected_by": "ovens"}),
        (
            SameCause(PendingReason.NEEDS_LOCATION, {"code": "not_found", "detail": "no such street"}),
            {"code": "not_found", "detail": "no such street"},
        ),
    ],
)
def test_a_reason_is_stored_by_its_own_members(cause: NobodyEligible, stored: JsonObject) -> None:
    assert cause.as_json() == stored


def test_what_a_geocoder_said_is_not_sent() -> None:
    same = SameCause(PendingReason.NEEDS_LOCATION, {"code": "not_found", "detail": "no 3 Rua Nova"})
    assert PendingEvent(cause=same).detail(sent=True) == {"reason": "needs_location", "code": "not_found"}


def test_an_alarm_is_stored_by_its_own_members() -> None:
    raised: Alarm = OffersExhaustedAlarm(asked=3)
    assert raised.as_json(NOON) == {"code": "offers_exhausted", "at": NOON.isoformat(), "asked": 3}
