"""Receivers that are real servers, and the office whose events they hear."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.db import Database
from geo_assign.core.outbound import OutboundClient
from geo_assign.core.reachable import parse_allow
from geo_assign.core.secrets import SecretBox
from geo_assign.webhooks import queries
from geo_assign.webhooks.commands import deliveries, subscriptions
from geo_assign.webhooks.delivery import Sender
from geo_assign.webhooks.domain import Delivery, Webhook
from tests.conftest import SECRET_KEY
from tests.day import Day
from tests.providers.stub import Behaviour, Request, StubServer, answer


def sender_for(database: Database, *, allow: str = "127.0.0.0/8:*") -> Sender:
    return Sender(database, OutboundClient(allow=parse_allow(allow)), SecretBox([SECRET_KEY]))


@dataclass
class Listener:
    """A webhook and the server it calls."""

    day: Day
    sender: Sender
    server: StubServer
    id: UUID
    secret: SecretStr

    def answers(self, behaviour: Behaviour) -> None:
        self.server.behaviour = behaviour

    def tell(self, *, at_most: int = 100) -> int:
        """Fan out, and send what is due; returns the number of attempts."""
        self.day.database.run(self.day.org_id, deliveries.fan_out)
        attempts = 0
        while attempts < at_most and self.sender.send_next(self.day.org_id, self.id):
            attempts += 1
        return attempts

    @property
    def requests(self) -> list[Request]:
        return self.server.requests

    def heard(self, job: str | None = None) -> list[str]:
        """The events that arrived, in order, without `work_order.`; of one job only, if named."""
        bodies = [json.loads(request.body) for request in self.requests]
        wanted = None if job is None else str(self.day.jobs[job])
        return [
            body["type"].removeprefix("work_order.")
            for body in bodies
            if wanted is None or body["data"].get("work_order_id") == wanted
        ]

    def log(self, **filters: Any) -> list[Delivery]:
        """Deliveries, newest first."""
        with self.day.database.transaction(self.day.org_id) as tx:
            return list(queries.list_deliveries(tx, EVERYTHING, self.id, limit=200, **filters).items)

    def webhook(self) -> Webhook:
        with self.day.database.transaction(self.day.org_id) as tx:
            return queries.get_webhook(tx, EVERYTHING, self.id)

    def change(self, **changes: Any) -> Webhook:
        with self.day.database.transaction(self.day.org_id) as tx:
            return subscriptions.update_webhook(tx, self.day.boss, self.id, changes=changes)

    def rotate(self) -> SecretStr:
        with self.day.database.transaction(self.day.org_id) as tx:
            return subscriptions.rotate_secret(tx, self.sender.box, self.day.boss, self.id)[1]

    def redrive(self, delivery: Delivery | None = None) -> None:
        with self.day.database.transaction(self.day.org_id) as tx:
            if delivery is None:
                deliveries.redrive_dead(tx, self.day.boss, self.id)
            else:
                deliveries.redrive(tx, self.day.boss, self.id, delivery.id)


@dataclass
class Office:
    """A day with a listener to its events."""

    day: Day
    closing: ExitStack
    listeners: list[Listener] = field(default_factory=list)

    def listens(self, *events: str, behaviour: Behaviour | None = None, path: str = "/hook") -> Listener:
        """A receiver, subscribed to `events` (all, if none are named)."""
        server = self.closing.enter_context(StubServer(behaviour or answer("")))
        sender = sender_for(self.day.database)
        new = subscriptions.NewWebhook(url=server.url + path, events=events or None)
        with self.day.database.transaction(self.day.org_id) as tx:
            webhook, secret = subscriptions.create_webhook(tx, sender.box, self.day.boss, new)
        return Listener(self.day, sender, server, webhook.id, secret)


@pytest.fixture
def office(day: Day) -> Iterator[Office]:
    with ExitStack() as closing:
        yield Office(day, closing)
