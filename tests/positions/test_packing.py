"""Columns arrive in the database as they left."""

from datetime import UTC, datetime
from uuid import UUID

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_assign.positions.packing import Booleans, Floats, Instants, Integers, Texts, Uuids, register
from tests.conftest import World
from tests.thoroughness import times

QUIETLY = settings(
    max_examples=times(30, 300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
FLOATS = st.floats(allow_nan=False) | st.none()


@QUIETLY
@given(
    st.lists(
        st.tuples(
            FLOATS,
            st.integers(-(2**31), 2**31 - 1),
            st.booleans(),
            st.uuids(),
            st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.none(),
        ),
        max_size=20,
    )
)
def test_columns_arrive_as_they_left(
    world: World, rows: list[tuple[float | None, int, bool, UUID, str | None]]
) -> None:
    floats, integers, booleans, uuids, texts = map(list, zip(*rows, strict=True)) if rows else ([], [], [], [], [])
    with psycopg.connect(world.app_url) as conn:
        register(conn)
        found = conn.execute(
            "SELECT nullif(f, 'NaN'), i, b, u, t "
            "FROM unnest(%s, %s, %s, %s, %s) WITH ORDINALITY AS x (f, i, b, u, t, n) ORDER BY n",
            [Floats(floats), Integers(integers), Booleans(booleans), Uuids(uuids), Texts(texts)],
        ).fetchall()
    assert found == rows


def test_what_lies_outside_its_range_is_unknown(world: World) -> None:
    with psycopg.connect(world.app_url) as conn:
        register(conn)
        values = Floats([-1.0, 0.0, 0.5, 1.0, 1.1, None], sane=(0.0, 1.0))
        found = conn.execute("SELECT array_agg(nullif(f, 'NaN')) FROM unnest(%s) AS f", [values]).fetchone()
    assert found == ([None, 0.0, 0.5, 1.0, None, None],)


@QUIETLY
@given(st.lists(st.none() | st.datetimes(timezones=st.just(UTC)), max_size=9))
def test_instants_arrive_to_the_microsecond(world: World, instants: list[datetime | None]) -> None:
    with psycopg.connect(world.app_url, options="-c timezone=UTC") as conn:
        register(conn)
        found = conn.execute("SELECT nullif(at, '-infinity') FROM unnest(%s) AS at", [Instants(instants)]).fetchall()
    assert [at for (at,) in found] == instants
