"""What is asked for organisations, people and service accounts."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, EmailStr, Field, SecretStr

from models.messages.base import Message
from models.messages.placement import Line
from models.rules.access import OrganisationKind, Permission, Role

PASSWORD_MIN, PASSWORD_MAX = 12, 128


def _long_enough(password: SecretStr) -> SecretStr:
    if not PASSWORD_MIN <= len(password.get_secret_value()) <= PASSWORD_MAX:
        raise ValueError(f"Choose a password of {PASSWORD_MIN} to {PASSWORD_MAX} characters")
    return password


def _not_the_operator(kind: OrganisationKind) -> OrganisationKind:
    if kind is OrganisationKind.OPERATOR:
        raise ValueError("There is one operator, and it is there already")
    return kind


Roles = Annotated[frozenset[Role], Field(min_length=1, max_length=len(Role))]


class LogIn(Message):
    email: Annotated[str, Field(min_length=3, max_length=320)]
    password: Annotated[SecretStr, Field(max_length=PASSWORD_MAX)]


class NewOrganisation(Message):
    """``email`` is where people of the organisation are reached."""

    kind: Annotated[OrganisationKind, AfterValidator(_not_the_operator)]
    name: Line
    email: EmailStr | None = None
    language: Literal["en", "nl"] = "en"


class NewUser(Message):
    organisation_id: UUID
    name: Line
    email: EmailStr
    password: Annotated[SecretStr, AfterValidator(_long_enough)]
    roles: Roles


class UserChange(Message):
    """What is left out stays as it is."""

    name: Line | None = None
    roles: Roles | None = None


class OrganisationChange(Message):
    """What is left out stays as it is; its kind always does."""

    name: Line | None = None
    email: EmailStr | None = None
    language: Literal["en", "nl"] | None = None


class NewServiceAccount(Message):
    organisation_id: UUID
    name: Line
    roles: Roles


class NewApiKey(Message):
    name: Line
    scopes: Annotated[frozenset[Permission], Field(min_length=1, max_length=len(Permission))]
    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """None: as many as every key may."""
