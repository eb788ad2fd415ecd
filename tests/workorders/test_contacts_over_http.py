"""Contact details over HTTP: whatever is typed makes the lead, and is found again."""

from typing import Any

import pytest
from sqlalchemy import Connection, text

from tests.access.api import Api

PLACE = {"lat": 41.1512, "lon": -8.6112}
NBSP, DASH, LRM = "\N{NO-BREAK SPACE}", "\N{EN DASH}", "\N{LEFT-TO-RIGHT MARK}"

TYPED = [
    (f"+351{NBSP}912{NBSP}345{NBSP}678", "+351912345678", None),
    (f"912{DASH}345{DASH}678", "+351912345678", None),
    ("220 123 456 ext. 12", "+351220123456", "12"),
    ("tel:+44-20-7946-0123", "+442079460123", None),
    ("912345678 (mother) / 220123456 (work)", "+351912345678", None),
    ("*31#912345678", "+351912345678", None),
    ("".join(chr(ord("٠") + int(digit)) for digit in "912345678"), "+351912345678", None),
    (f"{LRM}912 345 678\nafter five", "+351912345678", None),
    ("none", None, None),
    ("ask at the bakery ☎", None, None),
    ("7" * 500, None, None),
]


@pytest.mark.parametrize("kind", ["leads", "tickets"])
def test_a_number_as_people_write_it_makes_the_lead(api: Api, kind: str) -> None:
    for phone, e164, extension in TYPED:
        customer = customer_of(api, posted(api, kind, phone=phone))
        assert (customer["phone"], customer["phone_e164"], customer["phone_extension"]) == (phone, e164, extension)


def test_an_address_as_people_write_it_makes_the_lead(api: Api) -> None:
    for email, normalized in (
        ("Mia Reis <Mia@Example.com>", "mia@example.com"),
        ("mia@example.com; rui@example.com", "mia@example.com"),
        ("mia(at)example.com", None),
        ("none", None),
    ):
        customer = customer_of(api, posted(api, "leads", email=email))
        assert (customer["email"], customer["email_normalized"]) == (email, normalized)


def test_control_characters_are_refused_and_named(api: Api) -> None:
    for member in ("name", "phone", "email"):
        for code in (0x01, 0x07, 0x0B, 0x1B, 0x1F, 0x7F, 0x80, 0x9F):
            refused = post(api, "leads", **{member: f"Mia{chr(code)}1"})
            assert refused.status_code == 422
            (problem,) = refused.get_json()["errors"]
            assert (problem["pointer"], problem["code"]) == (f"/customer/{member}", "control_character")
            assert "control characters" in problem["detail"]


def test_what_is_too_long_is_refused(api: Api) -> None:
    (problem,) = post(api, "leads", phone="7" * 501).get_json()["errors"]
    assert (problem["pointer"], problem["code"]) == ("/customer/phone", "too_long")


def test_a_number_is_read_in_the_country_that_the_store_says(api: Api) -> None:
    settings = f"/v1/stores/{api.id('stores', 'centre')}/settings"
    assert customer_of(api, posted(api, "leads", phone="030 901820"))["phone_e164"] is None
    version = int(api.get(settings, by="root").headers["ETag"].strip('"'))
    assert api.put(settings, by="root", version=version, json={"country": "de"}).status_code == 200
    assert customer_of(api, posted(api, "leads", phone="030 901820"))["phone_e164"] == "+4930901820"


def test_a_corrected_number_is_read_again(api: Api, admin: Connection) -> None:
    order = posted(api, "leads", phone="912 345 678")
    correction = {"customer": {"name": "Mia Reis", "phone": "220123456 or 934567890"}}
    answer = api.patch(f"/v1/work-orders/{order['id']}", by="root", version=order["version"], json=correction)
    assert answer.get_json()["customer"]["phone_e164"] == "+351220123456"
    assert phones_kept(admin) == ["+351220123456 +351934567890"]
    (changed,) = [
        event
        for event in api.get(f"/v1/work-orders/{order['id']}/events", by="root").get_json()["items"]
        if event["kind"] == "changed"
    ]
    assert changed["detail"]["fields"] == ["customer"]


