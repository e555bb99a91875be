"""The kinds of values that requests are made of, each with its bounds."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

# The pattern of the HTML standard for <input type="email">, with a dot required in the domain, and
# none at the ends of the local part or twice in a row (RFC 5321 §4.1.2, Dot-string).
EMAIL = (
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,32}(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,32}){0,3}"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$"
)
ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
SOME_LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
SKU = r"^[A-Z]{2,8}-[0-9]{1,8}$"
CURSOR = r"^[0-9a-f]{16}$"
SLUG = r"^[a-z0-9]{1,20}(-[a-z0-9]{1,20}){0,3}$"

LARGEST_PRICE_CENTS = 10_000_000
LARGEST_QUANTITY = 1_000


def lower(value: str) -> str:
    return value.lower()


def mixed(value: str) -> str:
    if not all(re.search(kind, value) for kind in ("[a-z]", "[A-Z]", "[0-9]")):
        raise ValueError("needs a lower case letter, an upper case letter and a digit")
    return value


def number(value: object) -> object:
    """Only JSON numbers are numbers; 7.0 is one (JSON Schema), "7" and true are not."""
    if isinstance(value, str | bool):
        raise ValueError("must be a number")
    return value


Email = Annotated[
    str,
    Field(
        min_length=6,
        max_length=254,
        pattern=EMAIL,
        json_schema_extra={"format": "email"},
        examples=["ann@example.com"],
    ),
    AfterValidator(lower),
]
NewPassword = Annotated[
    str,
    Field(
        min_length=8,
        max_length=128,
        description="At least one lower case letter, one upper case letter and one digit.",
        json_schema_extra={"format": "password", "writeOnly": True},
        examples=["Correct7horse"],
    ),
    AfterValidator(mixed),
]
Password = Annotated[
    str,
    Field(
        min_length=1,
        max_length=128,
        json_schema_extra={"format": "password", "writeOnly": True},
        examples=["Correct7horse"],
    ),
]
TotpCode = Annotated[
    str,
    Field(
        min_length=6,
        max_length=6,
        pattern="^[0-9]{6}$",
        description="What the authenticator shows; good for one use.",
        json_schema_extra={"writeOnly": True},
        examples=["492039"],
    ),
]
PersonName = Annotated[str, Field(min_length=1, max_length=120, pattern=ONE_LINE, examples=["Ann Example"])]
ProductName = Annotated[str, Field(min_length=1, max_length=120, pattern=ONE_LINE, examples=["Walnut desk"])]
Description = Annotated[str, Field(max_length=2000, pattern=SOME_LINES, examples=["Oiled, 140 by 70 cm."])]
# The bounds come before the validator: behind it they would be enforced, but not documented.
PriceCents = Annotated[int, Field(ge=1, le=LARGEST_PRICE_CENTS, examples=[24_900]), BeforeValidator(number)]
Sku = Annotated[str, Field(max_length=17, pattern=SKU, examples=["DESK-140"])]
Quantity = Annotated[int, Field(ge=1, le=LARGEST_QUANTITY, examples=[2]), BeforeValidator(number)]
Note = Annotated[str, Field(max_length=500, pattern=SOME_LINES, examples=["Please ring twice."])]
Address = Annotated[str, Field(max_length=300, pattern=SOME_LINES, examples=["1 Example Street, Sampleton"])]
Rating = Annotated[int, Field(ge=1, le=5, examples=[4]), BeforeValidator(number)]
ReviewText = Annotated[
    str,
    Field(min_length=1, max_length=2000, pattern=SOME_LINES, examples=["Sturdy and quiet."]),
]
Label = Annotated[str, Field(min_length=1, max_length=40, pattern=ONE_LINE, examples=["A-17"])]
City = Annotated[str, Field(min_length=1, max_length=120, pattern=ONE_LINE, examples=["Sampleton"])]
Slug = Annotated[str, Field(min_length=1, max_length=60, pattern=SLUG, examples=["anns-desks"])]
KeyName = Annotated[str, Field(min_length=1, max_length=60, pattern=ONE_LINE, examples=["nightly export"])]
Percent = Annotated[int, Field(ge=1, le=90, examples=[15]), BeforeValidator(number)]
AmountCents = Annotated[int, Field(ge=1, le=100_000_000, examples=[1_500]), BeforeValidator(number)]
WebhookUrl = Annotated[
    str,
    Field(
        min_length=10,
        max_length=500,
        pattern=r"^https://[^\s]+$",
        json_schema_extra={"format": "uri"},
        examples=["https://example.com/hooks/orders"],
    ),
]
SearchText = Annotated[str, Field(min_length=1, max_length=100, pattern=ONE_LINE)]
