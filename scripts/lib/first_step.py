"""Say how the first organization is created, while there is none."""

import sys
from pathlib import Path

from geo_assign.core.db import Database
from geo_assign.core.settings import Settings
from geo_assign.first_step import COMMAND, find_first_step


def main() -> None:
    database = Database(Settings().database_url.get_secret_value(), pool_size=1)
    step = find_first_step(database)
    database.close()
    if step is not None:
        beside = Path(sys.executable).with_name("geo-assign")
        print(f"  {step.replace(COMMAND, f'{_seen_from_here(beside)} init')}")
        print(f"  (in another terminal, in {Path.cwd()})")


def _seen_from_here(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


main()
