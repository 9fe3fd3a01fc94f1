"""For programs that can send nothing but a user name and a password: calendars (RFC 7617)."""

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBasic, HTTPBasicCredentials

from api.auth import tokens
from api.auth.access import API_KEY, Access, Guard
from models.rules.access import Permission

_BASIC = HTTPBasic(
    scheme_name="calendar",
    realm="stationmaster",
    description="An API key as the password; the user name is not looked at, so that it can say whose key it is.",
    auto_error=False,
)
CHALLENGE = 'Basic realm="stationmaster"'


class BasicGuard(Guard):
    """Takes an API key as a password too. A secret in the address, as calendars often have it, would end up in logs."""

    async def __call__(  # type: ignore[override] # what FastAPI is to look for in the request
        self,
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(API_KEY)],
        basic: Annotated[HTTPBasicCredentials | None, Security(_BASIC)],
    ) -> Access:
        """Raises NotAuthenticated, Forbidden."""
        request.state.challenge = CHALLENGE
        if basic is not None and basic.password.startswith(tokens.API_KEY_PREFIX):
            bearer = HTTPAuthorizationCredentials(scheme="Bearer", credentials=basic.password)
        return await super().__call__(request, bearer, None)


def require_basic(permission: Permission) -> object:
    """As ``require``, for whom a password is all that they can send."""
    return Depends(BasicGuard(permission))
