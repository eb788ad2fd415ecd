"""An ordinary Flask application: models of SQLAlchemy, a session per request, PostGIS through GeoAlchemy2.

`make_app` sorts everyone within the radius by distance, as tutorials do; `make_knn_app` takes those who come first in
the spatial index and judges them, as an engineer does who knows `<->`.
"""

import hashlib
import os
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Flask, Response, jsonify, request
from geoalchemy2 import Geography
from sqlalchemy import ColumnElement, Row, Select, cast, create_engine, exists, func, select
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column

ANSWERED, RADIUS_M, WINDOW = 5, 50_000, 256


class Base(DeclarativeBase):
    """The models' base."""


class ApiKey(Base):
    """A caller's key."""

    __tablename__ = "api_keys"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID]
    token_hash: Mapped[bytes] = mapped_column(BYTEA)
    revoked_at: Mapped[datetime | None]


class Technician(Base):
    """A technician."""

    __tablename__ = "technicians"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID]
    name: Mapped[str]
    active: Mapped[bool]
    on_duty: Mapped[bool]


class Position(Base):
    """Where a technician was last."""

    __tablename__ = "current_positions"
    technician_id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID]
    geog: Mapped[Any] = mapped_column(Geography("POINT", srid=4326))
    used_at: Mapped[datetime]
    heard_at: Mapped[datetime]


class Booking(Base):
    """Work that holds a technician's time."""

    __tablename__ = "bookings"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID]
    technician_id: Mapped[UUID]
    state: Mapped[str]
    occupied_from: Mapped[datetime]
    occupied_until: Mapped[datetime]


Ask = Callable[[UUID, ColumnElement[Any]], Select[Any]]


def make_app() -> Flask:
    """Everyone within the radius, sorted by distance."""
    return _app(_within_radius)


def make_knn_app() -> Flask:
    """The first of the index, judged."""
    return _app(_first_of_index)


def _app(ask: Ask) -> Flask:
    app = Flask("rival")
    engine = create_engine(os.environ["RIVAL_DATABASE_URL"], pool_size=10)

    @app.post("/nearest")
    def nearest() -> Response | tuple[Response, int]:
        asked = request.get_json()
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        with Session(engine) as session:
            key = session.scalar(
                select(ApiKey).where(ApiKey.token_hash == _digest(token), ApiKey.revoked_at.is_(None)),
            )
            if key is None:
                return jsonify(error="unauthenticated"), 401
            point = cast(func.ST_SetSRID(func.ST_MakePoint(asked["lon"], asked["lat"]), 4326), Geography)
            found = session.execute(ask(key.org_id, point)).all()
        return jsonify(candidates=[_told(row) for row in found])

    return app


def _told(row: Row[Any]) -> dict[str, Any]:
    return {"technician_id": str(row.Technician.id), "name": row.Technician.name, "distance_m": row.distance_m}


def _within_radius(org_id: UUID, point: ColumnElement[Any]) -> Select[Any]:
    distance = func.ST_Distance(Position.geog, point).label("distance_m")
    return (
        select(Technician, distance)
        .join(Position, (Position.org_id == Technician.org_id) & (Position.technician_id == Technician.id))
        .where(Position.org_id == org_id, func.ST_DWithin(Position.geog, point, RADIUS_M), *_can_go(Position))
        .order_by(distance)
        .limit(ANSWERED)
    )


def _first_of_index(org_id: UUID, point: ColumnElement[Any]) -> Select[Any]:
    first = select(Position).where(Position.org_id == org_id).order_by(Position.geog.op("<->")(point)).limit(WINDOW)
    near = aliased(Position, first.subquery())
    distance = func.ST_Distance(near.geog, point).label("distance_m")
    return (
        select(Technician, distance)
        .join(near, (near.org_id == Technician.org_id) & (near.technician_id == Technician.id))
        .where(near.org_id == org_id, func.ST_Distance(near.geog, point) <= RADIUS_M, *_can_go(near))
        .order_by(distance)
        .limit(ANSWERED)
    )


def _can_go(position: type[Position]) -> tuple[ColumnElement[bool], ...]:
    minutes = func.make_interval
    return (
        Technician.active,
        Technician.on_duty,
        position.heard_at > func.now() - minutes(0, 0, 0, 0, 0, 15),
        position.used_at >= func.now() - minutes(0, 0, 0, 0, 1),
        ~exists().where(
            Booking.technician_id == Technician.id,
            Booking.org_id == Technician.org_id,
            Booking.state.in_(("offered", "assigned")),
            Booking.occupied_until > func.now(),
            Booking.occupied_from < func.now() + minutes(0, 0, 0, 0, 1),
        ),
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
