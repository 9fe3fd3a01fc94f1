"""The steps of the subscriber process."""

import asyncio
from uuid import UUID

from temporalio import activity

from activities import welcome_letter
from activities.gateways.documents import Documents
from activities.gateways.errors import Refused
from activities.gateways.mail import Attachment, Mail, MailMessage
from activities.steps import Steps, UseCase
from models.messages.base import Decision, Step
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
    WelcomeLetter,
)
from models.usecases import subscriber, subscriber_closing, subscriber_tariff, welcome

PDF = "application/pdf"


class SubscriberActivities:
    def __init__(self, steps: Steps, documents: Documents, mail: Mail) -> None:
        self._steps = steps
        self._documents = documents
        self._mail = mail

    @activity.defn
    async def load_subscriber(self, step: Step) -> SubscriberProgress:
        return await self._steps.look(step.correlation_id, lambda work: subscriber.load(work, step.subject_id))

    @activity.defn
    async def set_subscriber_up(self, step: Step) -> SubscriberProgress:
        """S2, S3: account and card, both or neither."""
        return await self._take(step.subject_id, step, lambda work: subscriber.set_up(work, step.subject_id))

    @activity.defn
    async def fail_subscription(self, step: SubscriberStep) -> SubscriberProgress:
        return await self._take(step.subject_id, step, lambda work: subscriber.fail(work, step.subject_id, step.reason))

    @activity.defn
    async def make_welcome_letter(self, step: Step) -> SubscriberProgress:
        """S3: drawn and kept with the documents; the same rows make the same bytes under the same key."""
        letter = await self._gathered(step)
        key = welcome.document_key(step.subject_id)
        await self._documents.put(key, await asyncio.to_thread(welcome_letter.render, letter), PDF)
        return await self._take(step.subject_id, step, lambda work: welcome.note_letter(work, step.subject_id, key))

    @activity.defn
    async def send_welcome_mail(self, step: Step) -> SubscriberProgress:
        """S3: tried until the mail server takes it; what is refused for good is left to customer care."""
        letter = await self._gathered(step)
        pdf = await self._documents.get(welcome.document_key(step.subject_id))
        try:
            await self._mail.send(_message(letter, pdf))
        except Refused:
            return await self._take(step.subject_id, step, lambda work: welcome.note_refused(work, step.subject_id))
        return await self._take(step.subject_id, step, lambda work: welcome.note_sent(work, step.subject_id))

    @activity.defn
    async def accept_subscription(self, subscriber_id: UUID, decision: AcceptSubscription) -> SubscriberProgress:
        return await self._take(subscriber_id, decision, lambda work: subscriber.accept(work, subscriber_id))

    @activity.defn
    async def reject_subscription(self, subscriber_id: UUID, decision: RejectSubscription) -> SubscriberProgress:
        return await self._take(subscriber_id, decision, lambda work: subscriber.reject(work, subscriber_id, decision))

    @activity.defn
    async def assign_card(self, subscriber_id: UUID, decision: AssignCard) -> SubscriberProgress:
        return await self._take(
            subscriber_id, decision, lambda work: subscriber.assign_card(work, subscriber_id, decision)
        )

    @activity.defn
    async def replace_card(self, subscriber_id: UUID, decision: ReplaceCard) -> SubscriberProgress:
        return await self._take(
            subscriber_id, decision, lambda work: subscriber.replace_card(work, subscriber_id, decision)
        )

    @activity.defn
    async def change_tariff(self, subscriber_id: UUID, decision: ChangeTariff) -> SubscriberProgress:
        return await self._take(
            subscriber_id, decision, lambda work: subscriber_tariff.change(work, subscriber_id, decision)
        )

    @activity.defn
    async def suspend_subscription(self, subscriber_id: UUID, decision: SuspendSubscription) -> SubscriberProgress:
        return await self._take(subscriber_id, decision, lambda work: subscriber.suspend(work, subscriber_id, decision))

    @activity.defn
    async def resume_subscription(self, subscriber_id: UUID, decision: ResumeSubscription) -> SubscriberProgress:
        return await self._take(subscriber_id, decision, lambda work: subscriber.resume(work, subscriber_id))

    @activity.defn
    async def close_subscription(self, subscriber_id: UUID, decision: CloseSubscription) -> SubscriberProgress:
        return await self._take(
            subscriber_id, decision, lambda work: subscriber_closing.close(work, subscriber_id, decision)
        )

    @activity.defn
    async def settle_subscription(self, subscriber_id: UUID, decision: SettleSubscription) -> SubscriberProgress:
        return await self._take(
            subscriber_id, decision, lambda work: subscriber_closing.settle(work, subscriber_id, decision)
        )

    async def _gathered(self, step: Step) -> WelcomeLetter:
        """It stays within the activity: what tells of a person is in no history."""
        return await self._steps.look(step.correlation_id, lambda work: welcome.gather(work, step.subject_id))

    async def _take(
        self, subscriber_id: UUID, cause: Decision | Step, use_case: UseCase[SubscriberProgress]
    ) -> SubscriberProgress:
        return await self._steps.take(
            cause, SubscriberProgress, use_case, lambda work: subscriber.load(work, subscriber_id)
        )


def _message(letter: WelcomeLetter, pdf: bytes) -> MailMessage:
    subject, text = welcome_letter.mail(letter)
    attached = Attachment(filename=f"{letter.reference}.pdf", content_type=PDF, content=pdf)
    notice_id = f"welcome-{letter.subscriber_id}"
    return MailMessage(to=letter.email, subject=subject, text=text, notice_id=notice_id, attachments=(attached,))
