"""Recording, against the real database: what is written, what a retry finds, who has returned."""

from datetime import timedelta
from uuid import uuid4

import pytest

from geo_assign.core.clock import DatabaseClock
from geo_assign.positions.commands import record
from geo_assign.positions.domain import Batch, UnknownTechnicianError
from tests.positions.conftest import NOON, RETENTION, Fleet, ping, seconds, verdicts_of

HOUR = timedelta(hours=1)


def test_what_is_accepted_is_in_the_track_and_the_newest_is_current(fleet: Fleet) -> None:
    ana = fleet.technician()
    sent = ping(-5, north_m=30, speed_mps=4.5, heading_deg=90.0, battery=0.5, event="motion")
    assert fleet.send(ana, sent, ping(-20)) == ["accepted", "accepted"]

    current = fleet.current(ana)
    assert (current.recorded_at, current.used_at, current.received_at) == (NOON - seconds(5), NOON - seconds(5), NOON)
    assert (current.heard_at, current.changed_at, current.device) == (NOON, NOON, "phone")
    assert (current.lat, current.lon, current.accuracy_m) == (sent.lat, sent.lon, 8.0)
    assert (current.speed_mps, current.heading_deg, current.battery) == (4.5, 90.0, 0.5)
    older, newest = fleet.track(ana)
    assert older.recorded_at == NOON - seconds(20)
    assert (newest.recorded_at, newest.speed_mps, newest.event, newest.flags) == (NOON - seconds(5), 4.5, "motion", [])
    assert (older.event, older.speed_mps) == (None, None)


@pytest.mark.parametrize("wrong", [-1.0, 1e300, 3_000.0])
def test_a_measurement_that_cannot_be_is_unknown(fleet: Fleet, wrong: float) -> None:
    ana = fleet.technician()
    assert fleet.send(ana, ping(speed_mps=wrong, heading_deg=wrong, battery=wrong)) == ["accepted"]
    current = fleet.current(ana)
    assert (current.speed_mps, current.heading_deg, current.battery) == (None, None, None)


def test_times_are_kept_to_the_microsecond(fleet: Fleet) -> None:
    ana = fleet.technician()
    recorded_at = NOON - timedelta(microseconds=123_457)
    fleet.send(ana, ping(recorded_at=recorded_at))
    assert fleet.current(ana).recorded_at == recorded_at


def test_a_retry_is_a_duplicate_and_changes_nothing(fleet: Fleet) -> None:
    ana = fleet.technician()
    batch = [ping(-20), ping(-10), ping(-5, north_m=40)]
    fleet.send(ana, *batch)
    before = fleet.current(ana)
    assert fleet.at(30).send(ana, *batch) == ["duplicate"] * 3
    assert len(fleet.track(ana)) == 3
    after = fleet.current(ana)
    assert (after.used_at, after.changed_at) == (before.used_at, before.changed_at)
    assert after.heard_at == NOON + seconds(30)


def test_a_late_upload_fills_the_track_and_leaves_the_marker(fleet: Fleet) -> None:
    ana = fleet.technician()
    fleet.send(ana, ping(-5))
    assert fleet.at(1).send(ana, ping(-60, north_m=500), ping(-5), ping(-30)) == ["late", "duplicate", "late"]
    assert fleet.current(ana).recorded_at == NOON - seconds(5)
    assert len(fleet.track(ana)) == 3


@pytest.mark.parametrize("ahead_s", [0.3, 9.0, 3_600.0, 40 * 86_400.0])
def test_a_ping_whose_clock_was_ahead_is_a_duplicate_when_sent_again(fleet: Fleet, ahead_s: float) -> None:
    """Its time used differs at each try: the track's key alone would not tell."""
    ana = fleet.technician()
    first = fleet.send(ana, ping(ahead_s))
    assert first[0].startswith("accepted")
    fleet.at(20).send(ana, ping(ahead_s + 15, north_m=60))
    for later_s in (21, 86_400 - 1):
        assert fleet.at(later_s).send(ana, ping(ahead_s)) == ["duplicate"]
    assert len(fleet.track(ana)) == 2
    assert fleet.current(ana).recorded_at == NOON + seconds(ahead_s + 15)


