"""Files of technicians, stores and work orders: good rows come in, bad ones come back with their reason."""

import csv
import re
import signal
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from geo_assign.importing.upserting import IMPORTERS
from tests.docs.pages import page
from tests.importing.conftest import Desk

TECHNICIANS = """slug,name,store,groups,skills,home_lat,home_lon,mon,tue
ana,Ana,centre,phones,screen battery,41.16,-8.62,09:00-12:00 13:00-18:00,-
bo,Bo,centre,,,,,,
"""
ORDERS = """external_id;store;customer_name;address;lat;lon;slot_start;slot_end;priority
W-1;centre;Eva Müller;;41,151;-8,611;;;
W-2;centre;Rui;Rua Nova 9, Porto;;;2031-05-21 10:00;2031-05-21 11:00;2
"""


def test_technicians_are_hired_and_then_known_by_their_slug(desk: Desk) -> None:
    first = desk.import_("technicians", desk.file("t.csv", TECHNICIANS))
    assert first.exit_code == 0, first.output
    assert first.stdout == "Technicians of t.csv: 2 created, 0 changed, 0 unchanged, 0 with errors.\n"
    (ana, bo) = desk.all("SELECT name, skills, hours, home_lat, user_id FROM technicians ORDER BY slug")
    assert (ana.skills, ana.home_lat) == (["battery", "screen"], 41.16)
    assert ana.hours == {"mon": [["09:00", "12:00"], ["13:00", "18:00"]]}
    assert (bo.hours, bo.user_id) == (None, None)
    assert desk.count("technician_groups") == 1
    again = desk.import_("technicians", desk.file("t.csv", TECHNICIANS.replace("Bo,", "Bob,")))
    assert "0 created, 1 changed, 1 unchanged, 0 with errors" in again.stdout
    assert [row.name for row in desk.all("SELECT name FROM technicians ORDER BY slug")] == ["Ana", "Bob"]


def test_what_a_file_does_not_say_stays(desk: Desk) -> None:
    desk.import_("technicians", desk.file("t.csv", TECHNICIANS))
    result = desk.import_("technicians", desk.file("t.csv", "slug,name,store,skills\nana,Ana,centre,\n"))
    assert "0 created, 0 changed, 1 unchanged" in result.stdout
    assert desk.all("SELECT skills FROM technicians WHERE slug = 'ana'")[0].skills == ["battery", "screen"]


def test_stores_come_with_settings_and_keep_those_not_named(desk: Desk) -> None:
    content = (
        "slug,name,timezone,lat,lon,lead_rejection,default_duration_minutes,offer_policy\n"
        "centre,Centre,Europe/Lisbon,41.15,-8.61,false,45,\n"
        "north,North,Europe/Lisbon,41.25,-8.61,,,parallel\n"
    )
    result = desk.import_("stores", desk.file("s.csv", content))
    assert "1 created, 1 changed, 0 unchanged, 0 with errors" in result.stdout, result.output
    rows = desk.all("SELECT slug, settings FROM stores ORDER BY slug")
    assert rows[0].settings == {"radius_m": 9000, "lead_rejection": False, "default_duration_minutes": 45}
    assert rows[1].settings == {"offer_policy": "parallel"}
    assert "2 unchanged" in desk.import_("stores", desk.file("s.csv", content)).stdout


def test_work_orders_are_created_once_and_wait_for_their_address(desk: Desk) -> None:
    path = desk.file("w.csv", ORDERS)
    result = desk.import_("work-orders", path)
    assert result.exit_code == 0, result.output
    assert "2 created, 0 changed, 0 unchanged, 0 with errors" in result.stdout
    assert "Addresses left to the worker: 1." in result.stdout
    (eva, rui) = desk.all("SELECT * FROM work_orders ORDER BY external_id")
    assert (eva.customer, eva.lat, eva.lon, eva.geocode_due_at) == ({"name": "Eva Müller"}, 41.151, -8.611, None)
    assert (rui.address, rui.priority, rui.slot_given) == ("Rua Nova 9, Porto", 2, True)
    assert rui.slot_start.isoformat() == "2031-05-21T09:00:00+00:00"  # the store's summer time
    assert rui.geocode_due_at is not None
    again = desk.import_("work-orders", path)
    assert "0 created, 0 changed, 2 unchanged" in again.stdout
    assert desk.count("work_orders") == 2


