"""The tables that a ranking reads, as an argument of its statements.

A statement names `sources.bookings`, never the table: made with `LIVE` it judges the present, made with the sources of
`geo_assign.matching.history` it judges a past instant by the very same conditions.
"""

from dataclasses import dataclass

from sqlalchemy import FromClause

from geo_assign.positions.tables import current_positions
from geo_assign.workforce.tables import technicians
from geo_assign.workorders.tables import bookings, offers


@dataclass(frozen=True, slots=True)
class Sources:
    """Relations with the columns of the tables of the same names."""

    technicians: FromClause
    bookings: FromClause
    offers: FromClause
    current_positions: FromClause


LIVE = Sources(technicians, bookings, offers, current_positions)
