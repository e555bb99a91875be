"""The standards an audit judges, row by row, and the fifteen deliverables that are answered from them.

Data, copied from STANDARDS.md: ids, texts and order are public, they stand in run.json and in every report.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standard:
    """One row: its id, the heading it stands under, what must hold, and which evidence can show it."""

    id: str
    heading: str
    text: str
    seen_from: tuple[str, ...]
    """"http", "graphql", "db", "source", "broker", "log file"; one of them suffices."""


@dataclass(frozen=True, slots=True)
class Deliverable:
    """One row of the checklist, and the standards that answer it."""

    id: str
    title: str
    standards: tuple[str, ...]


STANDARDS: tuple[Standard, ...] = (
    Standard("API-1", "API design", "Paths carry a version: `/api/v1`, `/api/v2`", ("http",)),
    Standard(
        "API-2", "API design", "Collections are plural nouns (`/users`, `/products`), no verbs in paths", ("http",)
    ),
    Standard("API-3", "API design", "GET retrieves and changes nothing (safe, RFC 9110)", ("http",)),
    Standard(
        "API-4",
        "API design",
        "POST creates: 201 (202 for async), the new id or `Location`, readable afterwards",
        ("http",),
    ),
    Standard("API-5", "API design", "PUT is a full update and idempotent", ("http",)),
    Standard("API-6", "API design", "PATCH is a partial update: untouched fields keep their values", ("http",)),
    Standard("API-7", "API design", "DELETE removes: 204 (or 200/202), afterwards 404/410", ("http",)),
    Standard(
        "API-8",
        "API design",
        "Success answers use 200/201/202/204 and match the documented schema and content type",
        ("http",),
    ),
    Standard(
        "API-9",
        "API design",
        "Errors answer 4XX/5XX with `error: {code, message}`; or RFC 9457 `application/problem+json`; or the shape "
        "the user configures – one shape everywhere",
        ("http",),
    ),
    Standard(
        "API-10",
        "API design",
        "The API is documented: OpenAPI present, valid, every operation has summary, responses, schemas, security",
        ("http",),
    ),
    Standard("GQL-1", "GraphQL", "The schema is strongly typed (no catch-all JSON/String blobs)", ("graphql",)),
    Standard(
        "GQL-2",
        "GraphQL",
        "Query fields are nullable by default, so that one failing field does not void the whole answer",
        ("graphql",),
    ),
    Standard("GQL-3", "GraphQL", "Mutations take explicit, named input types", ("graphql",)),
    Standard(
        "GQL-4", "GraphQL", "Subscriptions run over WebSocket (graphql-transport-ws) and enforce auth", ("graphql",)
    ),
    Standard(
        "GQL-5",
        "GraphQL",
        "Errors are reported per field: `errors[].path`, data for the rest, no internals",
        ("graphql",),
    ),
    Standard(
        "GQL-6",
        "GraphQL",
        "Abuse is bounded: depth, alias, batch and complexity limits; introspection and field suggestions off in "
        "production; no mutations over GET",
        ("graphql",),
    ),
    Standard("DB-1", "Database, seen from outside and inside", "Normalised schema (3NF at least)", ("db",)),
    Standard(
        "DB-2",
        "Database, seen from outside and inside",
        "Proper indexes: primary keys everywhere, foreign keys indexed, no duplicate or unused index",
        ("db", "http"),
    ),
    Standard(
        "DB-3",
        "Database, seen from outside and inside",
        "Foreign-key constraints hold: a child of a missing parent is refused with 4xx, never 500 or 201",
        ("http", "db"),
    ),
    Standard(
        "DB-4",
        "Database, seen from outside and inside",
        "Transactions keep consistency: no lost update, no half-done transfer, unique under a race",
        ("http",),
    ),
    Standard(
        "DB-5",
        "Database, seen from outside and inside",
        "Connections are pooled: a burst of parallel requests yields no 5xx and no connection growth",
        ("http", "db"),
    ),
    Standard(
        "DB-6",
        "Database, seen from outside and inside",
        "Queries are optimised: no N+1 (latency or statements growing with page size)",
        ("http", "db"),
    ),
    Standard(
        "DB-7", "Database, seen from outside and inside", "Prepared statements: no SQL (or NoSQL) injection", ("http",)
    ),
    Standard(
        "DB-8", "Database, seen from outside and inside", "Schema changes are migration scripts", ("db", "source")
    ),
    Standard(
        "AUTH-1",
        "Authentication and authorisation",
        "Protected operations refuse callers with no, malformed or unknown credentials: 401 with `WWW-Authenticate`",
        ("http",),
    ),
    Standard(
        "AUTH-2",
        "Authentication and authorisation",
        "JWT: signature verified, `alg: none` refused, algorithm not confusable, expired refused, secret not "
        "guessable, short lifetime, no secrets in claims",
        ("http",),
    ),
    Standard(
        "AUTH-3",
        "Authentication and authorisation",
        "Access + refresh tokens: refresh works, is rotated, a used or revoked refresh token is refused, a refresh "
        "token is not an access token, logout revokes",
        ("http",),
    ),
    Standard(
        "AUTH-4",
        "Authentication and authorisation",
        "OAuth2 third-party providers: redirect_uri, state, PKCE enforced on the authorise endpoint",
        ("http",),
    ),
    Standard(
        "AUTH-5",
        "Authentication and authorisation",
        "Server-side sessions: cookie `HttpOnly`, `Secure`, `SameSite`; id rotated at login; dead after logout; "
        "CSRF defended",
        ("http",),
    ),
    Standard(
        "AUTH-6",
        "Authentication and authorisation",
        "MFA (TOTP or SMS): where offered it cannot be skipped, codes are single-use and attempts limited",
        ("http",),
    ),
    Standard(
        "AUTH-7",
        "Authentication and authorisation",
        "RBAC: a role cannot call another role's functions (OWASP API5)",
        ("http",),
    ),
    Standard(
        "AUTH-8",
        "Authentication and authorisation",
        "Object-level policies (ABAC, ownership): one user cannot read, change or delete another's objects (OWASP "
        "API1)",
        ("http",),
    ),
    Standard(
        "AUTH-9",
        "Authentication and authorisation",
        "Route-level protection: no sibling method, path variant or version escapes the middleware",
        ("http",),
    ),
    Standard(
        "AUTH-10",
        "Authentication and authorisation",
        "Passwords are hashed with bcrypt or argon2; policy of at least 8 characters with lower, upper, digit; no "
        "user enumeration by message or time",
        ("http", "db"),
    ),
    Standard(
        "AUTH-11",
        "Authentication and authorisation",
        "Transport is TLS 1.2+, TLS 1.3 offered; HTTP redirects to HTTPS; certificate valid and not about to expire",
        ("http",),
    ),
    Standard("AUTH-12", "Authentication and authorisation", "Data encrypted at rest (AES-256-GCM)", ("db",)),
    Standard("DATA-1", "Sensitive data", "Never a password, hash, secret, token, key or salt in a response", ("http",)),
    Standard(
        "DATA-2",
        "Sensitive data",
        "Never more personal data than needed (national ids, card numbers, other people's e-mail…)",
        ("http",),
    ),
    Standard(
        "DATA-3",
        "Sensitive data",
        "No undocumented field leaves the server (excessive data exposure, OWASP API3)",
        ("http",),
    ),
    Standard(
        "DATA-4",
        "Sensitive data",
        "No secret in URLs; private answers are `Cache-Control: no-store` (or `private, no-cache`; at most 300 s "
        "private)",
        ("http",),
    ),
    Standard(
        "VAL-1",
        "Validation",
        "Every input is validated: required, type, format, enum, minimum/maximum, length, pattern; a violation is "
        "400 or 422 with details, never 2xx, never 5xx",
        ("http",),
    ),
    Standard(
        "VAL-2",
        "Validation",
        "The usual rules hold, documented or not: e-mail is an e-mail, password rule, age is an integer in a sane "
        "range (13..120), role only from its enum with the default `user`",
        ("http",),
    ),
    Standard(
        "VAL-3",
        "Validation",
        "Unknown fields do not write (mass assignment: `role`, `is_admin`, `balance`, `id`, `owner_id`)",
        ("http",),
    ),
    Standard(
        "VAL-4",
        "Validation",
        "Sanitised: no SQL/NoSQL/command/template injection, path traversal, reflected markup, header injection, "
        "SSRF in URL fields",
        ("http",),
    ),
    Standard(
        "VAL-5",
        "Validation",
        "Hostile transport is refused cleanly: malformed JSON 400, wrong content type 415, unacceptable `Accept` "
        "406, oversized body 413, wrong method 405 with `Allow`, deep nesting, NUL and broken UTF-8, duplicate "
        "keys, huge numbers",
        ("http",),
    ),
    Standard(
        "RATE-1",
        "Rate limits",
        "A general limit exists (reference: 100 requests in 15 minutes per client), 429 with `Retry-After`",
        ("http",),
    ),
    Standard(
        "RATE-2",
        "Rate limits",
        "Standard `RateLimit`/`RateLimit-Policy` headers (or `RateLimit-*` of the earlier drafts), no legacy "
        "`X-RateLimit-*`; the numbers are true",
        ("http",),
    ),
    Standard(
        "RATE-3",
        "Rate limits",
        "Authentication endpoints are stricter (reference: 5 failed attempts in 15 minutes; successes not counted)",
        ("http",),
    ),
    Standard(
        "RATE-4",
        "Rate limits",
        "The limit cannot be dodged by `X-Forwarded-For`, path case, trailing slash, query noise; one client's "
        "limit does not starve another",
        ("http",),
    ),
    Standard(
        "HDR-1",
        "Security headers and CORS",
        "The helmet set on every answer, errors included: HSTS (https), `X-Content-Type-Options: nosniff`, CSP "
        "(`default-src 'none'; frame-ancestors 'none'` for an API), `X-Frame-Options`, `Referrer-Policy`, "
        "CORP/COOP; no `X-Powered-By`, no version in `Server`",
        ("http",),
    ),
    Standard(
        "HDR-2",
        "Security headers and CORS",
        "CORS is deliberate: no reflected origin or `null` with credentials, preflight consistent",
        ("http",),
    ),
    Standard(
        "HDR-3",
        "Security headers and CORS",
        "TRACE off; content type and charset right; no sniffable error pages",
        ("http",),
    ),
    Standard(
        "ERR-1",
        "Errors",
        "Validation → 400/422 with details; unauthenticated → 401; forbidden → 403; missing → 404; conflict → 409; "
        "anything else → 500",
        ("http",),
    ),
    Standard(
        "ERR-2",
        "Errors",
        "A 500 says nothing of the inside (stack, SQL, paths, versions, hosts) and carries an id for support",
        ("http",),
    ),
    Standard("ERR-3", "Errors", "No input makes the server answer 5xx", ("http",)),
    Standard(
        "PERF-1",
        "Performance",
        "Latency under load stays in budget: p50/p95/p99 and error rate per operation, and the highest rate that "
        "still holds the budget",
        ("http",),
    ),
    Standard(
        "PERF-2",
        "Performance",
        "Caching: `ETag`/`Last-Modified` honoured with 304; `Cache-Control` fits the data (reference lifetimes: "
        "static 86400 s, dynamic 3600 s, sensitive 300 s or no-store)",
        ("http",),
    ),
    Standard(
        "PERF-3",
        "Performance",
        "Lists are paged and bounded; cursor-based for large sets: no duplicates or gaps while rows arrive",
        ("http",),
    ),
    Standard("PERF-4", "Performance", "Projection and filtering where documented do what they say", ("http",)),
    Standard(
        "PERF-5", "Performance", "Batching: no N+1 (see DB-6), aggregates computed by the database", ("http", "db")
    ),
    Standard("PERF-6", "Performance", "Large responses are streamed and compressed (gzip or brotli)", ("http",)),
    Standard("PERF-7", "Performance", "Connections are reused (keep-alive, HTTP/2 where offered)", ("http",)),
    Standard("EVT-1", "Events and queues", "Long work answers 202 with a status resource that ends", ("http",)),
    Standard(
        "EVT-2",
        "Events and queues",
        "Queues durable, messages persistent, acknowledged by hand, prefetch bounded, one retry, then a dead-letter"
        " queue",
        ("broker",),
    ),
    Standard(
        "OPS-1",
        "Observability and operations",
        "Health endpoints (liveness, readiness) exist, are cheap, say nothing private",
        ("http",),
    ),
    Standard(
        "OPS-2",
        "Observability and operations",
        "Prometheus metrics: `http_request_duration_seconds` histogram, `http_requests_total` counter, labels "
        "method, route (template, not raw path), status; not open to the world",
        ("http",),
    ),
    Standard(
        "OPS-3",
        "Observability and operations",
        "Every answer has a request id; an id we send is kept; it appears in the error body",
        ("http",),
    ),
    Standard(
        "OPS-4",
        "Observability and operations",
        "Structured (JSON) logs with request id, method, route, ip, user; no secrets in logs",
        ("source", "log file"),
    ),
    Standard(
        "SRC-1",
        "Inside the source tree",
        "A layout that shows the architecture: routes, controllers, services, validators, models, middleware, "
        "config (Express, NestJS modules); api, core, models, services, db (FastAPI)",
        ("source",),
    ),
    Standard(
        "SRC-2",
        "Inside the source tree",
        "Middleware in the right order: security headers, CORS, compression, body limit, rate limit, request log, "
        "authentication, routes, error handler",
        ("source",),
    ),
    Standard(
        "SRC-3",
        "Inside the source tree",
        "Layers kept apart: dependency injection, repository, service; no SQL in handlers, no string-built SQL",
        ("source",),
    ),
    Standard("SRC-4", "Inside the source tree", "Unit and integration tests exist and run", ("source",)),
    Standard(
        "SRC-5",
        "Inside the source tree",
        "Environment configuration: no secret in the tree, an example file, settings validated at start",
        ("source",),
    ),
    Standard(
        "SRC-6",
        "Inside the source tree",
        "Docker: pinned base, non-root, health check, no secret in layers",
        ("source",),
    ),
    Standard(
        "SRC-7",
        "Inside the source tree",
        "Cache tiers and patterns (aside, through, refresh) with stated lifetimes",
        ("source",),
    ),
)

DELIVERABLES: tuple[Deliverable, ...] = (
    Deliverable(
        "DEL-1",
        "RESTful or GraphQL API design",
        (
            "API-1",
            "API-2",
            "API-3",
            "API-4",
            "API-5",
            "API-6",
            "API-7",
            "API-8",
            "API-9",
            "API-10",
            "GQL-1",
            "GQL-2",
            "GQL-3",
            "GQL-4",
            "GQL-5",
            "GQL-6",
        ),
    ),
    Deliverable(
        "DEL-2",
        "Authentication and authorisation",
        (
            "AUTH-1",
            "AUTH-2",
            "AUTH-3",
            "AUTH-4",
            "AUTH-5",
            "AUTH-6",
            "AUTH-7",
            "AUTH-8",
            "AUTH-9",
            "AUTH-10",
            "AUTH-11",
            "AUTH-12",
            "DATA-1",
            "DATA-2",
            "DATA-3",
            "DATA-4",
        ),
    ),
    Deliverable("DEL-3", "Input validation and sanitisation", ("VAL-1", "VAL-2", "VAL-3", "VAL-4", "VAL-5", "DB-7")),
    Deliverable("DEL-4", "Error handling and logging", ("ERR-1", "ERR-2", "ERR-3", "API-9", "OPS-3", "OPS-4")),
    Deliverable("DEL-5", "Database schema and migrations", ("DB-1", "DB-2", "DB-3", "DB-4", "DB-5", "DB-6", "DB-8")),
    Deliverable("DEL-6", "Caching strategy", ("PERF-2",)),
    Deliverable("DEL-7", "Rate limiting", ("RATE-1", "RATE-2", "RATE-3", "RATE-4")),
    Deliverable("DEL-8", "API documentation (OpenAPI)", ("API-10",)),
    Deliverable("DEL-9", "Unit and integration tests", ("SRC-4",)),
    Deliverable(
        "DEL-10",
        "Performance optimisation",
        ("PERF-1", "PERF-2", "PERF-3", "PERF-4", "PERF-5", "PERF-6", "PERF-7", "DB-5", "DB-6", "EVT-1", "EVT-2"),
    ),
    Deliverable("DEL-11", "Security headers and CORS", ("HDR-1", "HDR-2", "HDR-3")),
    Deliverable("DEL-12", "Health-check endpoints", ("OPS-1",)),
    Deliverable("DEL-13", "Monitoring and metrics", ("OPS-2",)),
    Deliverable("DEL-14", "Environment configuration", ("SRC-5",)),
    Deliverable("DEL-15", "Docker configuration", ("SRC-6",)),
)
