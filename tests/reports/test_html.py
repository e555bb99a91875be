from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from html.parser import HTMLParser

import pytest

from auditor.model import Finding, Role, Seen
from reports.html import PER_CHECK, digest, reference, render
from tests.reports import building

ATTACK = "document.documentElement.setAttribute('data-pwned',1)"
PAYLOADS = {
    "script": f"<script>{ATTACK}</script>",
    "closing": f"</script></style></pre></title><script>{ATTACK}</script>",
    "handler": f'<img src=x onerror="{ATTACK}">',
    "attribute": f'" onmouseover="{ATTACK}" autofocus onfocus=\'{ATTACK}\' x="',
    "cdata": f']]><svg onload="{ATTACK}">-->',
    "template": "{{ 7 * 7191 }}{% raw %}${7*7191}",
    "markdown": f"[x](javascript:{ATTACK}) ![x](http://evil.test/x.png) <http://evil.test> **x** | x",
    "formula": "=cmd|' /C calc'!A0\t+1+1\n@SUM(1)",
    "terminal": "\x1b[31mred\x1b]8;;http://evil.test\x07\x00\x9b2J\u202e\ud800",
}
SECTIONS = (
    "verdict",
    "scores",
    "checklist",
    "standards",
    "findings",
    "unjudged",
    "rest",
    "matrix",
    "performance",
    "reach",
    "run",
    "traffic",
    "setup",
    "leftovers",
    "notes",
)


