"""A small API over the real database: made-up operations behind the real dispatcher, and people who call them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from geo_assign.access.domain import ApiScope, Permission, Role, TokenKind, new_token
from geo_assign.app import EXTENSION, create_app
from geo_assign.core.ids import new_id
from geo_assign.core.settings import Settings
from geo_assign.http.operations import Operation, Routes
from tests.conftest import World

MakeClient = Callable[..., FlaskClient]


@dataclass(frozen=True)
class People:
    """Puts users, sessions and API keys into one organization."""

    admin: Connection
    org_id: UUID

    def session(self, role: Role = Role.ADMINISTRATOR, *, permissions: Sequence[Permission] = ()) -> str:
        """The token of a new user's session."""
        return self.open_session(role, permissions=permissions)[0]

    def open_session(self, role: Role, *, permissions: Sequence[Permission] = ()) -> tuple[str, UUID]:
        """The token and the id of a new user's session."""
        user_id, session_id = new_id(), new_id()
        token, token_hash = new_token(TokenKind.SESSION, self.org_id)
        self._insert(
            "users (org_id, id, email, name, role, permissions, created_at, updated_at)",
            "VALUES (:org_id, :id, :email, 'Invented Person', :role, :permissions, now(), now())",
            id=user_id,
            email=f"{user_id.hex}@example.com",
            role=role,
            permissions=list(permissions),
        )
        self._insert(
            "sessions (org_id, id, user_id, token_hash, kind, created_at, expires_at)",
            "VALUES (:org_id, :id, :user_id, :token_hash, 'bearer', now(), now() + interval '1 hour')",
            id=session_id,
            user_id=user_id,
            token_hash=token_hash,
        )
        return token, session_id

    def api_key(self, *scopes: ApiScope) -> str:
        """A new API key's text."""
        token, token_hash = new_token(TokenKind.API_KEY, self.org_id)
        self._insert(
            "api_keys (org_id, id, name, token_hash, hint, scopes, created_at)",
            "VALUES (:org_id, :id, :name, :token_hash, '…', :scopes, now())",
            id=(key_id := new_id()),
            name=key_id.hex,
            token_hash=token_hash,
            scopes=list(scopes),
        )
        return token

    def _insert(self, into: str, values: str, **parameters: Any) -> None:
        self.admin.execute(text(f"INSERT INTO {into} {values}"), {"org_id": self.org_id, **parameters})


def bearer(token: str) -> dict[str, str]:
    """The header that carries `token`."""
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def people(admin: Connection, org_id: UUID) -> People:
    return People(admin, org_id)


@pytest.fixture
def make_client(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeClient]:
    """Makes a client of an application that has just the given operations; keyword arguments are settings."""
    made: list[Flask] = []

    def make(operations: Sequence[Operation] | None = None, **settings: Any) -> FlaskClient:
        if operations is not None:
            routes = Routes("Examples")
            routes.operations.extend(operations)
            monkeypatch.setattr("geo_assign.app.FEATURES", (SimpleNamespace(routes=routes),))
        chosen: Settings = world.settings(**settings)
        app = create_app(chosen)
        made.append(app)
        return app.test_client()

    yield make
    for app in made:
        app.extensions[EXTENSION].close()
