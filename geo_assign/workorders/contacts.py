"""What customers type as phone number and e-mail address, and the normalised form that can be read of it.

The text stays as it was typed. A form beside it is for dialling, writing and finding: none can be read of "ask the
neighbour", and no lead is worth less for that.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from phonenumbers import (
    Leniency,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberMatcher,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    is_valid_number,
    national_significant_number,
)

from geo_assign.workorders.domain import Customer

_DIALLED_BEFORE = re.compile(r"(?<!\d)[*#]{1,2}\d{1,3}[*#]+")  # such as *31#, which hides the caller's own number
_WORD_FOR_EXTENSION = re.compile(
    r"[,;]?\s*\b(?:durchwahl|dw|ramal|poste|interno|toestel|wew)\b[.:]?\s*(?=\d{1,6}\b)", re.IGNORECASE
)
_DIALLED_ABROAD = re.compile(r"^([^\d+]*)00(?=[1-9])")
_HOST = r"[^\s<>()\[\],;:\"@?!/&=#.]+"
_ADDRESS = re.compile(rf"[^\s<>()\[\],;:\"@]+@{_HOST}(?:\.{_HOST})+")
_FEWEST_DIGITS = 5  # fewer are a floor, a time or an age
_MOST_TRIES = 40


@dataclass(frozen=True, slots=True)
class Contact:
    """A customer with the normalised forms, and every number of the text in E.164, separated by blanks, to search."""

    customer: Customer
    phones: str


def read_contact(given: Customer, country: str | None) -> Contact:
    """Read the forms of what a customer typed. `country`: two letters, of numbers without their country's code.

    `phone_e164` and `phone_extension` are the first number's; what cannot be read is None, and of nothing nothing is
    read.
    """
    numbers = list(_numbers(given.get("phone") or "", country))
    e164s = [format_number(number, PhoneNumberFormat.E164) for number in numbers]
    customer: Customer = {**given}
    if given.get("phone"):
        first = numbers[0] if numbers else None
        customer |= {
            "phone_e164": e164s[0] if e164s else None,
            "phone_extension": None if first is None else first.extension,
        }
    if email := given.get("email"):
        customer |= {"email_normalized": find_email(email)}
    return Contact(customer, " ".join(dict.fromkeys(e164s)))


def find_email(text: str) -> str | None:
    """The first e-mail address of a text, in small letters."""
    found = _ADDRESS.search(_plain(text))
    return None if found is None else found[0].strip(".'").lower()


def list_phones(text: str, country: str | None) -> list[str]:
    """The phone numbers of a text in E.164, in its order."""
    return [format_number(number, PhoneNumberFormat.E164) for number in _numbers(text, country)]


def _numbers(text: str, country: str | None) -> Iterator[PhoneNumber]:
    plain = _WORD_FOR_EXTENSION.sub(" ext. ", _DIALLED_BEFORE.sub(" ", _plain(text)))
    # Where 00 is no way to dial abroad, or no country is known, it stands for the + all the same.
    found = [*_matches(plain, country)] or [*_matches(_DIALLED_ABROAD.sub(r"\1+", plain), country)]
    yield from found


def _matches(text: str, country: str | None) -> Iterator[PhoneNumber]:
    for match in PhoneNumberMatcher(text, country, leniency=Leniency.POSSIBLE, max_tries=_MOST_TRIES):
        if _is_whole(match.number):
            yield match.number


def _is_whole(number: PhoneNumber) -> bool:
    """Whether it can be dialled from anywhere: as long as its country's numbers are, in a range known or not."""
    national = national_significant_number(number)
    return (
        len(national) >= _FEWEST_DIGITS
        and is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
        # A zero in front is another country's way to dial, but where the numbers themselves begin so, as in Italy.
        and (not national.startswith("0") or is_valid_number(number))
    )


def _plain(text: str) -> str:
    """The text with ASCII digits, hyphens and blanks, and without marks that are not seen."""
    return "".join(map(_plain_character, unicodedata.normalize("NFKC", text)))


def _plain_character(character: str) -> str:
    if character.isascii():
        return character
    if (digit := unicodedata.decimal(character, None)) is not None:
        return str(digit)
    match unicodedata.category(character):
        case "Cf":
            return ""
        case "Pd":
            return "-"
        case "Zs":
            return " "
    return "-" if character == "\N{MINUS SIGN}" else character