def test_a_repetition_from_one_phone_does_not_move_back_what_another_moved_on(fleet: Fleet) -> None:
    ana = fleet.technician()
    fleet.send(ana, ping(3_600), device="fast clock")
    fleet.at(600).send(ana, ping(600, north_m=900), device="right clock")
    assert fleet.at(1_200).send(ana, ping(3_600), device="fast clock") == ["duplicate"]
    current = fleet.current(ana)
    assert (current.device, current.used_at) == ("right clock", NOON + seconds(600))


def test_a_future_ping_never_freezes_the_marker(fleet: Fleet) -> None:
    ana = fleet.technician()
    assert fleet.send(ana, ping(86_400 * 365)) == ["accepted+clock_ahead"]
    assert fleet.current(ana).used_at == NOON
    assert fleet.at(15).send(ana, ping(15, north_m=100)) == ["accepted"]
    assert fleet.current(ana).recorded_at == NOON + seconds(15)


def test_a_ping_belongs_to_the_duty_of_its_own_time(fleet: Fleet) -> None:
    ana = fleet.technician((NOON - 9 * HOUR, NOON - 8 * HOUR), (NOON - 3 * HOUR, NOON - HOUR))
    sent = [ping(-hours * 3_600) for hours in (10, 8.5, 8, 4, 3, 2, 1, 0)]
    refused = "rejected:off_duty"
    assert fleet.send(ana, *sent) == [
        refused, "accepted", refused, refused, "accepted", "accepted", refused, refused
    ]  # fmt: skip
    assert fleet.current(ana).recorded_at == NOON - 2 * HOUR


def test_off_duty_nothing_is_stored_at_all(fleet: Fleet) -> None:
    ana = fleet.technician((NOON - 3 * HOUR, NOON - HOUR))
    assert fleet.send(ana, ping(), ping(-1, lat=95.0)) == ["rejected:off_duty", "rejected:out_of_range"]
    assert fleet.current(ana) is None
    assert fleet.track(ana) == []


def test_who_was_never_on_duty_has_no_track(fleet: Fleet) -> None:
    ana = fleet.technician((NOON + HOUR, None))
    assert fleet.send(ana, ping(), ping(60)) == ["rejected:off_duty", "rejected:off_duty"]


def test_older_than_the_retention_is_too_old(fleet: Fleet) -> None:
    ana = fleet.technician((NOON - timedelta(days=30), None))
    edge = -RETENTION.total_seconds()
    assert fleet.send(ana, ping(edge - 1), ping(edge)) == ["rejected:too_old", "accepted"]


def test_the_store_s_settings_decide_about_mock_locations(fleet: Fleet) -> None:
    ana = fleet.technician()
    assert fleet.send(ana, ping(-30, mock=True)) == ["accepted+mock_location"]
    assert fleet.current(ana).mock
    fleet.settings(mock_positions="allow")
    assert fleet.send(ana, ping(-20, mock=True)) == ["accepted"]
    assert not fleet.current(ana).mock
    fleet.settings(mock_positions="refuse")
    assert fleet.send(ana, ping(-10, mock=True)) == ["rejected:mock_location"]
    assert [row.mock for row in fleet.track(ana)] == [True, True]


def test_a_jump_is_remembered_between_requests_and_cleared_by_the_next(fleet: Fleet) -> None:
    ana = fleet.technician()
    fleet.send(ana, ping(-30))
    assert fleet.send(ana, ping(-20, north_m=30_000)) == ["accepted+implausible_jump"]
    jumped = fleet.current(ana)
    assert (jumped.implausible, jumped.flags, jumped.plausible_at) == (True, ["implausible_jump"], NOON - seconds(30))
    assert fleet.send(ana, ping(-10, north_m=30_100)) == ["accepted"]
    cleared = fleet.current(ana)
    assert (cleared.implausible, cleared.plausible_at) == (False, NOON - seconds(10))


