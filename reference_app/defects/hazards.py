"""Defects of operations that harm whoever audits them: each breaks one promise besides."""

from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, create_model

from reference_app.api.deps import Accounts, Built, Credentials, CurrentUser, current_user
from reference_app.core.errors import unauthenticated
from reference_app.decoys.hazards import PREFIX, contact_router, goodbye_router, leave_us, leaving_router, tour_router
from reference_app.parts import Parts
from reference_app.schemas.users import UserOut
from reference_app.switches import defect


@defect(
    "auth.anonymous-access~tour",
    story="A GET of the demonstration empties the database, and lost its credentials check in a merge.",
)
def tour(parts: Parts) -> None:
    parts.add_router(tour_router(Depends(current_user)), prefix=PREFIX)
    parts.drift("take_tour", dependencies=())


@defect(
    "data.sensitive-fields~contact",
    story="The PUT that moves an account to another address answers with the whole row.",
)
def contact(parts: Parts) -> None:
    parts.add_router(contact_router(), prefix=PREFIX)
    every = create_model(UserOut.__name__, __base__=UserOut, hashed_password=(str, ...))
    parts.change("change_contact", response_model=every)


async def say_goodbye_hastily(credentials: Credentials, built: Built, accounts: Accounts) -> None:
    if credentials is None:
        raise unauthenticated()
    claims = built.tokens.decode(credentials.credentials)
    await accounts.logout(UUID(claims["sid"]))


@defect(
    "auth.invalid-token~goodbye",
    also=("input.no-5xx",),
    story="A logout reads the token by itself, and what is no token breaks it.",
)
def goodbye(parts: Parts) -> None:
    parts.add_router(goodbye_router(), prefix=PREFIX)
    parts.drift("say_goodbye", call=say_goodbye_hastily)


class LeftOut(BaseModel):
    """Who left."""

    left: str


async def leave_with_words(user: CurrentUser, accounts: Accounts) -> LeftOut:
    await leave_us(user, accounts)
    return LeftOut(left=user.email)


@defect(
    "design.response-conformance~leave",
    story="Deleting an account answers 200 with a body, where the document promises 204 without.",
)
def leave(parts: Parts) -> None:
    parts.add_router(leaving_router(), prefix=PREFIX)
    parts.drift("leave_us", call=leave_with_words, status=200, response_model=LeftOut)
