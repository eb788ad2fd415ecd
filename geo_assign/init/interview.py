"""What must be known to set a company up, from options, and from the person where they leave something out."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import click
from pydantic import TypeAdapter

from geo_assign.core.email_addresses import EmailAddress
from geo_assign.init.founding import slug_of
from geo_assign.init.reading import read_as, read_location, read_provider, read_timezone
from geo_assign.seed.document import Name, Slug

Answers = Mapping[str, object]


@dataclass(frozen=True)
class SetupQuestion:
    """One thing to know: the option that says it, how it is asked for, and what a good answer is."""

    option: str
    asks: str
    read: Callable[[str], object]
    needed: bool = True
    hidden: bool = False


SLUG = SetupQuestion("slug", "Its short name to log in with", partial(read_as, TypeAdapter(Slug)))
QUESTIONS = (
    SetupQuestion("organization", "Organization, as people read it", partial(read_as, TypeAdapter(Name))),
    SLUG,
    SetupQuestion("timezone", "Time zone of the first store", read_timezone),
    SetupQuestion("store", "Name of the first store", partial(read_as, TypeAdapter(Name))),
    SetupQuestion("location", "Where it is: latitude, longitude", read_location),
    SetupQuestion("email", "E-mail of the administrator", partial(read_as, TypeAdapter(EmailAddress))),
    SetupQuestion(
        "technician",
        "E-mail of a first technician (Enter: later)",
        partial(read_as, TypeAdapter(EmailAddress)),
        needed=False,
    ),
    SetupQuestion("map_provider", "Map key: provider (Enter: later)", read_provider, needed=False),
    SetupQuestion("map_key", "Map key: the secret (Enter: none)", str, needed=False, hidden=True),
)


class Interview:
    """Asks for what the options leave out, again and again until the answer is good.

    `is_free` raises ValueError for a slug that another organization has. When all that is needed is given, nothing is
    asked.
    """

    def __init__(self, given: Mapping[str, str | None], *, is_free: Callable[[str], None]) -> None:
        self._given = {name: text.strip() for name, text in given.items() if text is not None and text.strip()}
        self._is_free = is_free
        self._answers: dict[str, object] = {}
        self._ended = False

    def hold(self) -> Answers:
        """The answers by the questions' names. Raises UsageError for options that are wrong, all of them at once."""
        self._read_options()
        if "slug" not in self._answers:
            self._make_slug()
        if not self._lacking():
            return self._answers
        for one in QUESTIONS:
            if one.option not in self._answers and self._is_open(one):
                self._ask(one)
        if lacking := self._lacking():
            options = ", ".join(f"--{option}" for option in lacking)
            raise click.UsageError(f"Not known yet: {options}. Give it as an option, or answer at a terminal.")
        return self._answers

    def _lacking(self) -> list[str]:
        return [one.option for one in QUESTIONS if one.needed and one.option not in self._answers]

    def _is_open(self, one: SetupQuestion) -> bool:
        """Whether there is still an answer to expect, and the answers so far leave it open."""
        if self._ended:
            return False
        if one.option == "slug":
            return "organization" in self._given or not self._make_slug()
        return one.option != "map_key" or "map_provider" in self._answers

    def _make_slug(self) -> bool:
        """Whether the organization's name makes one that is free."""
        made = slug_of(str(self._answers.get("organization", "")))
        return bool(made) and self._is_good(SLUG, made)

    def _read_options(self) -> None:
        wrong = []
        for one in QUESTIONS:
            if one.option in self._given:
                try:
                    self._answers[one.option] = self._read(one, self._given[one.option])
                except ValueError as error:
                    wrong.append(f"--{one.option.replace('_', '-')}: {error}")
        if wrong:
            raise click.UsageError("\n".join(wrong))

    def _is_good(self, one: SetupQuestion, text: str) -> bool:
        try:
            self._answers[one.option] = self._read(one, text)
        except ValueError as error:
            click.echo(str(error), err=True)
            return False
        return True

    def _ask(self, one: SetupQuestion) -> None:
        # Without a terminal the answers come down a pipe, where nothing can be hidden.
        hidden = one.hidden and sys.stdin.isatty()
        while not self._ended:
            try:
                text = click.prompt(one.asks, default="", show_default=False, hide_input=hidden, err=True).strip()
            except click.Abort:
                if sys.stdin.isatty():
                    raise
                # What comes next stands on a line of its own, not behind the question.
                click.echo(err=True)
                self._ended = True
                return
            if not (text or one.needed) or (text and self._is_good(one, text)):
                return

    def _read(self, one: SetupQuestion, text: str) -> object:
        answer = one.read(text)
        if one.option == "slug":
            self._is_free(text)
        if one.option == "technician" and str(answer).casefold() == str(self._answers.get("email")).casefold():
            raise ValueError("This is the administrator's: each user has an e-mail address of their own.")
        return answer