class Page(HTMLParser):
    """Elements and attributes as a browser's parser would find them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def attributes(self, name: str) -> Iterator[str]:
        return (value or "" for _, attributes in self.tags for key, value in attributes.items() if key == name)


@lru_cache(maxsize=1)
def small() -> str:
    return render(building.small(), building.small_exchanges())


@lru_cache(maxsize=1)
def small_page() -> Page:
    return Page(small())


@lru_cache(maxsize=1)
def big() -> str:
    audit, exchanges = building.big()
    return render(audit, exchanges)


def test_the_same_audit_gives_the_same_bytes() -> None:
    assert render(building.small(), building.small_exchanges()) == small()


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_is_there(section: str) -> None:
    assert section in set(small_page().attributes("id"))


def test_ids_are_unique() -> None:
    ids = list(small_page().attributes("id"))
    assert len(ids) == len(set(ids))


def test_links_within_the_page_lead_somewhere() -> None:
    targets = set(small_page().attributes("id"))
    assert {link[1:] for link in small_page().attributes("href") if link.startswith("#")} <= targets


def test_the_policy_allows_exactly_the_two_blocks_of_our_own() -> None:
    style, script = (re.search(f"<{tag}>(.*?)</{tag}>", small(), re.DOTALL) for tag in ("style", "script"))
    policy = next(one for one in small_page().attributes("content") if one.startswith("default-src"))
    assert style
    assert script
    assert f"style-src '{digest(style[1])}'" in policy
    assert f"script-src '{digest(script[1])}'" in policy
    assert "default-src 'none'" in policy


def test_nothing_is_styled_or_handled_by_attribute() -> None:
    names = {name for _, attributes in small_page().tags for name in attributes}
    assert "style" not in names
    assert not [name for name in names if name.startswith("on")]


def test_nothing_is_fetched() -> None:
    assert not {tag for tag, _ in small_page().tags} & {"img", "iframe", "object", "embed", "base"}
    assert not list(small_page().attributes("src"))
    links = [attributes for tag, attributes in small_page().tags if tag == "link"]
    assert [one["rel"] for one in links] == ["icon"]
    assert all(str(one["href"]).startswith("data:image/svg+xml,") for one in links)


def test_links_leave_no_referrer_and_never_lead_to_the_target() -> None:
    outward = [attributes for tag, attributes in small_page().tags if tag == "a" and "rel" in attributes]
    assert outward
    assert all(one["rel"] == "noreferrer" and str(one["href"]).startswith("https://") for one in outward)
    assert not [link for link in small_page().attributes("href") if building.BASE_URL in link]


def test_headers_of_tables_have_a_scope_and_gauges_a_name() -> None:
    assert all("scope" in attributes for tag, attributes in small_page().tags if tag == "th")
    labels = set(small_page().attributes("aria-label"))
    assert "authz 93 of 100, 50 % covered" in labels
    assert "limits not scored, 0 % covered" in labels


@pytest.mark.parametrize(
    "words",
    [
        "FAIL 1 of 3 gates failed",
        "200 with bob's order, asked by alice",
        "./openapi.json:412",
        "2 KB of",
        "too-large at body/quantity",
        "7 places, one cause the answer has no X-Content-Type-Options",
        "every one confirmed",
        "Compared with no earlier run",
        "no administrator is known",
        "identities: {root: {role: admin, bearer: ${ADMIN_TOKEN}}}",
        "KeyError: 'items'",
        "409 payment is not settled",
        "Answered normally again within 10 s",
        "alice-7f21: DELETE answered 405",
        "the rate was halved at 1:12",
        "auditor run http://127.0.0.1:8912 --load 60s",
        "holds up to 402 requests per second",
    ],
)
def test_the_report_says(words: str) -> None:
    assert words in small_page().text


def test_the_probe_is_marked_where_it_differs_from_its_control() -> None:
    assert "<mark>GET /api/v1/orders/1002</mark>" in small()


def test_controls_are_hidden_until_the_script_shows_them() -> None:
    buttons = [attributes for tag, attributes in small_page().tags if tag == "button"]
    assert buttons
    assert all("hidden" in one for one in buttons)


def test_a_check_with_many_findings_shows_some_and_counts_the_rest() -> None:
    many = tuple(_finding(number) for number in range(30))
    page = Page(render(replace(building.small(), findings=many), {}))
    assert sum(attributes.get("class") == "finding new" for _, attributes in page.tags) == PER_CHECK
    assert "… 5 more findings, see run.json" in page.text


def _finding(number: int) -> Finding:
    return Finding(
        fingerprint=building.fingerprint(str(number)),
        cause=str(number),
        check="input.no-5xx",
        subject=f"GET /{number}",
        operation=f"GET /{number}",
        severity="high",
        message="500",
        confirmed=True,
        evidence=(Seen(role=Role.PROBE, exchange="gone"),),
    )


def test_only_the_first_finding_is_open() -> None:
    findings = [one for tag, one in small_page().tags if tag == "details" and "data-severity" in one]
    assert [one["id"] for one in findings if "open" in one] == [findings[0]["id"]]


def test_code_in_an_explanation_is_set_as_code() -> None:
    plain = building.small()
    checks = tuple(replace(one, fix="send `X-A: <b>` always") for one in plain.checks)
    assert "<dd>Send <code>X-A: &lt;b&gt;</code> always</dd>" in render(replace(plain, checks=checks), {})


def test_an_audit_of_nothing_is_still_a_report() -> None:
    plain = building.small()
    empty = type(plain)(
        tool=plain.tool,
        run=replace(plain.run, complete=False),
        verdict="inconclusive",
        exit_code=4,
        target=plain.target,
    )
    page = Page(render(empty, {}))
    assert "INCONCLUSIVE the run is incomplete" in page.text
    assert set(SECTIONS) - {"leftovers", "notes"} <= set(page.attributes("id"))


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_hostile_evidence_is_text(payload: str) -> None:
    page = Page(render(*building.hostile(payload)))
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in small_page().tags} | {"p"}
    assert sum(tag == "script" for tag, _ in page.tags) == 1
    assert not [
        name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "autofocus"
    ]
    assert "50337" not in page.text


def test_control_characters_become_visible() -> None:
    text = render(*building.hostile(PAYLOADS["terminal"]))
    text.encode()
    assert "␛[31mred" in text
    assert "\\u202e" in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)


def test_a_megabyte_in_a_header_is_cut() -> None:
    text = render(*building.hostile("harmless"))
    assert "… (1,000,000 characters)" in text
    assert len(text) < 200_000


def test_a_large_audit_stays_within_its_budget() -> None:
    audit, exchanges = building.big()
    fix = "bind values. Express: `a`; FastAPI: `b`; Django REST: `c`; Spring: `d`; Rails: `e`."
    text = render(replace(audit, checks=tuple(replace(one, fix=fix) for one in audit.checks)), exchanges)
    assert len(text.encode()) < 3_000_000
    assert len(Page(text).tags) < 15_000


def test_a_large_audit_counts_what_it_leaves_out() -> None:
    page = Page(big())
    assert "… 24 more findings, see run.json" in page.text
    assert "more operations, see run.json" in page.text


@pytest.mark.parametrize(
    ("name", "link"),
    [
        ("CWE-639", "https://cwe.mitre.org/data/definitions/639.html"),
        ("RFC 9110 15.3.2", "https://www.rfc-editor.org/rfc/rfc9110#section-15.3.2"),
        ("RFC 9457", "https://www.rfc-editor.org/rfc/rfc9457"),
        ("API1:2023", "https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/"),
        (
            "OWASP API8:2023",
            "https://owasp.org/API-Security/editions/2023/en/0xa8-security-misconfiguration/",
        ),
        ("API10:2023", "https://owasp.org/API-Security/editions/2023/en/0xaa-unsafe-consumption-of-apis/"),
        ("https://example.test/a", "https://example.test/a"),
        ("javascript:alert(1)", ""),
        ("ASVS 8.2.2", ""),
    ],
)
def test_references_that_can_be_read_are_links(name: str, link: str) -> None:
    assert reference(name) == link
