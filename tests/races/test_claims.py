"""Many leads want few technicians at the same moment: the constraints decide, and no technician is booked twice."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.conftest import World
from tests.live import live_service, seed_document
from tests.races.conftest import at_once
from tests.races.test_answers import HERE, overlaps, ping

pytestmark = pytest.mark.races

LEADS, PEOPLE = 20, 5


def test_twenty_leads_for_five_technicians_end_in_five_holders(world: World, admin: Connection, tmp_path: Path) -> None:
    document = seed_document(technicians=PEOPLE, settings={"lead_auto_user_assignment": "off", "offer_limit": 100})
    with live_service(world, document, tmp_path, worker=False) as service:
        for number in range(PEOPLE):
            ping(service.technician(f"t{number}"))
        user, start = service.user(), datetime.now(UTC) + timedelta(minutes=5)
        body = {
            "store_id": service.store_id(),
            "customer": {"name": "Invented Customer"},
            "location": HERE,
            "slot": {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()},
        }
        leads = [user.post("/v1/leads", body)["id"] for _ in range(LEADS)]
        answers = at_once(
            [lambda lead=lead: user.answered("POST", f"/v1/work-orders/{lead}/auto-assign") for lead in leads]  # type: ignore[misc]
        )
        assert Counter(answer.status_code for answer in answers) == {200: LEADS}
        after = [user.get(f"/v1/work-orders/{lead}") for lead in leads]
        assert Counter(order["state"] for order in after) == {"offered": PEOPLE, "pending": LEADS - PEOPLE}
        holders = {order["offer"]["technician_id"] for order in after if order["offer"]}
        assert len(holders) == PEOPLE
        waiting = [order for order in after if order["state"] == "pending"]
        assert {order["pending_reason"] for order in waiting} == {"nobody_eligible"}
        assert all(order["pending_detail"]["counts"] == {"slot_taken": PEOPLE} for order in waiting)
    assert overlaps(admin) == 0
    assert deadlocks(admin) == 0


def deadlocks(admin: Connection) -> int:
    from sqlalchemy import text

    statement = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return admin.execute(statement).scalar_one()  # type: ignore[no-any-return]
