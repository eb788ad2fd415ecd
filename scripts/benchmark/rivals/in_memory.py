"""No service at all: scipy's k-d tree over unit vectors, asked in the process that holds it."""

from collections.abc import Sequence
from statistics import median
from time import perf_counter

import numpy as np
import psycopg
from scipy.spatial import cKDTree

ANSWERED, RADIUS_M, EARTH_M = 5, 50_000.0, 6_371_008.8

_PEOPLE = """
SELECT t.id::text, c.lat, c.lon, EXISTS (
    SELECT FROM bookings b
    WHERE b.org_id = t.org_id AND b.technician_id = t.id AND b.occupied_until > now()
      AND b.occupied_from < now() + interval '1 hour')
FROM technicians t
JOIN current_positions c ON c.org_id = t.org_id AND c.technician_id = t.id
WHERE t.active AND t.on_duty"""

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


class Tree:
    """Technicians on duty; who has work within the next hour is skipped."""

    def __init__(self, owner_url: str) -> None:
        with psycopg.connect(owner_url) as conn:
            rows = conn.execute(_PEOPLE).fetchall()
        self._ids = [row[0] for row in rows]
        self._busy = [row[3] for row in rows]
        self._tree = cKDTree(_vectors(np.array([row[1:3] for row in rows])))

    def nearest(self, lat: float, lon: float) -> list[str]:
        """The five nearest who have no work, of those within 50 km."""
        among = 16
        while True:
            chords, found = self._tree.query(_vectors(np.array([[lat, lon]]))[0], k=min(among, len(self._ids)))
            near = 2 * np.arcsin(np.minimum(chords / 2, 1)) * EARTH_M <= RADIUS_M
            free = [self._ids[one] for one, is_near in zip(found, near, strict=True) if is_near and not self._busy[one]]
            if len(free) >= ANSWERED or not near[-1] or among >= len(self._ids):
                return free[:ANSWERED]
            among *= 4

    def p50_us(self, points: Sequence[tuple[float, float]]) -> float:
        """The median time of a question, in microseconds."""
        taken = []
        for lat, lon in points:
            began = perf_counter()
            self.nearest(lat, lon)
            taken.append(perf_counter() - began)
        return median(taken) * 1e6


def _vectors(places: Floats) -> Floats:
    lat, lon = np.radians(places).T
    return np.column_stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))
