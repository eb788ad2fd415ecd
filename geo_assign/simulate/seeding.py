"""The demo organization as a seed file, and its log-ins. None of its people exists."""

import random
from itertools import cycle, islice
from pathlib import Path
from typing import Literal, NotRequired, TypeAlias, TypedDict

from geo_assign.core.wire import Json
from geo_assign.simulate.city import City
from geo_assign.simulate.geometry import Point, distance
from geo_assign.simulate.names import people
from geo_assign.simulate.places import CITY_NAME, FRAME, HOT_SPOTS, TIMEZONE

Hours: TypeAlias = dict[str, list[list[str]]]


class DemoUser(TypedDict):
    """A user of the seed file."""

    email: str
    name: str
    role: str
    password: NotRequired[str]
    stores: NotRequired[list[str]]
    groups: NotRequired[list[str]]
    permissions: NotRequired[list[str]]


class DemoTechnician(TypedDict):
    """A technician of the seed file."""

    slug: str
    name: str
    store: str
    groups: list[str]
    skills: list[str]
    hours: Hours | Literal["always"]
    email: str
    password: str
    on_duty: bool
    provider: NotRequired[str]
    home: NotRequired[dict[str, float]]


class DemoOrganization(TypedDict):
    """The organization of the seed file."""

    slug: str
    name: str
    stores: list[dict[str, Json]]
    groups: list[dict[str, str]]
    providers: list[dict[str, Json]]
    technicians: list[DemoTechnician]
    users: list[DemoUser]
    api_keys: list[dict[str, Json]]


class DemoSeed(TypedDict):
    """The seed file."""

    organizations: list[DemoOrganization]


