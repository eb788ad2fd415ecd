"""Behind a trusted proxy the caller is the address that the proxy names; no other sender is believed."""

import ipaddress

import pytest

from geo_assign.core.settings import Settings
from geo_assign.http.proxies import client_address

TRUSTED = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "header", "caller"),
    [
        ("203.0.113.7", None, "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.66, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", " , nonsense", "nonsense"),
        ("", "198.51.100.1", ""),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str, header: str | None, caller: str) -> None:
    assert client_address(peer, header, TRUSTED) == caller


def test_the_setting_is_refused_when_it_names_no_networks() -> None:
    assert Settings(_env_file=None, trusted_proxies="10.0.0.0/8, ::1").trusted_networks == (  # type: ignore[call-arg]
        ipaddress.ip_network("10.0.0.0/8"),
        ipaddress.ip_network("::1"),
    )
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/99"):
        Settings(_env_file=None, trusted_proxies="10.0.0.0/99")  # type: ignore[call-arg]