def test_addresses_can_be_found_at_once(desk: Desk) -> None:
    result = desk.import_("work-orders", desk.file("w.csv", ORDERS), "--geocode")
    assert "Addresses: 1 found, 0 to be tried again by the worker, 0 for a person" in result.stdout, result.output
    (rui,) = desk.all("SELECT * FROM work_orders WHERE external_id = 'W-2'")
    assert (rui.lat, rui.location_source, rui.geocode_due_at) == (41.152, "geocoded", None)


# Bad rows -----------------------------------------------------------------------------------------------------------

BAD = [
    ("W-3,centre,,Rua Nova 1,,", "customer_name", "must not be empty"),
    ("W-4,south,Eva,Rua Nova 1,,", "store", "There is no 'south' among the stores"),
    ("W-5,centre,Eva,,41.15,", "lon", "lat is given without it"),
    ("W-6,centre,Eva,,95,-8", "lat", "less than or equal to 90"),
    ("W-7,centre,Eva,,north,-8", "lat", "valid number"),
    ("W-8,centre,Eva,,,", "address", "address, or lat and lon"),
    ("W-9,centre,Eva,Rua Nova 1,,,too much", "", "more cells than columns"),
    ("W-1,centre,Eva,Rua Nova 1,,", "external_id", "Line 2 has the same"),
]


def test_bad_rows_come_back_with_their_reason_and_the_others_come_in(desk: Desk) -> None:
    head = "external_id,store,customer_name,address,lat,lon"
    rows = ["W-1,centre,Eva,Rua Nova 1,,", *(row for row, _, _ in BAD), "W-2,centre,Rui,Rua Nova 9,,"]
    result = desk.import_("work-orders", desk.file("w.csv", "\n".join([head, *rows])))
    assert result.exit_code == 1
    assert f"2 created, 0 changed, 0 unchanged, {len(BAD)} with errors" in result.stdout
    for number, (_, column, reason) in enumerate(BAD, start=3):
        place = f"line {number}, {column}: " if column else f"line {number}: "
        (line,) = [line for line in result.stderr.splitlines() if line.strip().startswith(place)]
        assert reason in line
    with (desk.folder / "w.errors.csv").open(encoding="utf-8-sig", newline="") as stream:
        kept = list(csv.reader(stream))
    assert kept[0] == [*head.split(","), "error"]
    assert [row[0] for row in kept[1:]] == [row.split(",")[0] for row, _, _ in BAD]
    assert "store: There is no 'south'" in kept[2][-1]
    assert desk.count("work_orders") == 2


def test_a_corrected_file_of_errors_is_imported_itself(desk: Desk) -> None:
    desk.import_("technicians", desk.file("t.csv", "slug;name;store\nana;Ana;south\nbo;Bo;centre\n"))
    errors = desk.folder / "t.errors.csv"
    desk.import_("technicians", desk.file("t.csv", "slug;name;store\nana;Ana;south\n"))
    assert (desk.folder / "t.errors-2.csv").exists()  # the first one may be under correction
    errors.write_text(errors.read_text().replace("south", "centre", 1))
    assert desk.import_("technicians", errors).exit_code == 0
    assert desk.count("technicians") == 2


@pytest.mark.parametrize(
    ("kind", "row", "told"),
    [
        ("technicians", "Ana B,Ana,centre,,", "slug: This should be small letters, digits and hyphens"),
        ("technicians", "ana,Ana,centre,ovens,", "groups: There is no 'ovens' among the service groups"),
        ("technicians", "ana,Ana,centre,,9 to 5", "mon: Write times like 09:00-12:00"),
        ("technicians", "ana,Ana,centre,,18:00-26:00", "mon: "),
        ("stores", "south,South,Europe/Nowhere,41,-8", "timezone: "),
    ],
)
def test_reasons_name_the_column(desk: Desk, kind: str, row: str, told: str) -> None:
    head = {"technicians": "slug,name,store,groups,mon", "stores": "slug,name,timezone,lat,lon"}[kind]
    result = desk.import_(kind, desk.file("x.csv", f"{head}\n{row}\n"))
    assert result.exit_code == 1
    assert f"line 2, {told}" in result.stderr, result.output


