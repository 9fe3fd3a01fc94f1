"""What is said of customers (S1)."""

from typing import Annotated

from pydantic import AfterValidator, EmailStr, StringConstraints

from models.messages.base import Message
from models.messages.placement import Line, Paragraph
from models.rules.customer import CustomerKind, e164
from models.rules.events import Language

Phone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40), AfterValidator(e164)]
"""Kept as E.164."""
ExternalId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
HouseNumber = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
PostalCode = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=12)]


class Address(Message):
    """Where letters go."""

    street: Line
    house_number: HouseNumber
    postal_code: PostalCode
    city: Line
    country: Country = "NL"


class Person(Message):
    """Who somebody says they are; without a language it is the operator's."""

    kind: CustomerKind
    name: Line
    email: EmailStr
    phone: Phone | None = None
    language: Language | None = None
    address: Address


class NewCustomer(Person):
    """``external_id`` is by what an outside CRM knows them."""

    external_id: ExternalId | None = None


class CustomerChange(Message):
    """What is left out stays as it is; an address is given as a whole."""

    kind: CustomerKind | None = None
    name: Line | None = None
    email: EmailStr | None = None
    phone: Phone | None = None
    language: Language | None = None
    address: Address | None = None
    external_id: ExternalId | None = None


class CustomerSearch(Message):
    """``q`` is part of a name, mail address, telephone number, postal code or city, or of a reference.

    It is sent in a body, so that no address has a name in it.
    """

    q: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=100)]


class NewContact(Message):
    name: Line
    function: Line | None = None
    email: EmailStr | None = None
    phone: Phone | None = None


class NewNote(Message):
    text: Paragraph


class ImportedCustomer(Address):
    """A row of a list of customers. One with an ``external_id`` that is known changes that customer."""

    kind: CustomerKind = CustomerKind.PERSON
    name: Line
    email: EmailStr
    phone: Phone | None = None
    language: Language | None = None
    external_id: ExternalId | None = None

    @property
    def customer(self) -> NewCustomer:
        said = self.model_dump(exclude=set(Address.model_fields))
        return NewCustomer(address=Address(**self.model_dump(include=set(Address.model_fields))), **said)
