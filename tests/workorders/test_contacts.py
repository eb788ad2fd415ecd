"""What customers type as phone number and e-mail address is kept, and read where it can be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.workorders.contacts import find_email, list_phones, read_contact

NBSP, DASH, MINUS, LRM = "\N{NO-BREAK SPACE}", "\N{EN DASH}", "\N{MINUS SIGN}", "\N{LEFT-TO-RIGHT MARK}"


@pytest.mark.parametrize(
    ("text", "country", "numbers"),
    [
        ("0299 123 45 67", "DE", ["+492991234567"]),
        (f"0151{DASH}7654321", "DE", ["+491517654321"]),
        (f"030{MINUS}901820", "DE", ["+4930901820"]),
        (f"+351{NBSP}912{NBSP}345{NBSP}678", "BR", ["+351912345678"]),
        ("tel:+351912345678", "PT", ["+351912345678"]),
        ("Tel. 912 345 678", "PT", ["+351912345678"]),
        ("912345678 (neighbour, 2nd floor)", "PT", ["+351912345678"]),
        ("*31#030901820", "DE", ["+4930901820"]),
        ("#31#030 901820", "DE", ["+4930901820"]),
        ("030/901820 u. 0170/7654321", "DE", ["+4930901820", "+491707654321"]),
        ("912345678, 220123456", "PT", ["+351912345678", "+351220123456"]),
        ("912345678\n220123456", "PT", ["+351912345678", "+351220123456"]),
        ("\N{ARABIC-INDIC DIGIT ZERO}612345678", "FR", ["+33612345678"]),
        ("".join(chr(ord("٠") + int(digit)) for digit in "0612345678"), "FR", ["+33612345678"]),
        ("".join(chr(ord("０") + int(digit)) for digit in "0312345678"), "JP", ["+81312345678"]),
        ("".join(chr(ord("०") + int(digit)) for digit in "9810123456"), "IN", ["+919810123456"]),
        (f"{LRM}+44 (0)20 7946 0123", "PT", ["+442079460123"]),
        ("\N{RIGHT-TO-LEFT EMBEDDING}912345678\N{POP DIRECTIONAL FORMATTING}", "PT", ["+351912345678"]),
        ("0044 20 7946 0123", "PT", ["+442079460123"]),
        ("0044 20 7946 0123", "US", ["+442079460123"]),
        ("0044 20 7946 0018", None, ["+442079460018"]),
        ("011 44 20 7946 0123", "US", ["+442079460123"]),
        ("(212) 555-0123", "US", ["+12125550123"]),
        ("030 901820", "PT", []),
        ("06 698 12345", "IT", ["+390669812345"]),
        ("912345678", None, []),
        ("555-0123", "US", []),
        ("none", "PT", []),
        ("ask at 17:30, 3rd floor", "PT", []),
        ("030 901820 ab 18h", "DE", ["+4930901820"]),
        ("112", "DE", []),
        ("+99999999999999999999", "PT", []),
        ("", "PT", []),
    ],
)
def test_the_numbers_of_a_text_are_read_in_the_country_of_the_store(
    text: str, country: str | None, numbers: list[str]
) -> None:
    assert list_phones(text, country) == numbers


@pytest.mark.parametrize(
    ("text", "country", "extension"),
    [
        ("02 9999 4321 ext. 12", "AU", "12"),
        ("02 9999 4321 x7", "AU", "7"),
        ("+1 212 555 0123;ext=345", "PT", "345"),
        ("8 (495) 123-45-67 доб. 12", "RU", "12"),
        ("030 901820 Durchwahl 44", "DE", "44"),
        ("030 901820 DW: 44", "DE", "44"),
        ("01 42 68 53 00 poste 21", "FR", "21"),
        ("030 901820", "DE", None),
    ],
)
def test_an_extension_is_a_member_of_its_own(text: str, country: str, extension: str | None) -> None:
    contact = read_contact({"name": "Mia", "phone": text}, country)
    assert contact.customer["phone_extension"] == extension
    assert contact.customer["phone_e164"] == contact.phones
    assert len(contact.phones) in range(11, 14)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mia@example.com", "mia@example.com"),
        ("Mia Reis <Mia.Reis@Example.COM>", "mia.reis@example.com"),
        ("mia@example.com, rui@example.com", "mia@example.com"),
        ("mailto:mia@example.com?subject=x", "mia@example.com?subject=x".partition("?")[0]),
        ("mia@example.com.", "mia@example.com"),
        (f"{LRM}mia@example.com{NBSP}", "mia@example.com"),
        ("mia\N{FULLWIDTH COMMERCIAL AT}example.com", "mia@example.com"),
        ("mia@bücher.example", "mia@bücher.example"),
        ("none", None),
        ("mia at example.com", None),
        ("mia@localhost", None),
        ("@", None),
    ],
)
def test_the_first_address_of_a_text_is_read(text: str, found: str | None) -> None:
    assert find_email(text) == found


@given(phone=st.text(max_size=80), email=st.text(max_size=80), country=st.sampled_from(["PT", "US", "DE", "IN", None]))
def test_whatever_is_typed_stays_and_what_is_read_of_it_can_be_dialled(
    phone: str, email: str, country: str | None
) -> None:
    contact = read_contact({"name": "Mia", "phone": phone, "email": email}, country)
    assert (contact.customer["phone"], contact.customer["email"]) == (phone, email)
    for number in contact.phones.split():
        assert number[0] == "+"
        assert number[1:].isascii()
        assert number[1:].isdigit()
    assert contact.customer.get("phone_e164") == (contact.phones.split() or [None])[0]