ALONE = ["2026-12-01", "20261201", "01.12.2026", "12/01/2026", "2026-W49-2", "2026-12-01T"]
UNREADABLE = ["noon", "46357", "2026-12-01 25:00", "2026-02-30 10:00", "2026-12-01T10", "3026-01-01 10:00"]


def test_a_date_alone_is_no_appointment_at_midnight(desk: Desk) -> None:
    starts = [f"S{n},centre,Eva,41.15,-8.61,{cell}," for n, cell in enumerate([*ALONE, *UNREADABLE])]
    ends = [f"E{n},centre,Eva,41.15,-8.61,2026-12-01 10:00,{cell}" for n, cell in enumerate(ALONE)]
    good = "G,centre,Eva,41.15,-8.61,2031-12-01 00:00,2031-12-01T01:00"
    content = "\n".join(["external_id,store,customer_name,lat,lon,slot_start,slot_end", *starts, *ends, good])
    result = desk.import_("work-orders", desk.file("w.csv", content))
    told = [line.strip() for line in result.stderr.splitlines() if line.strip().startswith("line ")]
    missing = "This is a date without a time of day: write both, such as 2026-05-21 14:00."
    assert told[: len(ALONE)] == [f"line {n + 2}, slot_start: {missing}" for n in range(len(ALONE))]
    assert all("slot_start: " in line for line in told[len(ALONE) : len(starts)])
    assert told[len(starts) : 20] == [f"line {len(starts) + n + 2}, slot_end: {missing}" for n in range(len(ends))]
    assert (result.exit_code, [row.external_id for row in desk.all("SELECT * FROM work_orders")]) == (1, ["G"])


SETTINGS = [
    ("lead_acceptance", "WAHR", True),
    ("lead_rejection", "FAUX", False),
    ("coarse_positions", "sí", True),
    ("radius_m", "12 500", 12500.0),
    ("radius_m", "5.000,5", 5000.5),
    ("parallel_offers", "4", 4),
    ("lead_auto_user_assignment", "Suggest", "suggest"),
    ("widening_radii_m", "[2000, 9000]", [2000.0, 9000.0]),
    ("widening_radii_m", "2000;9000", [2000.0, 9000.0]),
]
UNCLEAR = [
    ("radius_m", "5.000", "'5.000' may mean 5000 or 5.0: write one of these."),
    ("radius_m", "5,000", "'5,000' may mean 5000 or 5.0: write one of these."),
    ("default_duration_minutes", "1.440", "'1.440' may mean 1440 or 1.44: write one of these."),
    ("widening_radii_m", "5.000 15.000", "'5.000' may mean 5000 or 5.0: write one of these."),
    ("lead_acceptance", "y", "'y' may be read in more than one way: write true or false."),
    ("radius_m", "far", "Input should be a valid number."),
    ("offer_policy", "both", "Input should be 'sequential', 'parallel' or 'widening'."),
]


def test_settings_are_read_as_a_spreadsheet_writes_them(desk: Desk) -> None:
    for number, (name, cell, value) in enumerate(SETTINGS):
        content = f"slug\tname\ttimezone\tlat\tlon\t{name}\ns-{number}\tS\tEurope/Lisbon\t41,15\t-8,61\t{cell}\n"
        result = desk.import_("stores", desk.file("s.txt", content.encode("utf-16")))
        assert result.exit_code == 0, (name, cell, result.output)
        (store,) = desk.all(f"SELECT settings FROM stores WHERE slug = 's-{number}'")
        assert store.settings == {name: value}


@pytest.mark.parametrize(("name", "cell", "told"), UNCLEAR)
def test_what_a_cell_may_mean_in_two_ways_is_refused(desk: Desk, name: str, cell: str, told: str) -> None:
    content = f"slug;name;timezone;lat;lon;{name}\ns;S;Europe/Lisbon;41,150;-8,610;{cell}\n"
    result = desk.import_("stores", desk.file("s.csv", content))
    assert f"line 2, {name}: {told}" in result.stderr, result.output
    assert desk.count("stores") == 1


