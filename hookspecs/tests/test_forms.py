from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from email.parser import BytesParser
from email.policy import HTTP

from mpcas2_hookspecs import FormBody, FormFile, form_with_files


def file(content: bytes, *, name: str = "file", file_name: str = "clip.mp4") -> FormFile:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 3):
            yield content[start : start + 3]

    return FormFile(
        name=name,
        file_name=file_name,
        mime_type="video/mp4",
        size=len(content),
        content=chunks(),
    )


def sent(form: FormBody) -> bytes:
    async def read() -> bytes:
        return b"".join([chunk async for chunk in form.content])

    return asyncio.run(read())


def test_a_form_is_what_a_parser_of_forms_reads() -> None:
    form = form_with_files(
        {"description": "Zwei Bäume\r\n--", "key": ""},
        [file(b"0123456789"), file(b"", name="thumbnail", file_name="a.jpg")],
    )
    body = sent(form)
    head = f"content-type: {form.headers['content-type']}\r\n\r\n".encode()
    parts = BytesParser(policy=HTTP).parsebytes(head + body).iter_parts()
    read = [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get_payload(decode=True),
        )
        for part in parts
    ]
    assert read == [
        ("description", None, "Zwei Bäume\r\n--".encode()),
        ("key", None, b""),
        ("file", "clip.mp4", b"0123456789"),
        ("thumbnail", "a.jpg", b""),
    ]


def test_the_length_is_told_before_a_byte_of_a_file_is_read() -> None:
    form = form_with_files({"a": "b"}, [file(b"x" * 1000)])
    assert int(form.headers["content-length"]) == len(sent(form))


def test_a_name_cannot_break_out_of_its_field() -> None:
    body = sent(form_with_files({}, [file(b"1", file_name='a"\r\nx: y')]))
    assert b'filename="a%22%0D%0Ax: y"' in body
