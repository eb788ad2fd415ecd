"""The house number asked for is found in addresses as people write them, and only that house is a match."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.core.geo import Point
from geo_assign.geocoding.domain import Confidence, GeocodeCandidate
from geo_assign.geocoding.housenumbers import (
    HouseNumber,
    asked_house_number,
    house_mark_spans,
    returned_house_number,
    with_number_checked,
)

ADDRESSES = [
    # Portugal, Brazil
    ("Rua de Santa Catarina 112, Porto", "112"),
    ("Rua de Santa Catarina, 112, 4000-442 Porto", "112"),
    ("Rua de Santa Catarina nº 112, 2º Esq, Porto", "112"),
    ("Rua de Santa Catarina n.º 112 2 Esq, Porto", "112"),
    ("R. Santa Catarina 112 R/C, Porto", "112"),
    ("Rua 31 de Janeiro 20, Porto", "20"),
    ("Rua 31 de Janeiro, Porto", None),
    ("Rua 1º de Dezembro 5, Matosinhos", "5"),
    ("Avenida 25 de Abril 7, 1.º Dto, Lisboa", "7"),
    ("Rua 5, 12, Espinho", "12"),
    ("Av. Paulista, 1578 - Bela Vista, São Paulo - SP, 01310-200", "1578"),
    ("Rua das Flores 9;11, Porto", "9"),
    ("Rua das Flores s/n, Porto", None),
    ("Avenida da República 516 – 1º, Vila Nova de Gaia", "516"),
    ("Farmácia 24 Horas, Rua do Sol 64, Porto", "64"),
    # Spain, Latin America, Italy, France
    ("Calle Gran Vía 28, 3º A, 28013 Madrid", "28"),
    ("Calle 5, Sevilla", None),
    ("Carrera 7 # 12-34, Bogotá", "12-34"),
    ("Plaza 2 de Mayo 4, Madrid", "4"),
    ("Via Roma 12/A, 00184 Roma", "12a"),
    ("Via 20 Settembre 5, Genova", "5"),
    ("Via Roma 12 int. 4, Torino", "12"),
    ("12 rue de la Paix, 75002 Paris", "12"),
    ("12 bis rue de la Paix 75002 Paris", "12bis"),
    ("75002 Paris, 12 rue de la Paix", "12"),
    ("5 rue du 8 Mai 1945, Lyon", "5"),
    ("3 place d'Italie, 13e arrondissement, Paris", "3"),
    # Germany, Austria, Netherlands, the North
    ("Hauptstr. 12a, 10115 Berlin", "12a"),
    ("Hauptstraße 12 A, 10115 Berlin", "12a"),
    ("Hauptstr. 12a 11011 Berlin", "12a"),
    ("Hauptstraße, 11011 Berlin", None),
    ("Straße des 17. Juni 135, Berlin", "135"),
    ("Platz der Republik 1, 11011 Berlin", "1"),
    ("Straße 12, Berlin", None),
    ("Mariahilfer Straße 10 Top 5, 1070 Wien", "10"),
    ("Mariahilfer Straße 10, 1070 Wien", "10"),
    ("Mariahilfer Straße, A-1070 Wien", None),
    ("Damrak 1, 1012 LG Amsterdam", "1"),
    ("Damrak, 1012 LG Amsterdam", None),
    ("Nørregade 12, 2. tv, 1165 København", "12"),
    ("Storgatan 12 B, 114 55 Stockholm", "12b"),
    ("Mannerheimintie 12 A 3, 00100 Helsinki", "12a"),
    # the East
    ("ul. 1 Maja 5, 00-950 Warszawa", "5"),
    ("ul. Marszałkowska 12/34, 00-950 Warszawa", "12/34"),
    ("17. listopadu 8, 110 00 Praha", "8"),
    ("1051 Budapest, Sas utca 25", "25"),
    # English-speaking
    ("112 Main St, Springfield, IL 62701", "112"),
    ("112 Main St Springfield IL 62701", "112"),
    ("12345 Main St, Springfield, IL 62701-1234", "12345"),
    ("112 W 42nd St, New York, NY 10036", "112"),
    ("112 E Main St #5, Springfield", "112"),
    ("350 5th Avenue, New York", "350"),
    ("5th Avenue 3, New York", "3"),
    ("5th Avenue, New York", None),
    ("37-12 30th St, Queens, NY", "37-12"),
    ("112 1/2 Oak Ave, Toledo, OH", "112½"),
    ("112½ Oak Ave, Toledo, OH", "112½"),
    ("221B Baker Street, London NW1 6XE", "221b"),
    ("Flat 3, 12 High Street, London SW1A 1AA", "12"),
    ("12-14 High Street, London", "12-14"),
    ("High Street, London SW1A 1AA", None),
    ("3/112 George St, Sydney NSW 2000", "112"),
    ("Apt 4, 80 Wellington St, Ottawa, ON K1A 0B1", "80"),
    ("80 Wellington St, Floor 2, Ottawa", "80"),
    ("Joe's Pizza, 1234 Main St, Springfield", "1234"),
    ("Broadway 1602, New York", "1602"),
    ("", None),
    ("Porto", None),
    ("4000-123 Porto", None),
]


@pytest.mark.parametrize(("text", "number"), ADDRESSES, ids=[text for text, _ in ADDRESSES])
def test_the_number_asked_for(text: str, number: str | None) -> None:
    asked = asked_house_number(text)
    assert (number in asked.texts) if number and asked else (asked is None and number is None), asked


# The store's country, the text, and what the geocoder must have returned; None: no house can be read.
IN_COUNTRIES = [
    ("HU", "Váci út 21-23. A ép. 4. em. 12, 1062 Budapest", "21-23"),
    ("HU", "Petőfi tér 2 fsz. 1", "2"),
    ("HU", "1052 Budapest, Deák Ferenc u. 15. fszt. 2.", "15"),
    ("HU", "Andrássy út 60 I. em. 3", "60"),
    ("HU", "Fő utca 8 magasföldszint 3", "8"),
    ("GR", "28ης Οκτωβρίου 42, Αθήνα", "42"),
    ("GR", "Λεωφόρος Κηφισίας 124Α", "124A"),
    ("TR", "Atatürk Cad. No 7 D 3", "7"),
    ("TR", "Cumhuriyet Bulvarı 45/A K:2", "45A"),
    ("FI", "Mannerheimintie 12 A 14, Helsinki", "12"),
    ("FI", "Itäinen Pitkäkatu 4 C 32", "4"),
    ("FI", "Bulevardi 2-4 A 5", "2-4"),
    ("JP", "東京都渋谷区神南1-19-11 グリーンビル2 5F", "1-19-11"),
    ("TH", "45/2 ถนนสุขุมวิท", "45/2"),
    ("VN", "123/4/5 Nguyễn Trãi, Quận 1", "123/4/5"),
    ("IN", "Flat No. 402, H.No. 8-2-293/82, Road No. 36, Hyderabad", "8-2-293/82"),
    ("BR", "QE 15 Conjunto B Casa 12, Guará", "12"),
    ("BR", "SQS 308 Bloco A Apto 101, Brasília", None),
    ("BR", "Rodovia BR-101 km 205", None),
    ("ES", "Ctra. N-340 km 12", None),
    ("ES", "Polígono Industrial Sur, nave 7", None),
    ("DE", "Industriestr. Halle 7", None),
    ("AR", "Calle 7 N° 776 e/ 47 y 48, La Plata", "776"),
    ("AR", "Calle 60 1234 entre 21 y 22", "1234"),
    ("AR", "San Martín 345 e/ Belgrano y Moreno", "345"),
    ("AR", "Av. 9 de Julio 1850 7° B", "1850"),
    ("CZ", "č.p. 123, Lhota", "123"),
    ("CZ", "Praha 6, Evropská 2758/11", "11"),
    ("PL", "ul. Polna 12 bud. B m. 4", "12"),
    ("RU", "ул. Ленина 3а", "3а"),
    ("RU", "ул. 1-я Полевая, д. 3а", "3a"),
    ("RU", "3й проезд Поля, 8", "8"),
    ("GB", "34B/2 Leith Walk, Edinburgh", "34B"),
    ("CA", "Unit 4-123 King St N, Waterloo ON", "123"),
    ("AU", "G05/8 Garden St", "8"),
    ("US", "County Road 12 #450", "450"),
]


@pytest.mark.parametrize(("country", "text", "returned"), IN_COUNTRIES, ids=[text for _, text, _ in IN_COUNTRIES])
def test_a_country_writes_in_its_own_way(country: str, text: str, returned: str | None) -> None:
    asked = asked_house_number(text, country=country)
    if returned is None:
        assert asked is None
        return
    house = returned_house_number(returned, country=country)
    assert asked is not None
    assert house is not None
    assert asked.matches(house)
    # No other number of the text is a house.
    for other in set(re.findall(r"\d+", text)) - set(re.findall(r"\d+", returned)) - asked.texts:
        assert not asked.matches(HouseNumber(frozenset({other})))


@pytest.mark.parametrize(
    ("asked", "returned", "same"),
    [
        ("Rua X 112, Porto", "112", True),
        ("Rua X 112, Porto", "0112", True),
        ("Rua X 112, Porto", "114", False),
        ("Rua X 112, Porto", "1120", False),
        ("Rua X 112, Porto", "110-114", True),
        ("Rua X 113, Porto", "110-114", False),
        ("Rua X 112, Porto", "108;112", True),
        ("Rua X 112, Porto", "112 - 2º", True),
        ("Rua X 112, Porto", "112A", False),
        ("Rua X 112 A, Porto", "112", False),
        ("Rua X 112 A, Porto", "112-a", True),
        ("Rua X 112-114, Porto", "114", True),
        ("Rua X 112-114, Porto", "116", False),
        ("Rua X 112/114, Porto", "112", True),
        ("Rua X 112, Porto", "s/n", False),
        ("Rua X 112, Porto", "112;114;116", True),
        ("3/112 George St, Sydney", "112", True),
        ("3/112 George St, Sydney", "3", False),
        ("Carrera 7 # 12-34, Bogotá", "12", False),
        ("Marszałkowska 12/3, Warszawa", "12", True),
        ("Marszałkowska 12/3, Warszawa", "3", False),
        ("37-12 30th St, Queens", "37-12", True),
        ("37-12 30th St, Queens", "37", False),
        ("112 1/2 Oak Ave", "112 1/2", True),
        ("112 1/2 Oak Ave", "112", False),
    ],
)
def test_only_the_house_asked_for_is_a_match(asked: str, returned: str, *, same: bool) -> None:
    candidate = GeocodeCandidate("x", Point(41.0, -8.0), Confidence.ROOFTOP, house_number=returned)
    expected = Confidence.ROOFTOP if same else Confidence.STREET
    assert with_number_checked(candidate, asked).confidence is expected


def test_a_number_asked_and_none_returned_is_the_street_at_most() -> None:
    for confidence, expected in zip(Confidence, ("area", "street", "street", "street"), strict=True):
        candidate = GeocodeCandidate("x", Point(41.0, -8.0), confidence)
        assert with_number_checked(candidate, "Rua X 112, Porto").confidence.value == expected


@pytest.mark.parametrize(
    "text", ["Hospital de São João, Porto", "Rua das Flores, Porto", "Rua das Flores s/n", "Flat 3, High Street", ""]
)
def test_where_no_number_is_read_no_house_is_the_one_asked_for(text: str) -> None:
    for number in ("3", None):
        candidate = GeocodeCandidate("x", Point(41.0, -8.0), Confidence.ROOFTOP, house_number=number)
        assert with_number_checked(candidate, text).confidence is Confidence.STREET


def test_the_streets_own_digits_are_told_by_the_provider() -> None:
    text = "Highway 101 1234, Willits"
    assert asked_house_number(text, street="Highway 101").texts == {"1234"}  # type: ignore[union-attr]
    assert asked_house_number("Rua Sector 7 15, Porto", street="Rua Sector 7").texts == {"15"}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("written", "texts", "ranges"),
    [
        ("12", {"12"}, ()),
        ("0012", {"12"}, ()),
        ("100", {"100"}, ()),
        ("12 A", {"12a"}, ()),
        ("12-a", {"12a"}, ()),
        ("12/A", {"12a"}, ()),
        ("12 1/2", {"12½"}, ()),
        ("12 bis", {"12bis"}, ()),
        ("12-14", {"12-14", "12", "14"}, ((12, 14),)),
        ("12 - 14", {"12-14", "12", "14"}, ((12, 14),)),
        ("12a-14b", {"12a-14b", "12a", "14b"}, ((12, 14),)),
        ("12 a 14", {"12-14", "12", "14"}, ((12, 14),)),
        ("12 to 14", {"12-14", "12", "14"}, ((12, 14),)),
        ("12 bis 14", {"12-14", "12", "14"}, ((12, 14),)),
        # Stairs and flats go down, or name one number twice.
        ("14 a 12", {"14a"}, ()),
        ("12 a 12", {"12a"}, ()),
        # The ends are houses, however far apart; those between only where they stand close.
        ("12-32", {"12-32", "12", "32"}, ((12, 32),)),
        ("12-34", {"12-34", "12", "34"}, ()),
        ("12-13", {"12-13", "12", "13"}, ((12, 13),)),
        ("12-21", {"12-21", "12", "21"}, ((12, 21),)),
        ("12-23", {"12-23", "12", "23"}, ()),
        # Backwards it is one number of two parts.
        ("14-12", {"14-12"}, ()),
        ("12-12", {"12-12"}, ()),
        ("1-3", {"1-3", "1", "3"}, ((1, 3),)),
        # The house, then the flat.
        ("14/12", {"14/12", "14"}, ()),
        ("12a/3", {"12a/3", "12a"}, ()),
        ("12/14", {"12/14", "12", "14"}, ((12, 14),)),
        ("12/20", {"12/20", "12", "20"}, ((12, 20),)),
        ("12/22", {"12/22", "12"}, ()),
        ("12/13", {"12/13", "12"}, ()),
        ("12/3/5", {"12/3/5", "12"}, ()),
        ("12 a-c", {"12a-c", "12a", "12b", "12c"}, ()),
        ("12a-12c", {"12a-12c", "12a", "12b", "12c"}, ()),
        # Lists.
        ("9;11", {"9", "11"}, ()),
        ("9 & 11", {"9", "11"}, ()),
        ("9+11", {"9", "11"}, ()),
        ("9 e 11", {"9", "11"}, ()),
        ("9 und 11", {"9", "11"}, ()),
        ("2-4;8-10", {"2-4", "2", "4", "8-10", "8", "10"}, ((2, 4), (8, 10))),
    ],
)
def test_a_number_is_read_as_it_is_meant(written: str, texts: set[str], ranges: tuple[tuple[int, int], ...]) -> None:
    assert asked_house_number(f"Rua das Flores {written}, Porto") == HouseNumber(frozenset(texts), ranges)


@pytest.mark.parametrize(
    ("returned", "texts"),
    [
        ("3/112", {"3/112", "3"}),
        ("#12-14", {"12-14", "12", "14"}),
        ("Nº 7", {"7"}),
        ("12 1/2", {"12½"}),
        ("2º 5", {"5"}),
    ],
)
def test_what_a_provider_returned_is_read_the_same_way(returned: str, texts: set[str]) -> None:
    found = returned_house_number(returned)
    assert found is not None
    assert found.texts == texts


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        # A flat stands before the house where the address begins with both.
        ("3/112 George St, Sydney", {"3/112", "112"}),
        ("Rua das Flores 3/112, Porto", {"3/112", "3"}),
        ("3/112, George St, Sydney", {"3/112", "3"}),
        # What is marked is one number of two parts.
        ("Carrera 7 # 12-14, Bogota", {"12-14"}),
        ("Carrera 7 #12-14, Bogota", {"12-14"}),
        # The part with the street says more than any other, and a first one more than a number alone.
        ("5, Rua das Flores 12, Porto", {"12"}),
        ("Rua das Flores, 12, 14, Porto", {"12"}),
        ("Flores 7, 9, Porto", {"7"}),
        ("Flores 7, Rua do Sol 9", {"9"}),
        ("Rua do Sol 7, Rua do Mar 9", {"7"}),
        ("Flores, Porto 7, 9", {"9"}),
        ("Flores, Porto 7, Gaia 9", {"7"}),
        ("Flores, Jardim, 7, 9", {"7"}),
        # Of several numbers the last, or the first of those that stand together.
        ("Flores 7 Jardim 9, Porto", {"9"}),
        ("Flores 7 9, Porto", {"7"}),
        ("Flores 5 Jardim 7 9, Porto", {"7"}),
        ("7 Flores 9, Porto", {"7"}),
        # Postcodes are none, as far as another number remains.
        ("Flores 12 12345 Berlin", {"12"}),
        ("12345 Berlin Flores 12", {"12"}),
        ("Flores 12 Berlin 1234", {"12"}),
        ("Flores 1234 Berlin 12", {"12"}),
        ("Flores 12345, Berlin", {"12345"}),
        ("Flores 1234, Berlin", {"1234"}),
        ("Flores, 1234", {"1234"}),
        ("Flores, Berlin 123", {"123"}),
        ("Rua das Flores, Rua 1234", None),
        ("Flores, 12345", None),
        ("Flores, Berlin 1234", None),
        ("12345, Flores", None),
        # A border between parts.
        ("Flores 1578 - Bela Vista 3", {"1578"}),
        ("Flores - 12", {"12"}),
        ("Rua das Flores 12\nPorto 9", {"12"}),
        ("Rua das Flores 12 | Porto 9", {"12"}),
        ("Rua das Flores 12; Porto 9", {"12"}),
        # Dashes and fractions as they are printed.
        ("Rua das Flores 12–14, Porto", {"12-14", "12", "14"}),
        ("Rua das Flores 3⁄4, Porto", {"3/4", "3"}),
        ("Rua das Flores 12 2° Esq, Porto", {"12"}),
        ("112 W 42 St, New York", {"112"}),
        ("12 E Main, Springfield", {"12"}),
        ("Flat 9 Flores 12", {"12"}),
    ],
)
def test_of_several_numbers_the_likeliest_is_asked_for(text: str, texts: set[str] | None) -> None:
    asked = asked_house_number(text)
    assert (asked and asked.texts) == texts


def test_a_range_covers_its_ends_and_its_own_side_of_the_street() -> None:
    house = HouseNumber(frozenset(), ((112, 116),))
    assert [n for n in range(110, 119) if house.covers(HouseNumber(frozenset({str(n)})))] == [112, 114, 116]
    assert not house.covers(HouseNumber(frozenset({"114a"})))
    odd = HouseNumber(frozenset(), ((1, 5),))
    assert [n for n in range(8) if odd.covers(HouseNumber(frozenset({str(n)})))] == [1, 3, 5]


def test_either_of_two_numbers_may_be_the_range() -> None:
    house, street = HouseNumber(frozenset({"114"})), HouseNumber(frozenset({"112-116"}), ((112, 116),))
    assert house.matches(street)
    assert street.matches(house)
    assert not house.matches(HouseNumber(frozenset({"115"})))


def test_the_street_that_the_provider_told_is_no_house_number() -> None:
    candidate = GeocodeCandidate("x", Point(41.0, -8.0), Confidence.ROOFTOP, street="Sector 7", house_number="12")
    assert with_number_checked(candidate, "Sector 7 12, Willits") is candidate
    assert with_number_checked(candidate, "Sector 7 14, Willits").confidence is Confidence.STREET
    without_digits = GeocodeCandidate("x", Point(41.0, -8.0), Confidence.ROOFTOP, street="Rua X", house_number="12")
    assert with_number_checked(without_digits, "Rua X 12, Porto") is without_digits


_NAMES = st.sampled_from(
    ["Rua das Flores", "Hauptstraße", "Via Garibaldi", "Calle Mayor", "Kerkstraat", "Avenida Brasil"]
)
_CITIES = st.sampled_from(
    ["Porto", "4000-123 Porto", "10115 Berlin", "00184 Roma", "28013 Madrid", "1012 AB Amsterdam"]
)
_NUMBERS = st.integers(1, 4999)
_LETTERS = st.sampled_from(["", "a", "b", "C"])


@given(_NAMES, _CITIES, _NUMBERS, _LETTERS)
def test_a_trailing_number_is_found_before_any_city(name: str, city: str, number: int, letter: str) -> None:
    asked = asked_house_number(f"{name} {number}{letter}, {city}")
    assert asked is not None
    assert asked.texts == {f"{number}{letter.lower()}"}


@given(_NUMBERS, st.sampled_from(["Main St", "High Street", "rue de la Paix"]), _LETTERS)
def test_a_leading_number_is_found(number: int, street: str, letter: str) -> None:
    asked = asked_house_number(f"{number}{letter} {street}, Springfield")
    assert asked is not None
    assert asked.texts == {f"{number}{letter.lower()}"}


@given(_NUMBERS, _NUMBERS)
def test_another_number_never_matches(asked: int, returned: int) -> None:
    wanted = asked_house_number(f"Rua das Flores {asked}, Porto")
    found = returned_house_number(str(returned))
    assert wanted is not None
    assert found is not None
    assert wanted.matches(found) == (asked == returned)


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    asked = asked_house_number(text)
    returned = returned_house_number(text)
    assert asked is None or all(number for number in asked.texts)
    assert returned is None or all(number for number in returned.texts)


@given(st.text(alphabet="0123456789abd -/;,.#º°½&", max_size=40))
def test_any_number_like_text_can_be_read(text: str) -> None:
    asked = asked_house_number(text, street=text[:5])
    assert asked is None or asked.matches(asked)


def test_a_range_on_one_side_leaves_the_other_out() -> None:
    for low, high, between in ((12, 14, False), (12, 16, False), (12, 13, True), (12, 15, True), (11, 14, True)):
        house = HouseNumber(frozenset(), ((low, high),))
        assert house.covers(HouseNumber(frozenset({str(low + 1)}))) is between


def test_the_stores_country_says_what_both_numbers_mean() -> None:
    def checked(text: str, number: str, country: str | None) -> Confidence:
        candidate = GeocodeCandidate("x", Point(41.0, -8.0), Confidence.ROOFTOP, house_number=number)
        return with_number_checked(candidate, text, country=country).confidence

    for text, number in (("Elm 31-7, Orrava", "31"), ("Elm 31, Orrava", "31-7")):
        assert checked(text, number, "LV") is Confidence.ROOFTOP
        assert checked(text, number, None) is Confidence.STREET
    assert checked("Elm 31-7, Orrava", "7", "LV") is Confidence.STREET


def test_a_name_with_a_number_asks_for_no_house() -> None:
    candidate = GeocodeCandidate("x", Point(41.0, -8.0), Confidence.ROOFTOP, street="Heron 7", house_number="7")
    assert with_number_checked(candidate, "Heron 7, Willits").confidence is Confidence.STREET
    assert with_number_checked(candidate, "Heron 7 7, Willits") is candidate


def test_where_the_text_says_that_a_house_number_follows() -> None:
    assert house_mark_spans("cad. no:31") == [(5, 8)]
    assert house_mark_spans("rua 31") == []
