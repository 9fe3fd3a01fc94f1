"""A session is started and stopped from afar: by the one decision on its card, at the price that was shown (C4).

The station is commanded by the road of every command; the session begins, and stops, with what it tells.
"""

from typing import NamedTuple
from uuid import UUID

from models.errors import InvalidInput, PriceChanged, StageDoesNotAllow, StartRefused
from models.messages.command import NewCommand
from models.messages.commands import StartCharging, StopCharging
from models.messages.session import NewSession, SeenPrice
from models.rules.authorisation import WHY_NOT, Judgement, TokenVerdict
from models.rules.card import CardState
from models.rules.session import REMOTE_VALID_S, RUNNING
from models.rules.tariff import PlaceKind
from models.rules.tariff_choice import Asked
from models.rules.vend import Vend
from models.store import assets, cards, sessions, subscribers
from models.tables.asset import Asset
from models.tables.card import Card
from models.tables.command import AskedCommand
from models.tables.session import ChargingSession
from models.usecases import charging, command, tariff, timeline
from models.usecases.tariff import Held
from models.usecases.work import Work

SUBJECT = "session"


class AskedStart(NamedTuple):
    """``held`` is the tariff by which it will be priced if it starts now; None: none holds yet, or on the ``vend`` of
    the station nothing is billed."""

    command: AskedCommand
    card: Card
    held: Held | None
    vend: Vend


async def start(work: Work, asset_id: UUID, new: NewSession) -> AskedStart:
    """The decision is taken now, and once more when the station tells of the start: money is held only then.

    Raises InvalidInput with the field, StartRefused with the verdict, PriceChanged, StageDoesNotAllow, LimitReached.
    """
    asset = await assets.lock(work.session, asset_id)
    if new.connector not in {None, *(each.connector for each in await assets.evses(work.session, asset.id))}:
        raise InvalidInput(f"Station {asset.name} has no connector {new.connector}", field="/connector")
    card, uid = await _card(work, new)
    judged = await charging.judge(work, asset, uid, new.connector, starts=True)
    if judged.verdict is not TokenVerdict.ACCEPTED:
        raise StartRefused(WHY_NOT[judged.verdict], verdict=judged.verdict.value)
    held = await _held(work, asset, card, judged) if asset.vend.is_billed else None
    _check_price(held, new.seen, asset.vend)
    said = StartCharging(token=uid, connector=new.connector).model_dump(
        mode="json", exclude_unset=True, exclude_none=True
    )
    asked = await command.ask(work, asset.id, _command("start_charging", said))
    timeline.record(work, "card", card.id, "session asked for", station=asset.name, command=str(asked.id))
    return AskedStart(asked, card, held, asset.vend)


async def stop(work: Work, session_id: UUID) -> AskedCommand:
    """Raises StageDoesNotAllow, LimitReached."""
    asset = await assets.lock(work.session, await sessions.place_of(work.session, session_id))
    session = await sessions.lock(work.session, session_id)
    if session.stage not in RUNNING:
        raise StageDoesNotAllow(f"Session {session.reference} does not go on any more")
    asked = await _tell_to_stop(work, asset, session, REMOTE_VALID_S)
    timeline.record(work, SUBJECT, session.id, "stop asked for", session=session.reference, command=str(asked.id))
    return asked


async def cut_off(work: Work, asset: Asset, session: ChargingSession, valid_s: int) -> AskedCommand:
    """Because its money is spent, however many commands wait for the station already. The rows of the station and of
    the session are locked. Raises StageDoesNotAllow."""
    return await _tell_to_stop(work, asset, session, valid_s, is_limited=False)


async def _tell_to_stop(
    work: Work, asset: Asset, session: ChargingSession, valid_s: int, *, is_limited: bool = True
) -> AskedCommand:
    session.stop_asked_at = work.now
    said = StopCharging(transaction=session.transaction_number).model_dump(mode="json")
    return await command.ask(work, asset.id, _command("stop_charging", said, valid_s), is_limited=is_limited)


async def _card(work: Work, new: NewSession) -> tuple[Card, str]:
    """Which is to charge, with its uid. Raises InvalidInput."""
    if new.card is not None:
        found = (await cards.numbered(work.session, [new.card])).get(new.card)
        if found is None or found[0].subscriber_id is None:
            raise InvalidInput("There is no such card, or it is nobody's", field="/card")
        return found
    owner = await subscribers.find(work.session, new.subscriber or "")
    if owner is None:
        raise InvalidInput("There is no such subscription", field="/subscriber")
    own = [each for each in await subscribers.cards_of(work.session, owner.id) if each.state is CardState.ASSIGNED]
    if not own:
        raise InvalidInput("The subscription has no card", field="/subscriber")
    return (await cards.numbered(work.session, [own[0].number]))[own[0].number]


async def _held(work: Work, asset: Asset, card: Card, judged: Judgement) -> Held | None:
    group_id = None if judged.group is None else judged.group.id
    return await tariff.held(work, Asked(work.now, card.subscriber_id, group_id, asset.id, PlaceKind.PUBLIC))


def _check_price(held: Held | None, seen: SeenPrice | None, vend: Vend) -> None:
    """Nobody minds that it costs nothing."""
    holds = None if held is None else (held.tariff.code, held.version.number)
    if vend.is_billed and seen is not None and holds != (seen.code, seen.version):
        raise PriceChanged("Show the driver what it costs now, and ask again", field="/seen")


def _command(kind: str, said: dict[str, object], valid_s: int = REMOTE_VALID_S) -> NewCommand:
    return NewCommand.model_validate({"kind": kind, "arguments": said, "valid_s": valid_s})
