"""Refusals as frameworks really give them, each with what it complains of: (rule, place, argument).

Those of Python and JavaScript frameworks were taken from the frameworks themselves, the others from their sources
and from reports of their users.
"""

from __future__ import annotations

from dataclasses import dataclass

from auditor.complaints.rules import Rule
from auditor.model import Json

R = Rule
Expected = tuple[Rule, str] | tuple[Rule, str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    framework: str
    body: Json
    """A text is sent as it stands, anything else as JSON."""
    expected: tuple[Expected, ...]
    names: tuple[str, ...] = ()
    """Fields that the document declares, for sentences that name them in words."""
    status: int = 400
    media_type: str = "application/json"


def refusal(framework: str, body: Json, *expected: Expected, names: str = "", **more: Json) -> Refusal:
    return Refusal(framework=framework, body=body, expected=expected, names=tuple(names.split()), **more)


EMAILS = {"type": "field", "value": "x", "msg": "Invalid value", "path": "email", "location": "body"}

PYTHON = (
    refusal(
        "FastAPI, pydantic 2",
        {
            "detail": [
                {"type": "missing", "loc": ["header", "x-token"], "msg": "Field required", "input": None},
                {"type": "less_than_equal", "loc": ["query", "limit"], "input": "1000", "ctx": {"le": 100},
                 "msg": "Input should be less than or equal to 100"},
                {"type": "string_too_short", "loc": ["body", "name"], "input": "ab", "ctx": {"min_length": 3},
                 "msg": "String should have at least 3 characters"},
                {"type": "enum", "loc": ["body", "kind"], "input": "z", "ctx": {"expected": "'a' or 'b'"},
                 "msg": "Input should be 'a' or 'b'"},
                {"type": "date_future", "loc": ["body", "when"], "input": "2020-01-01",
                 "msg": "Date should be in the future"},
                {"type": "string_pattern_mismatch", "loc": ["body", "items", 0, "sku"], "input": "a",
                 "ctx": {"pattern": "^[A-Z]{3}-\\d+$"}, "msg": "String should match pattern '^[A-Z]{3}-\\d+$'"},
                {"type": "uuid_parsing", "loc": ["body", "u"], "input": "1", "ctx": {"error": "invalid length"},
                 "msg": "Input should be a valid UUID, invalid length: expected length 32, found 1"},
                {"type": "date_from_datetime_parsing", "loc": ["body", "day"], "input": "x",
                 "ctx": {"error": "input is too short"},
                 "msg": "Input should be a valid date or datetime, input is too short"},
                {"type": "extra_forbidden", "loc": ["body", "extra"], "input": 1,
                 "msg": "Extra inputs are not permitted"},
            ]
        },
        (R.REQUIRED, "header:x-token"), (R.MAXIMUM, "query:limit", 100), (R.MIN_LENGTH, "body:name", 3),
        (R.ONE_OF, "body:kind", ("a", "b")), (R.FUTURE, "body:when"),
        (R.PATTERN, "body:items/0/sku", "^[A-Z]{3}-\\d+$"), (R.FORMAT, "body:u", "uuid"),
        (R.FORMAT, "body:day", "date"), (R.NOT_ALLOWED, "body:extra"),
        status=422,
    ),
    refusal(
        "FastAPI, a validator of its own",
        {"detail": [{"type": "value_error", "loc": ["body"], "msg": "Value error, ends_at must be after starts_at",
                     "input": {}, "ctx": {"error": {}}}]},
        (R.AFTER, "body:ends_at", "starts_at"),
        status=422, names="starts_at ends_at",
    ),
    refusal(
        "FastAPI, pydantic 1",
        {"detail": [
            {"loc": ["body", "title"], "msg": "field required", "type": "value_error.missing"},
            {"loc": ["body", "name"], "msg": "ensure this value has at least 3 characters",
             "type": "value_error.any_str.min_length", "ctx": {"limit_value": 3}},
            {"loc": ["body", "age"], "msg": "ensure this value is greater than or equal to 18",
             "type": "value_error.number.not_ge", "ctx": {"limit_value": 18}},
            {"loc": ["body", "email"], "msg": "value is not a valid email address", "type": "value_error.email"},
            {"loc": ["body", "kind"], "type": "type_error.enum", "ctx": {"enum_values": ["a", "b"]},
             "msg": "value is not a valid enumeration member; permitted: 'a', 'b'"},
        ]},
        (R.REQUIRED, "body:title"), (R.MIN_LENGTH, "body:name", 3), (R.MINIMUM, "body:age", 18),
        (R.FORMAT, "body:email", "email"), (R.ONE_OF, "body:kind", ("a", "b")),
        status=422,
    ),
    refusal(
        "FastAPI, by hand", {"detail": "Doctor not found"}, (R.UNKNOWN, "doctor_id", "Doctor"),
        names="doctor_id patient_id starts_at", status=404,
    ),
    refusal(
        "FastAPI, by hand", {"detail": "Email already registered"}, (R.TAKEN, "email"), names="email password",
    ),
    refusal(
        "Django REST framework",
        {
            "username": ["A user with that username already exists."],
            "email": ["Enter a valid email address."],
            "when": ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."],
            "kind": ['"q" is not a valid choice.'],
            "group": ['Invalid pk "99" - object does not exist.'],
            "items": [{"qty": ["Ensure this value is greater than or equal to 1."]},
            {"qty": ["This field is required."]}],
            "code": ["Ensure this field has at least 5 characters."],
            "message": ["This field may not be blank."],
            "lst": {"0": ["A valid integer is required."]},
            "price": ["Ensure that there are no more than 5 digits in total."],
        },
        (R.TAKEN, "username"), (R.FORMAT, "email", "email"), (R.FORMAT, "when", "date"), (R.ONE_OF, "kind"),
        (R.UNKNOWN, "group"), (R.MINIMUM, "items/0/qty", 1), (R.REQUIRED, "items/1/qty"), (R.MIN_LENGTH, "code", 5),
        (R.NOT_EMPTY, "message"), (R.TYPE, "lst/0", "integer"), (R.MAXIMUM, "price", 999),
        names="message",
    ),
    refusal(
        "django-rest-polymorphic", {"resourcetype": "This field is required"}, (R.REQUIRED, "resourcetype"),
    ),
    refusal(
        "Django REST framework, of the whole",
        {"non_field_errors": ["The fields room, starts_at must make a unique set."]},
        (R.TAKEN, "room"), (R.TAKEN, "starts_at"), names="room starts_at",
    ),
    refusal(
        "Django REST framework, of the whole", {"non_field_errors": ["End date must be after start date."]},
        (R.AFTER, "end_date", "start_date"), names="start_date end_date",
    ),
    refusal("Django REST framework", {"detail": 'Unsupported media type "text/plain" in request.'}, (R.MEDIA_TYPE, ""),
            status=415),
    refusal(
        "Django's password validators",
        {"password": ["This password is too short. It must contain at least 8 characters.",
                      "This password is entirely numeric."]},
        (R.MIN_LENGTH, "password", 8), (R.CHARACTERS, "password", ("upper", "lower", "digit", "symbol")),
    ),
    refusal(
        "Django forms",
        {"password2": [{"message": "The two password fields didn’t match.", "code": "password_mismatch"}],
         "birth": [{"message": "Enter a valid date.", "code": "invalid"}]},
        (R.SAME_AS, "password2", "password"), (R.FORMAT, "birth", "date"),
    ),
    refusal(
        "django-ninja",
        {"detail": [
            {"type": "missing", "loc": ["body", "payload", "title"], "msg": "Field required"},
            {"type": "int_parsing", "loc": ["body", "payload", "n"],
             "msg": "Input should be a valid integer, unable to parse string as an integer"},
        ]},
        (R.REQUIRED, "body:payload/title"), (R.TYPE, "body:payload/n", "integer"),
        status=422,
    ),
    refusal(
        "marshmallow",
        {"name": ["Missing data for required field."], "e": ["Not a valid email address."],
         "a": ["Must be greater than or equal to 18."], "o": ["Must be one of: a, b."], "le": ["Length must be 4."],
         "rng": ["Must be greater than or equal to 1 and less than or equal to 5."], "ex": ["Must be greater than 0."],
         "foo": ["Unknown field."], "nn": {"name": ["Field may not be null."], "_schema": ["end must be after start"]},
         "l": {"1": ["Not a valid integer."]}},
        (R.REQUIRED, "name"), (R.FORMAT, "e", "email"), (R.MINIMUM, "a", 18), (R.ONE_OF, "o", ("a", "b")),
        (R.LENGTH, "le", (4, 4)), (R.RANGE, "rng", (1, 5)), (R.ABOVE, "ex", 0), (R.NOT_ALLOWED, "foo"),
        (R.REQUIRED, "nn/name"), (R.AFTER, "nn/end", "start"), (R.TYPE, "l/1", "integer"),
        status=422,
    ),
    refusal(
        "flask-smorest",
        {"code": 422, "status": "Unprocessable Entity",
         "errors": {"json": {"name": ["Length must be between 3 and 5."], "_schema": ["end must be after start"]},
                    "query": {"page": ["Not a valid integer."]}}},
        (R.LENGTH, "body:name", (3, 5)), (R.AFTER, "body:end", "start"), (R.TYPE, "query:page", "integer"),
        status=422,
    ),
    refusal(
        "Flask-RESTX",
        {"errors": {"name": "'name' is a required property", "age": "3 is less than the minimum of 18",
                    "kind": "'z' is not one of ['a', 'b']"},
         "message": "Input payload validation failed"},
        (R.REQUIRED, "name"), (R.MINIMUM, "age", 18), (R.ONE_OF, "kind", ("a", "b")),
    ),
    refusal(
        "Flask-RESTX, parser",
        {"errors": {"rate": "Missing required parameter in the JSON body or the post body or the query string",
                    "c": "The value 'z' is not a valid choice for 'c'."},
         "message": "Input payload validation failed"},
        (R.REQUIRED, "rate"), (R.ONE_OF, "c"),
    ),
    refusal(
        "colander",
        {"name": "Shorter than minimum length 3", "age": "3 is less than minimum value 18",
         "k": '"z" is not one of a, b', "e": "Invalid email address", "miss": "Required"},
        (R.MIN_LENGTH, "name", 3), (R.MINIMUM, "age", 18), (R.ONE_OF, "k", ("a", "b")), (R.FORMAT, "e", "email"),
        (R.REQUIRED, "miss"),
    ),
    refusal(
        "Pyramid cornice",
        {"status": "error", "errors": [
            {"location": "body", "name": "title", "description": "Required"},
            {"location": "querystring", "name": "limit", "description": '"x" is not a number'}]},
        (R.REQUIRED, "body:title"), (R.TYPE, "query:limit", "number"),
    ),
    refusal(
        "Kinto",
        {"code": 400, "errno": 107, "error": "Invalid parameters", "message": "data.id in body: Required",
         "details": [{"location": "body", "name": "data.id", "description": "data.id in body: Required"}]},
        (R.REQUIRED, "body:data/id"),
    ),
    refusal(
        "Kinto", {"code": 400, "errno": 107, "error": "Invalid parameters", "message": "data in body: Provide at least "
                  "one of data or permissions", "details": [{"location": "body", "name": "data",
                  "description": "data in body: Provide at least one of data or permissions"}]},
        (R.REQUIRED, "body:data"),
    ),
    refusal(
        "Litestar",
        {"status_code": 400, "detail": "Validation failed for POST /s", "extra": [
            {"message": "Expected `int` >= 18", "key": "age", "source": "body"},
            {"message": "Expected `str`, got `int`", "key": "name", "source": "body"}]},
        (R.MINIMUM, "body:age", 18), (R.TYPE, "body:name", "string"),
    ),
    refusal(
        "a service's own envelope",
        {"code": "validation", "details": [{"field": "body.to_wallet_id", "rule": "same_wallet",
                                            "message": "must differ from from_wallet_id"}]},
        (R.DIFFERENT, "body:to_wallet_id", "from_wallet_id"), status=422, names="from_wallet_id to_wallet_id",
    ),
    refusal(
        "a value quoted", {"message": "'mailto:admin@example.com' is not a valid AppRise URL."}, (R.INVALID, ""),
    ),
    refusal(
        "cerberus",
        {"age": ["min value is 18"], "k": ["unallowed value z"], "miss": ["required field"], "r":
         ["value does not match regex '^a$'"], "x": ["unknown field"], "ad": [{"zip": ["max length is 2"]}]},
        (R.MINIMUM, "age", 18), (R.ONE_OF, "k"), (R.REQUIRED, "miss"), (R.PATTERN, "r", "^a$"), (R.NOT_ALLOWED, "x"),
        (R.MAX_LENGTH, "ad/0/zip", 2),
    ),
    refusal(
        "voluptuous",
        {"message": "value must be at least 18 for dictionary value @ data['age']"}, (R.MINIMUM, "age", 18),
    ),
    refusal(
        "connexion",
        {"title": "Bad Request", "detail": "'z' is not one of ['a', 'b'] - 'kind'", "status": 400,
        "type": "about:blank"},
        (R.ONE_OF, "kind", ("a", "b")), media_type="application/problem+json",
    ),
    refusal("Tornado, plain text", "Missing argument title", (R.REQUIRED, "title"), media_type="text/plain"),
    refusal("Flask, plain text", "starts_at must be a future date", (R.FUTURE, "starts_at"), media_type="text/plain"),
)  # fmt: skip

JAVASCRIPT = (
    refusal(
        "express-validator 7",
        {"errors": [
            {"type": "field", "value": "x", "msg": "Invalid value", "path": "email", "location": "body"},
            {"type": "field", "value": "a", "msg": "Password must be at least 8 characters", "path": "password",
             "location": "body"},
            {"type": "field", "value": 0, "msg": "Invalid value", "path": "items[0].qty", "location": "body"},
            {"type": "field", "msg": "E-mail already in use", "path": "mail", "location": "body"},
            {"type": "field", "msg": "Password confirmation does not match password", "path": "passwordConfirmation",
             "location": "body"},
            {"type": "field", "value": "a", "msg": "Invalid value", "path": "limit", "location": "query"}]},
        (R.INVALID, "body:email"), (R.MIN_LENGTH, "body:password", 8), (R.INVALID, "body:items/0/qty"),
        (R.TAKEN, "body:mail"), (R.SAME_AS, "body:passwordConfirmation", "password"), (R.INVALID, "query:limit"),
    ),
    refusal(
        "express-validator 6, mapped",
        {"errors": {"name": {"msg": "Name is required", "param": "name", "location": "body"},
                    "age": {"value": 3, "msg": "Age must be a positive number", "param": "age", "location": "body"}}},
        (R.REQUIRED, "body:name"), (R.ABOVE, "body:age", 0),
    ),
    refusal(
        "zod 3, issues",
        {"success": False, "error": {"name": "ZodError", "issues": [
            {"code": "too_small", "minimum": 3, "type": "string", "inclusive": True, "exact": False,
             "message": "String must contain at least 3 character(s)", "path": ["name"]},
            {"validation": "email", "code": "invalid_string", "message": "Invalid email", "path": ["email"]},
            {"received": "z", "code": "invalid_enum_value", "options": ["a", "b"], "path": ["kind"],
             "message": "Invalid enum value. Expected 'a' | 'b', received 'z'"},
            {"code": "too_small", "inclusive": True, "exact": False, "minimum": 1893456000000, "type": "date",
             "message": "Date must be greater than or equal to Tue Jan 01 2030 00:00:00 GMT+0000 (Coordinated "
             "Universal "
             "Time)", "path": ["when"]},
            {"code": "too_small", "minimum": 0, "type": "number", "inclusive": False, "exact": False,
             "message": "Number must be greater than 0", "path": ["items", 0, "qty"]},
            {"code": "invalid_type", "expected": "string", "received": "undefined", "path": ["miss"],
             "message": "Required"},
            {"code": "unrecognized_keys", "keys": ["extra", "eq"], "path": [],
             "message": "Unrecognized key(s) in object: 'extra', 'eq'"}]}},
        (R.MIN_LENGTH, "name", 3), (R.FORMAT, "email", "email"), (R.ONE_OF, "kind", ("a", "b")),
        (R.MINIMUM, "when", "2030-01-01"), (R.ABOVE, "items/0/qty", 0), (R.REQUIRED, "miss"), (R.TYPE, "miss",
        "string"),
        (R.NOT_ALLOWED, "extra"), (R.NOT_ALLOWED, "eq"),
    ),
    refusal(
        "zod 3, flattened",
        {"formErrors": ["Unrecognized key(s) in object: 'extra'"], "fieldErrors": {
            "name": ["String must contain at least 3 character(s)"], "url": ["Invalid url"], "miss": ["Required"],
            "n": ["Expected number, received string"], "tags": ["Array must contain at least 1 element(s)"]}},
        (R.NOT_ALLOWED, "extra"), (R.MIN_LENGTH, "name", 3), (R.FORMAT, "url", "uri"), (R.REQUIRED, "miss"),
        (R.TYPE, "n", "number"), (R.MIN_ITEMS, "tags", 1),
    ),
    refusal(
        "zod 3, formatted",
        {"_errors": [], "name": {"_errors": ["String must contain at least 3 character(s)"]},
         "items": {"0": {"_errors": [], "qty": {"_errors": ["Number must be greater than 0"]}}, "_errors": []}},
        (R.MIN_LENGTH, "name", 3), (R.ABOVE, "items/0/qty", 0),
    ),
    refusal(
        "zod 4",
        {"errors": [
            {"origin": "string", "code": "too_small", "minimum": 3, "inclusive": True, "path": ["name"],
             "message": "Too small: expected string to have >=3 characters"},
            {"origin": "string", "code": "invalid_format", "format": "email", "pattern": "/^x$/", "path": ["email"],
             "message": "Invalid email address"},
            {"code": "invalid_value", "values": ["a", "b"], "path": ["kind"],
             "message": 'Invalid option: expected one of "a"|"b"'},
            {"origin": "string", "code": "invalid_format", "format": "regex", "pattern": "/^a$/", "path": ["re"],
             "message": "Invalid string: must match pattern /^a$/"},
            {"origin": "number", "code": "not_multiple_of", "divisor": 5, "path": ["multi"],
             "message": "Invalid number: must be a multiple of 5"},
            {"expected": "string", "code": "invalid_type", "path": ["miss"],
             "message": "Invalid input: expected string, received undefined"}]},
        (R.MIN_LENGTH, "name", 3), (R.FORMAT, "email", "email"), (R.ONE_OF, "kind", ("a", "b")),
        (R.PATTERN, "re", "^a$"), (R.MULTIPLE_OF, "multi", 5), (R.TYPE, "miss", "string"), (R.REQUIRED, "miss"),
    ),
    refusal(
        "zod, refined", {"error": [{"code": "custom", "message": "Passwords don't match",
        "path": ["confirmPassword"]}]},
        (R.SAME_AS, "confirmPassword", "password"),
    ),
    refusal(
        "Joi, details",
        {"error": {"isJoi": True, "name": "ValidationError", "details": [
            {"message": '"name" length must be at least 3 characters long', "path": ["name"], "type": "string.min",
             "context": {"limit": 3, "value": "a", "label": "name", "key": "name"}},
            {"message": '"when" must be greater than "now"', "path": ["when"], "type": "date.greater",
             "context": {"limit": "now", "label": "when", "key": "when"}},
            {"message": '"items[0].sku" is required', "path": ["items", 0, "sku"], "type": "any.required",
             "context": {"label": "items[0].sku", "key": "sku"}},
            {"message": '"extra" is not allowed', "path": ["extra"], "type": "object.unknown",
             "context": {"child": "extra", "label": "extra", "value": 1, "key": "extra"}}]}},
        (R.MIN_LENGTH, "name", 3), (R.FUTURE, "when"), (R.REQUIRED, "items/0/sku"), (R.NOT_ALLOWED, "extra"),
    ),
    refusal(
        "Joi, one message (hapi)",
        {"statusCode": 400, "error": "Bad Request", "message": '"email" must be a valid email. "age" must be greater '
        'than '
         'or equal to 18. "kind" must be one of [a, b]. "items[0].qty" must be a positive number. "pw2" must be '
         '[ref:pw]. '
         '"re" with value "b" fails to match the required pattern: /^a$/. "end" must be greater than "ref:start". '
         '"empty" is not allowed to be empty. "an" must only contain alpha-numeric characters. "extra" is not allowed',
         "validation": {"source": "payload", "keys": ["email"]}},
        (R.FORMAT, "email", "email"), (R.MINIMUM, "age", 18), (R.ONE_OF, "kind", ("a", "b")), (R.ABOVE,
        "items/0/qty", 0),
        (R.SAME_AS, "pw2", "pw"), (R.PATTERN, "re", "^a$"), (R.AFTER, "end", "start"), (R.NOT_EMPTY, "empty"),
        (R.PATTERN, "an", "^[a-z][a-z0-9]+$"), (R.NOT_ALLOWED, "extra"),
    ),
    refusal(
        "celebrate",
        {"statusCode": 400, "error": "Bad Request", "message": "Validation failed", "validation": {
            "query": {"source": "query", "keys": ["limit"], "message": '"limit" must be a number'},
            "body": {"source": "body", "keys": ["name"], "message": '"name" is required'}}},
        (R.TYPE, "query:limit", "number"), (R.REQUIRED, "body:name"),
    ),
    refusal(
        "Fastify (ajv)",
        {"statusCode": 400, "code": "FST_ERR_VALIDATION", "error": "Bad Request",
         "message": "body must have required property 'title'"},
        (R.REQUIRED, "body:title"),
    ),
    refusal(
        "Fastify (ajv)",
        {"statusCode": 400, "code": "FST_ERR_VALIDATION", "error": "Bad Request",
         "message": "body/address/zip must NOT have fewer than 5 characters"},
        (R.MIN_LENGTH, "body:address/zip", 5),
    ),
    refusal(
        "Fastify (ajv)",
        {"statusCode": 400, "code": "FST_ERR_VALIDATION", "error": "Bad Request",
         "message": "querystring/limit must be integer"},
        (R.TYPE, "query:limit", "integer"),
    ),
    refusal(
        "ajv",
        {"errors": [
            {"instancePath": "", "schemaPath": "#/required", "keyword": "required",
            "params": {"missingProperty": "miss"},
             "message": "must have required property 'miss'"},
            {"instancePath": "/items/0", "schemaPath": "#/x", "keyword": "required",
            "params": {"missingProperty": "sku"},
             "message": "must have required property 'sku'"},
            {"instancePath": "", "schemaPath": "#/additionalProperties", "keyword": "additionalProperties",
             "params": {"additionalProperty": "extra"}, "message": "must NOT have additional properties"},
            {"instancePath": "/kind", "schemaPath": "#/enum", "keyword": "enum", "params": {"allowedValues": ["a",
            "b"]},
             "message": "must be equal to one of the allowed values"},
            {"instancePath": "/email", "schemaPath": "#/format", "keyword": "format", "params": {"format": "email"},
             "message": 'must match format "email"'}]},
        (R.REQUIRED, "miss"), (R.REQUIRED, "items/0/sku"), (R.NOT_ALLOWED, "extra"), (R.ONE_OF, "kind", ("a", "b")),
        (R.FORMAT, "email", "email"),
    ),
    refusal(
        "NestJS (class-validator)",
        {"statusCode": 400, "error": "Bad Request", "message": [
            "name must be longer than or equal to 3 characters", "email must be an email",
            "age must not be less than 18", "kind must be one of the following values: a, b",
            "miss should not be empty",
            "property extra should not exist", "uuid must be a UUID", "when must be a valid ISO 8601 date string",
            "items.0.qty must be a positive number", "re must match /^a$/ regular expression",
            "pw is not strong enough", "each value in tags must be a string"]},
        (R.MIN_LENGTH, "name", 3), (R.FORMAT, "email", "email"), (R.MINIMUM, "age", 18), (R.ONE_OF, "kind", ("a", "b")),
        (R.NOT_EMPTY, "miss"), (R.NOT_ALLOWED, "extra"), (R.FORMAT, "uuid", "uuid"), (R.FORMAT, "when", "date"),
        (R.ABOVE, "items/0/qty", 0), (R.PATTERN, "re", "^a$"),
        (R.CHARACTERS, "pw", ("upper", "lower", "digit", "symbol")), (R.TYPE, "tags", "string"),
        names="tags",
    ),
    refusal(
        "class-validator",
        [{"target": {}, "property": "email", "children": [], "constraints": {"isEmail": "email must be an email"}},
         {"target": {}, "property": "items", "children": [{"property": "0", "children": [
             {"property": "qty", "children": [], "constraints": {"isPositive": "qty must be a positive number"}}]}]},
         {"property": "extra", "constraints": {"whitelistValidation": "property extra should not exist"}}],
        (R.FORMAT, "email", "email"), (R.ABOVE, "items/0/qty", 0), (R.NOT_ALLOWED, "extra"),
    ),
    refusal(
        "LoopBack 4",
        {"error": {"statusCode": 422, "name": "UnprocessableEntityError", "code": "VALIDATION_FAILED",
                   "message": "The request body is invalid. See error object `details` property for more info.",
                   "details": [
                       {"path": "", "code": "required", "message": "must have required property 'title'",
                        "info": {"missingProperty": "title"}},
                       {"path": "/desc", "code": "type", "message": "must be string", "info": {"type": "string"}},
                       {"path": ".name", "code": "minLength", "message": "should NOT be shorter than 3 characters",
                        "info": {"limit": 3}}]}},
        (R.REQUIRED, "title"), (R.TYPE, "desc", "string"), (R.MIN_LENGTH, "name", 3),
        status=422,
    ),
    refusal(
        "Mongoose",
        {"message": "User validation failed: when: Cast to date failed for value \"zz\" (type string) at path "
        "\"when\" for "
         "model \"User\", email: Path `email` is required., name: Path `name` (`a`, length 1) is shorter than the "
         "minimum "
         "allowed length (3)., age: Path `age` (3) is less than minimum allowed value (18)."},
        (R.FORMAT, "when", "date"), (R.REQUIRED, "email"), (R.MIN_LENGTH, "name", 3), (R.MINIMUM, "age", 18),
    ),
    refusal(
        "MongoDB",
        {"error": "E11000 duplicate key error collection: shop.users index: email_1 dup key: { email: \"a@b.co\" }"},
        (R.TAKEN, "email"), status=500,
    ),
    refusal(
        "yup",
        {"name": "ValidationError", "errors": ["name must be at least 3 characters", "miss is a required field",
         "when field must be later than 2030-01-01T00:00:00.000Z", "re must match the following: \"/^a$/\""]},
        (R.MIN_LENGTH, "name", 3), (R.REQUIRED, "miss"), (R.MINIMUM, "when", "2030-01-01"), (R.PATTERN, "re", "^a$"),
    ),
    refusal(
        "valibot",
        {"nested": {"name": ["Invalid length: Expected >=3 but received 1"],
                    "miss": ['Invalid key: Expected "miss" but received undefined']}},
        (R.MIN_LENGTH, "name", 3), (R.REQUIRED, "miss"),
    ),
    refusal(
        "AdonisJS (VineJS)",
        {"errors": [
            {"message": "The email field must be a valid email address", "rule": "email", "field": "email"},
            {"message": "The password field and password_confirmation field must be the same", "rule": "confirmed",
             "field": "password_confirmation",
             "meta": {"otherField": "password_confirmation", "originalField": "password"}},
            {"message": "The selected kind is invalid", "rule": "enum", "field": "kind", "meta": {"choices": ["a",
            "b"]}}]},
        (R.FORMAT, "email", "email"), (R.SAME_AS, "password_confirmation", "password"), (R.ONE_OF, "kind", ("a", "b")),
        status=422,
    ),
    refusal(
        "Directus",
        {"errors": [{"message": 'Validation failed for field "title". Value is required.',
                     "extensions": {"code": "FAILED_VALIDATION", "field": "title", "type": "required"}},
                    {"message": 'Value for field "slug" in collection "posts" has to be unique.',
                     "extensions": {"code": "RECORD_NOT_UNIQUE", "collection": "posts", "field": "slug"}}]},
        (R.REQUIRED, "title"), (R.TAKEN, "slug"),
    ),
    refusal(
        "Strapi 4",
        {"data": None, "error": {"status": 400, "name": "ValidationError", "message": "2 errors occurred", "details": {
            "errors": [{"path": ["title"], "message": "title must be defined.", "name": "ValidationError"},
                       {"path": ["email"], "message": "email must be a valid email", "name": "ValidationError"}]}}},
        (R.REQUIRED, "title"), (R.FORMAT, "email", "email"),
    ),
    refusal(
        "Sequelize",
        {"errors": [{"message": "email must be unique", "type": "unique violation", "path": "email", "value": "a@b.co"},
                    {"message": "User.name cannot be null", "type": "notNull Violation", "path": "name",
                    "value": None}]},
        (R.TAKEN, "email"), (R.REQUIRED, "name"), status=409,
    ),
    refusal(
        "Prisma", {"statusCode": 409, "message": "Unique constraint failed on the fields: (`email`)"}, (R.TAKEN,
        "email"),
        status=409,
    ),
)  # fmt: skip

JAVA = (
    refusal(
        "Spring Boot, default errors",
        {"timestamp": "2020-10-06T11:28:13.214+0000", "status": 400, "error": "Bad Request", "errors": [
            {"codes": ["NotBlank.foo.title", "NotBlank"], "arguments": [{"codes": ["foo.title", "title"],
             "arguments": None, "defaultMessage": "title", "code": "title"}], "defaultMessage": "must not be blank",
             "objectName": "foo", "field": "title", "rejectedValue": None, "bindingFailure": False, "code": "NotBlank"},
            {"codes": ["Size.foo.name", "Size"], "arguments": [5, 3], "defaultMessage": "size must be between 3 and 5",
             "objectName": "foo", "field": "name", "rejectedValue": "a", "bindingFailure": False, "code": "Size"},
            {"defaultMessage": "must be a future date", "field": "startsAt", "code": "Future", "rejectedValue": "x"},
            {"defaultMessage": "must be a well-formed email address", "field": "email", "code": "Email"}],
         "message": "Validation failed for object='foo'. Error count: 4", "path": "/things"},
        (R.NOT_EMPTY, "title"), (R.LENGTH, "name", (3, 5)), (R.FUTURE, "startsAt"), (R.FORMAT, "email", "email"),
    ),
    refusal(
        "Spring, fieldErrors",
        {"fieldErrors": [{"objectName": "userDTO", "field": "age", "message": "must be greater than or equal to 18"},
                         {"objectName": "userDTO", "field": "code", "message": 'must match "[A-Z]{3}"'}],
         "message": "error.validation", "status": 400},
        (R.MINIMUM, "age", 18), (R.PATTERN, "code", "[A-Z]{3}"),
    ),
    refusal(
        "Spring, Zalando problem",
        {"type": "https://zalando.github.io/problem/constraint-violation", "status": 400,
        "title": "Constraint Violation",
         "violations": [{"field": "name", "message": "must not be null"},
                        {"field": "create.request.price", "message": "must be greater than 0"}]},
        (R.REQUIRED, "name"), (R.ABOVE, "create/request/price", 0), media_type="application/problem+json",
    ),
    refusal(
        "Spring, a parameter", {"timestamp": "x", "status": 400, "error": "Bad Request", "path": "/things",
         "message": "Required request parameter 'limit' for method parameter type int is not present"},
        (R.REQUIRED, "limit"),
    ),
    refusal(
        "Spring, Jackson",
        {"status": 400, "error": "Bad Request", "message": "JSON parse error: Cannot deserialize value of type "
         "`com.acme.Kind` from String \"z\": not one of the values accepted for Enum class: [A, B]"},
        (R.ONE_OF, "kind", ("A", "B")), names="kind title",
    ),
    refusal(
        "Quarkus",
        {"title": "Constraint Violation", "status": 400, "violations": [
            {"field": "add.arg0.title", "message": "must not be blank"},
            {"field": "add.arg0.qty", "message": "must be less than or equal to 10"}]},
        (R.NOT_EMPTY, "add/arg0/title"), (R.MAXIMUM, "add/arg0/qty", 10),
    ),
    refusal(
        "RESTEasy",
        {"classViolations": [], "parameterViolations": [{"constraintType": "PARAMETER",
        "message": "Title may not be blank",
         "path": "addBook.book.title", "value": ""}], "propertyViolations": [], "returnValueViolations": []},
        (R.NOT_EMPTY, "addBook/book/title"),
    ),
    refusal(
        "Micronaut",
        {"message": "Bad Request", "_embedded": {"errors": [{"message": "command.title: must not be blank"}]},
         "_links": {"self": {"href": "/books", "templated": False}}},
        (R.NOT_EMPTY, "command/title"),
    ),
    refusal(
        "Dropwizard", {"errors": ["name must not be empty", "age must be less than or equal to 150"]},
        (R.NOT_EMPTY, "name"), (R.MAXIMUM, "age", 150), status=422,
    ),
)  # fmt: skip

RUBY_AND_PHP = (
    refusal(
        "Rails, errors",
        {"errors": {"email": ["has already been taken"], "name": ["is too short (minimum is 3 characters)"],
                    "doctor": ["must exist"], "terms": ["must be accepted"],
                    "code": ["is the wrong length (should be 4 "
                    "characters)"], "kind": ["is not included in the list"], "base": ["Start must be before finish"]}},
        (R.TAKEN, "email"), (R.MIN_LENGTH, "name", 3), (R.UNKNOWN, "doctor"), (R.EQUAL, "terms", True),
        (R.LENGTH, "code", (4, 4)), (R.ONE_OF, "kind"), (R.BEFORE, "start", "finish"),
        status=422, names="start finish",
    ),
    refusal(
        "Rails, full messages",
        ["Email has already been taken", "Name can't be blank", "Password confirmation doesn't match Password",
         "Starts at must be in the future"],
        (R.TAKEN, "email"), (R.NOT_EMPTY, "name"), (R.SAME_AS, "password_confirmation", "password"),
        (R.FUTURE, "starts_at"),
        status=422, names="email name password password_confirmation starts_at",
    ),
    refusal(
        "Rails, create!",
        {"error": "Validation failed: Email can't be blank, Name is too short (minimum is 3 characters)"},
        (R.NOT_EMPTY, "email"), (R.MIN_LENGTH, "name", 3), names="email name", status=422,
    ),
    refusal(
        "Rails, strong parameters", {"status": 400, "error": "param is missing or the value is empty: user"},
        (R.REQUIRED, "user"),
    ),
    refusal(
        "JSON:API",
        {"errors": [{"status": "422", "source": {"pointer": "/data/attributes/name"}, "title": "can't be blank",
                     "detail": "name - can't be blank", "code": "100"},
                    {"status": "400", "source": {"parameter": "sort"}, "title": "Invalid sort",
                    "detail": "sort is invalid"}]},
        (R.NOT_EMPTY, "data/attributes/name"), (R.INVALID, "sort"), status=422, media_type="application/vnd.api+json",
    ),
    refusal(
        "Grape", {"error": "email is missing, age is invalid, kind does not have a valid value"},
        (R.REQUIRED, "email"), (R.INVALID, "age"), (R.ONE_OF, "kind"), names="email age kind",
    ),
    refusal(
        "Laravel",
        {"message": "The email has already been taken. (and 5 more errors)", "errors": {
            "email": ["The email has already been taken."], "name": ["The name field is required."],
            "password": ["The password field confirmation does not match.",
                         "The password field must be at least 8 characters."],
            "starts_on": ["The starts on field must be a date after today."],
            "ends_on": ["The ends on field must be a date after starts on."],
            "doctor_id": ["The selected doctor id is invalid."], "qty": ["The qty field must be an integer."],
            "items.0.sku": ["The items.0.sku field is required."]}},
        (R.TAKEN, "email"), (R.REQUIRED, "name"), (R.SAME_AS, "password", "password"), (R.MIN_LENGTH, "password", 8),
        (R.FUTURE, "starts_on"), (R.AFTER, "ends_on", "starts_on"), (R.UNKNOWN, "doctor_id"), (R.TYPE, "qty",
        "integer"),
        (R.REQUIRED, "items/0/sku"),
        status=422, names="email name password starts_on ends_on doctor_id qty",
    ),
    refusal(
        "Symfony API Platform",
        {"@context": "/contexts/ConstraintViolationList", "@type": "ConstraintViolationList",
         "hydra:title": "An error occurred", "hydra:description": "title: This value should not be blank.",
         "violations": [{"propertyPath": "title", "message": "This value should not be blank.",
                         "code": "c1051bb4-d103-4f74-8988-acbcafc7fdc3"},
                        {"propertyPath": "lines[0].qty", "message": "This value should be positive.", "code": None},
                        {"propertyPath": "name", "message": "This value is too short. It should have 3 characters or "
                         "more.", "code": "9ff3fdc4-b214-49db-8718-39c315e33d45"}]},
        (R.NOT_EMPTY, "title"), (R.ABOVE, "lines/0/qty", 0), (R.MIN_LENGTH, "name", 3),
        status=422, media_type="application/ld+json",
    ),
)  # fmt: skip

OTHERS = (
    refusal(
        "Go, gin (validator)",
        {"error": "Key: 'CreateUser.Email' Error:Field validation for 'Email' failed on the 'email' tag\n"
         "Key: 'CreateUser.Name' Error:Field validation for 'Name' failed on the 'required' tag\n"
         "Key: 'CreateUser.Address.Zip' Error:Field validation for 'Zip' failed on the 'len' tag"},
        (R.FORMAT, "Email", "email"), (R.REQUIRED, "Name"), (R.INVALID, "Address/Zip"),
    ),
    refusal(
        "Go, encoding/json",
        "json: cannot unmarshal string into Go struct field CreateUser.age of type int\n", (R.TYPE, "age", "integer"),
        media_type="text/plain",
    ),
    refusal("Go, encoding/json", {"message": 'json: unknown field "nickname"'}, (R.NOT_ALLOWED, "nickname")),
    refusal(
        "Go, huma",
        {"title": "Unprocessable Entity", "status": 422, "detail": "validation failed", "errors": [
            {"message": "expected string to be RFC 5322 email: mail: missing '@' or angle-addr",
            "location": "body.email",
             "value": "x"},
            {"message": "expected required property title to be present", "location": "body", "value": {}},
            {"message": "expected length >= 8", "location": "body.password", "value": "abc"},
            {"message": "unexpected property", "location": "body.extra", "value": {}}]},
        (R.FORMAT, "body:email", "email"), (R.REQUIRED, "body:title"), (R.MIN_LENGTH, "body:password", 8),
        (R.NOT_ALLOWED, "body:extra"),
        status=422, media_type="application/problem+json",
    ),
    refusal("Go, ozzo-validation", {"name": "cannot be blank", "zip": "the length must be between 5 and 50"},
            (R.NOT_EMPTY, "name"), (R.LENGTH, "zip", (5, 50))),
    refusal(
        "ASP.NET",
        {"type": "https://tools.ietf.org/html/rfc7231#section-6.5.1", "status": 400, "traceId": "00-84075aa6-00",
         "title": "One or more validation errors occurred.", "errors": {
             "Email": ["The Email field is required."],
             "$.age": ["The JSON value could not be converted to System.Int32. Path: $.age | LineNumber: 0 | "
                       "BytePositionInLine: 12."],
             "Name": ["The field Name must be a string or array type with a minimum length of '3'."],
             "Qty": ["The field Qty must be between 1 and 10."]}},
        (R.REQUIRED, "Email"), (R.TYPE, "age", "integer"), (R.MIN_LENGTH, "Name", 3), (R.RANGE, "Qty", (1, 10)),
        media_type="application/problem+json",
    ),
    refusal(
        "FluentValidation",
        {"errors": [{"propertyName": "Name", "errorMessage": "'Name' must not be empty.", "attemptedValue": "",
                     "errorCode": "NotEmptyValidator"},
                    {"propertyName": "StartsAt", "errorMessage": "'Starts At' must be greater than '11/22/2026'."},
                    {"propertyName": "Pin", "errorMessage": "'Pin' must be 4 characters in length. You entered 2 "
                     "characters."}]},
        (R.NOT_EMPTY, "Name"), (R.INVALID, "StartsAt"), (R.LENGTH, "Pin", (4, 4)),
    ),
    refusal(
        "Phoenix (Ecto)",
        {"errors": {"email": ["has already been taken"], "title": ["can't be blank"],
                    "password": ["should be at least 8 character(s)"], "age": ["must be greater than 17"]}},
        (R.TAKEN, "email"), (R.NOT_EMPTY, "title"), (R.MIN_LENGTH, "password", 8), (R.ABOVE, "age", 17), status=422,
    ),
    refusal(
        "Actix (serde)", "Json deserialize error: missing field `title` at line 1 column 15", (R.REQUIRED, "title"),
        media_type="text/plain",
    ),
    refusal(
        "axum (serde)",
        "Failed to deserialize the JSON body into the target type: kind: unknown variant `z`, expected `a` or `b` at "
        "line 1",
        (R.ONE_OF, "kind", ("a", "b")), media_type="text/plain", status=422, names="kind",
    ),
    refusal(
        "PostgREST",
        {"code": "23502", "details": "Failing row contains (1, null).", "hint": None,
         "message": 'null value in column "title" of relation "things" violates not-null constraint'},
        (R.REQUIRED, "title"),
    ),
    refusal(
        "PostgREST",
        {"code": "23503", "details": 'Key (doctor_id)=(5) is not present in table "doctors".', "hint": None,
         "message": 'insert or update on table "visits" violates foreign key constraint "visits_doctor_id_fkey"'},
        (R.UNKNOWN, "doctor_id"), names="doctor_id", status=409,
    ),
    refusal(
        "by hand", {"success": False, "message": "slug, title are required"}, (R.REQUIRED, "slug"), (R.REQUIRED,
        "title"),
        names="slug title",
    ),
    refusal("by hand", {"error": "Missing required fields: name, date_of_birth"}, (R.REQUIRED, "name"),
            (R.REQUIRED, "date_of_birth")),
    refusal("by hand", {"error": "Appointment date cannot be in the past"}, (R.FUTURE, "appointmentDate"),
            names="appointmentDate date title"),
    refusal("by hand", {"error": "Appointments must be between 09:00 and 17:00 on weekdays"},
            (R.HOURS, "appointments", (9, 17)), (R.WEEKDAY, "appointments")),
    refusal("by hand", {"error": "End time must be after start time"}, (R.AFTER, "endTime", "startTime"),
            names="startTime endTime"),
    refusal("by hand", {"message": "Passwords do not match"}, (R.SAME_AS, "", "password")),
    refusal("by hand", {"message": "unknown doctor"}, (R.UNKNOWN, "doctorId", "doctor"), names="doctorId"),
    refusal("by hand", {"error": "Password must contain at least one uppercase letter, one number and one special "
                        "character"}, (R.CHARACTERS, "password", ("upper", "digit", "symbol")), names="password"),
    refusal("by hand", {"message": "You must be at least 18 years old", "field": "birthDate"},
            (R.PAST, "birthDate", 18 * 366)),
    refusal("by hand", {"error": "Content-Type must be application/json"}, (R.MEDIA_TYPE, "", "application/json"),
            status=415),
    refusal("a page", "<!doctype html><html><body><h1>title is required</h1></body></html>", media_type="text/html"),
    refusal("nothing said", {"error": "Bad Request", "message": "Validation failed", "statusCode": 400}),
    refusal("nothing said", {"detail": "Not authenticated"}),
)  # fmt: skip

REFUSALS = (*PYTHON, *JAVASCRIPT, *JAVA, *RUBY_AND_PHP, *OTHERS)
