"""One's own account."""

from fastapi import APIRouter

from reference_app.api.deps import Accounts, CurrentUser
from reference_app.api.documentation import refusals
from reference_app.models import User
from reference_app.schemas.users import UserChange, UserOut

router = APIRouter(prefix="/users", tags=["users"])


@router.get("/me", response_model=UserOut, responses=refusals(401), summary="Read one's account")
async def read_me(user: CurrentUser) -> User:
    """The account that is signed in."""
    return user


@router.patch("/me", response_model=UserOut, responses=refusals(401), summary="Change one's account")
async def change_me(changes: UserChange, user: CurrentUser, accounts: Accounts) -> User:
    """Fields that are left out stay as they are."""
    return await accounts.users.change(user, changes.model_dump(exclude_unset=True))


@router.delete("/me", status_code=204, responses=refusals(401), summary="Delete one's account")
async def delete_me(user: CurrentUser, accounts: Accounts) -> None:
    """The account goes, and everything it owns with it."""
    await accounts.users.remove(user)
