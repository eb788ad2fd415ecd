"""An organization with an administrator in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from cryptography.fernet import Fernet

from geo_assign.access.commands import LogIn, NewUser, OpenedSession, create_user, log_in
from geo_assign.access.domain import Caller, Role, User, parse_token, system_caller
from geo_assign.access.queries import get_organization, opened_caller, opening_of
from geo_assign.core.db import Database
from geo_assign.core.secrets import SecretBox
from tests.access.api import Api, seeded_api
from tests.conftest import World

PASSWORD = "correct horse battery"
BOX = SecretBox([Fernet.generate_key().decode()])


@dataclass(frozen=True)
class House:
    """Short words for the tests: make users, log them in, ask who holds a token."""

    database: Database
    org_id: UUID
    slug: str

    @property
    def system(self) -> Caller:
        return system_caller(self.org_id)

    def user(self, email: str, role: Role = Role.ADMINISTRATOR, **values: object) -> User:
        new = NewUser(email=email, name=email.partition("@")[0], role=role, password=PASSWORD, **values)  # type: ignore[arg-type]
        with self.database.transaction(self.org_id) as tx:
            return create_user(tx, self.system, new)

    def log_in(self, email: str, password: str = PASSWORD, **values: object) -> OpenedSession:
        attempt = LogIn(organization=self.slug, email=email, password=password, **values)  # type: ignore[arg-type]
        return log_in(self.database, BOX, attempt)

    def caller(self, token: str) -> Caller | None:
        parsed = parse_token(token)
        with self.database.transaction(parsed.org_id, *opening_of(parsed)) as tx:
            return opened_caller(tx, parsed)


@pytest.fixture
def house(database: Database, org_id: UUID) -> House:
    with database.transaction(org_id) as tx:
        return House(database, org_id, get_organization(tx).slug)


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with seeded_api(world) as api:
        yield api
