"""Rows that name a work order which is there: what differs is told by its column, and nothing is taken over."""

import pytest

from geo_assign.importing.rows import WorkOrderRow
from tests.importing.conftest import Desk

HEAD = "external_id,store,kind,customer_name,customer_phone,customer_email,address,lat,lon,slot_start,slot_end"
MORE = "group,skills,assignee,priority,device_type,device_brand,device_model,device_issue,referral_source,notes"
FIRST = {
    "external_id": "W-1",
    "store": "centre",
    "kind": "ticket",
    "customer_name": "Eva Müller",
    "customer_phone": "+351 200 000 001",
    "customer_email": "eva@example.com",
    "address": "Rua Nova 1",
    "lat": "41.151",
    "lon": "-8.611",
    "slot_start": "2031-05-21 10:00",
    "slot_end": "2031-05-21 11:00",
    "group": "phones",
    "skills": "screen battery",
    "assignee": "ana",
    "priority": "2",
    "device_type": "phone",
    "device_brand": "Fable",
    "device_model": "X1",
    "device_issue": "cracked",
    "referral_source": "flyer",
    "notes": "ring twice",
}
OTHERWISE = {
    "kind": "lead",
    "customer_name": "Eva Muller",
    "customer_phone": "+351 200 000 002",
    "customer_email": "eva@example.org",
    "address": "Rua Nova 9",
    "lat": "41.152",
    "lon": "-8.612",
    "slot_start": "2031-05-21 10:30",
    "slot_end": "2031-05-21 11:30",
    "group": "ovens",
    "skills": "screen",
    "assignee": "bo",
    "priority": "3",
    "device_type": "oven",
    "device_brand": "Fabel",
    "device_model": "X2",
    "device_issue": "dead",
    "referral_source": "radio",
    "notes": "ring once",
}


def row_of(cells: dict[str, str]) -> str:
    return ",".join(cells.get(name, "") for name in f"{HEAD},{MORE}".split(","))


def told_of(desk: Desk, *rows: dict[str, str]) -> tuple[int, str, str]:
    result = desk.import_("work-orders", desk.file("w.csv", "\n".join([f"{HEAD},{MORE}", *map(row_of, rows)])))
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def known(desk: Desk) -> Desk:
    """A desk that has a work order with everything that a row can say."""
    desk.import_("technicians", desk.file("t.csv", "slug,name,store\nana,Ana,centre\nbo,Bo,centre\n"))
    exit_code, told, _ = told_of(desk, FIRST)
    assert (exit_code, "1 created" in told) == (0, True)
    return desk


def test_each_column_that_differs_is_told_and_none_is_taken_over(known: Desk) -> None:
    assert OTHERWISE.keys() == WorkOrderRow.model_fields.keys() - {"external_id", "store"}
    before = known.all("SELECT version, customer, notes FROM work_orders")
    for name, cell in OTHERWISE.items():
        exit_code, told, errors = told_of(known, FIRST | {name: cell})
        assert exit_code == 1
        assert "0 unchanged, 1 different from what is there, 0 with errors" in told
        assert f"line 2: The work order is there already and was not changed: {name} not taken over." in errors
    _, _, errors = told_of(known, FIRST | OTHERWISE)
    assert ", ".join(name for name in WorkOrderRow.columns() if name in OTHERWISE) in errors
    assert known.all("SELECT version, customer, notes FROM work_orders") == before


def test_a_row_that_says_the_same_or_less_does_not_differ(known: Desk) -> None:
    instants = {"slot_start": "2031-05-21T09:00Z", "slot_end": "2031-05-21T11:00+01:00"}
    same = FIRST | instants | {"skills": "battery;screen", "lat": "41.1510", "priority": "2.0"}
    key = {"external_id": "W-1", "store": "centre", "customer_name": "Eva Müller", "kind": "ticket"}
    for row in (same, key, FIRST | dict.fromkeys(OTHERWISE.keys() - {"customer_name", "kind"}, "")):
        exit_code, told, errors = told_of(known, row)
        assert (exit_code, "1 unchanged, 0 with errors" in told) == (0, True), errors


def test_rows_that_differ_are_kept_in_the_file_of_errors(known: Desk) -> None:
    exit_code, told, _ = told_of(known, FIRST | {"notes": "x"}, FIRST | {"external_id": "W-2"})
    assert (exit_code, "1 created, 0 changed, 0 unchanged, 1 different" in told) == (1, True)
    assert "Change these work orders in the console or by the API." in told
    assert "notes not taken over." in (known.folder / "w.errors.csv").read_text("utf-8-sig")


def test_a_dry_run_tells_of_rows_that_differ(known: Desk) -> None:
    path = known.file("w.csv", "\n".join([f"{HEAD},{MORE}", row_of(FIRST | {"customer_name": "Bia"})]))
    result = known.import_("work-orders", path, "--dry-run")
    assert (result.exit_code, "customer_name not taken over" in result.stderr) == (1, True)
