"""Stores and their settings; where technicians start from follows their store."""

import pytest
from pydantic import ValidationError
from sqlalchemy import Connection, text

from geo_assign.access.domain import TakenError
from geo_assign.core.errors import ForbiddenError, NotFoundError, StaleError
from geo_assign.core.geo import Point
from geo_assign.workforce.commands import (
    NewStore,
    create_store,
    deactivate_store,
    set_store_settings,
    update_store,
    update_technician,
)
from geo_assign.workforce.domain import InUseError
from geo_assign.workforce.local_time import UnknownTimezoneError
from geo_assign.workforce.queries import get_store, get_technician, list_stores
from geo_assign.workforce.store_settings import StoreSettings, load_settings
from tests.workforce.conftest import House

ELSEWHERE = Point(lat=40.0, lon=-7.5)


def test_a_store_gets_a_slug_from_its_name(house: House) -> None:
    new = NewStore(name="São João & Sons", timezone="Europe/Lisbon", location=ELSEWHERE)
    with house.database.transaction(house.org_id) as tx:
        store = create_store(tx, house.system, new)
    assert store.slug == f"s-o-jo-o-sons-{store.id.hex[-8:]}"


def test_a_slug_is_taken_once(house: House) -> None:
    house.store("centre")
    with pytest.raises(TakenError):
        house.store("centre")


def test_the_zone_must_exist(house: House) -> None:
    with pytest.raises(UnknownTimezoneError):
        house.store("centre", timezone="Europe/Nowhere")


def test_technicians_without_a_home_move_with_their_store(house: House) -> None:
    store = house.store("centre")
    mobile = house.technician("mobile", store)
    settled = house.technician("settled", store, home=Point(lat=41.5, lon=-8.5))
    with house.database.transaction(house.org_id) as tx:
        update_store(tx, house.system, store.id, changes={"location": ELSEWHERE})
        assert get_technician(tx, house.system.scope, mobile.id).base == ELSEWHERE
        assert get_technician(tx, house.system.scope, settled.id).base == settled.home


def test_a_home_that_is_given_and_taken_away_moves_the_base(house: House) -> None:
    store = house.store("centre")
    technician = house.technician("ana", store)
    assert technician.base == store.location
    with house.database.transaction(house.org_id) as tx:
        at_home = update_technician(tx, house.system, technician.id, changes={"home": ELSEWHERE})
        assert at_home.base == ELSEWHERE
        assert update_technician(tx, house.system, technician.id, changes={"home": None}).base == store.location


def test_a_store_in_use_is_not_closed(house: House) -> None:
    store, empty = house.store("centre"), house.store("empty")
    house.technician("ana", store)
    with house.database.transaction(house.org_id) as tx:
        assert not deactivate_store(tx, house.system, empty.id).active
    with pytest.raises(InUseError), house.database.transaction(house.org_id) as tx:
        deactivate_store(tx, house.system, store.id)


def test_only_what_was_chosen_is_stored(house: House, admin: Connection) -> None:
    store = house.store("centre")
    chosen = StoreSettings.model_validate({"radius_m": 7000, "lead_time_tat_minutes": None})
    with house.database.transaction(house.org_id) as tx:
        set_store_settings(tx, house.system, store.id, settings=chosen, version=1)
    assert admin.execute(text("SELECT settings FROM stores")).scalar_one() == {"radius_m": 7000.0}
    with pytest.raises(StaleError), house.database.transaction(house.org_id) as tx:
        set_store_settings(tx, house.system, store.id, settings=chosen, version=1)


def test_unset_settings_follow_the_defaults() -> None:
    settings = load_settings({})
    assert settings.lead_auto_user_assignment == "on"
    assert settings.tat.total_seconds() == 600
    assert settings.radius_m == 50_000
    assert load_settings({}, freshness_s=120).freshness_s == 120
    assert load_settings({"freshness_s": 60}, freshness_s=120).freshness_s == 60


def test_rows_of_other_versions_keep_working() -> None:
    assert load_settings({"from_the_future": 1, "radius_m": 1000}).radius_m == 1000


@pytest.mark.parametrize("wrong", [{"radius_m": 0}, {"lead_time_tat_minutes": 0}, {"offer_limit": 0}, {"radius": 1}])
def test_settings_that_mean_nothing_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        StoreSettings.model_validate(wrong)


def test_a_fraction_of_a_minute_is_a_time_to_answer() -> None:
    assert load_settings({"lead_time_tat_minutes": 0.05}).tat.total_seconds() == 3


def test_a_store_administrator_sees_and_changes_own_stores_only(house: House) -> None:
    mine, other = house.store("mine"), house.store("other")
    caller = house.store_administrator(mine)
    with house.database.transaction(house.org_id) as tx:
        assert [store.id for store in list_stores(tx, caller.scope).items] == [mine.id]
        assert update_store(tx, caller, mine.id, changes={"name": "Mine"}).name == "Mine"
        with pytest.raises(NotFoundError):
            get_store(tx, caller.scope, other.id)
        with pytest.raises(NotFoundError):
            update_store(tx, caller, other.id, changes={"name": "Mine too"})
        with pytest.raises(ForbiddenError):
            create_store(tx, caller, NewStore(name="New", timezone="UTC", location=ELSEWHERE))


def test_a_dispatcher_sees_the_stores_of_own_groups_and_changes_none(house: House) -> None:
    store = house.store("centre")
    caller = house.dispatcher(house.group("phones", store))
    house.store("other")
    with house.database.transaction(house.org_id) as tx:
        assert [seen.id for seen in list_stores(tx, caller.scope).items] == [store.id]
        with pytest.raises(ForbiddenError):
            update_store(tx, caller, store.id, changes={"name": "x"})


def test_stores_come_in_pages_by_name(house: House) -> None:
    for slug in ("b", "d", "a", "c"):
        house.store(slug)
    with house.database.transaction(house.org_id) as tx:
        first = list_stores(tx, house.system.scope, limit=3)
        rest = list_stores(tx, house.system.scope, limit=3, cursor=first.next_cursor)
    assert [store.name for store in (*first.items, *rest.items)] == ["A", "B", "C", "D"]
    assert rest.next_cursor is None
