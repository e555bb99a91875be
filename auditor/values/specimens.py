"""Small valid files: what an operation takes that wants a picture, a document or an archive, not any bytes.

Bodies are text here as everywhere in samples, one character per byte (latin-1), and turn into bytes when written.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass

from auditor.values.makers import words


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """One file: its media type, the ending of its name, and its bytes as text."""

    media: str
    ending: str
    text: str


def packed(media: str, ending: str, content: str) -> Specimen:
    return Specimen(media=media, ending=ending, text=base64.b64decode(content).decode("latin-1"))


PDF = """%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""
SPECIMENS: tuple[Specimen, ...] = (
    packed(
        "image/png",
        "png",
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==",
    ),
    packed(
        "image/jpeg",
        "jpg",
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////////////"
        "////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8A"
        "R//Z",
    ),
    packed("image/gif", "gif", "R0lGODdhAQABAIEAAP///wAAAAAAAAAAACwAAAAAAQABAAAIBAABBAQAOw=="),
    packed("image/webp", "webp", "UklGRh4AAABXRUJQVlA4TBEAAAAvAAAAAAfQ//73v/+BiOh/AAA="),
    Specimen(
        media="image/svg+xml",
        ending="svg",
        text='<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><rect width="1" height="1"/></svg>',
    ),
    Specimen(media="application/pdf", ending="pdf", text=PDF),
    packed("application/zip", "zip", "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="),
    packed("application/gzip", "gz", "H4sIAAAAAAACA0ssTcksyS/iAgAMkX6aCAAAAA=="),
    Specimen(media="text/csv", ending="csv", text="id,name\r\n1,auditor\r\n"),
    Specimen(media="text/plain", ending="txt", text="auditor\n"),
)
"""The likeliest of a kind first: `image/*` is the first picture."""

NAMED: tuple[tuple[str, str], ...] = (
    (r"(.* )?(image|picture|photo|avatar|logo|icon|thumbnail|cover|banner|screenshot)( file)?", "image/png"),
    (r"(.* )?(pdf|document|invoice|resume|cv|contract)( file)?", "application/pdf"),
    (r"(.* )?(csv|spreadsheet)( file)?", "text/csv"),
    (r"(.* )?(zip|archive)( file)?", "application/zip"),
)
"""What a file is, by the words of its name."""


def of_media(media: str) -> Specimen | None:
    """Return the specimen of a media type or range (`image/png`, `image/*`); None for one that we have none of."""
    plain = media.partition(";")[0].strip().lower()
    if plain in {"", "*/*", "application/octet-stream"}:
        return None
    wanted = re.escape(plain).replace(r"\*", ".*")
    return next((one for one in SPECIMENS if re.fullmatch(wanted, one.media)), None)


def for_file(schema: Mapping[str, object], name: str) -> Specimen | None:
    """Return the specimen for a member that is a file: by its declared media type, else by its name."""
    declared = schema.get("contentMediaType")
    if isinstance(declared, str):
        return of_media(declared)
    spoken = " ".join(words(name))
    return next((of_media(media) for pattern, media in NAMED if re.fullmatch(pattern, spoken)), None)


def named_file(text: str) -> tuple[str, str]:
    """Return (file name, media type) of a file's text: of the specimen it is, else plain bytes."""
    found = next((one for one in SPECIMENS if one.text == text), None)
    return (f"auditor.{found.ending}", found.media) if found else ("auditor.bin", "application/octet-stream")
