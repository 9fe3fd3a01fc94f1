"""Who and what belongs to a group: its people, cards and stations (S6)."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from api import decisions
from api.auth.access import Access
from api.auth.attempts import personal
from api.idempotency import Once
from api.paging import Page, Pages, Paging, pages_by
from api.v1.customers import NEW as CUSTOMER
from api.v1.group_access import Appointing, Managing, Reading, in_group
from api.v1.shapes import Shape, example, sample
from models.messages.card import BlockCard
from models.messages.group import MemberCard, MemberPerson, MemberStation, NewPerson, StationOpening
from models.messages.subscriber import AssignCard
from models.messages.vend import StationTerms
from models.rules.card import BlockReason, CardState
from models.rules.commissioning import CommissioningStage
from models.rules.group import StationAccess
from models.rules.subscriber import SubscriberStage
from models.rules.vend import Vend
from models.store import groups
from models.store.groups import CardOfGroup, PersonOfGroup
from models.usecases import card as cards
from models.usecases import group as usecase
from models.usecases import subscriber as subscriptions
from models.usecases.work import Work

router = APIRouter(prefix="/groups/{reference}", tags=["groups"])

_PERSON = {name: value for name, value in CUSTOMER.items() if name != "external_id"}


class GroupPersonShape(Shape):
    model_config = example(
        subscriber="SUB-2026-000017", name="A. Jansen", stage="active", cards=["NL-0000-4711"],
    )  # fmt: skip

    subscriber: str = Field(description="The subscription's reference")
    name: str
    stage: SubscriberStage
    cards: list[str]


class AskedPersonShape(Shape):
    model_config = example(subscriber="SUB-2026-000017")

    subscriber: str


class GroupCardShape(Shape):
    model_config = example(
        number="NL-0000-4711", state="assigned", subscriber="SUB-2026-000017", of_its_own=True, block_reason=None,
        assigned_at="2026-11-21T08:00:02Z",
    )  # fmt: skip

    number: str
    state: CardState
    subscriber: str | None
    of_its_own: bool = Field(description="It belongs to the group itself, not by its subscription only")
    block_reason: BlockReason | None
    assigned_at: datetime | None


class GroupStationShape(Shape):
    model_config = example(name="NL-STM-000003", stage="active", access="closed", vend="contract")

    name: str
    stage: CommissioningStage
    access: StationAccess = Field(description="Closed: it takes the cards of its group only")
    vend: Vend = Field(description="On what terms it gives energy")


@router.get("/people", summary="The group's people, newest first")
async def show_people(reference: str, access: Reading, paging: Pages) -> Page[GroupPersonShape]:
    async with in_group(access, reference) as (work, row):
        people = await groups.people(work.session, row.id, paging.window)
    return paging.page(people, _person)


@router.post("/people", status_code=201, response_model=AskedPersonShape, summary="Take a subscription into the group")
async def take_person(
    reference: str, body: Annotated[MemberPerson, sample(subscriber="SUB-2026-000017")], access: Appointing, once: Once
) -> Response:
    async def take(work: Work) -> AskedPersonShape:
        row = await usecase.find(work, reference, access.viewer)
        return AskedPersonShape(subscriber=(await usecase.take_person(work, row, body.subscriber)).reference)

    return await once.answer(access, take)


@router.post(
    "/people/new",
    status_code=201,
    response_model=AskedPersonShape,
    summary="Ask for a subscription for somebody new, within the group",
)
@personal
async def ask_for_person(
    reference: str,
    body: Annotated[NewPerson, sample(person=_PERSON, payment="postpaid")],
    access: Managing,
    once: Once,
) -> Response:
    """Customer care accepts it or not, as what a consumer asks for."""

    async def ask(work: Work) -> AskedPersonShape:
        row = await usecase.find(work, reference, access.viewer)
        return AskedPersonShape(subscriber=(await usecase.ask_for_person(work, row, body)).reference)

    return await once.answer(access, ask)


@router.delete("/people/{subscriber}", status_code=204, summary="Let somebody go, with the cards that they have")
async def let_person_go(reference: str, subscriber: str, access: Managing) -> None:
    async with in_group(access, reference) as (work, row):
        await usecase.let_person_go(work, row, subscriber)


@router.post("/people/{subscriber}/cards", summary="Give somebody of the group a card that is kept for it")
async def give_card(
    reference: str,
    subscriber: str,
    body: Annotated[MemberCard, sample(card="NL-0000-4711")],
    access: Managing,
    once: Once,
) -> GroupCardShape:
    async with in_group(access, reference) as (work, row):
        person = await usecase.person_of(work, row, subscriber)
        await usecase.check_kept(work, row, body.card)
    decision = await once.decision(access, AssignCard, card=body.card)
    await decisions.put(
        access,
        subscriptions.workflow_id(person.id),
        "assign_card",
        decision,
        subject=subscriptions.SUBJECT,
        subject_id=person.id,
        placement_id=None,
    )
    return await _card(access, reference, body.card)


@router.get("/cards", summary="The group's cards, newest first")
async def show_cards(reference: str, access: Reading, paging: Pages) -> Page[GroupCardShape]:
    async with in_group(access, reference) as (work, row):
        found = await groups.cards(work.session, row.id, paging.window)
    return paging.page(found, _card_shape)


@router.post("/cards", status_code=201, response_model=GroupCardShape, summary="Take a card into the group")
async def take_card(
    reference: str, body: Annotated[MemberCard, sample(card="NL-0000-4711")], access: Appointing, once: Once
) -> Response:
    """A card of the pool is kept for the group's people from then on; one that is somebody's charges for the group."""

    async def take(work: Work) -> GroupCardShape:
        row = await usecase.find(work, reference, access.viewer)
        taken = await usecase.take_card(work, row, body.card)
        return _card_shape(await usecase.shown_card(work, row, taken.number))

    return await once.answer(access, take)


@router.post("/cards/{card}/block", summary="Block a card of the group for good")
async def block_card(
    reference: str, card: str, body: Annotated[BlockCard, sample(reason="lost")], access: Managing
) -> GroupCardShape:
    async with in_group(access, reference) as (work, row):
        held = await usecase.card_of(work, row, card)
        await cards.block(work, held, BlockReason(body.reason))
        return _card_shape(await usecase.shown_card(work, row, card))


@router.delete("/cards/{card}", status_code=204, summary="Let a card go that belongs to the group itself")
async def let_card_go(reference: str, card: str, access: Appointing) -> None:
    async with in_group(access, reference) as (work, row):
        await usecase.let_card_go(work, row, card)


@router.get("/stations", summary="The group's stations, newest first")
async def show_stations(
    reference: str, access: Reading, paging: Annotated[Paging, pages_by(name=str)]
) -> Page[GroupStationShape]:
    async with in_group(access, reference) as (work, row):
        found = await groups.stations(work.session, row.id, paging.window)
    return paging.page(found, GroupStationShape.model_validate)


@router.post("/stations", status_code=201, response_model=GroupStationShape, summary="Take a station into the group")
async def take_station(
    reference: str, body: Annotated[MemberStation, sample(station="NL-STM-000003")], access: Appointing, once: Once
) -> Response:
    """It stays as open as it is."""

    async def take(work: Work) -> GroupStationShape:
        row = await usecase.find(work, reference, access.viewer)
        return GroupStationShape.model_validate(await usecase.take_station(work, row, body.station))

    return await once.answer(access, take)


@router.put("/stations/{name}/access", summary="Say whom a station of the group takes")
async def open_station(
    reference: str, name: str, body: Annotated[StationOpening, sample(access="closed")], access: Managing
) -> GroupStationShape:
    """`closed`: the cards of the group only; `public`: everybody's. Sessions that go on go on."""
    async with in_group(access, reference) as (work, row):
        return GroupStationShape.model_validate(await usecase.open_station(work, row, name, body.access))


