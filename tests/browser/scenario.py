"""An invented dispatcher's morning, in the shapes of `/v1`: people, orders, and who is nearest to an order."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from geo_assign.mapview.tiling import Tile

Json = dict[str, Any]

STORE = {
    "id": "5700e000-0000-4000-8000-000000000001",
    "slug": "riverside",
    "name": "Riverside",
    "timezone": "Atlantic/Azores",
    "location": {"lat": 41.0, "lon": -30.0},
}
GROUPS: list[Json] = [
    {"id": "6000e000-0000-4000-8000-000000000001", "slug": "devices", "name": "Devices", "store_id": STORE["id"]},
    {"id": "6000e000-0000-4000-8000-000000000002", "slug": "appliances", "name": "Appliances", "store_id": STORE["id"]},
]
DAY_STARTS_H, DAY_ENDS_H = 8, 19
BEGINS = datetime(2026, 5, 20, 15, 20, tzinfo=UTC)
M_PER_DEGREE = 111_195.0


def identity(name: str) -> str:
    """The same UUID for the same name in every run."""
    return str(uuid5(NAMESPACE_URL, f"scenario:{name}"))


def place(east_m: float, north_m: float) -> Json:
    """A point by metres from the middle of the city."""
    lat = 41.0 + north_m / M_PER_DEGREE
    return {"lat": lat, "lon": -30.0 + east_m / (M_PER_DEGREE * math.cos(math.radians(41.0)))}


def text(instant: datetime) -> str:
    """RFC 3339 as the service writes it."""
    return instant.isoformat().replace("+00:00", "Z")


class Scenario:
    """The state that a fake service answers from. Its clock begins at twenty past three, whatever the hour here is.

    `now` is when its last change happened.
    """

    def __init__(self) -> None:
        self._began_s = monotonic()
        self.now = BEGINS
        self.technicians: dict[str, Json] = {}
        self.orders: dict[str, Json] = {}
        self.excluded: list[Json] = []

    def clock(self) -> datetime:
        """The time there. It passes as it does here."""
        return BEGINS + timedelta(seconds=monotonic() - self._began_s)

    def technician(self, name: str, east_m: float, north_m: float, **more: Any) -> Json:
        """Put a technician on the map; `age_s` old, `hours_busy` as (from, to, kind, state) of today."""
        at, age_s = place(east_m, north_m), more.pop("age_s", 12)
        company = {"id": identity("fixers"), "name": "Fixers"} if more.get("provider") else None
        properties: Json = {
            "kind": "technician",
            "id": identity(name),
            "name": name,
            "status": "free",
            "provenance": "live",
            "recorded_at": text(self.now - timedelta(seconds=age_s)),
            "age_s": float(age_s),
            "accuracy_m": 8.0,
            "coarse": False,
            "heading_deg": None,
            "speed_mps": None,
            "provider": False,
            "service_provider": company,
            "store_id": STORE["id"],
            "busy_until": None,
            "flags": [],
            "number_today": 3,
        }
        day = more.pop("day", [])
        planned = more.pop("planned", None)
        feature = {
            "type": "Feature",
            "id": properties["id"],
            "geometry": {"type": "Point", "coordinates": [at["lon"], at["lat"]]},
            "properties": {**properties, **more},
        }
        self.technicians[feature["id"]] = {"feature": feature, "day": day, "planned": planned}
        return feature

    def order(self, number: str, title: str, east_m: float, north_m: float, **more: Any) -> Json:
        """File an order that waits for a technician; `starts_h` hours from the start of the day."""
        starts = self.day_at(more.pop("starts_h", 15.5))
        made = self.now - timedelta(minutes=more.pop("age_min", 10))
        order: Json = {
            "id": identity(number),
            "kind": "lead" if number.startswith("L") else "ticket",
            "number": number,
            "title": title,
            "store_id": STORE["id"],
            "group_id": GROUPS[0 if number.startswith("L") else 1]["id"],
            "state": "pending",
            "pending_reason": "nobody_eligible",
            "pending_detail": None,
            "bucket": "needs_you",
            "customer": {"name": "Helena Duarte", "phone": "+351 000 000 000", "email": "helena@example.org"},
            "address": "12 Quay Street, Orrava",
            "location": {**place(east_m, north_m), "source": "geocoded", "confidence": "rooftop", "learned": None},
            "location_candidates": [],
            "slot": {"start": text(starts), "end": text(starts + timedelta(hours=1))},
            "skills": ["laptop_repair"],
            "device": {},
            "referral_source": None,
            "priority": 0,
            "notes": None,
            "external_id": None,
            "metadata": {},
            "assignee": None,
            "collaborators": [],
            "offer": None,
            "offers": [],
            "decision_id": None,
            "alarm": None,
            "returned_to": None,
            "converted_from": None,
            "changed_by": {"kind": "api_key", "id": identity("web form"), "name": "Web form"},
            "created_at": text(made),
            "updated_at": text(made),
            "version": 1,
            "warnings": [],
        }
        order |= more
        self.orders[order["id"]] = order
        return order

    def offered(self, order: Json, technician: str, *, left_s: float, whole_s: float = 600) -> None:
        """Let an offer run on an order."""
        expires = self.now + timedelta(seconds=left_s)
        order |= {"state": "offered", "bucket": "being_offered", "pending_reason": None}
        order["offer"] = {
            "id": identity(f"offer {order['number']}"),
            "technician_id": identity(technician),
            "technician_name": technician,
            "role": "primary",
            "offered_at": text(expires - timedelta(seconds=whole_s)),
            "expires_at": text(expires),
            "server_now": text(datetime.now(UTC)),
            "distance_m": 900.0,
            "eta_s": None,
        }
        order["offers"] = [order["offer"]]

    def taken(self, order: Json, technician: str, *, by: str | None = None, state: str = "assigned") -> Json:
        """Assign an order: the next version of it."""
        return {
            **order,
            "state": state,
            "bucket": "taken",
            "pending_reason": None,
            "offer": None,
            "offers": [],
            "assignee": {"id": identity(technician), "name": technician},
            "changed_by": {"kind": "user", "id": identity(by), "name": by} if by else order["changed_by"],
            "version": order["version"] + 1,
        }

    def exclude(self, name: str, distance_m: float | None, *reasons: tuple[str, str | None], seen_min: int = 2) -> None:
        """A technician who cannot go, and why."""
        self.excluded.append(
            {
                "technician_id": identity(name),
                "name": name,
                "provider": None,
                "presence": "off_duty" if distance_m is None else "on_duty",
                "last_seen_at": text(self.now - timedelta(minutes=seen_min)),
                "distance_m": distance_m,
                "reasons": [{"code": code, "detail": detail or "", "needed": {}} for code, detail in reasons],
            }
        )

    def day_at(self, hour: float) -> datetime:
        """An instant of the scenario's day; its working hours begin seven hours before now."""
        start = (self.now - timedelta(hours=7)).replace(minute=0, second=0, microsecond=0)
        return start + timedelta(hours=hour - DAY_STARTS_H)

    def snapshot(self, cursor: str) -> Json:
        """The answer of `GET /v1/map`."""
        technicians = [held["feature"] for held in self.technicians.values()]
        pins = [pin for order in self.orders.values() if (pin := order_pin(order))]
        return {
            "type": "FeatureCollection",
            "features": technicians + pins,
            "server_now": text(self.clock()),
            "cursor": cursor,
            "truncated": False,
            "clusters": [],
            "past": None,
            "counts": {"technicians": self._statuses(), "work_orders": self._kinds()},
            "scope_counts": {"technicians": self._statuses(), "work_orders": self._kinds()},
            "choices": None,
        }

    def tile(self, tile: Tile) -> bytes:
        """The answer of `GET /v1/map/tiles/…`: none is asked for where one answer tells all technicians."""
        raise AssertionError(tile)

    def _statuses(self) -> Json:
        shown = [held["feature"]["properties"] for held in self.technicians.values()]
        counts = {
            status: sum(one["status"] == status for one in shown) for status in ("free", "offered", "busy", "silent")
        }
        return {**counts, "off_duty": 0, "provider": sum(one["provider"] for one in shown)}

    def _kinds(self) -> Json:
        drawn = [order["kind"] for order in self.orders.values() if order["location"] is not None]
        return {kind: drawn.count(kind) for kind in ("lead", "ticket")}

    def nearest(self, order: Json, limit: int) -> Json:
        """The answer of `POST /v1/technicians/nearest`: who is free, by distance."""
        free = [held for held in self.technicians.values() if held["feature"]["properties"]["status"] == "free"]
        candidates = sorted((self._candidate(held, order) for held in free), key=lambda each: each["distance_m"])
        for rank, candidate in enumerate(candidates, start=1):
            candidate["rank"] = rank
        return {
            "candidates": candidates[:limit],
            "excluded": self.excluded,
            "ranked_by": "distance",
            "distance_method": "geodesic",
            "routing": None,
            "eta_is_calibrated": False,
            "eta_factor": None,
            "truncated": len(candidates) > limit,
            "origin": {name: order["location"][name] for name in ("lat", "lon")},
            "slot": order["slot"],
            "radius_m": 5000,
            "past": None,
            "examined": len(candidates) + len(self.excluded),
            "counts": {
                "excluded": {},
                "of": "store",
                "members": len(candidates) + len(self.excluded),
                "others": 0,
                "available": len(candidates[:limit]),
            },
        }

    def _candidate(self, held: Json, order: Json) -> Json:
        properties = held["feature"]["properties"]
        lon, lat = held["feature"]["geometry"]["coordinates"]
        day = [
            {"start": text(self.day_at(start)), "end": text(self.day_at(end)), "kind": kind, "state": state}
            for start, end, kind, state in held["day"]
        ]
        planned = held["planned"]
        return {
            "technician_id": properties["id"],
            "name": properties["name"],
            "rank": 0,
            "distance_m": (distance_m := metres({"lat": lat, "lon": lon}, order["location"])),
            "eta_s": distance_m / 8,
            "position": {
                "lat": lat,
                "lon": lon,
                "recorded_at": None if planned else properties["recorded_at"],
                "age_s": None if planned else 12,
                "accuracy_m": None if planned else properties["accuracy_m"],
                "provenance": planned or "live",
                "coarse": False,
            },
            "workload": {
                "today": properties["number_today"],
                "overdue": 0,
                "open_offers": sum(each["state"] == "offered" for each in day),
            },
            "day": day,
            "hours": [{"start": text(self.day_at(8.5)), "end": text(self.day_at(18))}],
            "provider": properties["service_provider"],
        }


