"""Write one row into the database: created, changed, or unchanged where it matches what is stored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypedDict
from uuid import UUID

from pydantic import ValidationError

from geo_assign.access.domain import EVERYTHING, Caller
from geo_assign.core.db import Tx
from geo_assign.core.errors import GeoAssignError
from geo_assign.core.settings import Settings
from geo_assign.dispatch.commands import orders
from geo_assign.importing.comparing import list_differing
from geo_assign.importing.rows import (
    ImportRow,
    RowDiffersError,
    RowError,
    StoreRow,
    TechnicianImportRow,
    WorkOrderRow,
)
from geo_assign.seed import OrganizationLoader
from geo_assign.seed.document import PointEntry, StoreEntry, TechnicianEntry
from geo_assign.workforce.local_time import UnknownTimezoneError, WallTimeDoesNotExistError
from geo_assign.workforce.queries import SluggedKind, find_id_by_slug, find_version_by_slug, get_store
from geo_assign.workforce.store_settings import StoreSettings
from geo_assign.workorders.domain import DuplicateExternalIdError, NewOrder
from geo_assign.workorders.queries import find_id_by_external_id, get_work_order


class RowChange(StrEnum):
    """How a row changed the database."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What a row changed, and the id of its technician, store or work order."""

    change: RowChange
    id: UUID


@dataclass(frozen=True, slots=True)
class Importer:
    """How rows of one kind are read and written; `noun` names them in messages."""

    noun: str
    row: type[ImportRow]
    upsert: Callable[[Tx, Settings, Caller, Any], RowOutcome] = field(repr=False)


def upsert_row(tx: Tx, settings: Settings, caller: Caller, *, importer: Importer, row: ImportRow) -> RowOutcome:
    """Write one row. Raises RowError for each refusal of the library, with the column where it is known."""
    try:
        return importer.upsert(tx, settings, caller, row)
    except GeoAssignError as error:
        problem = error.errors[0] if error.errors else None
        column = _column_of(problem.pointer, row) if problem else _COLUMN_OF_CODE.get(error.code, "")
        raise RowError(column, problem.detail if problem else error.detail) from error


def upsert_technician(tx: Tx, settings: Settings, caller: Caller, row: TechnicianImportRow) -> RowOutcome:
    """Create a technician, or change what differs from the row."""
    _require(tx, "stores", row.store, column="store")
    for group in row.groups:
        _require(tx, "service_groups", group, column="groups")
    if row.provider:
        _require(tx, "service_providers", row.provider, column="provider")
    home, hours = row.home(), row.hours()
    values = {
        "groups": row.groups or None,
        "skills": row.skills or None,
        "provider": row.provider,
        "email": row.email,
        "password": row.password,
        "home": None if home is None else PointEntry(lat=home.lat, lon=home.lon),
        "hours": hours,
    }
    given = {name: value for name, value in values.items() if value is not None}
    entry = TechnicianEntry(slug=row.slug, name=row.name, store=row.store, **given)  # type: ignore[arg-type]
    before = find_version_by_slug(tx, "technicians", row.slug)
    loader = OrganizationLoader(tx, settings, caller=caller, replaces_passwords=True)
    technician_id = loader.technician(entry, email=row.email)
    return RowOutcome(_compared(before, find_version_by_slug(tx, "technicians", row.slug)), technician_id)


class _ChosenSettings(TypedDict, total=False):
    """The settings, where the row gives any."""

    settings: StoreSettings


def upsert_store(tx: Tx, settings: Settings, caller: Caller, row: StoreRow) -> RowOutcome:
    """Create a store, or change what differs from the row; settings without a column stay unchanged."""
    before, given = find_version_by_slug(tx, "stores", row.slug), row.settings()
    known = find_id_by_slug(tx, "stores", row.slug)
    kept: Mapping[str, object] = {}
    if known is not None:
        kept = get_store(tx, caller.scope, known).stored_settings
    try:
        chosen: _ChosenSettings = {"settings": StoreSettings.model_validate({**kept, **given})} if given else {}
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        raise RowError(str(wrong["loc"][0]), f"{wrong['msg']}.") from None
    place = PointEntry(lat=row.lat, lon=row.lon)
    entry = StoreEntry(slug=row.slug, name=row.name, timezone=row.timezone, location=place, **chosen)
    store_id = OrganizationLoader(tx, settings, caller=caller).store(entry)
    return RowOutcome(_compared(before, find_version_by_slug(tx, "stores", row.slug)), store_id)


def upsert_work_order(tx: Tx, _settings: Settings, caller: Caller, row: WorkOrderRow) -> RowOutcome:
    """Create a lead or ticket; an existing one stays unchanged, because dispatchers may have edited it.

    Raises RowDiffersError where the row says something else than the existing one. The address is geocoded and a
    technician sought afterwards, by `locate` or by the worker.
    """
    store_id = _require(tx, "stores", row.store, column="store")
    known = find_id_by_external_id(tx, store_id, row.external_id)
    if known is not None:
        differing = list_differing(tx, row, get_work_order(tx, EVERYTHING, known))
        if differing:
            raise RowDiffersError(differing)
        return RowOutcome(RowChange.UNCHANGED, known)
    new = NewOrder(
        kind=row.kind,
        store_id=store_id,
        customer=row.customer(),
        address=row.address,
        location=row.location(),
        slot_start=row.slot_start,
        slot_end=row.slot_end,
        group_id=_require(tx, "service_groups", row.group, column="group") if row.group else None,
        skills=tuple(row.skills),
        device=row.device(),
        referral_source=row.referral_source,
        priority=row.priority,
        notes=row.notes,
        external_id=row.external_id,
        assignee_id=_require(tx, "technicians", row.assignee, column="assignee") if row.assignee else None,
    )
    order_id, _ = orders.create(tx, caller, new, None)
    return RowOutcome(RowChange.CREATED, order_id)


IMPORTERS: Mapping[str, Importer] = {
    "technicians": Importer("technicians", TechnicianImportRow, upsert_technician),
    "stores": Importer("stores", StoreRow, upsert_store),
    "work-orders": Importer("work orders", WorkOrderRow, upsert_work_order),
}


# Errors without a pointer, because they concern one column only.
_COLUMN_OF_CODE = {
    UnknownTimezoneError.code: "timezone",
    WallTimeDoesNotExistError.code: "slot_start",
    DuplicateExternalIdError.code: "external_id",
}


def _require(tx: Tx, kind: SluggedKind, slug: str, *, column: str) -> UUID:
    found = find_id_by_slug(tx, kind, slug)
    if found is None:
        raise RowError(column, f"There is no {slug!r} among the {kind.replace('_', ' ')}.")
    return found


def _compared(before: int | None, after: int | None) -> RowChange:
    if before is None:
        return RowChange.CREATED
    return RowChange.UNCHANGED if before == after else RowChange.CHANGED


def _column_of(pointer: str, row: ImportRow) -> str:
    """Return the column that a pointer of the library means; empty where there is none."""
    parts = [part.removesuffix("_id") for part in pointer.strip("/").split("/")]
    known = row.columns()
    return next((name for name in ("_".join(parts), *parts) if name in known), "")
