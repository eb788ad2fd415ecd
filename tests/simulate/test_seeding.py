"""The demo organization is complete: every slug that it names exists, and the log-ins are those of its people."""

import pytest

from geo_assign.simulate.places import FRAME, HOT_SPOTS
from geo_assign.simulate.seeding import demo_logins, demo_seed
from geo_assign.workforce.store_settings import StoreSettings


@pytest.fixture
def seed(city, tmp_path):
    return demo_seed(city, gazetteer=tmp_path / "gazetteer.csv", technicians=24)


@pytest.fixture
def organization(seed):
    return seed["organizations"][0]


def slugs(entries):
    return {entry["slug"] for entry in entries}


def test_everything_that_is_named_exists(organization):
    stores, groups = slugs(organization["stores"]), slugs(organization["groups"])
    providers = slugs(organization["providers"])
    assert {group["store"] for group in organization["groups"]} <= stores
    for technician in organization["technicians"]:
        assert technician["store"] in stores
        assert set(technician["groups"]) <= groups
        assert technician.get("provider", "fixnow") in providers
    for entry in [*organization["users"], *organization["providers"]]:
        assert set(entry["groups"]) <= groups
    assert set().union(*(user["stores"] for user in organization["users"])) <= stores


def test_slugs_and_emails_are_unique_and_invented(organization):
    people = [*organization["technicians"], *organization["users"]]
    assert len({person["email"] for person in people}) == len(people)
    assert all(person["email"].endswith("@demo.example") for person in people)
    assert len(slugs(organization["technicians"])) == 24


def test_the_demo_is_as_large_as_promised(organization):
    assert (len(organization["stores"]), len(organization["groups"]), len(organization["providers"])) == (2, 3, 2)
    roles = [user["role"] for user in organization["users"]]
    assert sorted(roles) == ["administrator", "dispatcher", "dispatcher", "store_administrator"]
    assert [tuple(key["scopes"]) for key in organization["api_keys"]] == [("leads:write", "read"), ("widget",)]
    external = [one for one in organization["technicians"] if one.get("provider")]
    assert 2 <= len(external) <= 8


def test_every_skill_is_had_by_several_technicians_but_not_by_all(organization):
    technicians = organization["technicians"]
    for skill in set().union(*(technician["skills"] for technician in technicians)):
        having = sum(skill in technician["skills"] for technician in technicians)
        assert 2 <= having < len(technicians)


def test_settings_are_the_stores_own_and_keys_name_the_gazetteer(organization, tmp_path):
    for store in organization["stores"]:
        StoreSettings.model_validate(store["settings"])
        assert store["map_key"]["provider"] == "gazetteer"
        assert store["map_key"]["url"] == str(tmp_path / "gazetteer.csv")


def test_homes_are_houses_and_stores_are_at_known_places(city, organization):
    houses = {as_sent(address.point) for address in city.addresses}
    assert {tuple(entry["home"].values()) for entry in organization["technicians"]} <= houses
    assert {tuple(store["location"].values()) for store in organization["stores"]} <= set(
        map(as_sent, HOT_SPOTS.values())
    )


def as_sent(point):
    return tuple(round(degrees, 6) for degrees in FRAME.to_earth(point))


def test_most_are_on_duty_at_any_hour(organization):
    technicians = organization["technicians"]
    always = [one for one in technicians if one["on_duty"] and one["hours"] == "always"]
    assert len(always) > 0.7 * len(technicians)
    assert any(not one["on_duty"] for one in technicians)


def test_log_ins_are_those_of_the_seed(seed, organization):
    people = {person["email"]: person for person in [*organization["users"], *organization["technicians"]]}
    logins = demo_logins(seed)["logins"]
    assert {login["role"] for login in logins} == {"administrator", "store_administrator", "dispatcher", "technician"}
    for login in logins:
        assert login["organization"] == "demo"
        assert people[login["email"]]["password"] == login["password"]


def test_the_same_city_has_the_same_people(city, organization, tmp_path):
    again = demo_seed(city, gazetteer=tmp_path / "gazetteer.csv", technicians=24)
    assert again["organizations"][0] == organization
