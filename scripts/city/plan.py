"""The plan of Orrava: what a seed does not change.

Everything is drawn by hand as control points in metres east and north of the city's middle; curves go through them.
The side streets, blocks, names and house numbers are grown from a seed by the modules that read this plan.
"""

import math
from dataclasses import dataclass
from typing import Literal

from geo_assign.simulate.geometry import Line, Point
from geo_assign.simulate.places import PLAZA

SEA_REACH_M = 60_000.0


@dataclass(frozen=True)
class District:
    """A part of the city: where it is, how its grid lies, how wide its blocks are, what its post codes start with."""

    name: str
    centre: Point
    reach_m: float
    angle_deg: float
    block_m: tuple[float, float]
    postcode: str


@dataclass(frozen=True)
class MainRoad:
    """A main road; it may cross water, on a bridge that bears the given name."""

    name: str
    controls: tuple[Point, ...]
    ring: bool = False
    crosses_water: bool = False


@dataclass(frozen=True)
class Park:
    """A park, wood or heath. One with an edge street is walked around; nothing is built inside."""

    name: str
    outline: tuple[Point, ...]
    edge_street: str = ""


@dataclass(frozen=True)
class Caption:
    """A name written on the map."""

    name: str
    at: Point
    kind: Literal["district", "water", "park", "village"]


ISLAND: Line = [
    (-6700, 3300), (-5400, 4650), (-3600, 5250), (-1900, 4950), (-300, 5600), (1700, 5300), (3200, 4600),
    (4700, 4750), (5900, 3700), (6250, 2300), (5750, 1200), (6100, 200), (5550, -650), (4650, -1050), (4050, -1120),
    (3560, -1330), (3330, -1800), (3480, -2350), (3050, -2900), (2550, -3420), (1750, -3330), (900, -3080),
    (-100, -3260), (-1250, -3080), (-2250, -3230), (-3150, -2750), (-4000, -2350), (-4550, -1500), (-5600, -900),
    (-6500, -250), (-6250, 900), (-6900, 1900),
]  # fmt: skip

RIVER: Line = [
    (-5550, 1850), (-5050, 1480), (-4700, 900), (-4150, 420), (-3500, 230), (-2900, -180), (-2250, -640),
    (-1550, -900), (-900, -1010), (-300, -920), (300, -960), (850, -1180), (1450, -1400), (2100, -1420),
    (2700, -1500), (3150, -1560), (3700, -1640),
]  # fmt: skip
RIVER_HALF_WIDTHS_M = [
    10, 16, 24, 30, 36, 44, 52, 56, 58, 60, 64, 68, 76, 92, 120, 170, 230,
]  # fmt: skip

# Still waters: harbour basins are cut square, ponds are round.
DOCKS: dict[str, Line] = {
    "Netmakers Dock": [(2010, -1380), (2075, -1010), (2255, -1040), (2195, -1400)],
    "Rope Dock": [(2420, -1420), (2465, -1120), (2625, -1145), (2590, -1440)],
}
PONDS: dict[str, Line] = {
    "Upper Mere": [(-6050, 1750), (-5750, 2150), (-5350, 2050), (-5250, 1700), (-5600, 1420), (-5950, 1450)],
    "Swan Mere": [(1290, 760), (1420, 960), (1640, 1010), (1800, 900), (1730, 730), (1540, 690), (1400, 640)],
    "Kettle Pond": [(-3900, 2050), (-3720, 2200), (-3560, 2080), (-3640, 1900), (-3830, 1890)],
}

