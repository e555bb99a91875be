"""The parts that expressions about sentences are made of, and what words for types, formats and letters mean."""

from __future__ import annotations

import re
from collections.abc import Mapping

PARTS: Mapping[str, str] = {
    "Q": r"[\"'`]",
    "N": r"\(?[\"'`]?(?P<n>-?\d{1,18}(?:[.,]\d{1,9})?)(?![\d/])[\"'`]?\)?",
    "M": r"[\"'`]?(?P<m>-?\d{1,18}(?:\.\d{1,9})?)[\"'`]?",
    "F": r"[\"'`:]{0,2}(?P<field>[A-Za-z_$][\w.$\[\]-]{0,80})[\"'`]?",
    "QF": r"[\"'`](?P<field>[A-Za-z_$][\w.$\[\]-]{0,80})[\"'`]",
    "WORDS": r"(?P<field>[A-Za-z][\w-]{0,40}(?: [a-z][\w-]{0,30}){0,2})",
    "FS": r"[\"'`:\[(]{0,3}(?P<fields>[A-Za-z_$][\w.$-]{0,60}(?:[\"'`]?(?:,| and| or|, and|, or) ?[\"'`:]{0,2}"
    r"[A-Za-z_$][\w.$-]{0,60}){0,20})",
    "QS": r"(?P<fields>[\"'`][^\"'`\n]{1,80}[\"'`](?:(?:,| and| or)? ?[\"'`][^\"'`\n]{1,80}[\"'`]){0,20})",
    "OTHER": r"(?:the )?(?:value of )?\[?[\"'`]?(?:ref:)?(?P<other>[A-Za-z_][\w.-]{0,60}(?: [A-Za-z][\w-]{0,30}){0,3})",
    "KIND": r"(?P<kind>[A-Za-z][\w-]{0,40})",
    "KIND2": r"(?P<kind>[A-Za-z][\w-]{0,40}(?: [a-z][\w-]{0,30}){0,1})",
    "MUST": r"(?:must|should|has to|have to|needs? to|can only|may only|shall|ought to)",
    "NOT": r"(?:must not|mustn't|should not|shouldn't|cannot|can't|can not|may not|shall not|(?:is )?not allowed to)",
    "KINDS": r"(?:propert(?:y|ies)|fields?|param(?:eter)?s?(?:\(s\))?|arguments?|attributes?|keys?|inputs?|members?"
    r"|columns?|values?|data|headers?)",
    "CHARS": r"(?:char(?:acter)?s?(?:\(s\))?|letters?)",
    "ITEMS": r"(?:items?|elements?|entries|entry|rows?|element\(s\)|item\(s\))",
    "LIST": r"(?P<list>\[[^\]\n]{1,400}\]|\{[^}\n]{1,400}\}|\([^)\n]{1,400}\)|[^.\n]{1,400})",
    "OPEN": r"(?=[\[({\"'`\w])",
    "TODAY": r"[\"'`]?(?:now|today|tomorrow|yesterday|the (?:current|present) (?:date|time|day|moment)"
    r"|current (?:date|time)|the present)\b[\"'`]?",
    "LATER": r"(?:later|after|greater|bigger|larger|more|higher)(?: than)?",
    "EARLIER": r"(?:earlier|before|prior to|less|smaller|lower)(?: than)?",
    "OREQUAL": r"(?: or (?:equal to|the same as|at))?",
    "NAMED": r"(?!(?:than|or|equal|zero|one|constant|current)\b|the (?:minimum|maximum)|[\"'`(=-]?\d|[-,]|[a-z]{3} "
    r"[a-z]{3} \d)",
    "DATE": r"(?P<value>\d{4}-\d\d-\d\d[^\n]{0,30}|[A-Z][a-z]{2} [A-Z][a-z]{2} \d[^\n]{6,80})",
    "MEDIA": r"(?P<media>(?:application|multipart|text)/[\w.+-]{1,60})",
    "CODE": r"(?:failed on the|on the) [\"'`]",
    "TYPES": r"(?P<type>strings?|str|text|char|varchar|integers?|int\d{0,2}|whole numbers?|long|bigint|[ui](?:8|16"
    r"|32|64)"
    r"|usize|numbers?|numeric|float\d{0,2}|f32|f64|double|decimal|booleans?|bool|arrays?|lists?|sequence|slice|tuple"
    r"|set"
    r"|json objects?|objects?|dict(?:ionary)?|map(?:ping)?|struct|hash|model|record)",
    "FORMATS": r"(?P<format>e-?mail(?: address)?|url|uri|web ?site|link|uuid|guid|date[- ]?times?(?:tz)?|timestamp"
    r"|(?:iso[- ]?8601|rfc[- ]?3339)(?: (?:formatted|date[- ]?time|date|time|string|timestamp|format)){0,3}"
    r"|dates?|times?|duration|(?:phone|telephone|mobile)(?: number)?|ip(?:v4|v6)?(?: or ipv6)?(?: address)?"
    r"|host ?name|domain(?: name)?|slug|hex(?:adecimal)? ?colou?r|colou?r|mongo(?:db)? ?id|(?:bson )?object ?id"
    r"|base64(?: string)?|country code|currency(?: code)?|language code|locale|time ?zone|(?:zip|postal) ?code)",
    "LETTERED": r"(?P<format>(?:yyyy|dd|mm|%[ymd])[-/. ]?(?:mm|dd|m|%[md])[-/. ]?(?:yyyy|dd|%[ymd])"
    r"(?:['t ]{1,3}(?:hh|%h)[:h]?(?:mm|%m)(?::?(?:ss|%s))?(?:\.s{1,6}|\.\w{1,4})?(?:[xz']{1,4})?)?)",
}
"""`<NAME>` in an expression stands for the part of that name."""

