"""Registering, signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends

from reference_app.api.deps import Accounts, Client, SignedIn, signed_in
from reference_app.api.documentation import refusals
from reference_app.models import User
from reference_app.schemas.users import LoginIn, RefreshIn, RegistrationIn, TokensOut, UserOut

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post(
    "/register",
    status_code=201,
    response_model=UserOut,
    responses=refusals(409),
    summary="Create an account",
)
async def register(wanted: RegistrationIn, accounts: Accounts) -> User:
    """Anybody may; the role is always `user`."""
    return await accounts.register(wanted)


@router.post("/login", responses=refusals(401), summary="Sign in")
async def login(offered: LoginIn, accounts: Accounts, client: Client) -> TokensOut:
    """Five failures within fifteen minutes close the door for the account and the client.

    Where the second factor is on, the right password alone is a 401 with the code `second_factor_required`: send
    `code` as well. A code that is wrong or was used is a 401 `second_factor_refused`, and counts as a failure.
    """
    return await accounts.login(offered, client)


@router.post("/refresh", responses=refusals(401), summary="Continue a login")
async def refresh(offered: RefreshIn, accounts: Accounts) -> TokensOut:
    """Gives a new pair of tokens; the refresh token that was sent is spent."""
    return await accounts.refresh(offered.refresh_token)


@router.post("/logout", status_code=204, responses=refusals(401), summary="Sign out")
async def logout(caller: Annotated[SignedIn, Depends(signed_in)], accounts: Accounts) -> None:
    """Ends the login: its access tokens and its refresh tokens are refused from now on."""
    await accounts.logout(caller.claims.family_id)
