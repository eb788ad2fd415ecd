"""Behind a trusted proxy the caller is the address that the proxy names; no other sender is believed."""

import ipaddress

import pytest

from geo_assign.core.settings import Settings
from geo_assign.http.proxies import client_address, service_url

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


@pytest.mark.parametrize(
    ("settings", "peer", "forwarded", "url"),
    [
        ({}, "203.0.113.7", (None, None), "http://asked.test:8080"),
        ({"cookie_secure": True}, "203.0.113.7", (None, None), "https://asked.test:8080"),
        ({}, "203.0.113.7", ("evil.test", "https"), "http://asked.test:8080"),
        ({}, "10.0.0.1", ("dispatch.test", "https"), "https://dispatch.test"),
        ({}, "10.0.0.1", ("evil.test, dispatch.test", "gopher"), "http://dispatch.test"),
        ({}, "10.0.0.1", ("a b/<script>", None), "http://127.0.0.1:8080"),
        ({"public_url": "https://shop.test/geo/"}, "10.0.0.1", ("evil.test", "http"), "https://shop.test/geo"),
    ],
)
def test_links_lead_where_phones_reach_the_service(
    settings: dict[str, object], peer: str, forwarded: tuple[str | None, str | None], url: str
) -> None:
    given = Settings(_env_file=None, trusted_proxies="10.0.0.0/8", port=8080, **settings)  # type: ignore[arg-type, call-arg]
    host, proto = forwarded
    assert service_url(given, peer=peer, host="asked.test:8080", forwarded_host=host, forwarded_proto=proto) == url
