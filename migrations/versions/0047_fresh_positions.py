"""The index of places knows their times, so that a search leaves out whole pages of phones that fell silent.

Nothing is added or taken away. The index is built while others write. Of a build that was interrupted an index without
use is left; the next run replaces it.
"""

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

_INDEX = "current_positions_geog_idx"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # A build waits for transactions that began before it, and no one waits for the build.
        op.execute("SET lock_timeout = 0; SET statement_timeout = 0")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {_INDEX}_new")
        op.execute(f"CREATE INDEX CONCURRENTLY {_INDEX}_new ON current_positions USING gist (org_id, geog, used_at)")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {_INDEX}")
        op.execute("RESET lock_timeout; RESET statement_timeout")
    op.execute(f"ALTER INDEX {_INDEX}_new RENAME TO {_INDEX}")
