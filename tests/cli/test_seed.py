"""The seed file: everything it names is there afterwards, once, however often it is loaded."""

import copy
import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from geo_assign.access.domain import Role, parse_token
from geo_assign.access.queries import opened_caller, opening_of
from geo_assign.core.db import Database
from geo_assign.seed import SeedError, load, read_document
from geo_assign.seed.command import EXAMPLE
from tests.access.api import SEED
from tests.conftest import World


class Seeding:
    """Loads variations of the seed file into one database."""

    def __init__(self, world: World, database: Database) -> None:
        self.settings = world.settings()
        self.database = database

    def load(self, document: dict[str, Any]) -> dict[str, Any]:
        tree = load(self.database, self.settings, read_document(json.dumps(document)))
        found: dict[str, Any] = tree["organizations"][0]
        return found

    def caller(self, token: str):  # type: ignore[no-untyped-def]
        parsed = parse_token(token)
        with self.database.transaction(parsed.org_id, *opening_of(parsed)) as tx:
            return opened_caller(tx, parsed)


@pytest.fixture
def seeding(world: World, database: Database) -> Seeding:
    return Seeding(world, database)


@pytest.fixture
def document() -> dict[str, Any]:
    return copy.deepcopy(SEED)


def ids(tree: dict[str, Any]) -> dict[str, list[str]]:
    return {kind: [entry["id"] for entry in entries] for kind, entries in tree.items() if isinstance(entries, list)}


def counts(admin: Connection) -> dict[str, int]:
    tables = ("organizations", "stores", "service_groups", "service_providers", "technicians", "users", "api_keys")
    return {name: admin.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in tables}


def test_what_an_entry_leaves_empty_is_as_if_it_were_not_there(seeding: Seeding, document: dict[str, Any]) -> None:
    seeding.load(document)
    (organization,) = document["organizations"]
    organization["stores"][0] |= {"map_key": "", "settings": {"radius_m": "", "country": " "}}
    organization["technicians"][1] |= {"email": "", "password": "", "home": {"lat": "", "lon": None}, "provider": " "}
    seeding.load(document)


def test_no_refusal_of_a_file_shows_an_expression() -> None:
    wrong = {"organizations": [{"slug": "No!", "name": "", "users": [{"email": "no address", "name": "x"}]}]}
    with pytest.raises(SeedError) as caught:
        read_document(json.dumps(wrong))
    told = {problem.pointer: problem.detail for problem in caught.value.errors}
    assert told["/organizations/0/slug"] == "Write small letters, digits and hyphens, such as north-2."
    assert told["/organizations/0/name"] == "Should not be empty."
    assert told["/organizations/0/users/0/email"] == "Write one e-mail address, such as ana@example.com."
    assert told["/organizations/0/users/0/role"] == "Is required."


def test_loading_twice_changes_nothing_but_the_tokens(
    seeding: Seeding, document: dict[str, Any], admin: Connection
) -> None:
    first, before = seeding.load(document), counts(admin)
    second, after = seeding.load(document), counts(admin)
    assert ids(first) == ids(second)
    assert first["id"] == second["id"]
    assert before == after
    assert first["api_keys"][0]["key"] is not None
    assert second["api_keys"][0]["key"] is None
    for kind in ("technicians", "users"):
        for earlier, later in zip(first[kind], second[kind], strict=True):
            assert earlier["token"] != later["token"]
            assert seeding.caller(earlier["token"]).id == seeding.caller(later["token"]).id
    versions = admin.execute(text("SELECT version FROM stores UNION ALL SELECT version FROM technicians")).scalars()
    assert set(versions) == {1}


def test_the_tree_says_what_the_file_said(seeding: Seeding, document: dict[str, Any]) -> None:
    tree = seeding.load(document)
    given = document["organizations"][0]
    for kind in ("stores", "groups", "providers", "technicians", "users", "api_keys"):
        for said, shown in zip(given[kind], tree[kind], strict=True):
            assert said.items() <= shown.items()
            assert UUID(shown["id"])


def test_tokens_are_their_peoples(seeding: Seeding, document: dict[str, Any]) -> None:
    tree = seeding.load(document)
    by_name = {entry["name"]: entry for entry in (*tree["technicians"], *tree["users"])}
    assert seeding.caller(by_name["Ana"]["token"]).technician_id == UUID(by_name["Ana"]["id"])
    assert seeding.caller(by_name["Bo"]["token"]).technician_id == UUID(by_name["Bo"]["id"])
    assert seeding.caller(by_name["Root"]["token"]).scope.everything
    centre = seeding.caller(by_name["Centre's"]["token"])
    assert centre.scope.store_ids == {UUID(tree["stores"][0]["id"])}
    desk = seeding.caller(by_name["Desk"]["token"])
    assert desk.scope.group_ids == {UUID(tree["groups"][0]["id"])}
    assert desk.permissions == {"reallocate"}
    key = seeding.caller(tree["api_keys"][0]["key"])
    assert key.api_scopes == {"read", "leads:write"}
    assert key.scope.store_ids == centre.scope.store_ids


