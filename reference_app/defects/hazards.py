"""Defects of operations that harm whoever audits them: each breaks one promise besides."""

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, create_model
from starlette.responses import JSONResponse

from reference_app.api.deps import Accounts, Built, Credentials, CurrentUser, Session, current_user, signed_in
from reference_app.api.documentation import refusals
from reference_app.decoys.hazards import PREFIX, contact_router, goodbye_router, leave_us, leaving_router, open_anew
from reference_app.defects.errors import FrameworkError
from reference_app.parts import Parts
from reference_app.schemas.users import UserOut
from reference_app.switches import defect


class TourOut(BaseModel):
    """What a visitor of the demonstration finds."""

    products: int


async def take_tour(opened: Session) -> TourOut:
    """Every visitor finds the shop as it was on the first day."""
    await open_anew(opened)
    return TourOut(products=0)


tours = APIRouter(tags=["tours"], dependencies=[Depends(current_user)])
tours.get("/tour", responses=refusals(401), summary="Look around")(take_tour)


@defect(
    "auth.anonymous-access~tour",
    story="A GET of the demonstration empties the database, and lost its credentials check in a merge.",
)
def tour(parts: Parts) -> None:
    parts.add_router(tours, prefix=PREFIX)
    parts.drift("take_tour", dependencies=())


@defect(
    "data.sensitive-fields~contact",
    story="The PUT that moves an account to another address answers with the whole row.",
)
def contact(parts: Parts) -> None:
    parts.add_router(contact_router(), prefix=PREFIX)
    every = create_model(UserOut.__name__, __base__=UserOut, hashed_password=(str, ...))
    parts.change("change_contact", response_model=every)


async def say_goodbye_plainly(
    request: Request, credentials: Credentials, built: Built, opened: Session, accounts: Accounts
) -> JSONResponse | None:
    if credentials is None:
        return JSONResponse({"detail": "Not authenticated"}, 401, headers={"WWW-Authenticate": "Bearer"})
    caller = await signed_in(request, built.tokens.read(credentials.credentials), built, opened)
    await accounts.logout(caller.claims.family_id)
    return None


@defect(
    "errors.shape~goodbye",
    story="The logout came with a library that refuses in words of its own.",
)
def goodbye(parts: Parts) -> None:
    parts.add_router(goodbye_router(), prefix=PREFIX)
    plain = {**refusals(401)[401], "model": FrameworkError}
    responses = parts.documented["say_goodbye"].responses | {401: plain}
    parts.change("say_goodbye", call=say_goodbye_plainly, responses=responses)


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
