"""Sessions for browsers: a cookie that no script reads, and a CSRF token beside it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from reference_app.api.deps import SESSION_COOKIE, Accounts, Built, Client, SignedIn, signed_in
from reference_app.api.documentation import refusals
from reference_app.schemas.access import SessionOut
from reference_app.schemas.users import LoginIn

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post("/session", status_code=201, responses=refusals(401), summary="Sign a browser in")
async def create_session(
    offered: LoginIn, accounts: Accounts, built: Built, client: Client, request: Request, response: Response
) -> SessionOut:
    """The same door as the login, with the same limit on failures and the same second factor."""
    cookie, claims = await accounts.begin_session(offered, client)
    response.set_cookie(
        SESSION_COOKIE,
        cookie,
        max_age=built.settings.access_token_seconds,
        httponly=True,
        secure=request.url.scheme == "https",
        samesite="lax",
    )
    return SessionOut(user_id=claims.user_id, csrf_token=built.tokens.csrf_token(claims))


@router.delete("/session", status_code=204, responses=refusals(401, 403), summary="Sign a browser out")
async def delete_session(
    caller: Annotated[SignedIn, Depends(signed_in)], accounts: Accounts, response: Response
) -> None:
    """Ends the login, and takes the cookie back."""
    await accounts.logout(caller.claims.family_id)
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")
