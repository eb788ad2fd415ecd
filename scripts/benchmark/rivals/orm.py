"""An ordinary Flask application: models of SQLAlchemy, a session per request, PostGIS through GeoAlchemy2.

`make_app` sorts everyone within the radius by distance, as tutorials do; `make_knn_app` walks the spatial index until
five are found, as an engineer does who knows `<->`. Both have tables of their own, as such an application would: a
technician's last place in the same row, primary keys of one column, and the indexes that the questions want.
"""

import hashlib
import os
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from flask import Flask, Response, jsonify, request
from geoalchemy2 import Geography
from sqlalchemy import ColumnElement, ForeignKey, MetaData, Row, Select, cast, create_engine, func, select
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

ANSWERED, RADIUS_M = 5, 50_000
SCHEMA = "rival"


class Base(DeclarativeBase):
    """The models' base."""

    metadata = MetaData(schema=SCHEMA)


class ApiKey(Base):
    """A caller's key."""

    __tablename__ = "api_keys"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID]
    token_hash: Mapped[bytes] = mapped_column(BYTEA, unique=True)


class Technician(Base):
    """A technician, and where the phone was last."""

    __tablename__ = "technicians"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID] = mapped_column(index=True)
    name: Mapped[str]
    active: Mapped[bool]
    on_duty: Mapped[bool]
    location: Mapped[Any] = mapped_column(Geography("POINT", srid=4326))
    located_at: Mapped[datetime]
    heard_at: Mapped[datetime]


class Booking(Base):
    """Work that holds a technician's time."""

    __tablename__ = "bookings"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    technician_id: Mapped[UUID] = mapped_column(ForeignKey(Technician.id), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)


_FILL = (
    f"""INSERT INTO {SCHEMA}.api_keys SELECT id, org_id, token_hash FROM api_keys WHERE revoked_at IS NULL""",
    f"""
INSERT INTO {SCHEMA}.technicians (id, org_id, name, active, on_duty, location, located_at, heard_at)
SELECT t.id, t.org_id, t.name, t.active, t.on_duty, c.geog, c.used_at, c.heard_at
FROM technicians t JOIN current_positions c ON c.org_id = t.org_id AND c.technician_id = t.id""",
    f"""
INSERT INTO {SCHEMA}.bookings (id, technician_id, starts_at, ends_at)
SELECT id, technician_id, occupied_from, occupied_until FROM bookings WHERE state IN ('offered', 'assigned')""",
    *(f"ANALYZE {SCHEMA}.{table}" for table in ("api_keys", "technicians", "bookings")),
)

Ask = Callable[[UUID, ColumnElement[Any]], Select[Any]]


def make_app() -> Flask:
    """Everyone within the radius, sorted by distance."""
    return _app(_within_radius)


def make_knn_app() -> Flask:
    """The first of the index who can go."""
    return _app(_first_of_index)


def fill(owner_url: str) -> None:
    """Make the tables anew, with what the service's own tables hold."""
    with psycopg.connect(owner_url, autocommit=True) as conn:
        conn.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE".encode())
        conn.execute(f"CREATE SCHEMA {SCHEMA}".encode())
        Base.metadata.create_all(create_engine(driver_url(owner_url)))
        for statement in _FILL:
            conn.execute(statement.encode())


def remove(owner_url: str) -> None:
    """Drop the tables."""
    with psycopg.connect(owner_url, autocommit=True) as conn:
        conn.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE".encode())


def driver_url(url: str) -> str:
    """The URL as SQLAlchemy reads it."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _app(ask: Ask) -> Flask:
    app = Flask("rival")
    engine = create_engine(os.environ["RIVAL_DATABASE_URL"], pool_size=10)

    @app.post("/nearest")
    def nearest() -> Response | tuple[Response, int]:
        asked = request.get_json()
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        with Session(engine) as session:
            key = session.scalar(select(ApiKey).where(ApiKey.token_hash == _digest(token)))
            if key is None:
                return jsonify(error="unauthenticated"), 401
            point = cast(func.ST_SetSRID(func.ST_MakePoint(asked["lon"], asked["lat"]), 4326), Geography)
            found = session.execute(ask(key.org_id, point)).all()
        return jsonify(candidates=[_told(row) for row in found if row.distance_m <= RADIUS_M])

    return app


def _told(row: Row[Any]) -> dict[str, Any]:
    return {"technician_id": str(row.Technician.id), "name": row.Technician.name, "distance_m": row.distance_m}


def _within_radius(org_id: UUID, point: ColumnElement[Any]) -> Select[Any]:
    distance = func.ST_Distance(Technician.location, point).label("distance_m")
    return (
        select(Technician, distance)
        .where(func.ST_DWithin(Technician.location, point, RADIUS_M), *_can_go(org_id))
        .order_by(distance)
        .limit(ANSWERED)
    )


def _first_of_index(org_id: UUID, point: ColumnElement[Any]) -> Select[Any]:
    distance = func.ST_Distance(Technician.location, point).label("distance_m")
    return (
        select(Technician, distance)
        .where(*_can_go(org_id))
        .order_by(Technician.location.op("<->")(point))
        .limit(ANSWERED)
    )


def _can_go(org_id: UUID) -> tuple[ColumnElement[bool], ...]:
    hour, quarter = func.make_interval(0, 0, 0, 0, 1), func.make_interval(0, 0, 0, 0, 0, 15)
    busy = select(Booking.technician_id).where(Booking.ends_at > func.now(), Booking.starts_at < func.now() + hour)
    return (
        Technician.org_id == org_id,
        Technician.active,
        Technician.on_duty,
        Technician.heard_at > func.now() - quarter,
        Technician.located_at >= func.now() - hour,
        Technician.id.not_in(busy),
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
