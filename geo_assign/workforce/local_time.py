"""A store's local time: days of 23, 24 or 25 hours, wall times that do not exist, and those that happen twice."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from geo_assign.core.errors import InvalidError

_SECOND = timedelta(seconds=1)
_MIDNIGHT = time(0, 0)


class UnknownTimezoneError(InvalidError):
    """This is not an IANA time zone.

    Or it is one that the database does not know.
    """

    code = "unknown_timezone"


class WallTimeDoesNotExistError(InvalidError):
    """The clocks of this zone skip that time.

    `next_valid` is the next time that they show.
    """

    code = "wall_time_does_not_exist"


def get_zone(name: str) -> ZoneInfo:
    """The zone of this IANA name. Raises UnknownTimezoneError."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise UnknownTimezoneError(f"{name!r} is not an IANA time zone.") from error


def as_instant(given: datetime, zone: ZoneInfo) -> datetime:
    """`given` in UTC: with an offset that instant, without one the wall time of `zone`.

    A wall time that happens twice is the first. Raises WallTimeDoesNotExistError, with the next valid one, for a wall
    time that the zone skips.
    """
    if given.tzinfo is not None:
        return given.astimezone(UTC)
    instant = local_instant(given, zone)
    if instant.astimezone(zone).replace(tzinfo=None) != given:
        valid = instant.astimezone(zone)
        raise WallTimeDoesNotExistError(
            f"{given.isoformat()} does not exist in {zone.key}: the next valid time is {valid.isoformat()}.",
            next_valid=valid.isoformat(),
        )
    return instant


def local_day(instant: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The local day that `instant` lies in, [start, end) in UTC: until the next local midnight, never +24 h."""
    today = instant.astimezone(zone).date()
    start = local_instant(datetime.combine(today, _MIDNIGHT), zone)
    end = local_instant(datetime.combine(today + timedelta(days=1), _MIDNIGHT), zone)
    return start, end


def local_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which the zone's clocks show `wall`, or, where they skip it, the first one after."""
    before, after = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    early, late = sorted((before.astimezone(UTC), after.astimezone(UTC)))
    if early.astimezone(zone).replace(tzinfo=None) == wall:
        return early
    if late.astimezone(zone).replace(tzinfo=None) == wall:
        return late
    return _change(early, late, zone)


def _change(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """The instant between the two, to the second, at which the zone's offset changes."""
    offset = late.astimezone(zone).utcoffset()
    early, late = early.replace(microsecond=0), late.replace(microsecond=0)
    while late - early > _SECOND:
        middle = early + (late - early) // _SECOND // 2 * _SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            late = middle
        else:
            early = middle
    return late
