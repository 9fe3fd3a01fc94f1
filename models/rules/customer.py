"""Whom the operator knows as a customer, and how they are reached (S1)."""

from enum import StrEnum

import phonenumbers


class CustomerKind(StrEnum):
    PERSON = "person"
    COMPANY = "company"


def e164(said: str) -> str:
    """A telephone number as it is kept (ITU-T E.164). Raises ValueError, with the remedy."""
    try:
        number = phonenumbers.parse(said)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise ValueError("This is no telephone number; write it with its country, such as +31 20 123 4567")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
