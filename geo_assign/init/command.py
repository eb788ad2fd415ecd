"""`geo-assign init`: set the first company up, and say what comes next."""

import json
import re
from functools import partial

import click
from pydantic import SecretStr

from geo_assign.access.queries import find_organization_id
from geo_assign.core.db import Database
from geo_assign.core.geo import Point
from geo_assign.core.settings import Settings
from geo_assign.geocoding.commands.map_keys import NewMapKey
from geo_assign.geocoding.geocoder import Geocoder
from geo_assign.init.founding import Company, Invitee, NewCompany, found_company, slug_of
from geo_assign.init.interview import Answers, Interview
from geo_assign.init.telling import Telling

_TEST_DEADLINE_S = 5.0


@click.command()
@click.option("--organization", help="Name of the company.")
@click.option("--slug", help="What people type to log in: small letters, digits, hyphens. Made from the name.")
@click.option("--timezone", help="IANA time zone of the first store, such as Europe/Lisbon.")
@click.option("--store", help="Name of the first store.")
@click.option("--location", help="Where it is: latitude, longitude.", metavar="LAT,LON")
@click.option("--email", help="E-mail of the administrator, who chooses a password with the link that is printed.")
@click.option("--technician", help="E-mail of a first technician, who gets a link, too.", metavar="EMAIL")
@click.option("--map-provider", help="Whose geocoder finds addresses, such as opencage or nominatim.")
@click.option("--map-key", help="Its secret; asked for, when left out at a terminal.")
@click.option("--map-url", help="Another server than the provider's own.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of words.")
def init(*, as_json: bool, map_url: str | None, **given: str | None) -> None:
    """Create the first organization with a store and an administrator, and say what comes next.

    What the options leave out is asked for. Nothing is created before every answer is good, and then all of it at once.
    Prints a link with which the administrator chooses a password. It works once, for seven days.
    """
    settings = Settings()
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    try:
        answers = Interview(given, is_free=partial(_require_free, database)).hold()
        telling = Telling(_found(database, settings, answers, map_url), settings)
    finally:
        database.close()
    click.echo(json.dumps(telling.as_json(), indent=1, ensure_ascii=False) if as_json else telling.as_text())


def _require_free(database: Database, slug: str) -> None:
    """Raises ValueError when there is an organization of this slug."""
    with database.across_organizations() as conn:
        if find_organization_id(conn, slug) is not None:
            raise ValueError(
                f"There is an organization {slug!r} already; it is left as it is. Another company takes another --slug."
            )


def _found(database: Database, settings: Settings, answers: Answers, map_url: str | None) -> Company:
    geocoder = Geocoder.from_settings(settings, database)
    technician, location = answers.get("technician"), answers["location"]
    assert isinstance(location, Point)
    new = NewCompany(
        slug=str(answers["slug"]),
        name=str(answers["organization"]),
        store_slug=slug_of(str(answers["store"])) or "main",
        store_name=str(answers["store"]),
        timezone=str(answers["timezone"]),
        location=location,
        administrator=_person(str(answers["email"])),
        technician=None if technician is None else _person(str(technician)),
        map_key=_map_key(answers, map_url),
    )
    return found_company(
        database,
        new,
        box=geocoder.box,
        test_map_key=lambda wanted: geocoder.test_map_key(
            provider=wanted.provider, url=wanted.url, key=wanted.key, deadline_s=_TEST_DEADLINE_S
        ),
    )


def _map_key(answers: Answers, url: str | None) -> NewMapKey | None:
    if "map_provider" not in answers:
        return None
    secret = SecretStr(str(answers["map_key"])) if "map_key" in answers else None
    return NewMapKey(str(answers["map_provider"]), url, secret)


def _person(email: str) -> Invitee:
    """Called after the address until the person says another name."""
    words: list[str] = re.findall(r"[^\W_\d]+", email.partition("@")[0])
    return Invitee(name=" ".join(word.capitalize() for word in words) or email, email=email)
