"""Which texts are one address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.pins.addresses import fold_address


def key(text: str, country: str | None) -> bytes:
    folded = fold_address(text, country=country)
    assert folded is not None, text
    return folded.key


@pytest.mark.parametrize(
    ("country", "texts"),
    [
        ("PT", ["Rua das Flores 12, Porto", "rua das  flores 12 porto", "RUA DAS FLORES, 12, PORTO",
                "Rua das Flores 12, 2º Esq, Porto", "Rua das Flores 12 r/c Dto., Porto"]),
        ("GB", ["12 Smith Street, Leeds LS1 4AB", "Flat 3, 12 Smith Street, Leeds LS1 4AB",
                "12 smith street leeds ls1 4ab"]),
        ("AU", ["12 Smith St, Fitzroy", "5/12 Smith St, Fitzroy", "Unit 5, 12 Smith St, Fitzroy"]),
        ("AT", ["Mariahilfer Straße 12, Wien", "Mariahilfer Strasse 12, Wien", "Mariahilfer Straße 12/5, Wien"]),
        ("DE", ["Hauptstr. 8, 80331 München", "Hauptstr 8, D-80331 Munchen", "Hauptstr. 8, 3. OG, 80331 München"]),
        ("US", ["37-12 Main St, Queens", "37-12 Main St Apt 4, Queens", "37-12 Main St #4, Queens"]),
        ("RU", ["ул. Ленина, д. 5, кв. 7", "ул. Ленина д. 5"]),
    ],
)  # fmt: skip
def test_units_print_and_punctuation_make_no_other_address(country: str, texts: list[str]) -> None:
    assert len({key(text, country) for text in texts}) == 1


@pytest.mark.parametrize(
    ("country", "first", "second"),
    [
        ("PT", "Rua das Flores 12, Porto", "Rua das Flores 13, Porto"),
        ("PT", "Rua das Flores 12, Porto", "Rua das Flores 12, Braga"),
        ("PT", "Rua das Flores 12, Porto", "Travessa das Flores 12, Porto"),
        ("GB", "12 Smith Street, Leeds LS1 4AB", "12a Smith Street, Leeds LS1 4AB"),
        ("AU", "5/12 Smith St, Fitzroy", "5/14 Smith St, Fitzroy"),
        ("US", "37-12 Main St, Queens", "37-14 Main St, Queens"),
    ],
)
def test_another_house_street_or_town_is_another_address(country: str, first: str, second: str) -> None:
    assert key(first, country) != key(second, country)


@pytest.mark.parametrize("text", [None, "", "   ", "38.7101, -9.1401", ",,,", "x" * 501])
def test_what_names_no_address_has_no_key(text: str | None) -> None:
    assert fold_address(text, country="PT") is None


@given(st.text(max_size=80), st.sampled_from([None, "PT", "GB", "AU", "AT", "DE", "US", "RU", "JP"]))
def test_any_text_is_folded_and_its_own_simpler_form_has_the_same_key(text: str, country: str | None) -> None:
    folded = fold_address(text, country=country)
    if folded is None:
        return
    again = fold_address(folded.text, country=country)
    assert again is None or again.key == folded.key


def test_the_house_is_known_and_units_are_not_shown() -> None:
    folded = fold_address("Rua das Flores 12, 2º Esq, Porto", country="PT")
    assert folded is not None
    assert (folded.text, folded.has_house) == ("Rua das Flores 12, Porto", True)
    plain = fold_address("Quinta do Vale, Porto", country="PT")
    assert plain is not None
    assert not plain.has_house
    assert "Flores" not in repr(folded)
