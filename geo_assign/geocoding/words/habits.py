"""How countries write: what a slash or a dash between two numbers means, and by what an address shows its country."""

from geo_assign.geocoding.words import folded_words

# The unit, then the house: "5/12 Smith Street".
UNIT_SLASH_HOUSE = frozenset({"AU", "NZ"})
# The house, then the flat, also before the street: "34/2 Leith Walk".
HOUSE_SLASH_FLAT = frozenset({"GB", "IE"})
# Two houses in one: "12/14" where both lie on one side of the street, close together.
HOUSES_WITH_SLASH = frozenset({"PT", "ES", "FR", "BR", "MX", "AR", "CL", "PE", "UY", "GB", "IE", "AO", "MZ"})
# The number in the parish and the one in the street; either is the house.
TWO_NUMBERS_WITH_SLASH = frozenset({"CZ", "SK"})
# One number of two or three parts: "45/2" in Bangkok, "123/4/5" in Saigon, "8-2-293/82" in Hyderabad.
ONE_NUMBER_WITH_SLASH = frozenset({"TH", "VN", "KH", "LA", "MM", "IN", "LK", "BD", "PK", "NP"})
# The house, then the flat: "Brīvības iela 12-5".
HOUSE_DASH_FLAT = frozenset({"LV", "LT", "EE", "RU", "UA", "BY", "KZ", "UZ", "KG", "MD", "GE", "AM", "AZ"})
# One number of two parts where the second is not the higher one: "37-12" in Queens, Japan, Bogotá.
ONE_NUMBER_WITH_DASH = frozenset({"US", "CO", "JP", "KR", "VE", "PH", "TH"})
# The unit, then the house: "4-12 Main Street".
UNIT_DASH_HOUSE = frozenset({"CA"})
# A letter and a number behind the house are a stair and a flat: "12 A 3".
STAIR_AND_FLAT = frozenset({"FI"})
# "Apt" is a building with a name there, not a flat.
NAMED_BUILDINGS = frozenset({"TR"})

_NAMES = """
AU australia nsw vic qld tas
NZ new_zealand aotearoa
AT österreich austria wien salzburg graz linz innsbruck
DE deutschland germany
CH schweiz suisse svizzera switzerland
PT portugal lisboa porto lisbon
ES españa spain madrid barcelona
FR france
BR brasil brazil
GB united_kingdom uk england scotland wales london
IE ireland éire
CZ česko czechia czech_republic česká_republika praha brno
SK slovensko slovakia bratislava
PL polska poland
LV latvija latvia rīga
LT lietuva lithuania vilnius kaunas
EE eesti estonia tallinn
RU россия russia москва
UA україна ukraine київ
BY беларусь belarus минск
US usa united_states
CA canada ontario québec
CO colombia bogotá
JP japan 日本
KR korea 대한민국
FI suomi finland helsinki
TR türkiye turkey turkiye istanbul ankara izmir
NL nederland netherlands amsterdam
BE belgië belgique belgium bruxelles brussel
HU magyarország hungary budapest
IT italia italy
TH thailand ประเทศไทย bangkok กรุงเทพ
VN vietnam việt_nam hà_nội hồ_chí_minh
IN india भारत
"""
# Words of streets that only one country has.
_STREETS = """
LV iela iel
LT gatvė g.
EE tänav puiestee maantee tn pst mnt
FI katu tie kuja polku
TR cad caddesi sok sokak sokağı mah mahallesi bulvarı
HU utca körút út tér
PT rua praceta travessa avenida
FR rue
PL ulica ul aleja osiedle
CO carrera cra
RU улица ул проспект переулок
UA вулиця вул провулок
"""


def _table(lines: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines.strip().splitlines():
        country, words = line.split(None, 1)
        found |= dict.fromkeys(folded_words(words), country)
    return found


COUNTRY_BY_NAME = _table(_NAMES)
COUNTRY_BY_STREET = _table(_STREETS)
# Endings of one word.
COUNTRY_BY_ENDING = {"katu": "FI", "tie": "FI", "kuja": "FI", "iela": "LV"}
AUSTRALIAN_STATES = "nsw|vic|qld|tas|act|sa|wa|nt"
CANADIAN_PROVINCES = "on|qc|bc|ab|mb|sk|ns|nb|nl|pe"
US_STATES = (
    "al|ak|az|ar|ca|co|ct|de|fl|ga|hi|id|il|in|ia|ks|ky|la|me|md|ma|mi|mn|ms|mo|mt|ne|nv|nh|nj|nm|ny|nc|nd|oh|ok|or|pa|"
    "ri|sc|sd|tn|tx|ut|vt|va|wa|wv|wi|wy|dc"
)
UK_AREAS = (
    "ab|al|b|ba|bb|bd|bh|bl|bn|br|bs|bt|ca|cb|cf|ch|cm|co|cr|ct|cv|cw|da|dd|de|dg|dh|dl|dn|dt|dy|e|ec|eh|en|ex|fk|fy|g|gl|"
    "gu|ha|hd|hg|hp|hr|hs|hu|hx|ig|ip|iv|ka|kt|kw|ky|l|la|ld|le|ll|ln|ls|lu|m|me|mk|ml|n|ne|ng|nn|np|nr|nw|ol|ox|pa|pe|ph|"
    "pl|po|pr|rg|rh|rm|s|sa|se|sg|sk|sl|sm|sn|so|sp|sr|ss|st|sw|sy|ta|td|tf|tn|tq|tr|ts|tw|ub|w|wa|wc|wd|wf|wn|wr|ws|wv|yo|ze"
)
