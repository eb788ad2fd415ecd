"""Questions to the ranking in a few words: who could come to a job at a slot, and what excludes the others."""

from dataclasses import replace
from typing import Any

from geo_assign.access.domain import Scope
from geo_assign.matching.domain import Candidate, Question, Slot
from geo_assign.matching.queries import explain_each, explain_one, rank
from geo_assign.matching.questions import question_for_order, question_for_point
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workorders.queries import get_work_order
from tests.day import Day

EVERYTHING = Scope(everything=True)


def asked(day: Day, job: str, slot: str | None = None, **changes: Any) -> Question:
    """A question about the place of a job; a job that was posted is asked about as the work order that it is."""
    with day.database.transaction(day.org_id) as tx:
        rules, at = get_store_rules(tx, EVERYTHING, day.store_id), tx.now()
        when = None if slot is None else Slot(*day.slot(slot))
        if job in day.jobs:
            order = get_work_order(tx, EVERYTHING, day.jobs[job])
            if when is not None:
                order = replace(order, slot_start=when.start, slot_end=when.end, slot_is_fixed=True)
            found = question_for_order(order, rules, at=at, needs_duty=False, limit=9)
        else:
            place = day.places[job]
            found = question_for_point(
                place, at=at, scope=EVERYTHING, slot=when, rules=rules, freshness_s=300.0, limit=9
            )
    return replace(found, **changes)


def ranked(day: Day, question: Question) -> dict[str, Candidate]:
    """The candidates by letter, the first one first."""
    with day.database.transaction(day.org_id) as tx:
        return {day.letter(one.technician_id): one for one in rank(tx, question).candidates}


def reasons(day: Day, question: Question, letter: str) -> set[str]:
    """The codes that exclude one technician; the ranking has to agree, and so has the statement about several."""
    person = day.people[letter]
    with day.database.transaction(day.org_id) as tx:
        found = explain_one(tx, question, person)
        several = explain_each(tx, question, [person])
        candidates = {one.technician_id for one in rank(tx, question).candidates}
    assert found is not None
    assert found == several[person]
    assert (person in candidates) == (not found.reasons), "the ranking and its reasons disagree"
    return {reason.code.value for reason in found.reasons}
