"""Whom the operator knows as a customer: a person or a company (S1)."""

from enum import StrEnum


class CustomerKind(StrEnum):
    PERSON = "person"
    COMPANY = "company"
