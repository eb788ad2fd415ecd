"""The table of the challenges that were used for a lead."""

from sqlalchemy import Column, ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.dialects.postgresql import UUID

from geo_assign.core.tables import INSTANT, tenant_table

# One row for each lead of a publishable key: no challenge counts twice, and the leads of 24 hours are counted.
spent_challenges = tenant_table(
    "spent_challenges",
    Column("api_key_id", UUID(as_uuid=True), primary_key=True),
    Column("challenge_hash", LargeBinary, primary_key=True),
    Column("spent_at", INSTANT, nullable=False),
    ForeignKeyConstraint(["org_id", "api_key_id"], ["api_keys.org_id", "api_keys.id"], ondelete="CASCADE"),
    Index("spent_challenges_day_idx", "org_id", "api_key_id", "spent_at"),
    Index("spent_challenges_spent_at_idx", "spent_at"),
    worker=("SELECT", "DELETE"),
)
