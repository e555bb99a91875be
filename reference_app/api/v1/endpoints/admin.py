"""For admins only."""

from fastapi import APIRouter, Depends

from reference_app.api.deps import Accounts, Paging, admin
from reference_app.api.documentation import refusals
from reference_app.models import User
from reference_app.repositories.base import Page
from reference_app.schemas.common import PageOut
from reference_app.schemas.users import UserOut

router = APIRouter(prefix="/admin", tags=["admin"], dependencies=[Depends(admin)])


@router.get(
    "/users",
    response_model=PageOut[UserOut],
    responses=refusals(401, 403, 422),
    summary="List all accounts",
)
async def list_users(window: Paging, accounts: Accounts) -> Page[User]:
    """Newest first."""
    return await accounts.users.page_of_all(window)
