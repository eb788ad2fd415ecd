"""`geo-assign import`, run as people run it, into one organization with a store and an address list."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection, text

from geo_assign.cli import main
from geo_assign.seed import load, read_document
from tests.conftest import SECRET_KEY, World
from tests.forked import Forked, forked

TOWN = "street,housenumber,city,lat,lon\nRua Nova,1,Porto,41.150,-8.610\nRua Nova,9,Porto,41.152,-8.612\n"
SEED: Mapping[str, Any] = {
    "organizations": [
        {
            "slug": "acme",
            "name": "Acme Repairs",
            "stores": [
                {
                    "slug": "centre",
                    "name": "Centre",
                    "timezone": "Europe/Lisbon",
                    "location": {"lat": 41.15, "lon": -8.61},
                    "settings": {"radius_m": 9000},
                    "map_key": {"provider": "gazetteer", "url": "town.csv"},
                }
            ],
            "groups": [{"slug": "phones", "name": "Phones", "store": "centre"}],
        },
        {"slug": "rival", "name": "Rival"},
    ]
}


@dataclass
class Desk:
    """A folder with files, and the command."""

    folder: Path
    environment: Mapping[str, str]
    admin: Connection

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def import_(self, kind: str, file: Path, *options: str, organization: str = "acme") -> Result:
        arguments = ["import", kind, str(file), "--organization", organization, *options]
        return CliRunner(env=dict(self.environment)).invoke(main, arguments)

    def start(self, kind: str, file: Path, *options: str) -> Forked:
        """The command as a process of its own, with what it prints in a log of its own."""
        arguments = ["import", kind, str(file), "--organization", "acme", *options]
        plain = {name: value for name, value in os.environ.items() if not name.startswith("GEO_ASSIGN_")}
        return forked(arguments, plain | self.environment, self.folder / f"import-{token_hex(4)}.log")

    def all(self, statement: str) -> list[Any]:
        return list(self.admin.execute(text(statement)))

    def count(self, table: str) -> int:
        return int(self.admin.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


@pytest.fixture
def desk(world: World, admin: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("GEO_ASSIGN_") and "_TEST_" not in name]:
        monkeypatch.delenv(name)
    (tmp_path / "town.csv").write_text(TOWN)
    settings = {
        "DATABASE_URL": world.app_url,
        "SECRET_KEYS": SECRET_KEY,
        "ALLOW_UNSAFE_DATABASE": "true",
        "GAZETTEER_DIR": str(tmp_path),
    }
    database = world.database()
    load(database, world.settings(gazetteer_dir=tmp_path), read_document(json.dumps(SEED)))
    database.close()
    return Desk(tmp_path, {f"GEO_ASSIGN_{name}": value for name, value in settings.items()}, admin)
