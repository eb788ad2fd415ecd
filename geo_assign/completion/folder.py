"""Images as files, where an operator wants them outside the database (`GEO_ASSIGN_IMAGE_DIR`).

A file is written before its row and named by id and hash, so that a row never points at half a file or at another
picture. What no row names is deleted by the worker: see `tasks`.
"""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

_NAME = re.compile(r"([0-9a-f-]{36})/([0-9a-f]{32})-([0-9a-f]{64})")
_UNFINISHED = ".image-"


@dataclass(frozen=True, slots=True)
class Stored:
    """Which file: an organization's image with this content."""

    org_id: UUID
    image_id: UUID
    sha256: bytes


@dataclass(frozen=True, slots=True)
class ImageFolder:
    """A folder of images, one folder in it for each organization; shared by all API processes and the worker."""

    path: Path

    def write(self, stored: Stored, content: bytes) -> None:
        """Write a file; it is whole and on disk when this returns. Raises OSError."""
        place = self._place(stored)
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=_UNFINISHED)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(place)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def find(self, stored: Stored) -> bytes | None:
        """The content; None when there is no such file."""
        try:
            return self._place(stored).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, stored: Stored) -> None:
        """Delete a file, if it is there."""
        self._place(stored).unlink(missing_ok=True)

    def list_of(self, org_id: UUID) -> Iterator[Path]:
        """The files of one organization."""
        for file in sorted(self.path.glob(f"{org_id}/*")):
            if not file.name.startswith(_UNFINISHED):
                yield file

    def remove_all_of(self, org_id: UUID) -> None:
        """Delete all files of one organization, if there are any."""
        shutil.rmtree(self.path / str(org_id), ignore_errors=True)

    def list_written_before(self, at: datetime) -> Iterator[Stored]:
        """The files that were written by then; unfinished ones of that age are deleted on the way."""
        for file in self.path.glob("*/*"):
            with contextlib.suppress(FileNotFoundError):
                if datetime.fromtimestamp(file.stat().st_mtime, UTC) > at:
                    continue
                named = _NAME.fullmatch(f"{file.parent.name}/{file.name}")
                if named is not None:
                    yield Stored(UUID(named[1]), UUID(named[2]), bytes.fromhex(named[3]))
                elif file.name.startswith(_UNFINISHED):
                    file.unlink()

    def _place(self, stored: Stored) -> Path:
        return self.path / str(stored.org_id) / f"{stored.image_id.hex}-{stored.sha256.hex()}"
