"""What endpoints depend on. No postponed annotations here: FastAPI reads them."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession

from reference_app.core.errors import forbidden, unauthenticated
from reference_app.core.middleware.rate_limit import client_address
from reference_app.core.security import Claims
from reference_app.models import User
from reference_app.models.user import Role
from reference_app.parts import Parts
from reference_app.repositories.base import Window, decode_cursor
from reference_app.schemas.fields import CURSOR
from reference_app.services.accounts import AccountService
from reference_app.services.catalogue import CatalogueService
from reference_app.services.orders import OrderService
from reference_app.services.reviews import ReviewService

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="bearer",
    bearerFormat="JWT",
    description="The access token of POST /api/v1/auth/login.",
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


def parts(request: Request) -> Parts:
    found: Parts = request.app.state.parts
    return found


Built = Annotated[Parts, Depends(parts)]


async def session(built: Built) -> AsyncIterator[AsyncSession]:
    async with built.database.session() as opened:
        yield opened


Session = Annotated[AsyncSession, Depends(session)]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who asks, and by which login."""

    user: User
    claims: Claims


async def signed_in(request: Request, credentials: Credentials, built: Built, opened: Session) -> SignedIn:
    """The caller, or a 401."""
    if credentials is None:
        raise unauthenticated()
    claims = built.tokens.read(credentials.credentials)
    user = await built.repositories.users(opened).with_login(claims.user_id, claims.family_id)
    if user is None:
        raise unauthenticated("the login has ended")
    request.state.user_id = str(user.id)
    return SignedIn(user, claims)


async def current_user(caller: Annotated[SignedIn, Depends(signed_in)]) -> User:
    return caller.user


CurrentUser = Annotated[User, Depends(current_user)]


async def admin(user: CurrentUser) -> User:
    if user.role != Role.ADMIN:
        raise forbidden("only admins may do this")
    return user


def window(
    limit: Annotated[int, Query(ge=1, le=100, description="How many at most.")] = 20,
    cursor: Annotated[
        str | None,
        Query(
            pattern=CURSOR,
            min_length=16,
            max_length=16,
            description="Where to read on: `next_cursor` of the page before.",
        ),
    ] = None,
) -> Window:
    return Window(limit, None if cursor is None else decode_cursor(cursor))


Paging = Annotated[Window, Depends(window)]


def client(request: Request) -> str:
    return client_address(request.scope)


Client = Annotated[str, Depends(client)]


LocationOf = Callable[..., str]


def location_of(request: Request) -> LocationOf:
    """The path of a named operation; never the host, which the caller may have made up."""

    def location(name: str, **identifiers: UUID) -> str:
        return str(request.app.url_path_for(name, **identifiers))

    return location


Location = Annotated[LocationOf, Depends(location_of)]


def accounts(built: Built, opened: Session) -> AccountService:
    return AccountService(
        users=built.repositories.users(opened),
        logins=built.repositories.logins(opened),
        passwords=built.passwords,
        tokens=built.tokens,
        guard=built.login_guard,
        settings=built.settings,
    )


def catalogue(built: Built, opened: Session) -> CatalogueService:
    return CatalogueService(built.repositories.products(opened))


def orders(built: Built, opened: Session) -> OrderService:
    made = built.repositories
    return OrderService(made.orders(opened), made.products(opened))


def reviews(built: Built, opened: Session) -> ReviewService:
    made = built.repositories
    return ReviewService(made.reviews(opened), made.products(opened))


Accounts = Annotated[AccountService, Depends(accounts)]
Catalogue = Annotated[CatalogueService, Depends(catalogue)]
Orders = Annotated[OrderService, Depends(orders)]
Reviews = Annotated[ReviewService, Depends(reviews)]
