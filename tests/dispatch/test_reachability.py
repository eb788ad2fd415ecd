"""Silent devices: when they went silent, why, and which leads passed their technicians by meanwhile."""

from datetime import timedelta
from uuid import UUID

import pytest

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.paging import Page
from geo_assign.matching.reachability import ReachabilityQuestion, silence_statement
from geo_assign.matching.roster import RosterQuestion, list_roster
from geo_assign.receipts.missed import MISSED, SilenceAndWork, list_silences_and_work
from geo_assign.receipts.queries import get_decision
from geo_assign.workforce.commands import say_silence
from geo_assign.workforce.domain import SilenceReason
from tests.day import Day
from tests.plans import explain, index_names, rows_read

HOURS = timedelta(hours=12)


def look(day: Day, scope: Scope = EVERYTHING, *, limit: int = 50, cursor: str | None = None) -> Page[SilenceAndWork]:
    with day.database.transaction(day.org_id) as tx:
        at = day.clock.now()
        question = ReachabilityQuestion(at=at, since=at - HOURS, limit=limit, cursor=cursor)
        return list_silences_and_work(tx, scope, question)


def say(day: Day, letter: str, reason: SilenceReason) -> None:
    with day.database.transaction(day.org_id) as tx:
        say_silence(tx, day.people[letter], reason)


def told(day: Day) -> list[tuple[str, str | None, str | None, list[str]]]:
    """Each silence in short: who, what ended it, why, and the numbers of what passed by."""
    return [
        (
            day.letter(one.silence.technician_id),
            one.silence.ended_by,
            one.silence.reason,
            [order.number for order in one.missed],
        )
        for one in look(day).items
    ]


def keep_hearing(day: Day, letter: str) -> None:
    """Twenty minutes later this technician alone was heard from, twice."""
    for _ in range(2):
        day.later("10 min")
        day.ping(letter)


def test_who_is_heard_from_is_not_listed_and_who_is_silent_is(pair: Day) -> None:
    pair.later("15 min")
    pair.ping("B")
    assert told(pair) == []
    pair.later("1 min")
    assert told(pair) == [("A", None, None, [])]


def test_duty_without_a_position_is_silent_from_its_beginning(day: Day) -> None:
    day.map("A", step_m=500)
    day.technician("A", last_ping=None)
    begun = day.clock.now()
    day.later("20 min")
    (one,) = look(day).items
    assert (one.silence.began_at, one.silence.ended_at) == (begun, None)


def test_what_the_app_said_counts_until_the_next_position(pair: Day) -> None:
    say(pair, "A", SilenceReason.PERMISSION)
    pair.later("16 min")
    assert {who: why for who, _, why, _ in told(pair)} == {"A": "permission", "B": None}
    pair.ping("A")
    pair.later("16 min")
    assert {who: why for who, end, why, _ in told(pair) if end is None} == {"A": None, "B": None}
    assert [(who, end, why) for who, end, why, _ in told(pair) if end] == [("A", "heard", "permission")]


@pytest.mark.parametrize("reason", list(SilenceReason))
def test_the_excluded_and_the_roster_tell_why(pair: Day, reason: SilenceReason) -> None:
    say(pair, "A", reason)
    pair.later("40 min")
    outcome = pair.auto_assign("J")
    with pair.database.transaction(pair.org_id) as tx:
        assert outcome.order.decision_id is not None
        decision = get_decision(tx, EVERYTHING, outcome.order.decision_id)
        roster = list_roster(tx, EVERYTHING, RosterQuestion(at=pair.clock.now(), limit=10))
    details = {
        pair.letter(UUID(str(person["technician_id"]))): [
            reason["detail"] for reason in person["reasons"] if reason["code"] == "offline"
        ]
        for person in decision.excluded
    }
    assert details["B"] == ["the device was last heard from 40 min ago"]
    (detail,) = details["A"]
    assert detail.startswith("the device was last heard from 40 min ago: ")
    assert {line.name: line.silence_reason for line in roster.items} == {"A": reason, "B": None}


