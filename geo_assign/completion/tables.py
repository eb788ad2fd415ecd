"""The images of work orders."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import UUID

from geo_assign.completion.domain import ImageKind
from geo_assign.core.tables import INSTANT, in_values, tenant_table

# `content` is null where the installation keeps images in a folder: the file is named by id and hash.
work_order_images = tenant_table(
    "work_order_images",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("work_order_id", UUID(as_uuid=True), nullable=False),
    Column("kind", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("width_px", Integer, nullable=False),
    Column("height_px", Integer, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("content", LargeBinary),
    Column("technician_id", UUID(as_uuid=True), nullable=False),
    Column("created_at", INSTANT, nullable=False),
    ForeignKeyConstraint(["org_id", "work_order_id"], ["work_orders.org_id", "work_orders.id"]),
    ForeignKeyConstraint(["org_id", "technician_id"], ["technicians.org_id", "technicians.id"]),
    CheckConstraint(in_values("kind", ImageKind), name="kind"),
    CheckConstraint("width_px > 0 AND height_px > 0 AND size_bytes > 0", name="has_a_size"),
    Index("work_order_images_order_idx", "org_id", "work_order_id"),
    Index("work_order_images_technician_idx", "org_id", "technician_id"),
    Index(
        "work_order_images_signature_key",
        "org_id",
        "work_order_id",
        unique=True,
        postgresql_where=text(f"kind = '{ImageKind.SIGNATURE}'"),
    ),
    worker=("SELECT",),
)
