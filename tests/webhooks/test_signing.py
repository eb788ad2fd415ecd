"""Signatures, as receivers check them with the public library and with the ten lines of the documentation."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from geo_assign.access.domain import system_caller
from geo_assign.core.clock import wall_clock
from geo_assign.core.db import Database
from geo_assign.webhooks.commands.subscriptions import NewWebhook, create_webhook, rotate_secret
from geo_assign.webhooks.signing import body_of, headers_of, new_secret
from tests.providers.stub import Request, StubServer, answer, html
from tests.webhooks.conftest import Office, sender_for

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer(answer("thanks")) as server:
        yield server


def test_a_ping_is_signed_and_its_answer_is_told(database: Database, org_id: UUID, server: StubServer) -> None:
    """On the real clock: the library refuses signatures that are older than five minutes."""
    sender, boss = sender_for(database), system_caller(org_id)
    with database.transaction(org_id) as tx:
        webhook, first = create_webhook(tx, sender.box, boss, NewWebhook(url=server.url + "/hook"))
    outcome = sender.test(boss, webhook.id)
    assert (outcome.error, outcome.status_code, outcome.response) == (None, 200, "thanks")
    (request,) = server.requests
    told = Webhook(first.get_secret_value()).verify(request.body, dict(request.headers))
    assert told["type"] == "ping"
    assert told["data"] == {"organization_id": str(org_id), "webhook_id": str(webhook.id)}
    with pytest.raises(WebhookVerificationError):
        Webhook(first.get_secret_value()).verify(request.body + b" ", dict(request.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret().get_secret_value()).verify(request.body, dict(request.headers))

    with database.transaction(org_id) as tx:
        _, second = rotate_secret(tx, sender.box, boss, webhook.id)
    server.behaviour = html(502)
    outcome = sender.test(boss, webhook.id)
    assert (outcome.error, outcome.status_code) == ("status", 502)
    for secret in (first, second):
        Webhook(secret.get_secret_value()).verify(server.requests[1].body, dict(server.requests[1].headers))


def test_an_old_secret_signs_for_a_day_and_no_longer(office: Office) -> None:
    office.day.map("A . J", step_m=100)
    office.day.technician("A")
    listener = office.listens("work_order.created")
    listener.rotate()
    listener.rotate()
    assert signatures(office, listener) == 3
    office.day.later("23 h")
    assert signatures(office, listener) == 3
    office.day.later("1 h")
    assert signatures(office, listener) == 1


def signatures(office: Office, listener: Any) -> int:
    office.day.lead("J")
    listener.tell()
    request: Request = listener.requests[-1]
    return len(request.headers["webhook-signature"].split(" "))


def test_the_body_is_compact_and_names_its_time() -> None:
    at = wall_clock()
    body = body_of("work_order.created", occurred_at=at, data={"number": "L-0001"})
    assert body == b'{"type":"work_order.created","timestamp":"%s","data":{"number":"L-0001"}}' % (
        at.isoformat().replace("+00:00", "Z").encode()
    )


def test_the_guide_shows_how_to_verify() -> None:
    """Its Python block takes what we send, and refuses what is not ours or is old."""
    [block] = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    found: dict[str, Any] = {}
    exec(block, found)  # noqa: S102 - the documentation's own lines
    verify = found["verify"]
    secret, at, body = new_secret(), wall_clock(), b'{"type":"ping"}'
    headers = headers_of(uuid4(), body, [new_secret(), secret], at=at)
    assert verify(secret.get_secret_value(), headers, body)
    assert not verify(secret.get_secret_value(), headers, body + b" ")
    assert not verify(new_secret().get_secret_value(), headers, body)
    old = headers_of(uuid4(), body, [secret], at=at - timedelta(minutes=6))
    assert not verify(secret.get_secret_value(), old, body)


def test_the_guide_shows_every_event() -> None:
    from geo_assign.webhooks.domain import EVENT_TYPES

    text = GUIDE.read_text(encoding="utf-8")
    shown = [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]
    rows = set(re.findall(r"^\| `([a-z_.]+)` \|", text, re.MULTILINE))
    assert set(EVENT_TYPES) <= rows
    assert {one["type"] for one in shown if "items" not in one} <= {*EVENT_TYPES, "ping"}
