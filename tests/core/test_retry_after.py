"""How long an answer asks to be left alone."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from geo_assign.core.retry_after import LONGEST_S, retry_after_s

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 1.0),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "999999999"}, LONGEST_S),
        ({"retry-after": format_datetime(NOW - timedelta(hours=1), usegmt=True)}, 1.0),
        ({"retry-after": format_datetime(NOW + timedelta(days=99), usegmt=True)}, LONGEST_S),
        (
            {
                "retry-after": format_datetime(NOW + timedelta(hours=1), usegmt=True),
                "date": format_datetime(NOW + timedelta(minutes=59), usegmt=True),
            },
            60.0,
        ),
    ],
)
def test_retry_after_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, asked_at=NOW) == seconds
