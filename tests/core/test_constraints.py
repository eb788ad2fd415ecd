"""Which constraint was broken is known from the error's field, and where that is missing from its sentence."""

from types import SimpleNamespace

import psycopg
import pytest
from psycopg import errors as pg_errors
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from geo_assign.core.constraints import broken_constraint, refusing
from geo_assign.core.errors import NotFoundError

UNIQUE = 'duplicate key value violates unique constraint "{}"'


def told(message: str, field: str | None = None) -> psycopg.Error:
    """An error as a server hands it on that heard only the sentence."""

    class Told(pg_errors.UniqueViolation):
        diag = SimpleNamespace(constraint_name=field, message_primary=message)  # type: ignore[assignment]

    return Told(message)


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (told(UNIQUE.format("users_org_id_email_key"), "users_org_id_email_key"), "users_org_id_email_key"),
        (told(UNIQUE.format("users_org_id_email_key_102189")), "users_org_id_email_key"),
        (told(UNIQUE.format("users_org_id_email_key")), "users_org_id_email_key"),
        (told(UNIQUE.format("stores_slug_key2_1000081")), "stores_slug_key2"),
        (told('new row for relation "stores_102219" violates check constraint "stores_lat_check"'), "stores_lat_check"),
        (
            told('conflicting key value violates exclusion constraint "bookings_no_overlap_102355"'),
            "bookings_no_overlap",
        ),
        (
            told('insert or update on table "offers_102" violates foreign key constraint "offers_order_fkey_102301"'),
            "offers_order_fkey",
        ),
        (told('null value in column "name" violates not-null constraint'), None),
        (told("something else"), None),
    ],
)
def test_the_name_is_read_where_it_is_told(error: psycopg.Error, name: str | None) -> None:
    assert broken_constraint(error) == name


def test_a_number_that_belongs_to_the_name_stays_where_the_field_tells_it() -> None:
    assert broken_constraint(told(UNIQUE.format("audit_2026_12345"), "audit_2026_12345")) == "audit_2026_12345"


def test_either_way_the_caller_is_told_the_same(admin: Connection) -> None:
    admin.execute(text("INSERT INTO organizations (org_id, slug, name) VALUES (gen_random_uuid(), 'once', 'Once')"))
    again = text("INSERT INTO organizations (org_id, slug, name) VALUES (gen_random_uuid(), 'once', 'Twice')")
    with pytest.raises(NotFoundError), refusing(organizations_slug_key=NotFoundError("taken")):
        admin.execute(again)
    handed_on = IntegrityError("", {}, told(UNIQUE.format("organizations_slug_key_102008")))
    with pytest.raises(NotFoundError), refusing(organizations_slug_key=NotFoundError("taken")):
        raise handed_on
    with pytest.raises(IntegrityError), refusing(another_key=NotFoundError("taken")):
        raise handed_on