TYPES: Mapping[str, str] = {
    **dict.fromkeys(("string", "str", "text", "char", "varchar"), "string"),
    **dict.fromkeys(("integer", "int", "whole number", "long", "bigint", "usize", "u", "i"), "integer"),
    **dict.fromkeys(("number", "numeric", "float", "double", "decimal", "f"), "number"),
    **dict.fromkeys(("boolean", "bool"), "boolean"),
    **dict.fromkeys(("array", "list", "sequence", "slice", "tuple", "set"), "array"),
    **dict.fromkeys(("object", "dict", "dictionary", "map", "mapping", "struct", "hash", "model", "record"), "object"),
    "json object": "object",
}
"""Words for types, digits and plural left out, to JSON Schema's."""

FORMATS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), name)
    for pattern, name in (
        (r"e-?mail.*", "email"),
        (r"(?:http ?)?ur[il](?: address)?|web ?site|link", "uri"),
        (r"[ug]uid\d?", "uuid"),
        (r"date[- ]?times?(?:tz)?|timestamp|(?:iso|rfc).*(?:time|string|\d|format)", "date-time"),
        (r"(?:iso.* )?dates?", "date"),
        (r"times?", "time"),
        (r"duration", "duration"),
        (r"(?:phone|telephone|mobile).*|e164", "phone"),
        (r"ip(?:v4)?(?: or ipv6)?(?: address)?", "ipv4"),
        (r"ipv6(?: address)?", "ipv6"),
        (r"host ?name|domain.*|fqdn", "hostname"),
        (r"slug", "slug"),
        (r"(?:hex.* ?)?colou?r", "color"),
        (r"mongo.*|(?:bson )?object ?id", "objectid"),
        (r"base64.*|byte", "byte"),
        (r"country code", "country"),
        (r"currency.*", "currency"),
        (r"language code|locale", "language"),
        (r"time ?zone", "timezone"),
        (r"(?:zip|postal) ?code", "postcode"),
    )
)
"""Words for formats to the names that makers of values know."""

CLASSES = (
    (re.compile(r"upper|capital", re.IGNORECASE), "upper"),
    (re.compile(r"lower", re.IGNORECASE), "lower"),
    (re.compile(r"digit|number|numeric", re.IGNORECASE), "digit"),
    (re.compile(r"special|symbol|non-alpha|punctuation", re.IGNORECASE), "symbol"),
)
"""Kinds of characters that rules for passwords ask for."""

NOT_SUBJECTS = frozenset(
    {"this", "that", "it", "value", "values", "field", "fields", "input", "inputs", "data", "the", "a", "an", "your"}
    | {"provided", "given", "entry", "item", "object", "array", "body", "request", "requests", "payload", "parameter"}
    | {
        "param",
        "parameters",
        "params",
        "property",
        "properties",
        "argument",
        "arguments",
        "one",
        "you",
        "there",
        "they",
    }
    | {"please", "must", "should", "is", "error", "invalid", "validation", "failed", "column", "attribute", "user's"}
    | {"all", "both", "some", "any", "each", "no", "not", "and", "or", "but", "too", "if", "be", "new", "valid", "to"}
    | {"correct", "missing", "required", "length", "unique", "sorry", "something", "json", "syntax", "format", "of"}
    | {"credentials", "header", "headers", "least", "more", "exactly", "wrong", "bad", "string", "in", "at", "on"}
)
"""Words that name no field where a sentence's subject stands."""
NOT_LABELS = frozenset(
    {"error", "errors", "message", "detail", "details", "reason", "key", "path", "validation", "invalid", "request"}
    | {"body", "note", "hint", "warning", "expected", "received", "field", "fields", "required", "missing", "parameter"}
    | {"parameters", "input", "small", "big", "option", "length", "values", "options", "one", "of", "instead"}
    | {"formats", "json", "sql", "pq", "ora", "http", "https"}
)
"""Words in front of a colon that name no field."""
