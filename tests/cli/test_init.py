"""`geo-assign init`: a company from options or answers, whole or not at all, and what comes next."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from geo_assign.access.domain import Role, parse_token
from geo_assign.cli import main
from geo_assign.core.db import Database
from geo_assign.doctor import examine
from geo_assign.first_step import FIRST_STEP, FirstStepFinder, find_first_step
from geo_assign.init.founding import slug_of
from geo_assign.init.reading import read_location, read_timezone
from tests.conftest import World

Init = Callable[..., Result]
GOOD = {
    "organization": "Alder Repairs",
    "timezone": "Europe/Lisbon",
    "store": "Harbour",
    "location": "38.7071, -9.1355",
    "email": "ada.example@alder.example",
}
TABLES = ("organizations", "stores", "users", "technicians", "one_time_links", "api_keys", "map_keys", "audit_entries")


@pytest.fixture
def init(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Init:
    """Runs the command with options, `input` down a pipe."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("GEO_ASSIGN_") and "_TEST_" not in name]:
        monkeypatch.delenv(name)
    settings = {
        "DATABASE_URL": world.app_url,
        "SECRET_KEYS": Fernet.generate_key().decode(),
        "ALLOW_UNSAFE_DATABASE": "true",
        "PUBLIC_URL": "https://dispatch.alder.example/",
    }
    env = {f"GEO_ASSIGN_{name}": value for name, value in settings.items()}

    def run(options: Mapping[str, str] = GOOD, *flags: str, answers: str | None = None) -> Result:
        given = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]
        return CliRunner(env=env).invoke(main, ["init", *given, *flags], input=answers)

    return run


def counts(admin: Connection) -> dict[str, int]:
    return {name: admin.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in TABLES}


def without(*names: str, **changes: str) -> dict[str, str]:
    return {name: value for name, value in (GOOD | changes).items() if name not in names}


def test_options_alone_make_a_company(init: Init, admin: Connection) -> None:
    result = init(GOOD, "--json")
    assert result.exit_code == 0, result.output
    made = json.loads(result.stdout)
    assert (made["organization"], made["console_url"]) == ("alder-repairs", "https://dispatch.alder.example/")
    store = admin.execute(text("SELECT name, slug, timezone, lat, lon FROM stores")).one()
    assert store == ("Harbour", "harbour", "Europe/Lisbon", 38.7071, -9.1355)
    user = admin.execute(text("SELECT email, name, role, password_hash FROM users")).one()
    assert user == ("ada.example@alder.example", "Ada Example", Role.ADMINISTRATOR, None)
    link, _, token = made["administrator"]["link"].partition("#")
    assert link == "https://dispatch.alder.example/console/choose-password"
    kept = admin.execute(text("SELECT purpose, token_hash FROM one_time_links")).one()
    assert (kept.purpose, bytes(kept.token_hash)) == ("invitation", parse_token(token).hash)
    assert admin.execute(text("SELECT count(*) FROM sessions")).scalar_one() == 0


def test_what_options_leave_out_is_asked_until_the_answer_is_good(init: Init, admin: Connection) -> None:
    answers = [
        "",
        "Ødegård & Søn",
        "no slug",
        "odegard",
        "Oslo",
        "europe/oslo",
        "Bryggen",
        "0, 0",
        "91, 5",
        "60.39 5.32",
    ]
    result = init({}, answers="\n".join([*answers, "no address", "kari@odegard.example", "", ""]) + "\n")
    assert result.exit_code == 0, result.output
    assert "did you mean Europe/Oslo?" in result.stderr
    assert "Write the latitude and the longitude" in result.stderr
    assert "Write one e-mail address" in result.stderr
    assert admin.execute(text("SELECT slug, name FROM organizations")).one() == ("odegard-son", "Ødegård & Søn")
    assert admin.execute(text("SELECT timezone, lat FROM stores")).one() == ("Europe/Oslo", 60.39)


def test_a_name_in_another_script_asks_for_the_slug(init: Init, admin: Connection) -> None:
    result = init(without(organization="東京修理"), answers="tokyo\n")
    assert result.exit_code == 0, result.output
    assert admin.execute(text("SELECT slug, name FROM organizations")).one() == ("tokyo", "東京修理")


