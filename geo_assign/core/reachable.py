"""Which addresses outgoing calls may reach: the open internet, and what the operator allows by name."""

import ipaddress
from dataclasses import dataclass
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

# Prefixes that carry an IPv4 address within: a private one must not hide there.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


@dataclass(frozen=True, slots=True)
class AllowedPlace:
    """Addresses that may be reached although they are private; `port` None means any."""

    network: ipaddress.IPv4Network | ipaddress.IPv6Network
    port: int | None

    def covers(self, address: Address, port: int) -> bool:
        """Whether this entry allows `address`:`port`."""
        return (self.port is None or self.port == port) and address in self.network


def parse_allow(text: str) -> tuple[AllowedPlace, ...]:
    """Read `CIDR:port` entries separated by commas, as in `127.0.0.1/32:8088, fd00::/8:443, 10.0.0.0/8:*`.

    Raises ValueError that names the entry.
    """
    return tuple(_parse_entry(entry.strip()) for entry in text.split(",") if entry.strip())


def _parse_entry(entry: str) -> AllowedPlace:
    cidr, colon, port = entry.rpartition(":")
    try:
        number = None if port == "*" else int(port)
        if not colon or not (number is None or 0 < number < 65_536):
            raise ValueError(port)
        return AllowedPlace(ipaddress.ip_network(cidr.replace("[", "").replace("]", ""), strict=False), number)
    except ValueError:
        raise ValueError(f"GEO_ASSIGN_OUTBOUND_ALLOW: {entry!r} is not CIDR:port") from None


def is_public(address: Address) -> bool:
    """Whether `address` belongs to the open internet: neither private nor loopback, link-local, shared or reserved.

    An IPv6 address that carries an IPv4 address is as public as that one.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64 or address in _COMPATIBLE:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
