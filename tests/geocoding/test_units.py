"""A flat, a floor, a stair or a box is never taken for the house, in whatever language it is written."""

import pytest

from geo_assign.geocoding.folding import fold
from geo_assign.geocoding.habits import country_of
from geo_assign.geocoding.housenumbers import asked_house_number, returned_house_number
from geo_assign.geocoding.units import unit_spans, without_units

# The address, its house, and a number in it that is not the house.
ADDRESSES = [
    # English
    ("Flat 7, 31 Willow Road, Leeds", "31", "7"),
    ("Flat 7 31 St Mary Street, Leeds", "31", "7"),
    ("Flat 2/1, 31 Willow Road, Glasgow", "31", "1"),
    ("31 Willow Road, Flat 7", "31", "7"),
    ("31 Willow Road, 2nd floor", "31", "2"),
    ("Second Floor Flat, 31 Willow Road", "31", "2"),
    ("31 S Birch St Apt 7, Dayton, OH 45402", "31", "7"),
    ("31 S Birch St #7, Dayton", "31", "7"),
    ("#7, 31 S Birch St, Dayton", "31", "7"),
    ("31 S Birch St Unit B", "31", "2"),
    ("Suite 700, 31 Birch Street", "31", "700"),
    ("31 Birch St Ste 700-A", "31", "700"),
    ("31 Birch St, Rm 7", "31", "7"),
    ("31 Birch St Bldg 7", "31", "7"),
    ("PO Box 7, 31 Birch St", "31", "7"),
    ("31 Birch St, P.O. Box 7", "31", "7"),
    ("Unit 7/31 Acacia St", "31", "7"),
    ("7/31 Acacia Street, Hobart TAS 7000", "31", "7"),
    ("Shop 7/31 Acacia Street, Hobart", "31", "7"),
    ("U7/31 Acacia Street", "31", "7"),
    ("7/31-33 Acacia Street, Hobart TAS 7000", "33", "7"),
    ("Level 7, 31 Acacia St, Perth WA 6000", "31", "7"),
    ("7-31 Maple St, Toronto, ON M5V 1A1", "31", "7"),
    ("300-1200 Maple St, Vancouver BC", "1200", "300"),
    ("5-12 Rue des Érables, Trois-Rivières QC", "12", "5"),
    ("Keizersgracht 12-3, Amsterdam NL", "12", "3"),
    ("7/F, 31 Harbour Road, Hong Kong", "31", "7"),
    ("Blk 31 Lotus Ave 4 #07-12", "31", "7"),
    ("#07-12, 31 Lotus Road", "31", "12"),
    ("Flat No. 7, 31 Lake Road, Pune 411001", "31", "7"),
    ("H.No. 31, Sector 7, Panipat", "31", "7"),
    ("House 31, Road 7, Sylhet", "31", "7"),
    # Portuguese, Spanish
    ("Rua do Moinho 31, 7º Esq, Braga", "31", "7"),
    ("Rua do Moinho n.º 31 7.º Dto", "31", "7"),
    ("Rua do Moinho 31 apto 7", "31", "7"),
    ("Rua do Moinho, 31, bloco 7, ap 12 - Centro", "31", "12"),
    ("Av. do Moinho 31 sala 7", "31", "7"),
    ("Av. do Moinho 31 conj. 7", "31", "7"),
    ("Calle del Molino 31, 7º B", "31", "7"),
    ("Calle del Molino 31 piso 7 puerta 4", "31", "4"),
    ("Calle del Molino nº 31 esc. 7 2º izda", "31", "7"),
    ("Calle del Molino 31, depto 7", "31", "7"),
    # Italian, French
    ("Via del Mulino 31 piano 7", "31", "7"),
    ("Via del Mulino 31, scala B, int. 7", "31", "7"),
    ("Via del Mulino 31 sc. A p. 7", "31", "7"),
    ("31 rue du Moulin, appt 7", "31", "7"),
    ("31 rue du Moulin, bât. B, 7e étage", "31", "7"),
    ("31 rue du Moulin BP 7", "31", "7"),
    # German, Austrian, Dutch, Belgian
    ("Mühlstr. 31 App. 7", "31", "7"),
    ("Mühlstr. 31 Haus 7", "31", "7"),
    ("Mühlstr. 31 Hs. 7", "31", "7"),
    ("Mühlstr. 31, 7. OG", "31", "7"),
    ("Mühlstr. 31 7. OG links, 04103 Leipzig", "31", "7"),
    ("Mühlstr. 31, 7. Stock", "31", "7"),
    ("Mühlstr. 31 Whg. 7", "31", "7"),
    ("Mühlstr. 31 c/o Krause 7", "31", "7"),
    ("Mühlgasse 31/7, 8010 Graz", "31", "7"),
    ("Mühlgasse 31/2/7, 8010 Graz", "31", "7"),
    ("Mühlgasse 31 Stiege 2 Tür 7", "31", "7"),
    ("Mühlgasse 2/4, 8010 Graz", "2", "4"),
    ("Molenstraat 31 bus 7, 2000 Antwerpen", "31", "7"),
    ("Rue du Moulin 31 bte 7, Namur", "31", "7"),
    ("Molenstraat 31-7, Rotterdam, Nederland", "31", "7"),
    ("Molenstraat 31, 7 hoog", "31", "7"),
    # Scandinavian, Finnish, Baltic
    ("Møllegade 31 st. th.", "31", "7"),
    ("Møllegade 31, 7. tv, 8000 Aarhus", "31", "7"),
    ("Møllegade 31 kl. tv", "31", "7"),
    ("Kvarngatan 31 lgh 1107", "31", "1107"),
    ("Møllegata 31, H0207", "31", "207"),
    ("Myllykatu 31 A 7, Turku", "31", "7"),
    ("Myllykatu 31 as. 7", "31", "7"),
    ("Dzirnavu iela 31-7, Liepāja", "31", "7"),
    ("Dzirnavu iela 31-37", "31", "37"),
    ("Malūnų g. 31-7, Šiauliai", "31", "7"),
    ("Veski tn 31-7, Tartu", "31", "7"),
    # Slavic, Hungarian, Romanian
    ("ul. Młyńska 31 m. 7, 30-001 Kraków", "31", "7"),
    ("ul. Młyńska 31 m 7", "31", "7"),
    ("ul. Młyńska 31m.7", "31", "7"),
    ("ul. Młyńska 31 lok. 7", "31", "7"),
    ("ul. Młyńska 31/7", "31", "7"),
    ("ul. 3 Maja 31/7", "31", "3"),
    ("Mlýnská 31, byt 7, Ostrava", "31", "7"),
    ("Mlynská 31/7, Košice, Slovensko", "31", "7"),
    ("Ilica 31, stan 7", "31", "7"),
    ("ул. Садовая, д. 31, кв. 7", "31", "7"),
    ("ул. Садовая дом 31 квартира 7", "31", "7"),
    ("ул. Садовая 31-7", "31", "7"),
    ("ул. Садовая 31 корп. 7", "31", "7"),
    ("ул. 9 Января, 31", "31", "9"),
    ("2-я Садовая улица 31, оф. 7", "31", "2"),
    ("вул. Садова, буд. 31, кв. 7", "31", "7"),
    ("ул. Градинска 31, ет. 7, ап. 12", "31", "12"),
    ("Malom utca 31. II. em. 7, Győr", "31", "7"),
    ("9021 Győr, Malom utca 31. 2/7", "31", "7"),
    ("Str. Morii nr. 31, bl. 7, sc. A, et. 3, ap. 12", "31", "12"),
    # Turkish, Greek, Hebrew, Arabic, Persian
    ("Değirmen Cad. No:31 D:7, Bursa", "31", "7"),
    ("Değirmen Caddesi No: 31 Kat: 3 Daire: 7", "31", "7"),
    ("Değirmen Sok. No:31/7", "31", "7"),
    ("Gül Apt. No:31 D:7 Değirmen Cad.", "31", "7"),
    ("Μύλου 31, όροφος 7", "31", "7"),
    ("רחוב הגפן 31 דירה 7, חיפה", "31", "7"),
    ("הגפן 31, קומה 3, דירה 7", "31", "7"),
    ("شارع النخيل 31 شقة 7", "31", "7"),
    ("31 شارع النخيل شقة رقم 7", "31", "7"),
    ("شارع النخيل رقم ٣١ الدور ٢ شقة ٧", "31", "7"),
    ("خیابان باغ پلاک ۳۱ واحد ۷", "31", "7"),
    # Chinese, Japanese, Korean
    ("杭州市西湖区梅花路31号7楼", "31", "7"),
    ("杭州市梅花路31号2单元7室", "31", "7"),
    ("北海道札幌市中央区1丁目3番7号 5階", "1-3-7", "5"),
    ("부산광역시 중앙로 31 7층", "31", "7"),
    ("부산 중앙로 31, 207호", "31", "207"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "house", "other"), ADDRESSES, ids=[text for text, *_ in ADDRESSES])
