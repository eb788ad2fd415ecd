"""`GET /v1/me/app`: what an app must know, and that it need not be sent twice."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from geo_assign.phones.app_facts import PRIVACY_TEXTS
from tests.access.api import Api


def settings(api: Api, store: str, **changes: object) -> None:
    path = f"/v1/stores/{api.id('stores', store)}"
    version = api.get(path, by="root").json["version"]
    assert api.put(f"{path}/settings", json=changes, by="root", version=version).status_code == 200


def test_an_app_knows_what_it_must(api: Api) -> None:
    app = api.get("/v1/me/app", by="ana").json
    assert app["technician_id"] == api.id("technicians", "ana")
    assert app["organization"]["name"] == "Acme Repairs"
    (store,) = app["stores"]
    assert (store["name"], store["timezone"], store["answer_within_s"]) == ("Centre", "Europe/Lisbon", 150)
    assert [reason["code"] for reason in app["reject_reasons"] if reason["may_ask_again"]] == ["busy", "break"]
    assert app["positions"]["moving_s"] <= app["positions"]["standing_s"] <= app["positions"]["off_duty_s"]
    assert app["positions"]["most_at_once"] == 500
    assert {text["code"] for text in app["privacy"]} == set(PRIVACY_TEXTS)
    assert "{" not in " ".join(text["text"] for text in app["privacy"])


def test_it_is_sent_again_only_when_it_has_changed(api: Api) -> None:
    first = api.get("/v1/me/app", by="ana")
    tag = {"If-None-Match": first.headers["ETag"]}
    assert api.get("/v1/me/app", by="ana", headers=tag).status_code == 304
    settings(api, "north", lead_rejection=False)
    assert api.get("/v1/me/app", by="ana", headers=tag).status_code == 304, "of a store that gives her no work"
    settings(api, "centre", lead_rejection=False, phone="+351 220 000 000", lead_time_tat_minutes=2.5)
    second = api.get("/v1/me/app", by="ana", headers=tag)
    assert second.status_code == 200
    assert (second.json["may_reject"], second.json["stores"][0]["phone"]) == (False, "+351 220 000 000")


@pytest.mark.parametrize("phone", ["x" * 51, 351, ["1"]])
def test_a_store_s_phone_is_a_short_text(api: Api, phone: object) -> None:
    path = f"/v1/stores/{api.id('stores', 'centre')}"
    version = api.get(path, by="root").json["version"]
    refused = api.put(f"{path}/settings", json={"phone": phone}, by="root", version=version)
    assert refused.status_code == 422
    assert refused.json["errors"][0]["pointer"] == "/phone"


def test_an_app_knows_the_hours_of_two_weeks_and_the_time_off(api: Api) -> None:
    path = f"/v1/technicians/{api.id('technicians', 'ana')}"
    version = api.get(path, by="root").json["version"]
    hours = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    assert api.patch(path, json={"hours": hours}, by="root", version=version).status_code == 200
    first = api.get("/v1/me/app", by="ana")
    times = first.json["working_times"]
    assert len(times) == 14
    zone = ZoneInfo("Europe/Lisbon")
    starts = [datetime.fromisoformat(span["start"]).astimezone(zone) for span in times]
    assert {start.strftime("%H:%M") for start in starts} == {"09:00"}
    assert starts[0].date() == datetime.fromisoformat(first.json["server_now"]).astimezone(zone).date()
    assert first.json["time_off"] == []
    away = {"start": times[2]["start"], "end": times[3]["end"]}
    assert (
        api.post(f"{path}/time-off", json={"starts_at": away["start"], "ends_at": away["end"]}, by="root").status_code
        == 201
    )
    tag = {"If-None-Match": first.headers["ETag"]}
    second = api.get("/v1/me/app", by="ana", headers=tag)
    assert second.json["time_off"] == [away]
    assert second.json["working_times"] == times, "time off is told beside the hours"
