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


@pytest.mark.parametrize(("phone", "e164", "extension"), TYPED)
@pytest.mark.parametrize("kind", ["leads", "tickets"])
def test_a_number_as_people_write_it_makes_the_lead(
    api: Api, kind: str, phone: str, e164: str | None, extension: str | None
) -> None:
    customer = customer_of(api, posted(api, kind, phone=phone))
    assert (customer["phone"], customer["phone_e164"], customer["phone_extension"]) == (phone, e164, extension)


@pytest.mark.parametrize(
    ("email", "normalized"),
    [
        ("Mia Reis <Mia@Example.com>", "mia@example.com"),
        ("mia@example.com; rui@example.com", "mia@example.com"),
        ("mia(at)example.com", None),
        ("none", None),
    ],
)
def test_an_address_as_people_write_it_makes_the_lead(api: Api, email: str, normalized: str | None) -> None:
    customer = customer_of(api, posted(api, "leads", email=email))
    assert (customer["email"], customer["email_normalized"]) == (email, normalized)


@pytest.mark.parametrize("member", ["name", "phone", "email"])
@pytest.mark.parametrize("code", [0x01, 0x07, 0x0B, 0x1B, 0x1F, 0x7F, 0x80, 0x9F])
def test_control_characters_are_refused_and_named(api: Api, member: str, code: int) -> None:
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
