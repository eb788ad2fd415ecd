"""Who gets a lead, and who does not, and why."""

from geo_assign.dispatch.commands.automation import settings_changed
from geo_assign.workorders.domain import PendingReason, RejectReason, State
from tests.day import Day


def test_the_nearest_available_technician_is_asked(day: Day) -> None:
    day.map(
        """
        A . J . . B
        """,
        step_m=500,
    )
    day.technician("A")
    day.technician("B")
    lead = day.auto_assign("J")
    assert lead.state is State.OFFERED
    assert lead.technician == "A"
    assert lead.ranked == ["A", "B"]


def test_a_busy_neighbour_loses_to_a_free_one_further_away(day: Day) -> None:
    day.map(
        """
        A . J . . B
        """,
        step_m=500,
    )
    day.technician("A", booked="12:00-13:00")
    day.technician("B", last_ping="2 min ago")
    lead = day.auto_assign("J", slot="12:30-13:30")
    assert lead.technician == "B"
    assert lead.excluded == {"A": "slot_taken"}


def test_slots_that_touch_do_not_conflict(day: Day) -> None:
    day.map("A . J", step_m=500)
    day.technician("A", booked="12:00-13:00")
    assert day.auto_assign("J", slot="13:00-14:00").technician == "A"


def test_the_travel_buffer_is_part_of_what_a_booking_occupies(day: Day) -> None:
    day.set(travel_buffer_minutes=30)
    day.map("A . J", step_m=500)
    day.technician("A", booked="12:00-13:00")
    assert day.auto_assign("J", slot="13:15-14:15").excluded == {"A": "slot_taken"}
    assert day.auto_assign("J", slot="13:30-14:30").technician == "A"


def test_every_filter_says_its_reason(day: Day) -> None:
    day.map(
        """
        J A B C D E F G H
        """,
        step_m=500,
    )
    day.technician("A", on_duty=False)
    day.technician("B", last_ping="6 min ago", skills=["tv"])
    day.technician("C", last_ping="20 min ago", skills=["tv"])
    day.technician("D", skills=["phone"])
    day.technician("E", hours={"wed": [["06:00", "11:00"]]}, skills=["tv"])
    day.technician("F", time_off="12:30-15:00", skills=["tv"])
    day.technician("G", last_ping=None, skills=["tv"])
    day.technician("H", skills=["tv"], group="north")
    lead = day.auto_assign("J", slot="12:30-13:30", skills=("tv",), group="south")
    assert lead.state is State.PENDING
    assert lead.order.pending_reason is PendingReason.NOBODY_ELIGIBLE
    assert lead.excluded == {
        "A": {"off_duty", "missing_skill", "wrong_group"},
        "B": {"stale_position", "wrong_group"},
        "C": {"offline", "stale_position", "wrong_group"},
        "D": {"missing_skill", "wrong_group"},
        "E": {"outside_hours", "wrong_group"},
        "F": {"time_off", "wrong_group"},
        "G": {"no_position", "wrong_group"},
        "H": "wrong_group",
    }


def test_who_is_outside_the_radius_is_told_which_would_have_sufficed(day: Day) -> None:
    day.set(radius_m=1_000)
    day.map("J . . A", step_m=500)
    day.technician("A")
    lead = day.auto_assign("J")
    assert lead.excluded == {"A": "outside_radius"}


def test_a_rejection_asks_the_next_at_once(day: Day) -> None:
    day.map("A . J . . B", step_m=500)
    day.technician("A")
    day.technician("B")
    day.auto_assign("J")
    day.reject("A", day.offer("J"), RejectReason.TOO_FAR)
    lead = day.outcome("J")
    assert lead.technician == "B"
    assert lead.excluded == {"A": "rejected_before"}
    assert day.history("J") == ["created", "offered", "rejected", "offered"]


def test_an_unanswered_offer_expires_and_the_next_is_asked(day: Day) -> None:
    day.map("A . J . . B", step_m=500)
    day.technician("A")
    day.technician("B")
    day.auto_assign("J")
    offer = day.offer("J")
    day.later("9 min")
    assert not day.expire(offer)
    day.ping("B")
    day.later("1 min")
    assert day.expire(offer)
    assert not day.expire(offer)
    assert day.outcome("J").technician == "B"
    assert day.history("J") == ["created", "offered", "offer_expired", "offered"]