def test_a_row_that_is_cut_short_is_an_error(desk: Desk) -> None:
    content = "external_id,store,customer_name,address,notes\nW-1,centre,Eva,Rua Nova 1,ring twice\nW-2,centre,Rui,Rua"
    result = desk.import_("work-orders", desk.file("w.csv", content))
    assert "line 3: This row is cut short: it has 4 of 5 cells." in result.stderr
    assert (result.exit_code, desk.count("work_orders")) == (1, 1)


@pytest.mark.parametrize("password", ["short", "1234567", "password1", "ana@acme.example", "acmerepairs"])
def test_a_technicians_password_follows_the_rule(desk: Desk, password: str) -> None:
    content = f"slug,name,store,email,password\nana,Ana,centre,ana@acme.example,{password}\n"
    result = desk.import_("technicians", desk.file("t.csv", content))
    assert (result.exit_code, desk.count("technicians")) == (1, 0)
    assert "line 2, password: " in result.stderr


# Files that cannot be read ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("slug,name,stroe\n", "There is no column 'stroe'. Did you mean 'store'?"),
        ("slug,name\n", "The column 'store' is missing."),
        ("slug,name,store,name\n", "The column 'name' is there twice."),
        ("", "x.csv is empty."),
        ("slug,name,store\nana,Jos\xe9,centre\n".encode("latin-1"), "line 2: this is not UTF-8"),
        ('slug,name,store\nana,"Ana"x,centre\n', "line 2: "),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_a_sentence(desk: Desk, content: str | bytes, told: str) -> None:
    result = desk.import_("technicians", desk.file("x.csv", content))
    assert result.exit_code == 1
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert desk.count("technicians") == 0


def test_a_spreadsheets_file_is_understood(desk: Desk) -> None:
    """With a byte order mark, semicolons, CRLF, spare separators, a blank line and a line break in a cell."""
    content = (
        '\ufeffExternal-ID;Store;Customer Name;Address;Notes;;\r\nW-1;centre;Eva;"Rua Nova 1\r\nPorto";;;\r\n;;;;;;\r\n'
    )
    result = desk.import_("work-orders", desk.file("x.csv", content + "W-2;centre;;Rua Nova 9;;;\r\n"))
    assert "1 created" in result.stdout, result.output
    assert "line 5, customer_name" in result.stderr
    assert desk.all("SELECT address FROM work_orders")[0].address == "Rua Nova 1\r\nPorto"


def test_an_organization_that_is_not_there(desk: Desk) -> None:
    path = desk.file("t.csv", TECHNICIANS)
    result = desk.import_("technicians", path, organization="unknown")
    assert (result.exit_code, "There is no organization 'unknown'" in result.stderr) == (1, True)
    stranger = desk.import_("technicians", path, organization="rival")
    assert "There is no 'centre' among the stores" in stranger.stderr


# Dry run ------------------------------------------------------------------------------------------------------------


def test_a_dry_run_checks_everything_and_writes_nothing(desk: Desk) -> None:
    before = {table: desk.count(table) for table in ("technicians", "audit_entries", "outbox", "work_orders")}
    bad = TECHNICIANS + "cy,Cy,south,,,,,,\n"
    result = desk.import_("technicians", desk.file("t.csv", bad), "--dry-run")
    assert result.exit_code == 1
    assert "2 would be created, 0 would be changed, 0 unchanged, 1 with errors" in result.stdout
    assert "Nothing was written" in result.stdout
    assert "line 4, store: There is no 'south'" in result.stderr
    result = desk.import_("work-orders", desk.file("w.csv", ORDERS), "--dry-run")
    assert "2 would be created" in result.stdout
    assert {table: desk.count(table) for table in before} == before
    assert not (desk.folder / "t.errors.csv").exists()


