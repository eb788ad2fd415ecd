"""A plausible request for every operation; `<kind>` stands for the id of one of a house's things."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from geo_assign.app import list_operations

HERE = {"lat": 41.151, "lon": -8.61}
_PLACEHOLDER = re.compile(r"<([a-z_]+)>")
# No such version ever was: whoever may edit is told 412, and nothing changes.
STALE = '"999999"'


@dataclass(frozen=True)
class Sample:
    """What to send. `ids` are the kinds behind the path's parameters, in order; `words` its names and dates."""

    ids: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    def kinds(self) -> list[str]:
        """The kinds of things that the request names."""
        return [*self.ids, *_PLACEHOLDER.findall(json.dumps([dict(self.query), self.body]))]


_STORE = Sample(ids=("store",))
_GROUP = Sample(ids=("group",))
_PROVIDER = Sample(ids=("provider",))
_TECHNICIAN = Sample(ids=("technician",))
_ORDER = Sample(ids=("work_order",))
_WEBHOOK = Sample(ids=("webhook",))
_AWAY = {"starts_at": "2031-02-01T00:00:00Z", "ends_at": "2031-02-02T00:00:00Z"}
_PING = {"recorded_at": "2026-05-20T12:00:00Z", **HERE}
_LOG_IN = {"organization": "acme", "email": "root@acme.example", "password": "root-password"}
_KEY = {"provider": "gazetteer", "url": "none.csv"}
_LEAD = {"store_id": "<store>", "customer": {"name": "Sample"}, "address": "Rua Nova 1", "group_id": "<group>"}
_PERSON = {"name": "Sample", "store_id": "<store>", "group_ids": ["<group>"], "provider_id": "<provider>"}
_STAFF = {"email": "sample@acme.example", "name": "Sample", "role": "dispatcher", "group_ids": ["<group>"]}
_OPEN = {"name": "Sample", "timezone": "Europe/Lisbon", "location": HERE}

_VIEW = Sample(words=("pending",))
_DAY_OF_TECHNICIAN = Sample(ids=("technician",), words=("2031-03-01",))
_SHORT_DAY = {"spans": [["10:00", "14:00"]]}

