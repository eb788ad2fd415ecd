"""A caller's scope as SQL: what the predicates of visibility are made with.

The predicates are said once (`geo_assign.workforce.visibility`, `geo_assign.workorders.visibility`). A statement that
SQLAlchemy renders at each call gives them the scope itself (`viewer_of`); a statement of the hot path, rendered once,
gives them declared parameters: where all callers but those who see everything ask the same, `viewer_declared` and
`SCOPE`; where what they ask depends on what their scope is made of, `viewer_like` and `ANY_SCOPE`.
"""

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, any_, false, literal
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.access.domain import Scope
from geo_assign.core.db import Tx
from geo_assign.core.rows import AnyColumn
from geo_assign.core.statements import Parameters

_IDS = ARRAY(Uuid())
SCOPE = Parameters(org_id=Uuid(), scope_stores=_IDS, scope_groups=_IDS)
ANY_SCOPE = SCOPE | Parameters(scope_technician=Uuid(), scope_api_key=Uuid())


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: `everything`, or the stores and groups looked after (uuid arrays), or one technician, or an API key.

    None where a caller has none of the kind, so that predicates leave out what cannot be true. `stores_of_groups`:
    where they are known, the stores to which the groups belong.
    """

    org_id: ColumnElement[UUID]
    everything: bool
    store_ids: AnyColumn | None = None
    group_ids: AnyColumn | None = None
    technician_id: ColumnElement[UUID] | None = None
    api_key_id: ColumnElement[UUID] | None = None
    stores_of_groups: AnyColumn | None = None

    def has_store(self, store_id: ColumnElement[UUID]) -> ColumnElement[bool]:
        """Whether it is one of the stores that the caller looks after."""
        return false() if self.store_ids is None else store_id == any_(self.store_ids)

    def has_group(self, group_id: ColumnElement[UUID]) -> ColumnElement[bool]:
        """Whether it is one of the groups that the caller looks after."""
        return false() if self.group_ids is None else group_id == any_(self.group_ids)


def viewer_of(tx: Tx, scope: Scope) -> Viewer:
    """The viewer with this scope, for one statement."""
    return Viewer(
        org_id=literal(tx.org_id, Uuid()),
        everything=scope.everything,
        store_ids=literal(sorted(scope.store_ids), _IDS) if scope.store_ids else None,
        group_ids=literal(sorted(scope.group_ids), _IDS) if scope.group_ids else None,
        technician_id=None if scope.technician_id is None else literal(scope.technician_id, Uuid()),
        api_key_id=None if scope.api_key_id is None else literal(scope.api_key_id, Uuid()),
    )


def viewer_declared(*, everything: bool) -> Viewer:
    """A viewer whose scope travels as the parameters `SCOPE`; technicians ask no such statement."""
    return Viewer(SCOPE.org_id, everything, SCOPE.scope_stores, SCOPE.scope_groups)


def scope_values(tx: Tx, scope: Scope) -> dict[str, object]:
    """The values of `SCOPE`."""
    return {
        "org_id": tx.org_id,
        "scope_stores": sorted(scope.store_ids),
        "scope_groups": sorted(scope.group_ids),
    }


class ScopeKind(NamedTuple):
    """What a scope is made of. Callers who are alike in that ask with the same statement."""

    everything: bool
    stores: bool
    groups: bool
    technician: bool
    api_key: bool


def kind_of(scope: Scope) -> ScopeKind:
    return ScopeKind(
        scope.everything,
        bool(scope.store_ids),
        bool(scope.group_ids),
        scope.technician_id is not None,
        scope.api_key_id is not None,
    )


def viewer_like(kind: ScopeKind) -> Viewer:
    """A viewer with a scope of this kind, which travels as the parameters `ANY_SCOPE`."""
    return Viewer(
        ANY_SCOPE.org_id,
        kind.everything,
        store_ids=ANY_SCOPE.scope_stores if kind.stores else None,
        group_ids=ANY_SCOPE.scope_groups if kind.groups else None,
        technician_id=ANY_SCOPE.scope_technician if kind.technician else None,
        api_key_id=ANY_SCOPE.scope_api_key if kind.api_key else None,
    )


def any_scope_values(tx: Tx, scope: Scope) -> dict[str, object]:
    """The values of `ANY_SCOPE`."""
    own = {"scope_technician": scope.technician_id, "scope_api_key": scope.api_key_id}
    return scope_values(tx, scope) | own
