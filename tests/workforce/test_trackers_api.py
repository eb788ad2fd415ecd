"""Tracker apps through the real API: set up, sending as each app can, and what each must hear."""

import base64
import gzip
import json
import re
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

from geo_assign.app import create_app, list_operations
from geo_assign.core.clock import wall_clock
from geo_assign.http.paths import template_of
from tests.access.api import Api
from tests.conftest import World

APPS = ("owntracks", "traccar", "osmand", "overland")
HERE = (41.1523, -8.6101)


def set_up(api: Api, app: str = "owntracks", *, name: str | None = None, by: str = "ana", **more: Any) -> Any:
    path = f"/v1/technicians/{api.id('technicians', 'ana')}/trackers"
    answer = api.post(path, by=by, json={"name": name or f"{app} phone", "app": app}, **more)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return answer.get_json()


def known(api: Api) -> list[Any]:
    items: list[Any] = api.get(f"/v1/technicians/{api.id('technicians', 'ana')}/trackers", by="root").get_json()[
        "items"
    ]
    return items


def track(api: Api) -> list[Any]:
    """What is kept of Ana, oldest first."""
    answer = api.get(f"/v1/technicians/{api.id('technicians', 'ana')}/export?limit=200", by="root")
    return list(reversed(answer.get_json()["track"]["items"]))


def stamp(ago_s: int = 0) -> int:
    return int((wall_clock() - timedelta(seconds=ago_s)).timestamp())


def own(**more: Any) -> dict[str, Any]:
    return {"_type": "location", "lat": HERE[0], "lon": HERE[1], "tst": stamp(), "vel": 36, **more}


def feature(ago_s: float = 0, lat: float = HERE[0], **properties: Any) -> dict[str, Any]:
    at = (wall_clock() - timedelta(seconds=ago_s)).isoformat()
    point = {"type": "Point", "coordinates": [HERE[1], lat]}
    return {"type": "Feature", "geometry": point, "properties": {"timestamp": at, "speed": 10, **properties}}


def location(**more: Any) -> dict[str, Any]:
    coords = {"latitude": HERE[0], "longitude": HERE[1], "speed": 10, "heading": -1}
    return {"timestamp": wall_clock().isoformat(), "coords": coords, **more}


def basic(token: str, user: str = "any one") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()}


Send = Callable[[Api, str], TestResponse]
OSMAND = f"lat={HERE[0]}&lon={HERE[1]}&speed=19.43844"
WAYS: dict[str, Send] = {
    "OwnTracks, Basic": lambda api, token: api.post("/v1/trackers/owntracks", json=own(), headers=basic(token)),
    "OwnTracks, Basic with any user": lambda api, token: api.post(
        "/v1/trackers/owntracks", json=own(), headers=basic(token, "João")
    ),
    "OwnTracks, Basic of a proxy and the token as device": lambda api, token: api.post(
        "/v1/trackers/owntracks", json=own(), headers={**basic("proxy"), "X-Limit-U": "ana", "X-Limit-D": token}
    ),
    "OwnTracks, X-Limit-U": lambda api, token: api.post(
        "/v1/trackers/owntracks", json=own(), headers={"X-Limit-U": token, "X-Limit-D": "phone"}
    ),
    "OwnTracks, device in the address": lambda api, token: api.post(
        f"/v1/trackers/owntracks?u=ana&d={token}", json=own()
    ),
    "OwnTracks, Basic with nothing but a user": lambda api, token: api.post(
        "/v1/trackers/owntracks", json=own(), headers=basic("", token)
    ),
    "OwnTracks, Bearer": lambda api, token: api.post("/v1/trackers/owntracks", json=own(), by=token),
    "OsmAnd, id in the address": lambda api, token: api.get(
        f"/v1/trackers/osmand?id={token}&timestamp={stamp()}&{OSMAND}"
    ),
    "OsmAnd, deviceid and no time": lambda api, token: api.get(f"/v1/trackers/osmand?deviceid={token}&{OSMAND}"),
    "Traccar, all in the address of an empty POST": lambda api, token: api.post(
        f"/v1/trackers/osmand?id={token}&timestamp={stamp()}587&{OSMAND}", content_type="text/plain"
    ),
    "Traccar, form": lambda api, token: api.post(
        "/v1/trackers/osmand",
        data=f"id={token}&timestamp={stamp()}&{OSMAND}",
        content_type="application/x-www-form-urlencoded; charset=UTF-8",
    ),
    "Traccar, JSON": lambda api, token: api.post(
        "/v1/trackers/osmand", json={"location": location(), "device_id": token}
    ),
    "Traccar, JSON as a list": lambda api, token: api.post(
        "/v1/trackers/osmand", json={"location": [location()], "device_id": token}
    ),
    "Traccar, JSON that is called text": lambda api, token: api.post(
        "/v1/trackers/osmand", data=json.dumps({"location": location(), "device_id": token}), content_type="text/plain"
    ),
    "Overland, Bearer": lambda api, token: api.post("/v1/trackers/overland", json={"locations": [feature()]}, by=token),
    "Overland, token in the address": lambda api, token: api.post(
        f"/v1/trackers/overland?token={token}", json={"locations": [feature()]}
    ),
    "Overland, device id in the batch": lambda api, token: api.post(
        "/v1/trackers/overland", json={"locations": [feature(device_id=token)]}
    ),
    "compressed": lambda api, token: api.post(
        "/v1/trackers/owntracks",
        data=gzip.compress(json.dumps(own()).encode()),
        headers={**basic(token), "Content-Encoding": "gzip"},
    ),
}


