"""The invented city of Orrava on its invented island in the Atlantic: its name, its frame and its best-known places."""

from geo_assign.simulate.geometry import Frame, LatLon, Point

CITY_NAME = "Orrava"
FRAME = Frame(LatLon(41.0, -30.0))
TIMEZONE = "Atlantic/Azores"

PLAZA: Point = (40, -330)

# Stations, markets and shops: where technicians wait for work.
HOT_SPOTS: dict[str, Point] = {
    "Plaza": PLAZA,
    "Fish Market": (900, -960),
    "North Station": (-430, 2200),
    "Castle Gate": (-1300, -60),
    "Commons Gate": (1120, 420),
    "Ferry Terminal": (2700, -900),
    "Southbank Market": (-560, -1750),
    "Saltmarsh Works": (-2600, -1500),
    "Lantern Lighthouse": (2000, -2500),
    "Eastmoor Parade": (3000, 700),
    "Weavers Hall": (-2250, 1350),
    "Highfield Clinic": (1350, 2150),
}
