"""Other settings tried on the last days: who would have been sent instead, and how far."""

from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.db import Tx
from geo_assign.matching import queries
from geo_assign.matching.domain import Question
from geo_assign.matching.queries import list_near_then
from geo_assign.receipts import settings_preview as module
from geo_assign.receipts.settings_preview import Pick, SettingsPreview, preview_settings
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workforce.store_settings import StoreSettings
from geo_assign.workorders.domain import State
from tests.day import Day
from tests.snapshots import begun_once


def tried(day: Day, *, days: int = 7, **settings: object) -> SettingsPreview:
    """What the store's settings with these changes would have made of the last days."""
    other = StoreSettings(**{**day.settings, **settings})  # type: ignore[arg-type]
    with day.database.transaction(day.org_id) as tx:
        present = get_store_rules(tx, EVERYTHING, day.store_id).settings
        return preview_settings(tx, day.store_id, present=present, other=other, days=days)


def who(day: Day, pick: Pick | None) -> str | None:
    return None if pick is None else day.letter(pick.technician_id)


@pytest.fixture
@begun_once
def morning(day: Day) -> Day:
    """J was offered to A, whose last ping was four minutes old; B pinged just now, twice as far. K had no candidate."""
    day.set(radius_m=5_000)
    day.map("J . A . . B" + " ." * 20 + " K", step_m=500)
    day.technician("A", last_ping="4 min ago")
    day.technician("B")
    day.later("1 s")
    assert day.lead("J").technician == "A"
    day.later("1 s")
    assert day.lead("K").state is State.PENDING
    day.accept("A", day.offer("J"))
    return day


def test_the_same_settings_change_nothing(morning: Day) -> None:
    morning.later("2 h")
    found = tried(morning)
    assert (found.examined, found.compared, found.changed) == (2, 2, ())
    assert (found.found_instead, found.lost_instead, found.not_reproduced) == (0, 0, 0)
    assert found.old == found.new


def test_fresher_positions_would_have_sent_another_technician(morning: Day) -> None:
    # What happened since does not matter: the past is asked as it was.
    morning.later("2 h")
    morning.off_duty("B")
    found = tried(morning, freshness_s=60)
    assert [(who(morning, one.old), who(morning, one.new)) for one in found.changed] == [("A", "B")]
    assert found.changed[0].work_order_id == morning.jobs["J"]
    assert found.old.mean_m == pytest.approx(1_000, rel=0.01)
    assert found.new.median_m == pytest.approx(2_500, rel=0.01)


def test_a_wider_radius_would_have_found_a_technician_for_waiting_work(morning: Day) -> None:
    found = tried(morning, radius_m=50_000)
    assert (found.found_instead, found.lost_instead) == (1, 0)
    assert [(who(morning, one.old), who(morning, one.new)) for one in found.changed] == [(None, "B")]
    assert (found.old.found, found.new.found) == (1, 2)


def test_a_narrower_one_would_have_left_them_waiting(morning: Day) -> None:
    found = tried(morning, radius_m=500)
    assert (found.found_instead, found.lost_instead) == (0, 1)
    assert [who(morning, one.new) for one in found.changed] == [None]
    assert found.new == module.Side(found=0, mean_m=None, median_m=None, acceptance=None)


def test_automation_switched_off_decides_nothing(morning: Day) -> None:
    assert tried(morning, lead_auto_user_assignment="off").lost_instead == 1


def test_acceptance_is_estimated_from_how_they_answered(morning: Day) -> None:
    # A accepted the only offer; B was never asked.
    assert tried(morning).old.acceptance == 1.0
    assert tried(morning, freshness_s=60).new.acceptance is None


def test_a_longer_way_before_each_visit_is_judged_by_the_bookings_of_then(day: Day) -> None:
    day.map("J A . B", step_m=500)
    day.technician("A", booked="12:30-13:00")
    day.technician("B")
    day.later("1 s")
    assert day.lead("J", slot="13:15-14:15").technician == "A"
    found = tried(day, travel_buffer_minutes=30)
    assert [(who(day, one.old), who(day, one.new)) for one in found.changed] == [("A", "B")]


def test_where_everyone_was_is_asked_once_for_both(morning: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Question, ...]] = []

    def near(tx: Tx, *questions: Question) -> dict[UUID, float]:
        asked.append(questions)
        return list_near_then(tx, *questions)

    def refused(*_: object) -> dict[UUID, float]:
        raise AssertionError("asked again")

    monkeypatch.setattr(module, "list_near_then", near)
    monkeypatch.setattr(queries, "list_near_then", refused)
    assert tried(morning, freshness_s=60).compared == 2
    assert [len(questions) for questions in asked] == [2, 2]


def test_settings_that_decide_later_are_named(morning: Day) -> None:
    found = tried(morning, lead_time_tat_minutes=3, collect_seconds=5, radius_m=4_000)
    assert found.not_judged == ("collect_seconds", "lead_time_tat_minutes")


def test_only_the_last_days_count(morning: Day) -> None:
    morning.later("2 d")
    assert tried(morning, days=1).examined == 0
    assert tried(morning, days=3).examined == 2


def test_a_track_that_is_gone_is_counted_and_not_guessed(morning: Day, admin: Connection) -> None:
    admin.execute(text("DROP TABLE position_track_20260520"))
    found = tried(morning, radius_m=50_000)
    assert (found.compared, found.track_expired, found.changed) == (0, 2, ())


def test_what_does_not_come_out_again_is_left_out(morning: Day) -> None:
    # A left since, at a time that is not recorded: A cannot come out first again.
    with morning.database.transaction(morning.org_id) as tx:
        values = {"org_id": tx.org_id, "id": morning.people["A"]}
        tx.conn.execute(text("UPDATE technicians SET active = false WHERE org_id = :org_id AND id = :id"), values)
    found = tried(morning, radius_m=50_000)
    assert (found.not_reproduced, found.compared) == (1, 1)


def test_it_looks_at_the_latest_and_says_when_there_are_more(morning: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_DECISIONS", 1)
    found = tried(morning, radius_m=50_000)
    assert (found.examined, found.truncated) == (1, True)
    # The latest is K, which found no technician.
    assert found.found_instead == 1


def test_when_the_time_is_over_it_says_so_too(morning: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_S", -1.0)
    found = tried(morning)
    assert (found.examined, found.truncated) == (0, True)