def test_a_token_counts_wherever_an_app_can_put_it_and_the_place_is_kept(api: Api) -> None:
    for name, send in WAYS.items():
        tracker = set_up(api, name=name)
        answer = send(api, tracker["token"])
        assert answer.status_code == 200, (name, answer.get_data(as_text=True))
        (point,) = [one for one in track(api) if one["device"] == name]
        assert (point["lat"], point["lon"]) == HERE, name
        assert point["speed_mps"] == pytest.approx(10, abs=0.01), name
        assert point["heading_deg"] is None, name


def test_a_technicians_own_log_in_sends_as_well_but_not_from_an_address(api: Api) -> None:
    token = api.token("ana")
    assert api.post("/v1/trackers/owntracks", json=own(), headers=basic(token)).get_json() == []
    assert api.get(f"/v1/trackers/osmand?id=x&{OSMAND}", headers=basic(token)).status_code == 200
    assert api.get(f"/v1/trackers/osmand?id={token}&{OSMAND}").status_code == 401


@pytest.mark.parametrize("who", ["root", "centre", "desk", "shop"])
def test_no_other_caller_sends(api: Api, who: str) -> None:
    assert api.post("/v1/trackers/owntracks", json=own(), by=who).status_code == 403


@pytest.mark.parametrize(
    ("path", "answer"), [("owntracks", []), ("osmand", {}), ("overland", {"result": "ok"})], ids=str
)
@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b"{}", b"[]", b'{"_type":"encrypted","data":"x"}', b'{"locations":[{"type":"Feature"}]}']
)
def test_what_is_no_place_is_taken_so_that_no_app_repeats_it(api: Api, path: str, answer: object, body: bytes) -> None:
    taken = api.post(f"/v1/trackers/{path}", data=body, headers=basic(api.token("ana")))
    assert (taken.status_code, taken.get_json()) == (200, answer)
    assert track(api) == []


def test_a_body_that_cannot_be_unpacked_is_taken_so_that_no_app_repeats_it(api: Api) -> None:
    packed = gzip.compress(json.dumps(own()).encode())
    bodies = [
        *(("gzip", packed[:size]) for size in (1, 10, len(packed) - 8, len(packed) - 1)),
        *(("gzip", b"\x1f\x8b nothing of the kind"), ("gzip", packed + b"rest"), ("gzip, gzip", packed)),
        *(("deflate", zlib.compress(b"{}")), ("br", b"\x8b\x00\x80"), ("zstd", b"\x28\xb5\x2f\xfd"), ("x", b"\xff")),
    ]
    token = set_up(api)["token"]
    for encoding, body in bodies:
        for path, answer in (("owntracks", []), ("osmand", {}), ("overland", {"result": "ok"})):
            headers = {**basic(token), "Content-Encoding": encoding}
            taken = api.post(f"/v1/trackers/{path}", data=body, headers=headers)
            assert (taken.status_code, taken.get_json()) == (200, answer), (encoding, body, path)
    assert track(api) == []


def test_a_place_that_is_not_packed_as_its_header_says_is_kept(api: Api) -> None:
    headers = {**basic(set_up(api)["token"]), "Content-Encoding": "gzip"}
    assert api.post("/v1/trackers/owntracks", data=json.dumps(own()), headers=headers).get_json() == []
    assert len(track(api)) == 1