DISTRICTS = (
    District("Old Quay", (30, -480), 620, 10, (78, 96), "9400"),
    District("Castle Hill", (-1650, 250), 900, 28, (104, 150), "9402"),
    District("Northgate", (-500, 1650), 1000, -9, (108, 176), "9404"),
    District("Weavers", (-2350, 1250), 850, 47, (100, 160), "9406"),
    District("Parkside", (1300, 60), 900, -21, (106, 172), "9408"),
    District("Highfield", (1250, 2150), 900, 31, (126, 190), "9410"),
    District("Eastmoor", (3050, 1000), 1000, 8, (124, 196), "9412"),
    District("Harbour", (2750, -420), 900, -14, (122, 210), "9414"),
    District("Southbank", (-500, -1850), 900, 4, (104, 160), "9416"),
    District("Saltmarsh", (-2700, -1450), 900, -33, (118, 184), "9418"),
    District("Lantern Point", (1750, -2400), 900, 24, (112, 174), "9420"),
    District("Hallow End", (-950, 4250), 420, 17, (130, 190), "9430"),
    District("Sandling", (5000, 2850), 430, -25, (130, 190), "9432"),
    District("Whin Bay", (-5000, -750), 400, 30, (130, 190), "9434"),
)
VILLAGES = ("Hallow End", "Sandling", "Whin Bay")

# Side streets grow inside these outlines only.
BUILT_UP: tuple[Line, ...] = (
    [
        (-3500, 650), (-3350, 1500), (-2950, 2150), (-2050, 2350), (-1500, 2700), (-500, 2900), (600, 2750),
        (1500, 3000), (2350, 2600), (3000, 2150), (3750, 1950), (4250, 1200), (4250, 300), (4450, -500), (4300, -1300),
        (3560, -1500), (3600, -2000), (3700, -2500), (3000, -3300), (1900, -3600), (900, -3400), (-100, -3600),
        (-1250, -3400), (-2250, -3500), (-3300, -2950), (-4150, -2100), (-3950, -1100), (-3500, -400), (-3700, 100),
    ],
    [(-1350, 4000), (-1250, 4500), (-900, 4680), (-550, 4520), (-520, 4050), (-850, 3850)],
    [(4600, 2700), (4700, 3150), (5150, 3300), (5500, 3000), (5400, 2550), (4950, 2450)],
    [(-5400, -700), (-5100, -350), (-4650, -450), (-4600, -900), (-4900, -1080), (-5300, -930)],
)  # fmt: skip

MAIN_ROADS = (
    MainRoad(
        "Ring Road",
        (
            (-2950, -750), (-2960, -150), (-3020, 600), (-2850, 1350), (-2300, 1900), (-1450, 2280), (-450, 2480),
            (600, 2450), (1500, 2330), (2350, 1850), (2800, 1150), (2950, 300), (3000, -450), (2900, -1000),
            (2560, -1900), (2250, -2350), (1500, -2640), (450, -2560), (-600, -2580), (-1700, -2500), (-2500, -1950),
            (-2880, -1350),
        ),
        ring=True,
        crosses_water=True,
    ),
    MainRoad(
        "Grand Avenue",
        ((-1050, -2560), (-700, -1850), (-330, -1150), PLAZA, (700, 430), (1150, 1500), (1420, 2340), (1800, 3300),
         (2000, 3950), (2150, 4570)),
        crosses_water=True,
    ),
    MainRoad("North Road", (PLAZA, (-120, 450), (-330, 1300), (-480, 2480), (-800, 3400), (-930, 4250), (-600, 5000))),
    MainRoad(
        "Castle Street",
        (PLAZA, (-600, -190), (-1250, -40), (-1950, 420), (-2900, 1150), (-4050, 1700), (-4700, 2700), (-5900, 3300)),
    ),
    MainRoad("East Avenue", (PLAZA, (800, -180), (1650, 100), (2380, 170), (2950, 300), (4200, 650), (5400, 750))),
    MainRoad("Sandling Road", ((2620, 1500), (3500, 2000), (4300, 2550), (5000, 2850), (5700, 3300))),
    MainRoad(
        "Mill Street", ((-2300, 1900), (-1900, 1050), (-1720, 330), (-1610, -500), (-1540, -1250), (-1500, -2520)),
        crosses_water=True,
    ),
    MainRoad(
        "Customs Street",
        ((1090, 1330), (1010, 800), (1020, 100), (1130, -700), (1230, -1700), (1330, -2620)),
        crosses_water=True,
    ),
    MainRoad("Whin Road", ((-2900, -1200), (-3700, -1250), (-4350, -950), (-5000, -700), (-5900, -420))),
    MainRoad("Crescent", ((-930, -900), (-880, -130), (-420, 420), (200, 640), (830, 560), (1310, 220), (1400, -500),
                          (1330, -1180))),
    MainRoad("Lantern Road", ((1230, -1950), (1900, -2480), (2480, -3050))),
    MainRoad("Hallow Road", ((-930, 4250), (-100, 4450), (1000, 4620), (2150, 4570), (3300, 4420), (4350, 3900),
                             (5000, 2850))),
    MainRoad("Heath Road", ((5000, 2850), (5420, 1950), (4980, 1250), (5020, 710), (5300, 100), (4900, -450),
                            (4400, -700))),
    MainRoad("Mere Road", ((-4480, 2350), (-4250, 3300), (-3650, 4350), (-2500, 4600), (-1700, 4480), (-930, 4250))),
    MainRoad("Harbour Way", ((1370, -1130), (1900, -880), (2400, -930), (2920, -800), (3700, -780), (4400, -700))),
)  # fmt: skip

