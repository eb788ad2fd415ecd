"""Map keys are write-only: encrypted, tested when saved, replaced without a gap, and never shown again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import Connection, text

from geo_assign.access.domain import system_caller
from geo_assign.core.errors import InvalidError, StaleError
from geo_assign.core.outbound import OutboundClient
from geo_assign.core.secrets import SecretBox, SecretKeysMissingError, SecretUnreadableError
from geo_assign.geocoding.commands.map_keys import (
    MapKeyRefusedError,
    NewMapKey,
    delete_map_key,
    keeps_key,
    open_map_key,
    record_test,
    rotate_map_keys,
)
from geo_assign.geocoding.domain import NOT_TESTED, GeocodeProblem, ProblemCode
from geo_assign.geocoding.keys import check_map_key, key_hint
from geo_assign.geocoding.queries import MapKeyNotFoundError, count_requests_today, list_map_keys
from tests.conftest import SECRET_KEY
from tests.geocoding.conftest import KEY, OPENCAGE, Desk
from tests.providers import stub


def test_a_key_is_stored_encrypted_and_never_shown(desk: Desk, admin: Connection) -> None:
    stored = desk.configure(key="abcdefghijklmnopqrstuvwxyz-9876")
    assert (stored.key_hint, stored.status, stored.version) == ("…9876", "ok", 1)
    rows = str(admin.execute(text("SELECT *, convert_from(key_encrypted, 'UTF8') FROM map_keys")).all())
    assert "abcdefgh" not in rows + repr(stored)
    opened = open_map_key(desk.geocoder.box, stored)
    assert opened is not None
    assert opened.get_secret_value() == "abcdefghijklmnopqrstuvwxyz-9876"


def test_saving_again_replaces_and_forgets_the_old_troubles(desk: Desk) -> None:
    desk.configure()
    desk.says(stub.answer("{}", status=429, retry_after="600"))
    desk.ask()
    assert desk.key().blocked_until is not None
    replaced = desk.configure(key="another-key-entirely")
    assert (replaced.version, replaced.blocked_until, replaced.last_error) == (2, None, None)


def test_the_requests_of_the_day_are_counted_by_key(desk: Desk) -> None:
    desk.configure(daily_budget=10)
    desk.ask()
    with desk.database.transaction(desk.org_id) as tx:
        assert count_requests_today(tx, desk.owner, now=tx.now()) == 1
        assert count_requests_today(tx, desk.owner, now=tx.now() + timedelta(days=1)) == 0


def test_two_people_who_edit_notice_each_other(desk: Desk) -> None:
    desk.configure()
    desk.configure(version=1)
    with pytest.raises(StaleError):
        desk.configure(version=1)
    with desk.database.transaction(desk.org_id) as tx, pytest.raises(StaleError):
        delete_map_key(tx, system_caller(desk.org_id), desk.owner, version=1)


def test_a_version_of_nothing_is_not_found(desk: Desk) -> None:
    with pytest.raises(MapKeyNotFoundError):
        desk.configure(version=1)


def test_a_key_the_provider_refused_is_not_stored(desk: Desk) -> None:
    refused = GeocodeProblem(ProblemCode.MAP_KEY_INVALID, "The provider refused the key (401): invalid API key")
    with pytest.raises(MapKeyRefusedError) as raised:
        desk.configure(tested=refused)
    assert (raised.value.code, raised.value.errors[0].pointer) == ("map_key_invalid", "/key")
    assert "invalid API key" in raised.value.detail
    with desk.database.transaction(desk.org_id) as tx:
        assert list_map_keys(tx) == []


def test_a_key_that_could_not_be_tried_is_stored_and_says_so(desk: Desk) -> None:
    stored = desk.configure(tested=NOT_TESTED)
    assert (stored.status, stored.tested_at, stored.last_error) == ("untested", None, "Not tested yet.")
    desk.knows_the_house()
    desk.ask()
    assert (desk.key().status, desk.key().tested_at, desk.key().last_error) == ("ok", desk.clock.now(), None)


def test_a_test_asks_the_provider_and_touches_no_database(desk_at: Callable[..., Desk]) -> None:
    desk = desk_at(OPENCAGE)

    def test() -> GeocodeProblem | None:
        return desk.geocoder.test_map_key(provider="opencage", url=desk.server.url, key=SecretStr(KEY), deadline_s=3.0)

    desk.says(OPENCAGE.found())
    assert test() is None, "an answer without places is an answer"
    desk.says(OPENCAGE.refuses())
    refused = test()
    assert refused is not None
    assert refused.code is ProblemCode.MAP_KEY_INVALID
    desk.says(stub.hang())
    hung = test()
    assert hung is not None
    assert hung.code is ProblemCode.GEOCODER_UNAVAILABLE


UNANSWERED = [
    GeocodeProblem(ProblemCode.GEOCODER_UNAVAILABLE, "The geocoder did not answer within 5.0 s."),
    GeocodeProblem(ProblemCode.GEOCODER_UNAVAILABLE, "The provider answered 502."),
    GeocodeProblem(ProblemCode.GEOCODER_RATE_LIMITED, "The provider's limit is reached (429)."),
]


@pytest.mark.parametrize("problem", UNANSWERED, ids=lambda problem: problem.detail)
def test_what_the_provider_did_not_answer_is_untested_never_ok(desk: Desk, problem: GeocodeProblem) -> None:
    assert desk.configure().status == "ok"
    with desk.database.transaction(desk.org_id) as tx:
        after = record_test(tx, desk.owner, version=1, tested=problem)
    assert (after.status, after.last_error) == ("untested", problem.detail)
    assert desk.configure(tested=problem).status == "untested"


def test_a_place_that_may_not_be_called_and_a_file_that_is_not_there_are_refused(desk: Desk, tmp_path: Path) -> None:
    strict = replace(desk.geocoder, client=OutboundClient(), gazetteers=tmp_path)
    (tmp_path / "broken.csv").write_text("nothing,of,this\n1,2,3\n")
    wrong = [
        ("nominatim", "http://127.0.0.1:8080", "address_refused"),
        ("nominatim", "https://localhost./search", "address_refused"),
        ("nominatim", "http://[::ffff:169.254.169.254]/", "address_refused"),
        ("photon", "http://192.0.0.8/", "address_refused"),
        ("nominatim", "ftp://example.com/", "invalid_url"),
        ("gazetteer", "absent.csv", "file_unreadable"),
        ("gazetteer", "broken.csv", "file_unreadable"),
        ("gazetteer", None, "file_unreadable"),
    ]
    for provider, url, code in wrong:
        with pytest.raises(InvalidError) as raised:
            strict.test_map_key(provider=provider, url=url, key=None, deadline_s=3.0)
        assert [(one.pointer, one.code) for one in raised.value.errors] == [("/url", code)], url


def test_a_name_that_is_unknown_today_is_untested(desk: Desk) -> None:
    found = desk.geocoder.test_map_key(provider="nominatim", url="https://no-such.invalid/", key=None, deadline_s=3.0)
    assert found is not None
    assert found.code is ProblemCode.GEOCODER_UNAVAILABLE


def test_a_later_test_can_revive_a_key(desk: Desk) -> None:
    desk.configure()
    with desk.database.transaction(desk.org_id) as tx:
        bad = GeocodeProblem(ProblemCode.MAP_KEY_INVALID, "no billing")
        assert record_test(tx, desk.owner, version=1, tested=bad).status == "invalid"
    desk.clock.advance(timedelta(minutes=5))
    with desk.database.transaction(desk.org_id) as tx:
        good = record_test(tx, desk.owner, version=1, tested=None)
    assert (good.status, good.last_error, good.tested_at) == ("ok", None, desk.clock.now())


def test_the_budget_changes_without_the_key_but_the_address_of_the_provider_does_not(desk: Desk) -> None:
    desk.configure()
    kept = desk.configure(key=None, daily_budget=7)
    opened = open_map_key(desk.geocoder.box, kept)
    assert opened is not None
    assert (opened.get_secret_value(), kept.daily_budget) == (KEY, 7)
    moved = NewMapKey("nominatim", url="https://elsewhere.example", key=None)
    assert not keeps_key(kept, moved)
    assert desk.configure(key=None, url="https://elsewhere.example").key_encrypted is None


def test_without_a_key_the_next_one_applies(desk: Desk) -> None:
    desk.configure()
    with desk.database.transaction(desk.org_id) as tx:
        delete_map_key(tx, system_caller(desk.org_id), desk.owner)
    result = desk.ask()
    assert result.problem is not None
    assert result.problem.code is ProblemCode.MAP_KEY_MISSING


def test_secret_keys_are_rotated_without_a_gap(desk: Desk) -> None:
    desk.configure()
    fresh = Fernet.generate_key().decode()
    both, new_only = SecretBox([fresh, SECRET_KEY]), SecretBox([fresh])
    with pytest.raises(SecretUnreadableError):
        open_map_key(new_only, desk.key())
    with desk.database.transaction(desk.org_id) as tx:
        assert rotate_map_keys(tx, both) == 1
    opened = open_map_key(new_only, desk.key())
    assert opened is not None
    assert opened.get_secret_value() == KEY


def test_without_secret_keys_nothing_secret_is_stored(desk_at: Callable[..., Desk]) -> None:
    desk = desk_at(secret_keys="")
    with pytest.raises(SecretKeysMissingError):
        desk.configure()
    desk.configure(key="")
    desk.knows_the_house()
    assert desk.ask().best is not None
    assert desk.ask().cached


@pytest.mark.parametrize(
    ("provider", "url", "key", "pointer"),
    [
        ("maps", None, KEY, "/provider"),
        ("google", None, None, "/key"),
        ("google", None, "", "/key"),
        ("google", None, "x" * 1001, "/key"),
        ("google", None, "a\nb", "/key"),
        ("nominatim", "ftp://maps.example", None, "/url"),
        ("nominatim", "maps.example", None, "/url"),
        ("nominatim", "https://me:pw@maps.example", None, "/url"),
        ("nominatim", "https://maps.example/?key=1", None, "/url"),
        ("nominatim", "https://[::1", None, "/url"),
        ("nominatim", "https://" + "x" * 500, None, "/url"),
        ("gazetteer", "../other.csv", None, "/url"),
        ("gazetteer", "passwords.txt", None, "/url"),
    ],
)
def test_what_is_no_map_key_is_said_where(provider: str, url: str | None, *, key: str | None, pointer: str) -> None:
    with pytest.raises(InvalidError) as raised:
        check_map_key(provider=provider, url=url, key=SecretStr(key) if key is not None else None)
    assert [one.pointer for one in raised.value.errors] == [pointer]


def test_a_hint_says_nothing_of_a_short_key() -> None:
    assert key_hint(SecretStr("short")) == "…"
