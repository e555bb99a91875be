"""Where a file is wanted, a real one is sent."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from typing import Any

import pytest

from auditor.document.openapi import read
from auditor.values import specimens
from auditor.values.examples import Sampler
from auditor.values.serialising import serialise


def described(content: dict[str, Any]) -> Sampler:
    operation = {"requestBody": {"required": True, "content": content}, "responses": {"204": {"description": ""}}}
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {"/files": {"put": operation}}}
    return Sampler(read(json.dumps(document).encode(), source="test"), seed="0", run_id="aud000000000000")


def sent(content: dict[str, Any]) -> tuple[bytes, str]:
    sampler = described(content)
    (operation,) = sampler.description.document.operations
    _, _, headers, body = serialise(operation, sampler.golden_values(operation))
    return body, dict(headers)["Content-Type"]


BINARY = {"schema": {"type": "string", "format": "binary"}}


@pytest.mark.parametrize(
    ("media", "starts", "as_media"),
    [
        ("image/png", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("image/jpeg", b"\xff\xd8\xff", "image/jpeg"),
        ("image/gif", b"GIF87a", "image/gif"),
        ("image/webp", b"RIFF", "image/webp"),
        ("image/*", b"\x89PNG", "image/png"),
        ("application/pdf", b"%PDF-1.4", "application/pdf"),
        ("application/zip", b"PK", "application/zip"),
        ("application/octet-stream", b"auditor", "application/octet-stream"),
    ],
)
def test_a_raw_body_is_a_file_of_its_media_type(media: str, starts: bytes, as_media: str) -> None:
    body, sent_as = sent({media: BINARY})
    assert body.startswith(starts)
    assert sent_as == as_media


@pytest.mark.parametrize(
    ("member", "schema", "part"),
    [
        ("avatar", {"type": "string", "format": "binary"}, b'filename="auditor.png"\r\nContent-Type: image/png'),
        ("cv", {"type": "string", "format": "binary"}, b'filename="auditor.pdf"\r\nContent-Type: application/pdf'),
        ("import", {"type": "string", "contentMediaType": "text/csv"}, b"Content-Type: text/csv\r\n\r\nid,name"),
        ("thing", {"type": "string", "format": "binary"}, b'filename="auditor.bin"'),
    ],
)
def test_a_part_of_a_form_is_a_file_by_its_declared_type_or_its_name(
    member: str, schema: dict[str, Any], part: bytes
) -> None:
    form = {"type": "object", "required": [member], "properties": {member: schema}}
    body, sent_as = sent({"multipart/form-data": {"schema": form}})
    assert part in body
    assert sent_as.startswith("multipart/form-data; boundary=")


def test_packed_specimens_can_be_opened() -> None:
    held = {one.media: one.text.encode("latin-1") for one in specimens.SPECIMENS}
    assert gzip.decompress(held["application/gzip"]) == b"auditor\n"
    assert zipfile.ZipFile(io.BytesIO(held["application/zip"])).namelist() == []
