"""What is forgotten is in no table, known to this test or not: the whole database is dumped and searched."""

import os
import re
import struct
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import make_url

from geo_assign.core.db import Database, Tx
from geo_assign.core.geo import Point
from geo_assign.dispatch.commands import answering, progress
from geo_assign.geocoding.domain import Confidence, GeocodeCandidate, GeocodeResult
from geo_assign.positions.tasks import keep_track
from geo_assign.privacy.commands import erase_customer, erase_technician
from geo_assign.privacy.domain import How
from geo_assign.privacy.viewlog import ViewLog
from geo_assign.workorders.domain import Kind, NewOrder, Offer, RejectReason, State
from geo_assign.workorders.queries import list_open_offers
from tests.conftest import World
from tests.day import Day

NAME = "Wilhelmina Quartermaine"
CUSTOMER = {"name": "Bartholomew Fetherstone", "phone": "+351 987 654 321", "email": "barty@fetherstone.example"}
ADDRESS, NOTES, ISSUE = "Rua das Hortensias 17", "the key is under the geranium", "dropped in the aquarium"
PLACE, PHONE_AT = Point(41.0012345, -30.0054321), Point(41.0076543, -30.0023456)


def test_after_the_retention_and_two_erasures_nothing_is_left(day: Day, world: World) -> None:
    live_through(day)
    log = ViewLog(day.database)
    log.note(day.boss, How.MAP, [day.people["A"]], at=day.clock.now())
    log.close()
    deliver(day, world)
    telling = traces_of_the_customer() | traces_of_the_technician(day)
    assert not {name for name, found in searched(dump(world), telling).items() if not found}, "the search finds them"

    with day.database.transaction(day.org_id) as tx:
        erase_customer(tx, day.boss, day.jobs["J"])
    kept = searched(dump(world), telling)
    assert [name for name in traces_of_the_customer() if kept[name]] == []

    with day.database.transaction(day.org_id) as tx:
        erase_technician(tx, day.boss, day.people["A"])
    assert [name for name, found in searched(dump(world), telling).items() if found] == []


def test_after_the_retention_no_position_is_left(day: Day, world: World) -> None:
    """No technician is erased here: positions are deleted by the retention alone."""
    live_through(day)
    places = {name: at for name, at in traces_of_the_technician(day).items() if "phone" in name}
    assert all(searched(dump(world), places).values())
    day.clock.advance(timedelta(days=4))
    worker = Database(world.worker_url, pool_size=1, clock=day.clock)
    keep_track(worker, retention=timedelta(days=3))
    worker.close()
    assert [name for name, found in searched(dump(world), places).items() if found] == []


def live_through(day: Day) -> None:
    """One who is called and drives, and a customer who is served: with notes, an address to find and a rejection."""
    day.map("B . . J . . . A", step_m=300)
    day.addresses[ADDRESS] = GeocodeResult(
        candidates=(GeocodeCandidate(ADDRESS, PLACE, Confidence.ROOFTOP),), provider="test"
    )
    day.places["A"] = PHONE_AT
    for letter in "AB":
        day.technician(letter)
    rename(day)
    new = NewOrder(
        kind=Kind.LEAD,
        store_id=day.store_id,
        customer=CUSTOMER,
        address=ADDRESS,
        notes=NOTES,
        device={"type": "phone", "issue": ISSUE},
    )
    order, _ = day.dispatch.create(day.boss, new, None)
    day.jobs["J"] = order.id
    assert day.outcome("J").order.location is not None
    day.dispatch.reject(day.as_("B"), day.offer("J").id, RejectReason.BUSY, note=NOTES)
    herself = replace(day.as_("A"), name=NAME)
    with day.database.transaction(day.org_id) as tx:
        answering.accept(tx, herself, open_offer(tx, day).id)
    day.later("5 s")
    day.ping("A", accuracy_m=9.0)
    with day.database.transaction(day.org_id) as tx:
        for state in (State.TRAVELLING, State.ON_SITE, State.IN_PROGRESS, State.COMPLETED):
            progress.advance(tx, herself, day.jobs["J"], state, note=NOTES)
    # Another receipt in which she stands.
    day.places["K"] = day.places["J"]
    day.lead("K", slot="18:00-19:00")
    day.cancel("K")


