"""Plays the main road with its bends, from a city's request to operating stations and drivers who charge there."""

from contextlib import AsyncExitStack
from pathlib import Path

from cli.demo import cast, notices
from cli.demo.accepting import Accepting
from cli.demo.caller import Caller, logged_in
from cli.demo.catching_up import CatchingUp
from cli.demo.driving import Driving
from cli.demo.engineer import Engineer
from cli.demo.escalating import Escalating
from cli.demo.installing import Installing
from cli.demo.keeping import Keeping
from cli.demo.off_line import OffLine
from cli.demo.placing import Placing
from cli.demo.progress import Progress
from cli.demo.story import Addresses, Login, Story, Subscriber
from cli.demo.subscribing import Subscribing
from cli.demo.texting import Texting
from cli.demo.waiting import DemoFailed, until
from cli.demo.withdrawing import Withdrawing

_CITY_IS_TOLD = (
    *("placement.location_rejected", "placement.accepted", "placement.operating"),
    "placement.withdrawn",
)
_INSTALLER_IS_TOLD = ("work_order.created", "sat.returned", "sat.approved", "work_order.closed", "work_order.cancelled")


async def play(
    story: Story, addresses: Addresses, root: Login, root_password: str, folder: Path, progress: Progress
) -> None:
    """``root`` is the first administrator; what the city fetches is left in ``folder``. Raises DemoFailed."""
    async with AsyncExitStack() as stack:
        outside = (addresses.grid_operator, addresses.stations, addresses.partner, addresses.mailbox)
        grid_operator, stations, partner, mailbox, sms_provider = [
            await stack.enter_async_context(Caller("the demo", url)) for url in (*outside, addresses.sms_provider)
        ]
        codec, temporal_ui = [
            await stack.enter_async_context(Caller("Eva Engineer", url))
            for url in (addresses.api, addresses.temporal_ui)
        ]
        progress.chapter("People and partners")
        administrator = await logged_in(root.name, addresses.api, root.email, root_password)
        everybody = await cast.gather(story, addresses, await stack.enter_async_context(administrator), stack, progress)
        placing = Placing(story, everybody, grid_operator, Engineer(temporal_ui, codec), progress)
        installing = Installing(story, everybody, stations, progress)
        accepting = Accepting(story, everybody, progress)
        catching_up = CatchingUp(story, everybody, partner, progress)

        progress.chapter("A request that operations forgets, and then rejects")
        await placing.unwanted_request()
        await Escalating(story, everybody, mailbox, progress).forgotten()
        await placing.rejection()

        progress.chapter("A request whose first location can't be connected")
        await catching_up.goes_down()
        await placing.accepted_request()

        progress.chapter("On site")
        await installing.plan()
        await installing.link_hardware()
        await installing.connect_stations()
        await installing.charge(placing)

        progress.chapter("Acceptance and activation")
        await accepting.fill_in()
        await accepting.review()
        await accepting.fetch_report(folder)
        await accepting.activate()

        progress.chapter("In operation")
        await Keeping(story, everybody, stations, progress).play()

        progress.chapter("Drivers")
        await Subscribing(story, everybody, mailbox, progress).play()
        driving = Driving(story, everybody, stations, progress)
        await driving.play()
        await OffLine(story, everybody, driving, progress).play()
        await Texting(story, everybody, driving, sms_provider, mailbox, progress).play()

        progress.chapter("A request that the city withdraws when its station stands already")
        await Withdrawing(story, everybody, grid_operator, stations, progress).play()

        await catching_up.comes_back()
        with progress.step("City and installer were told by signed webhooks and by mail") as step:
            step.note(await _told(partner, mailbox, story.city, _CITY_IS_TOLD, story.document_id))
            step.note(await _told(partner, mailbox, story.installer, _INSTALLER_IS_TOLD))


async def _told(
    partner: Caller, mailbox: Caller, subscriber: Subscriber, events: tuple[str, ...], document_id: str = ""
) -> str:
    """Waits until both ways have brought the last of the events; gives what came."""

    async def all_told() -> tuple[list[notices.Call], list[notices.Call]] | None:
        calls = await notices.webhooks(partner, subscriber)
        mails = await notices.mails(mailbox, subscriber.mail)
        webhook_ids, message_ids = {call["webhook_id"] for call in calls}, {mail["message_id"] for mail in mails}
        is_complete = set(events) <= set(notices.arrived(calls)) and len(message_ids) >= len(webhook_ids)
        return (calls, mails) if is_complete else None

    calls, mails = await until(f"notices to {subscriber.organisation}: {', '.join(events)}", all_told)
    if document_id and not _both_name(calls, mails, document_id):
        raise DemoFailed(f"Webhook and mail to {subscriber.organisation} do not both name document {document_id}.")
    return f"{subscriber.organisation}: {len(calls)} webhooks, {len(mails)} mails"


def _both_name(calls: list[notices.Call], mails: list[notices.Call], document_id: str) -> bool:
    call = notices.of_event(calls, "placement.accepted")
    by_webhook = call is not None and call["body"]["data"]["document_id"] == document_id
    return by_webhook and any(document_id in mail["text"] for mail in mails)
