"""Photos, a signature and a note: sent by the technician, seen by who sees the work, forgotten with the customer."""

import os
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from werkzeug.test import TestResponse

from geo_assign.app import EXTENSION
from geo_assign.completion.domain import MOST_BYTES
from geo_assign.completion.folder import ImageFolder
from geo_assign.completion.tasks import sweep_orphaned_files
from geo_assign.core.db import Database
from tests.access.api import Api, seeded_api
from tests.completion.conftest import step
from tests.completion.pictures import opened, picture, with_metadata
from tests.conftest import World


def put(api: Api, path: str, image: bytes, *, by: str = "ana", kind: str = "image/jpeg") -> TestResponse:
    return api.put(path, by=by, data=image, headers={"Content-Type": kind})


def put_photo(api: Api, order: str, image: bytes | None = None, photo: object = None, **more: Any) -> TestResponse:
    return put(api, f"/v1/work-orders/{order}/photos/{photo or uuid4()}", image or picture(), **more)


def completion(api: Api, order: str, by: str = "desk") -> dict[str, Any]:
    answer = api.get(f"/v1/work-orders/{order}/completion", by=by)
    assert answer.status_code == 200, answer.get_json()
    return dict(answer.get_json())


def taken(api: Api, **more: Any) -> str:
    """The id of a work order that Ana has."""
    lead = {"customer": {"name": "Eva"}, "location": {"lat": 41.2, "lon": -8.6}, "store_id": api.id("stores", "centre")}
    made = api.post("/v1/leads", by="root", json={**lead, "assignee_id": api.id("technicians", "ana"), **more})
    return str(made.get_json()["id"])


def test_the_work_ends_with_a_note_photos_and_a_signature(api: Api, order: str) -> None:
    first = put_photo(api, order, with_metadata()).get_json()
    put_photo(api, order, picture("PNG"), kind="image/png")
    put(api, f"/v1/work-orders/{order}/signature", picture("PNG"), kind="image/png")
    before = completion(api, order)
    assert (before["completed_at"], before["note"], len(before["photos"])) == (None, None, 2)
    step(api, order, "completed", note="New screen, tested")
    after = completion(api, order)
    assert after["note"] == "New screen, tested"
    assert after["completed_by"]["name"] == "Ana"
    assert after["photos"][0] == first
    assert after["signature"]["href"] == f"/v1/work-orders/{order}/signature"
    for image in (*after["photos"], after["signature"]):
        shown = api.get(image["href"], by="desk")
        assert (shown.status_code, shown.headers["Content-Type"]) == (200, image["media_type"])
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert opened(shown.data).size == (image["width_px"], image["height_px"])
        assert len(shown.data) == image["size_bytes"]
    assert b"Invented" not in api.get(first["href"], by="ana").data


def test_a_photo_that_is_sent_again_is_one_photo_and_another_one_replaces_it(api: Api, order: str) -> None:
    photo = uuid4()
    sent = [put_photo(api, order, picture(), photo).get_json() for _ in range(2)]
    assert (sent[0]["id"], sent[0]["sha256"]) == (str(photo), sent[1]["sha256"])
    other = put_photo(api, order, picture(size=(30, 30)), photo).get_json()
    assert (other["id"], other["width_px"]) == (str(photo), 30)
    assert [image["width_px"] for image in completion(api, order)["photos"]] == [30]


def test_a_sixth_photo_is_refused_until_one_is_deleted(api: Api, order: str) -> None:
    photos = [uuid4() for _ in range(5)]
    for photo in photos:
        assert put_photo(api, order, photo=photo).status_code == 200
    refused = put_photo(api, order)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "too_many_photos")
    assert put_photo(api, order, picture(size=(9, 9)), photos[0]).status_code == 200
    assert put(api, f"/v1/work-orders/{order}/signature", picture()).status_code == 200
    assert api.delete(f"/v1/work-orders/{order}/photos/{photos[1]}", by="ana").status_code == 204
    assert api.delete(f"/v1/work-orders/{order}/photos/{photos[1]}", by="ana").status_code == 404
    assert put_photo(api, order).status_code == 200
    assert len(completion(api, order)["photos"]) == 5


