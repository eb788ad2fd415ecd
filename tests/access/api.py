"""The API in-process, over an organization that a seed file describes."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from geo_assign.app import EXTENSION, create_app
from geo_assign.seed import load, read_document
from tests.conftest import World
from tests.snapshots import written_once

SEED: dict[str, Any] = {
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
                    "settings": {"lead_time_tat_minutes": 2.5},
                },
                {
                    "slug": "north",
                    "name": "North",
                    "timezone": "Europe/Lisbon",
                    "location": {"lat": 41.25, "lon": -8.61},
                },
            ],
            "groups": [
                {"slug": "phones", "name": "Phones", "store": "centre"},
                {"slug": "ovens", "name": "Ovens", "store": "north"},
            ],
            "providers": [{"slug": "fixers", "name": "Fixers", "groups": ["phones"]}],
            "technicians": [
                {
                    "slug": "ana",
                    "name": "Ana",
                    "store": "centre",
                    "groups": ["phones"],
                    "skills": ["screen"],
                    "home": {"lat": 41.1, "lon": -8.6},
                    "email": "ana@acme.example",
                    "password": "ana-password",
                    "on_duty": True,
                },
                {"slug": "bo", "name": "Bo", "store": "north", "groups": ["ovens"]},
            ],
            "users": [
                {
                    "email": "root@acme.example",
                    "name": "Root",
                    "password": "root-password",
                    "role": "administrator",
                },
                {
                    "email": "centre@acme.example",
                    "name": "Centre's",
                    "password": "centre-password",
                    "role": "store_administrator",
                    "stores": ["centre"],
                },
                {
                    "email": "desk@acme.example",
                    "name": "Desk",
                    "password": "desk-password",
                    "role": "dispatcher",
                    "groups": ["phones"],
                    "permissions": ["reallocate"],
                },
            ],
            "api_keys": [{"name": "shop", "scopes": ["read", "leads:write"], "stores": ["centre"]}],
        }
    ]
}


@dataclass(frozen=True)
class Api:
    """A client with the token of every user: `api.get("/v1/me", by="desk@acme.example")`."""

    client: FlaskClient
    tree: Mapping[str, Any]

    @property
    def organization(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.tree["organizations"][0]
        return found

    def entry(self, kind: str, name: str) -> dict[str, Any]:
        """The seeded entry of this slug, e-mail address or name."""
        for entry in self.organization[kind]:
            if name in {entry.get("slug"), entry.get("email"), entry.get("name")}:
                return dict(entry)
        raise KeyError(name)

    def id(self, kind: str, name: str) -> str:
        return str(self.entry(kind, name)["id"])

    def token(self, who: str) -> str:
        """`root`, `centre`, `desk` (users), `ana`, `bo` (technicians), `shop` (API key), or a token itself."""
        if who.startswith(("gas_", "gak_", "gpk_", "gat_")):
            return who
        if who == "shop":
            return str(self.entry("api_keys", who)["key"])
        kind, name = ("technicians", who) if who in {"ana", "bo"} else ("users", f"{who}@acme.example")
        return str(self.entry(kind, name)["token"])

    def call(
        self, method: str, path: str, *, by: str | None = None, version: int | None = None, **more: Any
    ) -> TestResponse:
        headers = dict(more.pop("headers", {}))
        if by is not None:
            headers["Authorization"] = f"Bearer {self.token(by)}"
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return self.client.open(path, method=method, headers=headers, **more)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.call("GET", path, **more)

    def post(self, path: str, **more: Any) -> TestResponse:
        return self.call("POST", path, **more)

    def put(self, path: str, **more: Any) -> TestResponse:
        return self.call("PUT", path, **more)

    def patch(self, path: str, **more: Any) -> TestResponse:
        return self.call("PATCH", path, **more)

    def delete(self, path: str, **more: Any) -> TestResponse:
        return self.call("DELETE", path, **more)


@contextmanager
def seeded_api(world: World, **chosen: Any) -> Iterator[Api]:
    """The whole API over the seeded organization, with the settings that are `chosen`."""
    tree = seeded(world)
    app = create_app(world.settings(**chosen))
    try:
        yield Api(app.test_client(), tree)
    finally:
        app.extensions[EXTENSION].close()


@written_once
def seeded(world: World) -> dict[str, Any]:
    """Load `SEED` into an empty database; its tree with ids, tokens and keys."""
    database = world.database()
    try:
        return dict(load(database, world.settings(), read_document(json.dumps(SEED))))
    finally:
        database.close()
