"""Technicians, groups, providers and staff: links, skills, scope."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import Connection, insert, text

from geo_assign.access.commands import NewUser
from geo_assign.access.domain import Role, TakenError
from geo_assign.access.tables import organizations
from geo_assign.core.db import Database
from geo_assign.core.errors import ForbiddenError, InvalidError, NotFoundError, StaleError
from geo_assign.workforce.commands import (
    NewGroup,
    NewProvider,
    NewTechnician,
    add_time_off,
    create_group,
    create_provider,
    create_staff,
    create_technician,
    deactivate_provider,
    deactivate_technician,
    remove_time_off,
    update_group,
    update_provider,
    update_staff,
    update_technician,
)
from geo_assign.workforce.domain import Duties, InUseError, TimeOff
from geo_assign.workforce.queries import (
    get_group,
    get_provider,
    get_technician,
    list_duties,
    list_groups,
    list_providers,
    list_technicians,
    list_time_off,
)
from tests.workforce.conftest import House


def test_skills_are_mirrored_the_other_way_round(house: House, admin: Connection) -> None:
    technician = house.technician("ana", house.store("centre"), skills=("screen", "oven", "screen"))
    assert technician.skills == ("oven", "screen")
    with house.database.transaction(house.org_id) as tx:
        update_technician(tx, house.system, technician.id, changes={"skills": ("tv", "screen")})
    rows = admin.execute(text("SELECT skill, technician_id FROM technician_skills ORDER BY skill")).all()
    assert rows == [("screen", technician.id), ("tv", technician.id)]


def test_hours_are_kept_as_written_and_as_minutes(house: House, admin: Connection) -> None:
    store = house.store("centre")
    hours = {"mon": [["09:00", "18:00"]]}
    technician = house.technician("ana", store, hours=hours)
    assert technician.hours == hours
    house.technician("always", store)
    covered = text("SELECT slug FROM technicians WHERE week_minutes IS NULL OR week_minutes @> int4range(540, 600)")
    assert set(admin.execute(covered).scalars()) == {"ana", "always"}
    with house.database.transaction(house.org_id) as tx:
        assert update_technician(tx, house.system, technician.id, changes={"hours": None}).hours is None


def test_a_technician_refers_to_what_is_there(house: House) -> None:
    store = house.store("centre")
    for wrong, pointer in (
        ({"store_id": uuid4()}, "/store_id"),
        ({"group_ids": (uuid4(),)}, "/group_ids/0"),
        ({"provider_id": uuid4()}, "/provider_id"),
        ({"hours": {"day": []}}, "/hours/day"),
    ):
        new = NewTechnician(**{"name": "Ana", "store_id": store.id, **wrong})  # type: ignore[arg-type]
        with pytest.raises(InvalidError) as refused, house.database.transaction(house.org_id) as tx:
            create_technician(tx, house.system, new)
        assert refused.value.errors[0].pointer == pointer


def test_two_technicians_do_not_share_an_address(house: House) -> None:
    store = house.store("centre")
    house.technician("ana", store, email="ana@example.com", password="seven-ladders-3")
    with pytest.raises(TakenError):
        house.technician("bo", store, email="ANA@example.com", password="seven-ladders-3")


def test_an_edit_of_an_old_version_is_refused(house: House) -> None:
    technician = house.technician("ana", house.store("centre"))
    with house.database.transaction(house.org_id) as tx:
        update_technician(tx, house.system, technician.id, changes={"name": "Anna"}, version=1)
    with pytest.raises(StaleError) as stale, house.database.transaction(house.org_id) as tx:
        update_technician(tx, house.system, technician.id, changes={"name": "Anja"}, version=1)
    assert stale.value.facts["current"].name == "Anna"


def test_a_store_administrator_manages_the_users_of_own_stores(house: House) -> None:
    mine, other = house.store("mine"), house.store("other")
    caller = house.store_administrator(mine)
    stranger = house.technician("stranger", other)
    with house.database.transaction(house.org_id) as tx:
        ana = create_technician(tx, caller, NewTechnician(name="Ana", store_id=mine.id))
        assert [seen.id for seen in list_technicians(tx, caller.scope).items] == [ana.id]
        assert update_technician(tx, caller, ana.id, changes={"skills": ("x",)}).skills == ("x",)
        with pytest.raises(InvalidError):
            update_technician(tx, caller, ana.id, changes={"store_id": other.id})
        with pytest.raises(InvalidError):
            create_technician(tx, caller, NewTechnician(name="Bo", store_id=other.id))
        with pytest.raises(NotFoundError):
            deactivate_technician(tx, caller, stranger.id)


def test_dispatchers_see_their_groups_and_the_union_of_two(house: House) -> None:
    centre, north = house.store("centre"), house.store("north")
    phones, ovens = house.group("phones", centre), house.group("ovens", north)
    house.technician("ana", centre, group_ids=(phones.id,))
    house.technician("bo", north, group_ids=(ovens.id,))
    house.technician("cy", centre)
    one, both = house.dispatcher(phones), house.dispatcher(phones, ovens)
    with house.database.transaction(house.org_id) as tx:
        assert [seen.slug for seen in list_technicians(tx, one.scope).items] == ["ana"]
        assert [seen.slug for seen in list_technicians(tx, both.scope).items] == ["ana", "bo"]
        assert [seen.slug for seen in list_groups(tx, one.scope).items] == ["phones"]
        assert [seen.slug for seen in list_technicians(tx, both.scope, group_id=ovens.id).items] == ["bo"]
        assert [seen.slug for seen in list_technicians(tx, both.scope, store_id=centre.id).items] == ["ana"]
        with pytest.raises(NotFoundError):
            get_group(tx, one.scope, ovens.id)
        with pytest.raises(ForbiddenError):
            update_group(tx, one, phones.id, changes={"name": "x"})
        with pytest.raises(ForbiddenError):
            create_group(tx, one, NewGroup(name="New", store_id=centre.id))


def test_providers_are_seen_through_their_groups(house: House) -> None:
    centre, north = house.store("centre"), house.store("north")
    phones, ovens = house.group("phones", centre), house.group("ovens", north)
    caller = house.store_administrator(centre)
    with house.database.transaction(house.org_id) as tx:
        mine = create_provider(tx, caller, NewProvider(name="Mine", group_ids=(phones.id,)))
        shared = create_provider(tx, house.system, NewProvider(name="Shared", group_ids=(phones.id, ovens.id)))
        other = create_provider(tx, house.system, NewProvider(name="Other", group_ids=(ovens.id,)))
        assert [seen.name for seen in list_providers(tx, caller.scope).items] == ["Mine", "Shared"]
        until = datetime(2030, 1, 1, tzinfo=UTC)
        assert update_provider(tx, caller, mine.id, changes={"valid_until": until}).valid_until == until
        with pytest.raises(ForbiddenError):
            update_provider(tx, caller, shared.id, changes={"name": "Taken over"})
        with pytest.raises(NotFoundError):
            get_provider(tx, caller.scope, other.id)
        for group_ids in ((), (ovens.id,)):
            with pytest.raises(InvalidError):
                create_provider(tx, caller, NewProvider(name="New", group_ids=group_ids))


def test_a_provider_with_staff_is_not_dropped(house: House) -> None:
    with house.database.transaction(house.org_id) as tx:
        provider = create_provider(tx, house.system, NewProvider(name="Fixers"))
    technician = house.technician("ana", house.store("centre"), provider_id=provider.id)
    with pytest.raises(InUseError), house.database.transaction(house.org_id) as tx:
        deactivate_provider(tx, house.system, provider.id)
    with house.database.transaction(house.org_id) as tx:
        deactivate_technician(tx, house.system, technician.id)
        assert not deactivate_provider(tx, house.system, provider.id).active


def test_duties_are_exactly_those_given(house: House) -> None:
    store, other = house.store("centre"), house.store("other")
    new = NewUser(email="sa@example.com", name="Sa", role=Role.STORE_ADMINISTRATOR)
    with house.database.transaction(house.org_id) as tx:
        user = create_staff(tx, house.system, new, duties=Duties(store_ids=(store.id,)))
        update_staff(tx, house.system, user.id, changes={"store_ids": (other.id,)})
        assert list_duties(tx, [user.id])[user.id] == Duties(store_ids=(other.id,))
        update_staff(tx, house.system, user.id, changes={"name": "Sam"})
        assert list_duties(tx, [user.id])[user.id] == Duties(store_ids=(other.id,))
        update_staff(tx, house.system, user.id, changes={"role": Role.DISPATCHER})
        assert list_duties(tx, [user.id])[user.id] == Duties()
        with pytest.raises(InvalidError):
            update_staff(tx, house.system, user.id, changes={"store_ids": (store.id,)})


def test_time_off_belongs_to_a_technician_in_scope(house: House) -> None:
    mine, other = house.store("mine"), house.store("other")
    caller = house.store_administrator(mine)
    ana, stranger = house.technician("ana", mine), house.technician("stranger", other)
    start, end = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 8, tzinfo=UTC)
    with house.database.transaction(house.org_id) as tx:
        span = add_time_off(tx, caller, TimeOff(uuid4(), ana.id, start, end, "Holiday"))
        assert list_time_off(tx, ana.id) == [span]
        with pytest.raises(InvalidError):
            add_time_off(tx, caller, TimeOff(uuid4(), ana.id, end, start, None))
        with pytest.raises(NotFoundError):
            add_time_off(tx, caller, TimeOff(uuid4(), stranger.id, start, end, None))
        with pytest.raises(NotFoundError):
            remove_time_off(tx, house.system, stranger.id, time_off_id=span.id)
        remove_time_off(tx, caller, ana.id, time_off_id=span.id)
        assert list_time_off(tx, ana.id) == []


def test_organizations_do_not_see_each_other(house: House, database: Database) -> None:
    store = house.store("centre")
    technician = house.technician("ana", store)
    other = House(database, uuid4())
    with database.transaction(other.org_id) as tx:
        tx.conn.execute(insert(organizations).values(org_id=other.org_id, slug="other", name="Other"))
        assert list_technicians(tx, other.system.scope).items == []
        with pytest.raises(NotFoundError):
            get_technician(tx, other.system.scope, technician.id)
        with pytest.raises(InvalidError):
            create_technician(tx, other.system, NewTechnician(name="Spy", store_id=store.id))