def order_pin(order: Json) -> Json | None:
    """An order as the map draws it; None without a location."""
    if order["location"] is None:
        return None
    names = ("id", "number", "title", "state", "pending_reason", "bucket", "version", "slot", "assignee", "offer")
    return {
        "type": "Feature",
        "id": order["id"],
        "geometry": {"type": "Point", "coordinates": [order["location"]["lon"], order["location"]["lat"]]},
        "properties": {
            "kind": "work_order",
            "order_kind": order["kind"],
            **{name: order[name] for name in names},
            "offer": _offer_on_map(order["offer"]),
            "as_today": [],
        },
    }


def _offer_on_map(offer: Json | None) -> Json | None:
    return offer and {name: offer[name] for name in ("technician_id", "technician_name", "expires_at")}


def metres(a: Json, b: Json) -> float:
    """Near enough for a city."""
    north = (a["lat"] - b["lat"]) * M_PER_DEGREE
    east = (a["lon"] - b["lon"]) * M_PER_DEGREE * math.cos(math.radians(a["lat"]))
    return math.hypot(north, east)


def busy_morning() -> Scenario:
    """Enough of everything to fill the page: the people and orders that the pictures show."""
    day = Scenario()
    _people(day)
    _orders(day)
    day.exclude("Rui Matos", 410.0, ("slot_taken", "booked 15:10–16:10"))
    day.exclude("Inês Faria", 700.0, ("offer_limit", None))
    day.exclude("Carla Nunes", 1900.0, ("stale_position", None), ("missing_skill", "laptop_repair"))
    day.exclude("Pedro Alves", None, ("off_duty", None), seen_min=27)
    day.exclude("Marta Sousa", None, ("off_duty", None), seen_min=600)
    return day


