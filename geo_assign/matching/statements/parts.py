"""What the statements of this package share."""

from sqlalchemy import and_, select

from geo_assign.core.rows import AnySelect
from geo_assign.core.statements import Parameters
from geo_assign.matching.history import People, as_of
from geo_assign.matching.places import Walk, is_current, of_group, of_store
from geo_assign.matching.shapes import (
    Shape,
    is_in_scope,
    is_shown_coarsely,
    let_through,
    provider_of,
    subject_of,
    viewer_for,
    workload,
)
from geo_assign.matching.sources import LIVE, Sources


def sources_of(shape: Shape, *, then: bool) -> Sources:
    """The live tables, or with `then` what they held at the question's instant."""
    return as_of(People.OF_SCOPE, viewer_for(shape)) if then else LIVE


def candidate_rows(shape: Shape, asked: Parameters, walk: Walk, *, sources: Sources = LIVE) -> AnySelect:
    """Those of the walk who pass the filters, `fetch` of them, with what an answer tells of each."""
    t, p = sources.technicians.alias(), walk.subquery("p")
    place_known = ("distance_m", "sphere_m", "lat", "lon", "recorded_at", "used_at", "accuracy_m", "provenance")
    one = subject_of(shape, t, p, asked=asked, sources=sources)
    return (
        select(
            p.c.technician_id,
            t.c.name,
            *provider_of(t),
            *(p.c[name] for name in place_known),
            is_shown_coarsely(shape, one).label("coarse"),
            *workload(t, asked, sources=sources),
        )
        .select_from(p.join(t, and_(t.c.org_id == asked.org_id, t.c.id == p.c.technician_id)))
        .where(is_in_scope(shape, t), is_current(t, p), *let_through(shape, one))
        .order_by(p.c.sphere_m)
        .limit(asked.fetch)
    )


def member_ids(shape: Shape, asked: Parameters) -> AnySelect:
    """Ids of the technicians of the question's group, or else its store: FEW at most."""
    return (of_group if shape.by_group else of_store)(asked, LIVE)
