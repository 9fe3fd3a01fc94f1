"""The two ways in which an outside party does not do what we ask."""


class GatewayError(Exception):
    """Something outside did not work; ``detail`` says what in plain words, without secrets.

    ``status`` is what it answered by the code of its protocol, where it answered.
    """

    def __init__(self, detail: str, status: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status


class TryAgain(GatewayError):  # noqa: N818 -- says what to do
    """It may work later. ``after_s``: not before so many seconds, where the other side said so."""

    def __init__(self, detail: str, after_s: float | None = None, *, status: int | None = None) -> None:
        super().__init__(detail, status)
        self.after_s = after_s


class Refused(GatewayError):  # noqa: N818 -- says what happened
    """It will never work as it is. ``field`` is the JSON pointer of what is wrong with it, where that is known."""

    def __init__(self, detail: str, field: str | None = None, *, status: int | None = None) -> None:
        super().__init__(detail, status)
        self.field = field