# The streets on the two banks run this far from the water's edge.
QUAY_SETBACK_M = 26.0
NORTH_QUAY, SOUTH_QUAY, PROMENADE = "Quay Street", "Strand", "Promenade"
# The promenade keeps this far from the sea.
BEACH_M = 55.0

PARKS = (
    Park("The Commons", ((1130, 520), (1120, 900), (1260, 1250), (1560, 1330), (1900, 1230), (2060, 900), (1990, 560),
                         (1760, 420), (1400, 380)), edge_street="Commons Walk"),
    Park("Castle Park", ((-1620, 640), (-1350, 800), (-1060, 720), (-960, 420), (-1080, 190), (-1340, 150),
                         (-1580, 330)), edge_street="Rampart Walk"),
    Park("Orra Meadows", ((-2620, -560), (-2050, -870), (-1650, -990), (-1640, -1240), (-2080, -1190),
                          (-2560, -930))),
    Park("Northwood", ((-2900, 2500), (-2300, 2600), (-1750, 2900), (-1250, 3300), (-1500, 3950), (-2300, 4150),
                       (-3200, 3700), (-3350, 2950))),
    Park("Moor Heath", ((3250, 1450), (3750, 1500), (4200, 1650), (4400, 2150), (4150, 2400), (3550, 1800),
                        (3130, 1750)),),
    Park("Lantern Green", ((1950, -2800), (2280, -2760), (2560, -3000), (2500, -3250), (2100, -3220), (1900, -3020)),
         edge_street="Lantern Green"),
    Park("Merewood", ((-6100, 2200), (-5300, 2350), (-4850, 2150), (-4500, 2900), (-4900, 3700), (-5700, 3900),
                      (-6300, 3200))),
    Park("Gorse Down", ((2500, 3300), (3300, 3150), (4000, 3500), (3900, 4150), (3000, 4250), (2300, 4000))),
    Park("Cemetery Hill", ((150, 1250), (520, 1330), (780, 1180), (720, 880), (380, 800), (130, 960)),
         edge_street="Yew Walk"),
)  # fmt: skip

CAPTIONS = (
    *(Caption(d.name, d.centre, "village" if d.name in VILLAGES else "district") for d in DISTRICTS),
    Caption("Orra", (-620, -985), "water"),
    Caption("Orra", (1750, -1425), "water"),
    Caption("Orra", (-4400, 620), "water"),
    Caption("Harbour Mouth", (3700, -1750), "water"),
    Caption("Swan Mere", (1560, 850), "water"),
    Caption("Upper Mere", (-5650, 1800), "water"),
    Caption("Orrava Bay", (400, -4100), "water"),
    Caption("The Commons", (1560, 1130), "park"),
    Caption("Castle Park", (-1290, 480), "park"),
    Caption("Northwood", (-2350, 3300), "park"),
    Caption("Lantern Green", (2250, -3000), "park"),
    Caption("Moor Heath", (3800, 1850), "park"),
    Caption("Merewood", (-5500, 3050), "park"),
    Caption("Gorse Down", (3150, 3700), "park"),
    Caption("Orra Meadows", (-2140, -1020), "park"),
)


def rotation(district: District) -> float:
    """Return how the district's grid is turned, in radians."""
    return math.radians(district.angle_deg)