def test_a_conversation_may_invite_a_technician_and_take_a_map_key(
    init: Init, admin: Connection, tmp_path: Path
) -> None:
    answers = f"{GOOD['email']}\nmira@alder.example\ngazetteer\nnothing\n"
    refused = init(without("email"), answers=answers)
    assert refused.exit_code == 1
    assert set(counts(admin).values()) == {0}
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "places.csv").write_text("street,housenumber,city,lat,lon\nQuay,1,Alder,38.7,-9.1\n")
    result = init({**GOOD, "technician": "mira@alder.example", "map_provider": "gazetteer", "map_url": "places.csv"})
    assert result.exit_code == 0, result.output
    assert result.stdout.count("/console/choose-password#") == 2
    assert counts(admin) | {"audit_entries": 0} == {
        **dict.fromkeys(TABLES, 1),
        "users": 2,
        "one_time_links": 2,
        "audit_entries": 0,
    }


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"timezone": "Lisbon"}, "did you mean Europe/Lisbon?"),
        ({"timezone": "Europe/Lisbn"}, "did you mean Europe/Lisbon"),
        ({"timezone": "UTC+1"}, "IANA time zone"),
        ({"location": "somewhere"}, "--location: Write the latitude"),
        ({"location": "0,0"}, "--location: Write the latitude"),
        ({"location": "38.7,181"}, "--location: Write the latitude"),
        ({"location": "nan, 4"}, "--location: Write the latitude"),
        ({"email": "ada"}, "--email: Write one e-mail address"),
        ({"email": "ada@x@y"}, "--email: "),
        ({"email": "ada@alder"}, "--email: Write one e-mail address"),
        ({"email": "ada,bo@alder.example"}, "--email: Write one e-mail address"),
        ({"technician": "Mira <mira@alder.example>"}, "--technician: Write one e-mail address"),
        ({"slug": "Alder Repairs"}, "--slug: Write small letters"),
        ({"organization": "x" * 201}, "--organization: "),
        ({"technician": "ADA.example@alder.example"}, "each user has an e-mail address of their own"),
        ({"map_provider": "atlas"}, "nominatim"),
        ({"map_provider": "opencage"}, "key"),
        ({"map_provider": "gazetteer", "map_url": "nowhere.csv"}, "no such file"),
        ({"timezone": "nowhere", "email": "ada"}, "--email: "),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_half_made(
    init: Init, admin: Connection, changes: dict[str, str], told: str
) -> None:
    result = init(GOOD | changes)
    assert result.exit_code in {1, 2}
    assert told in result.stderr
    assert "Traceback" not in result.output
    assert set(counts(admin).values()) == {0}


@pytest.mark.parametrize("name", GOOD)
def test_what_is_missing_without_a_terminal_is_named(init: Init, admin: Connection, name: str) -> None:
    for result in (init(without(name)), init(without(name, **{name: "  "}), answers="")):
        assert result.exit_code == 2
        assert f"--{name}" in result.stderr
    assert set(counts(admin).values()) == {0}


def test_the_same_company_again_is_left_alone(init: Init, admin: Connection) -> None:
    assert init().exit_code == 0
    before = counts(admin)
    for again in (init(), init(GOOD | {"slug": "alder-repairs", "email": "eve@evil.example"})):
        assert again.exit_code == 2
        assert "There is an organization 'alder-repairs' already" in again.stderr
    assert counts(admin) == before
    assert init(GOOD | {"slug": "alder-two"}).exit_code == 0
    assert counts(admin)["organizations"] == 2


def test_without_a_schema_the_message_says_what_to_do(init: Init, admin: Connection) -> None:
    admin.execute(text("DROP FUNCTION find_organization(text)"))
    result = init()
    assert result.exit_code == 1
    assert "geo-assign doctor" in result.stderr


def test_an_installation_without_an_organization_says_the_first_step_everywhere(
    init: Init, world: World, database: Database
) -> None:
    finder = FirstStepFinder(database)
    finding = next(one for one in examine(world.settings(), environ={}) if one.name == "organizations")
    assert f"{finding.detail}. {finding.hint}" == FIRST_STEP == find_first_step(database) == finder.find()
    assert init().exit_code == 0
    finding = next(one for one in examine(world.settings(), environ={}) if one.name == "organizations")
    assert (finding.verdict, finding.hint) == ("ok", "")
    assert finder.find() is find_first_step(database) is finder.find() is None


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Alder Repairs", "alder-repairs"),
        ("  São João, Lda. ", "sao-joao-lda"),
        ("Straße & Söhne", "strasse-sohne"),
        ("A" * 80, "a" * 63),
        ("ＡＢＣ", "abc"),
        ("Ремонт", ""),
        ("--", ""),
    ],
)
def test_a_slug_reads_like_the_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@given(st.text(max_size=120))
def test_a_slug_is_one_or_empty(name: str) -> None:
    made = slug_of(name)
    assert made == "" or (
        made[0] != "-" and len(made) <= 63 and set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    )


@pytest.mark.parametrize(
    ("typed", "lat", "lon"),
    [
        ("38.7071,-9.1355", 38.7071, -9.1355),
        ("38,-9", 38, -9),
        (" 41.5 ; 2.25 ", 41.5, 2.25),
        ("41.5 2.25", 41.5, 2.25),
        ("(38.7101, -9.1401)", 38.7101, -9.1401),
        ("https://www.openstreetmap.org/#map=17/38.7101/-9.1401", None, None),
        ("https://maps.example/@38.7101,-9.1401,17z", 38.7101, -9.1401),
        ("38,7101; -9,1401", 38.7101, -9.1401),
    ],
)
def test_a_place_is_read_as_maps_show_it(typed: str, lat: float | None, lon: float | None) -> None:
    if lat is None or lon is None:
        with pytest.raises(ValueError, match="latitude"):
            read_location(typed)
        return
    point = read_location(typed)
    assert (round(point.lat, 6), round(point.lon, 6)) == (lat, lon)


@pytest.mark.parametrize("typed", ["Europe/Lisbon", "europe/lisbon", "EUROPE/LISBON"])
def test_a_zone_is_read_in_any_case(typed: str) -> None:
    assert read_timezone(typed) == "Europe/Lisbon"
