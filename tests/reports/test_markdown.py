from __future__ import annotations

import html
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from markdown_it import MarkdownIt

from auditor.model import Finding
from reports.markdown import JOINER, MOST_BYTES, fenced, inline, listed, render, table
from reports.words import cut, one_line
from tests.reports import building
from tests.reports.hostile import FRAGMENTS, QUICK, TEXTS, is_harmless_to_terminals

OUR_TAGS = {"details", "summary", "code"}
PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


class Page(HTMLParser):
    """Tags and text of a page as a browser would find them."""

    def __init__(self, markdown: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.words: list[str] = []
        self.feed(PARSER.render(markdown))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def small() -> str:
    return render(building.small(), building.small_exchanges())


def crowd(number: int) -> tuple[Finding, ...]:
    one = building.small().findings[0]
    return tuple(replace(one, fingerprint=f"{n:032x}", curl="curl " + "x" * 2_000) for n in range(number))


def raw_html(markdown: str) -> set[str]:
    """Return the names of the tags that a parser of Markdown lets through."""
    tokens = [inner for token in PARSER.parse(markdown) for inner in (token, *(token.children or ()))]
    blocks = [token.content for token in tokens if token.type in {"html_block", "html_inline"}]
    return {found for block in blocks for found in re.findall(r"</?([A-Za-z!]+)", block)}


def test_the_same_audit_gives_the_same_bytes() -> None:
    assert small() == small()


def test_the_first_line_is_the_mark_of_the_target() -> None:
    assert small().splitlines()[0] == "<!-- auditor:127-0-0-1-orders-api -->"
    nameless = replace(building.small().target, title="-->", base_url="")
    assert render(replace(building.small(), target=nameless), {}).startswith("<!-- auditor:api -->\n")


def test_verdict_score_gates_and_families_are_told() -> None:
    text = Page(small()).text
    assert "auditor: fail – 1 of 3 gates failed" in text
    assert "score 49 of 100" in text
    assert "≥ 90 %" in text
    assert "pagination" in text


def test_new_findings_are_listed_and_others_counted() -> None:
    text = Page(small()).text
    assert "3 new findings" in text
    assert "500 for a quantity of 20 digits" in text
    assert "text/plain instead of the error shape" not in text
    assert "Findings: 3 new, 8 known, 1 suppressed." in text


def test_a_finding_can_be_repeated() -> None:
    blocks = [token for token in PARSER.parse(small()) if token.type == "fence"]
    assert len(blocks) == 3
    assert blocks[0].content.startswith("curl --globoff --path-as-is http://127.0.0.1:8912/api/v1/orders/1002")


def test_doubt_is_told() -> None:
    plain = building.small()
    audit = replace(plain, findings=(replace(plain.findings[0], confirmed=False, fix="check the owner"),))
    assert "asked by alice (unconfirmed)" in Page(render(audit, {})).text
    assert "To mend it: check the owner" in Page(render(audit, {})).text


def test_nothing_new_is_said_in_words() -> None:
    bare = replace(building.small(), findings=(), gates=(), families=(), results=(), score=None, verdict="pass")
    text = Page(render(bare, {})).text
    assert "No new findings." in text
    assert "no score" in text
    assert "Results: none." in text


def test_what_was_fixed_since_an_earlier_run_is_told() -> None:
    audit = replace(building.small(), comparison={"old_run": "before", "summary": "1 fixed, 0 new"})
    assert "Since run before: 1 fixed, 0 new." in Page(render(audit, {})).text


def test_a_comment_fits_however_much_was_found() -> None:
    text = render(replace(building.small(), findings=crowd(400)), {})
    assert len(text.encode()) <= MOST_BYTES
    assert "more new findings in the report" in text
    assert text.rstrip().endswith("</code>.")


def test_a_comment_fits_where_every_character_is_escaped() -> None:
    loud = tuple(replace(one, message="<" * 400, check="@" * 400, operation="|" * 400) for one in crowd(200))
    gates = tuple(replace(building.small().gates[0], name="<" * 400, actual="`" * 400) for _ in range(50))
    assert len(render(replace(building.small(), findings=loud, gates=gates), {}).encode()) <= MOST_BYTES


def test_long_lists_are_counted() -> None:
    page = Page(listed("Hints", [f"hint {number}" for number in range(30)]))
    assert "Hints (30)" in page.text
    assert "10 more lines" in page.text
    assert listed("Hints", []) == ""


@pytest.mark.parametrize("payload", FRAGMENTS)
def test_text_reads_as_it_was_written(payload: str) -> None:
    page = Page(table(("a", "b"), [("x", inline(payload))]))
    assert [tag for tag, _ in page.tags].count("td") == 2
    assert "".join(page.text.replace(JOINER, "").split()) == "".join(f"abx{cut(one_line(payload), 300)}".split())


@pytest.mark.parametrize(
    ("payload", "broken"),
    [
        ("@everyone", "@everyone"),
        ("see #12", "#12"),
        ("GH-12", "GH-12"),
        ("http://evil.test", "http://"),
        ("www.evil.test", "www.evil"),
        ("me@evil.test", "me@evil"),
        ("!12", "!12"),
    ],
)
def test_forges_find_no_mention_issue_or_address(payload: str, broken: str) -> None:
    text = html.unescape(inline(payload))
    assert broken not in text
    assert broken in text.replace(JOINER, "")


@pytest.mark.parametrize("payload", ["```\n</details>", "~~~", "`" * 9, "</code>\n\n# x", "\x1b[31m"])
def test_a_fence_is_not_closed_from_within(payload: str) -> None:
    tokens = PARSER.parse(fenced(payload, "sh"))
    assert [token.type for token in tokens] == ["fence"]
    assert is_harmless_to_terminals(tokens[0].content)


@QUICK
@given(TEXTS)
def test_hostile_text_is_never_structure(payload: str) -> None:
    audit, exchanges = building.hostile(payload)
    text = render(audit, exchanges)
    assert raw_html(text) <= {*OUR_TAGS, "!"}
    page = Page(text)
    assert not [attrs for tag, attrs in page.tags if tag in OUR_TAGS and attrs not in ([], [("class", "language-sh")])]
    assert not {"a", "img", "script", "svg", "em", "s"} & {tag for tag, _ in page.tags}
    assert is_harmless_to_terminals(text)


@QUICK
@given(TEXTS)
def test_hostile_text_stays_in_its_cell_and_its_item(payload: str) -> None:
    rows = Page(table(("a", "b"), [(inline(payload), "end")]))
    assert [tag for tag, _ in rows.tags] == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"]
    items = Page(listed("Hints", [payload, "end"]))
    assert [tag for tag, _ in items.tags] == ["details", "summary", "ul", "li", "li"]


def test_a_page_of_hostile_names_is_still_one_comment() -> None:
    audit, exchanges = building.hostile("<!-- auditor:other -->")
    blocks = [token.content for token in PARSER.parse(render(audit, exchanges)) if token.type == "html_block"]
    assert [block.strip() for block in blocks if "<!--" in block] == ["<!-- auditor:127-0-0-1-auditor-other -->"]
