"""The keys that the texts of every language have, and how a language writes a day."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class MailText:
    """A mail that carries a link.

    Both may hold `{organization}`; `body` also `{name}`, `{slug}`, `{link}` and `{until}`, the link on its own line.
    """

    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTexts:
    """All texts of one language. `months` begin with January, `weekdays` with Monday.

    Titles of pushes hold `{number}`, the work order's. `day` holds `{day}`, `{month}`, `{year}` and `{clock}`, `slot`
    `{weekday}`, `{day}`, `{month}`, `{start}` and `{end}`, `answer_by` `{clock}`.
    """

    invitation: MailText
    password_reset: MailText
    offer: str
    offer_withdrawn: str
    assigned: str
    unassigned: str
    answer_by: str
    day: str
    slot: str
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    weekdays: tuple[str, ...]

    def day_of(self, day: date, *, clock: str) -> str:
        """A day with its year, and a time of day."""
        return self.day.format(day=day.day, month=self.months[day.month - 1], year=day.year, clock=clock)

    def slot_on(self, day: date, *, start: str, end: str) -> str:
        """From when to when on which day, in short."""
        weekday, month = self.weekdays[day.weekday()], self.short_months[day.month - 1]
        return self.slot.format(weekday=weekday, day=day.day, month=month, start=start, end=end)
