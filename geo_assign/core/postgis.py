"""PostGIS vocabulary: the columns, types and expressions that geography needs, said once.

places = select(c.technician_id, c.geog.geodesic_m(point)).order_by(c.geog.sphere_m(point)).limit(5)
"""

from geoalchemy2 import Geography
from sqlalchemy import CheckConstraint, Column, ColumnElement, Computed, Double, cast, func
from sqlalchemy.schema import SchemaItem

from geo_assign.core.rows import AnyColumn

_WGS84 = 4326


class Place(Geography):
    """A point on the ellipsoid, as `geography`. Its columns know distances, in metres."""

    cache_ok = True

    class comparator_factory(Geography.comparator_factory):  # type: ignore[misc]  # noqa: N801 - SQLAlchemy's name
        """What can be asked of a place."""

        def geodesic_m(self, other: AnyColumn) -> ColumnElement[float]:
            """Metres on the ellipsoid, for ranks and limits. No index knows them."""
            return func.ST_Distance(self.expr, other, type_=Double())

        def sphere_m(self, other: AnyColumn) -> ColumnElement[float]:
            """Metres on a sphere, up to 0.6 % off: an index gives rows in their order."""
            metres: ColumnElement[float] = self.expr.op("<->", return_type=Double())(other)
            return metres


_ANY_PLACE = Place(geometry_type=None, srid=-1)


def place(lat: AnyColumn, lon: AnyColumn) -> AnyColumn:
    """The place at a latitude and a longitude in degrees."""
    return cast(func.ST_SetSRID(func.ST_MakePoint(lon, lat), _WGS84), _ANY_PLACE)


def point_columns(prefix: str = "", *, nullable: bool = False) -> list[SchemaItem]:
    """`lat` and `lon` in degrees with their ranges, and `geog`, computed from them.

    PostGIS itself would turn (200, 95) into (-160, 85) and store NaN: the checks refuse both.
    """
    lat, lon, geog = f"{prefix}lat", f"{prefix}lon", f"{prefix}geog"
    return [
        Column(lat, Double, nullable=nullable),
        Column(lon, Double, nullable=nullable),
        Column(
            geog,
            Place("POINT", srid=_WGS84, spatial_index=False),
            Computed(f"(ST_SetSRID(ST_MakePoint({lon}, {lat}), {_WGS84}))::geography", persisted=True),
        ),
        CheckConstraint(f"{lat} BETWEEN -90 AND 90 AND {lon} BETWEEN -180 AND 180", name=f"{prefix}on_earth"),
        CheckConstraint(f"({lat} IS NULL) = ({lon} IS NULL)", name=f"{prefix}whole_point"),
    ]
