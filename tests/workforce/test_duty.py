"""On and off duty: one open interval at most, however many ask at the same time."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import Connection, text

from geo_assign.core.errors import NotFoundError
from geo_assign.workforce.commands import deactivate_technician, end_duty, start_duty
from geo_assign.workforce.domain import InactiveError
from geo_assign.workforce.queries import get_technician
from tests.workforce.conftest import House


def test_duty_is_a_flag_an_interval_and_an_event(house: House, admin: Connection) -> None:
    technician = house.technician("ana", house.store("centre"))
    with house.database.transaction(house.org_id) as tx:
        assert start_duty(tx, technician.id)
        assert not start_duty(tx, technician.id)
        on_duty = get_technician(tx, house.system.scope, technician.id)
        assert on_duty.on_duty
        assert on_duty.duty_changed_at is not None
        assert on_duty.version == technician.version
    with house.database.transaction(house.org_id) as tx:
        assert end_duty(tx, technician.id)
        assert not end_duty(tx, technician.id)
    intervals = admin.execute(text("SELECT started_at, ended_at FROM duty_intervals")).all()
    assert [interval.ended_at > interval.started_at for interval in intervals] == [True]
    events = admin.execute(text("SELECT event_type, payload->>'on_duty' AS duty FROM outbox ORDER BY sequence")).all()
    assert events == [("technician.presence_changed", "true"), ("technician.presence_changed", "false")]


def test_an_unknown_technician_does_not_go_on_duty(house: House) -> None:
    for change in (start_duty, end_duty):
        with pytest.raises(NotFoundError), house.database.transaction(house.org_id) as tx:
            change(tx, uuid4())


def test_deactivating_ends_duty_for_good(house: House) -> None:
    technician = house.technician("ana", house.store("centre"))
    with house.database.transaction(house.org_id) as tx:
        start_duty(tx, technician.id)
    with house.database.transaction(house.org_id) as tx:
        assert not deactivate_technician(tx, house.system, technician.id).on_duty
    with pytest.raises(InactiveError), house.database.transaction(house.org_id) as tx:
        start_duty(tx, technician.id)


@pytest.mark.races
def test_at_the_same_moment_one_changes_it_and_the_others_find_it_done(house: House, admin: Connection) -> None:
    technician = house.technician("ana", house.store("centre"))

    def change(number: int) -> bool:
        command = start_duty if number % 2 else end_duty
        with house.database.transaction(house.org_id) as tx:
            return command(tx, technician.id)

    with ThreadPoolExecutor(8) as pool:
        changed = sum(pool.map(change, range(200)))
    intervals = admin.execute(
        text("SELECT started_at, ended_at FROM duty_intervals ORDER BY started_at, ended_at NULLS LAST")
    ).all()
    closed = [interval.ended_at for interval in intervals if interval.ended_at is not None]
    on_duty = admin.execute(text("SELECT on_duty FROM technicians")).scalar_one()
    assert changed == len(intervals) + len(closed)
    assert len(intervals) - len(closed) == int(on_duty)
    assert all(end <= later.started_at for end, later in zip(closed, intervals[1:], strict=False))
    assert admin.execute(text("SELECT count(*) FROM outbox")).scalar_one() == changed
