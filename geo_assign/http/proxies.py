"""Who called, when proxies stand in between."""

import ipaddress
from collections.abc import Sequence

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


def _is_trusted(address: str, trusted: Networks) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)
