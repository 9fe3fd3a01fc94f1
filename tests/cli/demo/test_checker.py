import pytest
from rich.console import Console

from cli.demo import checker
from cli.demo.checker import Check
from cli.demo.progress import Progress
from cli.demo.waiting import DemoFailed, until


async def test_a_check_that_fails_is_told_with_its_reason_and_does_not_stop_the_others() -> None:
    async def once() -> str:
        return "one call"

    async def twice() -> str:
        raise DemoFailed("It came twice.")

    progress = Progress(Console(quiet=True))
    made = [await checker.checked(check.__name__, check, progress) for check in (twice, once)]
    assert made == [
        Check("twice", passed=False, detail="It came twice."),
        Check("once", passed=True, detail="one call"),
    ]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (["approve", "approve"], "not expected ['approve']"),
        ([], "missing ['approve']"),
        (["reject"], "missing ['approve'], not expected ['reject']"),
    ],
)
def test_a_step_taken_twice_or_never_or_another_one_is_found_in_the_timeline(found: list[str], words: str) -> None:
    checker.check_steps("request", ["approve"], ["approve"])
    with pytest.raises(DemoFailed) as failed:
        checker.check_steps("request", found, ["approve"])
    assert words in str(failed.value)


def test_a_move_that_does_not_start_where_the_one_before_ended_is_found() -> None:
    moves = [{"before": "open", "after": "planned"}, {"before": "open", "after": "planned"}]
    with pytest.raises(DemoFailed, match="'planned' was expected, not 'open'"):
        checker.check_chain(moves)


async def test_what_does_not_come_in_time_is_said_in_words() -> None:
    async def never() -> None:
        return None

    with pytest.raises(DemoFailed, match="in vain for this: the car"):
        await until("the car", never, limit_s=0.05)