# Killed -------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_killed_import_goes_on_and_doubles_nothing(desk: Desk) -> None:
    """Killed while it creates, and killed while it asks for addresses; run again until everything is there."""
    rows = [f"W-{number},centre,Customer {number},Rua Nova 1 Porto" for number in range(80)]
    path = desk.file("w.csv", "\n".join(["external_id,store,customer_name,address", *rows]))
    for reached in (10, 40):
        kill_when(desk, path, f"SELECT count(*) >= {reached} FROM work_orders")
    assert 40 <= desk.count("work_orders") < 80
    kill_when(desk, path, "SELECT count(*) >= 20 FROM work_orders WHERE location_source = 'geocoded'")
    assert desk.all("SELECT count(*) AS left FROM work_orders WHERE geocode_due_at IS NOT NULL")[0].left > 0
    last = desk.start("work-orders", path, "--geocode")
    assert last.wait(timeout=100) == 0, last.log.read_text()
    assert "0 created, 0 changed, 80 unchanged" in last.log.read_text()
    assert desk.count("work_orders") == 80
    assert {row.location_source for row in desk.all("SELECT location_source FROM work_orders")} == {"geocoded"}
    created = desk.all("SELECT subject_id FROM outbox WHERE event_type = 'work_order.created'")
    assert len(created) == len(set(created)) == 80


def kill_when(desk: Desk, path: Path, reached: str) -> None:
    process = desk.start("work-orders", path, "--geocode")
    deadline = monotonic() + 60
    while not desk.all(reached)[0][0]:
        assert process.poll() is None, process.log.read_text()
        assert monotonic() < deadline
        Event().wait(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=10)


# Documented ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", IMPORTERS)
def test_every_column_is_documented(kind: str) -> None:
    section = page("docs/operations.md").text.split(f"### Columns of {kind}")[1].split("\n#")[0]
    told = [
        name for cell in re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)
    ]
    row = IMPORTERS[kind].row
    assert sorted(told) == sorted(row.model_fields)
    required = {
        name for line in section.splitlines() if "required" in line for name in re.findall(r"^\| `(\w+)`", line)
    }
    assert required == set(row.required())


@pytest.mark.parametrize(("lat", "lon"), [("0", "0"), ("0.0", "0.0"), ("0,000", "-0"), ("0.00", "0")])
def test_a_place_that_exports_write_as_nought_is_none(desk: Desk, lat: str, lon: str) -> None:
    header = "external_id;store;customer_name;address;lat;lon"
    desk.import_("work-orders", desk.file("w.csv", f"{header}\nW-1;centre;Eva;Rua Nova 9, Porto;{lat};{lon}\n"))
    [order] = desk.all("SELECT * FROM work_orders")
    assert (order.lat, order.lon, order.geocode_due_at is not None) == (None, None, True)
    technicians = f"slug;name;store;home_lat;home_lon\nana;Ana;centre;{lat};{lon}\n"
    desk.import_("technicians", desk.file("t.csv", technicians))
    assert desk.all("SELECT home_lat FROM technicians")[0].home_lat is None


def test_a_store_or_a_lead_at_nought_is_an_error_with_its_reason(desk: Desk) -> None:
    result = desk.import_(
        "stores", desk.file("s.csv", "slug,name,timezone,lat,lon\nsouth,South,Europe/Lisbon,0.0,0.0\n")
    )
    assert "0, 0 means that no place is known" in result.output
    assert desk.count("stores") == 1
    rows = "external_id,store,customer_name,lat,lon\nW-1,centre,Eva,0,0\n"
    assert "A lead has an address, or lat and lon" in desk.import_("work-orders", desk.file("w.csv", rows)).output
    assert desk.count("work_orders") == 0


def test_nought_alone_is_a_coordinate(desk: Desk) -> None:
    rows = "external_id,store,customer_name,lat,lon\nW-1,centre,Eva,51.47,0\n"
    desk.import_("work-orders", desk.file("w.csv", rows))
    assert [(order.lat, order.lon) for order in desk.all("SELECT lat, lon FROM work_orders")] == [(51.47, 0.0)]


def test_coordinates_in_the_column_of_the_address_are_a_pin(desk: Desk) -> None:
    rows = 'external_id,store,customer_name,address\nW-1,centre,Eva,"41.1503, -8.6102"\n'
    desk.import_("work-orders", desk.file("w.csv", rows))
    [order] = desk.all("SELECT * FROM work_orders")
    assert (order.lat, order.lon, order.location_source) == (41.1503, -8.6102, "pin")