def test_a_ticket_made_of_a_lead_is_found_by_the_same_numbers(api: Api, admin: Connection) -> None:
    order = posted(api, "leads", phone="912 345 678")
    answer = api.post(f"/v1/work-orders/{order['id']}/convert", by="root", version=order["version"])
    assert answer.status_code in {200, 201}
    assert phones_kept(admin) == ["+351912345678"] * 2


def test_an_erased_customer_leaves_no_number(api: Api, admin: Connection) -> None:
    order = posted(api, "leads", phone="912 345 678", email="mia@example.com")
    assert api.post(f"/v1/work-orders/{order['id']}/cancel", by="root").status_code == 200
    assert api.post(f"/v1/work-orders/{order['id']}/erase-customer", by="root").status_code == 200
    assert phones_kept(admin) == [""]
    (left,) = admin.execute(text("SELECT customer::text FROM work_orders")).scalars()
    assert "912" not in left
    assert "mia" not in left


def post(api: Api, kind: str, **customer: str) -> Any:
    body = {
        "store_id": api.id("stores", "centre"),
        "customer": {"name": "Mia Reis", **customer},
        "location": PLACE,
    }
    return api.post(f"/v1/{kind}", by="root", json=body)


def posted(api: Api, kind: str, **customer: str) -> dict[str, Any]:
    answer = post(api, kind, **customer)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    order: dict[str, Any] = answer.get_json()
    return order


def customer_of(api: Api, order: dict[str, Any]) -> dict[str, Any]:
    read = api.get(f"/v1/work-orders/{order['id']}", by="root").get_json()
    assert read["customer"] == order["customer"]
    customer: dict[str, Any] = read["customer"]
    return customer


def phones_kept(admin: Connection) -> list[str]:
    return list(admin.execute(text("SELECT customer_phones FROM work_orders ORDER BY created_at")).scalars())


LEFT_EMPTY = (
    *("customer.phone", "customer.email", "address", "slot", "slot.end", "group_id", "skills", "device"),
    *("device.model", "device.issue", "referral_source", "assignee_id", "priority", "notes", "external_id"),
)


def test_what_a_form_leaves_empty_makes_the_lead(api: Api) -> None:
    for member in LEFT_EMPTY:
        for blank in ("", "   ", NBSP, None):
            body: dict[str, Any] = {
                "store_id": api.id("stores", "centre"),
                "customer": {"name": "Mia Reis"},
                "location": PLACE,
            }
            *path, last = member.split(".")
            place = body
            for name in path:
                place = place.setdefault(name, {"start": "2198-05-21T10:00:00Z"} if name == "slot" else {})
            place[last] = blank
            answer = api.post("/v1/leads", by="root", json=body)
            assert answer.status_code == 201, (member, blank, answer.get_data(as_text=True))


def test_empty_coordinates_are_no_location(api: Api) -> None:
    body = {
        "store_id": api.id("stores", "centre"),
        "customer": {"name": "Mia Reis"},
        "location": {"lat": "", "lon": ""},
        "address": "Rua das Flores 12",
        "slot": {"start": "", "end": ""},
    }
    order = api.post("/v1/leads", by="root", json=body).get_json()
    assert (order["location"], order["address"]) == (None, "Rua das Flores 12")


def test_a_correction_leaves_what_cannot_be_empty_and_empties_the_rest(api: Api) -> None:
    order = posted(api, "leads", phone="912 345 678")
    path = f"/v1/work-orders/{order['id']}"
    noted = api.patch(
        path,
        by="root",
        version=order["version"],
        json={"notes": "ring twice", "referral_source": "fair", "priority": 3},
    ).get_json()
    blank = {"notes": " ", "referral_source": "", "priority": "", "customer": "", "slot": {"start": "", "end": ""}}
    after = api.patch(path, by="root", version=noted["version"], json=blank).get_json()
    assert (after["notes"], after["referral_source"], after["priority"]) == (None, None, 3)
    assert (after["customer"], after["slot"]) == (order["customer"], order["slot"])
    refused = api.patch(path, by="root", version=after["version"], json={"priority": None})
    assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "/priority")


def test_an_empty_filter_filters_nothing(api: Api) -> None:
    order = posted(api, "leads", phone="912 345 678")
    found = api.get("/v1/work-orders?state=&q=%20&store_id=&technician_id=&slot_from=&sort=&limit=", by="root")
    assert [one["id"] for one in found.get_json()["items"]] == [order["id"]]
