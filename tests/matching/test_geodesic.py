"""Ways between orders are measured as PostGIS measures those that rank."""

import numpy as np
from sqlalchemy import Connection, text

from geo_assign.matching.geodesic import geodesic_m, least_share
from tests.thoroughness import times

_MEASURE = text(
    "SELECT ST_Distance(ST_Point(a_lon, a_lat)::geography, ST_Point(b_lon, b_lat)::geography) AS metres "
    "FROM unnest(cast(:a_lat AS float8[]), cast(:a_lon AS float8[]), cast(:b_lat AS float8[]), "
    "cast(:b_lon AS float8[])) WITH ORDINALITY AS p (a_lat, a_lon, b_lat, b_lon, n) ORDER BY n".replace("::", "\\:\\:")
)

_BOTH_WAYS = text(
    "SELECT a_lat, ST_Distance(a, b) AS metres, a <-> b AS sphere_m "
    "FROM unnest(cast(:a_lat AS float8[]), cast(:a_lon AS float8[]), cast(:b_lat AS float8[]), "
    "cast(:b_lon AS float8[])) AS p (a_lat, a_lon, b_lat, b_lon), "
    "LATERAL (SELECT ST_Point(a_lon, a_lat)::geography AS a, ST_Point(b_lon, b_lat)::geography AS b) AS places".replace(
        "::", "\\:\\:"
    )
)


def test_no_geodesic_is_a_smaller_share_of_the_way_on_the_sphere(admin: Connection) -> None:
    """At every latitude and in every direction, along the meridians at the equator as well; and it is a close bound."""
    chance = np.random.default_rng(6)
    number = times(3_000, 50_000)
    a_lat, a_lon = chance.uniform(-90, 90, number), chance.uniform(-180, 180, number)
    reach = 10 ** chance.uniform(-5, 1.5, number)
    a_lat[:300] = chance.uniform(-1, 1, 300) * reach[:300]
    b_lat = np.clip(a_lat + chance.normal(size=number) * reach, -90, 90)
    b_lon = (a_lon + chance.normal(size=number) * reach + 180) % 360 - 180
    b_lon[::3] = a_lon[::3]
    places = {"a_lat": a_lat, "a_lon": a_lon, "b_lat": b_lat, "b_lon": b_lon}
    told = admin.execute(_BOTH_WAYS, {name: column.tolist() for name, column in places.items()}).all()
    above = [row.metres - least_share(row.a_lat, row.metres) * row.sphere_m for row in told]
    assert min(above) >= -1e-6
    near = [row for row in told if 10 < row.metres < 50_000]
    assert min(row.metres / row.sphere_m / least_share(row.a_lat, row.metres) for row in near) < 1.0001


def test_ways_are_those_of_postgis(admin: Connection) -> None:
    chance = np.random.default_rng(5)
    number = times(2_000, 50_000)
    a_lat, a_lon = chance.uniform(-90, 90, number), chance.uniform(-180, 180, number)
    # From some centimetres to half the world; a few at the poles, on the equator and in the same place.
    reach = 10 ** chance.uniform(-7, 2, number)
    b_lat = np.clip(a_lat + chance.normal(size=number) * reach, -90, 90)
    b_lon = (a_lon + chance.normal(size=number) * reach + 180) % 360 - 180
    a_lat[:10], b_lat[10:20], a_lat[20:30], b_lat[20:25] = 90, -90, 0, 0
    b_lat[30:40], b_lon[30:40] = a_lat[30:40], a_lon[30:40]
    places = {"a_lat": a_lat, "a_lon": a_lon, "b_lat": b_lat, "b_lon": b_lon}
    told = admin.execute(_MEASURE, {name: column.tolist() for name, column in places.items()}).scalars().all()
    ours = geodesic_m(a_lat, a_lon, b_lat, b_lon)
    assert np.abs(np.where(np.isfinite(ours), ours - np.array(told), 0)).max() < 0.001
    assert np.all(np.array(told)[~np.isfinite(ours)] > 19_000_000)
