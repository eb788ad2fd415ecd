"""A technician's track comes by pages, each read without what came before it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg import ServerCursor
from sqlalchemy import text

from geo_assign.access.domain import EVERYTHING
from geo_assign.privacy import queries
from geo_assign.privacy.queries import export_technician
from geo_assign.workforce.queries import get_technician
from tests.positions.conftest import NOON, Fleet

POINTS, PAGE = 4_000, 300
# Over four days; some devices' clocks go wrong, so that the time used is that of receipt, and some times are alike.
TRACK = text("""
INSERT INTO position_track (org_id, technician_id, lat, lon, recorded_at, device, used_at, received_at)
SELECT :org_id, technician_id, 41.15, -8.61, recorded_at, 'phone' || n % 3, least(recorded_at, received_at), received_at
FROM unnest(CAST(:people AS uuid[])) technician_id, generate_series(1, :points) n,
LATERAL (SELECT :first + n / 4 * interval '86 seconds' AS received_at) r,
LATERAL (SELECT received_at + (n % 7 - 3) * interval '2 minutes' AS recorded_at) d
ON CONFLICT DO NOTHING
""")
READ = text(
    "SELECT coalesce(sum(seq_tup_read), 0) + coalesce(sum(idx_tup_fetch), 0) FROM pg_stat_xact_user_tables "
    "WHERE relname LIKE 'position_track_%'"
)


@pytest.fixture
def ana(fleet: Fleet) -> UUID:
    """A technician with a long track, like another one's."""
    since = NOON - timedelta(days=3)
    ana, bo = (fleet.technician((since, None)) for _ in range(2))
    first = NOON - timedelta(days=2)
    fleet.admin.execute(TRACK, {"org_id": fleet.org_id, "people": [bo, ana], "points": POINTS, "first": first})
    fleet.admin.execute(text("ANALYZE position_track"))
    return ana


def test_a_track_is_exported_whole_newest_first_and_read_once(fleet: Fleet, ana: UUID) -> None:
    kept = sorted(((row.recorded_at, row.device, row.used_at) for row in fleet.track(ana)), reverse=True)
    assert len(kept) > 3_000
    seen = []
    with fleet.begin() as tx:
        technician, cursor = get_technician(tx, EVERYTHING, ana), None
        while True:
            before = tx.conn.execute(READ).scalar_one()
            page = export_technician(tx, technician, limit=PAGE, cursor=cursor).track
            seen += [(point["recorded_at"], point["device"], point["used_at"]) for point in page]
            assert tx.conn.execute(READ).scalar_one() - before <= 2 * PAGE
            cursor = page.next_cursor
            if cursor is None:
                break
    assert seen == kept


@pytest.mark.parametrize(("wanted", "at_once"), [(1_000, 50), (1_000, 999), (7, 50), (4_000, 500)])
def test_few_points_of_a_page_are_held_at_once(
    fleet: Fleet, ana: UUID, monkeypatch: pytest.MonkeyPatch, wanted: int, at_once: int
) -> None:
    """They come by a cursor of the database, which is closed where there are more than were wanted."""
    fetched: list[int] = []
    fetchmany = ServerCursor.fetchmany

    def counted(cursor: "ServerCursor[Any]", size: int = 0) -> list[Any]:
        rows = fetchmany(cursor, size)
        fetched.append(len(rows))
        return rows

    monkeypatch.setattr(ServerCursor, "fetchmany", counted)
    monkeypatch.setattr(queries, "AT_ONCE", at_once)
    with fleet.begin() as tx:
        track = export_technician(tx, get_technician(tx, EVERYTHING, ana), limit=wanted).track
        number = sum(1 for _ in track)
        open_cursors = tx.conn.execute(text("SELECT count(*) FROM pg_cursors")).scalar_one()
    assert max(fetched) <= at_once
    assert sum(fetched) == number + track.truncated
    kept = len(fleet.track(ana))
    assert (number, track.truncated) == (min(wanted, kept), kept > wanted)
    assert open_cursors == 0