def test_the_flat_is_not_the_house(text: str, house: str, other: str) -> None:
    asked, country = asked_house_number(text), country_of(fold(text))
    right, wrong = (returned_house_number(number, country=country) for number in (house, other))
    assert asked is not None
    assert right is not None
    assert wrong is not None
    assert asked.matches(right), asked
    assert not asked.matches(wrong), asked


@pytest.mark.parametrize(
    "text",
    [
        "3 Stock Lane, Leeds", "12 Level Road", "24 Park View", "12 Piano Street", "5th Avenue 3", "221B Baker Street",
        "12 Dr Smith Street", "112 W 42 St", "12 Main St S", "12 Flat Street", "9 Box Hill",
    ],
)  # fmt: skip
def test_words_that_only_look_like_units_are_left(text: str) -> None:
    assert unit_spans(fold(text)) == []


def test_what_is_set_aside_keeps_its_place() -> None:
    folded = fold("Flat 7, 31 Willow Road")
    assert without_units(folded) == "§§§§§§, 31 willow road"
    assert unit_spans(folded) == [(0, 6)]


def test_apt_is_a_building_with_a_name_in_turkey() -> None:
    text = fold("Gül Apt. No:31 D:7")
    assert "31" in without_units(text, country="TR")
    assert "31" not in without_units(text)


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("7/31 Acacia St, Hobart TAS 7000", "AU"), ("31 Acacia St, New Zealand", "NZ"), ("Mühlgasse 31, Graz", "AT"),
        ("31 Willow Road, Leeds LS1 4AB", "GB"), ("31 Birch St, Dayton, OH 45402", "US"), ("31 Maple St, ON", "CA"),
        ("ul. Młyńska 31, 30-001 Kraków", "PL"), ("Rua do Moinho 31, 4700-123 Braga", "PT"), ("x 31, LV-1010", "LV"),
        ("Rua do Moinho 31, 01310-200 Cidade", "BR"), ("Dzirnavu iela 31", "LV"), ("Malūnų g. 31", "LT"),
        ("Myllykatu 31", "FI"), ("Değirmen Cad. No:31", "TR"), ("Malom utca 31", "HU"), ("ул. Садовая 31", "RU"),
        ("Elm 31, Orrava", None), ("99-100 Willow Street", None),
    ],
)  # fmt: skip
def test_an_address_shows_its_country(text: str, country: str | None) -> None:
    assert country_of(fold(text)) == country


def test_a_store_tells_the_country_where_the_text_does_not() -> None:
    assert country_of(fold("Elm 31, Orrava"), "AT") == "AT"
    assert country_of(fold("Rua do Moinho 31"), "BR") == "BR", "Portugal's words for streets are Brazil's, too"
    assert country_of(fold("Rua do Moinho 31"), "AT") == "PT"
    assert country_of(fold("31 Acacia St, Australia"), "PT") == "AU"
