"""How refusals are laid out: which key of an entry names the field, the message, the code, the arguments.

Keys are compared without case, dashes and underscores. Sources: what the frameworks named in the tests answer.
"""

from __future__ import annotations

import re

from auditor.model import Location

NAMES = frozenset(
    {"loc", "field", "fieldname", "param", "parameter", "property", "propertypath", "propertyname", "pointer"}
    | {"instancepath", "datapath", "attribute", "attr", "jsonpath", "fieldpath", "parametername", "invalidfield"}
)
"""Name the field wherever they stand."""
NAMES_OF_ENTRIES = frozenset({"path", "name", "key", "location", "source", "target", "column", "argument", "member"})
"""Name the field in an entry of a list of errors; elsewhere they are about the request or the error itself."""
LAST_NAMES = ("name", "key", "location", "source", "target", "argument")
"""Taken only where no better key names the field."""
NO_NAME = re.compile(r"(?:error|exception|request)$", re.IGNORECASE)
"""Values of `name` that name the error."""
NO_FIELDS = frozenset({"keys", "source", "codes", "arguments", "links"})
"""Never fields, unless the document has them."""

MESSAGES = frozenset(
    {"msg", "message", "defaultmessage", "detail", "description", "reason", "error", "errormessage", "text", "title"}
    | {"errordescription", "hydradescription", "details", "messages", "errormessages", "hint"}
)
CODES = (
    "code",
    "type",
    "rule",
    "keyword",
    "validator",
    "kind",
    "constraint",
    "errorcode",
    "tag",
    "validation",
    "format",
)
ARGUMENTS = frozenset({"ctx", "params", "context", "info", "meta", "properties", "extensions", "parameters", "opts"})
"""Hold the arguments of an entry's code."""
CONSTRAINTS = frozenset({"constraints"})
"""Map codes to messages (class-validator)."""

ENVELOPES = frozenset(
    {"errors", "error", "detail", "details", "message", "messages", "violations", "constraintviolations", "issues"}
    | {"extra", "invalidparams", "invalidparameters", "validation", "validationerrors", "fielderrors", "formerrors"}
    | {
        "globalerrors",
        "generalerrors",
        "nested",
        "inner",
        "children",
        "fullmessages",
        "errormessages",
        "parameterviolations",
    }
    | {
        "propertyviolations",
        "classviolations",
        "returnvalueviolations",
        "fieldviolations",
        "fault",
        "exception",
        "cause",
    }
    | {
        "suberrors",
        "problems",
        "failures",
        "validationmessages",
        "modelstate",
        "embedded",
        "data",
        "result",
        "response",
    }
    | {"reason", "description", "errordescription", "hydradescription", "hydramember", "title", "msg", "text", "fields"}
)
"""Are looked into, and are no field themselves."""
WRAPPED = frozenset({"errors", "error", "children", "nested", "details", "violations", "issues", "inner", "causes"})
"""Hold further entries inside an entry."""
OF_A_RESPONSE = frozenset({"status", "statuscode", "success", "ok", "timestamp", "traceid", "requestid", "errorcode"})
"""Show that an object tells of the whole answer, and is no map of fields."""
OF_THE_WHOLE = frozenset({"nonfielderrors", "schema", "errors", "all", "base", "root", "global", "general", "", "form"})
"""Keys of a map of fields that stand for the whole object."""
MAPS = frozenset(
    {"errors", "fielderrors", "validationerrors", "nested", "fields", "modelstate", "detail", "details", "data"}
    | {"messages", "invalidparams", "validationmessages", "failures", "extra"}
)
"""Envelopes whose members, where they are no entries, are fields."""
NOISE = frozenset(
    {"status", "statuscode", "statustext", "timestamp", "trace", "stack", "requestid", "traceid", "correlationid"}
    | {"instance", "success", "ok", "documentationurl", "help", "helpurl", "url", "input", "value", "rejectedvalue"}
    | {"received", "codes", "arguments", "objectname", "bindingfailure", "schemapath", "errno", "exceptionclass", "id"}
    | {"links", "self", "type", "method", "path", "name", "code", "context", "hydratitle", "params", "stringvalue"}
    | {
        "valuetype",
        "originalerror",
        "line",
        "filename",
        "version",
        "apiversion",
        "errorcode",
        "errorid",
        "time",
        "date",
    }
)
"""Tell about the request or the error, unless they hold lists of texts: then they are fields that are called so."""

LOCATIONS = {
    "body": Location.BODY,
    "json": Location.BODY,
    "payload": Location.BODY,
    "form": Location.BODY,
    "requestbody": Location.BODY,
    "files": Location.BODY,
    "query": Location.QUERY,
    "querystring": Location.QUERY,
    "queryparameter": Location.QUERY,
    "queryparameters": Location.QUERY,
    "params": Location.PATH,
    "path": Location.PATH,
    "pathparameter": Location.PATH,
    "uri": Location.PATH,
    "header": Location.HEADER,
    "headers": Location.HEADER,
    "cookie": Location.COOKIE,
    "cookies": Location.COOKIE,
}

PREFIXES = re.compile(
    r"(?:[\w ]{0,40}\bvalidation (?:failed|errors?)|bad request|invalid (?:request|input|parameters?|data)|"
    r"(?:value|type|validation|assertion)[ _]?error|error|uncaught|unprocessable (?:entity"
    r"|content))\b[^:,\n]{0,60}[:,]\s+",
    re.IGNORECASE,
)
"""What stands in front of the sentence that matters."""
LABELLED = re.compile(
    r"[\"'`]?(?P<field>[A-Za-z_$][\w.$\[\]-]{0,80})[\"'`]?(?: in (?P<location>body|query|querystring|path|header"
    r"|cookie))?"
    r"\s?(?::|-|–|=>)\s+(?=\S)"
)
"""`email: is not valid`, `data.id in body: Required`."""
PLACED = re.compile(
    r"(?P<location>body|querystring|query|params|headers|path)(?P<pointer>(?:[/.][\w~.$\[\]/-]{1,120})?)"
    r"\s+(?=must|should|is\b|has|does|cannot|expected)",
    re.IGNORECASE,
)
"""`body/address/zip must NOT …` (ajv as Fastify says it)."""
ENDING = re.compile(
    r"\s@ data(?P<path>(?:\[[^\]]{1,60}\]){1,8})$"
    r"|\. Path:? [\"'`]?(?P<json>\$?[\w.$\[\]]{1,80})[\"'`]?"
    r"|\s(?:-|@) [\"'`](?P<behind>[\w.$\[\]]{1,80})[\"'`]$"
)
"""`… @ data['age']` (voluptuous), `… Path: $.age` and `… Path 'age', line 2` (.NET), `… - 'age'` (connexion)."""
SENTENCES = re.compile(
    r"(?<=[.!])\s+(?=[\"'`A-Z])|[;\n]+\s*|,\s+(?=[\w.\[\]]{1,60}: )"
    r"|,\s+(?=[A-Z][\w ']{0,40}\b(?:must|is|are|can't|cannot|has|should|does)\b)"
    r"|,\s+(?=[\w.\[\]]{1,60} (?:must(?! make)|is|can't|cannot|has|should|does)\b)"
)
"""Where one sentence ends and the next begins."""


def plain(key: str) -> str:
    """Return a key without case, dashes and underscores."""
    return re.sub(r"[^a-z0-9]", "", str(key).lower()[:60])
