"""Map keys: set, replaced, tested, removed, re-encrypted."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, Unpack

from pydantic import SecretStr
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from geo_assign.access.commands import audit
from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError
from geo_assign.core.secrets import SecretBox
from geo_assign.core.versions import require_version
from geo_assign.geocoding.domain import GeocodeProblem, KeyOwner, MapKey, ProblemCode
from geo_assign.geocoding.keys import check_map_key, key_hint
from geo_assign.geocoding.queries import MapKeyNotFoundError, get_map_key, list_map_keys, map_key_of, owned_by
from geo_assign.geocoding.tables import map_keys


class MapKeyRefusedError(InvalidError):
    """The provider refused the map key.

    `detail` has the provider's own words.
    """

    code = "map_key_invalid"


@dataclass(frozen=True, slots=True)
class NewMapKey:
    """What a person configures. `key` None keeps the key stored before, as long as provider and URL stay the same.

    If the URL alone could be replaced, an editor could have the stored key sent to a server of their own.
    """

    provider: str
    url: str | None = None
    key: SecretStr | None = None
    daily_budget: int | None = None


def store_map_key(
    tx: Tx,
    caller: Caller,
    box: SecretBox,
    owner: KeyOwner,
    *,
    new: NewMapKey,
    tested: GeocodeProblem | None,
    version: int | None = None,
) -> MapKey:
    """Set or replace the owner's map key; what the old one was blocked for is forgotten.

    `tested` is what `test_map_key` found. A key the provider refused is not stored (MapKeyRefusedError); one that could
    not be tried is, and says so. `version` is the one the caller saw (StaleError); None replaces whatever is there.
    """
    if tested is not None and tested.code is ProblemCode.MAP_KEY_INVALID:
        raise MapKeyRefusedError.at("/key", MapKeyRefusedError.code, tested.detail)
    if new.daily_budget is not None and new.daily_budget < 1:
        raise InvalidError.at("/daily_budget", "out_of_range", "A daily budget is at least 1.")
    present = _lock(tx, owner)
    if present is not None:
        require_version(present, version)
    elif version is not None:
        raise MapKeyNotFoundError
    kept = keeps_key(present, new)
    check_map_key(provider=new.provider, url=new.url, key=new.key, key_kept=kept)
    now = tx.now()
    values = {
        "provider": new.provider,
        "url": new.url or None,
        "daily_budget": new.daily_budget,
        "status": "ok",
        "last_error": tested and tested.detail,
        "tested_at": None if tested else now,
        "blocked_until": None,
        "failures": 0,
        "opened_until": None,
        "updated_at": now,
        **({} if kept else _encrypted(box, new.key)),
    }
    keyed = {"org_id": tx.org_id, "owner_kind": owner.kind.value, "owner_id": owner.id}
    statement = insert(map_keys).values(**keyed, **values, created_at=now)
    replaced = statement.on_conflict_do_update(
        index_elements=list(keyed), set_={**values, "version": map_keys.c.version + 1}
    )
    stored = map_key_of(tx.conn.execute(replaced.returning(map_keys)).one())
    audit(tx, caller, "map_key.set", subject_kind=owner.kind.value, subject_id=owner.id, provider=new.provider)
    return stored


def delete_map_key(tx: Tx, caller: Caller, owner: KeyOwner, *, version: int | None = None) -> None:
    """Remove the owner's key; the next one in line applies. Raises MapKeyNotFoundError, StaleError."""
    _lock(tx, owner)
    require_version(get_map_key(tx, owner), version)
    tx.conn.execute(delete(map_keys).where(map_keys.c.org_id == tx.org_id, owned_by(owner)))
    audit(tx, caller, "map_key.removed", subject_kind=owner.kind.value, subject_id=owner.id)


class KeyState(TypedDict, total=False):
    """Columns that say what the calls with a key led to."""

    status: str
    last_error: str | None
    tested_at: datetime | ColumnElement[datetime] | None
    failures: int | ColumnElement[int]
    opened_until: datetime | ColumnElement[datetime | None] | None
    blocked_until: datetime | ColumnElement[datetime] | None


def record_test(tx: Tx, owner: KeyOwner, *, version: int, tested: GeocodeProblem | None) -> MapKey:
    """Write what a test of the stored key found; a key that works again is used again. Raises MapKeyNotFoundError.

    One that the provider did not answer is untested from then on, and is used as before.
    """
    now = tx.now()
    values: KeyState = {"last_error": tested.detail if tested else None}
    if tested is None:
        values |= {"tested_at": now, "status": "ok", "failures": 0, "opened_until": None, "blocked_until": None}
    elif tested.code is ProblemCode.MAP_KEY_INVALID:
        values |= {"tested_at": now, "status": "invalid"}
    else:
        values |= {"tested_at": None}
    change_state(tx, owner, version, **values)
    return get_map_key(tx, owner)


def keeps_key(present: MapKey | None, new: NewMapKey) -> bool:
    """Whether `new` goes on with the stored key: then that one, from `open_map_key`, is the one to test."""
    if present is None or present.key_encrypted is None or new.key is not None:
        return False
    return (present.provider, present.url) == (new.provider, new.url or None)


def open_map_key(box: SecretBox, key: MapKey) -> SecretStr | None:
    """The secret of a stored key, to call with. Raises SecretUnreadableError."""
    return box.decrypt(key.key_encrypted) if key.key_encrypted else None


def rotate_map_keys(tx: Tx, box: SecretBox) -> int:
    """Re-encrypt the organization's map keys under the newest secret key; returns how many."""
    rotated = 0
    for key in list_map_keys(tx):
        if key.key_encrypted is not None:
            same = (map_keys.c.org_id == tx.org_id, owned_by(key.owner), map_keys.c.version == key.version)
            statement = update(map_keys).where(*same).values(key_encrypted=box.rotate(key.key_encrypted))
            rotated += tx.conn.execute(statement).rowcount
    return rotated


def change_state(
    tx: Tx, owner: KeyOwner, version: int, *, only_after_failure: bool = False, **values: Unpack[KeyState]
) -> None:
    """Change a key's state, unless it was replaced since `version`."""
    conditions = [map_keys.c.org_id == tx.org_id, owned_by(owner), map_keys.c.version == version]
    if only_after_failure:  # the usual success writes nothing
        conditions.append(map_keys.c.last_error.is_not(None) | (map_keys.c.failures > 0))
    tx.conn.execute(update(map_keys).where(*conditions).values(**values))


def _lock(tx: Tx, owner: KeyOwner) -> MapKey | None:
    statement = select(map_keys).where(map_keys.c.org_id == tx.org_id, owned_by(owner)).with_for_update()
    row = tx.conn.execute(statement).first()
    return map_key_of(row) if row else None


def _encrypted(box: SecretBox, key: SecretStr | None) -> dict[str, object]:
    if key is None or not key.get_secret_value():
        return {"key_encrypted": None, "key_hint": None}
    return {"key_encrypted": box.encrypt(key), "key_hint": key_hint(key)}
