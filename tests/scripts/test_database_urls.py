"""The three roles of one database, from the URL of its owner."""

import sys
from urllib.parse import unquote, urlsplit

import pytest

from tests.scripts.shell import LIBRARY

sys.path.insert(0, str(LIBRARY))

from database_urls import main, owner_url, role_url


@pytest.mark.parametrize(
    ("owner", "app"),
    [
        ("postgresql://o:pw@db.example:5433/fleet", "postgresql://fleet_app:s@db.example:5433/fleet"),
        ("postgresql://o@[::1]/fleet?sslmode=require", "postgresql://fleet_app:s@[::1]/fleet?sslmode=require"),
        ("postgresql://o:p%40w@h/my%20fleet", "postgresql://my%20fleet_app:s@h/my%20fleet"),
        ("postgresql://fleet:pw@h", "postgresql://fleet_app:s@h"),
        ("postgresql:///fleet?host=/run/postgresql", "postgresql://fleet_app:s@/fleet?host=/run/postgresql"),
    ],
)
def test_the_role_is_named_after_the_database_and_the_rest_stays(owner: str, app: str) -> None:
    assert role_url(owner, "app", "s") == app


def test_a_long_name_is_cut_to_what_postgresql_keeps() -> None:
    role = unquote(urlsplit(role_url(f"postgresql://o@h/{'ü' * 40}", "worker", "s")).username or "")
    assert role.endswith("_worker")
    assert len(role.encode()) <= 63


def test_a_driver_is_the_services_own_matter() -> None:
    assert owner_url("postgres://o@h/d") == owner_url("postgresql+psycopg://o@h/d") == "postgresql://o@h/d"


def test_what_is_no_postgresql_url_is_refused_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mysql://o@h/d", "a", "b"]) == 1
    assert "must start with postgresql://" in capsys.readouterr().err
    assert main(["postgresql://h", "a", "b"]) == 1
    assert "names no database" in capsys.readouterr().err
