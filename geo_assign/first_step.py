"""What an installation without any organization is told, in the same words wherever it is looked at."""

from sqlalchemy.exc import SQLAlchemyError

from geo_assign.access.queries import has_organizations
from geo_assign.core.db import Database

COMMAND = "geo-assign init"
FIRST_STEP = f"There is no organization yet. Create the first one with: {COMMAND}"


class FirstStepFinder:
    """Asked again and again, it asks the database until there is an organization."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_done = False

    def find(self) -> str | None:
        """The words, or None where there is an organization, or where the database does not tell: others say why."""
        if self._is_done:
            return None
        try:
            with self._database.across_organizations() as conn:
                self._is_done = has_organizations(conn)
        except SQLAlchemyError:
            return None
        return None if self._is_done else FIRST_STEP


def find_first_step(database: Database) -> str | None:
    """The words, asked for once."""
    return FirstStepFinder(database).find()
