"""What endpoints depend on. No postponed annotations here: FastAPI reads them."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession

from reference_app.core.conditions import Condition
from reference_app.core.errors import forbidden, precondition_required, unauthenticated
from reference_app.core.middleware.rate_limit import client_address
from reference_app.core.security import Claims
from reference_app.models import User
from reference_app.models.user import Role
from reference_app.parts import Parts
from reference_app.repositories.base import Window, decode_cursor
from reference_app.schemas.fields import CURSOR
from reference_app.services.access import AccessService
from reference_app.services.accounts import AccountService
from reference_app.services.catalogue import CatalogueService
from reference_app.services.exports import ExportService
from reference_app.services.images import ImageService
from reference_app.services.logistics import LogisticsService
from reference_app.services.money import MoneyService
from reference_app.services.orders import OrderService
from reference_app.services.reviews import ReviewService
from reference_app.services.totp import TotpService
from reference_app.services.trade import TradeService
from reference_app.services.webhooks import WebhookService

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SESSION_COOKIE = "session"
CSRF_HEADER = "X-CSRF-Token"

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="bearer",
    bearerFormat="JWT",
    description="The access token of POST /api/v1/auth/login.",
)
session_cookie = APIKeyCookie(
    name=SESSION_COOKIE,
    auto_error=False,
    scheme_name="session",
    description="The cookie of POST /api/v1/auth/session. What writes also needs its CSRF token in `X-CSRF-Token`.",
)
api_key = APIKeyHeader(
    name="X-API-Key",
    auto_error=False,
    scheme_name="api_key",
    description="A key of POST /api/v1/api-keys.",
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
SessionCookie = Annotated[str | None, Depends(session_cookie)]


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


def claims_of(
    request: Request,
    credentials: Credentials,
    cookie: SessionCookie,
    built: Built,
) -> Claims:
    """What the access token says, else the session's cookie; a cookie alone writes nothing (CSRF)."""
    if credentials is not None:
        return built.tokens.read(credentials.credentials)
    if cookie is None:
        raise unauthenticated()
    claims = built.tokens.read(cookie, kind="session")
    if request.method not in SAFE_METHODS and not built.tokens.fits_csrf(claims, request.headers.get(CSRF_HEADER, "")):
        raise forbidden("send the session's CSRF token in X-CSRF-Token")
    return claims


async def signed_in(
    request: Request, claims: Annotated[Claims, Depends(claims_of)], built: Built, opened: Session
) -> SignedIn:
    """The caller, or a 401."""
    user = await built.repositories.users(opened).with_login(claims.user_id, claims.family_id)
    if user is None:
        raise unauthenticated("the login has ended")
    request.state.user_id = str(user.id)
    return SignedIn(user, claims)


async def current_user(caller: Annotated[SignedIn, Depends(signed_in)]) -> User:
    return caller.user


CurrentUser = Annotated[User, Depends(current_user)]


async def key_holder(
    request: Request, built: Built, opened: Session, key: Annotated[str | None, Depends(api_key)]
) -> User:
    """The user for whom a program acts, or a 401."""
    if key is None:
        raise unauthenticated("send an API key")
    user = await access(built, opened).holder(key)
    request.state.user_id = str(user.id)
    return user


KeyHolder = Annotated[User, Depends(key_holder)]


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


def if_match(
    sent: Annotated[
        str | None, Header(alias="If-Match", max_length=512, description="The `ETag` of what is being changed.")
    ] = None,
) -> Condition:
    """The condition of a change, or a 428."""
    if sent is None:
        raise precondition_required()
    return Condition(sent)


IfMatch = Annotated[Condition, Depends(if_match)]


def publicly_cached(built: Built, response: Response) -> None:
    """What everybody may see, everybody's cache may keep for a while; refusals stay `no-store`."""
    response.headers["Cache-Control"] = f"public, max-age={built.settings.public_max_age_seconds}"


LocationOf = Callable[..., str]


def location_of(request: Request) -> LocationOf:
    """The path of a named operation; never the host, which the caller may have made up."""

    def location(name: str, **identifiers: UUID | str) -> str:
        return str(request.app.url_path_for(name, **identifiers))

    return location


Location = Annotated[LocationOf, Depends(location_of)]


def second_factor(built: Built, opened: Session) -> TotpService:
    return TotpService(
        factors=built.repositories.factors(opened),
        totp=built.totp,
        passwords=built.passwords,
        guard=built.login_guard,
    )


def accounts(built: Built, opened: Session) -> AccountService:
    return AccountService(
        users=built.repositories.users(opened),
        logins=built.repositories.logins(opened),
        passwords=built.passwords,
        tokens=built.tokens,
        guard=built.login_guard,
        second_factor=second_factor(built, opened),
        settings=built.settings,
    )


def catalogue(built: Built, opened: Session) -> CatalogueService:
    return CatalogueService(built.repositories.products(opened), built.shown)


def orders(built: Built, opened: Session) -> OrderService:
    made = built.repositories
    return OrderService(made.orders(opened), made.products(opened))


def reviews(built: Built, opened: Session) -> ReviewService:
    made = built.repositories
    return ReviewService(made.reviews(opened), made.products(opened))


def logistics(built: Built, opened: Session) -> LogisticsService:
    made = built.repositories
    return LogisticsService(made.warehouses(opened), made.shelves(opened), made.stock(opened), made.products(opened))


def trade(built: Built, opened: Session) -> TradeService:
    made = built.repositories
    return TradeService(made.shops(opened), made.promotions(opened), made.products(opened))


def access(built: Built, opened: Session) -> AccessService:
    return AccessService(built.repositories.keys(opened), built.repositories.users(opened))


def money(built: Built, opened: Session) -> MoneyService:
    return MoneyService(built.repositories.wallets(opened))


def exports_in(parts: Parts, opened: AsyncSession) -> ExportService:
    return ExportService(parts.repositories.exports(opened))


def exports(built: Built, opened: Session) -> ExportService:
    return exports_in(built, opened)


def webhooks(built: Built, opened: Session) -> WebhookService:
    return WebhookService(built.repositories.webhooks(opened))


def images(built: Built, opened: Session) -> ImageService:
    return ImageService(built.repositories.images(opened), catalogue(built, opened), built.settings.max_image_bytes)


SecondFactor = Annotated[TotpService, Depends(second_factor)]
Accounts = Annotated[AccountService, Depends(accounts)]
Catalogue = Annotated[CatalogueService, Depends(catalogue)]
Orders = Annotated[OrderService, Depends(orders)]
Reviews = Annotated[ReviewService, Depends(reviews)]
Logistics = Annotated[LogisticsService, Depends(logistics)]
Trade = Annotated[TradeService, Depends(trade)]
Access = Annotated[AccessService, Depends(access)]
Money = Annotated[MoneyService, Depends(money)]
Exports = Annotated[ExportService, Depends(exports)]
Webhooks = Annotated[WebhookService, Depends(webhooks)]
Images = Annotated[ImageService, Depends(images)]
