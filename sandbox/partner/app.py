"""A partner's webhook receiver, after Standard Webhooks."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from standardwebhooks import Webhook, WebhookVerificationError

from sandbox.partner.store import Full, Hook, Store
from sandbox.problems import answer_with_problems
from sandbox.serving import BoundedBody, add_probes


def create_app(store: Store) -> FastAPI:
    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        store.close()

    app = FastAPI(title="Partner (stand-in)", lifespan=lifespan, docs_url=None, redoc_url=None)
    answer_with_problems(app)
    add_probes(app, lambda: True)
    _add_hooks(app, store)
    _add_control(app, store)
    app.add_middleware(BoundedBody)
    return app


def _add_hooks(app: FastAPI, store: Store) -> None:
    @app.post("/hooks/{name}")
    async def take(name: str, request: Request) -> Response:
        hook = _known(store, name)
        body = await request.body()
        headers = dict(request.headers)
        why_not = _why_not_verified(hook.secret, headers, body)
        answer = _answer(hook) if why_not is None else Response(why_not, 401)
        store.keep(name, headers, body, verified=why_not is None, why_not=why_not, answered=answer.status_code)
        if hook.times is not None:
            store.set_hook(name, _one_time_fewer(hook))
        await asyncio.sleep(hook.delay_s)
        return answer

    @app.get("/hooks/{name}/calls")
    async def list_calls(name: str, webhook_id: str | None = None) -> list[dict[str, Any]]:
        _known(store, name)
        return store.calls(name, webhook_id)

    @app.delete("/hooks/{name}/calls", status_code=204)
    async def forget_calls(name: str) -> None:
        store.forget_calls(name)


def _add_control(app: FastAPI, store: Store) -> None:
    @app.put("/control/hooks/{name}")
    async def set_hook(name: str, hook: Hook) -> Hook:
        try:
            store.set_hook(name, hook)
        except Full:
            raise HTTPException(409, "No further hook can be kept.") from None
        return hook


def _known(store: Store, name: str) -> Hook:
    hook = store.hook(name)
    if hook is None:
        raise HTTPException(404, f"There is no hook {name!r}; make it by PUT /control/hooks/{name}.")
    return hook


def _why_not_verified(secret: str, headers: dict[str, str], body: bytes) -> str | None:
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError) as error:
        # The library lets a malformed signature header out as a plain ValueError.
        return str(error) or "The signature is malformed."
    return None


def _answer(hook: Hook) -> Response:
    headers = {}
    if hook.retry_after_s is not None:
        headers["Retry-After"] = str(hook.retry_after_s)
    if hook.location is not None:
        headers["Location"] = hook.location
    return Response(status_code=hook.status, headers=headers)


def _one_time_fewer(hook: Hook) -> Hook:
    if hook.times is not None and hook.times > 1:
        return hook.model_copy(update={"times": hook.times - 1})
    return Hook(secret=hook.secret)
