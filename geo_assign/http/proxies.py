"""Who called, when proxies stand in between."""

import ipaddress
import re
from collections.abc import Mapping, Sequence

from geo_assign.core.settings import Settings

_HOST = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?", re.ASCII)
Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]


def client_address(peer: str, forwarded_for: str | None, trusted: Networks) -> str:
    """The address that the request came from: `peer`, or what trusted proxies say of who called them.

    `forwarded_for` is the X-Forwarded-For header, to which each proxy appends whom it heard from. It is read from the
    end for as long as the speaker is trusted: any client may have written what stands in front of that.
    """
    address = peer
    hops = [hop.strip() for hop in (forwarded_for or "").split(",") if hop.strip()]
    while hops and _is_trusted(address, trusted):
        address = hops.pop()
    return address


def client_address_in(environ: Mapping[str, object], trusted: Networks) -> str:
    """The same, of a request's environment."""
    forwarded_for = environ.get("HTTP_X_FORWARDED_FOR")
    told = None if forwarded_for is None else str(forwarded_for)
    return client_address(str(environ.get("REMOTE_ADDR") or ""), told, trusted)


def service_url(
    settings: Settings, *, peer: str, host: str, forwarded_host: str | None = None, forwarded_proto: str | None = None
) -> str:
    """Where phones reach the service, without a slash at the end.

    `GEO_ASSIGN_PUBLIC_URL`, else the host that the request names; a trusted proxy says which scheme and host it was
    asked for.
    """
    if settings.public_url:
        return settings.public_url.rstrip("/")
    scheme = "https" if settings.cookie_secure else "http"
    if _is_trusted(peer, settings.trusted_networks):
        host = _last_hop(forwarded_host) or host
        told = (_last_hop(forwarded_proto) or scheme).lower()
        scheme = told if told in {"http", "https"} else scheme
    return f"{scheme}://{host}" if _HOST.fullmatch(host) else settings.console_url


def _last_hop(header: str | None) -> str:
    """What the nearest proxy says, which appends to what others said before."""
    return (header or "").rpartition(",")[2].strip()


def _is_trusted(address: str, trusted: Networks) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)
