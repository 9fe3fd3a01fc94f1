"""What outside parties answer is read within bounds."""

import httpx
import pytest

from activities.gateways.answers import RETRY_AFTER_LIMIT_S, excerpt, read_bounded, retry_after_s


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("99999999999999999999", RETRY_AFTER_LIMIT_S),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", RETRY_AFTER_LIMIT_S),
        ("Fri, 31 Dec 99999999 23:59:59 GMT", None),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_at_most_a_day_and_nonsense_is_none(header: str, wait_s: float | None) -> None:
    assert retry_after_s(httpx.Response(503, headers={"Retry-After": header})) == wait_s


def test_an_answer_without_retry_after_asks_for_no_wait() -> None:
    assert retry_after_s(httpx.Response(503)) is None


async def test_no_more_than_the_limit_is_read() -> None:
    assert await read_bounded(httpx.Response(200, stream=httpx.ByteStream(b"x" * 100)), 10) == b"x" * 10


def test_an_excerpt_is_one_printable_line() -> None:
    assert excerpt(b"a\r\nb\x00\x1b[31m\xff  c" + b"d" * 1000).startswith("a b[31m\N{REPLACEMENT CHARACTER} cddd")
    assert len(excerpt(b"d" * 1000)) == 200
