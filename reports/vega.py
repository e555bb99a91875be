"""A Vega-Lite specification as one lean SVG element that stands in a page of ours.

What comes out has presentation attributes only: no style, id, script or reference, so a policy has nothing to forbid
and several drawings on a page cannot get at each other. Nothing of a specification may depend on the width of a
text, which differs with the fonts of a machine: sizes and paddings are given, positions too.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from auditor.model import Json

if TYPE_CHECKING:
    from markupsafe import Markup

FONT: Final = "system-ui,sans-serif"
FONT_SIZE: Final = 11
_FRAMES: Final = frozenset({"background", "foreground"})
"""What Vega puts behind and before every group, and leaves empty where it has no colour."""
_OF_NO_USE: Final = frozenset({"class", "role", "pointer-events", "font-family", "font-size", "stroke-miterlimit"})
_DEFAULTS: Final = frozenset(
    {("opacity", "1"), ("transform", "translate(0,0)"), ("x2", "0"), ("y2", "0"), ("stroke-dasharray", "")}
)


def drawing(spec: Mapping[str, Json], *, title: str, description: str) -> Markup:
    """Return the drawing as wide as its place, named and described for those who do not see it.

    Raises `ModuleNotFoundError` where vl-convert is not installed. It is imported here: it brings a JavaScript engine.
    """
    from markupsafe import Markup
    from vl_convert import vegalite_to_svg

    drawn = ET.fromstring(vegalite_to_svg(dict(spec), allowed_base_urls=[]))
    root = ET.Element("svg", _root(drawn))
    ET.SubElement(root, "title").text = title
    ET.SubElement(root, "desc").text = description
    root.extend(part for child in drawn for part in _lean(child))
    return Markup(ET.tostring(root, encoding="unicode"))


def _root(drawn: ET.Element) -> dict[str, str]:
    """Keep the height as it is: without our style sheet the drawing is not blown up to the window's width."""
    return {
        "class": "chart",
        "viewBox": drawn.attrib["viewBox"],
        "width": "100%",
        "height": drawn.attrib["height"],
        "preserveAspectRatio": "xMinYMid",
        "role": "img",
        "font-family": FONT,
        "font-size": str(FONT_SIZE),
    }


def _lean(element: ET.Element) -> Iterator[ET.Element]:
    """Yield what draws something: groups that neither move nor colour give way to what they hold."""
    if element.get("class") in _FRAMES:
        return
    tag = element.tag.rpartition("}")[2]
    inside = [part for child in element for part in _lean(child)]
    kept = dict(_attributes(element))
    if tag == "g" and not (inside and kept):
        yield from inside
        return
    made = ET.Element(tag, kept)
    made.text = element.text
    made.extend(inside)
    yield made


def _attributes(element: ET.Element) -> Iterator[tuple[str, str]]:
    for name, value in element.items():
        if name not in _OF_NO_USE and not name.startswith("aria-") and (name, value) not in _DEFAULTS:
            yield name, value
