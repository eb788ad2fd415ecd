"""Numbers, truth values and times of cells: what is clear is read, what may mean two things is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.importing.cells import (
    UnclearCellError,
    is_date_alone,
    read_decimal,
    read_number,
    read_numbers,
    read_truth,
)

CLEAR = {
    "5000": "5000",
    "-12": "-12",
    "\N{MINUS SIGN}12": "-12",
    "+7": "7",
    "5.5": "5.5",
    "5,5": "5.5",
    "12,25": "12.25",
    "0.500": "0.500",
    "0,125": "0.125",
    "12.3456": "12.3456",
    "1234.567": "1234.567",
    "1234,567": "1234.567",
    "1.234.567": "1234567",
    "1,234,567": "1234567",
    "1.234,5": "1234.5",
    "1,234.50": "1234.50",
    "1.234.567,8": "1234567.8",
    "5 000": "5000",
    "5\u00a0000": "5000",
    "5\u202f000,5": "5000.5",
    "12'000": "12000",
    "12’000.25": "12000.25",
    "1E+05": "1E+05",
    "1,5E+03": "1.5E+03",
}


@pytest.mark.parametrize(("cell", "number"), CLEAR.items())
def test_a_number_is_read_as_it_was_meant(cell: str, number: str) -> None:
    assert read_number(cell) == number


@pytest.mark.parametrize("cell", ["5.000", "5,000", "12.500", "12,500", "999.999", "-1.500", "+1,000", "100.000"])
def test_a_mark_for_thousands_or_decimals_is_not_guessed(cell: str) -> None:
    with pytest.raises(UnclearCellError, match="may mean"):
        read_number(cell)


def test_both_meanings_are_told() -> None:
    with pytest.raises(UnclearCellError, match=r"'5\.000' may mean 5000 or 5\.0"):
        read_number("5.000")
    with pytest.raises(UnclearCellError, match=r"'1,250' may mean 1250 or 1\.25"):
        read_number("1,250")


@pytest.mark.parametrize("cell", ["", "north", "1.2.3", "1,23,456", "1.234.56", "12:30", "5 km", "1 23", "--5", "٥"])
def test_what_is_no_number_stays_as_it_is(cell: str) -> None:
    assert read_number(cell) == cell


@given(st.decimals(-1_000_000, 1_000_000, places=2, allow_nan=False), st.sampled_from([",", "."]))
def test_two_decimals_are_read_with_either_mark(number: Decimal, mark: str) -> None:
    assert Decimal(read_number(f"{number:f}".replace(".", mark))) == number


@given(st.decimals(-180, 180, places=3, allow_nan=False), st.sampled_from([",", "."]))
def test_degrees_have_no_thousands(number: Decimal, mark: str) -> None:
    assert Decimal(read_decimal(f"{number:f}".replace(".", mark))) == number


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("[5000, 15000]", ["5000", "15000"]),
        ("[500,900]", ["500", "900"]),
        ("5000 15000", ["5000", "15000"]),
        ("5000; 15000;40000", ["5000", "15000", "40000"]),
        ("5000, 15000", ["5000", "15000"]),
    ],
)
def test_a_list_of_numbers(cell: str, numbers: list[str]) -> None:
    assert read_numbers(cell) == numbers


@pytest.mark.parametrize("cell", ["[5.000, 15.000]", "5.000 15.000", "5,000; 15,000", "5000 15.000"])
def test_a_list_with_a_number_that_may_mean_two_things(cell: str) -> None:
    with pytest.raises(UnclearCellError, match="may mean"):
        read_numbers(cell)


TRUE = """
    TRUE true True WAHR Wahr VRAI VERDADERO VERDADEIRO VERO WAAR PRAWDA ИСТИНА SANT SANN SAND TOSI IGAZ PRAVDA DOĞRU
    ΑΛΗΘΗΣ ІСТИНА ADEVĂRAT yes Yes ja
    Ja oui sí si sì sim tak да так ano áno igen kyllä evet ναι da 1 on 是 はい 예 כן نعم
"""
FALSE = """
    FALSE false FALSCH FAUX FALSO ONWAAR FAŁSZ ЛОЖЬ FALSKT USANN FALSK EPÄTOSI HAMIS NEPRAVDA YANLIŞ ΨΕΥΔΗΣ FALS
    no No NO nein non não nie нет ні ne nem ei hayır HAYIR όχι nu nej nee nei 0 off 否 いいえ 아니요 לא لا
"""


@pytest.mark.parametrize("cell", TRUE.split())
def test_yes_in_many_languages(cell: str) -> None:
    assert read_truth(cell) is True


@pytest.mark.parametrize("cell", FALSE.split())
def test_no_in_many_languages(cell: str) -> None:
    assert read_truth(cell) is False


@pytest.mark.parametrize("cell", ["y", "n", "j", "s", "o", "t", "f", "x", "2", "-1", "maybe", "TRUEE", "10", "-", "✓"])
def test_a_word_that_may_mean_either_is_refused(cell: str) -> None:
    with pytest.raises(UnclearCellError, match="write true or false"):
        read_truth(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-12-01",
        "2026-1-2",
        "20261201",
        "01.12.2026",
        "1.12.26",
        "12/01/2026",
        "1-12-2026",
        "2026-W49-2",
        "2026-335",
    ],
)
def test_a_date_alone_is_known(cell: str) -> None:
    assert is_date_alone(cell)


@pytest.mark.parametrize("cell", ["2026-12-01 10:00", "2026-12-01T00:00Z", "10:00", "soon", "46357,5"])
def test_a_time_is_no_date_alone(cell: str) -> None:
    assert not is_date_alone(cell)
