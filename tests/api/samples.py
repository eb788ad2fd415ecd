"""The table of operations: who may call each, and a plausible request for it.

The test of access holds the service against this table, not against the operations' own declarations. In a request,
`<kind>` stands for the id of one of a house's things.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from geo_assign.app import list_operations
from tests.completion.pictures import picture

HERE = {"lat": 41.151, "lon": -8.61}
_PLACEHOLDER = re.compile(r"<([a-z_]+)>")
# No such version ever was: a caller who may edit is told 412, and nothing changes.
STALE = '"999999"'


@dataclass(frozen=True)
class Sample:
    """What to send. `ids` are the kinds behind the path's parameters, in order; `words` its names and dates.

    `numbers` are its integers. `body` is sent as JSON, `image` and `table`, a CSV file, as they are.
    """

    ids: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    image: bytes | None = None
    table: bytes | None = None

    def kinds(self) -> list[str]:
        """The kinds of things that the request names."""
        return [*self.ids, *_PLACEHOLDER.findall(json.dumps([dict(self.query), self.body]))]


@dataclass(frozen=True)
class Row:
    """Who may call an operation; anything but "no" is a yes. `key`: the scope that an API key needs."""

    administrator: str
    store_administrator: str
    dispatcher: str
    technician: str
    key: str = "no"
    anonymous: str = "no"

    def allows(self, caller: str) -> bool:
        if caller in KEYS:
            return KEYS[caller] in self.scopes()
        return str(getattr(self, caller)) != "no"

    def scopes(self) -> list[str]:
        """The scopes of which an API key needs one; what any key may is nothing for one that stands in a web page."""
        if self.anonymous != "no":
            return list(KEYS.values())
        if self.key == "any":
            return [scope for scope in KEYS.values() if scope != "widget"]
        return [] if self.key == "no" else self.key.split(" or ")


KEYS = {
    "key_read": "read",
    "key_leads_write": "leads:write",
    "key_positions_write": "positions:write",
    "key_technicians_read": "technicians:read",
    "key_webhooks": "webhooks",
    "key_widget": "widget",
}

READ = Row("yes", "scope", "scope", "own work only", "read or leads:write")
WORK = Row("yes", "scope", "scope", "no", "leads:write")
REALLOCATE = Row("yes", "scope", "only with the permission", "no")
TRANSFER = Row("yes", "scope", "scope of the sender, respectively the receiver", "no")
OWN = Row("no", "no", "no", "own")
SETTINGS = Row("yes", "scope", "no", "no")
USERS = Row("yes", "no", "no", "no")
EVENTS = replace(SETTINGS, key="webhooks")
INVITING = Row("yes", "invite own people", "no", "no")
PRIVACY = Row("yes", "no", "no", "own data")
# A technician's own data have paths of their own.
PRIVACY_OF_ALL = replace(PRIVACY, technician="no")
# What the table leaves to be said.
# A technician's tracker app is set up by the technician, or by those who dispatch or manage the technician.
OF_PERSON = Row("yes", "scope", "scope", "own")
WITHOUT_LOGIN = Row("yes", "yes", "yes", "yes", "any", "yes")
THEMSELVES = Row("yes", "yes", "yes", "yes")
BOOKING_PAGES = Row("no", "no", "no", "no", "widget")
OWN_STORES = Row("yes", "scope", "scope", "own", "any")
RULES_OF_STORES = replace(SETTINGS, key="any")
TECHNICIANS_OF_STORES = replace(SETTINGS, key="technicians:read")
# Phones are never asked for a second factor.
CONSOLE_USERS = Row("yes", "yes", "yes", "no")
# The API key's part of the row is "create, read, correct, reschedule, cancel, auto-assign".
WORK_OF_PEOPLE = replace(WORK, key="no")
# Maps, rankings and receipts show where colleagues are: nothing in them is a technician's own work.
READ_ABOUT_OTHERS = replace(READ, technician="no", key="read")

_STORE = Sample(ids=("store",))
_GROUP = Sample(ids=("group",))
_PROVIDER = Sample(ids=("provider",))
_TECHNICIAN = Sample(ids=("technician",))
_ORDER = Sample(ids=("work_order",))
_WEBHOOK = Sample(ids=("webhook",))
_PHOTO = Sample(ids=("work_order", "photo"))
_DOT = picture("PNG", size=(2, 2))
PUSH = {
    "endpoint": "https://push.example.com/send/1",
    "keys": {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    },
}
_AWAY = {"starts_at": "2031-02-01T00:00:00Z", "ends_at": "2031-02-02T00:00:00Z"}
_PING = {"recorded_at": "2026-05-20T12:00:00Z", **HERE}
_LOG_IN = {"organization": "acme", "email": "root@acme.example", "password": "root-password"}
_SIGN_ON = {"issuer": "https://127.0.0.1:9", "client_id": "sample"}
_CODE = {"code": "000000"}
_KEY = {"provider": "gazetteer", "url": "none.csv"}
_LEAD = {"store_id": "<store>", "customer": {"name": "Sample"}, "address": "Rua Nova 1", "group_id": "<group>"}
_PERSON = {"name": "Sample", "store_id": "<store>", "group_ids": ["<group>"], "provider_id": "<provider>"}
_STAFF = {"email": "sample@acme.example", "name": "Sample", "role": "dispatcher", "group_ids": ["<group>"]}
_INVITED = {"email": "invited@acme.example", "role": "dispatcher", "group_ids": ["<group>"]}
_CHOSEN = {"token": "gal_unknown", "password": "five quiet herons"}
_OPEN = {"name": "Sample", "timezone": "Europe/Lisbon", "location": HERE}

_VIEW = Sample(words=("pending",))
_DAY_OF_TECHNICIAN = Sample(ids=("technician",), words=("2031-03-01",))
_SHORT_DAY = {"spans": [["10:00", "14:00"]]}

TABLE: Mapping[str, tuple[Row, Sample]] = {
    "GET /v1/work-orders": (READ, Sample(query={"store_id": "<store>", "group_id": "<group>"})),
    "GET /v1/work-orders/{id}": (READ, _ORDER),
    "GET /v1/work-orders/{id}/events": (READ, _ORDER),
    "GET /v1/work-orders/{id}/completion": (READ, _ORDER),
    "GET /v1/work-orders/{id}/photos/{photo_id}": (READ, _PHOTO),
    "GET /v1/work-orders/{id}/signature": (READ, _ORDER),
    "GET /v1/work-orders/{id}/decisions": (READ_ABOUT_OTHERS, _ORDER),
    "GET /v1/work-orders/{id}/ladder": (READ_ABOUT_OTHERS, _ORDER),
    "GET /v1/decisions/{id}": (READ_ABOUT_OTHERS, Sample(ids=("decision",))),
    "GET /v1/decisions/{id}/why": (
        READ_ABOUT_OTHERS,
        Sample(ids=("decision",), query={"technician_id": "<technician>"}),
    ),
    "GET /v1/calendar": (
        READ_ABOUT_OTHERS,
        Sample(query={"from": "2031-03-01", "to": "2031-03-31", "store_id": "<store>", "group_id": "<group>"}),
    ),
    "POST /v1/availability": (
        READ_ABOUT_OTHERS,
        Sample(body={"store_id": "<store>", "point": HERE, "technician_ids": ["<technician>"]}),
    ),
    "GET /v1/technicians/roster": (
        READ_ABOUT_OTHERS,
        Sample(query={"store_id": "<store>", "group_id": "<group>", "work_order_id": "<work_order>"}),
    ),
    "GET /v1/reachability": (
        READ_ABOUT_OTHERS,
        Sample(query={"hours": "24", "store_id": "<store>", "group_id": "<group>"}),
    ),
    "GET /v1/technicians/{id}/track": (
        READ_ABOUT_OTHERS,
        Sample(ids=("technician",), query={"day": "2031-03-01"}),
    ),
    "GET /v1/insight": (
        READ_ABOUT_OTHERS,
        Sample(query={"from": "2031-03-01", "to": "2031-03-31", "store_id": "<store>", "group_id": "<group>"}),
    ),
    "GET /v1/map": (READ_ABOUT_OTHERS, Sample(query={"work_order_id": "<work_order>"})),
    "GET /v1/map/tiles/{z:int}/{x:int}/{y:int}.mvt": (READ_ABOUT_OTHERS, Sample(numbers=(12, 1950, 1531))),
    "GET /v1/live": (READ_ABOUT_OTHERS, Sample()),
    "POST /v1/technicians/nearest": (
        READ_ABOUT_OTHERS,
        Sample(body={"point": HERE, "store_id": "<store>", "group_id": "<group>"}),
    ),
    "GET /v1/widget": (BOOKING_PAGES, Sample()),
    "POST /v1/widget/challenges": (BOOKING_PAGES, Sample()),
    "POST /v1/widget/slots": (BOOKING_PAGES, Sample(body={"store_id": "<store>", "point": HERE})),
    "POST /v1/widget/leads": (
        BOOKING_PAGES,
        Sample(
            body={
                "store_id": "<store>",
                "customer": {"name": "Sample"},
                "point": HERE,
                "proof": {"challenge": "made.up", "number": 1},
            }
        ),
    ),
    "POST /v1/leads": (WORK, Sample(body=_LEAD)),
    "POST /v1/leads/bulk": (WORK, Sample(body={"leads": [_LEAD]})),
    "POST /v1/tickets": (WORK, Sample(body=_LEAD)),
    "POST /v1/geocode": (WORK, Sample(body={"store_id": "<store>", "address": "Rua Nova 1"})),
    "POST /v1/work-orders/{id}/cancel": (WORK, Sample(ids=("spare_order",), body={})),
    "POST /v1/work-orders/{id}/auto-assign": (WORK, _ORDER),
    "PATCH /v1/work-orders/{id}": (WORK, Sample(ids=("work_order",), body={"notes": "Ring twice"})),
    "POST /v1/work-orders/{id}/convert": (WORK_OF_PEOPLE, Sample(ids=("spare_order",))),
    "GET /v1/destinations": (OWN_STORES, Sample()),
    "POST /v1/work-orders/{id}/transfer": (TRANSFER, Sample(ids=("work_order",), body={"store_id": "<other_store>"})),
    "POST /v1/work-orders/{id}/reassign-group": (
        TRANSFER,
        Sample(ids=("work_order",), body={"group_id": "<other_group>"}),
    ),
    "POST /v1/work-orders/{id}/reject-group": (TRANSFER, Sample(ids=("work_order",), body={"note": "Not ours"})),
    "POST /v1/work-orders/{id}/reallocate": (
        REALLOCATE,
        Sample(ids=("work_order",), body={"technician_id": "<technician>"}),
    ),
    "POST /v1/work-orders/{id}/assign": (
        WORK_OF_PEOPLE,
        Sample(ids=("work_order",), body={"technician_id": "<technician>"}),
    ),
    "POST /v1/work-orders/{id}/assign/preview": (
        READ_ABOUT_OTHERS,
        Sample(ids=("work_order",), body={"technician_id": "<technician>"}),
    ),
    "POST /v1/work-orders/{id}/unassign": (WORK_OF_PEOPLE, _ORDER),
    "PUT /v1/work-orders/{id}/collaborators": (
        WORK_OF_PEOPLE,
        Sample(ids=("work_order",), body={"collaborator_ids": ["<technician>"]}),
    ),
    "POST /v1/assignments/optimize": (WORK_OF_PEOPLE, Sample(body={"store_id": "<store>", "group_id": "<group>"})),
    "GET /v1/me/location-views": (OWN, Sample()),
    "GET /v1/me/export": (OWN, Sample()),
    "GET /v1/technicians/{id}/export": (PRIVACY_OF_ALL, _TECHNICIAN),
    "GET /v1/technicians/{id}/location-views": (PRIVACY_OF_ALL, _TECHNICIAN),
    "POST /v1/technicians/{id}/erase": (PRIVACY_OF_ALL, Sample(ids=("spare_technician",))),
    "POST /v1/work-orders/{id}/erase-customer": (PRIVACY_OF_ALL, Sample(ids=("spare_order",))),
    "GET /v1/customers/export": (PRIVACY_OF_ALL, Sample(query={"email": "unknown@example.com"})),
    "GET /v1/audit": (PRIVACY_OF_ALL, Sample()),
    "GET /v1/me/offers": (OWN, Sample()),
    "GET /v1/me/schedule": (OWN, Sample()),
    "PUT /v1/me/push-subscriptions/{id}": (OWN, Sample(ids=("push_subscription",), body=PUSH)),
    "DELETE /v1/me/push-subscriptions/{id}": (OWN, Sample(ids=("push_subscription",))),
    "GET /v1/me/app": (OWN, Sample()),
    "GET /v1/me/presence": (OWN, Sample()),
    "PUT /v1/me/presence": (OWN, Sample(body={"on_duty": True})),
    "POST /v1/offers/{id}/accept": (OWN, Sample(ids=("offer",))),
    "POST /v1/offers/{id}/reject": (OWN, Sample(ids=("offer",), body={"reason": "busy"})),
    "POST /v1/positions": (
        replace(OWN, key="positions:write"),
        Sample(query={"technician_id": "<technician>"}, body={"positions": [_PING]}),
    ),
    "POST /v1/work-orders/{id}/status": (OWN, Sample(ids=("work_order",), body={"state": "travelling"})),
    "PUT /v1/work-orders/{id}/photos/{photo_id}": (OWN, replace(_PHOTO, image=_DOT)),
    "PUT /v1/work-orders/{id}/signature": (OWN, replace(_ORDER, image=_DOT)),
    "DELETE /v1/work-orders/{id}/photos/{photo_id}": (OWN, _PHOTO),
    "GET /v1/stores": (OWN_STORES, Sample()),
    "POST /v1/stores": (SETTINGS, Sample(body=_OPEN)),
    "GET /v1/stores/{id}": (OWN_STORES, _STORE),
    "PATCH /v1/stores/{id}": (SETTINGS, Sample(ids=("store",), body={"name": "Renamed"})),
    "DELETE /v1/stores/{id}": (SETTINGS, _STORE),
    "GET /v1/stores/{id}/settings": (RULES_OF_STORES, _STORE),
    "PUT /v1/stores/{id}/settings": (SETTINGS, Sample(ids=("store",), body={"lead_acceptance": False})),
    "POST /v1/stores/{id}/settings/preview": (
        SETTINGS,
        Sample(ids=("store",), body={"settings": {"radius_m": 900}, "days": 2}),
    ),
    "POST /v1/stores/{id}/router/test": (SETTINGS, _STORE),
    "GET /v1/stores/{id}/map-key": (SETTINGS, _STORE),
    "PUT /v1/stores/{id}/map-key": (SETTINGS, Sample(ids=("store",), body=_KEY)),
    "DELETE /v1/stores/{id}/map-key": (SETTINGS, _STORE),
    "POST /v1/stores/{id}/map-key/test": (SETTINGS, _STORE),
    "GET /v1/service-groups/{id}/map-key": (SETTINGS, _GROUP),
    "PUT /v1/service-groups/{id}/map-key": (SETTINGS, Sample(ids=("group",), body=_KEY)),
    "DELETE /v1/service-groups/{id}/map-key": (SETTINGS, _GROUP),
    "POST /v1/service-groups/{id}/map-key/test": (SETTINGS, _GROUP),
    "GET /v1/organization/map-key": (USERS, Sample()),
    "PUT /v1/organization/map-key": (USERS, Sample(body=_KEY)),
    "DELETE /v1/organization/map-key": (USERS, Sample()),
    "POST /v1/organization/map-key/test": (USERS, Sample()),
    "GET /v1/service-groups": (SETTINGS, Sample(query={"store_id": "<store>"})),
    "POST /v1/service-groups": (SETTINGS, Sample(body={"name": "Sample", "store_id": "<store>"})),
    "GET /v1/service-groups/{id}": (SETTINGS, _GROUP),
    "PATCH /v1/service-groups/{id}": (SETTINGS, Sample(ids=("group",), body={"name": "Renamed"})),
    "DELETE /v1/service-groups/{id}": (SETTINGS, Sample(ids=("spare_group",))),
    "GET /v1/service-providers": (SETTINGS, Sample()),
    "POST /v1/service-providers": (SETTINGS, Sample(body={"name": "Sample", "group_ids": ["<group>"]})),
    "GET /v1/service-providers/{id}": (SETTINGS, _PROVIDER),
    "PATCH /v1/service-providers/{id}": (SETTINGS, Sample(ids=("provider",), body={"name": "Renamed"})),
    "DELETE /v1/service-providers/{id}": (SETTINGS, Sample(ids=("spare_provider",))),
    "GET /v1/technicians": (TECHNICIANS_OF_STORES, Sample(query={"store_id": "<store>", "group_id": "<group>"})),
    "POST /v1/technicians": (SETTINGS, Sample(body=_PERSON)),
    "GET /v1/technicians/{id}": (TECHNICIANS_OF_STORES, _TECHNICIAN),
    "PATCH /v1/technicians/{id}": (SETTINGS, Sample(ids=("technician",), body={"name": "Renamed"})),
    "DELETE /v1/technicians/{id}": (SETTINGS, Sample(ids=("spare_technician",))),
    "GET /v1/technicians/{id}/time-off": (SETTINGS, _TECHNICIAN),
    "POST /v1/technicians/{id}/time-off": (SETTINGS, Sample(ids=("technician",), body=_AWAY)),
    "DELETE /v1/technicians/{id}/time-off/{time_off_id}": (SETTINGS, Sample(ids=("technician", "time_off"))),
    "GET /v1/technicians/{id}/hours-exceptions": (
        SETTINGS,
        Sample(ids=("technician",), query={"from": "2031-03-01", "to": "2031-03-31"}),
    ),
    "GET /v1/technicians/{id}/hours-exceptions/{date:slug}": (SETTINGS, _DAY_OF_TECHNICIAN),
    "PUT /v1/technicians/{id}/hours-exceptions/{date:slug}": (
        SETTINGS,
        Sample(ids=("technician",), words=("2031-03-01",), body=_SHORT_DAY),
    ),
    "DELETE /v1/technicians/{id}/hours-exceptions/{date:slug}": (
        SETTINGS,
        Sample(ids=("technician",), words=("2031-03-02",)),
    ),
    "GET /v1/technicians/{id}/trackers": (OF_PERSON, _TECHNICIAN),
    "POST /v1/technicians/{id}/trackers": (
        OF_PERSON,
        Sample(ids=("technician",), body={"name": "Phone", "app": "owntracks"}),
    ),
    "DELETE /v1/technicians/{id}/trackers/{tracker_id}": (OF_PERSON, Sample(ids=("technician", "tracker"))),
    "POST /v1/trackers/owntracks": (OWN, Sample(body={"_type": "location", "tst": 1779278400, **HERE})),
    "GET /v1/trackers/osmand": (OWN, Sample()),
    "POST /v1/trackers/osmand": (OWN, Sample(body={"timestamp": "2026-05-20T12:00:02Z", **HERE})),
    "POST /v1/trackers/overland": (OWN, Sample(body={"locations": []})),
    "GET /v1/usage": (USERS, Sample()),
    "GET /v1/imports/{kind:slug}": (USERS, Sample(words=("technicians",))),
    "POST /v1/imports/{kind:slug}": (
        USERS,
        Sample(words=("technicians",), query={"dry_run": "true"}, table=b"slug,name,store\nsample,Sample,none\n"),
    ),
    "GET /v1/undo": (WORK_OF_PEOPLE, Sample()),
    "POST /v1/undo": (WORK_OF_PEOPLE, Sample(body={})),
    "GET /v1/handover-notes": (WORK_OF_PEOPLE, Sample(query={"store_id": "<store>"})),
    "POST /v1/handover-notes": (
        WORK_OF_PEOPLE,
        Sample(body={"group_id": "<group>", "text": "Parts come at ten.", "work_order_ids": ["<work_order>"]}),
    ),
    "GET /v1/handover-notes/{id}": (WORK_OF_PEOPLE, Sample(ids=("handover_note",))),
    "PATCH /v1/handover-notes/{id}": (WORK_OF_PEOPLE, Sample(ids=("handover_note",), body={"text": "They came."})),
    "DELETE /v1/handover-notes/{id}": (WORK_OF_PEOPLE, Sample(ids=("spare_handover_note",))),
    "PUT /v1/handover-notes/{id}/read": (WORK_OF_PEOPLE, Sample(ids=("handover_note",))),
    "DELETE /v1/handover-notes/{id}/read": (WORK_OF_PEOPLE, Sample(ids=("handover_note",))),
    "GET /v1/learned-pins": (WORK_OF_PEOPLE, Sample(query={"store_id": "<store>"})),
    "GET /v1/learned-pins/{id}": (WORK_OF_PEOPLE, Sample(ids=("pin",))),
    "POST /v1/learned-pins/{id}/confirm": (WORK_OF_PEOPLE, Sample(ids=("pin",))),
    "POST /v1/learned-pins/{id}/reject": (WORK_OF_PEOPLE, Sample(ids=("pin",))),
    "POST /v1/learned-pins/{id}/withdraw": (WORK_OF_PEOPLE, Sample(ids=("pin",))),
    "GET /v1/users": (USERS, Sample()),
    "POST /v1/users": (USERS, Sample(body=_STAFF)),
    "GET /v1/users/{id}": (USERS, Sample(ids=("user",))),
    "PATCH /v1/users/{id}": (USERS, Sample(ids=("user",), body={"name": "Renamed"})),
    "DELETE /v1/users/{id}": (USERS, Sample(ids=("spare_user",))),
    "POST /v1/users/{id}/password-reset": (INVITING, Sample(ids=("spare_user",))),
    "DELETE /v1/users/{id}/sessions": (USERS, Sample(ids=("spare_user",))),
    "GET /v1/invitations": (INVITING, Sample()),
    "POST /v1/invitations": (INVITING, Sample(body=_INVITED)),
    "POST /v1/invitations/{id}/renew": (INVITING, Sample(ids=("invitation",))),
    "DELETE /v1/invitations/{id}": (INVITING, Sample(ids=("spare_invitation",))),
    "GET /v1/api-keys": (USERS, Sample()),
    "POST /v1/api-keys": (USERS, Sample(body={"name": "Sample", "scopes": ["read"], "store_ids": ["<store>"]})),
    "GET /v1/api-keys/{id}": (USERS, Sample(ids=("api_key",))),
    "PATCH /v1/api-keys/{id}": (USERS, Sample(ids=("api_key",), body={"name": "Renamed"})),
    "POST /v1/api-keys/{id}/rotate": (USERS, Sample(ids=("spare_api_key",), body={"overlap_hours": 1})),
    "DELETE /v1/api-keys/{id}": (USERS, Sample(ids=("spare_api_key",))),
    "GET /v1/webhooks": (EVENTS, Sample()),
    "POST /v1/webhooks": (EVENTS, Sample(body={"url": "http://127.0.0.1:9/hook", "store_ids": ["<store>"]})),
    "GET /v1/webhooks/{id}": (EVENTS, _WEBHOOK),
    "PATCH /v1/webhooks/{id}": (EVENTS, Sample(ids=("webhook",), body={"description": "Renamed"})),
    "DELETE /v1/webhooks/{id}": (EVENTS, Sample(ids=("spare_webhook",))),
    "POST /v1/webhooks/{id}/rotate-secret": (EVENTS, _WEBHOOK),
    "POST /v1/webhooks/{id}/test": (EVENTS, _WEBHOOK),
    "GET /v1/webhooks/{id}/deliveries": (EVENTS, _WEBHOOK),
    "POST /v1/webhooks/{id}/deliveries/{delivery_id}/redrive": (EVENTS, Sample(ids=("webhook", "delivery"))),
    "POST /v1/webhooks/{id}/redrive": (EVENTS, _WEBHOOK),
    "GET /v1/events": (EVENTS, Sample(query={"store_id": "<store>"})),
    "POST /v1/work-orders/{id}/customer-link": (WORK, _ORDER),
    "GET /v1/work-orders/{id}/customer-link": (WORK, _ORDER),
    "DELETE /v1/work-orders/{id}/customer-link": (WORK, _ORDER),
    "POST /v1/customer-links/open": (WITHOUT_LOGIN, Sample(body={"token": "gac_none"})),
    "POST /v1/sessions": (WITHOUT_LOGIN, Sample(body=_LOG_IN)),
    "GET /v1/me": (OWN_STORES, Sample()),
    "PATCH /v1/me": (THEMSELVES, Sample(body={"language": None})),
    "PUT /v1/organization/language": (USERS, Sample(body={"language": "en"})),
    "GET /v1/me/views": (THEMSELVES, Sample()),
    "GET /v1/me/views/{name:slug}": (THEMSELVES, _VIEW),
    "PUT /v1/me/views/{name:slug}": (THEMSELVES, Sample(words=("pending",), body={"columns": ["number"]})),
    "DELETE /v1/me/views/{name:slug}": (THEMSELVES, Sample(words=("spare",))),
    "GET /v1/views": (WORK_OF_PEOPLE, Sample()),
    "POST /v1/views": (WORK_OF_PEOPLE, Sample(body={"name": "Late today", "columns": ["number"]})),
    "GET /v1/views/{id}": (WORK_OF_PEOPLE, Sample(ids=("saved_view",))),
    "PATCH /v1/views/{id}": (WORK_OF_PEOPLE, Sample(ids=("saved_view",), body={"name": "Early"})),
    "DELETE /v1/views/{id}": (WORK_OF_PEOPLE, Sample(ids=("spare_saved_view",))),
    "GET /v1/me/second-factor": (CONSOLE_USERS, Sample()),
    "POST /v1/me/second-factor": (CONSOLE_USERS, Sample()),
    "POST /v1/me/second-factor/confirm": (CONSOLE_USERS, Sample(body=_CODE)),
    "POST /v1/me/second-factor/recovery-codes": (CONSOLE_USERS, Sample(body=_CODE)),
    "POST /v1/me/second-factor/disable": (CONSOLE_USERS, Sample(body=_CODE)),
    "GET /v1/organization/single-sign-on": (USERS, Sample()),
    "PUT /v1/organization/single-sign-on": (USERS, Sample(body=_SIGN_ON)),
    "DELETE /v1/organization/single-sign-on": (USERS, Sample()),
    "DELETE /v1/users/{id}/identity": (USERS, Sample(ids=("user",))),
    "GET /v1/log-in-ways/{organization:slug}": (WITHOUT_LOGIN, Sample(words=("acme",))),
    "GET /v1/single-sign-on/{organization:slug}/start": (WITHOUT_LOGIN, Sample(words=("acme",))),
    "GET /v1/single-sign-on/callback": (WITHOUT_LOGIN, Sample()),
    "DELETE /v1/users/{id}/second-factor": (USERS, Sample(ids=("user",))),
    "GET /v1/organization/second-factor": (USERS, Sample()),
    "PUT /v1/organization/second-factor": (USERS, Sample(body={"required_of": "off"})),
    "GET /v1/sessions": (THEMSELVES, Sample()),
    "DELETE /v1/sessions/current": (THEMSELVES, Sample()),
    "DELETE /v1/sessions/{id}": (THEMSELVES, Sample(ids=("spare_session",))),
    "PUT /v1/me/password": (
        THEMSELVES,
        Sample(body={"current_password": "not this one", "new_password": "five quiet herons"}),
    ),
    "POST /v1/one-time-links/look": (WITHOUT_LOGIN, Sample(body={"token": "gal_unknown"})),
    "POST /v1/invitations/accept": (WITHOUT_LOGIN, Sample(body=_CHOSEN)),
    "POST /v1/password-resets": (WITHOUT_LOGIN, Sample(body={"organization": "acme", "email": "ana@acme.example"})),
    "POST /v1/password-resets/accept": (WITHOUT_LOGIN, Sample(body=_CHOSEN)),
}
"""Who may call each operation, and a plausible request for it."""
ROW_OF = {name: row for name, (row, _) in TABLE.items()}
SAMPLES = {name: sample for name, (_, sample) in TABLE.items()}
OPERATIONS = {f"{operation.method} {operation.path}": operation for operation in list_operations()}


def request_of(name: str, things: Mapping[str, str]) -> dict[str, Any]:
    """The sample of an operation as arguments of a test client, with the ids of `things`."""
    sample = SAMPLES[name]
    method, path = name.split(" ")
    for kind in sample.ids:
        path = re.sub(r"\{[a-z_]+\}", things[kind], path, count=1)
    for word in sample.words:
        path = re.sub(r"\{[a-z_]+:slug\}", word, path, count=1)
    for number in sample.numbers:
        path = re.sub(r"\{[a-z_]+:int\}", str(number), path, count=1)
    headers = {"If-Match": STALE} if OPERATIONS[name].versioned else {}
    if ROW_OF[name] is BOOKING_PAGES:
        headers["Origin"] = "https://shop.example"
    request: dict[str, Any] = {"method": method, "path": path, "headers": headers}
    if sample.query:
        request["query_string"] = _filled(dict(sample.query), things)
    if sample.body is not None:
        request["json"] = _filled(sample.body, things)
    if sample.image is not None:
        request |= {"data": sample.image, "content_type": "image/png"}
    if sample.table is not None:
        request |= {"data": sample.table, "content_type": "text/csv"}
    return request


def _filled(value: Any, things: Mapping[str, str]) -> Any:
    return json.loads(_PLACEHOLDER.sub(lambda found: things[found[1]], json.dumps(value)))
