"""No secret leaves the session, in whatever form it came, and nothing else is changed."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from dataclasses import replace
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from auditor.model import (
    ANONYMOUS,
    NOT_JSON,
    Credential,
    Exchange,
    Facts,
    Identity,
    Json,
    Mutation,
    Request,
    Response,
    SecretHit,
    Violation,
)
from auditor.secrecy.redaction import SHAPES, Redactor, command_line, is_sensitive_key, is_token_key

ALICE = Identity("alice")
PASSWORD = "Sup3r-s3cret/Pass word!"
TOKEN = "tok_9f8e7d6c5b4a39281706f5e4d3c2b1a0"


def exchange(
    body: Json = b"",
    *,
    headers: tuple[tuple[str, str], ...] = (),
    problem: str = "",
    request: Request | None = None,
    facts: Facts | None = None,
) -> Exchange:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    asked = request or Request(method="GET", path="/me", identity=ALICE)
    answered = Response(status=200, headers=headers, body=raw, problem=problem)
    return Exchange(id="e1", request=asked, response=answered, facts=facts or Facts())


def knowing(password: str = PASSWORD, token: str = TOKEN) -> Redactor:
    redactor = Redactor()
    redactor.know("alice", "password", password)
    redactor.know("alice", "token", token)
    return redactor


def body_of(redacted: Exchange) -> Json:
    shown = redacted.response.json()
    return redacted.response.text if shown is NOT_JSON else shown


# --- what we know ---------------------------------------------------------------------------------------------

FORMS = [
    ("plain", PASSWORD),
    ("url", quote(PASSWORD, safe="")),
    ("url", quote(PASSWORD)),
    ("url", quote(PASSWORD, safe="").lower().replace("sup3r", "Sup3r").replace("pass", "Pass")),
    ("url", quote_plus(PASSWORD)),
    ("base64", base64.b64encode(PASSWORD.encode()).decode()),
    ("base64", base64.urlsafe_b64encode(PASSWORD.encode()).decode().rstrip("=")),
    ("base64", base64.b64encode(f"alice:{PASSWORD}".encode()).decode()),
    ("base64", base64.b64encode(f"a:{PASSWORD}:b".encode()).decode()),
    ("hex", PASSWORD.encode().hex()),
    ("hex", PASSWORD.encode().hex().upper()),
    ("md5", hashlib.md5(PASSWORD.encode()).hexdigest()),
    ("sha1", hashlib.sha1(PASSWORD.encode()).hexdigest()),
    ("sha256", hashlib.sha256(PASSWORD.encode()).hexdigest().upper()),
    ("plain", html.escape(PASSWORD)),
]


@pytest.mark.parametrize(("form", "value"), FORMS)
@pytest.mark.parametrize("place", ["body", "text", "header:x-debug"])
def test_a_password_that_comes_back_in_any_form_is_replaced_and_told(form: str, value: str, place: str) -> None:
    headers = ((place.partition(":")[2], f"saw {value} here"),) if place.startswith("header") else ()
    body = {"body": {"input": f"<{value}>"}, "text": f"saw {value} here".encode()}.get(place, b"")
    redacted = knowing().exchange(exchange(body, headers=headers))
    label = "«alice.password#1»" if form == "plain" else f"«alice.password#1:{form}»"
    assert label in str((redacted.response.headers, body_of(redacted)))
    where = "body" if place == "text" else place
    assert redacted.facts.hits == (
        SecretHit(name="alice.password", kind="password", form=form, where=where, sent_here=False),
    )


@pytest.mark.parametrize(
    "literal",
    [
        r'"\u0053up3r-s3cret\/Pass word!"',
        r'"' + "".join(rf"\u{ord(one):04x}" for one in PASSWORD) + '"',
        json.dumps(json.dumps({"nested": PASSWORD})),
        json.dumps(json.dumps({"nested": PASSWORD})).replace("/", r"\\/"),
        json.dumps("a=b&p=" + quote(PASSWORD, safe="")).replace("%", r"\u0025"),
    ],
)
def test_escapes_hide_nothing(literal: str) -> None:
    redacted = knowing().exchange(exchange(b'{"x": ' + literal.encode() + b"}"))
    assert "«alice.password#1" in body_of(redacted)["x"]
    assert len(redacted.facts.hits) == 1


def test_a_nested_document_stays_one() -> None:
    redacted = knowing('quote"and\\slash').exchange(exchange({"x": json.dumps({"y": 'quote"and\\slash', "z": 1})}))
    assert json.loads(body_of(redacted)["x"]) == {"y": "«alice.password#1»", "z": 1}


def test_bytes_that_are_no_text_stay_as_they_are() -> None:
    redacted = knowing().exchange(exchange(b"\xff\xfe" + TOKEN.encode() + b"\x00\xc3"))
    assert redacted.response.body == b"\xff\xfe" + "«alice.token#1»".encode() + b"\x00\xc3"


def test_a_number_that_is_the_secret_becomes_text_and_others_stay() -> None:
    redacted = knowing("4815162342").exchange(exchange(b'{"a":4815162342,"b":-4815162342.5,"c":481516}'))
    assert body_of(redacted) == {"a": "«alice.password#1»", "b": "«alice.password#1»", "c": 481516}


def test_a_secret_is_no_match_across_the_structure() -> None:
    body = b'{"first":"abc","other":"def"}'
    assert knowing('abc","other').exchange(exchange(body)).response.body == body


def test_an_escape_at_the_edge_of_a_secret_is_taken_along() -> None:
    redacted = knowing("n4815162342x").exchange(exchange(b'["line\\n4815162342x"]'))
    assert body_of(redacted) == ["line«alice.password#1»"]


def test_characters_are_never_cut_in_two() -> None:
    secret = "\u00f0\u0090\u0080\u0080" * 2
    redacted = knowing(secret).exchange(exchange('["x\U00010000\U00010000\U00010000y"]'.encode()))
    assert body_of(redacted) == ["x«alice.password#1»\U00010000y"]
    assert knowing(secret[:-1]).text("\U00010000" * 2) == "«alice.password#1»"


def test_the_longest_of_overlapping_secrets_names_the_place() -> None:
    redactor = knowing(token="abcdefgh12345678")
    redactor.know("bob", "token", "12345678-zyxwvutsrq")
    assert redactor.text("x abcdefgh12345678-zyxwvutsrq y") == "x «bob.token#1» y"


def test_short_values_are_left_alone_outside_credentials() -> None:
    redactor = knowing("12345", "abc")
    request = Request(method="GET", path="/12345", headers=(("X-API-Key", "abc"),), identity=ALICE)
    redacted = redactor.exchange(exchange({"n": "12345 abc"}, request=request))
    assert redacted.request.path == "/12345"
    assert redacted.request.header("X-API-Key") == "«alice.token#1»"
    assert body_of(redacted) == {"n": "12345 abc"}


@pytest.mark.parametrize("word", ["password", "secret", "Welcome", "123456"])
def test_an_everyday_word_is_replaced_but_is_no_leak(word: str) -> None:
    redacted = knowing(word).exchange(exchange(f"the {word} is wrong".encode()))
    assert redacted.response.text == "the «alice.password#1» is wrong"
    assert redacted.facts.hits == ()


def test_an_everyday_word_stays_where_it_is_a_name() -> None:
    request = Request(
        method="POST",
        path="/",
        query=(("password", "password"),),
        headers=(("X-Password", "password"), ("password-hint", "the password")),
        body=b'{"password" : "password", "x": "password"}',
        identity=ALICE,
    )
    shown = knowing("password").exchange(exchange(request=request)).request
    assert shown.json() == {"password": "«alice.password#1»", "x": "«alice.password#1»"}
    assert shown.query == (("password", "«alice.password#1»"),)
    assert shown.headers == (("X-Password", "«alice.password#1»"), ("password-hint", "the «alice.password#1»"))


def test_a_hit_says_whether_the_request_carried_the_secret() -> None:
    sent = Request(method="POST", path="/login", body=json.dumps({"password": PASSWORD}).encode(), identity=ANONYMOUS)
    redactor = knowing()
    (hit,) = redactor.exchange(exchange({"input": PASSWORD}, request=sent)).facts.hits
    assert hit.sent_here
    (hit,) = redactor.exchange(exchange({"input": PASSWORD})).facts.hits
    assert not hit.sent_here


def test_numbers_follow_first_sight() -> None:
    redactor = knowing()
    redactor.know("alice", "token", "another-token-0123")
    redactor.know("alice", "token", TOKEN)
    redactor.know("bob", "token", "bobs-token-4567890")
    redactor.know("bob", "password", PASSWORD)
    redactor.know("bob", "password", "")
    text = redactor.text(f"{TOKEN} another-token-0123 bobs-token-4567890 {PASSWORD}")
    assert text == "«alice.token#1» «alice.token#2» «bob.token#1» «alice.password#1»"


def test_a_stranger_cannot_hide_a_secret_in_a_placeholder_of_its_own() -> None:
    redactor = knowing()
    for guise in ("«{}»", "«alice.token#{}»", "«alice.token#1:{}»", "«alice.token#1:hex:{}»", "«shape:{}»"):
        assert TOKEN not in redactor.text(guise.format(TOKEN))
    apart = (("x-a", "«alice.token#1:"), ("x-b", f"{TOKEN}»"))
    assert TOKEN not in str(redactor.exchange(exchange(headers=apart)).response)


def test_values_stay_out_of_repr() -> None:
    redactor = knowing()
    assert redactor.secrets["«alice.token#1»"] == TOKEN
    for shown in (repr(redactor), repr(redactor.secrets), str(redactor.secrets), f"{redactor.secrets}"):
        assert TOKEN not in shown


# --- requests -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", f"Bearer {TOKEN}", "Bearer «alice.token#1»"),
        ("authorization", "Bearer unknown", "Bearer «alice.token#2»"),
        ("Authorization", "opaque", "«alice.token#2»"),
        ("Authorization", "Bearer", "Bearer"),
        ("Authorization", "Bearer ", "Bearer "),
        ("Authorization", "", ""),
        ("Proxy-Authorization", "Basic YTpi", "Basic «alice.token#2»"),
        ("X-API-Key", "k", "«alice.token#2»"),
        ("X-Auth-Token", "k", "«alice.token#2»"),
        ("X-Client-Secret", "k", "«alice.token#2»"),
        ("Cookie", f"sid={TOKEN}; theme=dark", "sid=«alice.token#1»; theme=«alice.token#2»"),
        ("X-Trace", f"was {TOKEN}", "was «alice.token#1»"),
        ("Accept", "*/*", "*/*"),
        ("X-Session", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "«shape:jwt»"),
    ],
)
def test_credentials_in_request_headers_are_replaced_in_place(name: str, value: str, shown: str) -> None:
    request = Request(method="GET", path="/me", headers=((name, value),), identity=ALICE)
    assert knowing().exchange(exchange(request=request)).request.headers == ((name, shown),)


def test_what_a_probe_made_up_is_named_so_and_its_echo_is_no_hit() -> None:
    forged = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."
    headers = (("Authorization", f"Bearer {forged}"),)
    request = Request(method="GET", path="/me", identity=ALICE, headers=headers, credential=Credential(headers=headers))
    redacted = knowing().exchange(exchange({"bad": forged}, request=request))
    assert redacted.request.headers == (("Authorization", "Bearer «probe.token#1»"),)
    assert redacted.request.credential is None
    assert body_of(redacted) == {"bad": "«probe.token#1»"}
    assert redacted.facts.hits == ()


def test_the_body_and_query_keep_everything_but_secrets() -> None:
    body = {"user": "a", "password": "hunter22", "refresh_token": TOKEN, "otp": 123456, "client_secret": "", "n": None}
    request = Request(
        method="POST",
        path=f"/u/{quote(PASSWORD, safe='')}",
        query=(("api_key", "abcd"), ("q", "abcd"), ("next", TOKEN)),
        body=json.dumps(body).encode(),
        identity=ALICE,
    )
    shown = knowing().exchange(exchange(request=request)).request
    assert shown.path == "/u/«alice.password#1:url»"
    assert shown.query == (("api_key", "«alice.token#2»"), ("q", "abcd"), ("next", "«alice.token#1»"))
    assert shown.json() == body | {"password": "«alice.password#2»", "refresh_token": "«alice.token#1»"}


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (b"username=a&password=hunter22&x=1", "username=a&password=«alice.password#2»&x=1"),
        (b"client%5Fsecret=hunter22", "client%5Fsecret=hunter22"),
        (
            b'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\nhunter22\r\n--b--',
            '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n«alice.password#2»\r\n--b--',
        ),
    ],
)
def test_forms_are_read_too(sent: bytes, shown: str) -> None:
    request = Request(method="POST", path="/login", body=sent, identity=ALICE)
    assert knowing().exchange(exchange(request=request)).request.body.decode() == shown


def test_a_mutation_that_shows_the_beginning_of_a_secret_shows_nothing() -> None:
    token = "k" + hashlib.sha256(b"1").hexdigest() * 3
    mutation = Mutation(location="header", pointer="/authorization", kind="set", value=token[:80])
    request = Request(method="GET", path="/", mutation=mutation)
    shown = knowing(token=token).exchange(exchange(request=request)).request.mutation
    assert shown == replace(mutation, value="«alice.token#1»")


# --- what responses hand out ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["access_token", "refreshToken", "id-token", "token", "jwt", "api_key", "apiKey"])
def test_a_token_is_learned_from_the_response_that_hands_it_out(name: str) -> None:
    redactor = Redactor()
    login = redactor.exchange(exchange({name: "zQ9-xY8_wV7.uT6", "token_type": "bearer"}))
    assert body_of(login) == {name: "«alice.token#1»", "token_type": "bearer"}
    assert login.facts.hits == ()
    later = redactor.exchange(exchange({"echo": "zQ9-xY8_wV7.uT6"}))
    assert body_of(later) == {"echo": "«alice.token#1»"}
    assert [hit.name for hit in later.facts.hits] == ["alice.token"]


def test_a_session_cookie_is_learned_and_other_cookies_stay() -> None:
    headers = (
        ("set-cookie", "PHPSESSID=abc123def456; Path=/; HttpOnly"),
        ("set-cookie", "theme=dark; Path=/"),
        ("set-cookie", "opaque=f00f00ba1234567890; HttpOnly"),
    )
    redactor = Redactor()
    login = redactor.exchange(exchange(headers=headers))
    assert login.response.header_values("set-cookie") == (
        "PHPSESSID=«alice.token#1»; Path=/; HttpOnly",
        "theme=dark; Path=/",
        "opaque=«alice.token#2»; HttpOnly",
    )
    again = redactor.exchange(exchange({"dump": "abc123def456"}, headers=headers[:1]))
    assert [hit.where for hit in again.facts.hits] == ["body"]


@pytest.mark.parametrize("secret", ["000012", ";000012"])
def test_a_known_secret_within_a_cookie_is_settled_at_once(secret: str) -> None:
    redactor = knowing(secret)
    once = redactor.exchange(exchange(headers=(("set-cookie", f"sid={secret}0; Path=/"),)))
    assert once.response.headers == (("set-cookie", "sid=«alice.token#2»; Path=/"),)
    assert redactor.exchange(once) == once


def test_a_token_in_a_response_header_is_learned() -> None:
    redacted = Redactor().exchange(exchange(headers=(("authorization", "Bearer zQ9-xY8_wV7.uT6"),)))
    assert redacted.response.headers == (("authorization", "Bearer «alice.token#1»"),)


def test_a_learned_token_may_be_named_better_later() -> None:
    redactor = Redactor()
    login = Request(method="POST", path="/login", identity=ANONYMOUS)
    redactor.exchange(exchange({"token": "zQ9-xY8_wV7.uT6"}, request=login))
    redactor.know("alice", "token", "zQ9-xY8_wV7.uT6")
    assert redactor.text("zQ9-xY8_wV7.uT6") == "«alice.token#1»"
    assert redactor.secrets["«anonymous.token#1»"] == redactor.secrets["«alice.token#1»"]


def test_a_learned_token_that_is_told_alike_keeps_its_number() -> None:
    redactor = Redactor()
    redactor.exchange(exchange({"token": "zQ9-xY8_wV7.uT6"}))
    redactor.know("alice", "token", "zQ9-xY8_wV7.uT6")
    assert redactor.text("zQ9-xY8_wV7.uT6") == "«alice.token#1»"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("password", "hunter2", "«value:7 chars»"),
        ("passwordDigest", "é\n12345", "«value:7 chars»"),
        ("user-password-hash", "0123456789abcdef", "«value:16 chars»"),
        ("client_secret", "abcd", "«value:4 chars»"),
        ("cvv", "123", "123"),
        ("password", "****", "****"),
        ("secret", "sk_****1234", "sk_****1234"),
        ("secret", "[redacted]", "[redacted]"),
        ("api_key", "XXXXXXXX", "XXXXXXXX"),
        ("password", True, True),
        ("password", None, None),
        ("password", {"min": 8}, {"min": 8}),
        ("password_policy", "at least 8", "at least 8"),
        ("note", "hunter2", "hunter2"),
    ],
)
def test_unknown_values_under_telling_names_are_counted_only(name: str, value: Json, shown: Json) -> None:
    assert body_of(Redactor().exchange(exchange({"a": [{name: value}]}))) == {"a": [{name: shown}]}


def test_further_names_come_from_the_configuration() -> None:
    redacted = Redactor(extra_keys=["Kunden-Nummer"]).exchange(exchange({"kundenNummer": "12345"}))
    assert body_of(redacted) == {"kundenNummer": "«value:5 chars»"}


HOLD_A_SECRET = """password passwd pwd password_hash hashed_password passwordDigest PasswordHash user_password
    newPassword password_confirmation salt secret secret_key client_secret clientSecret private_key privateKey api_key
    apiKey X-API-Key otp otp_code totp_secret totpSecret mfa_secret reset_token passwordResetToken cvv cvv2 cvc ssn
    pin_code aws_secret_access_key encryption_key recovery_code"""


@pytest.mark.parametrize(
    "name",
    HOLD_A_SECRET.split(),
)
def test_names_that_hold_a_secret(name: str) -> None:
    assert is_sensitive_key(name)


SPEAK_OF_ONE = """key pin token has_password hasPassword password_changed_at password_policy password_strength
    secret_name secret_id is_secret password_reset_url salted otp_enabled api_key_id private_key_id public_key keyboard
    tokens next_token hash passport secretary forgot_password_link password_required access_token"""


@pytest.mark.parametrize(
    "name",
    SPEAK_OF_ONE.split(),
)
def test_names_that_only_speak_of_one(name: str) -> None:
    assert not is_sensitive_key(name)


@pytest.mark.parametrize("name", ["next_token", "page_token", "csrf_token", "token_type", "tokens"])
def test_tokens_that_open_nothing_stay(name: str) -> None:
    assert not is_token_key(name)


SHAPED = [
    ("argon2", "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b/dWRWJTmaaJObG"),
    ("bcrypt", "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW"),
    ("pbkdf2", "pbkdf2_sha256$600000$abcdefgh$V2hhdCBhIG5pY2UgaGFzaCB0aGF0IGlz="),
    ("pbkdf2", "$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk"),
    ("pem", "-----BEGIN RSA PRIVATE KEY-----\nMIIEow+/=\nabc=\n-----END RSA PRIVATE KEY-----"),
    ("aws-key", "AKIAIOSFODNN7EXAMPLE"),
    ("stripe-key", "sk_live_4eC39HqLyjWDarjtT1zdp7dc"),
    ("github-token", "ghp_0123456789abcdefghijklmnopqrstuvwxyz"),
    ("dsn", "postgres://app:s3cret@db.internal:5432/app?sslmode=require"),
    ("dsn", "redis://:s3cret@cache/0"),
    ("jwt", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"),
]


@pytest.mark.parametrize(("shape", "value"), SHAPED)
def test_a_secret_shows_by_its_shape(shape: str, value: str) -> None:
    assert SHAPES[shape].fullmatch(value.encode())
    redactor = Redactor()
    assert body_of(redactor.exchange(exchange({"x": value, "y": 1}))) == {"x": f"«shape:{shape}»", "y": 1}
    assert body_of(redactor.exchange(exchange(f"saw '{value}' here".encode()))) == f"saw '«shape:{shape}»' here"
    slashed = json.dumps([f"\n{value}"]).replace("/", r"\/").encode()
    shown = body_of(redactor.exchange(exchange(slashed)))[0]
    assert shown.lstrip("\n") == f"«shape:{shape}»"
    shown = redactor.exchange(exchange(headers=(("x-debug", value),)))
    assert shown.response.headers == (("x-debug", f"«shape:{shape}»"),)


@pytest.mark.parametrize(
    "value",
    [
        "https://example.com/a:b@c",
        "https://user@example.com",
        "postgres://app:****@db/app",
        "postgres://app:${DB_PASSWORD}@db/app",
        "mailto:a@example.com",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "$2 off, $29.99",
        "eyJ.a.b",
        "risk_test_cases",
    ],
)
def test_what_only_resembles_a_secret_stays(value: str) -> None:
    assert body_of(Redactor().exchange(exchange({"x": value}))) == {"x": value}


def test_a_body_without_secrets_is_the_same_object() -> None:
    raw = exchange({"items": [{"id": 1, "name": "\u00e9\n%41&amp;", "url": "https://example.com"}]})
    assert knowing().exchange(raw).response.body is raw.response.body


# --- what else an exchange says -------------------------------------------------------------------------------


def test_facts_are_kept_and_their_words_redacted() -> None:
    hit = SecretHit(name="x.token", kind="token", form="plain", where="body", sent_here=False)
    facts = Facts(
        hits=(hit,),
        violations=(Violation(pointer="/a", keyword="enum", message=f"{TOKEN} is not one of"),),
        documented=False,
        soft_error=True,
    )
    shown = knowing().exchange(exchange(facts=facts, problem=f"cut off after {TOKEN}"))
    assert shown.response.problem == "cut off after «alice.token#1»"
    assert shown.facts == replace(
        facts, violations=(Violation(pointer="/a", keyword="enum", message="«alice.token#1» is not one of"),)
    )


def test_the_text_of_a_command_shows_no_credential() -> None:
    text = knowing().text(f"curl -H 'Authorization: Bearer made-up' -H 'Authorization: Bearer {TOKEN}' https://x/")
    assert text == (
        "curl -H 'Authorization: Bearer «probe.token#1»' -H 'Authorization: Bearer «alice.token#1»' https://x/"
    )


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["auditor", "run", "https://x/?a=b"], "auditor run 'https://x/?a=b'"),
        (["run", "-H", "X-Key: k"], "run -H 'X-Key: «hidden»'"),
        (["run", "-HX-Key: k"], "run '-HX-Key: «hidden»'"),
        (["run", "--header=X-Key:k"], "run '--header=X-Key:«hidden»'"),
        (["run", "-H", "k"], "run -H '«hidden»'"),
        (["run", "--identity", "alice=bearer:k"], "run --identity 'alice=«hidden»'"),
        (["run", "https://u:p@x/?api_key=k"], "run 'https://«hidden»@x/?api_key=«hidden»'"),
    ],
)
def test_a_command_line_is_shown_without_its_secrets(words: list[str], shown: str) -> None:
    assert command_line(words) == shown


# --- laws -----------------------------------------------------------------------------------------------------

letters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="«»")
secrets = st.text(letters, min_size=6, max_size=40)
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="«»"), max_size=10)


def forms_of(value: str) -> set[str]:
    raw = value.encode()
    forms = {value, quote(value, safe=""), quote(value), quote_plus(value), raw.hex(), raw.hex().upper()}
    for encoded in (base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()):
        forms |= {encoded, encoded.rstrip("=")}
    return forms | {hashlib.new(name, raw).hexdigest() for name in ("md5", "sha1", "sha256")}


def everything(shown: Exchange) -> list[str]:
    """Return all text of an exchange, JSON undone, without the placeholders."""
    request, response = shown.request, shown.response
    texts = [request.path, response.problem, *(text for pair in request.headers + request.query for text in pair)]
    texts += [text for pair in response.headers for text in pair]
    texts += [body.decode("utf-8", "replace") for body in (request.body, response.body)]
    texts += [text for body in (request.json(), response.json()) for text in strings(body)]
    return [re.sub("«[^«»]*»", "\0", text) for text in texts]


def strings(value: Json) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in strings(part)]
    if isinstance(value, list):
        return [text for part in value for text in strings(part)]
    return [value] if isinstance(value, str) else []


def shape_of(value: Json) -> Json:
    if isinstance(value, dict):
        return [shape_of(one) for one in value.values()]
    if isinstance(value, list):
        return [[shape_of(one)] for one in value]
    return None


@st.composite
def leaks(draw: st.DrawFn) -> tuple[str, str, Exchange]:
    """A secret, its other form, and an exchange that has them anywhere."""
    secret = draw(secrets)
    assume(len(set(secret)) > 2 and secret.strip() == secret)
    form = draw(st.sampled_from(sorted(forms_of(secret))))
    assume(re.search(r"[^A-Za-z_-]", secret) is not None and not secret.isdigit())
    assume(not any(form in name or secret in name for name in ("alice.password#1:", "sha256", "password", "probe")))
    said = st.builds(lambda before, after: before + form + after, words, words) | words
    value = draw(st.recursive(said, lambda one: st.lists(one) | st.dictionaries(said, one), max_leaves=6))
    if draw(st.booleans()):
        value = {"inner": json.dumps(value)}
    plain = draw(st.booleans())
    body = str(value).encode() if plain else json.dumps(value, ensure_ascii=draw(st.booleans())).encode()
    request = Request(
        method="POST",
        path="/" + quote(draw(said)),
        query=((draw(said), draw(said)),),
        headers=(("x-a", draw(said)), ("authorization", "Bearer " + draw(said)), ("cookie", "a=" + draw(said))),
        body=body,
        identity=ALICE,
    )
    headers = (("x-b", draw(said)), ("set-cookie", f"sid={draw(said)}; Path=/"))
    return secret, form, exchange(body, headers=headers, request=request, problem=draw(said))


@settings(deadline=None)
@given(leaks())
def test_no_secret_survives_in_any_form(leak: tuple[str, str, Exchange]) -> None:
    secret, _, raw = leak
    redactor = Redactor()
    redactor.know("alice", "password", secret)
    remains = everything(redactor.exchange(raw))
    found = [(form, text) for form in forms_of(secret) for text in remains if form in text]
    assert not found


@settings(deadline=None)
@given(leaks())
def test_redacting_twice_changes_nothing(leak: tuple[str, str, Exchange]) -> None:
    secret, _, raw = leak
    redactor = Redactor()
    redactor.know("alice", "password", secret)
    once = redactor.exchange(raw)
    assert redactor.exchange(once) == once


@settings(deadline=None)
@given(leaks())
def test_json_stays_json_of_the_same_shape(leak: tuple[str, str, Exchange]) -> None:
    secret, _, raw = leak
    redactor = Redactor()
    redactor.know("alice", "password", secret)
    shown = redactor.exchange(raw)
    assert shape_of(shown.response.json()) == shape_of(raw.response.json())


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_can_be_redacted(body: bytes) -> None:
    redactor = knowing()
    shown = redactor.exchange(exchange(body, headers=(("set-cookie", body.decode("latin-1")),)))
    assert redactor.exchange(shown) == shown


@pytest.mark.parametrize(
    "body",
    [
        b"eyJ" * 20_000,
        b'"a":"' * 20_000,
        b"https://a:" * 20_000,
        b"-----BEGIN PRIVATE KEY-----" * 5_000,
        b"\\" * 50_000,
        b"\\\\%41&amp;" * 10_000,
        b"[" * 100_000 + TOKEN.encode() + b"]" * 100_000,
        b'{"n":' + b"9" * 10_000 + b',"t":"' + TOKEN.encode() + b'"}',
        "«".encode() * 20_000,
        b"://:" * 20_000,
        b'"password":"' * 10_000,
        b'["' + (b"\\n" + TOKEN.encode()) * 20_000 + b'"]',
    ],
)
def test_hostile_bodies_end(body: bytes) -> None:
    assert TOKEN.encode() not in knowing().exchange(exchange(body)).response.body