def _people(day: Scenario) -> None:
    lead, ticket = "lead", "ticket"
    ana = [(9, 10, lead, "completed"), (11, 12.5, ticket, "completed"), (17, 18, lead, "assigned")]
    tomas = [(8.5, 10, ticket, "completed"), (10.5, 11.5, lead, "completed"), (17, 18, lead, "offered")]
    bea = [(9, 10.5, lead, "completed")]
    joana = [(8.5, 9.5, lead, "completed"), (12, 13.5, ticket, "assigned"), (14.2, 15.2, lead, "assigned")]
    day.technician("Ana Ferreira", 640, 590, heading_deg=215, speed_mps=8, day=ana)
    day.technician("Tomás Reis", -1040, -500, heading_deg=70, speed_mps=9, age_s=25, accuracy_m=14.0, day=tomas)
    day.technician("Joana Prata", -900, 1400, planned="previous_appointment", number_today=5, day=joana)
    day.technician("Luís Cunha", 1500, -1300, heading_deg=330, speed_mps=5, age_s=40, provider=True, number_today=2)
    day.technician("Bea Nunes", -2100, 1300, heading_deg=128, speed_mps=4, age_s=190, day=bea)
    day.technician("Miguel Sá", 500, 3000, planned="home_base", number_today=0)
    busy_until = text(day.day_at(16.1))
    day.technician("Rui Matos", 380, -400, status="busy", heading_deg=300, speed_mps=6, busy_until=busy_until)
    day.technician("Nuno Dias", -2600, -1700, status="busy")
    day.technician("Sara Lima", 2100, 1900, status="busy", heading_deg=20, speed_mps=7)
    day.technician("Filipe Rosa", -200, 2200, status="busy")
    day.technician("Inês Faria", 2300, 200, status="offered", heading_deg=260, speed_mps=4, age_s=150)
    day.technician("Hugo Pires", -1900, -2300, status="silent", age_s=1100)
    day.technician("Vera Melo", 2600, -2200, status="busy", provider=True, age_s=400)