ORGANIZATION = "demo"
DOMAIN = "demo.example"
PASSWORD = "orrava-demo-password"  # noqa: S105 - public: printed when the demo starts
BOOKING_PAGE = "orrava-demo-booking-page"
LATE_SHIFT = {day: [["12:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat")}
DAY_SHIFT = {day: [["08:00", "12:30"], ["13:15", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")}

STORES: dict[str, tuple[str, Point, dict[str, Json]]] = {
    "riverside": (
        "Riverside", HOT_SPOTS["Fish Market"],
        {"lead_auto_user_assignment": "on", "lead_time_tat_minutes": 1.5, "radius_m": 7000,
         "default_duration_minutes": 15, "travel_buffer_minutes": 5},
    ),
    "northgate": (
        "Northgate", HOT_SPOTS["North Station"],
        {"lead_auto_user_assignment": "suggest", "lead_time_tat_minutes": 2, "radius_m": 7000,
         "default_duration_minutes": 15, "travel_buffer_minutes": 5},
    ),
}  # fmt: skip
SCREENS = ("phone", "laptop", "network")
APPLIANCES = ("washer", "cooling", "oven", "tv")
GROUPS = {
    "screens": ("Phones and laptops", "riverside", SCREENS),
    "appliances": ("Home appliances", "riverside", APPLIANCES),
    "northgate-all": ("Northgate workshop", "northgate", (*SCREENS, *APPLIANCES)),
}
PROVIDERS = {
    "fixnow": ("FixNow", "Saltmarsh Works", ("screens", "northgate-all")),
    "coolserv": ("CoolServ", "Eastmoor Parade", ("appliances",)),
}
# Group and provider of the technicians, in turns.
TEAMS: tuple[tuple[str, str | None], ...] = (
    ("screens", None), ("appliances", None), ("northgate-all", None), ("screens", None), ("appliances", None),
    ("screens", "fixnow"), ("appliances", None), ("northgate-all", None), ("screens", None), ("appliances", "coolserv"),
)  # fmt: skip
USERS: tuple[DemoUser, ...] = (
    {"email": "ada", "name": "Ada Quillfeather", "role": "administrator"},
    {"email": "nell", "name": "Nell Candlewick", "role": "store_administrator", "stores": ["northgate"]},
    {"email": "milo", "name": "Milo Oxbow", "role": "dispatcher", "groups": ["screens", "appliances"],
     "permissions": ["reallocate"]},
    {"email": "greta", "name": "Greta Lindenbrook", "role": "dispatcher", "groups": ["northgate-all"]},
)  # fmt: skip


def demo_seed(city: City, *, gazetteer: Path, technicians: int = 24) -> DemoSeed:
    """Return the seed file's content; the stores geocode with the gazetteer at the given path."""
    organization: DemoOrganization = {
        "slug": ORGANIZATION,
        "name": f"{CITY_NAME} Repairs",
        "stores": [_store(slug, gazetteer) for slug in STORES],
        "groups": [{"slug": slug, "name": name, "store": store} for slug, (name, store, _) in GROUPS.items()],
        "providers": [_provider(slug) for slug in PROVIDERS],
        "technicians": list(_technicians(city, technicians)),
        "users": [_user(user) for user in USERS],
        "api_keys": [{"name": "Lead form", "scopes": ["leads:write", "read"], "stores": []}, _booking_page()],
    }
    return {"organizations": [organization]}


def _booking_page() -> dict[str, Json]:
    """The key of the appointment widget; its token stays the same, so that its page does."""
    widget: dict[str, Json] = {"name": "Booking page", "scopes": ["widget"], "stores": list(STORES)}
    return {**widget, "web_origins": [f"https://{DOMAIN}"], "token": BOOKING_PAGE}


def demo_logins(seed: DemoSeed) -> dict[str, list[dict[str, str]]]:
    """Return the log-ins to try the demo with: every user, and one technician."""
    organization = seed["organizations"][0]
    technician = organization["technicians"][0]
    logins = [(user["role"], user["email"], user["password"]) for user in organization["users"]]
    return {
        "logins": [
            {
                "role": role,
                "organization": organization["slug"],
                "email": email,
                "password": password,
            }
            for role, email, password in [*logins, ("technician", technician["email"], technician["password"])]
        ]
    }


def group_skills(slug: str) -> tuple[str, ...]:
    """Return the skills of a service group of the demo; none for any other group."""
    return GROUPS[slug][2] if slug in GROUPS else ()


def _store(slug: str, gazetteer: Path) -> dict[str, Json]:
    name, at, settings = STORES[slug]
    return {
        "slug": slug,
        "name": name,
        "timezone": TIMEZONE,
        "location": _place(at),
        "settings": settings,
        "map_key": {"provider": "gazetteer", "url": str(gazetteer)},
    }


def _provider(slug: str) -> dict[str, Json]:
    name, base, groups = PROVIDERS[slug]
    return {"slug": slug, "name": name, "base": _place(HOT_SPOTS[base]), "groups": list(groups)}


def _user(user: DemoUser) -> DemoUser:
    return {
        "stores": [],
        "groups": [],
        "permissions": [],
        **user,
        "email": f"{user['email']}@{DOMAIN}",
        "password": PASSWORD,
    }


def _technicians(city: City, count: int) -> list[DemoTechnician]:
    rng = random.Random("staff 1")  # noqa: S311 - a town, not a secret
    names = islice(people(rng), count)
    return [
        {**_technician(name, number=number, group=group, provider=provider), "home": _home(city, group, rng)}
        for number, (name, (group, provider)) in enumerate(zip(names, cycle(TEAMS), strict=False))
    ]


def _technician(name: str, *, number: int, group: str, provider: str | None) -> DemoTechnician:
    _, store, skills = GROUPS[group]
    slug = name.lower().replace(" ", "-")
    shifts = {6: DAY_SHIFT, 13: LATE_SHIFT, 20: DAY_SHIFT}
    entry: DemoTechnician = {
        "slug": slug,
        "name": name,
        "store": store,
        "groups": [group],
        # Each technician lacks one skill of the group; which one differs.
        "skills": [skill for position, skill in enumerate(skills) if position != number % (len(skills) + 2)],
        "hours": shifts.get(number, "always"),
        "email": f"{slug.replace('-', '.')}@{DOMAIN}",
        "password": PASSWORD,
        "on_duty": number % 9 != 8,
    }
    if provider:
        entry["provider"] = provider
    return entry


def _home(city: City, group: str, rng: random.Random) -> dict[str, float]:
    store = STORES[GROUPS[group][1]][1]
    while True:
        address = rng.choice(city.addresses)
        if distance(address.point, store) < 3500:
            return _place(address.point)


def _place(point: Point) -> dict[str, float]:
    place = FRAME.to_earth(point)
    return {"lat": round(place.lat, 6), "lon": round(place.lon, 6)}