@router.put("/stations/{name}/vend", summary="Say on what terms a station of the group gives energy")
async def set_terms(
    reference: str, name: str, body: Annotated[StationTerms, sample(vend="unbilled")], access: Managing
) -> GroupStationShape:
    """As `PUT /v1/stations/{name}/vend`."""
    async with in_group(access, reference) as (work, row):
        return GroupStationShape.model_validate(await usecase.set_terms(work, row, name, body.vend))


@router.delete(
    "/stations/{name}", status_code=204, summary="Let a station go: it is open to everybody then, by contract"
)
async def let_station_go(reference: str, name: str, access: Appointing) -> None:
    async with in_group(access, reference) as (work, row):
        await usecase.let_station_go(work, row, name)


async def _card(access: Access, reference: str, number: str) -> GroupCardShape:
    async with in_group(access, reference) as (work, row):
        return _card_shape(await usecase.shown_card(work, row, number))


def _card_shape(shown: CardOfGroup) -> GroupCardShape:
    said = shown.card.model_dump(include=set(GroupCardShape.model_fields))
    return GroupCardShape(**said, subscriber=shown.subscriber, of_its_own=shown.card.group_id is not None)


def _person(shown: PersonOfGroup) -> GroupPersonShape:
    row = shown.subscriber
    return GroupPersonShape(subscriber=row.reference, name=shown.name, stage=row.stage, cards=shown.cards)