def test_many_technicians_and_devices_in_one_transaction(fleet: Fleet) -> None:
    ana, bo, cy = fleet.technician(), fleet.technician(), fleet.technician((NOON - 2 * HOUR, NOON - HOUR))
    recorded = fleet.record(
        Batch(bo, "phone", [ping(-3), ping(-9)]),
        Batch(ana, "phone", [ping(-10)]),
        Batch(cy, "phone", [ping(-1)]),
        Batch(ana, "tablet", [ping(-10, north_m=5), ping(-12, north_m=9, lat=95.0)]),
        Batch(ana, "phone", [ping(-10), ping(-8)]),
    )
    assert [verdicts_of(batch.results) for batch in recorded.batches] == [
        ["accepted", "accepted"],
        ["accepted"],
        ["rejected:off_duty"],
        ["accepted", "rejected:out_of_range"],
        ["duplicate", "accepted"],
    ]
    assert set(recorded.returned) == {ana, bo}
    assert recorded.received_at == NOON
    assert fleet.current(ana).recorded_at == NOON - seconds(8)


def test_an_unknown_technician_is_refused_and_writes_nothing(fleet: Fleet) -> None:
    ana = fleet.technician()
    with pytest.raises(UnknownTechnicianError):
        fleet.record(Batch(ana, "phone", [ping()]), Batch(uuid4(), "phone", [ping()]))
    assert fleet.current(ana) is None


def test_a_technician_of_another_organization_does_not_exist(fleet: Fleet) -> None:
    ana = fleet.technician()
    with fleet.database.transaction(uuid4()) as tx, pytest.raises(UnknownTechnicianError):
        record(tx, [Batch(ana, "phone", [ping()])], retention=RETENTION)


def test_returned_says_who_became_available_again(fleet: Fleet) -> None:
    fleet.settings(freshness_s=60)
    ana = fleet.technician()

    def returned(at_s: float, **changes: float) -> bool:
        return fleet.at(at_s).record(Batch(ana, "phone", [ping(at_s, **changes)])).returned == [ana]

    assert returned(0)
    assert not returned(60)
    assert returned(121)
    assert not returned(130, north_m=20_000)
    assert returned(140, north_m=20_100)


def test_the_wanted_interval_follows_duty_speed_and_freshness(fleet: Fleet) -> None:
    def interval(technician_id: object, **changes: float) -> int:
        sent = [ping(**changes)]
        return fleet.record(Batch(technician_id, "phone", sent)).batches[0].next_interval_s  # type: ignore[arg-type]

    assert interval(fleet.technician()) == 30
    assert interval(fleet.technician(), speed_mps=9.0) == 15
    assert interval(fleet.technician((NOON - HOUR, NOON))) == 300
    fleet.settings(freshness_s=21)
    assert interval(fleet.technician()) == 7


def test_the_database_s_clock_is_the_receive_time(fleet: Fleet) -> None:
    ana = fleet.technician()
    fleet.database.clock = DatabaseClock()
    with fleet.begin() as tx:
        before = tx.now()
        fleet.admin.exec_driver_sql("SELECT ensure_track_partitions(current_date, current_date + 1)")
    assert fleet.send(ana, ping(recorded_at=before)) == ["accepted"]
    current = fleet.current(ana)
    assert current.used_at == before <= current.received_at


def test_a_day_without_a_partition_fails_and_leaves_nothing(fleet: Fleet) -> None:
    ana = fleet.technician((NOON - timedelta(days=2), None))
    fleet.admin.exec_driver_sql("SELECT drop_track_partitions('2026-05-21')")
    with pytest.raises(Exception, match="no partition"):
        fleet.send(ana, ping(), ping(-86_400))
    assert fleet.current(ana) is None


def test_the_second_in_which_duty_began_is_kept_once(fleet: Fleet) -> None:
    ana = fleet.technician((NOON - seconds(9.4), None))
    sent = Batch(ana, "phone", [ping(-10), ping(-9.2)])
    for verdict in ("accepted", "duplicate"):
        (answered,) = fleet.record(sent).batches
        assert verdicts_of(answered.results) == [verdict] * 2
    assert [row.used_at for row in fleet.track(ana)] == [NOON - seconds(9.4), NOON - seconds(9.2)]