def test_only_those_said_to_be_on_duty_are(seeding: Seeding, document: dict[str, Any], admin: Connection) -> None:
    seeding.load(document)
    on_duty = admin.execute(text("SELECT slug FROM technicians WHERE on_duty")).scalars().all()
    assert on_duty == ["ana"]


def test_a_changed_file_changes_what_it_names(seeding: Seeding, document: dict[str, Any], admin: Connection) -> None:
    seeding.load(document)
    given = document["organizations"][0]
    given["stores"][0]["name"] = "City centre"
    given["stores"][0]["settings"] = {"radius_m": 7000}
    given["technicians"][0] |= {"skills": ["screen", "oven"], "hours": {"mon": [["09:00", "18:00"]]}, "store": "north"}
    given["users"][2] |= {"groups": ["ovens"], "permissions": []}
    given["users"][0]["password"] = "a new password"
    tree = seeding.load(document)
    store = admin.execute(text("SELECT name, settings FROM stores WHERE slug = 'centre'")).one()
    assert store == ("City centre", {"radius_m": 7000})
    technician = admin.execute(
        text("SELECT skills, week_minutes IS NULL, version FROM technicians WHERE slug = 'ana'")
    ).one()
    assert technician == (["oven", "screen"], False, 2)
    skills = admin.execute(text("SELECT skill FROM technician_skills ORDER BY skill")).scalars().all()
    assert skills == ["oven", "screen"]
    desk = seeding.caller(tree["users"][2]["token"])
    assert desk.scope.group_ids == {UUID(tree["groups"][1]["id"])}
    assert desk.permissions == frozenset()


def test_a_company_says_where_it_works_from_and_how_much_it_takes_on(
    seeding: Seeding, document: dict[str, Any], admin: Connection
) -> None:
    (organization,) = document["organizations"]
    (company,) = organization["providers"]
    company |= {"base": {"lat": 41.2, "lon": -8.6}, "works_from": "base", "capacity": 4}
    company |= {"valid_from": "2026-01-01T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z"}
    organization["technicians"][1]["provider"] = "fixers"
    seeding.load(document)
    kept = admin.execute(
        text("SELECT works_from, capacity, valid_from < valid_until AS forward FROM service_providers")
    )
    assert kept.one() == ("base", 4, True)
    company["works_from"] = "staff"
    seeding.load(document)
    staff = admin.execute(text("SELECT at_base, base_lat FROM technicians WHERE provider_id IS NOT NULL"))
    assert staff.one() == (False, 41.2)


def test_what_a_file_leaves_out_stays(seeding: Seeding, document: dict[str, Any], admin: Connection) -> None:
    seeding.load(document)
    given = document["organizations"][0]
    del given["stores"][0]["settings"]
    for name in ("skills", "home", "groups", "on_duty"):
        del given["technicians"][0][name]
    seeding.load(document)
    assert admin.execute(text("SELECT settings FROM stores WHERE slug = 'centre'")).scalar_one() == {
        "lead_time_tat_minutes": 2.5
    }
    kept = admin.execute(text("SELECT skills, home_lat, on_duty FROM technicians WHERE slug = 'ana'")).one()
    assert kept == (["screen"], 41.1, True)
    assert admin.execute(text("SELECT count(*) FROM technician_groups")).scalar_one() == 2


@pytest.mark.parametrize("member", ["token", "key"])
def test_a_chosen_token_works_with_and_without_its_prefix(
    seeding: Seeding, document: dict[str, Any], member: str
) -> None:
    key = document["organizations"][0]["api_keys"][0]
    key[member] = "chosen-by-the-operator"
    loaded = seeding.load(document)["api_keys"][0]
    token = loaded["token"]
    assert loaded["key"] == token
    assert token.startswith("gak_")
    assert token.endswith("_chosen-by-the-operator")
    assert seeding.caller(token) is not None
    key[member] = token
    assert seeding.load(document)["api_keys"][0]["token"] == token
    key[member] = "another-one-chosen-later"
    assert seeding.load(document)["api_keys"][0]["token"] != token
    assert seeding.caller(token) is None


def test_a_publishable_key_is_loaded_with_its_terms(seeding: Seeding, document: dict[str, Any]) -> None:
    key = {"name": "Page", "scopes": ["widget"], "stores": ["centre"], "web_origins": ["https://Shop.example/"]}
    document["organizations"][0]["api_keys"].append(key)
    token = seeding.load(document)["api_keys"][1]["token"]
    assert token.startswith("gpk_")
    for leads_per_day in (None, 30):
        seeding.load(document)
        caller = seeding.caller(token)
        assert caller is not None
        assert (caller.is_publishable, caller.web_origins) == (True, {"https://shop.example"})
        key |= {"leads_per_day": leads_per_day}


