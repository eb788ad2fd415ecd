"""Work that goes to another store, to another group, and back to the group that sent it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, text

from geo_assign.core.errors import ForbiddenError, InvalidError, NotFoundError
from geo_assign.dispatch.domain import NoSenderGroupError, WorkOrderUnderWayError
from geo_assign.geocoding.domain import GeocodeProblem, GeocodeResult, ProblemCode
from geo_assign.workforce.commands.groups import deactivate_group
from geo_assign.workforce.domain import InactiveError
from geo_assign.workorders.domain import (
    AlarmCode,
    DuplicateExternalIdError,
    OfferWithdrawnError,
    PendingReason,
    State,
    WorkOrderChangedError,
    WorkOrderNotFoundError,
    WorkOrderStateError,
)
from tests.dispatch.desks import Desks

# To another store ---------------------------------------------------------------------------------------------------


def test_it_is_given_out_as_the_other_store_wants(desks: Desks) -> None:
    desks.set("north", lead_acceptance=False)
    desks.day.auto_assign("J", group="phones")
    offer = desks.day.offer("J")
    moved = desks.transfer("J", "north", by="Pia")
    assert (moved.state, moved.technician) == (State.ASSIGNED, "C")
    assert (moved.order.store_id, moved.order.group_id) == (desks.stores["north"], None)
    with pytest.raises(OfferWithdrawnError) as told:
        desks.day.accept("A", offer)
    assert told.value.facts["withdrawn_because"] == "transferred"
    assert desks.day.history("J") == ["created", "offered", "transferred", "assigned"]
    desks.day.places["L"] = desks.day.places["J"]
    assert desks.day.auto_assign("L", group="phones").technician == "A"


def test_where_the_other_store_gives_nothing_out_it_waits_there(desks: Desks) -> None:
    desks.set("north", lead_auto_user_assignment="off")
    desks.day.auto_assign("J", group="phones")
    assert desks.transfer("J", "north").order.pending_reason is PendingReason.AUTOMATION_OFF


def test_the_technician_who_had_it_is_told_and_free(desks: Desks) -> None:
    desks.day.lead("J", assignee="A", slot="14:00-15:00", group="phones")
    moved = desks.transfer("J", "north", group="tvs", note="they fix these")
    assert (moved.technician, moved.order.group_id) == ("C", desks.day.groups["tvs"])
    assert desks.day.history("J") == ["created", "assigned", "unassigned", "transferred", "offered"]
    desks.day.places["L"] = desks.day.places["J"]
    assert desks.day.lead("L", assignee="A", slot="14:00-15:00").state is State.ASSIGNED


def test_sending_it_where_it_is_changes_nothing(desks: Desks) -> None:
    desks.day.auto_assign("J", group="phones")
    first = desks.transfer("J", "north")
    assert desks.transfer("J", "north", version=1).order == first.order


def test_of_two_who_send_it_elsewhere_the_second_is_told(desks: Desks) -> None:
    desks.store("south")
    seen = desks.day.auto_assign("J", group="phones").order.version
    desks.transfer("J", "north", by="Pia", version=seen)
    with pytest.raises(WorkOrderChangedError) as told:
        desks.transfer("J", "south", version=seen)
    assert told.value.facts["changed_by"]["name"] == "Pia"


@pytest.mark.parametrize("move", ["transfer", "reassign"])
def test_under_way_it_takes_force_and_the_permission(desks: Desks, move: str) -> None:
    desks.dispatcher("Max", "phones", permissions=("force_travelling",))
    desks.day.lead("J", assignee="A", group="phones")
    desks.drive("A", "J")
    send: Callable[..., Any] = getattr(desks, move)
    to = {"transfer": "north", "reassign": "tvs"}[move]
    with pytest.raises(WorkOrderUnderWayError):
        send("J", to, by="Max")
    with pytest.raises(ForbiddenError):
        send("J", to, by="Pia", force=True)
    assert desks.day.outcome("J").technician == "A"
    assert send("J", to, by="Max", force=True).technician == "C"


def test_what_is_over_stays_where_it_is(desks: Desks) -> None:
    desks.day.auto_assign("J", group="phones")
    desks.day.cancel("J")
    with pytest.raises(WorkOrderStateError):
        desks.transfer("J", "north")


def test_the_store_and_group_must_be_there_and_belong_together(desks: Desks) -> None:
    desks.day.auto_assign("J", group="phones")
    desks.stores["nowhere"] = desks.day.org_id
    with pytest.raises(NotFoundError):
        desks.transfer("J", "nowhere")
    with pytest.raises(InvalidError):
        desks.transfer("J", "north", group="ovens")
    with desks.day.database.transaction(desks.day.org_id) as tx:
        deactivate_group(tx, desks.day.boss, desks.day.groups["ovens"])
    with pytest.raises(InactiveError):
        desks.reassign("J", "ovens")
    assert desks.day.outcome("J").technician == "A"


def test_an_external_id_that_the_other_store_has_keeps_it_here(desks: Desks) -> None:
    desks.day.lead("J", group="phones", external_id="shop-7")
    with desks.at("north"):
        desks.day.lead("K", external_id="shop-7")
    with pytest.raises(DuplicateExternalIdError):
        desks.transfer("J", "north")
    assert desks.day.outcome("J").technician == "A"


def test_an_address_that_was_not_found_is_asked_for_with_the_other_stores_key(desks: Desks, admin: Connection) -> None:
    day = desks.day
    down = GeocodeResult(problem=GeocodeProblem(ProblemCode.MAP_KEY_MISSING, "no key"))
    asked = []

    def by_store(request: Any) -> GeocodeResult:
        asked.append(request.store_id)
        return down

    day.dispatch = type(day.dispatch)(day.database, by_store)
    day.lead("J", address="Rua Nova 1", group="phones")
    assert desks.transfer("J", "north").order.pending_reason is PendingReason.MAP_KEY_MISSING
    assert asked == [desks.stores["centre"], desks.stores["north"]]


# To another group ---------------------------------------------------------------------------------------------------


def test_another_group_gets_it_and_its_clock_goes_on(desks: Desks) -> None:
    lead = desks.day.auto_assign("J", group="phones").order
    desks.day.later("20 min")
    desks.day.ping("B")
    moved = desks.reassign("J", "ovens", by="Pia", note="an oven")
    assert (moved.technician, moved.order.created_at) == ("B", lead.created_at)
    first, second = desks.stays("J")
    assert (first.group_name, first.entered_at, first.left_at) == ("phones", lead.created_at, second.entered_at)
    assert (second.group_name, second.left_at, second.note) == ("ovens", None, "an oven")
    assert second.sent_by["name"] == "Pia"
    assert desks.day.history("J")[2:] == ["group_changed", "offered"]


def test_who_belongs_to_both_groups_keeps_the_work(desks: Desks, admin: Connection) -> None:
    desks.day.lead("J", assignee="A", group="phones")
    desks.drive("A", "J")
    join(desks, admin, "A", "ovens")
    moved = desks.reassign("J", "ovens", by="Pia")
    assert (moved.state, moved.technician) == (State.TRAVELLING, "A")


def test_a_group_of_another_store_takes_it_there(desks: Desks, admin: Connection) -> None:
    desks.day.auto_assign("J", group="phones")
    moved = desks.reassign("J", "tvs", by="Pia")
    assert (moved.technician, moved.order.store_id) == ("C", desks.stores["north"])
    published = admin.execute(text("SELECT event_type FROM outbox ORDER BY sequence")).scalars().all()
    assert published[-2:] == ["work_order.transferred", "work_order.offered"]


def test_only_those_who_see_it_send_it(desks: Desks) -> None:
    desks.day.auto_assign("J", group="phones")
    for attempt in (lambda: desks.reassign("J", "tvs", by="Ole"), lambda: desks.reject("J", by="Ole")):
        with pytest.raises(WorkOrderNotFoundError):
            attempt()
    desks.dispatcher("Uma", "phones", "ovens")
    assert desks.reassign("J", "ovens", by="Uma").technician == "B"
    assert desks.reassign("J", "phones", by="Uma").technician == "A"


def test_giving_it_to_the_group_that_has_it_changes_nothing(desks: Desks) -> None:
    before = desks.day.auto_assign("J", group="phones").order
    assert desks.reassign("J", "phones", version=1).order == before


# Back to the sender -------------------------------------------------------------------------------------------------


def test_a_group_that_rejects_it_returns_it_to_the_dispatcher_who_sent_it(desks: Desks) -> None:
    sent(desks)
    back = desks.reject("J", by="Ole", note="we do ovens").order
    assert (back.group_id, back.returned_to) == (desks.day.groups["phones"], desks.callers["Pia"].id)
    assert (back.state, back.pending_reason) == (State.PENDING, PendingReason.UNASSIGNED)
    assert back.pending_detail == {"rejected_by": "ovens"}
    assert [(stay.group_name, stay.note) for stay in desks.stays("J")] == [
        ("phones", None),
        ("ovens", None),
        ("phones", "we do ovens"),
    ]
    assert desks.day.history("J")[-1] == "group_rejected"
    assert desks.day.assign("J", "A").state is State.ASSIGNED


@pytest.mark.parametrize("gone", ["goes_home", "leaves"])
def test_when_that_one_is_gone_it_lies_in_the_groups_queue(desks: Desks, gone: str) -> None:
    sent(desks)
    getattr(desks, gone)("Pia")
    back = desks.reject("J", by="Ole").order
    assert (back.group_id, back.returned_to) == (desks.day.groups["phones"], None)


def test_what_another_store_sent_returns_to_that_store(desks: Desks) -> None:
    desks.day.auto_assign("J", group="phones")
    desks.day.later("1 min")
    desks.transfer("J", "north", by="Pia", group="tvs")
    desks.day.later("1 min")
    back = desks.reject("J", by="Tess").order
    assert (back.store_id, back.group_id) == (desks.stores["centre"], desks.day.groups["phones"])
    assert back.returned_to == desks.callers["Pia"].id


def test_where_the_store_wants_a_note_it_does_not_go_back_without(desks: Desks) -> None:
    desks.set("centre", group_rejection_note_required=True)
    sent(desks)
    for note in (None, ""):
        with pytest.raises(InvalidError) as refused:
            desks.reject("J", by="Ole", note=note)
        assert [problem.pointer for problem in refused.value.errors] == ["/note"]
    assert desks.reject("J", by="Ole", note="no oven").order.returned_to is not None


def test_work_that_no_group_sent_cannot_be_sent_back(desks: Desks) -> None:
    desks.day.auto_assign("J", group="phones")
    with pytest.raises(NoSenderGroupError):
        desks.reject("J", by="Pia")
    desks.day.later("1 min")
    desks.transfer("J", "north")
    desks.day.later("1 min")
    desks.reassign("J", "tvs")
    with pytest.raises(NoSenderGroupError):
        desks.reject("J", by="Tess")


def test_a_closed_group_takes_nothing_back(desks: Desks, admin: Connection) -> None:
    sent(desks)
    admin.execute(text("UPDATE service_groups SET active = false WHERE name = 'phones'"))
    with pytest.raises(NoSenderGroupError, match="phones"):
        desks.reject("J", by="Ole")


def test_under_way_a_rejection_takes_force_too(desks: Desks) -> None:
    sent(desks)
    desks.day.accept("B", desks.day.offer("J"))
    desks.drive("B", "J")
    with pytest.raises(WorkOrderUnderWayError):
        desks.reject("J", by="Ole")
    with pytest.raises(ForbiddenError):
        desks.reject("J", by="Ole", force=True)
    assert desks.reject("J", force=True).order.group_id == desks.day.groups["phones"]


def test_an_order_that_goes_round_in_circles_raises_an_alarm(desks: Desks) -> None:
    desks.day.auto_assign("J", group="phones")
    alarms = []
    for _ in range(5):
        desks.day.later("1 min")
        desks.reassign("J", "ovens", by="Pia")
        desks.day.later("1 min")
        alarms.append(desks.reject("J", by="Ole").order.alarm)
    assert alarms[:3] == [None, None, None]
    assert [alarm and alarm["code"] for alarm in alarms[3:]] == [AlarmCode.GROUP_LOOP] * 2
    assert (alarms[3]["returns"], alarms[3]["group_id"]) == (4, str(desks.day.groups["phones"]))
    assert desks.day.assign("J", "A").alarm is None


def test_a_ticket_returns_the_way_its_lead_came(desks: Desks) -> None:
    sent(desks)
    desks.day.convert("J", "K")
    desks.day.later("1 min")
    assert desks.reject("K", by="Ole").order.returned_to == desks.callers["Pia"].id


def sent(desks: Desks) -> None:
    """Pia gives a lead of the phones to the ovens."""
    desks.day.auto_assign("J", group="phones")
    desks.day.later("1 min")
    desks.reassign("J", "ovens", by="Pia")
    desks.day.later("1 min")


def join(desks: Desks, admin: Connection, letter: str, group: str) -> None:
    """A technician belongs to one more group."""
    row = {"org_id": desks.day.org_id, "person": desks.day.people[letter], "group": desks.day.groups[group]}
    admin.execute(
        text("INSERT INTO technician_groups (org_id, technician_id, group_id) VALUES (:org_id, :person, :group)"), row
    )
