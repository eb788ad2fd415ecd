"""What people type who look for a work order, and what they find."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from geo_assign.access.domain import EVERYTHING, system_caller
from geo_assign.core.db import Database, Tx
from geo_assign.dispatch.commands import orders
from geo_assign.migrate import upgrade
from geo_assign.privacy.commands import erase_customer
from geo_assign.workorders import search_texts
from geo_assign.workorders.domain import Kind, NewOrder, State
from geo_assign.workorders.queries import number_text
from geo_assign.workorders.queries.listing import WorkOrderFilter, list_work_orders
from geo_assign.workorders.search_texts import fill_search_texts, search_words
from tests.conftest import World
from tests.thoroughness import times

ORGANIZATION, NEIGHBOUR = UUID(int=1), UUID(int=2)

ORDERS: dict[str, dict[str, Any]] = {
    "jose": {
        "customer": {"name": "José Ñuñez-Müller", "phone": "+351 (210) 123-456", "email": "jose.n@example.com"},
        "address": "Rua das Amoreiras 12, 3.º Esq., 1250-022 Lisboa",
        "external_id": "REF-77ab",
        "device": {"type": "Washing machine", "brand": "Fable", "model": "X-100", "issue": "leaks at the door"},
        "notes": "Dog in the yard; ring twice. 20% off agreed",
    },
    "soren": {
        "customer": {"name": "Søren Østergård", "phone": "0045 32 12 34 56", "email": "SOREN@Østergård.example"},
        "address": "Nørregade 5, København",
        "external_id": "order_88",
        "device": {"brand": "Weiß & Söhne", "model": "Mark II"},
    },
    "lukasz": {
        "customer": {"name": "Łukasz Żółć", "phone": "tel. 21 765 43 21 / 912 345 678 (mother)"},
        "address": "ul. Świętokrzyska 3/14, Łódź",
        "notes": "ask for O'Brien\nsecond door",
    },
    "strasser": {
        "customer": {"name": "Heinz Großmann", "phone": "9 (210) 88-77"},
        "address": "Hauptstraße 7, Straße am Park",
        "external_id": "A%B",
    },
    "yorgos": {"customer": {"name": "Γιώργος Παπαδόπουλος", "phone": "٠٢١٠٤٤٤٥٥٥٠"}, "address": "Οδός Ερμού 9"},
    "irina": {"customer": {"name": "Ирина Фёдорова", "phone": "+7 912 555-66-77"}, "address": "ул. Ёлочная 1"},
    "yamada": {"customer": {"name": "山田太郎"}, "address": "東京都港区六本木"},
    "mueller": {"customer": {"name": "Anna Mueller"}, "address": "Am Bogen 1", "external_id": "9041-x"},
}

FOUND = {
    "jose": [
        *["José", "jose", "JOSE", "Müller José", "Muller jose", "Nuñez", "nunez", "Nuñez-Müller", "Nunez Muller"],
        *["Jose Nunez Muller", "Mueller Jose", "ose", "José - Müller", "Jose,", "\u202aJosé\u202c", "Jo\u0301se"],
        *["210123456", "+351210123456", "00351210123456", "351 210 123 456", "+351 210 123-456", "0210 123456"],
        *["(210) 123-456", "+351 (0)210 123456", "210 123 456", "10123456", "210.123.456", "210 12", "10 123"],
        *["jose.n@example.com", "JOSE.N@EXAMPLE.COM", "jose.n", "jose n@example"],
        *["Rua das Amoreiras 12", "amoreiras", "Amoreiras, 12", "12 Amoreiras", "1250-022", "1250 022", "Esq."],
        *["REF-77ab", "ref77AB", "77ab", "ref 77ab"],
        *["washing", "Fable", "fable x-100", "x100", "X 100", "leaks", "Fable Jose 1250"],
        *["dog yard", "twice", "20%", "20% off"],
    ],
    "soren": [
        *["soren", "Søren", "Soeren", "Ostergard", "Østergård", "oestergaard", "soren@ostergard.example"],
        *["norregade", "Kobenhavn", "København 5", "32123456", "+45 32 12 34 56", "004532123456", "weiss", "Weiß"],
        *["sohne", "soehne", "Söhne Mark", "order_88"],
    ],
    "lukasz": [
        *["lukasz", "Łukasz", "zolc", "Żółć Łukasz", "swietokrzyska", "lodz", "Łódź 3/14", "3/14"],
        *[
            "217654321",
            "912345678",
            "912 345 678",
            "+351912345678",
            "mother",
            "O'Brien",
            "obrien",
            "O Brien",
            "o’brien",
        ],
    ],
    "strasser": ["grossmann", "Großmann", "hauptstrasse", "Hauptstraße 7", "strasse park", "A%B", "a%b"],
    "yorgos": ["γιωργος", "Γιώργος", "ΓΙΩΡΓΟΣ", "παπαδοπουλος", "ερμου 9", "0210 4445550", "02104445550"],
    "irina": ["ирина", "ФЕДОРОВА", "Фёдорова Ирина", "елочная", "8 912 555 66 77", "+7 912 555 66 77", "9125556677"],
    "yamada": ["山田", "太郎", "港区", "東京都港区", "六本木 山田"],
    "mueller": ["Anna Mueller", "mueller bogen", "9041", "9041-x", "9041X"],
}

NOTHING = [
    *["%%", "\\", "j_se", "jos%", "%jose", "REF_77ab", "REF%77ab", "orderx88", "a_b", "20%%", "20_ off", "%'"],
    *["--", "?!", "Jose Grossmann", "Amoreiras 99999", "210123457", "+44 210123456", "x1000", "'; DROP TABLE x; --"],
    *["jose.m@example.com", "\x01", "{jose}x", "L-9", "l-0099", "T-1", "zz"],
]
SEVERAL = {
    "%": "jose strasser",
    "_": "soren",
    "L-1": "jose",
    "l0002": "soren",
    "#3": "jose lukasz",
    "muller": "jose",
    "Müller": "jose mueller",
    "mueller": "jose mueller",
    "210": "jose strasser yorgos",
    "an": "mueller",
    "j": "jose",
    "9": "yorgos mueller",
    "8877 210": "strasser",
}


STORE = """
INSERT INTO organizations (org_id, slug, name) VALUES (:org_id, :slug, 'Search');
INSERT INTO stores (org_id, id, slug, name, timezone, lat, lon, created_at, updated_at)
VALUES (:org_id, :org_id, 'centre', 'Centre', 'Europe/Lisbon', 38.7, -9.1, now(), now())
"""


@pytest.fixture
def database(database: Database, admin: Connection) -> Database:
    """The work orders above, of two organizations."""
    for org_id in (ORGANIZATION, NEIGHBOUR):
        for statement in STORE.split(";"):
            admin.execute(text(statement), {"org_id": org_id, "slug": f"s{org_id.int}"})
        with database.transaction(org_id) as tx:
            for order in ORDERS.values():
                new = NewOrder(kind=Kind.LEAD, store_id=org_id, **order)
                orders.create(tx, system_caller(tx.org_id), new, None)
    return database


def found(tx: Tx, words: str) -> list[str]:
    names = {order["customer"]["name"]: key for key, order in ORDERS.items()}
    page = list_work_orders(tx, EVERYTHING, WorkOrderFilter(text=words), limit=50, sort="number", counted=True)
    assert page.count == len(page.items)
    return [names.get(order.customer["name"], order.customer["name"]) for order in page.items]


def test_what_people_type_is_found(database: Database) -> None:
    missed = []
    with database.transaction(ORGANIZATION) as tx:
        for key, asked in FOUND.items():
            missed += [(words, key, seen) for words in asked if (seen := found(tx, words)) != [key]]
    assert missed == []


@pytest.mark.parametrize(
    ("noted", "typed"),
    [
        ("call 912 000 555 for her mother", ["912 000 555", "mother 912 000 555"]),
        ("lot 118 of 2024, key 334", ["2024 118 334", "118 2024 334 lot"]),
        ("06.12.99.56.78", ["06 12 99 56 78", "0612995678", "06-12-99-56-78"]),
        ("gate 4400 at Rua 12", ["12 4400", "gate 12 4400"]),
    ],
)
def test_numbers_side_by_side_are_found_where_they_are_no_phone(
    database: Database, noted: str, typed: list[str]
) -> None:
    change = text("UPDATE work_orders SET notes = :notes WHERE org_id = :org_id AND number = 3")
    with database.transaction(ORGANIZATION) as tx:
        tx.conn.execute(change, {"org_id": ORGANIZATION, "notes": noted})
        assert {words: found(tx, words) for words in typed} == {words: ["lukasz"] for words in typed}


def test_numbers_side_by_side_are_a_phone_where_the_list_has_it(database: Database) -> None:
    """Not also another order's house number and postcode, unless the list shows that one alone."""
    change = text("UPDATE work_orders SET notes = '678 then 912 then 345' WHERE org_id = :org_id AND number = :number")
    with database.transaction(ORGANIZATION) as tx:
        tx.conn.execute(change, {"org_id": ORGANIZATION, "number": 1})
        assert found(tx, "912 345 678") == ["lukasz"]
        tx.conn.execute(text("UPDATE work_orders SET state = 'cancelled' WHERE number = 3"))
        wanted = WorkOrderFilter(text="912 345 678", states=[State.NEW, State.PENDING])
        assert [order.number for order in list_work_orders(tx, EVERYTHING, wanted, limit=9).items] == ["L-0001"]


