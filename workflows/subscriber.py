"""One subscription: accepted, set up whole or not at all, welcomed, and kept until it is closed and settled (S1-S5)."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.subscriber import SubscriberActivities as Activities
    from models.messages.base import Subject
    from models.messages.subscriber import (
        AcceptSubscription,
        AssignCard,
        ChangeTariff,
        CloseSubscription,
        RejectSubscription,
        ReplaceCard,
        ResumeSubscription,
        SettleSubscription,
        SubscriberProgress,
        SubscriberStep,
        SuspendSubscription,
    )
    from models.rules.subscriber import SUBSCRIBER, SubscriberEvent, SubscriberStage
    from workflows import options
    from workflows.process import Process, cause_of

S, E = SubscriberStage, SubscriberEvent
_WELCOMED = frozenset({S.ACTIVE, S.SUSPENDED})


@workflow.defn(name="subscriber")
class SubscriberWorkflow(Process[SubscriberProgress]):
    machine = SUBSCRIBER
    decisions = {  # noqa: RUF012 - read only
        "accept": AcceptSubscription,
        "reject": RejectSubscription,
        "assign_card": AssignCard,
        "replace_card": ReplaceCard,
        "change_tariff": ChangeTariff,
        "suspend": SuspendSubscription,
        "resume": ResumeSubscription,
        "close": CloseSubscription,
        "settle": SettleSubscription,
    }

    @workflow.init
    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._was_tried = False

    @workflow.run
    async def run(self, subject: Subject) -> str:  # noqa: ARG002 - __init__ took it
        """Set up what was accepted, welcome whoever it is, and wait for what people decide until it has ended."""
        await self.take(Activities.load_subscriber, self.step("load"))
        while not self.ended:
            await self.renew()
            if self._facts:
                self.hear_everything()
            elif self.stage is S.ACCEPTED and not self._was_tried:
                await self.set_up()
            elif self.stage is S.ACCEPTED:
                await self.wait_for_card()
            elif self.stage in _WELCOMED and not self.at.welcomed:
                await self.welcome()
            else:
                await self.wait(f"subscription is {self.stage}")
        await self.rest()
        return str(self.stage)

    async def set_up(self) -> None:
        """S2, S3: account and card; what can't be set up for good has come to nothing."""
        self._was_tried = True
        try:
            await self.take(Activities.set_subscriber_up, self.step(str(workflow.uuid4())))
        except ActivityError as error:
            step = SubscriberStep(**self.step("once").model_dump(), reason=_said(error))
            await self.take(Activities.fail_subscription, step)

    async def wait_for_card(self) -> None:
        """Until there may be one, or somebody decides otherwise."""
        until = workflow.now() + options.CARD_LOOKED_FOR_AFTER
        if not await self.wait("a card for the pool", until=until):
            self._was_tried = False

    async def welcome(self) -> None:
        """S3: a letter to be sent with the card, then a mail that has it too."""
        kept = self.at.lettered
        await self.take(
            Activities.send_welcome_mail if kept else Activities.make_welcome_letter,
            self.step("once"),
            start_to_close_timeout=options.WELCOME_LIMIT,
            retry_policy=options.WELCOME_RETRY,
            summary="welcome mail" if kept else "welcome letter",
        )

    def hear_everything(self) -> None:
        """Facts are only bells: there may be cards again."""
        while self.next_fact() is not None:
            self._was_tried = False

    @workflow.update
    async def accept(self, decision: AcceptSubscription) -> str:
        """S1: customer care lets it be set up."""
        return await self.decide(E.ACCEPT, decision, Activities.accept_subscription)

    @accept.validator
    def _check_accept(self, decision: AcceptSubscription) -> None:
        self.check(E.ACCEPT, decision)

    @workflow.update
    async def reject(self, decision: RejectSubscription) -> str:
        """S1: it is not to be."""
        return await self.decide(E.REJECT, decision, Activities.reject_subscription)

    @reject.validator
    def _check_reject(self, decision: RejectSubscription) -> None:
        self.check(E.REJECT, decision)

    @workflow.update
    async def assign_card(self, decision: AssignCard) -> str:
        """S3: one more card."""
        return await self.decide(E.ASSIGN_CARD, decision, Activities.assign_card)

    @assign_card.validator
    def _check_assign_card(self, decision: AssignCard) -> None:
        self.check(E.ASSIGN_CARD, decision)

    @workflow.update
    async def replace_card(self, decision: ReplaceCard) -> str:
        """S4: the old card charges nowhere from now on."""
        return await self.decide(E.REPLACE_CARD, decision, Activities.replace_card)

    @replace_card.validator
    def _check_replace_card(self, decision: ReplaceCard) -> None:
        self.check(E.REPLACE_CARD, decision)

    @workflow.update
    async def change_tariff(self, decision: ChangeTariff) -> str:
        """S5: what starts from then on is charged by another tariff."""
        return await self.decide(E.CHANGE_TARIFF, decision, Activities.change_tariff)

    @change_tariff.validator
    def _check_change_tariff(self, decision: ChangeTariff) -> None:
        self.check(E.CHANGE_TARIFF, decision)

    @workflow.update
    async def suspend(self, decision: SuspendSubscription) -> str:
        """S5: no card charges until it is resumed."""
        return await self.decide(E.SUSPEND, decision, Activities.suspend_subscription)

    @suspend.validator
    def _check_suspend(self, decision: SuspendSubscription) -> None:
        self.check(E.SUSPEND, decision)

    @workflow.update
    async def resume(self, decision: ResumeSubscription) -> str:
        """S5: its cards charge again."""
        return await self.decide(E.RESUME, decision, Activities.resume_subscription)

    @resume.validator
    def _check_resume(self, decision: ResumeSubscription) -> None:
        self.check(E.RESUME, decision)

    @workflow.update
    async def close(self, decision: CloseSubscription) -> str:
        """S5: its cards are blocked at once, and finance settles the account."""
        return await self.decide(E.CLOSE, decision, Activities.close_subscription)

    @close.validator
    def _check_close(self, decision: CloseSubscription) -> None:
        self.check(E.CLOSE, decision)

    @workflow.update
    async def settle(self, decision: SettleSubscription) -> str:
        """S5: what was on the account is paid out or billed."""
        return await self.decide(E.SETTLE, decision, Activities.settle_subscription)

    @settle.validator
    def _check_settle(self, decision: SettleSubscription) -> None:
        self.check(E.SETTLE, decision)


def _said(error: ActivityError) -> str:
    """Why a step was refused, in the words that people read."""
    return error.cause.message if isinstance(error.cause, ApplicationError) else cause_of(error)
