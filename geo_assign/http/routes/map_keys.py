"""Map keys: the same four calls for a store, a service group and the organization."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import Field, SecretStr

from geo_assign.access.domain import Scope
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError, StaleError
from geo_assign.dispatch.commands.locating import retry_locations
from geo_assign.geocoding.commands.map_keys import (
    MapKeyRefusedError,
    NewMapKey,
    delete_map_key,
    keeps_key,
    open_map_key,
    record_test,
    store_map_key,
)
from geo_assign.geocoding.domain import GeocodeProblem, KeyOwner, KeyStatus, MapKey, OwnerKind
from geo_assign.geocoding.queries import MapKeyNotFoundError, count_requests_today, find_map_key, get_map_key
from geo_assign.http.operations import ADMINISTRATORS, STORE_SETTINGS, Access, AnyCall, Call, Reply, Routes
from geo_assign.http.schemas import Answer, Body
from geo_assign.workforce.queries import get_group, get_store

B = TypeVar("B")

routes = Routes("Geocoding")

# A person waits for this test: it may take longer than a lead would wait.
_TEST_DEADLINE_S = 5.0


class MapKeyBody(Body):
    """A provider and its key. The key is written and never read; leave it out to keep the one that is stored."""

    provider: Annotated[str, Field(min_length=1, max_length=40, examples=["opencage"])] = Field(
        description="Whose geocoder it opens."
    )
    url: Annotated[str | None, Field(max_length=500, description="The provider's own URL, where it has one.")] = None
    key: Annotated[str | None, Field(max_length=500)] = Field(None, description="The secret.")
    daily_budget: Annotated[int | None, Field(ge=1, le=100_000_000, description="Requests a day, UTC.")] = None


class MapKeyAnswer(Answer):
    """A map key without its secret."""

    provider: str = Field(description="Whose geocoder it opens.")
    url: str | None
    key_hint: str | None = Field(description="How the key ends.")
    status: KeyStatus = Field(description="`untested`: the provider did not answer. `invalid`: it refused the key.")
    last_error: str | None = Field(description="What the provider last refused.")
    blocked_until: datetime | None = Field(description="The provider asked to wait until then.")
    daily_budget: int | None = Field(description="Requests a day, UTC.")
    used_today: int = Field(description="Requests of this UTC day.")
    tested_at: datetime | None
    version: int


class MapKeyTestAnswer(Answer):
    """What the provider said to the stored key."""

    ok: bool = Field(description="Whether the key works.")
    problem: str | None = Field(description="The code of what is wrong.")
    detail: str | None = Field(description="What is wrong, as a sentence.")
    map_key: MapKeyAnswer


@dataclass(frozen=True)
class Holder:
    """What may have a map key of its own. `find` raises NotFoundError for what the caller does not see."""

    kind: OwnerKind
    named: str
    path: str
    access: Access
    find: Callable[[Tx, Scope, UUID], object]

    def sought(self, tx: Tx, call: AnyCall, id: UUID) -> KeyOwner:
        """The holder of this id. Raises NotFoundError unless it exists for the caller."""
        self.find(tx, call.caller.scope, id)
        return KeyOwner(self.kind, id)


HOLDERS = (
    Holder(OwnerKind.STORE, "the store", "/v1/stores/{id}/map-key", STORE_SETTINGS, get_store),
    Holder(OwnerKind.GROUP, "the service group", "/v1/service-groups/{id}/map-key", STORE_SETTINGS, get_group),
    Holder(
        OwnerKind.ORGANIZATION,
        "the organization",
        "/v1/organization/map-key",
        ADMINISTRATORS,
        lambda _tx, _scope, _id: None,
    ),
)


def _read(holder: Holder, call: Call[None, None], id: UUID) -> Reply:
    """Read the map key of {holder}.

    Without the key.
    """
    with call.transaction() as tx:
        return _reply(tx, get_map_key(tx, holder.sought(tx, call, id)))


def _put(holder: Holder, call: Call[None, MapKeyBody], id: UUID) -> Reply:
    """Set the map key of {holder}.

    It is tried at once: one that the provider refuses is not stored. Work orders that waited for a key, or for a
    geocoder, are located again.
    """
    body = call.body
    secret = SecretStr(body.key) if body.key else None
    new = NewMapKey(provider=body.provider, url=body.url, key=secret, daily_budget=body.daily_budget)
    geocoder = call.services.geocoder
    with call.transaction() as tx:
        owner = holder.sought(tx, call, id)
        present = find_map_key(tx, owner)
        kept = open_map_key(geocoder.box, present) if present and keeps_key(present, new) else None
    tested = geocoder.test_map_key(provider=new.provider, url=new.url, key=new.key or kept, deadline_s=_TEST_DEADLINE_S)
    with call.transaction() as tx:
        stored = store_map_key(tx, call.caller, geocoder.box, owner, new=new, tested=tested, version=call.if_match)
        _locate_again(tx, owner)
        return _reply(tx, stored)


def _remove(holder: Holder, call: Call[None, None], id: UUID) -> Reply:
    """Delete the map key of {holder}.

    The next one in line applies: the store's, its group's, the organization's.
    """
    with call.transaction() as tx:
        owner = holder.sought(tx, call, id)
        delete_map_key(tx, call.caller, owner, version=call.if_match)
    return Reply()


def _test(holder: Holder, call: Call[None, None], id: UUID) -> Reply:
    """Test the map key of {holder}.

    Answers the provider's own words.
    """
    geocoder = call.services.geocoder
    with call.transaction() as tx:
        owner = holder.sought(tx, call, id)
        present = get_map_key(tx, owner)
        secret = open_map_key(geocoder.box, present)
    tested = geocoder.test_map_key(provider=present.provider, url=present.url, key=secret, deadline_s=_TEST_DEADLINE_S)
    with call.transaction() as tx:
        after = record_test(tx, owner, version=present.version, tested=tested)
        if tested is None:
            _locate_again(tx, owner)
        return Reply(_test_answer(tx, tested, after), version=after.version)


def _locate_again(tx: Tx, owner: KeyOwner) -> None:
    """What waits for a key: a store's own orders, or all, since many stores may stand behind the other two."""
    retry_locations(tx, store_id=owner.id if owner.kind is OwnerKind.STORE else None)


