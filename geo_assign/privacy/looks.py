"""Writes looks to the log: thousands a second in a busy process, whose interpreter has searches to answer meanwhile.

What they have in common is told once, the rest as arrays in PostgreSQL's own text, and PostgreSQL counts them: the
driver would take each value by itself, and a row for each look would be made of Python's objects.
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Integer, TableValuedAlias, Text, Uuid, case, cast, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert

from geo_assign.core.db import Tx
from geo_assign.core.rows import AnyColumn, AnyType
from geo_assign.core.statements import NoRow, Parameters, Statement
from geo_assign.core.tables import INSTANT
from geo_assign.privacy.domain import How, Look
from geo_assign.privacy.tables import location_views


def record_looks(tx: Tx, looks: Sequence[Look]) -> None:
    """Add looks to the log, one row per technician, minute, viewer and way of looking, in the order of its key.

    The same look noted by several processes is one row.
    """
    if looks:
        tx.fetch(_LOG, {**_given(looks), "org_id": tx.org_id})


def _given(looks: Sequence[Look]) -> dict[str, object]:
    """A viewer's way of looking is told once, and a look names it by its number; whom a look showed name the look."""
    ways: dict[tuple[UUID, str, str, str], str] = {}
    way_of_look: list[str] = []
    for look in looks:
        way = (look.caller.id, look.caller.kind.value, look.caller.name, look.how.value)
        way_of_look.append(ways.setdefault(way, str(len(ways) + 1)))
    viewer_ids, viewer_kinds, viewer_names, hows = zip(*ways, strict=True)
    return {
        "viewer_ids": list(viewer_ids),
        "viewer_kinds": list(viewer_kinds),
        "viewer_names": list(viewer_names),
        "hows": list(hows),
        "way_of_look": _array(way_of_look),
        "at_of_look": _array(look.at.isoformat() for look in looks),
        "look_of_shown": _array(str(number) for number, look in enumerate(looks, 1) for _ in look.technician_ids),
        "id_of_shown": _array(technician_id.hex for look in looks for technician_id in look.technician_ids),
    }


def _array(texts: Iterable[str]) -> str:
    return f"{{{','.join(texts)}}}"


_TOLD_ONCE: Mapping[str, AnyType] = {"viewer_id": Uuid(), "viewer_kind": Text(), "viewer_name": Text(), "how": Text()}
_OF_LOOK: Mapping[str, AnyType] = {"way": Integer(), "at": INSTANT}
_OF_SHOWN: Mapping[str, AnyType] = {"look": Integer(), "id": Uuid()}


def _logging() -> Insert:
    arrays = {f"{name}s": ARRAY(kind) for name, kind in _TOLD_ONCE.items()}
    texts = [*(f"{name}_of_look" for name in _OF_LOOK), *(f"{name}_of_shown" for name in _OF_SHOWN)]
    given = Parameters(org_id=Uuid(), **arrays, **{name: Text() for name in texts})
    ways = _set_of("ways", _TOLD_ONCE, [getattr(given, f"{name}s") for name in _TOLD_ONCE])
    looks = _set_of("looks", _OF_LOOK, [_read(getattr(given, f"{name}_of_look"), _OF_LOOK[name]) for name in _OF_LOOK])
    shown = _set_of(
        "shown", _OF_SHOWN, [_read(getattr(given, f"{name}_of_shown"), _OF_SHOWN[name]) for name in _OF_SHOWN]
    )
    minute = func.date_trunc("minute", looks.c.at, "UTC")
    key = (shown.c.id, minute, ways.c.viewer_id, ways.c.how)
    values: Mapping[str, AnyColumn] = {
        "org_id": given.org_id,
        "technician_id": shown.c.id,
        "minute": minute,
        "viewer_id": ways.c.viewer_id,
        "how": ways.c.how,
        "viewer_kind": func.max(ways.c.viewer_kind),
        "viewer_name": func.max(ways.c.viewer_name),
        "first_at": func.min(looks.c.at),
        "last_at": func.max(looks.c.at),
        # The stream tells all the time, so it counts once.
        "count": case((ways.c.how == How.LIVE, 1), else_=func.count()),
    }
    rows = (
        select(*values.values())
        .select_from(shown.join(looks, looks.c.number == shown.c.look).join(ways, ways.c.number == looks.c.way))
        .group_by(*key)
        .order_by(*key)
    )
    added = insert(location_views).from_select(list(values), rows)
    old, new = location_views.c, added.excluded
    return added.on_conflict_do_update(
        index_elements=location_views.primary_key,
        set_={
            "first_at": func.least(old.first_at, new.first_at),
            "last_at": func.greatest(old.last_at, new.last_at),
            "count": old["count"] + case((new.how == How.LIVE, 0), else_=new["count"]),
        },
    )


def _read(text: AnyColumn, kind: AnyType) -> AnyColumn:
    return cast(text, ARRAY(kind))


def _set_of(name: str, columns: Mapping[str, AnyType], arrays: Sequence[AnyColumn]) -> TableValuedAlias:
    """Arrays of one length as a set with these columns, and `number`, from 1."""
    named = [column(key, kind) for key, kind in columns.items()]
    return func.unnest(*arrays).table_valued(*named, with_ordinality="number").render_derived(name=name)


_LOG = Statement.of(NoRow, _logging())
