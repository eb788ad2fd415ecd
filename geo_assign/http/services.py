"""What handlers are given: the composed library, made once per process by `geo_assign.app`."""

from dataclasses import dataclass

from geo_assign.core.db import Database
from geo_assign.core.settings import Settings


@dataclass(frozen=True)
class Services:
    """`database` is the application role's."""

    settings: Settings
    database: Database
