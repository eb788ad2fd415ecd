"""Where a database lets no one in, the hint fits the reason."""

import pytest

from geo_assign.connection_hints import hint_for

VARIABLE = "GEO_ASSIGN_DATABASE_URL"


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ('connection to server at "127.0.0.1", port 5432 failed: FATAL:  could not write init file', "disk"),
        ('FATAL:  could not write to file "base/pgsql_tmp": No space left on device', "disk"),
        ('FATAL:  could not extend file "base/5/1259": No space left on device', "disk"),
        ("FATAL:  sorry, too many clients already", "max_connections"),
        ("FATAL:  remaining connection slots are reserved for roles with SUPERUSER", "max_connections"),
        ('FATAL:  too many connections for role "geo_assign_app"', "max_connections"),
        ("FATAL:  the database system is starting up", "in a moment"),
        ("FATAL:  the database system is shutting down", "in a moment"),
        ("FATAL:  the database system is not yet accepting connections", "in a moment"),
        ('FATAL:  database "geo_assign" does not exist', "make the database first"),
        ('FATAL:  password authentication failed for user "geo_assign_app"', "geo-assign db upgrade"),
        ('FATAL:  role "geo_assign_app" does not exist', "geo-assign db upgrade"),
        ('FATAL:  role "geo_assign_app" is not permitted to log in', "geo-assign db upgrade"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.7", user "geo_assign_app"', "geo-assign db upgrade"),
        ("fe_sendauth: no password supplied", "geo-assign db upgrade"),
        ('connection to server at "10.0.0.9", port 5432 failed: Connection refused', "must run there"),
        ("failed to resolve host 'db.example': Name or service not known", "must run there"),
        ("connection timeout expired", "must run there"),
        ('connection to server on socket "/run/.s.PGSQL.5432" failed: No such file or directory', "must run there"),
        ("SSL error: certificate verify failed", "own log"),
    ],
)
def test_the_hint_fits_the_reason(refusal: str, said: str) -> None:
    assert said in hint_for(refusal, variable=VARIABLE)


def test_where_the_url_may_be_wrong_its_setting_is_named() -> None:
    assert VARIABLE in hint_for("Connection refused", variable=VARIABLE)
    assert VARIABLE not in hint_for("FATAL:  sorry, too many clients already", variable=VARIABLE)