def _answer(tx: Tx, key: MapKey) -> MapKeyAnswer:
    shown = {name: getattr(key, name) for name in MapKeyAnswer.model_fields if name != "used_today"}
    return MapKeyAnswer(**shown, used_today=count_requests_today(tx, key.owner, now=tx.now()))


def _reply(tx: Tx, key: MapKey) -> Reply:
    return Reply(_answer(tx, key), version=key.version)


def _test_answer(tx: Tx, tested: GeocodeProblem | None, key: MapKey) -> MapKeyTestAnswer:
    return MapKeyTestAnswer(
        ok=tested is None,
        problem=None if tested is None else tested.code.value,
        detail=None if tested is None else tested.detail,
        map_key=_answer(tx, key),
    )


def _handler(holder: Holder, act: Callable[[Holder, Call[None, B], UUID], Reply]) -> Callable[..., Reply]:
    """`act` for one holder, with a name and a description of its own. The organization is the caller's."""

    def handle_organization(call: Call[None, B]) -> Reply:
        return act(holder, call, call.caller.org_id)

    def handle_one(call: Call[None, B], id: UUID) -> Reply:
        return act(holder, call, id)

    handle: Callable[..., Reply] = handle_organization if holder.kind is OwnerKind.ORGANIZATION else handle_one
    handle.__name__ = f"{act.__name__.lstrip('_')}_{holder.kind.value}_map_key"
    words = (act.__doc__ or "").replace("{Holder}", holder.named.capitalize())
    handle.__doc__ = words.replace("{holder}", holder.named)
    return handle


_NOT_FOUND = (MapKeyNotFoundError, NotFoundError)

for _holder in HOLDERS:
    routes.get(_holder.path, access=_holder.access, answer=MapKeyAnswer, errors=_NOT_FOUND)(_handler(_holder, _read))
    routes.put(
        _holder.path,
        access=_holder.access,
        body=MapKeyBody,
        example={"provider": "opencage", "key": "0123456789abcdef", "daily_budget": 2500},
        answer=MapKeyAnswer,
        own_transactions=True,
        errors=(MapKeyRefusedError, *_NOT_FOUND, StaleError),
    )(_handler(_holder, _put))
    routes.delete(_holder.path, access=_holder.access, status=204, errors=(*_NOT_FOUND, StaleError))(
        _handler(_holder, _remove)
    )
    routes.post(
        f"{_holder.path}/test", access=_holder.access, answer=MapKeyTestAnswer, own_transactions=True, errors=_NOT_FOUND
    )(_handler(_holder, _test))
