"""What the codes of validators mean: pydantic, zod, Joi, ajv, Bean Validation, class-validator, go-playground, Django …

A code is looked up without case and punctuation, first with the kind of value beside it (`toosmall:string`),
then alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from auditor.complaints.rules import Code, Rule
from auditor.complaints.shapes import plain
from auditor.model import Json

LIMIT = ("limit", "min_length", "max_length", "minlength", "maxlength", "minimum", "maximum", "min", "max", "ge", "gt",
         "le", "lt", "limit_value", "requirement", "count", "number", "n", "valid", "multiple_of", "multipleOf",
         "divisor", "base")  # fmt: skip
OPTIONS = ("options", "values", "allowedValues", "valids", "choices", "enumValues", "enum_values", "enum", "expected",
           "permitted", "allowed", "valid")  # fmt: skip
MISSING = ("missingProperty", "missing", "peers", "peer")
EXTRA = ("additionalProperty", "keys", "unevaluatedProperty", "propertyName")


def under(rule: Rule, *codes: str, argument: tuple[str, ...] = (), members: tuple[str, ...] = (),
          fixed: object = None) -> Iterable[tuple[str, Code]]:  # fmt: skip
    return ((code, Code(rule, argument, members, fixed)) for code in codes)


CODES: Mapping[str, Code] = dict(
    (
        *under(Rule.REQUIRED, "missing", "required", "valueerrormissing", "anyrequired", "objectmissing", "notnull",
               "isdefined", "null", "noneisnotallowed", "objectwith", "objectand", "nnull", "requiredvalidator",
               "fieldrequired", "notsupplied", "missingfield", "optionality", "dependentrequired",
               "ad32d13fc3d4423b909a857b961eb720", members=MISSING),
        *under(Rule.NOT_EMPTY, "blank", "notblank", "notempty", "isnotempty", "stringempty", "empty", "valueempty",
               "presence", "nempty", "c1051bb4d1034f7489888acbcafc7fdc3", "c1051bb4d1034f748988acbcafc7fdc3",
               "notblankvalidator"),
        *under(Rule.NOT_ALLOWED, "extraforbidden", "valueerrorextra", "unrecognizedkeys", "objectunknown",
               "additionalproperties", "unevaluatedproperties", "whitelistvalidation", "anyunknown", "unexpectedkey",
               "unknownfield", members=EXTRA),
        *under(Rule.MIN_LENGTH, "stringtooshort", "valueerroranystrminlength", "toosmall:string", "stringmin",
               "minlength", "byteslengthmin", "tooshort", "hasminlength", argument=LIMIT),
        *under(Rule.MAX_LENGTH, "stringtoolong", "valueerroranystrmaxlength", "toobig:string", "stringmax",
               "maxlength", "toolong", argument=LIMIT),
        *under(Rule.MINIMUM, "greaterthanequal", "valueerrornumbernotge", "toosmall:number", "toosmall:bigint",
               "toosmall:int", "numbermin", "minimum", "min", "minvalue", "decimalmin", "gte", "toosmall",
               "toosmall:date", "datemin", "ge", argument=LIMIT),
        *under(Rule.MAXIMUM, "lessthanequal", "valueerrornumbernotle", "toobig:number", "toobig:bigint", "toobig:int",
               "numbermax", "maximum", "max", "maxvalue", "decimalmax", "lte", "toobig", "toobig:date", "datemax",
               "le", argument=LIMIT),
        *under(Rule.ABOVE, "greaterthan", "valueerrornumbernotgt", "exclusiveminimum", "numbergreater", "gt",
               argument=LIMIT),
        *under(Rule.BELOW, "lessthan", "valueerrornumbernotlt", "exclusivemaximum", "numberless", "lt", argument=LIMIT),
        *under(Rule.ABOVE, "positive", "ispositive", "numberpositive", fixed=0),
        *under(Rule.MINIMUM, "positiveorzero", "isnotnegative", fixed=0),
        *under(Rule.BELOW, "negative", "isnegative", "numbernegative", fixed=0),
        *under(Rule.MULTIPLE_OF, "multipleof", "notmultipleof", "numbermultiple", "isdivisibleby", argument=LIMIT),
        *under(Rule.MIN_ITEMS, "tooshort:list", "valueerrorlistminitems", "toosmall:array", "toosmall:set", "arraymin",
               "minitems", "arrayminsize", "arraynotempty", argument=LIMIT),
        *under(Rule.MAX_ITEMS, "toolong:list", "valueerrorlistmaxitems", "toobig:array", "toobig:set", "arraymax",
               "maxitems", "arraymaxsize", argument=LIMIT),
        *under(Rule.ONE_OF, "enum", "literalerror", "typeerrorenum", "valueerrorconst", "anyonly", "invalidenumvalue",
               "invalidvalue", "oneof", "isin", "isenum", "invalidchoice", "picklist", "inclusion", "choice",
               "nosuchchoice", "notincluded", argument=OPTIONS),
        *under(Rule.EQUAL, "invalidliteral", "const", argument=("expected", "allowedValue")),
        *under(Rule.PATTERN, "stringpatternmismatch", "valueerrorstrregex", "stringpatternbase", "pattern", "matches",
               "regexp", "regex", argument=("pattern", "regex", "regexp")),
        *under(Rule.EQUAL, "asserttrue", "accepted", fixed=True),
        *under(Rule.EQUAL, "assertfalse", "declined", fixed=False),
        *under(Rule.TYPE, "invalidtype", "typeerror", "wrongtype", "type", argument=("expected", "type")),
        *under(Rule.TYPE, "stringtype", "stringbase", "isstring", "typeerrorstr", fixed="string"),
        *under(Rule.TYPE, "inttype", "intparsing", "intfromfloat", "isint", "numberinteger", "typeerrorinteger",
               fixed="integer"),
        *under(Rule.TYPE, "floattype", "floatparsing", "decimalparsing", "decimaltype", "numberbase", "isnumber",
               "isnumeric", "numeric", "number", "typeerrorfloat", "typeerrordecimal", fixed="number"),
        *under(Rule.TYPE, "booltype", "boolparsing", "booleanbase", "isboolean", "typeerrorbool", fixed="boolean"),
        *under(Rule.TYPE, "listtype", "tupletype", "settype", "arraybase", "isarray", "typeerrorlist", "notalist",
               fixed="array"),
        *under(Rule.TYPE, "dicttype", "modeltype", "modelattributestype", "dataclasstype", "objectbase", "isobject",
               "typeerrordict", "typemapping", fixed="object"),
        *under(Rule.FORMAT, "format", "invalidformat", "invalidstring", argument=("format", "validation")),
        *under(Rule.FORMAT, "email", "isemail", "stringemail", "valueerroremail", "emailvalidator", fixed="email"),
        *under(Rule.FORMAT, "url", "isurl", "stringuri", "urlparsing", "urlscheme", "urltype", "uri",
               "valueerrorurlscheme", "httpurl", fixed="uri"),
        *under(Rule.FORMAT, "uuid", "isuuid", "stringguid", "uuidparsing", "uuidtype", "uuid4", "typeerroruuid",
               fixed="uuid"),
        *under(Rule.FORMAT, "dateparsing", "datefromdatetimeparsing", "datetype", "datefromdatetimeinexact",
               "valueerrordate", fixed="date"),
        *under(Rule.FORMAT, "datetimeparsing", "datetimefromdateparsing", "datetimetype", "isdatestring", "isiso8601",
               "dateformat", "stringisodate", "datebase", "invaliddate", "isdate", "valueerrordatetime", "datetime",
               "datetimeobjectinvalid", "timezoneaware", fixed="date-time"),
        *under(Rule.FORMAT, "timeparsing", "timetype", fixed="time"),
        *under(Rule.FORMAT, "isphonenumber", "ismobilephone", "phone", "e164", fixed="phone"),
        *under(Rule.FORMAT, "ismongoid", "stringhex", "objectid", fixed="objectid"),
        *under(Rule.FORMAT, "isip", "ip", "ipv4", "ipv4address", "ipanyaddress", fixed="ipv4"),
        *under(Rule.FORMAT, "hostname", "fqdn", "isfqdn", fixed="hostname"),
        *under(Rule.FORMAT, "ishexcolor", "hexcolor", fixed="color"),
        *under(Rule.PATTERN, "alphanum", "isalphanumeric", "stringalphanum", fixed="^[A-Za-z0-9]+$"),
        *under(Rule.PATTERN, "alpha", "isalpha", fixed="^[A-Za-z]+$"),
        *under(Rule.CHARACTERS, "isstrongpassword", "passwordtoocommon", "passwordentirelynumeric", "weakpassword"),
        *under(Rule.MIN_LENGTH, "passwordtooshort", argument=LIMIT),
        *under(Rule.FUTURE, "datefuture", "datetimefuture", "future", "futureorpresent"),
        *under(Rule.PAST, "datepast", "datetimepast", "past", "pastorpresent"),
        *under(Rule.SAME_AS, "confirmed", "passwordmismatch", argument=("originalField",)),
        *under(Rule.SAME_AS, "sameas", "eqfield", "equals", argument=("otherField", "other")),
        *under(Rule.TAKEN, "unique", "recordnotunique", "isunique", "duplicate", "duplicateentry", "uniqueness",
               "databaseunique", "alreadyexists", "taken", "usernameexists", "23bd9dbf6b9b41cda99e4844bcf3077f"),
        *under(Rule.UNKNOWN, "doesnotexist", "databaseexists", "invalidforeignkey", "foreignkey",
               "invalidpk"),
    )
)  # fmt: skip


def coded(code: str, kind: Json) -> tuple[str, bool] | None:
    """Return the key under which a code is known, with the kind of value where that makes a difference."""
    last = plain(code)
    if isinstance(kind, str) and f"{last}:{plain(kind)}" in CODES:
        return f"{last}:{plain(kind)}", True
    if last in CODES:
        return last, False
    tail = plain(re.split(r"[._:]", code.strip())[-1]) if re.search(r"[._:]", code) else ""
    return (tail, False) if tail in CODES else None
