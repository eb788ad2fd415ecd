"""Whether words name a street at all."""

import re

from geo_assign.geocoding.words import folded_words

STREET_WORDS = (
    "rua|r|avenida|av|avda|travessa|tv|praca|praceta|largo|estrada|alameda|calcada|beco|cais|calle|c|carrera|cra|cl|"
    "plaza|paseo|camino|carretera|via|viale|piazza|corso|vicolo|rue|avenue|ave|boulevard|blvd|bd|chemin|place|quai|"
    "allee|impasse|street|st|road|rd|lane|ln|drive|dr|court|ct|way|square|sq|terrace|parkway|pkwy|highway|hwy|crescent|"
    "close|hill|gardens|grove|mews|strasse|str|gasse|weg|platz|ufer|damm|ring|straat|laan|gracht|plein|kade|gade|vej|"
    "gata|gatan|vagen|vag|katu|tie|ulica|ul|ulice|u|namesti|aleja|osiedle|utca|ut|ter|korut|ulitsa|prospekt|cad|cadde|"
    "caddesi|sok|sokak|sokagi|jalan|jl|marg|mawr|row|iela|gatve|g|tanav|улица|ул|проспект|пр-т|просп|переулок|пер|"
    "площадь|вулиця|вулиця|вул|бульвар|бул|шоссе|наб|οδος|רחוב|שדרות|שארע|شارع|طريق|خيابان"
)
# Roads that are called by a number, and towns whose districts are.
NUMBERED_ROADS = folded_words(
    """
    route highway hwy autoroute autobahn nationale interstate bundesstr bundesstraße
    ruta rodovia rod carretera ctra autopista autovía estrada_nacional strada_statale strada_provinciale
    """
)
TOWNS_OF_DISTRICTS = folded_words(
    "praha prague prag brno plzeň ostrava bratislava košice budapest wien dublin paris lyon"
)
_STREET_ENDINGS = (
    "strasse|str|gasse|weg|platz|allee|ufer|damm|straat|laan|gracht|plein|kade|gade|vej|gata|gatan|vagen|katu|tie"
)
HAS_STREET_WORD = re.compile(
    rf"\b(?:{STREET_WORDS})\b|\w(?:{_STREET_ENDINGS})\b|[路街道巷弄胡同](?=\s*\d)|[로길](?=\s*\d)|丁目"
)