def _orders(day: Scenario) -> None:
    washer = {"pending_reason": "needs_location", "location": None, "address": "Mill lane 4"}
    day.order("T-0871", "Washer · leaks at the door", 0, 0, age_min=70, starts_h=15, **washer)
    day.order("L-2044", "Laptop · no power", 0, 0, age_min=40)
    day.order("T-0866", "Oven · error E13", -2550, -200, age_min=30, starts_h=16, address="Northgate 3, Orrava")
    candidates = [
        {"label": f"Harbour {kind} 9, Orrava", **place(900 * n, -2000), "confidence": "street"}
        for n, kind in enumerate(("Road", "Lane"))
    ]
    phone = {"pending_reason": "needs_location", "location": None, "location_candidates": candidates}
    day.order("L-2047", "Phone · cracked screen", 0, 0, age_min=20, starts_h=16.25, address="Harbour 9", **phone)
    tablet = day.order("L-2049", "Tablet · battery swollen", 1860, 1000, starts_h=15, address="Castle Hill 8")
    fridge = day.order("T-0873", "Fridge · not cooling", 2620, -880, starts_h=16.5, address="Parkside 21")
    damp = day.order("L-2050", "Phone · water damage", -700, -2600, starts_h=17, address="Old Quay 2")
    day.offered(tablet, "Inês Faria", left_s=48)
    day.offered(fridge, "Tomás Reis", left_s=252)
    day.offered(damp, "Luís Cunha", left_s=455)
    later = {"bucket": "later", "pending_reason": None}
    day.order("L-2040", "Laptop · hinge broken", -1300, 2800, starts_h=42.5, address="Northgate 40", **later)
    day.order("T-0860", "Boiler · yearly service", 2500, 600, starts_h=43, address="Parkside 4", **later)
    dryer = day.order("T-0869", "Dryer · drum stuck", -1680, 2240)
    day.orders[dryer["id"]] = day.taken(dryer, "Nuno Dias")
    camera = day.order("L-2031", "Camera · lens stuck", -520, -2080)
    day.orders[camera["id"]] = day.taken(camera, "Filipe Rosa", state="travelling")
    radio = day.order("T-0855", "Radio · no sound", 1040, -2620)
    day.orders[radio["id"]] = day.taken(radio, "Sara Lima", state="in_progress")
