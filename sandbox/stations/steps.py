"""The steps that a script is made of. Seconds are the station's: real ones divided by its ``speed``."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

WAIT_LIMIT_S = 7 * 86_400
FLOOD_LIMIT = 100_000

Seconds = Annotated[float, Field(ge=0, le=WAIT_LIMIT_S)]


class _Step(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PlugIn(_Step):
    do: Literal["plug_in"]
    connector: int = Field(default=1, ge=1)


class Unplug(_Step):
    do: Literal["unplug"]
    connector: int = Field(default=1, ge=1)


class SwipeCard(_Step):
    do: Literal["swipe"]
    id_token: str = Field(min_length=1, max_length=36)
    kind: str = Field(default="ISO14443", max_length=20)
    connector: int | None = Field(default=None, ge=1)


class Wait(_Step):
    do: Literal["wait"]
    s: Seconds


class WaitUntil(_Step):
    """Fails the script where it does not come true within ``s`` of the station's time."""

    do: Literal["wait_until"]
    state: Literal["connected", "accepted", "charging", "idle", "sent"]
    s: Seconds = 3_600


class GoOffLine(_Step):
    """The socket is cut. With ``s`` the station comes back by itself after it; the script goes on at once."""

    do: Literal["off_line"]
    s: Seconds | None = None


class ComeBack(_Step):
    do: Literal["come_back"]


class CutPower(_Step):
    """With ``s`` the power comes back after it and the script goes on then; else a ``power_on`` is needed."""

    do: Literal["power_cut"]
    s: Seconds | None = None


class PowerOn(_Step):
    do: Literal["power_on"]


class Change(_Step):
    """Somebody changes a setting at the station itself: a key of 1.6, or ``Component.Variable``."""

    do: Literal["set"]
    name: str = Field(min_length=1, max_length=250)
    value: str = Field(max_length=2_500)


class SendGarbage(_Step):
    do: Literal["garbage"]
    count: int = Field(default=5, ge=1, le=1_000)


class Drift(_Step):
    """The clock jumps by ``s`` real seconds and stays wrong."""

    do: Literal["drift"]
    s: float = Field(ge=-50 * 366 * 86_400, le=50 * 366 * 86_400)


class Repeat(_Step):
    """The last calls that were sent are sent again, oldest first."""

    do: Literal["repeat"]
    last: int = Field(default=1, ge=1, le=20)
    id: Literal["same", "new"] = "same"


class Shuffle(_Step):
    """The queue of messages about transactions is shuffled as it stands."""

    do: Literal["shuffle"]


class AnswerLate(_Step):
    """``action``: only that request; ``times``: so often, then well again."""

    do: Literal["answer_late"]
    s: Seconds
    action: str | None = Field(default=None, max_length=50)
    times: int | None = Field(default=None, ge=1)


class NeverAnswer(_Step):
    do: Literal["never_answer"]
    action: str | None = Field(default=None, max_length=50)
    times: int | None = Field(default=None, ge=1)


class Refuse(_Step):
    """With ``Rejected`` where the request's answer has such a status, else with a CALLERROR."""

    do: Literal["refuse"]
    action: str | None = Field(default=None, max_length=50)
    times: int | None = Field(default=None, ge=1)


class AnswerWell(_Step):
    """Takes back every answer_late, never_answer and refuse."""

    do: Literal["answer_well"]


class Flood(_Step):
    """Calls as fast as the socket takes them, without waiting for an answer."""

    do: Literal["flood"]
    count: int = Field(ge=1, le=FLOOD_LIMIT)


Manner = AnswerLate | NeverAnswer | Refuse
Step = Annotated[
    PlugIn
    | Unplug
    | SwipeCard
    | Wait
    | WaitUntil
    | GoOffLine
    | ComeBack
    | CutPower
    | PowerOn
    | Change
    | SendGarbage
    | Drift
    | Repeat
    | Shuffle
    | AnswerLate
    | NeverAnswer
    | Refuse
    | AnswerWell
    | Flood,
    Field(discriminator="do"),
]