def test_leads_that_passed_by_are_listed_once_with_their_latest_receipt(pair: Day) -> None:
    keep_hearing(pair, "B")
    pair.auto_assign("J")
    pair.later("5 min")
    assert [(who, numbers) for who, _, _, numbers in told(pair)] == [("A", ["L-0001"])]
    (one,) = look(pair).items
    assert one.missed[0].codes == ["offline", "stale_position"]
    pair.ping("A")
    assert [(who, end, numbers) for who, end, _, numbers in told(pair)] == [("A", "heard", ["L-0001"])]


def test_a_lead_that_would_have_passed_by_anyway_was_not_missed(day: Day) -> None:
    day.map("A . J . . B", step_m=500)
    day.technician("A", hours={"sun": [["01:00", "01:01"]]})
    day.technician("B")
    keep_hearing(day, "B")
    day.auto_assign("J")
    assert [(who, numbers) for who, _, _, numbers in told(day)] == [("A", [])]


def test_a_lead_before_or_after_the_silence_is_not_of_it(pair: Day) -> None:
    pair.auto_assign("J")
    pair.later("30 min")
    pair.ping("A")
    pair.ping("B")
    pair.later("1 min")
    pair.evaluate("J", forced=True)
    assert {who: numbers for who, _, _, numbers in told(pair)} == {"A": [], "B": []}


def test_going_off_duty_ends_a_silence_and_the_next_duty_begins_anew(pair: Day) -> None:
    pair.later("20 min")
    pair.ping("B")
    pair.off_duty("A")
    pair.later("60 min")
    pair.ping("B")
    pair.on_duty("A")
    pair.later("5 min")
    assert [(who, end) for who, end, _, _ in told(pair) if who == "A"] == [("A", "off_duty")]
    pair.ping("A")
    assert [(who, end) for who, end, _, _ in told(pair) if who == "A"] == [("A", "off_duty")]


def test_pages_neither_skip_nor_repeat(day: Day) -> None:
    day.map("A B C D E", step_m=500)
    for letter in "ABCDE":
        day.technician(letter)
    for _ in range(3):
        day.later("20 min")
        for letter in "ABCD":
            day.ping(letter)
    whole = [(one.silence.technician_id, one.silence.began_at) for one in look(day).items]
    assert len(whole) == 13
    seen: list[tuple[UUID, object]] = []
    cursor = None
    while True:
        page = look(day, limit=4, cursor=cursor)
        seen += [(one.silence.technician_id, one.silence.began_at) for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == whole


def test_only_technicians_of_the_scope_are_listed(day: Day) -> None:
    day.map("A B", step_m=500)
    day.technician("A", group="phones")
    day.technician("B")
    day.later("20 min")
    seen = look(day, Scope(group_ids=frozenset({day.groups["phones"]})))
    assert [day.letter(one.silence.technician_id) for one in seen.items] == ["A"]
    assert look(day, Scope(group_ids=frozenset({day.org_id}))).items == []


def test_receipts_are_found_by_their_time(pair: Day) -> None:
    for _ in range(30):
        pair.auto_assign("J")
        pair.later("10 min")
    at = pair.clock.now()
    values = {"org_id": pair.org_id, "begin": at - timedelta(minutes=25), "end": at}
    asked = values | {"technicians": [str(one) for one in pair.people.values()]}
    with pair.database.transaction(pair.org_id) as tx:
        tx.raw.execute("SET LOCAL enable_seqscan = off")
        plan = explain(tx, MISSED, asked)
        assert index_names(plan) == {"decisions_automatic_idx"}
        assert rows_read(plan, "decisions") <= 3
        of_silences = silence_statement(everything=True, goes_on=False)
        given = {"store_ids": None, "group_id": None, "last_at": None, "last_id": None, "fetch": 50, "scope_stores": []}
        given |= {"org_id": pair.org_id, "at": at, "since": at - HOURS, "unheard_since": at, "scope_groups": []}
        used = index_names(explain(tx, of_silences, given))
    assert "silences_ended_at_idx" in used
    assert any(name.startswith("current_positions") for name in used)
