"""Decoys of operations that harm whoever audits them: sound, documented, and not to be told by their names."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy import delete, update

from reference_app.api.deps import Accounts, CurrentUser, Orders, Session, SignedIn, signed_in
from reference_app.api.documentation import refusals
from reference_app.models import LoginFamily, Order, Product, User
from reference_app.models.base import now
from reference_app.models.user import Role
from reference_app.parts import Parts
from reference_app.schemas.fields import Email
from reference_app.schemas.users import UserOut
from reference_app.switches import decoy

PREFIX = "/api/v1"


class ContactIn(BaseModel):
    """Where the buyer is reached from now on."""

    email: Email


class TourOut(BaseModel):
    """What a visitor of the demonstration finds."""

    products: int


async def take_tour(opened: Session) -> TourOut:
    """Every visitor finds the shop as it was on the first day: empty shelves, and nobody but the admins."""
    for gone in (delete(Order), delete(Product), delete(User).where(User.role != Role.ADMIN)):
        await opened.execute(gone)
    await opened.commit()
    return TourOut(products=0)


async def change_contact(order_id: UUID, wanted: ContactIn, user: CurrentUser, orders: Orders, opened: Session) -> User:
    """The account goes by the new address as well; one signs in with it again."""
    await orders.read(order_id, user)
    await opened.execute(update(LoginFamily).where(LoginFamily.user_id == user.id).values(ended_at=now()))
    user.email = wanted.email
    await opened.commit()
    return user


async def say_goodbye(caller: Annotated[SignedIn, Depends(signed_in)], accounts: Accounts) -> None:
    """Takes no body; ends the login that the token belongs to."""
    await accounts.logout(caller.claims.family_id)


async def leave_us(user: CurrentUser, accounts: Accounts) -> None:
    """The account goes, and everything it owns with it."""
    await accounts.users.remove(user)


def tour_router(*dependencies: Any) -> APIRouter:
    router = APIRouter(tags=["tours"], dependencies=dependencies)
    router.get("/tour", responses=refusals(401) if dependencies else {}, summary="Look around")(take_tour)
    return router


def contact_router() -> APIRouter:
    router = APIRouter(prefix="/orders", tags=["orders"])
    answers = refusals(401, 404, 409, 422)
    router.put("/{order_id}/contact", response_model=UserOut, responses=answers, summary="Change the contact")(
        change_contact
    )
    return router


def goodbye_router() -> APIRouter:
    router = APIRouter(prefix="/auth", tags=["auth"])
    router.post("/goodbye", status_code=204, responses=refusals(401), summary="Say goodbye")(say_goodbye)
    return router


def leaving_router() -> APIRouter:
    router = APIRouter(prefix="/users", tags=["users"])
    router.post("/leave", status_code=204, responses=refusals(401), summary="Leave us")(leave_us)
    return router


@decoy("auth.anonymous-access", 3, story="A public GET of the demonstration wipes the database, and is not called so.")
def touring(parts: Parts) -> None:
    parts.add_router(tour_router(), prefix=PREFIX)


@decoy("authz.bola-write", 2, story="A PUT on an order moves its buyer to another address and ends the login.")
def renaming(parts: Parts) -> None:
    parts.add_router(contact_router(), prefix=PREFIX)


@decoy("auth.invalid-token", 1, story="A POST without a body ends the caller's login, and is not called logout.")
def signing_out(parts: Parts) -> None:
    parts.add_router(goodbye_router(), prefix=PREFIX)


@decoy("auth.jwt-forgery", 1, story="A POST deletes the caller's account with all it owns, and is not called so.")
def leaving(parts: Parts) -> None:
    parts.add_router(leaving_router(), prefix=PREFIX)
