"""Logging in, being let through, logging out."""

import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from api.auth.passwords import Hashing
from api.auth.throttle import FREE_TRIES, FREE_TRIES_BY_ADDRESS, LONGEST_WAIT_S, REMEMBERED, LoginThrottle
from api.auth.tokens import hash_of
from models.errors import TooManyAttempts
from models.store import organisations
from models.tables.access import LoginSession, Principal
from models.usecases import access
from models.usecases.access import SESSION_LIFE
from models.usecases.work import Desk
from tests.people import PASSWORD, World


async def test_a_person_logs_in_acts_and_logs_out(api: httpx.AsyncClient, world: World) -> None:
    answer = await api.post("/v1/sessions", json={"email": world.operations.email, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    headers = {"Authorization": f"Bearer {answer.json()['token']}"}
    me = await api.get("/v1/sessions/current", headers=headers)
    assert me.json()["name"] == "Olga Operations"
    assert "placements:decide" in me.json()["permissions"]
    assert "stations:activate" not in me.json()["permissions"]
    assert (await api.delete("/v1/sessions/current", headers=headers)).status_code == 204
    assert (await api.get("/v1/sessions/current", headers=headers)).status_code == 401


async def test_the_case_of_an_email_address_does_not_matter(api: httpx.AsyncClient, world: World) -> None:
    email = str(world.operations.email).upper()
    assert (await api.post("/v1/sessions", json={"email": email, "password": PASSWORD})).status_code == 201


async def test_an_unknown_person_gets_the_answer_of_a_wrong_password(api: httpx.AsyncClient, world: World) -> None:
    known = await api.post("/v1/sessions", json={"email": world.operations.email, "password": "wrong password"})
    unknown = await api.post("/v1/sessions", json={"email": "nobody@nowhere.example", "password": "wrong password"})
    assert known.status_code == unknown.status_code == 401
    for answer in (known, unknown):
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert known.json()["detail"] == unknown.json()["detail"]


async def test_an_unknown_person_costs_the_time_of_a_known_one() -> None:
    hashing = Hashing()
    try:
        known = await hashing.password(PASSWORD)
        times = {}
        for name, kept in (("known", known), ("unknown", None)):
            started = time.perf_counter()
            for _ in range(3):
                assert not await hashing.is_right(kept, "wrong password")
            times[name] = time.perf_counter() - started
        assert times["unknown"] > times["known"] / 4
    finally:
        hashing.close()


async def test_a_disabled_person_and_an_ended_session_open_nothing(api: httpx.AsyncClient, world: World) -> None:
    gone = f"/v1/users/{world.operations.id}/disable"
    assert (await api.post(gone, headers=world.administrator.headers)).status_code == 200
    assert (await api.get("/v1/sessions/current", headers=world.operations.headers)).status_code == 401
    login = await api.post("/v1/sessions", json={"email": world.operations.email, "password": PASSWORD})
    assert login.status_code == 401


async def test_a_session_ends_after_its_life(desk: Desk, world: World) -> None:
    secret = hash_of(world.operations.headers["Authorization"].removeprefix("Bearer "))
    async with desk.database.transaction() as session:
        now = datetime.now(UTC)
        assert await organisations.by_login(session, secret, now) is not None
        assert await organisations.by_login(session, secret, now + SESSION_LIFE) is None


@pytest.mark.parametrize("header", ["Bearer ", "Bearer sm_guess", "Bearer st_" + "x" * 200, "Basic b2xnYTpvbGdh", ""])
async def test_whatever_is_no_valid_token_is_refused(api: httpx.AsyncClient, world: World, header: str) -> None:
    assert world
    answer = await api.get("/v1/tasks", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/not-authenticated"


async def test_guessing_is_slowed_down_and_says_for_how_long(api: httpx.AsyncClient, world: World) -> None:
    guess = {"email": world.operations.email, "password": "wrong password"}
    for _ in range(FREE_TRIES):
        assert (await api.post("/v1/sessions", json=guess)).status_code == 401
    slowed = await api.post("/v1/sessions", json={**guess, "password": PASSWORD})
    assert slowed.status_code == 429
    assert int(slowed.headers["retry-after"]) >= 1
    other = await api.post("/v1/sessions", json={"email": world.warehouse.email, "password": PASSWORD})
    assert other.status_code == 201


class _Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_each_further_guess_waits_twice_as_long_up_to_a_limit() -> None:
    clock = _Clock()
    throttle = LoginThrottle(clock)
    waits = []
    for _ in range(FREE_TRIES):
        throttle.begin("a@b.example", "192.0.2.1")
    for _ in range(12):
        with pytest.raises(TooManyAttempts) as refused:
            throttle.begin("a@b.example", "192.0.2.1")
        waits.append(refused.value.facts["retry_after_s"])
        clock.now += timedelta(seconds=waits[-1])
        throttle.begin("A@B.example", "192.0.2.1")
    assert waits[:3] == [2, 4, 8]
    assert waits[-1] == LONGEST_WAIT_S


def test_one_address_can_not_try_many_people_and_memory_is_bounded() -> None:
    throttle = LoginThrottle(_Clock())
    for number in range(FREE_TRIES_BY_ADDRESS):
        throttle.begin(f"{number}@b.example", "192.0.2.1")
    with pytest.raises(TooManyAttempts):
        throttle.begin("another@b.example", "192.0.2.1")
    for number in range(REMEMBERED + 10):
        throttle.begin("a@b.example", f"address {number}")
    assert len(throttle._tries) <= REMEMBERED


def test_a_right_password_clears_the_count() -> None:
    throttle = LoginThrottle(_Clock())
    for _ in range(FREE_TRIES * 3):
        throttle.begin("a@b.example", "192.0.2.1")
        throttle.succeeded("a@b.example", "192.0.2.1")
    for _ in range(FREE_TRIES):
        throttle.begin("a@b.example", "192.0.2.1")
    with pytest.raises(TooManyAttempts):
        throttle.begin("a@b.example", "192.0.2.1")


async def test_expired_sessions_are_cleared_away_at_the_next_login(desk: Desk, world: World) -> None:
    async with desk.work(world.operations.actor, "test") as work:
        principal = await work.session.get_one(Principal, world.operations.id)
        old = LoginSession(principal_id=principal.id, secret_hash="old", expires_at=work.now)
        work.session.add(old)
        await work.session.flush()
        await access.open_session(work, principal, "new")
        work.session.expunge(old)
        assert await work.session.get(LoginSession, old.id) is None


def test_an_office_behind_one_address_logs_in_without_waiting() -> None:
    throttle = LoginThrottle(_Clock())
    for number in range(2 * FREE_TRIES_BY_ADDRESS):
        throttle.begin(f"{number}@b.example", "192.0.2.1")
        throttle.succeeded(f"{number}@b.example", "192.0.2.1")
    for number in range(FREE_TRIES_BY_ADDRESS):
        throttle.begin(f"guess-{number}@b.example", "192.0.2.1")
    with pytest.raises(TooManyAttempts):
        throttle.begin("one@b.example", "192.0.2.1")
