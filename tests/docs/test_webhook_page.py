"""The page about webhooks lists what is really sent: its tables are those of the event classes."""

import re

from geo_assign.core.wire import Member
from geo_assign.webhooks.domain import OUTGOING_EVENTS, OutgoingEvent
from tests.docs.pages import page

PAGE = page("docs/webhooks.md")
_ROW = re.compile(r"^\| `((?:work_order|technician|organization)\.\w+)` \|.*$", re.MULTILINE)


def named(members: list[Member]) -> str:
    return ", ".join(f"`{member.name}`" for member in members)


def row(event: OutgoingEvent) -> str:
    """An event's line of the table."""
    members = list(event.data if event.detail is None else event.detail)
    always = named([member for member in members if not member.optional])
    at_times = named([member for member in members if member.optional])
    told = "; ".join(part for part in (always, f"at times {at_times}" if at_times else "") if part)
    where = "no `detail`: " if event.detail is None else ""
    return f"| `{event.name}` | {event.sent_when} | {where}{told or 'nothing'} |"


def test_every_event_has_its_line_and_no_other_is_told() -> None:
    assert [found.group(0) for found in _ROW.finditer(PAGE.text)] == [row(event) for event in OUTGOING_EVENTS.values()]


def test_every_member_has_one_meaning_which_the_page_tells() -> None:
    told = {
        f"| `{member.name}` | {member.meaning} |" for event in OUTGOING_EVENTS.values() for member in event.detail or ()
    }
    names = [line.split("|")[1] for line in told]
    assert sorted(names) == sorted(set(names))
    assert all(member.meaning for event in OUTGOING_EVENTS.values() for member in event.detail or ())
    section = PAGE.text.split("### The members of `detail`")[1].split("\n##")[0]
    assert set(re.findall(r"^\| `.*$", section, re.MULTILINE)) == told
