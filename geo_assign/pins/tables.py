"""Learned pins, and the evidence behind them."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from geo_assign.core.tables import INSTANT, in_values, tenant_table
from geo_assign.pins.domain import ConfirmedBy, EvidenceKind, PinState

# `address_key` is what texts of one address have in common (`pins.addresses`); `address` leaves out units and floors.
learned_pins = tenant_table(
    "learned_pins",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("store_id", UUID(as_uuid=True), nullable=False),
    Column("address_key", LargeBinary, nullable=False),
    Column("address", Text, nullable=False),
    Column("lat", Double, nullable=False),
    Column("lon", Double, nullable=False),
    Column("state", Text, nullable=False),
    Column("visits", Integer, nullable=False),
    Column("against", Integer, nullable=False),
    Column("moved_m", Double),
    Column("confirmed_by", Text),
    Column("decided_by", Text),
    Column("decided_at", INSTANT),
    Column("created_at", INSTANT, nullable=False),
    Column("updated_at", INSTANT, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    ForeignKeyConstraint(["org_id", "store_id"], ["stores.org_id", "stores.id"]),
    CheckConstraint(in_values("state", PinState), name="state"),
    CheckConstraint(in_values("confirmed_by", ConfirmedBy), name="confirmed_by"),
    CheckConstraint("state <> 'confirmed' OR confirmed_by IS NOT NULL", name="confirmed_by_something"),
    CheckConstraint("lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name="on_earth"),
    Index(
        "learned_pins_proposed_key",
        "org_id",
        "store_id",
        "address_key",
        unique=True,
        postgresql_where=text("state = 'proposed'"),
    ),
    Index(
        "learned_pins_confirmed_key",
        "org_id",
        "store_id",
        "address_key",
        unique=True,
        postgresql_where=text("state = 'confirmed'"),
    ),
    Index("learned_pins_address_idx", "org_id", "store_id", "address_key"),
    Index("learned_pins_state_idx", "org_id", "state", "updated_at", "id"),
    worker=("SELECT", "DELETE"),
)

# One row of each kind for a work order: where the technician was who said to be on site, and where a person put its
# pin. `visit_id` is the order, or the lead that it was: one visit speaks once. `spent`: a person has refused what it
# said. The technician is forgotten with the track.
pin_evidence = tenant_table(
    "pin_evidence",
    Column("work_order_id", UUID(as_uuid=True), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("visit_id", UUID(as_uuid=True), nullable=False),
    Column("store_id", UUID(as_uuid=True), nullable=False),
    Column("address_key", LargeBinary, nullable=False),
    Column("technician_id", UUID(as_uuid=True)),
    Column("lat", Double, nullable=False),
    Column("lon", Double, nullable=False),
    Column("accuracy_m", Double),
    Column("geocoded_lat", Double),
    Column("geocoded_lon", Double),
    Column("at", INSTANT, nullable=False),
    Column("spent", Boolean, nullable=False, server_default="false"),
    ForeignKeyConstraint(["org_id", "work_order_id"], ["work_orders.org_id", "work_orders.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["org_id", "store_id"], ["stores.org_id", "stores.id"]),
    ForeignKeyConstraint(["org_id", "technician_id"], ["technicians.org_id", "technicians.id"]),
    CheckConstraint(in_values("kind", EvidenceKind), name="kind"),
    CheckConstraint("lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name="on_earth"),
    CheckConstraint("(geocoded_lat IS NULL) = (geocoded_lon IS NULL)", name="geocoded"),
    Index("pin_evidence_address_idx", "org_id", "store_id", "address_key", text("at DESC")),
    Index("pin_evidence_technician_idx", "org_id", "technician_id", postgresql_where=text("technician_id IS NOT NULL")),
    Index("pin_evidence_at_idx", "at"),
    worker=("SELECT", "UPDATE", "DELETE"),
)
