"""The business facts that can stand against a request, each with its name, its status and what to do.

One mapper per edge turns them into RFC 9457 problems, non-retryable Temporal failures or OCPP statuses.
"""

from typing import Any, ClassVar


class BusinessError(Exception):
    """A request that was understood and can't be done; the state is as it was.

    ``field`` is the JSON pointer of the input it is about, where there is one.
    """

    status: ClassVar[int] = 409
    title: ClassVar[str] = "The request can't be done"
    registry: ClassVar[dict[str, type["BusinessError"]]] = {}
    on_record = False
    """The refused attempt stands in the timeline already."""

    def __init__(self, detail: str, *, field: str | None = None, **facts: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.facts = facts

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        BusinessError.registry[cls.__name__] = cls

    @property
    def code(self) -> str:
        return type(self).__name__

    def as_details(self) -> dict[str, Any]:
        """The form in which the error crosses Temporal."""
        return {"code": self.code, "detail": self.detail, "field": self.field, "facts": self.facts}

    @classmethod
    def from_details(cls, details: dict[str, Any]) -> "BusinessError":
        kind = cls.registry.get(str(details.get("code")), BusinessError)
        return kind(str(details.get("detail")), field=details.get("field"), **(details.get("facts") or {}))


class NotFound(BusinessError):
    status = 404
    title = "There is no such thing here"


class Forbidden(BusinessError):
    status = 403
    title = "Not allowed"


class NotAuthenticated(BusinessError):
    status = 401
    title = "Log in first"


class InvalidInput(BusinessError):
    status = 422
    title = "The input is not valid"


class UnknownCrew(InvalidInput):
    title = "Unknown crew"


class UnknownTender(InvalidInput):
    title = "Unknown tender"


class UnknownProduct(InvalidInput):
    title = "Unknown product"


class AlreadyExists(BusinessError):
    title = "It exists already"


class IdempotencyKeyReused(InvalidInput):
    title = "The idempotency key was used for another request"


class StageDoesNotAllow(BusinessError):
    title = "The stage does not allow this"


class CrewBusy(BusinessError):
    title = "The crew is planned elsewhere at that time"


class ProcessEnded(BusinessError):
    title = "The process has ended"


class LimitReached(BusinessError):
    title = "There are as many as there can be"


class ProcessNotReady(BusinessError):
    status = 503
    title = "The process can't take decisions right now"


class TaskTaken(BusinessError):
    title = "Somebody else has claimed the task"


class FourEyes(BusinessError):
    status = 403
    title = "A second person must decide"


class UnknownHardware(BusinessError):
    status = 422
    title = "No such hardware in stock"


class WrongProduct(BusinessError):
    title = "The hardware is of another product"


class UnknownCard(InvalidInput):
    title = "Unknown card"


class CardTaken(BusinessError):
    title = "Somebody else has the card"


class VehicleIdTaken(BusinessError):
    title = "The id is registered already"


class NoCardLeft(BusinessError):
    title = "There is no card left"


class HardwareAlreadyLinked(BusinessError):
    title = "The hardware is linked elsewhere"


class HardwareNotHandedOver(BusinessError):
    title = "The hardware was not handed to this installer"


class HardwareNotLinked(BusinessError):
    title = "No hardware is linked to the line"


class LineInUse(BusinessError):
    title = "The line's station is being commissioned"


class GridNotConnected(BusinessError):
    title = "The grid connection is not live yet"


class NoTestCharge(BusinessError):
    title = "A station has not had its test charge"


class AnswersMissing(InvalidInput):
    title = "Questions are not answered"


class StationUnreachable(BusinessError):
    status = 503
    title = "The station is not connected"


class DocumentTooLarge(BusinessError):
    status = 413
    title = "The file is too large"


class UnsupportedMedia(BusinessError):
    status = 415
    title = "The file is of a kind we do not take"


class TooManyAttempts(BusinessError):
    status = 429
    title = "Too many attempts"


class RateLimited(BusinessError):
    status = 429
    title = "Too many requests"


class SessionsOpen(BusinessError):
    title = "Sessions are not settled yet"


class AccountNotSettled(BusinessError):
    title = "There is something on the account"


class StartRefused(BusinessError):
    title = "The session can't be started"


class PriceChanged(BusinessError):
    title = "Another price holds by now"


class InsufficientBalance(BusinessError):
    title = "The balance does not cover it"


class ErasureRefused(BusinessError):
    title = "Something is still open with the customer"


class CustomerErased(BusinessError):
    title = "The customer was erased"


class HoldExceeded(BusinessError):
    title = "More is to be paid than is held"


class PreconditionFailed(BusinessError):
    status = 412
    title = "It was changed meanwhile"


class Overloaded(BusinessError):
    status = 503
    title = "Too busy right now"
