"""What a row says otherwise than the work order that it names. Nothing of that is taken over."""

from collections.abc import Callable, Mapping
from datetime import datetime
from math import isclose

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.db import Tx
from geo_assign.importing.rows import WorkOrderRow
from geo_assign.workforce.local_time import as_instant, get_zone
from geo_assign.workforce.queries import find_id_by_slug, get_store
from geo_assign.workorders.domain import Kind, WorkOrder

# About a centimetre: what is left of a place after it was written in decimals.
_DEGREES = 1e-7


def list_differing(tx: Tx, row: WorkOrderRow, order: WorkOrder) -> list[str]:
    """The columns that the row gives and the order has otherwise. Raises WallTimeDoesNotExistError.

    An empty cell says nothing, so it never differs.
    """
    given = row.model_fields_set - set(row.key)
    return [name for name in row.columns() if name in given and not _IS_SAME[name](tx, row, order)]


_Comparison = Callable[[Tx, WorkOrderRow, WorkOrder], bool]


def _is_same_kind(_tx: Tx, row: WorkOrderRow, order: WorkOrder) -> bool:
    # A lead that became a ticket kept what it was imported for.
    return row.kind == order.kind or (row.kind is Kind.LEAD and order.converted_from is not None)


def _is_same_latitude(_tx: Tx, row: WorkOrderRow, order: WorkOrder) -> bool:
    return order.location is not None and _is_near(row.lat, order.location.point.lat)


def _is_same_longitude(_tx: Tx, row: WorkOrderRow, order: WorkOrder) -> bool:
    return order.location is not None and _is_near(row.lon, order.location.point.lon)


def _is_near(given: float | None, known: float) -> bool:
    return given is not None and isclose(given, known, rel_tol=0, abs_tol=_DEGREES)


def _starts_alike(tx: Tx, row: WorkOrderRow, order: WorkOrder) -> bool:
    return _instant(tx, row.slot_start, order) == order.slot_start


def _ends_alike(tx: Tx, row: WorkOrderRow, order: WorkOrder) -> bool:
    return _instant(tx, row.slot_end, order) == order.slot_end


def _instant(tx: Tx, given: datetime | None, order: WorkOrder) -> datetime | None:
    zone = get_zone(get_store(tx, EVERYTHING, order.store_id).timezone)
    return None if given is None else as_instant(given, zone)


def _is_same_group(tx: Tx, row: WorkOrderRow, order: WorkOrder) -> bool:
    return row.group is not None and find_id_by_slug(tx, "service_groups", row.group) == order.group_id


def _is_same_assignee(tx: Tx, row: WorkOrderRow, order: WorkOrder) -> bool:
    named = None if row.assignee is None else find_id_by_slug(tx, "technicians", row.assignee)
    return named is not None and named in (order.technician_id, order.wanted_technician_id)


def _of_customer(column: str, member: str) -> _Comparison:
    return lambda _tx, row, order: getattr(row, column) == order.customer.get(member)


def _of_device(column: str, member: str) -> _Comparison:
    return lambda _tx, row, order: getattr(row, column) == order.device.get(member)


def _of_order(name: str) -> _Comparison:
    return lambda _tx, row, order: getattr(row, name) == getattr(order, name)


_IS_SAME: Mapping[str, _Comparison] = {
    "kind": _is_same_kind,
    "lat": _is_same_latitude,
    "lon": _is_same_longitude,
    "slot_start": _starts_alike,
    "slot_end": _ends_alike,
    "group": _is_same_group,
    "assignee": _is_same_assignee,
    "skills": lambda _tx, row, order: set(row.skills) == set(order.skills),
    **{f"customer_{name}": _of_customer(f"customer_{name}", name) for name in ("name", "phone", "email")},
    **{f"device_{name}": _of_device(f"device_{name}", name) for name in ("type", "brand", "model", "issue")},
    **{name: _of_order(name) for name in ("address", "priority", "referral_source", "notes")},
}