@pytest.mark.parametrize("user", ["a", "ab", "abc", "", "João", "????", ">>>>"])
def test_basic_is_read_however_an_app_writes_its_base64(api: Api, user: str) -> None:
    token = set_up(api)["token"]
    pair = f"{user}:{token}".encode()
    for written in (base64.b64encode(pair), base64.b64encode(pair).rstrip(b"="), base64.urlsafe_b64encode(pair)):
        for scheme in ("Basic", "basic", "BASIC"):
            headers = {"Authorization": f"{scheme} {written.decode()}"}
            assert api.post("/v1/trackers/owntracks", json={"_type": "lwt"}, headers=headers).status_code == 200


@pytest.mark.parametrize("written", ["", "=", "====", "A", "%%%%", "YTpi\xff", "Og", "Og=="])
def test_basic_that_says_nothing_is_refused(api: Api, written: str) -> None:
    headers = {"Authorization": f"Basic {written}"}
    assert api.post("/v1/trackers/owntracks", json={"_type": "lwt"}, headers=headers).status_code == 401


@pytest.mark.parametrize(
    "place", [{"lat": 95}, {"lat": 0, "lon": 0}, {"tst": stamp(90 * 86_400)}, {"acc": 5_000}, {"tst": "x"}]
)
def test_a_place_that_is_refused_is_taken_too(api: Api, place: dict[str, Any]) -> None:
    tracker = set_up(api)
    for message in (own(**place), own()):
        assert api.post("/v1/trackers/owntracks", json=message, by=tracker["token"]).status_code == 200
    assert len(track(api)) == 1


def test_off_duty_the_app_is_satisfied_and_nothing_is_kept(api: Api) -> None:
    tracker = set_up(api)
    assert api.put("/v1/me/presence", by="ana", json={"on_duty": False}).status_code == 200
    answer = api.post("/v1/trackers/owntracks", json=own(tst=stamp() + 1), by=tracker["token"])
    assert (answer.status_code, answer.get_json()) == (200, [])
    assert track(api) == []
    assert known(api)[0]["outcome"] == "off_duty"
    assert api.get(f"/v1/technicians/{api.id('technicians', 'ana')}", by="root").get_json()["on_duty"] is False


def test_what_comes_again_or_late_is_kept_once_and_moves_no_technician_back(api: Api) -> None:
    tracker = set_up(api, "overland")
    newest, older = feature(0, lat=41.16), feature(5)
    for batch in ({"locations": [], "current": newest}, {"locations": [older]}, {"locations": [newest, older]}):
        assert api.post("/v1/trackers/overland", json=batch, by=tracker["token"]).get_json() == {"result": "ok"}
    on_duty = [point for point in track(api) if point["lat"] in {41.16, HERE[0]}]
    assert len(on_duty) <= 2
    roster = api.get("/v1/technicians/roster", by="root").get_json()["items"]
    (position,) = [line["position"] for line in roster if line["name"] == "Ana"]
    assert position["lat"] == 41.16


def test_a_large_batch_is_kept_as_a_whole(api: Api) -> None:
    tracker = set_up(api, "overland")
    begun = wall_clock()
    batch = [feature(-0.001 * index) for index in range(1_100)]
    assert api.post("/v1/trackers/overland", json={"locations": batch}, by=tracker["token"]).status_code == 200
    assert known(api)[0]["outcome"] == "accepted"
    kept = [point for point in track(api) if point["recorded_at"] >= begun.isoformat()[:19]]
    assert len(kept) == 200, "the first page"


def test_a_database_that_is_away_is_a_reason_to_send_again(api: Api, world: World) -> None:
    token = set_up(api)["token"]
    away = create_app(world.settings(database_url=SecretStr("postgresql://stranger@127.0.0.1:9/none")))
    answer = away.test_client().post("/v1/trackers/owntracks", json=own(), headers=basic(token))
    assert answer.status_code == 503
    away.extensions["geo_assign"].close()


# The token -----------------------------------------------------------------------------------------------------------


def test_the_token_does_nothing_else(api: Api) -> None:
    token = set_up(api)["token"]
    for operation in list_operations():
        if operation.access.public or operation.access.trackers:
            continue
        path = re.sub(r"\{[^}]*id\}", str(uuid4()), template_of(operation.path))
        path = path.replace("{kind}", "technicians")
        path = re.sub(r"\{[xyz]\}", "0", path.replace("{date}", "2031-01-01").replace("{name}", "pending"))
        sent = {"data": b"{}", "content_type": operation.reads.media_types[0]}
        answer = api.call(operation.method, path, by=token, headers={"If-Match": '"1"'}, **sent)
        assert answer.status_code == 403, (operation.name, answer.get_data(as_text=True))
        answer.close()


