"""Limits that the operator sets: what is refused beyond them, what is not, and who hears of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from geo_assign.access.allowances import NEARLY, QuotaExceededError, is_nearly_used
from geo_assign.access.domain import Quota
from geo_assign.access.quotas import estimate_storage_bytes, renews_at, require_storage, set_limits
from geo_assign.app import EXTENSION
from geo_assign.core.db import Database
from geo_assign.positions.metering import PingMeter
from tests.access.api import Api
from tests.organizations.conftest import Operate

PLACE = {"lat": 41.1512, "lon": -8.6112}


def quota(api: Api, name: str) -> dict[str, Any]:
    usage = api.call("GET", "/v1/usage", by="root").get_json()
    return next(one for one in usage["quotas"] if one["quota"] == name)


def lead(api: Api, **headers: str) -> Any:
    body = {"store_id": api.id("stores", "centre"), "customer": {"name": "Eva"}, "location": PLACE}
    return api.call("POST", "/v1/leads", json=body, by="root", headers=headers)


def actions(api: Api) -> list[str]:
    return [one["action"] for one in api.call("GET", "/v1/audit", by="root").get_json()["items"]]


def send(api: Api, number: int) -> dict[str, Any]:
    now = datetime.now(UTC)
    positions = [{"recorded_at": (now - timedelta(milliseconds=n)).isoformat(), **PLACE} for n in range(number)]
    answer = api.call("POST", "/v1/positions", json={"positions": positions}, by="ana")
    assert answer.status_code == 200
    return answer.get_json()  # type: ignore[no-any-return]


def meter(api: Api) -> PingMeter:
    found: PingMeter = api.client.application.extensions[EXTENSION].meter
    return found


def test_without_limits_everything_is_counted_and_nothing_refused(api: Api) -> None:
    assert lead(api).status_code == 201
    usage = api.call("GET", "/v1/usage", by="root").get_json()
    assert [one["quota"] for one in usage["quotas"]] == [one.value for one in Quota]
    assert all(one["limit"] is None and one["state"] == "ok" for one in usage["quotas"])
    assert quota(api, "leads_per_day")["used"] == 1
    assert quota(api, "technicians")["used"] > 0
    assert (usage["leads_refused"], usage["positions_rejected"]) == (0, 0)


@pytest.mark.parametrize("limit", [1, 3])
def test_leads_beyond_the_limit_are_refused_before_they_exist(api: Api, operate: Operate, limit: int) -> None:
    assert operate("limits", "acme", "--leads-per-day", str(limit)).exit_code == 0
    for _ in range(limit):
        assert lead(api).status_code == 201
    before = api.call("GET", "/v1/work-orders", by="root").get_json()["items"]
    refused = lead(api, **{"Idempotency-Key": "again"})
    problem = refused.get_json()
    assert (refused.status_code, problem["code"]) == (403, "quota_exceeded")
    assert (problem["quota"], problem["limit"], problem["used"]) == ("leads_per_day", limit, limit)
    assert datetime.fromisoformat(problem["renews_at"]) > datetime.now(UTC)
    assert api.call("GET", "/v1/work-orders", by="root").get_json()["items"] == before
    usage = api.call("GET", "/v1/usage", by="root").get_json()
    assert usage["leads_refused"] == 1
    assert quota(api, "leads_per_day") | {"renews_at": None} == {
        "quota": "leads_per_day", "used": limit, "limit": limit, "state": "used_up", "renews_at": None,
    }  # fmt: skip
    assert "organization.quota_exceeded" in actions(api)
    # What was refused was not claimed either: with room the same key makes the lead.
    assert operate("limits", "acme", "--leads-per-day", "unlimited").exit_code == 0
    assert lead(api, **{"Idempotency-Key": "again"}).status_code == 201


@pytest.mark.parametrize(("limit", "sent", "refused"), [(1, 1, 0), (1, 3, 2), (0, 2, 2)])
def test_refused_leads_of_a_bulk_count_like_single_ones(
    api: Api, operate: Operate, limit: int, sent: int, refused: int
) -> None:
    operate("limits", "acme", "--leads-per-day", str(limit))
    one = {"store_id": api.id("stores", "centre"), "customer": {"name": "Eva"}, "location": PLACE}
    answer = api.call("POST", "/v1/leads/bulk", json={"leads": [one] * sent}, by="root").get_json()
    codes = [result["problem"]["code"] for result in answer["results"] if result["problem"]]
    assert (codes, answer["refused"]) == (["quota_exceeded"] * refused, refused)
    usage = api.call("GET", "/v1/usage", by="root").get_json()
    assert usage["leads_refused"] == refused
    assert ("organization.quota_exceeded" in actions(api)) is (refused > 0)


def test_a_retry_of_a_lead_that_exists_is_answered_when_the_quota_is_used_up(api: Api, operate: Operate) -> None:
    operate("limits", "acme", "--leads-per-day", "1")
    first = lead(api, **{"Idempotency-Key": "one"})
    again = lead(api, **{"Idempotency-Key": "one"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json()["id"] == again.get_json()["id"]


def test_tickets_are_not_leads(api: Api, operate: Operate) -> None:
    operate("limits", "acme", "--leads-per-day", "0")
    body = {"store_id": api.id("stores", "centre"), "customer": {"name": "Eva"}, "location": PLACE}
    assert api.call("POST", "/v1/tickets", json=body, by="root").status_code == 201
    assert lead(api).status_code == 403


def test_administrators_are_told_once_at_four_fifths(api: Api, operate: Operate) -> None:
    operate("limits", "acme", "--leads-per-day", "5")
    told = []
    for _ in range(5):
        lead(api)
        told.append(actions(api).count("organization.quota_nearly_used"))
    assert told == [0, 0, 0, 1, 1]
    (event,) = api.call("GET", "/v1/events?event=organization.quota_nearly_used", by="root").get_json()["items"]
    renews_at = datetime.fromisoformat(event["data"].pop("renews_at"))
    assert datetime.fromisoformat(event["data"].pop("at")) < renews_at <= datetime.now(UTC) + timedelta(days=1)
    assert event["data"] == {
        "organization_id": api.organization["id"], "quota": "leads_per_day", "used": 4, "limit": 5
    }  # fmt: skip
    assert api.call("GET", "/v1/events?event=organization.quota_nearly_used", by="centre").get_json()["items"] == []
    assert quota(api, "leads_per_day")["state"] == "used_up"


def test_positions_beyond_the_limit_are_rejected_and_block_no_phone(api: Api, operate: Operate) -> None:
    api.call("PUT", "/v1/me/presence", json={"on_duty": True}, by="ana")
    operate("limits", "acme", "--pings-per-day", "10")
    assert {one["verdict"] for one in send(api, 6)["results"]} <= {"accepted", "late"}
    meter(api).flush()
    assert quota(api, "pings_per_day")["used"] == 6
    send(api, 6)
    meter(api).flush()
    answer = send(api, 3)
    assert [(one["verdict"], one["reason"]) for one in answer["results"]] == [("rejected", "quota_exceeded")] * 3
    assert [one["index"] for one in answer["results"]] == [0, 1, 2]
    assert answer["next_interval_s"] == 300
    meter(api).flush()
    usage = api.call("GET", "/v1/usage", by="root").get_json()
    assert usage["positions_rejected"] == 3
    assert quota(api, "pings_per_day")["state"] == "used_up"
    assert {"organization.quota_nearly_used", "organization.quota_exceeded"} <= set(actions(api))
    # The operator's new word is heard with the next writing, without any position between.
    operate("limits", "acme", "--pings-per-day", "1000")
    meter(api).flush()
    assert {one["verdict"] for one in send(api, 1)["results"]} <= {"accepted", "duplicate", "late"}


def test_positions_are_never_counted_in_the_transaction_of_a_ping(api: Api) -> None:
    api.call("PUT", "/v1/me/presence", json={"on_duty": True}, by="ana")
    send(api, 2)
    assert quota(api, "pings_per_day")["used"] == 0
    meter(api).flush()
    meter(api).flush()
    assert quota(api, "pings_per_day")["used"] == 2


def test_no_more_technicians_than_allowed(api: Api, operate: Operate) -> None:
    used = quota(api, "technicians")["used"]
    operate("limits", "acme", "--technicians", str(used + 1))
    new = {"name": "Zoe", "store_id": api.id("stores", "centre")}
    made = api.call("POST", "/v1/technicians", json=new, by="root")
    assert made.status_code == 201
    refused = api.call("POST", "/v1/technicians", json=new | {"name": "Yan"}, by="root")
    assert (refused.status_code, refused.get_json()["quota"]) == (403, "technicians")
    assert refused.get_json()["renews_at"] is None
    # One who leaves makes room, and finds it taken on the way back.
    path = f"/v1/technicians/{made.get_json()['id']}"
    assert api.call("DELETE", path, by="root").status_code in {200, 204}
    assert api.call("POST", "/v1/technicians", json=new | {"name": "Yan"}, by="root").status_code == 201
    version = api.call("GET", path, by="root").headers["ETag"]
    back = api.call("PATCH", path, json={"active": True}, by="root", headers={"If-Match": version})
    assert (back.status_code, back.get_json()["code"]) == (403, "quota_exceeded")


def test_a_limit_below_what_is_used_takes_nothing_away(api: Api, operate: Operate) -> None:
    operate("limits", "acme", "--technicians", "1")
    assert quota(api, "technicians")["state"] == "used_up"
    assert api.call("GET", "/v1/technicians", by="root").status_code == 200


def test_the_settings_are_what_holds_unless_chosen(operate: Operate, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEO_ASSIGN_LIMIT_TECHNICIANS", "77")
    assert "of 77" in operate("limits", "acme").output
    assert "of 5" in operate("limits", "acme", "--technicians", "5").output
    assert "of any" in operate("limits", "acme", "--technicians", "unlimited").output
    assert "of 77" in operate("limits", "acme", "--technicians", "default").output


@pytest.mark.parametrize("wrong", ["-1", "many", "1.5", "", "99999999999", "٣"])
def test_a_limit_is_a_whole_number(operate: Operate, api: Api, wrong: str) -> None:
    assert operate("limits", "acme", "--technicians", wrong).exit_code == 2
    assert "no organization" in operate("limits", "nowhere").output


def test_only_administrators_see_the_usage(api: Api) -> None:
    assert api.call("GET", "/v1/usage", by="shop").status_code == 403
    assert api.call("GET", "/v1/usage", by="ana").status_code == 403


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_nearly_used_from_four_fifths_on(used: int, limit: int) -> None:
    assert is_nearly_used(used, limit) == (used >= limit * NEARLY)


@given(st.integers(0, 2**32))
def test_a_day_is_over_within_24_hours(seconds: int) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert timedelta(0) < renews_at(now) - now <= timedelta(days=1)
    assert renews_at(now).time() == datetime.min.time()


@pytest.mark.parametrize("one", Quota)
def test_the_refusal_says_of_what(one: Quota) -> None:
    error = QuotaExceededError.of(one, limit=1_200, used=1_200, renews_at=None)
    assert "1,200" in error.detail
    assert error.facts["quota"] == one.value


def test_files_beyond_the_storage_are_refused_and_leads_go_on(
    api: Api, operate: Operate, admin: Connection, database: Database
) -> None:
    org_id = UUID(api.organization["id"])
    lead(api)
    admin.execute(text("ANALYZE"))
    with database.transaction(org_id) as tx:
        used = estimate_storage_bytes(tx)
        assert used > 0
        require_storage(tx, 10**12)
        set_limits(tx, {Quota.STORAGE_MB: used // 1_000_000 + 2})
        require_storage(tx, 500_000)
        with pytest.raises(QuotaExceededError) as refused:
            require_storage(tx, 3_000_000)
        assert refused.value.facts["quota"] == "storage_mb"
    assert lead(api).status_code == 201


def test_the_estimate_divides_the_tables_by_their_rows(admin: Connection, database: Database) -> None:
    # Two that no statistics of any table can name yet, whatever was in the database before.
    ours, other = uuid4(), uuid4()
    for name, org_id in (("ours", ours), ("other", other)):
        new = text("INSERT INTO organizations (org_id, slug, name) VALUES (:id, :name, :name)")
        admin.execute(new, {"id": org_id, "name": name})
    rows = text(
        "INSERT INTO audit_entries (org_id, id, at, actor_kind, action, subject_kind) "
        "SELECT :org_id, gen_random_uuid(), now(), 'user', 'tried', 'nothing' FROM generate_series(1, :number)"
    )
    admin.execute(rows, {"org_id": ours, "number": 30_000})
    admin.execute(rows, {"org_id": other, "number": 10_000})
    admin.execute(text("ANALYZE audit_entries"))
    whole = admin.execute(text("SELECT pg_total_relation_size('audit_entries')")).scalar_one()

    def estimate(org_id: UUID) -> int:
        with database.transaction(org_id) as tx:
            return estimate_storage_bytes(tx)

    # Of tables whose statistics name no organization each gets an average share, whatever is in them.
    average = estimate(uuid4())
    whole = admin.execute(text("SELECT pg_total_relation_size('audit_entries')")).scalar_one()
    assert (estimate(ours) - average) / whole == pytest.approx(0.75, abs=0.05)
    assert (estimate(other) - average) / whole == pytest.approx(0.25, abs=0.05)
