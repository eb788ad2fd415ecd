"""The audit trail: every action that the code can write is done here once, and its entry is read over HTTP."""

import ast
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, cast, get_args
from uuid import UUID

import pyotp
import pytest
from sqlalchemy import text

import geo_assign
from geo_assign.access.commands import allow_passwords, audit, delete_second_factor, renew_api_key
from geo_assign.access.domain import ActorKind, AuditAction, Caller, Quota, Role, Scope, system_caller
from geo_assign.access.quotas import set_limits, unset_limits
from geo_assign.app import EXTENSION, create_app
from geo_assign.core.db import Tx
from geo_assign.seed import load, read_document
from geo_assign.webhooks.commands.deliveries import fan_out
from tests.access.api import SEED, Api
from tests.access.identity_provider import CLIENT_ID, CLIENT_SECRET, identity_provider
from tests.conftest import cloned

PLACE = {"lat": 41.151, "lon": -8.61}
NEW_PLACE = {"timezone": "Europe/Lisbon", "location": PLACE}
HOOK = {"url": "http://127.0.0.1:9/hook"}
ADDRESSES = "street,housenumber,city,lat,lon\nRua Nova,1,Porto,41.150,-8.610\n"
_numbers = count(1)


@dataclass(frozen=True)
class House:
    """The seeded organization; every act makes what it needs, so that acts can be done in any order."""

    api: Api

    @property
    def root_id(self) -> str:
        return self.api.id("users", "root@acme.example")

    @property
    def services(self) -> Any:
        return self.api.client.application.extensions[EXTENSION]

    def make(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create something as the administrator."""
        return self.done(self.api.post(path, by="root", json=body))

    def edit(self, path: str, body: Mapping[str, Any], method: str = "PATCH") -> None:
        """Change something as the administrator, at the version it has."""
        version = int(self.api.get(path.removesuffix("/settings"), by="root").headers["ETag"].strip('"'))
        self.done(self.api.call(method, path, by="root", version=version, json=body))

    def delete(self, path: str) -> None:
        self.done(self.api.delete(path, by="root"))

    def done(self, answer: Any) -> dict[str, Any]:
        assert answer.status_code < 300, answer.get_data(as_text=True)
        found: dict[str, Any] = answer.get_json() if answer.is_json else {}
        return found

    def entries(self, **wanted: str) -> list[dict[str, Any]]:
        """The newest entries first."""
        found = self.api.get("/v1/audit", by="root", query_string={"limit": "200", **wanted})
        items: list[dict[str, Any]] = self.done(found)["items"]
        return items

    # Things to act on ------------------------------------------------------------------------------------------------

    def store(self) -> str:
        return str(self.make("/v1/stores", {"name": named("Store"), **NEW_PLACE})["id"])

    def group(self) -> str:
        store = self.api.id("stores", "centre")
        return str(self.make("/v1/service-groups", {"name": named("Group"), "store_id": store})["id"])

    def provider(self) -> str:
        return str(self.make("/v1/service-providers", {"name": named("Provider")})["id"])

    def technician(self) -> str:
        body = {"name": named("Person"), "store_id": self.api.id("stores", "centre")}
        return str(self.make("/v1/technicians", body)["id"])

    def user(self) -> str:
        body = {"email": f"{named('user')}@acme.example", "name": "User", "role": "dispatcher"}
        return str(self.make("/v1/users", body)["id"])

    def api_key(self) -> str:
        return str(self.make("/v1/api-keys", {"name": named("Key"), "scopes": ["read"]})["id"])

    def webhook(self) -> str:
        return str(self.make("/v1/webhooks", HOOK)["id"])

    def ticket(self, technician_id: str) -> dict[str, Any]:
        body = {"store_id": self.api.id("stores", "centre"), "customer": {"name": "Ida"}, "assignee_id": technician_id}
        return self.make("/v1/tickets", body)

    def invitation(self) -> dict[str, Any]:
        return self.make("/v1/invitations", {"email": f"{named('guest')}@acme.example", "role": "dispatcher"})

    def tracker(self, technician_id: str) -> str:
        path = f"/v1/technicians/{technician_id}/trackers"
        return str(self.make(path, {"name": named("Phone"), "app": "owntracks"})["id"])

    def handover_note(self) -> str:
        body = {"store_id": self.api.id("stores", "centre"), "text": "Parts come at ten."}
        return str(self.make("/v1/handover-notes", body)["id"])

    def shared_view(self) -> str:
        return str(self.make("/v1/views", {"name": named("View"), "shared": True})["id"])


def named(kind: str) -> str:
    """A name that nothing else has."""
    return f"{kind}{next(_numbers)}"


@dataclass(frozen=True)
class Act:
    """`do` returns the id of what the action is about; `detail` is what the entry says of it, at least."""

    action: str
    about: str
    do: Callable[[House], str | None]
    detail: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""


def renewed_api_key(house: House) -> str:
    key_id = house.api_key()
    org_id, root = UUID(house.api.organization["id"]), UUID(house.root_id)
    caller = Caller(org_id, ActorKind.USER, root, "Root", Scope(everything=True), Role.ADMINISTRATOR)
    with house.services.database.transaction(org_id) as tx:
        renew_api_key(tx, caller, UUID(key_id), changes={"scopes": ("leads:write",)}, store_ids=())
    return key_id


def revoked_api_key(house: House) -> str:
    key_id = house.api_key()
    house.delete(f"/v1/api-keys/{key_id}")
    house.delete(f"/v1/api-keys/{key_id}")
    return key_id


def changed(kind: str, path: str, body: Mapping[str, Any]) -> Callable[[House], str]:
    def do(house: House) -> str:
        thing = str(getattr(house, kind)())
        house.edit(f"{path}/{thing}", body)
        return thing

    return do


def ended(kind: str, path: str) -> Callable[[House], str]:
    def do(house: House) -> str:
        thing = str(getattr(house, kind)())
        house.delete(f"{path}/{thing}")
        return thing

    return do


def set_settings(house: House) -> str:
    store = house.store()
    house.edit(f"/v1/stores/{store}/settings", {"radius_m": 900}, method="PUT")
    return store


def map_key_of(owner: str, *, removed: bool = False) -> Callable[[House], str]:
    def do(house: House) -> str:
        org_id = str(house.api.organization["id"])
        owner_id = {"store": house.store, "group": house.group, "organization": lambda: org_id}[owner]()
        path = {"store": f"stores/{owner_id}", "group": f"service-groups/{owner_id}", "organization": "organization"}
        address = f"/v1/{path[owner]}/map-key"
        house.done(house.api.put(address, by="root", json={"provider": "gazetteer", "url": "town.csv"}))
        if removed:
            house.delete(address)
        return owner_id

    return do


def time_off(house: House, *, removed: bool = False) -> str:
    person = house.technician()
    path = f"/v1/technicians/{person}/time-off"
    span = house.make(path, {"starts_at": "2031-01-01T00:00:00Z", "ends_at": "2031-01-02T00:00:00Z"})
    if removed:
        house.delete(f"{path}/{span['id']}")
    return person


def hours_exception(house: House, *, removed: bool = False) -> str:
    person = house.technician()
    path = f"/v1/technicians/{person}/hours-exceptions/2031-05-01"
    house.done(house.api.put(path, by="root", json={"spans": [["10:00", "14:00"]]}))
    if removed:
        house.delete(path)
    return person


def set_password(house: House) -> str:
    user = house.user()
    house.edit(f"/v1/users/{user}", {"password": "another password"})
    return user


def posted(kind: str, path: str, act: str) -> Callable[[House], str]:
    def do(house: House) -> str:
        thing = str(getattr(house, kind)())
        house.make(f"{path}/{thing}/{act}", {})
        return thing

    return do


def redriven(house: House, *, one: bool) -> str:
    webhook = house.webhook()
    house.ticket(house.technician())
    house.services.database.run(UUID(house.api.organization["id"]), fan_out)
    path = f"/v1/webhooks/{webhook}"
    if one:
        sent = house.done(house.api.get(f"{path}/deliveries", by="root"))["items"][0]["id"]
        path = f"{path}/deliveries/{sent}"
    house.make(f"{path}/redrive", {})
    house.delete(f"/v1/webhooks/{webhook}")
    return webhook


def reallocated(house: House) -> str:
    ticket = house.ticket(house.technician())
    path = f"/v1/work-orders/{ticket['id']}/reallocate"
    to = {"technician_id": house.technician(), "reason": "the van broke down"}
    house.done(house.api.post(path, by="root", version=ticket["version"], json=to))
    return str(ticket["id"])


def erased_customer(house: House) -> str:
    order = str(house.ticket(house.technician())["id"])
    house.make(f"/v1/work-orders/{order}/cancel", {})
    house.make(f"/v1/work-orders/{order}/erase-customer", {})
    return order


def customer_link(house: House, *, revoked: bool = False) -> str:
    order = str(house.ticket(house.technician())["id"])
    store = house.api.get(f"/v1/work-orders/{order}", by="root").get_json()["store_id"]
    house.edit(f"/v1/stores/{store}/settings", {"customer_links": True}, "PUT")
    house.make(f"/v1/work-orders/{order}/customer-link", {})
    if revoked:
        house.delete(f"/v1/work-orders/{order}/customer-link")
    return order


def exported_technician(house: House) -> str:
    person = house.technician()
    house.done(house.api.get(f"/v1/technicians/{person}/export", by="root"))
    return person


def exported_customer(house: House) -> None:
    house.done(house.api.get("/v1/customers/export?phone=910000000", by="root"))


def own_export(house: House) -> str:
    house.done(house.api.get("/v1/me/export", by="ana"))
    return house.api.id("technicians", "ana")


def second_factor_policy(house: House) -> str:
    path = "/v1/organization/second-factor"
    house.done(house.api.put(path, by="root", json={"required_of": "off"}))
    house.done(house.api.put(path, by="root", json={"required_of": "administrators"}))
    org_id = str(house.api.organization["id"])
    with house.services.database.transaction(UUID(org_id)) as tx:
        tx.conn.execute(text("UPDATE organizations SET second_factor_policy = 'off'"))
    return org_id


def organization_language(house: House) -> str:
    for language in ("en", "de", "de"):
        house.done(house.api.put("/v1/organization/language", by="root", json={"language": language}))
    return str(house.api.organization["id"])


def own_second_factor(house: House, act: str) -> str:
    """The administrator's own: switched on, then what `act` says, and off at the end."""
    path = "/v1/me/second-factor"
    secret = house.make(path, {})["secret"]
    first, second, third, *_ = house.make(f"{path}/confirm", {"code": pyotp.TOTP(secret).now()})["recovery_codes"]
    if act == "recovery-codes":
        second = house.make(f"{path}/recovery-codes", {"code": first})["recovery_codes"][0]
    if act == "log in":
        given = {"organization": "acme", "email": "root@acme.example", "password": "root-password", "code": third}
        house.make("/v1/sessions", given)
        house.services.database.run(
            UUID(house.api.organization["id"]), lambda tx: disable_without_code(tx, house.root_id)
        )
        return house.root_id
    house.make(f"{path}/disable", {"code": second})
    return house.root_id


def disable_without_code(tx: Tx, user_id: str) -> None:
    delete_second_factor(tx, system_caller(tx.org_id), UUID(user_id))


def lost_second_factor(house: House) -> str:
    desk = house.api.id("users", "desk@acme.example")
    house.done(house.api.post("/v1/me/second-factor", by="desk", json={}))
    for _ in range(2):
        house.delete(f"/v1/users/{desk}/second-factor")
    return desk


def single_sign_on(house: House, act: str) -> str:
    """Set by `PUT`; then what `act` says."""
    with identity_provider() as idp:
        idp.person = {"sub": "root", "email": "root@acme.example", "email_verified": True}
        chosen = {"issuer": idp.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        house.done(house.api.put("/v1/organization/single-sign-on", by="root", json=chosen))
        if act in {"link", "release"}:
            browser = house.api.client.application.test_client()
            back = idp.log_in(browser.get("/v1/single-sign-on/acme/start").headers["Location"])
            assert browser.get("/v1/single-sign-on/callback", query_string=back).status_code == 303
            for _ in range(2):
                house.delete(f"/v1/users/{house.root_id}/identity")
            return house.root_id
    if act == "remove":
        house.delete("/v1/organization/single-sign-on")
    return str(house.api.organization["id"])


def allowed_passwords(house: House) -> str:
    org_id = UUID(single_sign_on(house, "set"))
    caller = Caller(org_id, ActorKind.USER, UUID(house.root_id), "Root", Scope(everything=True), Role.ADMINISTRATOR)
    with house.services.database.transaction(org_id) as tx:
        tx.conn.execute(text("UPDATE single_sign_on SET password_log_in = false"))
    for _ in range(2):
        house.services.database.run(org_id, lambda tx: allow_passwords(tx, caller))
    return str(org_id)


def revoked_invitation(house: House) -> str:
    made = house.invitation()
    house.delete(f"/v1/invitations/{made['id']}")
    return str(made["user_id"])


def reset_password(house: House) -> str:
    user = house.user()
    house.make(f"/v1/users/{user}/password-reset", {})
    return user


def ended_sessions(house: House) -> str:
    user = house.user()
    house.delete(f"/v1/users/{user}/sessions")
    return user


def tracker(house: House, *, revoked: bool = False) -> str:
    person = house.technician()
    made = house.tracker(person)
    if revoked:
        house.delete(f"/v1/technicians/{person}/trackers/{made}")
    return person


def undone_work(house: House) -> str:
    order = str(house.ticket(house.technician())["id"])
    house.edit(f"/v1/work-orders/{order}", {"notes": "Ring twice"})
    house.make("/v1/undo", {})
    return order


def decided_pin(house: House, *acts: str) -> str:
    """A pin that a person put for an address of its own, decided by these acts."""
    lead = {
        "store_id": house.api.id("stores", "centre"),
        "customer": {"name": "Ida"},
        "address": f"Rua {named('X')}, 4",
    }
    order = house.make("/v1/leads", lead)["id"]
    house.edit(f"/v1/work-orders/{order}", {"location": {"lat": 41.2, "lon": -8.6}})
    house.make(f"/v1/work-orders/{order}/cancel", {})
    (pin,) = house.done(house.api.get(f"/v1/learned-pins?work_order_id={order}", by="root"))["items"]
    for act in acts:
        pin = house.done(house.api.post(f"/v1/learned-pins/{pin['id']}/{act}", by="root", version=pin["version"]))
    return str(pin["id"])


ACTS = (
    Act("pin.confirmed", "pin", lambda h: decided_pin(h, "confirm"), {"visits": 1}),
    Act("pin.rejected", "pin", lambda h: decided_pin(h, "reject"), {"visits": 1}),
    Act("pin.withdrawn", "pin", lambda h: decided_pin(h, "confirm", "withdraw"), {"visits": 1}),
    Act("api_key.created", "api_key", House.api_key, {"scopes": ["read"]}),
    Act("api_key.changed", "api_key", renewed_api_key, {"scopes": ["leads:write"]}),
    Act("api_key.changed", "api_key", changed("api_key", "/v1/api-keys", {"name": "Renamed"}), name="renamed"),
    Act("api_key.rotated", "api_key", posted("api_key", "/v1/api-keys", "rotate")),
    Act("api_key.revoked", "api_key", revoked_api_key),
    Act("customer_link.created", "work_order", customer_link),
    Act("customer_link.revoked", "work_order", lambda h: customer_link(h, revoked=True)),
    Act("customer.exported", "customer", exported_customer),
    Act("hours_exception.removed", "technician", lambda h: hours_exception(h, removed=True), {"date": "2031-05-01"}),
    Act("hours_exception.set", "technician", hours_exception, {"date": "2031-05-01"}),
    Act("handover_note.left", "handover_note", House.handover_note),
    Act(
        "handover_note.changed",
        "handover_note",
        changed("handover_note", "/v1/handover-notes", {"text": "They came."}),
        {"fields": ["text"]},
    ),
    Act("handover_note.deleted", "handover_note", ended("handover_note", "/v1/handover-notes")),
    Act("saved_view.shared", "saved_view", House.shared_view),
    Act(
        "saved_view.changed",
        "saved_view",
        changed("shared_view", "/v1/views", {"columns": []}),
        {"fields": ["columns"]},
    ),
    Act("saved_view.deleted", "saved_view", ended("shared_view", "/v1/views")),
    Act("invitation.created", "user", lambda h: str(h.invitation()["user_id"])),
    Act("invitation.revoked", "user", revoked_invitation),
    Act("password_reset.created", "user", reset_password),
    Act("tracker.created", "technician", tracker),
    Act("tracker.revoked", "technician", lambda h: tracker(h, revoked=True)),
    Act("user.sessions_ended", "user", ended_sessions),
    Act("work_order.undone", "work_order", undone_work),
    *(
        Act("map_key.set", owner, map_key_of(owner), {"provider": "gazetteer"}, name=owner)
        for owner in ("store", "group", "organization")
    ),
    *(
        Act("map_key.removed", owner, map_key_of(owner, removed=True), name=owner)
        for owner in ("store", "group", "organization")
    ),
    Act("organization.language_set", "organization", organization_language, {"language": "de"}),
    Act("organization.second_factor_set", "organization", second_factor_policy, {"required_of": "administrators"}),
    Act("second_factor.enabled", "user", lambda h: own_second_factor(h, "")),
    Act("second_factor.disabled", "user", lambda h: own_second_factor(h, "")),
    Act("second_factor.recovery_codes_renewed", "user", lambda h: own_second_factor(h, "recovery-codes")),
    Act("second_factor.recovery_code_used", "user", lambda h: own_second_factor(h, "log in"), {"left": 9}),
    Act("second_factor.removed", "user", lost_second_factor),
    Act("service_group.created", "service_group", House.group),
    Act(
        "service_group.changed",
        "service_group",
        changed("group", "/v1/service-groups", {"name": "Renamed"}),
        {"fields": ["name"]},
    ),
    Act(
        "service_group.changed",
        "service_group",
        ended("group", "/v1/service-groups"),
        {"fields": ["active"]},
        name="deactivated",
    ),
    Act("service_provider.created", "service_provider", House.provider),
    Act(
        "service_provider.changed",
        "service_provider",
        changed("provider", "/v1/service-providers", {"base": PLACE}),
        {"fields": ["base"]},
    ),
    Act(
        "service_provider.changed",
        "service_provider",
        ended("provider", "/v1/service-providers"),
        {"fields": ["active"]},
        name="deactivated",
    ),
    Act("single_sign_on.set", "organization", lambda h: single_sign_on(h, "set")),
    Act("single_sign_on.removed", "organization", lambda h: single_sign_on(h, "remove")),
    Act("single_sign_on.passwords_allowed", "organization", allowed_passwords),
    Act("user.identity_linked", "user", lambda h: single_sign_on(h, "link")),
    Act("user.identity_released", "user", lambda h: single_sign_on(h, "release")),
    Act("store.created", "store", House.store),
    Act("store.changed", "store", changed("store", "/v1/stores", {"name": "Renamed"}), {"fields": ["name"]}),
    Act("store.changed", "store", ended("store", "/v1/stores"), {"fields": ["active"]}, name="deactivated"),
    Act("store.settings_changed", "store", set_settings, {"settings": {"radius_m": 900.0}}),
    Act("technician.created", "technician", House.technician),
    Act(
        "technician.changed",
        "technician",
        changed("technician", "/v1/technicians", {"skills": ["tv"]}),
        {"fields": ["skills"]},
    ),
    Act(
        "technician.changed",
        "technician",
        ended("technician", "/v1/technicians"),
        {"fields": ["active"]},
        name="deactivated",
    ),
    Act("technician.erased", "technician", posted("technician", "/v1/technicians", "erase")),
    Act("technician.exported", "technician", exported_technician),
    Act("time_off.added", "technician", time_off),
    Act("time_off.removed", "technician", lambda h: time_off(h, removed=True)),
    Act("user.created", "user", House.user, {"role": "dispatcher"}),
    Act("user.changed", "user", changed("user", "/v1/users", {"name": "Renamed"}), {"fields": ["name"]}),
    Act("user.changed", "user", ended("user", "/v1/users"), {"fields": ["active"]}, name="deactivated"),
    Act("user.password_set", "user", set_password),
    Act("webhook.created", "webhook", House.webhook),
    Act("webhook.changed", "webhook", changed("webhook", "/v1/webhooks", {"active": False}), {"fields": ["active"]}),
    Act("webhook.deleted", "webhook", ended("webhook", "/v1/webhooks")),
    Act("webhook.redriven", "webhook", lambda h: redriven(h, one=True), name="one delivery"),
    Act("webhook.redriven", "webhook", lambda h: redriven(h, one=False), {"deliveries": 0}, name="all dead ones"),
    Act("webhook.secret_rotated", "webhook", posted("webhook", "/v1/webhooks", "rotate-secret")),
    Act("work_order.customer_erased", "work_order", erased_customer),
    Act("work_order.reallocated", "work_order", reallocated, {"reason": "the van broke down", "forced": False}),
)


@pytest.fixture(scope="module")
def house(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("gazetteers")
    (folder / "town.csv").write_text(ADDRESSES)
    with cloned(template) as world:
        app = create_app(world.settings(gazetteer_dir=folder))
        services = app.extensions[EXTENSION]
        try:
            tree = load(services.database, services.settings, read_document(json.dumps(SEED)))
            yield House(Api(app.test_client(), tree))
        finally:
            services.close()


@pytest.mark.parametrize("act", ACTS, ids=lambda act: f"{act.action} {act.name}".strip())
def test_an_act_is_written_down_once_with_actor_and_subject(house: House, act: Act) -> None:
    before = {entry["id"] for entry in house.entries(action=act.action)}
    subject = act.do(house)
    written = [entry for entry in house.entries(action=act.action) if entry["id"] not in before]
    assert [
        (entry["actor_kind"], entry["actor_id"], entry["subject_kind"], entry["subject_id"]) for entry in written
    ] == [("user", house.root_id, act.about, subject)]
    assert written[0]["detail"].items() >= act.detail.items()


def test_a_technicians_own_export_is_written_down_as_the_technicians_act(house: House) -> None:
    subject = own_export(house)
    newest = house.entries(action="technician.exported")[0]
    assert (newest["actor_kind"], newest["subject_id"]) == ("technician", subject)


def test_a_document_that_comes_by_pages_is_written_down_once(house: House) -> None:
    now = house.api.get("/v1/me", by="root").get_json()["server_now"]
    for lat in (41.150, 41.151):
        house.done(
            house.api.post("/v1/positions", by="ana", json={"positions": [{"recorded_at": now, **PLACE, "lat": lat}]})
        )
        now = house.api.get("/v1/me", by="root").get_json()["server_now"]
    ana = house.api.id("technicians", "ana")
    before = len(house.entries(action="technician.exported"))
    first = house.done(house.api.get(f"/v1/technicians/{ana}/export?limit=1", by="root"))
    cursor = first["track"]["next_cursor"]
    house.done(house.api.get(f"/v1/technicians/{ana}/export", by="root", query_string={"limit": 1, "cursor": cursor}))
    assert len(house.entries(action="technician.exported")) == before + 1


def test_users_who_choose_a_password_are_written_down_as_themselves(house: House) -> None:
    invitation = house.invitation()
    user, chosen = str(invitation["user_id"]), {"password": "five quiet herons"}
    token = invitation["link"].rpartition("#")[2]
    session = house.done(house.api.post("/v1/invitations/accept", json={"token": token, **chosen}))
    change = {"current_password": chosen["password"], "new_password": "six louder herons"}
    house.done(house.api.put("/v1/me/password", by=session["token"], json=change))
    reset = house.make(f"/v1/users/{user}/password-reset", {})
    again = {"token": reset["link"].rpartition("#")[2], "password": "seven loud herons"}
    house.done(house.api.post("/v1/password-resets/accept", json=again))
    for action in ("invitation.accepted", "user.password_changed", "password_reset.accepted"):
        newest = house.entries(action=action)[0]
        assert (newest["actor_id"], newest["subject_id"]) == (user, user)


def test_limits_are_written_down_as_the_operators_act(house: House) -> None:
    org_id = UUID(house.api.organization["id"])
    house.services.database.run(org_id, lambda tx: set_limits(tx, {Quota.LEADS_PER_DAY: 5_000}))
    newest = house.entries(action="organization.limits_changed")[0]
    assert (newest["actor_kind"], newest["subject_id"]) == ("system", str(org_id))
    house.services.database.run(org_id, lambda tx: unset_limits(tx, [Quota.LEADS_PER_DAY]))


# Done above by others than an administrator, and by the service itself in `tests/organizations/test_quotas.py`.
BY_OTHERS = {
    "invitation.accepted",
    "organization.limits_changed",
    "organization.quota_exceeded",
    "organization.quota_nearly_used",
    "password_reset.accepted",
    "user.password_changed",
}


def test_every_action_that_the_code_can_write_is_done_here() -> None:
    assert {act.action for act in ACTS} | BY_OTHERS == written_actions()


def test_every_action_that_can_be_written_is_in_the_api_document(house: House) -> None:
    schemas = house.done(house.api.get("/openapi.json"))["components"]["schemas"]
    assert set(schemas["AuditAction"]["enum"]) == set(get_args(AuditAction)) == written_actions()


def test_an_entry_of_an_older_version_is_listed_under_the_name_it_had(house: House) -> None:
    org_id = UUID(house.api.organization["id"])
    caller = Caller(org_id, ActorKind.SYSTEM, None, "Service", Scope())
    house.services.database.run(
        org_id, lambda tx: audit(tx, caller, cast(Any, "van.washed"), subject_kind=cast(Any, "van"), subject_id=None)
    )
    assert house.entries(action="van.washed")[0]["subject_kind"] == "van"


def test_audit_entries_are_written_by_commands_alone() -> None:
    writers = {path.relative_to(SOURCE).parts for path, _ in audit_calls()}
    assert {parts for parts in writers if "http" in parts or parts[-1] in {"queries.py", "domain.py"}} == set()


SOURCE = Path(geo_assign.__file__).parent


def audit_calls() -> Iterator[tuple[Path, ast.Call]]:
    """Every call of `audit`, or of a module's own short form of it."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"audit", "_audit"}:
                yield path, node


def written_actions() -> set[str]:
    """The actions named in those calls; one that is not written out cannot be listed, and fails here."""
    named_actions = set()
    for path, call in audit_calls():
        action = call.args[2]
        if isinstance(action, ast.Constant):
            named_actions.add(str(action.value))
        else:
            assert path.name == "hours_exceptions.py", f"{path}:{call.lineno} does not say its action"
    return named_actions