SAMPLES: Mapping[str, Sample] = {
    "GET /v1/api-keys": Sample(),
    "POST /v1/api-keys": Sample(body={"name": "Sample", "scopes": ["read"], "store_ids": ["<store>"]}),
    "GET /v1/api-keys/{id}": Sample(ids=("api_key",)),
    "DELETE /v1/api-keys/{id}": Sample(ids=("spare_api_key",)),
    "POST /v1/availability": Sample(body={"store_id": "<store>", "point": HERE, "technician_ids": ["<technician>"]}),
    "GET /v1/calendar": Sample(
        query={"from": "2031-03-01", "to": "2031-03-31", "store_id": "<store>", "group_id": "<group>"}
    ),
    "GET /v1/decisions/{id}": Sample(ids=("decision",)),
    "GET /v1/decisions/{id}/why": Sample(ids=("decision",), query={"technician_id": "<technician>"}),
    "GET /v1/work-orders/{id}/decisions": _ORDER,
    "GET /v1/stores/{id}/map-key": _STORE,
    "PUT /v1/stores/{id}/map-key": Sample(ids=("store",), body=_KEY),
    "DELETE /v1/stores/{id}/map-key": _STORE,
    "POST /v1/stores/{id}/map-key/test": _STORE,
    "GET /v1/service-groups/{id}/map-key": _GROUP,
    "PUT /v1/service-groups/{id}/map-key": Sample(ids=("group",), body=_KEY),
    "DELETE /v1/service-groups/{id}/map-key": _GROUP,
    "POST /v1/service-groups/{id}/map-key/test": _GROUP,
    "GET /v1/organization/map-key": Sample(),
    "PUT /v1/organization/map-key": Sample(body=_KEY),
    "DELETE /v1/organization/map-key": Sample(),
    "POST /v1/organization/map-key/test": Sample(),
    "POST /v1/geocode": Sample(body={"store_id": "<store>", "address": "Rua Nova 1"}),
    "GET /v1/map": Sample(query={"work_order_id": "<work_order>"}),
    "GET /v1/live": Sample(),
    "GET /v1/audit": Sample(),
    "GET /v1/customers/export": Sample(query={"email": "nobody@example.com"}),
    "GET /v1/me/location-views": Sample(),
    "GET /v1/me/export": Sample(),
    "GET /v1/technicians/{id}/export": _TECHNICIAN,
    "POST /v1/technicians/{id}/erase": Sample(ids=("spare_technician",)),
    "POST /v1/work-orders/{id}/erase-customer": Sample(ids=("spare_order",)),
    "GET /v1/me": Sample(),
    "GET /v1/me/views": Sample(),
    "GET /v1/me/views/{name:slug}": _VIEW,
    "PUT /v1/me/views/{name:slug}": Sample(words=("pending",), body={"columns": ["number"]}),
    "DELETE /v1/me/views/{name:slug}": Sample(words=("spare",)),
    "PUT /v1/me/presence": Sample(body={"on_duty": True}),
    "POST /v1/technicians/nearest": Sample(body={"point": HERE, "store_id": "<store>", "group_id": "<group>"}),
    "GET /v1/me/offers": Sample(),
    "GET /v1/me/schedule": Sample(),
    "POST /v1/offers/{id}/accept": Sample(ids=("offer",)),
    "POST /v1/offers/{id}/reject": Sample(ids=("offer",), body={"reason": "busy"}),
    "POST /v1/positions": Sample(body={"positions": [_PING]}),
    "GET /v1/service-groups": Sample(query={"store_id": "<store>"}),
    "POST /v1/service-groups": Sample(body={"name": "Sample", "store_id": "<store>"}),
    "GET /v1/service-groups/{id}": _GROUP,
    "PATCH /v1/service-groups/{id}": Sample(ids=("group",), body={"name": "Renamed"}),
    "DELETE /v1/service-groups/{id}": Sample(ids=("spare_group",)),
    "GET /v1/service-providers": Sample(),
    "POST /v1/service-providers": Sample(body={"name": "Sample", "group_ids": ["<group>"]}),
    "GET /v1/service-providers/{id}": _PROVIDER,
    "PATCH /v1/service-providers/{id}": Sample(ids=("provider",), body={"name": "Renamed"}),
    "DELETE /v1/service-providers/{id}": Sample(ids=("spare_provider",)),
    "POST /v1/sessions": Sample(body=_LOG_IN),
    "DELETE /v1/sessions/current": Sample(),
    "GET /v1/stores": Sample(),
    "POST /v1/stores": Sample(body=_OPEN),
    "GET /v1/stores/{id}": _STORE,
    "PATCH /v1/stores/{id}": Sample(ids=("store",), body={"name": "Renamed"}),
    "DELETE /v1/stores/{id}": _STORE,
    "GET /v1/stores/{id}/settings": _STORE,
    "POST /v1/stores/{id}/settings/preview": Sample(ids=("store",), body={"settings": {"radius_m": 900}, "days": 2}),
    "PUT /v1/stores/{id}/settings": Sample(ids=("store",), body={"lead_acceptance": False}),
    "GET /v1/technicians": Sample(query={"store_id": "<store>", "group_id": "<group>"}),
    "POST /v1/technicians": Sample(body=_PERSON),
    "GET /v1/technicians/{id}": _TECHNICIAN,
    "PATCH /v1/technicians/{id}": Sample(ids=("technician",), body={"name": "Renamed"}),
    "DELETE /v1/technicians/{id}": Sample(ids=("spare_technician",)),
    "GET /v1/technicians/{id}/time-off": _TECHNICIAN,
    "POST /v1/technicians/{id}/time-off": Sample(ids=("technician",), body=_AWAY),
    "DELETE /v1/technicians/{id}/time-off/{time_off_id}": Sample(ids=("technician", "time_off")),
    "GET /v1/technicians/{id}/hours-exceptions": Sample(
        ids=("technician",), query={"from": "2031-03-01", "to": "2031-03-31"}
    ),
    "GET /v1/technicians/{id}/hours-exceptions/{date:slug}": _DAY_OF_TECHNICIAN,
    "PUT /v1/technicians/{id}/hours-exceptions/{date:slug}": Sample(
        ids=("technician",), words=("2031-03-01",), body=_SHORT_DAY
    ),
    "DELETE /v1/technicians/{id}/hours-exceptions/{date:slug}": Sample(ids=("technician",), words=("2031-03-02",)),
    "GET /v1/technicians/roster": Sample(
        query={"store_id": "<store>", "group_id": "<group>", "work_order_id": "<work_order>"}
    ),
    "GET /v1/users": Sample(),
    "POST /v1/users": Sample(body=_STAFF),
    "GET /v1/users/{id}": Sample(ids=("user",)),
    "PATCH /v1/users/{id}": Sample(ids=("user",), body={"name": "Renamed"}),
    "DELETE /v1/users/{id}": Sample(ids=("spare_user",)),
    "GET /v1/webhooks": Sample(),
    "POST /v1/webhooks": Sample(body={"url": "http://127.0.0.1:9/hook", "events": ["work_order.created"]}),
    "GET /v1/webhooks/{id}": _WEBHOOK,
    "PATCH /v1/webhooks/{id}": Sample(ids=("webhook",), body={"description": "Renamed"}),
    "DELETE /v1/webhooks/{id}": Sample(ids=("spare_webhook",)),
    "POST /v1/webhooks/{id}/rotate-secret": _WEBHOOK,
    "POST /v1/webhooks/{id}/test": _WEBHOOK,
    "GET /v1/webhooks/{id}/deliveries": _WEBHOOK,
    "POST /v1/webhooks/{id}/deliveries/{delivery_id}/redrive": Sample(ids=("webhook", "delivery")),
    "POST /v1/webhooks/{id}/redrive": _WEBHOOK,
    "POST /v1/leads": Sample(body=_LEAD),
    "POST /v1/tickets": Sample(body=_LEAD),
    "GET /v1/work-orders": Sample(query={"store_id": "<store>", "group_id": "<group>"}),
    "GET /v1/work-orders/{id}": _ORDER,
    "PATCH /v1/work-orders/{id}": Sample(ids=("work_order",), body={"notes": "Ring twice"}),
    "GET /v1/work-orders/{id}/events": _ORDER,
    "POST /v1/work-orders/{id}/cancel": Sample(ids=("spare_order",), body={}),
    "POST /v1/work-orders/{id}/auto-assign": _ORDER,
    "POST /v1/work-orders/{id}/convert": Sample(ids=("spare_order",)),
    "GET /v1/destinations": Sample(),
    "POST /v1/work-orders/{id}/transfer": Sample(ids=("work_order",), body={"store_id": "<other_store>"}),
    "POST /v1/work-orders/{id}/reassign-group": Sample(ids=("work_order",), body={"group_id": "<other_group>"}),
    "POST /v1/work-orders/{id}/reject-group": Sample(ids=("work_order",), body={"note": "Not ours"}),
    "POST /v1/work-orders/{id}/reallocate": Sample(ids=("work_order",), body={"technician_id": "<technician>"}),
    "POST /v1/work-orders/{id}/assign": Sample(ids=("work_order",), body={"technician_id": "<technician>"}),
    "POST /v1/work-orders/{id}/unassign": _ORDER,
    "PUT /v1/work-orders/{id}/collaborators": Sample(ids=("work_order",), body={"collaborator_ids": ["<technician>"]}),
    "GET /v1/work-orders/{id}/ladder": _ORDER,
    "POST /v1/assignments/optimize": Sample(body={"store_id": "<store>", "group_id": "<group>"}),
    "POST /v1/work-orders/{id}/status": Sample(ids=("work_order",), body={"state": "travelling"}),
}
OPERATIONS = {f"{operation.method} {operation.path}": operation for operation in list_operations()}


def request_of(name: str, things: Mapping[str, str]) -> dict[str, Any]:
    """The sample of an operation as arguments of a test client, with the ids of `things`."""
    sample = SAMPLES[name]
    method, path = name.split(" ")
    for kind in sample.ids:
        path = re.sub(r"\{[a-z_]+\}", things[kind], path, count=1)
    for word in sample.words:
        path = re.sub(r"\{[a-z_]+:slug\}", word, path, count=1)
    headers = {"If-Match": STALE} if OPERATIONS[name].versioned else {}
    request: dict[str, Any] = {"method": method, "path": path, "headers": headers}
    if sample.query:
        request["query_string"] = _filled(dict(sample.query), things)
    if sample.body is not None:
        request["json"] = _filled(sample.body, things)
    return request


def _filled(value: Any, things: Mapping[str, str]) -> Any:
    return json.loads(_PLACEHOLDER.sub(lambda found: things[found[1]], json.dumps(value)))
