"""The people and partners that tests act as, made by the same use cases as in life."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher

from api.auth import tokens
from models.messages.access import NewApiKey, NewOrganisation, NewServiceAccount, NewUser
from models.messages.base import Actor
from models.messages.sat_template import NewSatTemplate
from models.messages.tender import NewProduct, NewTender, TenderLine
from models.messages.unit import HandOver, NewUnit
from models.rules.access import OrganisationKind, Permission, Role, reach
from models.rules.sat import Part, Question, QuestionKind
from models.store import organisations
from models.store.viewer import EVERYTHING
from models.tables.access import Organisation
from models.tables.tender import Product, Tender
from models.tables.unit import Unit
from models.usecases import access, sat_template, tender, unit
from models.usecases.work import Desk, Work

PASSWORD = "correct horse battery"
FACTORY_KEY = "0123456789ABCDEF0123"
# So that a hundred worlds are made in seconds; a login verifies whatever parameters a hash has.
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_TESTS = Actor(id=None, name="tests")

QUESTIONS = (
    Question(code="site_clean", part=Part.SITE, kind=QuestionKind.YES_NO, text="Is the site clean?", expected="yes"),
    Question(
        code="earth_resistance",
        part=Part.STATION,
        kind=QuestionKind.NUMBER,
        text="Earth resistance",
        unit="ohm",
        maximum="10",
    ),
    Question(code="photo_front", part=Part.STATION, kind=QuestionKind.PHOTO, text="The station from the street"),
)


@dataclass(frozen=True)
class Person:
    """Somebody who is logged in; ``headers`` go with their requests."""

    id: UUID
    name: str
    organisation_id: UUID
    headers: dict[str, str]
    email: str | None = None

    @property
    def actor(self) -> Actor:
        return Actor(id=self.id, name=self.name, organisation_id=self.organisation_id)


@dataclass(frozen=True)
class World:
    """``requester`` and ``other_requester`` are service accounts with API keys, everybody else has a login."""

    desk: Desk
    operator: Organisation
    municipality: Organisation
    other_municipality: Organisation
    installer: Organisation
    other_installer: Organisation
    service_partner: Organisation
    group_owner: Organisation
    administrator: Person
    operations: Person
    second_operations: Person
    warehouse: Person
    engineer: Person
    customer_care: Person
    second_customer_care: Person
    finance: Person
    super_user: Person
    requester: Person
    requester_user: Person
    other_requester: Person
    installer_user: Person
    other_installer_user: Person
    service_user: Person
    product: Product
    other_product: Product
    tender: Tender

    async def book_in(self, *hardware_ids: str, product: str = "", holder: Organisation | None = None) -> list[Unit]:
        """Units with these ids, in stock or handed over to ``holder``; their factory key is FACTORY_KEY."""
        async with self.desk.work(self.warehouse.actor, "test") as work:
            booked = [await self._unit(work, name, product or self.product.code) for name in hardware_ids]
            if holder is not None:
                booked = [await unit.hand_over(work, each, HandOver(installer_id=holder.id)) for each in hardware_ids]
        return booked

    async def _unit(self, work: Work, hardware_id: str, product: str) -> Unit:
        new = NewUnit(
            hardware_id=hardware_id,
            serial=f"SN-{hardware_id}",
            product=product,
            firmware="1.4.2",
            ocpp_identity=f"CP-{hardware_id}",
            factory_key=FACTORY_KEY,
        )
        return await unit.book_in(work, new, _QUICK.hash(FACTORY_KEY))


async def populate(desk: Desk) -> World:
    async with desk.work(_TESTS, "test") as work:
        operator = await organisations.operator(work.session)
        partners = {
            "municipality": await _partner(work, OrganisationKind.REQUESTER, "Gemeente Voorbeeld"),
            "other_municipality": await _partner(work, OrganisationKind.REQUESTER, "Gemeente Anders"),
            "installer": await _partner(work, OrganisationKind.INSTALLER, "Installatie BV"),
            "other_installer": await _partner(work, OrganisationKind.INSTALLER, "Monteurs BV"),
            "service_partner": await _partner(work, OrganisationKind.SERVICE_PARTNER, "Onderhoud BV"),
            "group_owner": await _partner(work, OrganisationKind.GROUP_OWNER, "Taxi BV"),
        }
        people = await _people(work, operator, partners)
        product, other_product, made = await _catalogue(work, partners)
    named: dict[str, Any] = {**partners, **people}
    return World(desk=desk, operator=operator, product=product, other_product=other_product, tender=made, **named)


async def _people(work: Work, operator: Organisation, partners: dict[str, Organisation]) -> dict[str, Person]:
    staff = {
        "administrator": ("Ada Administration", Role.ADMINISTRATION),
        "operations": ("Olga Operations", Role.OPERATIONS),
        "second_operations": ("Otto Operations", Role.OPERATIONS),
        "warehouse": ("Wim Warehouse", Role.WAREHOUSE),
        "engineer": ("Eva Engineer", Role.ENGINEER),
        "customer_care": ("Carla Care", Role.CUSTOMER_CARE),
        "second_customer_care": ("Cas Care", Role.CUSTOMER_CARE),
        "finance": ("Fien Finance", Role.FINANCE),
    }
    people = {name: await user(work, operator, *said) for name, said in staff.items()}
    people["requester"] = await service_account(work, partners["municipality"], "City system", Role.REQUESTER)
    people["other_requester"] = await service_account(work, partners["other_municipality"], "Town", Role.REQUESTER)
    people["requester_user"] = await user(work, partners["municipality"], "Rita Requester", Role.REQUESTER)
    people["installer_user"] = await user(work, partners["installer"], "Iris Installer", Role.INSTALLER)
    people["other_installer_user"] = await user(work, partners["other_installer"], "Ivo Installer", Role.INSTALLER)
    people["service_user"] = await user(work, partners["service_partner"], "Sam Service", Role.SERVICE_PARTNER)
    people["super_user"] = await user(work, partners["group_owner"], "Suze Super", Role.SUPER_USER)
    return people


async def _catalogue(work: Work, partners: dict[str, Organisation]) -> tuple[Product, Product, Tender]:
    product = await tender.add_product(work, _product("DUO-22", "Duo"))
    other = await tender.add_product(work, _product("SOLO-11", "Solo"))
    for each in (product, other):
        await sat_template.add_version(work, each, NewSatTemplate(questions=QUESTIONS))
    new = NewTender(
        code="T-2026-1",
        name="Street charging 2026",
        requester_id=partners["municipality"].id,
        installer_id=partners["installer"].id,
        service_partner_id=partners["service_partner"].id,
        products=(TenderLine(product=product.code),),
    )
    return product, other, await tender.add_tender(work, new)


def _product(code: str, model: str) -> NewProduct:
    return NewProduct(
        code=code, brand="Voltwerk", model=model, product_type="street post", connectors=2, max_power_w=22_000
    )


async def _partner(work: Work, kind: OrganisationKind, name: str) -> Organisation:
    return await access.add_organisation(work, NewOrganisation(kind=kind, name=name))


async def user(work: Work, organisation: Organisation, name: str, *roles: Role) -> Person:
    """Somebody with the password PASSWORD, who is logged in."""
    email = f"{name.split(maxsplit=1)[0].lower()}@{organisation.id.hex}.example"
    new = NewUser(organisation_id=organisation.id, name=name, email=email, password=PASSWORD, roles=frozenset(roles))
    principal = await access.add_user(work, new, _QUICK.hash(PASSWORD), EVERYTHING)
    token = tokens.new_session_token()
    await access.open_session(work, principal, tokens.hash_of(token))
    return Person(principal.id, name, organisation.id, _bearer(token), email)


async def service_account(
    work: Work, organisation: Organisation, name: str, role: Role, scopes: frozenset[Permission] | None = None
) -> Person:
    """A program with an API key, of all that its role allows where no ``scopes`` are given."""
    new = NewServiceAccount(organisation_id=organisation.id, name=name, roles=frozenset({role}))
    account = await access.add_service_account(work, new, EVERYTHING)
    secret = tokens.new_api_key()
    wanted = scopes or frozenset(each for each in Permission if reach(frozenset({role}), None, each))
    key = NewApiKey(name="key", scopes=wanted)
    await access.issue_key(work, account.id, key, tokens.hash_of(secret), EVERYTHING)
    return Person(account.id, name, organisation.id, _bearer(secret))


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}
