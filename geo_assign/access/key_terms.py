"""What an API key is made for: its scopes with their terms, and which of these go together."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from geo_assign.access.domain import ApiScope
from geo_assign.core.errors import InvalidError

USUAL_LEADS_PER_DAY = 200
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]", re.ASCII)


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """`expires_at` None: it holds until it is revoked. `web_origins` and `leads_per_day` are a publishable key's."""

    expires_at: datetime | None = None
    web_origins: tuple[str, ...] = ()
    leads_per_day: int | None = None


NO_TERMS = KeyTerms()


def require_terms(scopes: Collection[str], terms: KeyTerms, *, store_ids: Collection[UUID]) -> None:
    """Raises InvalidError for scopes, stores and terms that do not go together."""
    if ApiScope.WIDGET not in scopes:
        if terms.web_origins:
            raise InvalidError.at("/web_origins", "only_for_widget", "Web origins are for keys with the scope widget.")
        if terms.leads_per_day is not None:
            raise InvalidError.at(
                "/leads_per_day", "only_for_widget", "A limit of leads is for keys with the scope widget."
            )
        return
    if len(set(scopes)) > 1:
        raise InvalidError.at(
            "/scopes", "widget_stands_alone", "A key with the scope widget is public: it carries no other scope."
        )
    if not store_ids:
        raise InvalidError.at("/store_ids", "missing", "Name the stores that a key with the scope widget is for.")
    if not terms.web_origins:
        raise InvalidError.at("/web_origins", "missing", "Name the web sites that a key with the scope widget is for.")


def require_future(expires_at: datetime | None, now: datetime) -> None:
    """Raises InvalidError for an expiry that has passed."""
    if expires_at is not None and expires_at <= now:
        raise InvalidError.at("/expires_at", "in_the_past", "It should lie in the future.")


def normalized_origin(text: str) -> str:
    """A web origin as browsers send it: scheme, host and, where it is not the usual one, port.

    Raises ValueError for anything else, such as an address with a path or a pattern.
    """
    parts = urlsplit(text.strip())
    host = (parts.hostname or "").encode("idna").decode()
    if parts.scheme not in _DEFAULT_PORTS or not host or parts.username is not None or parts.password is not None:
        raise ValueError("not an origin")
    if parts.path not in {"", "/"} or parts.query or parts.fragment or text.rstrip("/").endswith(("?", "#")):
        raise ValueError("more than an origin")
    shown = f"[{host}]" if ":" in host else host
    if not _HOST.fullmatch(shown):
        raise ValueError("not a host")
    port = parts.port
    return f"{parts.scheme}://{shown}" + ("" if port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{port}")


def _written_as_origin(text: str) -> str:
    try:
        return normalized_origin(text)
    except ValueError as error:
        raise PydanticCustomError(
            "bad_format", "Write scheme and host, and a port where there is one, such as https://shop.example"
        ) from error


WebOrigin = Annotated[str, AfterValidator(_written_as_origin)]
"""An origin as of `normalized_origin`."""
