"""Single sign-on at a provider program that others wrote, in a process of its own."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.access.api import Api
from tests.waiting import wait_until

START_WITHIN_S = 60.0
USERS = {
    "marta": {"email": "desk@acme.example", "email_verified": True, "name": "Marta"},
    "rui": {"email": "desk@acme.example", "email_verified": False},
    "eva": {"email": "eva@elsewhere.example", "email_verified": True},
}


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("provider") / "log"
    port = free_port()
    with log.open("wb") as told:
        command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), "-n", "true"]
        process = subprocess.Popen(command, stdout=told, stderr=told)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: is_up(url) or ended(process, log), "the provider answers", within_s=START_WITHIN_S)
        for subject, claims in USERS.items():
            assert requests.put(f"{url}/users/{subject}", json=claims, timeout=10).status_code == 204
        yield url
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def shop(api: Api, issuer: str) -> Api:
    chosen = {"issuer": issuer, "client_id": "geo-assign", "client_secret": "any", "email_domains": ["acme.example"]}
    stored = api.put("/v1/organization/single-sign-on", by="root", json=chosen)
    assert stored.status_code == 200, stored.get_data(as_text=True)
    return api


def log_in_at_provider(api: Api, subject: str, **form: str) -> str:
    """The address to which the provider sends the browser back."""
    location = api.get("/v1/single-sign-on/acme/start").headers["Location"]
    answer = requests.post(location, data={"sub": subject, **form}, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    back: str = answer.headers["Location"]
    return back[back.index("/v1/") :]


def test_it_lets_a_user_in_and_again(shop: Api) -> None:
    for _ in range(2):
        done = shop.get(log_in_at_provider(shop, "marta"))
        assert (done.status_code, done.headers["Location"]) == (303, "/console/")
        assert shop.get("/v1/me").json["user"]["email"] == "desk@acme.example"


@pytest.mark.parametrize(("subject", "reason"), [("rui", "email_not_verified"), ("eva", "email_domain")])
def test_others_are_refused(shop: Api, subject: str, reason: str) -> None:
    refused = shop.get(log_in_at_provider(shop, subject))
    assert (refused.status_code, refused.json["reason"]) == (403, reason)


def test_its_no_opens_no_session(shop: Api) -> None:
    """It does not send the state back with it, so that the browser cannot be recognised."""
    refused = shop.get(log_in_at_provider(shop, "marta", action="deny"))
    assert (refused.status_code, refused.json["code"]) == (410, "sign_on_expired")
    assert shop.get("/v1/me").status_code == 401


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def is_up(url: str) -> bool:
    try:
        return requests.get(f"{url}/.well-known/openid-configuration", timeout=2).ok
    except requests.RequestException:
        return False


def ended(process: "subprocess.Popen[bytes]", log: Path) -> bool:
    """Raises AssertionError with what it said when the provider is gone."""
    assert process.poll() is None, log.read_text(errors="replace")
    return False