def test_nothing_else_is_found(database: Database) -> None:
    with database.transaction(ORGANIZATION) as tx:
        assert [(words, seen) for words in NOTHING if (seen := found(tx, words))] == []
        assert {words: " ".join(found(tx, words)) for words in SEVERAL} == SEVERAL


@pytest.mark.parametrize("number", [12, 120, 1_204, 43_210])
def test_a_number_is_no_part_of_another(database: Database, number: int) -> None:
    alike = {number, number * 10, number * 10 + 7, 1_000_000 + number}
    change = text("UPDATE work_orders SET number = :new WHERE org_id = :org_id AND number = :old")
    with database.transaction(ORGANIZATION) as tx:
        for old, new in enumerate(sorted(alike), start=1):
            tx.conn.execute(change, {"org_id": ORGANIZATION, "old": old, "new": new})
        for typed in (f"L-{number}", f"l{number:07d}", f"L-{number:04d}"):
            found = list_work_orders(tx, EVERYTHING, WorkOrderFilter(text=typed), limit=50).items
            assert [order.number for order in found] == [number_text(Kind.LEAD, number)]


def test_only_the_transactions_organization_is_searched(database: Database, admin: Connection) -> None:
    asked = text("SELECT count(*) FROM find_work_orders(ARRAY['jose'])")
    assert admin.execute(asked).scalar_one() == 0  # bound to none
    with database.across_organizations() as conn:
        assert conn.execute(asked).scalar_one() == 0
    with database.transaction(UUID(int=99)) as tx:
        assert tx.conn.execute(asked).scalar_one() == 0
    with database.transaction(NEIGHBOUR) as tx:
        assert tx.conn.execute(asked).scalar_one() == 1


