"""Everything that is kept for one organization, as a file: JSON lines of every table in a ZIP.

Read as the application role in one transaction, so row security decides what is in it, and all of it is of one moment.
"""

import base64
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import IO
from uuid import UUID

from sqlalchemy import Column, LargeBinary, Table, select
from sqlalchemy.dialects.postgresql import Range

from geo_assign import __version__
from geo_assign.access.queries import get_organization
from geo_assign.completion.folder import ImageFolder
from geo_assign.core.db import Database, Tx
from geo_assign.core.postgis import Place
from geo_assign.core.rows import AnyColumn
from geo_assign.migrate import current_revision
from geo_assign.schema import metadata

FORMAT = 1
# What the service checks or decrypts, and what would let others in: it is of no use elsewhere.
SECRET_SUFFIXES = ("_hash", "_encrypted", "_secret")
_ROWS_AT_ONCE = 1_000


def is_left_out(column: AnyColumn) -> bool:
    """Whether a column stays behind: secrets, and what is computed from other columns."""
    return column.name.endswith(SECRET_SUFFIXES) or column.computed is not None or isinstance(column.type, Place)


def export_organization(url: str, org_id: UUID, path: Path, *, images: ImageFolder | None = None) -> Mapping[str, int]:
    """Write the file, which only its owner may read; returns the number of rows by table. Raises FileExistsError.

    What breaks off leaves no file of this name.
    """
    if path.exists():
        raise FileExistsError(f"{path} is there already.")
    part = path.with_name(f"{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as raw:
            counts = write_archive(url, org_id, raw, images=images)
        part.rename(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return counts


def write_archive(url: str, org_id: UUID, stream: IO[bytes], *, images: ImageFolder | None = None) -> Mapping[str, int]:
    """Write the ZIP to a stream, which may be a pipe; returns the number of rows by table.

    Images that are kept in a folder are in it as files.
    """
    database = Database(url, pool_size=1, statement_ms=0, one_moment=True)
    try:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            counts = _write(database, org_id, archive)
            for file in images.list_of(org_id) if images is not None else ():
                archive.write(file, f"images/{file.name}")
    finally:
        database.close()
    return counts


def _write(database: Database, org_id: UUID, archive: zipfile.ZipFile) -> dict[str, int]:
    with database.transaction(org_id) as tx:
        counts = {table.name: _write_table(tx, table, archive) for table in metadata.sorted_tables}
        manifest = _manifest(tx, counts)
    archive.writestr("manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False))
    return counts


def _write_table(tx: Tx, table: Table, archive: zipfile.ZipFile) -> int:
    number = 0
    with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as out:
        for row in _rows(tx, table):
            out.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            number += 1
    return number


def _rows(tx: Tx, table: Table) -> Iterator[dict[str, object]]:
    kept = [column for column in table.columns if not is_left_out(column)]
    statement = select(*kept).where(table.c.org_id == tx.org_id).order_by(*table.primary_key.columns)
    for row in tx.conn.execution_options(yield_per=_ROWS_AT_ONCE).execute(statement):
        yield {column.name: _json_of(value) for column, value in zip(kept, row, strict=True)}


def _manifest(tx: Tx, counts: Mapping[str, int]) -> dict[str, object]:
    organization = get_organization(tx)
    return {
        "format": FORMAT,
        "version": __version__,
        "revision": current_revision(tx.conn),
        "exported_at": tx.now().isoformat(),
        "organization": {"id": str(organization.id), "slug": organization.slug, "name": organization.name},
        "tables": {
            table.name: {
                "rows": counts[table.name],
                "columns": {column.name: _kind(column) for column in table.columns if not is_left_out(column)},
                "left_out": [column.name for column in table.columns if is_left_out(column)],
            }
            for table in metadata.sorted_tables
        },
    }


def _kind(column: Column[object]) -> str:
    return "base64" if isinstance(column.type, LargeBinary) else str(column.type).lower()


def _json_of(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {str(name): _json_of(inner) for name, inner in value.items()}
    if isinstance(value, Range):
        return str(value)
    if isinstance(value, list | tuple):
        return [_json_of(one) for one in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
