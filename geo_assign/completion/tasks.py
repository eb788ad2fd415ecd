"""Background steps of completion: files that no row names are deleted."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice

from sqlalchemy import select, tuple_

from geo_assign.completion.folder import ImageFolder, Stored
from geo_assign.completion.tables import work_order_images
from geo_assign.core.clock import wall_clock
from geo_assign.core.db import Database

# A file is written before its row: younger ones may still wait for it.
_SETTLED_AFTER = timedelta(hours=1)
_BATCH = 1_000


def sweep_orphaned_files(database: Database, folder: ImageFolder) -> int:
    """Delete files of images that were deleted, replaced or erased, as the worker role; returns how many."""
    files = folder.list_written_before(wall_clock() - _SETTLED_AFTER)
    deleted = 0
    while batch := list(islice(files, _BATCH)):
        for orphan in _orphans(database, batch):
            folder.remove(orphan)
            deleted += 1
    return deleted


def _orphans(database: Database, files: Sequence[Stored]) -> Iterator[Stored]:
    i = work_order_images.c
    keys = [(file.org_id, file.image_id) for file in files]
    named = select(i.org_id, i.id, i.sha256).where(tuple_(i.org_id, i.id).in_(keys))
    with database.across_organizations() as conn:
        known = {Stored(row.org_id, row.id, bytes(row.sha256)) for row in conn.execute(named)}
    yield from (file for file in files if file not in known)
