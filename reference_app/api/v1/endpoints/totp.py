"""One's own second factor."""

from fastapi import APIRouter, Response

from reference_app.api.deps import Client, CurrentUser, Location, SecondFactor
from reference_app.api.documentation import Responses, refusals
from reference_app.schemas.totp import TotpEnrolmentOut, TotpIn, TotpOut, TotpProofIn, TotpStatus

router = APIRouter(prefix="/users/me/totp", tags=["second factor"])
CONFIRMED: Responses = {
    200: {"model": TotpEnrolmentOut, "description": "Confirmed: the login asks for a code from now on."}
}


@router.get("", responses=refusals(401), summary="Read the state of one's second factor")
async def read_totp(user: CurrentUser, second_factor: SecondFactor) -> TotpOut:
    """Never the secret."""
    return TotpOut(status=await second_factor.status(user))


@router.post(
    "",
    status_code=201,
    responses=CONFIRMED | refusals(401, 409),
    summary="Begin or confirm a second factor",
)
async def enrol_totp(
    wanted: TotpIn,
    user: CurrentUser,
    second_factor: SecondFactor,
    client: Client,
    response: Response,
    location: Location,
) -> TotpEnrolmentOut:
    """Without a code it begins (201) and tells the secret once; with a code of that secret it is on (200).

    A wrong code is a 422 and counts as a failed login; 409 where one is on already, or none was begun.
    """
    if wanted.code is None:
        response.headers["Location"] = location("read_totp")
        return TotpEnrolmentOut(status=TotpStatus.PENDING, otpauth_uri=await second_factor.begin(user))
    await second_factor.confirm(user, wanted.code, client)
    response.status_code = 200
    return TotpEnrolmentOut(status=TotpStatus.ON, otpauth_uri=None)


@router.post("/disable", status_code=204, responses=refusals(401, 403, 409), summary="Switch one's second factor off")
async def disable_totp(offered: TotpProofIn, user: CurrentUser, second_factor: SecondFactor, client: Client) -> None:
    """One that is on goes with the password and a fresh code, else 403; a pending one with neither."""
    await second_factor.disable(user, offered, client)