def open_offer(tx: Tx, day: Day) -> Offer:
    (offer,) = list_open_offers(tx, work_order_id=day.jobs["J"])
    assert offer.technician_id == day.people["A"]
    return offer


def rename(day: Day) -> None:
    with day.database.transaction(day.org_id) as tx:
        tx.raw.execute("UPDATE technicians SET name = %s WHERE id = %s", (NAME, day.people["A"]))


def deliver(day: Day, world: World) -> None:
    """A webhook that heard of everything, and repeated it in its answers."""
    with psycopg.connect(world.admin_url) as owner:
        owner.execute(
            "INSERT INTO webhooks (org_id, id, url, created_at, updated_at) "
            "VALUES (%s, %s, 'https://example.com', now(), now())",
            (day.org_id, day.org_id),
        )
        owner.execute(
            "INSERT INTO webhook_deliveries (org_id, id, webhook_id, event_id, event_type, subject_id, sequence, data, "
            "occurred_at, state, expires_at, finished_at, created_at) "
            "SELECT org_id, id, org_id, id, event_type, subject_id, sequence, payload || %s, created_at, 'delivered', "
            "created_at, created_at, created_at FROM outbox WHERE subject_id = %s",
            (Jsonb({"customer": CUSTOMER, "address": ADDRESS}), day.jobs["J"]),
        )
        owner.execute(
            "INSERT INTO webhook_attempts (org_id, delivery_id, number, at, duration_ms, response) "
            "SELECT org_id, id, 1, created_at, 1, data::text FROM webhook_deliveries"
        )


def traces_of_the_customer() -> dict[str, list[bytes]]:
    words = {"name": CUSTOMER["name"], "phone": CUSTOMER["phone"], "email": CUSTOMER["email"]}
    words |= {"address": ADDRESS, "notes": NOTES, "issue": ISSUE}
    # Where she arrived is a better place for the address, to the metre, in a column of its own.
    learned = {"customer's learned place": [b"\t41.00765\t-30.00235\t"]}
    told = {f"customer's {name}": [word.encode()] for name, word in words.items()}
    return told | learned | place("customer's place", PLACE)


def traces_of_the_technician(day: Day) -> dict[str, list[bytes]]:
    assert isinstance(day.people["A"], UUID)
    return {"technician's name": [NAME.encode()]} | place("technician's phone", PHONE_AT)


def place(name: str, point: Point) -> dict[str, list[bytes]]:
    """A place as text, and as PostGIS writes it."""
    return {
        f"{name} ({axis})": [str(value).encode(), struct.pack("<d", value).hex().upper().encode()]
        for axis, value in (("lat", point.lat), ("lon", point.lon))
    }


def searched(dumped: bytes, wanted: dict[str, list[bytes]]) -> dict[str, bool]:
    return {name: any(form in dumped for form in forms) for name, forms in wanted.items()}


def dump(world: World) -> bytes:
    """The database, as its own server's tools write it out: structure and every row."""
    url = make_url(world.admin_url)
    name = url.set(drivername="postgresql").render_as_string(hide_password=False)
    done = subprocess.run([pg_dump(), "--no-owner", name], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def pg_dump() -> str:
    """The newest of the distribution's; the test needs one that is not older than the server."""
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *map(Path, os.environ["PATH"].split(os.pathsep))]
    found = [folder / "pg_dump" for folder in folders if (folder / "pg_dump").is_file()]
    if not found:
        pytest.fail("pg_dump is missing: it comes with PostgreSQL's client package")
    return str(max(found, key=lambda path: int((re.findall(r"\d+", str(path)) or [0])[0])))