@pytest.mark.parametrize(
    ("image", "kind", "status", "code"),
    [
        (b"not an image", "image/jpeg", 422, "image_unreadable"),
        (picture("GIF"), "image/png", 422, "image_unreadable"),
        (picture(), "image/gif", 415, "unsupported_media_type"),
        (picture(), "multipart/form-data; boundary=x", 415, "unsupported_media_type"),
        (b"{}", "application/json", 415, "unsupported_media_type"),
        (b"", "image/jpeg", 422, "invalid_request"),
        (b"\xff\xd8" + b"0" * MOST_BYTES, "image/jpeg", 413, "body_too_large"),
    ],
)
def test_what_is_no_image_says_so(api: Api, order: str, image: bytes, kind: str, status: int, code: str) -> None:
    refused = api.put(f"/v1/work-orders/{order}/photos/{uuid4()}", by="ana", data=image, headers={"Content-Type": kind})
    assert (refused.status_code, refused.get_json()["code"]) == (status, code)
    assert completion(api, order)["photos"] == []


def test_a_wrong_label_on_a_right_image_does_not_matter(api: Api, order: str) -> None:
    sent = put_photo(api, order, picture("WEBP"), kind="image/jpeg; charset=binary")
    assert sent.get_json()["media_type"] == "image/webp"
    assert put_photo(api, order, kind="application/octet-stream").get_json()["media_type"] == "image/jpeg"


def test_an_id_belongs_to_one_work_order(api: Api, order: str) -> None:
    photo = put_photo(api, order).get_json()["id"]
    other = taken(api, slot={"start": "2031-01-01T10:00:00Z", "end": "2031-01-01T11:00:00Z"})
    step(api, other, "travelling")
    refused = put_photo(api, other, photo=photo)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "image_elsewhere")
    assert api.get(f"/v1/work-orders/{other}/photos/{photo}", by="root").status_code == 404
    assert completion(api, order)["photos"][0]["id"] == photo


def test_images_belong_to_work_that_has_begun_and_are_the_technicians(api: Api) -> None:
    lead = {"customer": {"name": "Eva"}, "location": {"lat": 41.2, "lon": -8.6}, "store_id": api.id("stores", "centre")}
    order = api.post("/v1/leads", by="root", json={**lead, "assignee_id": api.id("technicians", "ana")}).get_json()[
        "id"
    ]
    early = put_photo(api, order)
    assert (early.status_code, early.get_json()["code"]) == (409, "work_order_state")
    assert put_photo(api, order, by="desk").status_code == 403
    step(api, order, "on_site")
    assert put_photo(api, order).status_code == 200
    north = {
        "name": "Cem",
        "store_id": api.id("stores", "north"),
        "email": "cem@acme.example",
        "password": "cem-long-pass",
    }
    assert api.post("/v1/technicians", by="root", json=north).status_code == 201
    log_in = {"organization": "acme", "email": "cem@acme.example", "password": "cem-long-pass", "device": "p"}
    cem = api.post("/v1/sessions", json=log_in).get_json()["token"]
    assert put_photo(api, order, by=cem).status_code == 404
    assert api.get(f"/v1/work-orders/{order}/completion", by=cem).status_code == 404


def test_a_phone_without_a_network_sends_afterwards_but_not_for_ever(api: Api, order: str, world: World) -> None:
    step(api, order, "completed")
    assert put_photo(api, order).status_code == 200
    with psycopg.connect(world.admin_url) as owner:
        owner.execute("UPDATE work_orders SET updated_at = updated_at - interval '4 days' WHERE id = %s", [order])
    late = put_photo(api, order)
    assert (late.status_code, late.get_json()["code"]) == (409, "work_order_state")
    assert "3 days" in late.get_json()["detail"]


