"""Users with what they look after, and API keys with the stores they are held to."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Column, select

from geo_assign.access.commands import NewUser, create_api_key, create_user, update_api_key, update_user
from geo_assign.access.domain import ApiKey, ApiScope, Caller, Role, User
from geo_assign.access.key_terms import NO_TERMS, KeyTerms
from geo_assign.access.queries import get_user
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError
from geo_assign.workforce.commands.links import set_links
from geo_assign.workforce.domain import Duties
from geo_assign.workforce.queries import list_duties, list_key_stores
from geo_assign.workforce.tables import (
    api_key_stores,
    group_dispatchers,
    service_groups,
    store_administrators,
    stores,
)


def create_staff(tx: Tx, caller: Caller, new: NewUser, *, duties: Duties, user_id: UUID | None = None) -> User:
    """Create a user with duties. Raises TakenError, InvalidError when the duties do not go with the role."""
    user = create_user(tx, caller, new, user_id=user_id)
    set_duties(tx, user, duties)
    return user


def update_staff(
    tx: Tx, caller: Caller, user_id: UUID, *, changes: Mapping[str, Any], version: int | None = None
) -> User:
    """Change a user, and with `store_ids` and `group_ids` the stores and groups. Raises as `update_user` does.

    The role `technician` is neither given nor taken here: it is more than a role.
    """
    if "role" in changes and get_user(tx, user_id).role is Role.TECHNICIAN:
        raise InvalidError.at("/role", "role_fixed", "A technician's role cannot be changed.")
    duties = {name: changes[name] for name in ("store_ids", "group_ids") if name in changes}
    of_user = {name: value for name, value in changes.items() if name not in duties}
    user = update_user(tx, caller, user_id, changes=of_user, version=version)
    before = list_duties(tx, [user_id])[user_id]
    set_duties(
        tx,
        user,
        Duties(
            store_ids=duties.get("store_ids", before.store_ids if user.role is Role.STORE_ADMINISTRATOR else ()),
            group_ids=duties.get("group_ids", before.group_ids if user.role is Role.DISPATCHER else ()),
        ),
    )
    return user


def set_duties(tx: Tx, user: User, duties: Duties) -> None:
    """Exactly these stores and groups. They act at the user's next request."""
    if duties.store_ids and user.role is not Role.STORE_ADMINISTRATOR:
        raise InvalidError.at("/store_ids", "not_for_this_role", "Only a store administrator looks after stores.")
    if duties.group_ids and user.role is not Role.DISPATCHER:
        raise InvalidError.at("/group_ids", "not_for_this_role", "Only a dispatcher looks after service groups.")
    _require_known(tx, stores.c.id, duties.store_ids, pointer="/store_ids")
    _require_known(tx, service_groups.c.id, duties.group_ids, pointer="/group_ids")
    administers, dispatches = store_administrators.c, group_dispatchers.c
    set_links(tx, administers.user_id, administers.store_id, of=user.id, to=duties.store_ids)
    set_links(tx, dispatches.user_id, dispatches.group_id, of=user.id, to=duties.group_ids)


def create_key(
    tx: Tx,
    caller: Caller,
    *,
    name: str,
    scopes: Collection[ApiScope],
    store_ids: Collection[UUID],
    terms: KeyTerms = NO_TERMS,
    api_key_id: UUID | None = None,
) -> tuple[ApiKey, str]:
    """An API key and its token, held to some stores; to none means the whole organization.

    Raises as `create_api_key`, and InvalidError for an unknown store.
    """
    key, token = create_api_key(
        tx, caller, name=name, scopes=scopes, terms=terms, store_ids=store_ids, api_key_id=api_key_id
    )
    set_key_stores(tx, key.id, store_ids)
    return key, token


def update_key(
    tx: Tx, caller: Caller, api_key_id: UUID, *, changes: Mapping[str, Any], version: int | None = None
) -> ApiKey:
    """Change an API key, and with `store_ids` its stores. Raises as `update_api_key`, InvalidError for a store."""
    of_key = {name: value for name, value in changes.items() if name != "store_ids"}
    store_ids = changes.get("store_ids", list_key_stores(tx, [api_key_id])[api_key_id])
    key = update_api_key(tx, caller, api_key_id, changes=of_key, store_ids=store_ids, version=version)
    if "store_ids" in changes:
        set_key_stores(tx, api_key_id, store_ids)
    return key


def set_key_stores(tx: Tx, api_key_id: UUID, store_ids: Collection[UUID]) -> None:
    """Hold a key to exactly these stores. Raises InvalidError for an unknown one."""
    _require_known(tx, stores.c.id, store_ids, pointer="/store_ids")
    set_links(tx, api_key_stores.c.api_key_id, api_key_stores.c.store_id, of=api_key_id, to=store_ids)


def _require_known(tx: Tx, column: Column[UUID], ids: Collection[UUID], *, pointer: str) -> None:
    table = column.table
    known = set(tx.conn.execute(select(column).where(table.c.org_id == tx.org_id, column.in_(ids))).scalars())
    for index, row_id in enumerate(ids):
        if row_id not in known:
            raise InvalidError.at(f"{pointer}/{index}", "unknown_id", "There is no such thing.")