def test_a_revoked_token_is_refused_at_once_and_its_name_is_free_again(api: Api) -> None:
    tracker = set_up(api)
    path = f"/v1/technicians/{api.id('technicians', 'ana')}/trackers"
    again = api.post(path, by="root", json={"name": tracker["name"], "app": "overland"})
    assert (again.status_code, again.get_json()["code"]) == (409, "already_exists")
    for _ in range(2):
        assert api.delete(f"{path}/{tracker['id']}", by="desk").status_code == 204
    refused = api.post("/v1/trackers/owntracks", json=own(), by=tracker["token"])
    assert (refused.status_code, refused.get_json()["code"]) == (401, "unauthenticated")
    set_up(api)
    actions = [entry["action"] for entry in api.get("/v1/audit", by="root").get_json()["items"]]
    assert actions.count("tracker.revoked") == 1
    assert actions.count("tracker.created") == 2


def test_a_technician_who_does_not_work_here_any_more_sends_nothing(api: Api) -> None:
    token = set_up(api)["token"]
    ana = api.id("technicians", "ana")
    assert api.delete(f"/v1/technicians/{ana}", by="root").status_code == 204
    assert api.post("/v1/trackers/owntracks", json=own(), by=token).status_code == 401
    refused = api.post(f"/v1/technicians/{ana}/trackers", by="root", json={"name": "x", "app": "osmand"})
    assert refused.status_code == 409


def test_technicians_see_their_own_trackers_and_no_colleagues(api: Api) -> None:
    bo = api.id("technicians", "bo")
    group = [api.id("groups", "phones"), api.id("groups", "ovens")]
    body = api.get(f"/v1/technicians/{bo}", by="root")
    etag = body.headers["ETag"].strip('"')
    assert (
        api.patch(f"/v1/technicians/{bo}", by="root", version=int(etag), json={"group_ids": group}).status_code == 200
    )
    for call in (api.get, api.post):
        answer = call(f"/v1/technicians/{bo}/trackers", by="ana", **({} if call == api.get else {"json": BODY}))
        assert answer.status_code == 404


BODY = {"name": "phone", "app": "osmand"}


def test_the_token_is_shown_once(api: Api) -> None:
    key = {"Idempotency-Key": "first"}
    first = set_up(api, headers=key)
    assert first["token"].startswith("gat_")
    path, body = (
        f"/v1/technicians/{api.id('technicians', 'ana')}/trackers",
        {"name": first["name"], "app": first["app"]},
    )
    retry = api.post(path, by="ana", json=body, headers=key)
    assert (retry.status_code, retry.get_json()["code"], retry.get_json()["id"]) == (409, "secret_shown", first["id"])
    assert first["token"] not in retry.get_data(as_text=True)
    (one,) = known(api)
    shown = json.dumps(one)
    assert first["token"] not in shown
    assert first["hint"] == first["token"][-4:]


def test_use_is_noted_with_app_and_outcome(api: Api) -> None:
    tracker = set_up(api, "osmand")
    client = {"User-Agent": "OsmAnd/4.8.7 (invented)"}
    api.get(f"/v1/trackers/osmand?id={tracker['token']}&{OSMAND}", headers=client)
    (one,) = known(api)
    assert (one["client"], one["outcome"]) == ("OsmAnd/4.8.7 (invented)", "accepted")
    assert one["used_at"] is not None
    api.get(f"/v1/trackers/osmand?id={tracker['token']}&batt=3", headers=client)
    assert known(api)[0]["outcome"] == "no_place"


