"""CSV files over HTTP: tried first, then imported by whom the audit trail names."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.neighbours import Neighbours

TECHNICIANS = "slug;name;store;skills;mon\neva;Eva;centre;screen glass;09:00-17:00\nivo;Ivo;nowhere;;\n"
LEADS = "external_id,store,customer_name,address\na-1,centre,Kim,Rua Nova 1\na-2,centre,Lee,Rua Nova 2\n"


def send(neighbours: Neighbours, kind: str, content: str | bytes, *, dry_run: bool, by: str = "root") -> TestResponse:
    client = neighbours.app.test_client(use_cookies=False)
    return client.post(
        f"/v1/imports/{kind}?dry_run={str(dry_run).lower()}",
        data=content,
        content_type="text/csv",
        headers={"Authorization": f"Bearer {neighbours.ours.token(by)}"},
    )


def names(neighbours: Neighbours) -> set[str]:
    return {one["name"] for one in neighbours.ours.api.get("/v1/technicians", by="root").get_json()["items"]}


def test_a_file_is_tried_then_imported_and_again_changes_nothing(neighbours: Neighbours) -> None:
    before = names(neighbours)
    tried: Any = send(neighbours, "technicians", TECHNICIANS, dry_run=True).get_json()
    assert [(row["line"], row["key"], row["outcome"], row["column"]) for row in tried["rows"]] == [
        (2, "eva", "created", None),
        (3, "ivo", "error", "store"),
    ]
    assert (tried["dry_run"], names(neighbours)) == (True, before)

    done: Any = send(neighbours, "technicians", TECHNICIANS, dry_run=False).get_json()
    assert (done["created"], done["errors"], names(neighbours) - before) == (1, 1, {"Eva"})
    assert done["errors_csv"].splitlines()[0] == "slug;name;store;skills;mon;error"
    audit = neighbours.ours.api.get("/v1/audit?action=technician.created", by="root").get_json()["items"]
    assert audit[0]["actor_kind"] == "user"

    again: Any = send(neighbours, "technicians", done["errors_csv"].replace("nowhere", "centre"), dry_run=False)
    assert again.get_json()["created"] == 1
    same: Any = send(neighbours, "technicians", TECHNICIANS, dry_run=False).get_json()
    assert (same["created"], same["changed"], same["unchanged"]) == (0, 0, 1)


def test_leads_are_created_once(neighbours: Neighbours) -> None:
    assert send(neighbours, "work-orders", LEADS, dry_run=False).get_json()["created"] == 2
    again = send(neighbours, "work-orders", LEADS.replace("Kim", "Kai"), dry_run=False).get_json()
    assert (again["created"], again["unchanged"], again["errors"]) == (0, 1, 1)
    assert "customer_name not taken over" in again["rows"][0]["reason"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        ("slug,nam,store\n", "There is no column 'nam'"),
        ("name\n", "The column 'slug' is missing"),
        (b"slug,name,store\n\xff\xfe\xff", "not UTF-8"),
        ("slug,name,store\n" + "a,A,centre\n" * 2_001, "at most 2000"),
    ],
)
def test_what_is_no_such_file_is_refused_in_a_sentence(neighbours: Neighbours, content: str | bytes, told: str) -> None:
    answer = send(neighbours, "technicians", content, dry_run=True)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "bad_import_file")
    assert told in answer.get_json()["detail"]


def test_other_kinds_other_bodies_and_other_people_are_refused(neighbours: Neighbours) -> None:
    assert send(neighbours, "users", TECHNICIANS, dry_run=True).status_code == 404
    assert send(neighbours, "stores", "slug\n", dry_run=True, by="centre").status_code == 403
    answer = neighbours.ours.api.post("/v1/imports/stores", json={"slug": "x"}, by="root")
    assert answer.status_code == 415


def test_the_columns_say_which_are_needed(neighbours: Neighbours) -> None:
    columns = neighbours.ours.api.get("/v1/imports/work-orders", by="root").get_json()["columns"]
    assert [one["name"] for one in columns if one["required"]] == ["external_id", "store", "customer_name"]
