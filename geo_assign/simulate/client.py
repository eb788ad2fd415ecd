"""A small HTTP client of the running service that returns every failure as a value."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import requests

from geo_assign.core.wire import Json, JsonObject

TIMEOUT_S = (3.05, 10.0)
DEFAULT_RETRY_S = 2.0
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class ServiceReply:
    """An answer of the service. ``body`` is the decoded JSON, or None when there was none."""

    status: int
    body: Json = None
    retry_after_s: float | None = None

    @property
    def is_ok(self) -> bool:
        """Whether the request succeeded."""
        return 200 <= self.status < 300

    @property
    def is_temporary(self) -> bool:
        """Whether the same request may succeed later: no connection (0), rate limited, or a fault of the service."""
        return self.status in {0, 429} or self.status >= 500

    def items(self) -> list[JsonObject]:
        """Return the entries of a list answer, none of anything else."""
        entries = self.body.get("items", []) if isinstance(self.body, dict) else []
        return [entry for entry in entries if isinstance(entry, dict)]


class Service(Protocol):
    """Answers calls: the client below, or a stand-in of the tests."""

    def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        json: object = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> ServiceReply:
        """Send one request and return the answer."""


class ServiceClient:
    """Calls one service over kept connections. Network errors are replies with status 0, never exceptions."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()  # noqa: TID251 - the user names the service, it is usually on this host
        self._session.trust_env = False
        adapter = requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=4)
        self._session.mount(self._url, adapter)

    def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        json: object = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> ServiceReply:
        """Send one request; a connection that fails is a reply with status 0."""
        sent = {**headers, **({"Authorization": f"Bearer {token}"} if token else {})}
        try:
            response = self._session.request(
                method, self._url + path, json=json, headers=sent, timeout=TIMEOUT_S, allow_redirects=False
            )
        except requests.RequestException:
            return ServiceReply(0, retry_after_s=DEFAULT_RETRY_S)
        return ServiceReply(response.status_code, _decoded(response), _retry_after_s(response))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def _decoded(response: requests.Response) -> Json:
    try:
        document: Json = response.json()
    except requests.JSONDecodeError:
        return None
    return document


def _retry_after_s(response: requests.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return min(float(value), 60.0) if value.isdigit() else None
