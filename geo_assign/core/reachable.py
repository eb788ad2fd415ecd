"""Which addresses outgoing calls may reach: the open internet, and what the operator allows by name."""

import ipaddress
from dataclasses import dataclass
from typing import TypeAlias

from geo_assign.core.errors import UnusableSettingError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

# The special-purpose registries of IANA, RFC 6890 and its updates, and what is multicast or reserved. Listed here and
# not asked of the standard library, whose list is that of the Python release.
_SPECIAL_IPV4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private use
        "100.64.0.0/10",  # shared by carriers
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and the metadata of clouds
        "172.16.0.0/12",  # private use
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # relays from 6to4
        "192.168.0.0/16",  # private use
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_UNICAST_IPV6 = ipaddress.IPv6Network("2000::/3")
# Within the unicast space. Whatever is outside it is special: loopback, local addresses, multicast, 64:ff9b:1::/48,
# 100::/64, 5f00::/16, fc00::/7, fe80::/10.
_SPECIAL_IPV6 = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, benchmarking, ORCHID; Teredo is told before
        "2001:db8::/32",  # documentation
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
# Prefixes that carry an IPv4 address in their last bits: a private one must not hide there.
_CARRYING = tuple(ipaddress.IPv6Network(text) for text in ("64:ff9b::/96", "::/96", "::ffff:0:0:0/96"))


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

    Raises UnusableSettingError that names the entry.
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
        raise UnusableSettingError(f"GEO_ASSIGN_OUTBOUND_ALLOW: {entry!r} is not CIDR:port") from None


def is_public(address: Address) -> bool:
    """Whether `address` belongs to the open internet: in none of the special-purpose ranges.

    An IPv6 address that carries IPv4 addresses is as public as all of them.
    """
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _SPECIAL_IPV4)
    inner = _carried_by(address)
    if inner:
        return all(is_public(one) for one in inner)
    return address in _UNICAST_IPV6 and not any(address in network for network in _SPECIAL_IPV6)


def _carried_by(address: ipaddress.IPv6Address) -> tuple[ipaddress.IPv4Address, ...]:
    """The IPv4 addresses within: that of a translated, mapped or 6to4 address, server and client of a Teredo one."""
    if any(address in network for network in _CARRYING):
        return (ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF),)
    single = address.ipv4_mapped or address.sixtofour
    return (single,) if single else address.teredo or ()
