"""Runs the simulation: the city, its technicians and its office against a running service."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from geo_assign.simulate.city import City
from geo_assign.simulate.client import Service
from geo_assign.simulate.demand import Demand, StoreDemand
from geo_assign.simulate.driving import RouteFinder, standing
from geo_assign.simulate.fleet import Fleet
from geo_assign.simulate.geometry import LatLon
from geo_assign.simulate.loop import Loop
from geo_assign.simulate.office import Office
from geo_assign.simulate.pace import Pace
from geo_assign.simulate.phones import Phone, random_faults
from geo_assign.simulate.places import FRAME, PLAZA
from geo_assign.simulate.seeded import SeededGroup, SeededOrganization, SeededStore, SeededTechnician
from geo_assign.simulate.seeding import group_skills
from geo_assign.simulate.technicians import Activity, SimulatedTechnician, random_character

REPORT_S = 30.0
# Most leads go to the store that assigns automatically; the other store leaves work to the dispatcher.
LEAD_SHARES = {"suggest": 0.15, "off": 0.15}
BATTERY_AT_START = (0.25, 1.0)


@dataclass(frozen=True)
class RunnerOptions:
    """How busy the city is. ``speed`` shortens visits, waits and breaks, but not the driving. None means no limit."""

    leads_per_hour: float = 50.0
    opening_leads: int = 10
    speed: float = 1.0
    duration_s: float | None = None
    technicians: int | None = None
    seed: int = 1


def run(
    client: Service,
    organization: SeededOrganization,
    *,
    city: City,
    pace: Pace,
    options: RunnerOptions,
    report: Callable[[str], None],
) -> None:
    """Run one organization of a seeded tree (ids and tokens on every entry) until told to stop.

    Raises ValueError when the tree has no token that may post leads, or no technician with a token.
    """
    rng = random.Random(f"day {options.seed}")  # noqa: S311 - a town, not a secret
    loop = Loop(pace, rng)
    technicians = create_technicians(organization, city, rng=rng, options=options)
    stores = [_store_demand(store, organization.get("groups", ())) for store in organization["stores"]]
    Fleet(loop, client, technicians).begin()
    Office(
        loop=loop,
        client=client,
        token=office_token(organization),
        demand=Demand(city, stores, rng),
        technicians=technicians,
        leads_per_hour=options.leads_per_hour,
        opening_leads=options.opening_leads,
    ).begin()

    def report_summary(now: float) -> float:
        report(_summary(loop, technicians))
        return now + REPORT_S

    loop.at(pace.now_s() + REPORT_S, report_summary)
    loop.run(end_s=options.duration_s)
    report(_summary(loop, technicians))


def create_technicians(
    organization: SeededOrganization, city: City, *, rng: random.Random, options: RunnerOptions
) -> list[SimulatedTechnician]:
    """Give each technician of the tree a phone, a character and a starting place."""
    routes = RouteFinder(city.streets)
    entries = [entry for entry in organization["technicians"] if entry.get("token")][: options.technicians]
    if not entries:
        raise ValueError("the seeded tree has no technician with a token")
    return [_technician(entry, routes=routes, rng=rng, speed=options.speed) for entry in entries]


def _technician(
    entry: SeededTechnician, *, routes: RouteFinder, rng: random.Random, speed: float
) -> SimulatedTechnician:
    own = random.Random(rng.getrandbits(64))  # noqa: S311 - a town, not a secret
    home = entry.get("home")
    place = FRAME.to_plane(LatLon(home["lat"], home["lon"])) if home else PLAZA
    start = routes.point_of(routes.streets.nearest_spot(place))
    return SimulatedTechnician(
        id=entry["id"],
        token=entry["token"],
        phone=Phone(random_faults(own), own, battery=own.uniform(*BATTERY_AT_START)),
        character=random_character(own),
        routes=routes,
        rng=own,
        movement=standing(start),
        speed=speed,
        activity=Activity.WAITING if entry.get("on_duty", True) else Activity.OFF_DUTY,
    )


def _store_demand(store: SeededStore, groups: Iterable[SeededGroup]) -> StoreDemand:
    at = FRAME.to_plane(LatLon(store["location"]["lat"], store["location"]["lon"]))
    automation = store.get("settings", {}).get("lead_auto_user_assignment", "on")
    own = [group for group in groups if group["store"] == store["slug"]]
    return StoreDemand(
        store_id=store["id"],
        at=at,
        share=LEAD_SHARES.get(automation, 0.85),
        groups={skill: group["id"] for group in own for skill in group_skills(group["slug"])},
    )


def office_token(organization: SeededOrganization) -> str:
    """Return the office's token: the API key's, or an administrator's where a second seeding printed none.

    A booking page's key sends leads of visitors only.
    """
    told = [key.get("token") or key.get("key") for key in organization.get("api_keys", ())]
    keys = [token for token in told if token and not token.startswith("gpk_")]
    administrators = [user["token"] for user in organization.get("users", ()) if user["role"] == "administrator"]
    for token in (*keys, *administrators):
        return str(token)
    raise ValueError("the seeded tree has neither an API key nor an administrator to post leads with")


def _summary(loop: Loop, technicians: list[SimulatedTechnician]) -> str:
    """Return a line: how many technicians do what, and the tally since the last line."""
    doing = Counter(technician.activity.value for technician in technicians)
    now = ", ".join(f"{number} {what}" for what, number in sorted(doing.items()))
    since = ", ".join(f"{number} {what}" for what, number in sorted(loop.tally.items()))
    loop.tally.clear()
    return f"technicians: {now}; since the last line: {since or 'nothing'}"