def test_a_map_key_is_stored_and_its_secret_is_not_shown(
    seeding: Seeding, document: dict[str, Any], admin: Connection
) -> None:
    secret = "an-invented-geocoder-key"
    document["organizations"][0]["stores"][0]["map_key"] = {"provider": "opencage", "url": None, "key": secret}
    tree = seeding.load(document)
    assert secret not in json.dumps(tree)
    stored = admin.execute(text("SELECT provider, key_encrypted FROM map_keys")).one()
    assert stored.provider == "opencage"
    assert secret.encode() not in bytes(stored.key_encrypted)


@pytest.mark.parametrize(
    ("path", "value", "pointer"),
    [
        (("stores", 0, "timezone"), "Europe/Nowhere", "/organizations/0/stores/0"),
        (("stores", 0, "settings"), {"radius_m": 0}, "/organizations/0/stores/0/settings/radius_m"),
        (("stores", 1, "location", "lat"), 91, "/organizations/0/stores/1/location/lat"),
        (("stores", 1, "location", "lat"), "41", "/organizations/0/stores/1/location/lat"),
        (("stores", 1, "location"), {"lat": 0, "lon": 0.0}, "/organizations/0/stores/1/location"),
        (("groups", 0, "store"), "nowhere", "/organizations/0/groups/0"),
        (("technicians", 1, "hours"), {"mon": [["9", "18"]]}, "/organizations/0/technicians/1/hours/mon/0"),
        (("technicians", 0, "skils"), [], "/organizations/0/technicians/0/skils"),
        (("users", 0, "role"), "technician", "/organizations/0/users/0/role"),
        (("users", 1, "groups"), ["phones"], "/organizations/0/users/1/group_ids"),
        (("api_keys", 0, "key"), "short", "/organizations/0/api_keys/0/key"),
        (("api_keys", 0, "key"), "with blanks in between", "/organizations/0/api_keys/0"),
        (("api_keys", 0, "token"), "short", "/organizations/0/api_keys/0/token"),
        (("api_keys", 0, "token"), "with blanks in between", "/organizations/0/api_keys/0"),
        (("api_keys", 0, "scopes"), ["widget"], "/organizations/0/api_keys/0/web_origins"),
        (("api_keys", 0, "web_origins"), ["*"], "/organizations/0/api_keys/0/web_origins/0"),
        (("api_keys", 0, "scopes"), ["everything"], "/organizations/0/api_keys/0/scopes/0"),
    ],
)
def test_what_is_wrong_is_pointed_at_and_nothing_is_loaded(
    seeding: Seeding, document: dict[str, Any], admin: Connection, path: tuple[Any, ...], value: Any, pointer: str
) -> None:
    place = document["organizations"][0]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(SeedError) as refused:
        seeding.load(document)
    assert refused.value.errors[0].pointer == pointer
    assert set(counts(admin).values()) == {0}


@pytest.mark.parametrize("raw", ["", "{", "[]", "null", '{"organizations": 3}', '{"organisations": []}'])
def test_what_is_no_seed_file_is_refused(raw: str) -> None:
    with pytest.raises(SeedError):
        read_document(raw)


def test_a_member_that_is_not_known_has_the_code_that_the_api_gives_it() -> None:
    with pytest.raises(SeedError) as refused:
        read_document('{"organizations": [{"slug": "acme", "name": "Acme", "surprise": 1}]}')
    assert [(one.pointer, one.code) for one in refused.value.errors] == [
        ("/organizations/0/surprise", "unknown_member")
    ]


def test_a_password_that_exists_is_never_changed(seeding: Seeding, document: dict[str, Any], admin: Connection) -> None:
    """Neither the one of an earlier file nor one that the user chose since; and no session ends."""
    tree = seeding.load(document)
    hashes = text("SELECT email, password_hash FROM users ORDER BY email")
    before = admin.execute(hashes).all()
    given = document["organizations"][0]
    given["users"][0]["password"] = "another-root-password"
    given["technicians"][0]["password"] = "another-ana-password"
    seeding.load(document)
    assert admin.execute(hashes).all() == before
    assert seeding.caller(tree["users"][0]["token"]) is not None


def test_a_password_counts_for_those_who_have_none(
    seeding: Seeding, document: dict[str, Any], admin: Connection
) -> None:
    given = document["organizations"][0]
    root, ana = given["users"][0], given["technicians"][0]
    chosen = {one["email"]: one.pop("password") for one in (root, ana)}
    without = text("SELECT email FROM users WHERE password_hash IS NULL")
    seeding.load(document)
    assert set(chosen) <= set(admin.execute(without).scalars())
    for one in (root, ana):
        one["password"] = chosen[one["email"]]
    seeding.load(document)
    assert not set(chosen) & set(admin.execute(without).scalars())


def test_the_example_loads_twice(seeding: Seeding) -> None:
    example = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    first, second = seeding.load(example), seeding.load(example)
    assert ids(first) == ids(second)
    assert seeding.caller(first["users"][0]["token"]).role is Role.ADMINISTRATOR