def test_an_open_offer_holds_its_time(day: Day) -> None:
    day.set(offer_limit=5)
    day.map("A . J K", step_m=500)
    day.technician("A")
    assert day.auto_assign("J", slot="12:30-13:30").technician == "A"
    assert day.auto_assign("K", slot="13:00-14:00").excluded == {"A": "slot_taken"}
    assert day.auto_assign("L" if "L" in day.places else "K", slot="14:00-14:30").technician == "A"


def test_without_the_acceptance_trigger_work_is_assigned_at_once(day: Day) -> None:
    day.set(lead_acceptance=False)
    day.map("A . J", step_m=500)
    day.technician("A")
    lead = day.auto_assign("J")
    assert (lead.state, lead.technician) == (State.ASSIGNED, "A")


def test_a_trigger_that_is_off_leaves_the_lead_to_people(day: Day) -> None:
    day.set(lead_auto_user_assignment="off")
    day.map("A . J", step_m=500)
    day.technician("A")
    assert day.auto_assign("J").order.pending_reason is PendingReason.AUTOMATION_OFF
    assert day.evaluate("J", forced=True).technician == "A"


def test_turning_the_trigger_off_lets_a_running_offer_finish_without_a_successor(day: Day) -> None:
    day.map("A . J . . B", step_m=500)
    day.technician("A")
    day.technician("B")
    day.auto_assign("J")
    day.set(lead_auto_user_assignment="off")
    day.reject("A", day.offer("J"))
    assert day.outcome("J").order.pending_reason is PendingReason.AUTOMATION_OFF


def test_a_suggestion_is_stored_and_no_technician_is_asked(day: Day) -> None:
    day.set(lead_auto_user_assignment="suggest")
    day.map("A . J", step_m=500)
    day.technician("A")
    lead = day.auto_assign("J")
    assert lead.order.pending_reason is PendingReason.SUGGESTED
    assert lead.ranked == ["A"]
    assert lead.technician is None


def test_waiting_work_is_looked_at_again_when_a_technician_comes_on_duty(day: Day) -> None:
    day.map("A . J", step_m=500)
    day.technician("A", on_duty=False)
    assert day.auto_assign("J").state is State.PENDING
    day.later("5 s")
    day.ping("A")
    with day.database.transaction(day.org_id) as tx:
        due = tx.conn.exec_driver_sql("SELECT evaluate_due_at FROM work_orders").scalar_one()
    assert due == day.clock.now()
    assert day.evaluate("J").technician == "A"


def test_a_later_slot_is_judged_from_where_people_will_be(day: Day) -> None:
    day.map(
        """
        A . . . . . B
        . . J . . . .
        """,
        step_m=1_000,
    )
    day.technician("A", home=True)
    day.technician("B", home=True)
    near_the_job = day.places["B"]
    day.ping("A", near_the_job)
    lead = day.auto_assign("J", slot="18:00-19:00")
    assert lead.technician == "A"
    assert lead.order.decision_id is not None


def test_the_previous_appointment_of_that_day_is_where_a_technician_comes_from(day: Day) -> None:
    day.map(
        """
        A J . . . B . K
        """,
        step_m=1_000,
    )
    day.technician("A", home=True)
    day.technician("B", home=True)
    day.lead("K", slot="15:00-16:00", assignee="A")
    lead = day.auto_assign("J", slot="18:00-19:00")
    assert (lead.technician, lead.ranked) == ("B", ["B", "A"])


def test_turning_the_trigger_on_takes_up_what_waited_for_it(day: Day) -> None:
    day.set(lead_auto_user_assignment="off")
    day.map("A . J", step_m=500)
    day.technician("A")
    assert day.auto_assign("J").order.pending_reason is PendingReason.AUTOMATION_OFF
    day.set(lead_auto_user_assignment="on")
    with day.database.transaction(day.org_id) as tx:
        settings_changed(tx, day.store_id)
        due = tx.conn.exec_driver_sql("SELECT evaluate_due_at FROM work_orders").scalar_one()
    assert due == day.clock.now()
    assert day.evaluate("J").technician == "A"