def test_no_token_reaches_the_log(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    token = set_up(api)["token"]
    capsys.readouterr()
    api.get(f"/v1/trackers/osmand?id={token}&{OSMAND}")
    api.get(f"/v1/trackers/osmand?id={token[:-1]}x&{OSMAND}")
    api.post("/v1/trackers/osmand", json={"device_id": token})
    printed = "".join(capsys.readouterr())
    assert "record_osmand" in printed or "/v1/trackers/osmand" in printed
    assert token[:30] not in printed


# How an app is set up ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("app", APPS)
def test_what_is_shown_sets_the_app_up(api: Api, app: str) -> None:
    made = set_up(api, app, name="Ana's  phone & more")
    assert made["url"].startswith(f"http://localhost/v1/trackers/{'osmand' if app == 'traccar' else app}")
    assert any(made["token"] in value for value in made["fields"].values())
    assert made["qr_svg"].startswith("<svg")
    assert 'xmlns="http://www.w3.org/2000/svg"' in made["qr_svg"]


def test_the_link_of_owntracks_is_a_configuration(api: Api) -> None:
    made = set_up(api, "owntracks")
    head, _, inline = made["config_url"].partition("inline=")
    assert head == "owntracks:///config?"
    configuration = json.loads(base64.b64decode(unquote(inline)))
    assert configuration["_type"] == "configuration"
    assert (configuration["mode"], configuration["url"]) == (3, made["url"])
    assert configuration["password"] == made["token"]


def test_the_links_of_traccar_and_overland_name_address_and_token(api: Api) -> None:
    traccar, overland = set_up(api, "traccar"), set_up(api, "overland")
    told = parse_qs(urlsplit(traccar["config_url"]).query)
    assert (told["url"], told["id"]) == ([traccar["url"]], [traccar["token"]])
    told = parse_qs(urlsplit(overland["config_url"]).query)
    assert (told["url"], told["token"]) == ([overland["url"]], [overland["token"]])
    assert quote(overland["url"], safe="") in overland["config_url"]


def test_the_address_of_osmand_works_once_its_places_are_filled(api: Api) -> None:
    made = set_up(api, "osmand")
    assert made["config_url"] is None
    address = made["fields"]["Web address"].removeprefix("http://localhost")
    assert api.get(address.format(*HERE, stamp(), 1.2, 80, 3, 270)).status_code == 200
    assert track(api)[-1]["heading_deg"] == 270


def test_a_trusted_proxy_says_where_phones_reach_the_service(api: Api) -> None:
    made = set_up(api, headers={"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "https"})
    assert made["url"].startswith("http://localhost/")


# Why a phone is silent -----------------------------------------------------------------------------------------------

_AGED = (
    "UPDATE technicians SET duty_changed_at = duty_changed_at - interval '2 hours'",
    "UPDATE duty_intervals SET started_at = started_at - interval '2 hours'",
    """UPDATE current_positions
    SET used_at = used_at - interval '40 min', recorded_at = recorded_at - interval '40 min',
        received_at = received_at - interval '40 min', heard_at = heard_at - interval '40 min'""",
)


@pytest.fixture
def silent(api: Api, admin: Connection) -> Api:
    """Ana was heard from forty minutes ago, on duty."""
    token = set_up(api)["token"]
    assert api.post("/v1/trackers/owntracks", json=own(), by=token).status_code == 200
    for statement in _AGED:
        admin.execute(text(statement))
    return api


def silences(api: Api, by: str = "root") -> Any:
    return api.get("/v1/reachability?hours=3", by=by).get_json()["items"]


def test_what_the_app_says_is_told_with_the_leads_that_passed_by(silent: Api) -> None:
    said = silent.put("/v1/me/presence", by="ana", json={"on_duty": True, "state": "battery_saver"})
    assert said.status_code == 200
    lead = {
        "customer": {"name": "Any"},
        "store_id": silent.id("stores", "centre"),
        "location": {"lat": 41.151, "lon": -8.61},
    }
    order = silent.post("/v1/leads", by="root", json=lead).get_json()
    (one,) = silences(silent)
    assert (one["name"], one["ended_at"], one["reason"]) == ("Ana", None, "battery_saver")
    assert [missed["work_order_id"] for missed in one["missed"]] == [order["id"]]
    assert one["missed_count"] == 1
    nearest = silent.post("/v1/technicians/nearest", by="root", json={"work_order_id": order["id"]}).get_json()[
        "excluded"
    ]
    (reasons,) = [person["reasons"] for person in nearest if person["name"] == "Ana"]
    assert any(reason["detail"].endswith("ago: battery saver on") for reason in reasons)


def test_a_tracker_says_so_too_and_is_heard_again(silent: Api) -> None:
    status = {"_type": "status", "android": {"loc": -4}}
    token = set_up(silent, name="second")["token"]
    assert silent.post("/v1/trackers/owntracks", json=status, by=token).get_json() == []
    assert [one["reason"] for one in silences(silent)] == ["permission"]
    silent.post("/v1/trackers/owntracks", json=own(), by=token)
    assert [(one["reason"], one["ended_by"]) for one in silences(silent)] == [("permission", "heard")]


def test_dispatchers_see_the_silences_of_their_people_alone(silent: Api) -> None:
    assert [one["name"] for one in silences(silent, by="desk")] == ["Ana"]
    assert silent.get("/v1/reachability", by="ana").status_code == 403
    assert silent.get(f"/v1/reachability?store_id={uuid4()}", by="root").status_code == 404
    assert silent.get("/v1/reachability?hours=100", by="root").status_code == 422
