"""PostGIS vocabulary: the columns and expressions that geography needs, said once."""

from geoalchemy2 import Geography
from sqlalchemy import CheckConstraint, Column, Computed, Double
from sqlalchemy.schema import SchemaItem


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
            Geography("POINT", srid=4326, spatial_index=False),
            Computed(f"(ST_SetSRID(ST_MakePoint({lon}, {lat}), 4326))::geography", persisted=True),
        ),
        CheckConstraint(f"{lat} BETWEEN -90 AND 90 AND {lon} BETWEEN -180 AND 180", name=f"{prefix}on_earth"),
        CheckConstraint(f"({lat} IS NULL) = ({lon} IS NULL)", name=f"{prefix}whole_point"),
    ]
