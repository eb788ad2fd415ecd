"""A geocoder's road is held against the text: another street is told, however the names are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.geocoding.streets import names_another_street

THE_SAME = [
    # English: abbreviations, saints, ordinals, directions
    ("14 Willow Rd, Leeds", "Willow Road"),
    ("14 St John's Ter, Leeds", "Saint Johns Terrace"),
    ("14 St. Marys Hill", "St Mary's Hill"),
    ("14 N Birch St Apt 2, Dayton", "North Birch Street"),
    ("14 Birch Street W", "Birch Street West"),
    ("14 W Birch St", "Birch Street West"),
    ("260 5th Ave, New York", "5th Avenue"),
    ("260 5th Ave, New York", "Fifth Avenue"),
    ("112 W 42 St New York", "West 42nd Street"),
    ("14 Birch, Dayton", "Birch Street"),
    ("14 Gt Birch St", "Great Birch Street"),
    ("14 Lt Willow St", "Little Willow Street"),
    ("14 Hwy 44", "US Highway 44"),
    ("14 O'Neill St, Dublin", "O'Neill Street Lower"),
    ("14 The Avenue, Leeds", "The Avenue"),
    ("14 Cornhill, Leeds", "Cornhill"),
    ("Kebab House, 99-100 Willow Street", "Willow Street"),
    ("3 Lions, 315 High Birch", "High Birch"),
    ("Flat 3 Elm Court, 12 Birch Street", "Birch Street"),
    ("14 Willw Gardns Street", "Willow Gardens Street"),
    ("14 Thomas Alva Edison Dr", "Thomas Alva Edison Junior Drive"),
    # Portuguese, Spanish, Catalan, Italian, French
    ("R. Sta. Luzia 14, Braga", "Rua de Santa Luzia"),
    ("Rua Luzia 14, Braga", "Rua de Santa Luzia"),
    ("R. S. Bento da Vit. 14", "Rua de São Bento da Vitória"),
    ("Av. Mal. Saldanha 14", "Avenida do Marechal Saldanha"),
    ("Avenida Engº Duarte Pacheco 14", "Avenida Engenheiro Duarte Pacheco"),
    ("Rua Saraiva 14, Braga", "Rua António Saraiva"),
    ("Rua 9 de Abril 14", "Rua de 9 de Abril"),
    ("Pç. da República 14", "Praça da República"),
    ("C/ Molino 14, Soria", "Calle del Molino"),
    ("Carrer del Molí 14", "Calle del Molí"),
    ("V.le Leopardi 14", "Viale Giacomo Leopardi"),
    ("P.zza Leopardi 14", "Piazza Leopardi"),
    ("Piazza d'Azeglio 14", "Piazza Azeglio"),
    ("14 r. de l'Église, Nancy", "Rue de l'Église"),
    ("54000 Nancy, 14 rue du Moulin", "Rue du Moulin"),
    # German, Dutch, Scandinavian
    ("Mühlstr. 14, Gera", "Mühlstraße"),
    ("Muehlstrasse 14, Gera", "Mühlstraße"),
    ("Mühl Straße 14", "Mühlstraße"),
    ("Straße des 18. März 14, Gera", "Straße des 18. März"),
    ("Am Markt 14, Gera", "Markt"),
    ("Kornmarkt 14", "Kornmarkt"),
    ("1e Molenstraat 14", "Eerste Molenstraat"),
    ("Gl. Møllevej 14", "Gammel Møllevej"),
    ("Molenstr. 14, Breda", "Molenstraat"),
    ("Kvarngatan 14 B", "Kvarngatan"),
    ("Møllegade 14, 2. tv", "Møllegade"),
    # Slavic, Baltic, Hungarian, Turkish
    ("ul. Młyńska 14 m. 2, Kraków", "Młyńska"),
    ("ul. Mlynska 14", "ulica Młyńska"),
    ("ул. Садовая, д. 14", "Садовая улица"),
    ("пр-т Победы 14", "проспект Победы"),
    ("ул. Толстого 14", "улица Льва Толстого"),
    ("вул. Садова 14", "Садова вулиця"),
    ("Dzirnavu iela 14-2, Liepāja", "Dzirnavu iela"),
    ("Malom u. 14, Győr", "Malom utca"),
    ("Değirmen Cad. No:14 D:2", "Değirmen Caddesi"),
    ("Malom L. u. 14, Győr", "Malom Lajos utca"),
    # Numbers and words that tell streets apart, in other spellings
    ("Cra 9 # 12-34, Cali", "Carrera 9"),
    ("Rua D. Sancho II 14", "Rua Dom Sancho II"),
    ("Rua D. Sancho 14", "Rua Dom Sancho II"),
    ("Rua D. Sancho Segundo 14", "Rua Dom Sancho II"),
    ("R. Sancho V. Moinho 2", "Rua Sancho Moinho"),
    ("ул. 2-я Садовая 14", "2-я Садовая улица"),
    ("ул. Садовая 14", "2-я Садовая улица"),
    ("Tweede Molenstraat 14", "2e Molenstraat"),
    ("Gr. Bleiche 14, Gera", "Große Bleiche"),
    ("1453 Sk. No 3", "1453. Sokak"),
    # Hebrew, Arabic, Chinese
    ("הגפן 14, חיפה", "רחוב הגפן"),
    ("شارع النخيل 14", "شارع النخيل"),
    ("杭州市西湖区梅花路14号", "梅花路"),
    # Another script, another language, or two languages: nothing tells that it is another street.
    ("ul. Sadovaya 14, Tver", "Садовая улица"),
    ("شارع النخيل 14", "Palm Street"),
    ("Rue du Moulin 14, Anvers", "Molenstraat"),
    ("Rue du Moulin 14, Bruxelles", "Rue du Moulin - Molenstraat"),
    ("Rue Delvaux 14", "Delvauxstraat"),
    ("Kvarnvägen 14, Åbo", "Myllytie"),
    # No street in the text, or none that is a name.
    ("Hospital de Santa Luzia, Braga", "Alameda do Forno"),
    ("14 Willow Road", "S"),
    ("Willow Road", ""),
    ("4700-123 Braga", "Rua do Forno"),
]
ANOTHER = [
    # A saint is not who has the saint's name
    ("Rua Miguel Moinho 14", "Rua de São Miguel"),
    ("Rua de São Miguel 14", "Rua Miguel Moinho"),
    # A number or a word that tells streets of one name apart
    ("Cra 8 # 12-34, Cali", "Carrera 9"),
    ("Calle 9 # 12-34, Cali", "Carrera 9"),
    ("Rua D. Sancho I 14", "Rua Dom Sancho II"),
    ("Rua D. Sancho IV 14", "Rua Dom Sancho V"),
    ("ул. 2-я Садовая 14", "1-я Садовая улица"),
    ("2e Molenstraat 14", "Eerste Molenstraat"),
    ("Kleine Bleiche 14, Gera", "Große Bleiche"),
    ("Korte Molen 14, Breda", "Lange Molen"),
    ("1454 Sk. No 3", "1453. Sokak"),
    ("Değirmen Bul. 14", "Değirmen Caddesi"),
    # Another name, in the same town.
    ("14 Willow Street, Leeds LS1 4AB", "Northgate Street"),
    ("14 Willow Street, Leeds", "Leeds Road"),
    ("14 Willow Street Leeds", "Leeds Road"),
    ("14 Willow Road", "Mallow Road"),
    ("7 St Mary Street", "St Peter Street"),
    ("14 Birch, Dayton", "Mill Lane"),
    ("Kebab House, 99 Willow Street", "Cowshed Street"),
    ("Rua do Moinho 14, Braga", "Rua de Braga"),
    ("14 rue du Moulin Nancy", "Rue de Nancy"),
    ("Rua de Santa Luzia 14", "Rua de Santa Marta"),
    ("Rua Soares de Melo 14", "Rua Soares da Cunha"),
    ("Mühlstr. 14, Gera", "Geraer Straße"),
    ("Kvarngatan 14", "Kyrkogatan"),
    ("ul. Młyńska 14, Kraków", "Krótka"),
    ("ул. Садовая 14", "улица Победы"),
    ("Dzirnavu iela 14", "Baznīcas iela"),
    ("Malom utca 14", "Fő utca"),
    ("Değirmen Cad. No:14", "Çınar Caddesi"),
    ("רחוב הגפן 14", "רחוב הזית"),
    ("شارع النخيل 14", "شارع البحر"),
    ("杭州市梅花路14号", "长江街"),
    # Another kind of street by the same name.
    ("14 Willow Road", "Willow Lane"),
    ("14 Willow Road", "Willow Close"),
    ("7 St Mary Street", "St Mary's Square"),
    ("Flat 3 Elm Court, 12 Birch Street", "Elm Street"),
    ("Rua do Moinho 14", "Travessa do Moinho"),
    ("Rua do Moinho 14", "Avenida do Moinho"),
    ("Calle del Molino 14", "Plaza del Molino"),
    ("Via del Mulino 14", "Piazza del Mulino"),
    ("Mühlstr. 14", "Mühlweg"),
    ("Molenstraat 14", "Molenlaan"),
    ("ул. Победы 14", "проспект Победы"),
    ("Değirmen Cad. No:14", "Değirmen Sokak"),
    # A word that tells two streets apart.
    ("14 Old Willow Road", "Willow Road"),
    ("14 Willow Road", "Old Willow Road"),
    ("14 Willow Road", "Willow Hill Road"),
    ("14 N Birch St", "South Birch Street"),
    ("14 Birch Street E", "Birch Street West"),
    ("260 5th Ave", "6th Avenue"),
    ("112 W 42 St New York", "West 43rd Street"),
    ("Broadway 260, New York", "5th Avenue"),
    ("Rua do Moinho 14", "Rua do Moinho Velho"),
]


@pytest.mark.parametrize(("text", "street"), THE_SAME)
def test_the_same_street_or_nothing_to_tell(text: str, street: str) -> None:
    assert not names_another_street(text, street)


@pytest.mark.parametrize(("text", "street"), ANOTHER)
def test_another_street(text: str, street: str) -> None:
    assert names_another_street(text, street)


_NAMES = st.sampled_from(["Willow", "Birch", "Northgate", "Moinho", "Garibaldi", "Kastanien"])
_KINDS = st.sampled_from(["{} Road", "{} Street", "Rua {}", "Via {}", "{}straße", "{}laan", "Calle {}"])
_FORMS = st.sampled_from(["{street} {number}, Orrava", "{number} {street}, Orrava", "Flat 2, {number} {street}"])


@given(_NAMES, _NAMES, _KINDS, _FORMS, st.integers(1, 400))
def test_a_name_is_itself_and_no_other(name: str, other: str, kind: str, form: str, number: int) -> None:
    text = form.format(street=kind.format(name), number=number)
    assert not names_another_street(text, kind.format(name))
    assert names_another_street(text, kind.format(other)) == (name != other)


@given(st.text(max_size=60), st.text(max_size=30))
def test_any_texts_can_be_compared(text: str, street: str) -> None:
    assert names_another_street(text, street) in {True, False}
