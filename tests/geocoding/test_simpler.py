"""The second question: the address without what geocoders stumble over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.geocoding.housenumbers import asked_house_number
from geo_assign.geocoding.simpler import find_simpler_text


@pytest.mark.parametrize(
    ("text", "simpler"),
    [
        ("Flat 7, 31 Willow Road, Leeds", "31 Willow Road, Leeds"),
        ("Flat 7 31 Willow Road", "31 Willow Road"),
        ("31 S Birch St Apt 7, Dayton", "31 S Birch St, Dayton"),
        ("31 S Birch St, #7, Dayton", "31 S Birch St, Dayton"),
        ("31 Birch St, Unit B", "31 Birch St"),
        ("Unit 7/31 Acacia St, Hobart", "31 Acacia St, Hobart"),
        ("7/31 Acacia Street, Hobart TAS 7000", "31 Acacia Street, Hobart TAS 7000"),
        ("6-7 Willow Road, Leeds", "6 Willow Road, Leeds"),
        ("31 Willow Road, Leeds LS6", "31 Willow Road, Leeds"),
        ("31 Willow Road, Leeds LS6 2AB", None),
        ("31 Willow Road (ring twice), Leeds", "31 Willow Road, Leeds"),
        ("Mühlstr. 31, 7. OG, D-04103 Leipzig", "Mühlstr. 31, 04103 Leipzig"),
        ("Mühlstr. 31, Leipzig c/o Krause", "Mühlstr. 31, Leipzig"),
        ("Rua do Moinho n.º 31 7.º Dto, Braga", "Rua do Moinho 31, Braga"),
        ("ul. Młyńska 31 m. 7, Kraków", "ul. Młyńska 31, Kraków"),
        ("Değirmen Cad. No:31 D:7, Bursa", "Değirmen Cad. 31, Bursa"),
        ("Gül Apt. No:31 D:7, Değirmen Cad., Bursa", "Gül Apt. 31, Değirmen Cad., Bursa"),
        ("Dzirnavu iela 31-7, Liepāja", "Dzirnavu iela 31, Liepāja"),
        ("רחוב הגפן 31 דירה 7, חיפה", "רחוב הגפן 31, חיפה"),
        ("ул. Садовая, д. 31, кв. 7", "ул. Садовая, 31"),
        ("杭州市西湖区梅花路31号7楼", "杭州市西湖区梅花路31号"),
        ("Cais do Moinho 31; 33, Braga", "Cais do Moinho 31, Braga"),
        ("Cais do Moinho 31A; 32;33, Braga", "Cais do Moinho 32, Braga"),
        ("Mühlweg 31+33, Leipzig", "Mühlweg 31, Leipzig"),
        ("Rua 5 de Outubro 31; 29", "Rua 5 de Outubro 29"),
        ("Rua Moinho Velho 31, Braga", "Rua de Moinho Velho 31, Braga"),
        ("Praça Moinho Velho 31, Braga", "Praça de Moinho Velho 31, Braga"),
        ("Rua Moinho Velho 31, 2.º Dto, Braga", "Rua Moinho Velho 31, Braga"),
        ("Rua Moinho Velho, Braga", None),
        ("Rua 31, Braga", None),
        ("Rua do Moinho 31, Braga", None),
        ("Flat 7", None),
        ("", None),
    ],
)
def test_what_lies_within_the_house_is_left_out(text: str, simpler: str | None) -> None:
    assert find_simpler_text(text) == simpler


def test_the_stores_country_says_what_a_pair_means() -> None:
    assert find_simpler_text("Lehmweg 31/7", country="AT") == "Lehmweg 31"
    assert find_simpler_text("Acacia 7/31", country="AU") == "Acacia 31"


_TEXTS = st.builds(
    "{} {}{}, {}".format,
    st.sampled_from(["Rua do Moinho", "Mühlstraße", "Via Garibaldi"]),
    st.integers(1, 4000),
    st.sampled_from(["", " apt 7", ", 7. OG", ", 2º Esq", " (ring twice)", " #7"]),
    st.sampled_from(["Braga", "04103 Leipzig", "4700-123 Braga"]),
)


@given(_TEXTS)
def test_the_house_stays_the_same(text: str) -> None:
    simpler = find_simpler_text(text)
    assert simpler is None or asked_house_number(simpler) == asked_house_number(text)


@given(st.text(max_size=80))
def test_any_text_can_be_made_simpler(text: str) -> None:
    simpler = find_simpler_text(text)
    assert simpler is None or simpler.strip() == simpler != text
