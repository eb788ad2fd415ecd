"""A browser's cookie alone changes nothing: what it cannot be made to send is the CSRF token."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from cryptography.fernet import Fernet
from flask.testing import FlaskClient

from geo_assign.access.domain import Role
from geo_assign.core.errors import UnavailableError
from geo_assign.core.settings import Settings
from geo_assign.http.csrf import (
    COOKIE,
    cleared_cookie,
    csrf_token,
    find_session_cookie,
    require_csrf_token,
    session_cookie,
)
from geo_assign.http.errors import CsrfTokenError
from geo_assign.http.operations import ALL_ROLES, Call, Reply, Routes
from tests.conftest import SECRET_KEY, World
from tests.http.conftest import MakeClient, People, bearer

routes = Routes("Examples")
SESSION = UUID("01a20193-b55f-7463-b93c-f067572ecca5")


@routes.get("/v1/notes", access=ALL_ROLES)
def read_note(call: Call[None, None]) -> Reply:
    """Read."""
    return Reply({})


@routes.delete("/v1/notes", access=ALL_ROLES, status=204)
def delete_note(call: Call[None, None]) -> Reply:
    """Change."""
    return Reply()


@pytest.fixture
def client(make_client: MakeClient) -> FlaskClient:
    return make_client(routes.operations)


def test_reading_needs_the_cookie_and_changing_its_token_too(client: FlaskClient, people: People, world: World) -> None:
    token, session_id = people.open_session(Role.DISPATCHER)
    client.set_cookie(COOKIE, token)
    assert client.get("/v1/notes").status_code == 200
    right = csrf_token(world.settings(), session_id)
    for wrong in ("", "x", right[:-1] + ("0" if right[-1] != "0" else "1"), csrf_token(world.settings(), SESSION)):
        answer = client.delete("/v1/notes", headers={"X-CSRF-Token": wrong})
        assert (answer.status_code, answer.json["code"]) == (403, "csrf_token_wrong")
    assert client.delete("/v1/notes").status_code == 403
    assert client.delete("/v1/notes", headers={"X-CSRF-Token": right}).status_code == 204


def test_a_bearer_needs_no_csrf_token_even_beside_a_cookie(client: FlaskClient, people: People) -> None:
    client.set_cookie(COOKIE, people.session())
    assert client.delete("/v1/notes", headers=bearer(people.session())).status_code == 204


def test_a_rotated_key_still_counts_and_a_dropped_one_does_not() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    given = csrf_token(_settings(old), SESSION)
    require_csrf_token(_settings(f"{new},{old}"), SESSION, given)
    with pytest.raises(CsrfTokenError):
        require_csrf_token(_settings(new), SESSION, given)
    assert csrf_token(_settings(f"{new},{old}"), SESSION) == csrf_token(_settings(new), SESSION)


def test_without_a_secret_key_no_cookie_is_worth_anything() -> None:
    with pytest.raises(UnavailableError):
        csrf_token(_settings(""), SESSION)
    with pytest.raises(CsrfTokenError):
        require_csrf_token(_settings(""), SESSION, "")


def test_the_cookie_is_for_this_site_and_no_script() -> None:
    at = datetime(2026, 5, 21, 14, 5, tzinfo=UTC)
    plain = session_cookie(_settings(SECRET_KEY), "gas_x_y", at)
    assert plain == (
        "geo_assign_session=gas_x_y; Path=/; Expires=Thu, 21 May 2026 14:05:00 GMT; HttpOnly; SameSite=Strict"
    )
    assert session_cookie(_settings(SECRET_KEY, cookie_secure=True), "t", at).endswith("; Secure")
    assert "Max-Age=0" in cleared_cookie(_settings(SECRET_KEY))


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (None, None),
        ("", None),
        ("other=1", None),
        ("other=1; geo_assign_session=gas_a_b", "gas_a_b"),
        ("geo_assign_session=", None),
        ("geo_assign_session", None),
        ("x=geo_assign_session; =;;;", None),
    ],
)
def test_the_cookie_is_found_among_others(header: str | None, found: str | None) -> None:
    assert find_session_cookie(header) == found


def _settings(keys: str, **more: object) -> Settings:
    return Settings(_env_file=None, secret_keys=keys, **more)  # type: ignore[arg-type, call-arg]