def test_export_and_erasure_know_the_images(api: Api, order: str, world: World) -> None:
    photo = put_photo(api, order).get_json()
    put(api, f"/v1/work-orders/{order}/signature", picture())
    phone = {"customer": {"name": "Rui Example", "phone": "+351 911 222 333"}}
    version = api.get(f"/v1/work-orders/{order}", by="root").get_json()["version"]
    assert api.patch(f"/v1/work-orders/{order}", by="root", json=phone, version=version).status_code == 200
    step(api, order, "completed")
    mine = api.get("/v1/me/export", by="ana").get_json()["images"]
    assert [(image["work_order_id"], image["kind"]) for image in mine] == [(order, "signature"), (order, "photo")]
    theirs = api.get("/v1/customers/export?phone=%2B351911222333", by="root").get_json()["items"]
    assert [image["href"] for image in theirs[0]["images"]] == [photo["href"], f"/v1/work-orders/{order}/signature"]
    assert api.post(f"/v1/work-orders/{order}/erase-customer", by="root").status_code == 200
    assert completion(api, order)["photos"] == []
    assert completion(api, order)["signature"] is None
    signature = put(api, f"/v1/work-orders/{order}/signature", picture())
    for late in (put_photo(api, order), signature):
        assert (late.status_code, late.get_json()["code"]) == (410, "customer_erased")
    with psycopg.connect(world.admin_url) as owner:
        assert owner.execute("SELECT count(*) FROM work_order_images").fetchone() == (0,)


@pytest.fixture
def kept_in_files(world: World, tmp_path: Path) -> Any:
    """The service with a folder for images."""
    with seeded_api(world, image_dir=tmp_path) as api:
        yield api


def test_images_may_be_kept_in_a_folder(kept_in_files: Api, tmp_path: Path, world: World) -> None:
    api = kept_in_files
    lead = {"customer": {"name": "Eva"}, "location": {"lat": 41.2, "lon": -8.6}, "store_id": api.id("stores", "centre")}
    order = api.post("/v1/leads", by="root", json={**lead, "assignee_id": api.id("technicians", "ana")}).get_json()[
        "id"
    ]
    step(api, order, "on_site")
    photo = uuid4()
    put_photo(api, order, picture(), photo)
    put_photo(api, order, picture(size=(12, 12)), photo)
    shown = api.get(f"/v1/work-orders/{order}/photos/{photo}", by="desk")
    assert opened(shown.data).size == (12, 12)
    assert len(files(tmp_path)) == 2
    worker = Database(world.worker_url, pool_size=1)
    try:
        folder = ImageFolder(tmp_path)
        (tmp_path / api.organization["id"] / ".image-half").write_bytes(b"half")
        assert sweep_orphaned_files(worker, folder) == 0
        age(tmp_path)
        assert sweep_orphaned_files(worker, folder) == 1
        assert [path.name[:32] for path in files(tmp_path)] == [UUID(str(photo)).hex]
        assert opened(api.get(f"/v1/work-orders/{order}/photos/{photo}", by="desk").data).size == (12, 12)
        api.delete(f"/v1/work-orders/{order}/photos/{photo}", by="ana")
        assert sweep_orphaned_files(worker, folder) == 1
        assert files(tmp_path) == []
    finally:
        worker.close()


def test_a_folder_that_is_gone_is_said(kept_in_files: Api, tmp_path: Path) -> None:
    api = kept_in_files
    lead = {"customer": {"name": "Eva"}, "location": {"lat": 41.2, "lon": -8.6}, "store_id": api.id("stores", "centre")}
    order = api.post("/v1/leads", by="root", json={**lead, "assignee_id": api.id("technicians", "ana")}).get_json()[
        "id"
    ]
    step(api, order, "on_site")
    href = put_photo(api, order).get_json()["href"]
    for file in files(tmp_path):
        file.unlink()
    gone = api.get(href, by="desk")
    assert (gone.status_code, gone.get_json()["code"]) == (503, "image_missing")
    assert api.client.application.extensions[EXTENSION].settings.image_dir == tmp_path


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*/*") if path.is_file())


def age(folder: Path) -> None:
    """Every file was written two hours ago."""
    for file in files(folder):
        at = file.stat().st_mtime - 7_200
        os.utime(file, (at, at))