def test_a_text_follows_its_work_order_whatever_writes_it(database: Database) -> None:
    """An older version writes the row alone, and knows nothing of the text beside it."""
    change = text(
        "UPDATE work_orders SET customer = customer || jsonb_build_object('name', 'Zoë'), notes = 'blue van' "
        "WHERE org_id = :org_id AND number = 1"
    )
    with database.transaction(ORGANIZATION) as tx:
        tx.conn.execute(change, {"org_id": ORGANIZATION})
        assert (found(tx, "zoe"), found(tx, "van"), found(tx, "nunez"), found(tx, "yard")) == (["Zoë"], ["Zoë"], [], [])


def test_what_was_there_before_is_filled_in(database: Database, admin: Connection, world: World) -> None:
    admin.execute(text("DELETE FROM work_order_search"))
    admin.execute(text("UPDATE work_orders SET notes = 'newer' WHERE number = 2"))
    with database.transaction(ORGANIZATION) as tx:
        assert (found(tx, "nunez"), found(tx, "newer")) == ([], ["soren"])
    upgrade(world.settings())
    test_what_people_type_is_found(database)
    assert admin.execute(text("SELECT count(*) FROM work_order_search")).scalar_one() == 2 * len(ORDERS)


def test_filling_in_goes_through_all_of_them(
    database: Database, admin: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_texts, "_FILLED_AT_ONCE", 3)
    admin.execute(text("DELETE FROM work_order_search WHERE text LIKE '%a%'"))
    steps, last = 0, fill_search_texts(admin)
    while last is not None:
        steps, last = steps + 1, fill_search_texts(admin, last)
    assert steps == -(-2 * len(ORDERS) // 3)
    test_what_people_type_is_found(database)


def test_nothing_of_an_erased_customer_is_found(database: Database, admin: Connection) -> None:
    with database.transaction(ORGANIZATION) as tx:
        administrator = system_caller(tx.org_id)
        (order,) = list_work_orders(tx, EVERYTHING, WorkOrderFilter(text="jose"), limit=2).items
        orders.cancel(tx, administrator, order.id, reason=None)
        erase_customer(tx, administrator, order.id)
        told = ["jose", "müller", "nunez", "mueller", "210123456", "123456", "example.com", "amoreiras", "leaks", "dog"]
        assert [words for words in told if "Erased person" in found(tx, words)] == []
        assert found(tx, "REF-77ab") == ["Erased person"]
    kept = admin.execute(text("SELECT text FROM work_order_search WHERE work_order_id = :id"), {"id": order.id})
    assert not {"jose", "muller", "351", "amoreiras", "lisboa", "leaks", "yard"} & set(kept.scalar_one().split())


WORD = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zs", "Zl", "Zp", "Mn", "Cn", "Co"]), min_size=1)


@given(words=st.lists(WORD, min_size=1, max_size=4), data=st.data())
@settings(max_examples=times(10, 100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_the_notes_is_found_by_its_words(
    database: Database, words: list[str], data: st.DataObject
) -> None:
    asked = " ".join(data.draw(st.permutations(words)))
    change = text("UPDATE work_orders SET notes = :notes WHERE org_id = :org_id AND number = 3")
    with database.transaction(ORGANIZATION) as tx:
        tx.conn.execute(change, {"org_id": ORGANIZATION, "notes": " ".join(words)})
        assert "lukasz" in found(tx, asked)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("  Ana   Lima ", ["Ana", "Lima"]),
        ("+351 200 123 456", ["+351 200 123 456"]),
        ("Ana +351 200 123 456 Lima", ["Ana", "+351 200 123 456", "Lima"]),
        ("Rua Nova 12 4", ["Rua", "Nova", "12", "4"]),
        ("Ana - Lima", ["Ana", "Lima"]),
        ("-", ["-"]),
        ("%", ["%"]),
        ("a\x00b\nc", ["a", "b", "c"]),
        (" \x01 ", []),
    ],
)
def test_the_words_of_what_was_typed(typed: str, words: list[str]) -> None:
    assert search_words(typed) == words
