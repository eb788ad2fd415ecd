"""Invented leads: when they come, for which device and slot, and how well the address is written."""

import json
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import TypedDict
from zoneinfo import ZoneInfo

from geo_assign.core.wire import Json
from geo_assign.simulate.city import Address, City
from geo_assign.simulate.geometry import distance
from geo_assign.simulate.names import people
from geo_assign.simulate.places import CITY_NAME, FRAME, TIMEZONE

EXTERNAL_ID_PREFIX = "orrava-"
SLOT_STEP = timedelta(minutes=5)
VISIT_MINUTES = (10, 15, 15, 20)
# Nine in ten customers live this near to their store.
NEAR_STORE_M, NEAR_SHARE = 2600.0, 0.9


class CatalogueDevice(TypedDict):
    """A kind of device; `brands` names the models of each."""

    type: str
    skill: str
    brands: dict[str, list[str]]
    issues: list[str]


class Catalogue(TypedDict):
    """What leads are invented from."""

    devices: list[CatalogueDevice]
    referral_sources: list[str]
    unknown_streets: list[str]
    notes: list[str]


@cache
def catalogue() -> Catalogue:
    """Return the invented devices, their faults, referral sources, unknown streets and notes."""
    text = files(__package__).joinpath("catalogue.json").read_text(encoding="utf-8")
    lists: Catalogue = json.loads(text)
    return lists


@dataclass(frozen=True)
class StoreDemand:
    """A store, its share of the leads, and the id of its service group for each skill."""

    store_id: str
    at: tuple[float, float]
    share: float = 1.0
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LeadDraft:
    """The body for ``POST /v1/leads``, and where the customer really lives."""

    body: dict[str, Json]
    address: Address


class Demand:
    """An endless stream of leads for some stores; the same random generator gives the same leads."""

    def __init__(self, city: City, stores: list[StoreDemand], rng: random.Random) -> None:
        self._city = city
        self._stores = stores
        self._rng = rng
        self._people = people(rng)

    def gap_s(self, per_hour: float) -> float:
        """Return the seconds until the next lead: leads come as a Poisson process."""
        return self._rng.expovariate(per_hour / 3600) if per_hour > 0 else math.inf

    def lead(self, now: datetime, number: int) -> LeadDraft:
        """Invent a lead."""
        rng = self._rng
        store = rng.choices(self._stores, [store.share for store in self._stores])[0]
        address = self._address(store)
        device = rng.choice(catalogue()["devices"])
        body: dict[str, Json] = {
            "store_id": store.store_id,
            "customer": self._customer(),
            "device": self._device(device),
            "skills": [device["skill"]],
            "referral_source": rng.choice(catalogue()["referral_sources"]),
            # A second run with the same seed is another day: its leads must not look like repeats.
            "external_id": f"{EXTERNAL_ID_PREFIX}{now:%y%m%d-%H%M%S-%f}-{number}",
            **self._place(address),
        }
        if group_id := store.groups.get(device["skill"]):
            body["group_id"] = group_id
        if slot := self._slot(now):
            body["slot"] = {name: instant.isoformat() for name, instant in zip(("start", "end"), slot, strict=True)}
        if rng.random() < 0.25:
            body["notes"] = rng.choice(catalogue()["notes"])
        return LeadDraft(body, address)

    def _address(self, store: StoreDemand) -> Address:
        if self._rng.random() > NEAR_SHARE:
            return self._rng.choice(self._city.addresses)
        while True:
            address = self._rng.choice(self._city.addresses)
            if distance(address.point, store.at) < NEAR_STORE_M:
                return address

    def _customer(self) -> dict[str, str]:
        name = next(self._people)
        email = f"{name.lower().replace(' ', '.')}@customers.example"
        return {"name": name, "phone": f"+999 55 {self._rng.randint(0, 999_999):06d}", "email": email}

    def _device(self, device: CatalogueDevice) -> dict[str, str]:
        brand = self._rng.choice(list(device["brands"]))
        model = self._rng.choice(device["brands"][brand])
        return {"type": device["type"], "brand": brand, "model": model, "issue": self._rng.choice(device["issues"])}

    def _place(self, address: Address) -> dict[str, Json]:
        """Write the address as customers do: mostly right."""
        ways: list[tuple[float, Callable[[Address], dict[str, Json]]]] = [
            (0.80, lambda one: {"address": one.text}),
            (0.05, self._misspelt),
            (0.04, self._unknown),
            (0.04, lambda one: {"address": f"{one.street}, {CITY_NAME}"}),
            (0.07, lambda one: {"address": one.text, "location": _location(one)}),
        ]
        way = self._rng.choices([way for _, way in ways], [share for share, _ in ways])[0]
        return way(address)

    def _misspelt(self, address: Address) -> dict[str, Json]:
        letters = list(address.text)
        at = self._rng.randrange(1, len(address.street) - 2)
        letters[at], letters[at + 1] = letters[at + 1], letters[at]
        return {"address": "".join(letters)}

    def _unknown(self, address: Address) -> dict[str, Json]:
        street = self._rng.choice(catalogue()["unknown_streets"])
        return {"address": f"{street} {address.housenumber}, {CITY_NAME}"}

    def _slot(self, now: datetime) -> tuple[datetime, datetime] | None:
        """Choose a slot: as soon as possible (None), soon, later today or tomorrow."""
        rng = self._rng
        visit = timedelta(minutes=rng.choice(VISIT_MINUTES))
        when = rng.choices(("asap", "soon", "today", "tomorrow"), (0.2, 0.55, 0.17, 0.08))[0]
        if when == "asap":
            return None
        if when == "tomorrow":
            start = _tomorrow(now) + timedelta(minutes=rng.randrange(0, 9 * 60, 15))
        else:
            minutes = rng.uniform(3, 18) if when == "soon" else rng.uniform(60, 300)
            start = rounded_up(now + timedelta(minutes=minutes))
        return start, start + visit


def _location(address: Address) -> dict[str, float]:
    place = FRAME.to_earth(address.point)
    return {"lat": round(place.lat, 6), "lon": round(place.lon, 6)}


def rounded_up(instant: datetime) -> datetime:
    """Return the next full five minutes."""
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + -(-(instant - midnight) // SLOT_STEP) * SLOT_STEP


def _tomorrow(now: datetime) -> datetime:
    """Return nine o'clock of the city's tomorrow."""
    zone = ZoneInfo(TIMEZONE)
    day = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time(9), tzinfo=zone)
