"""What clients send: bytes as they are, or files of a form; each bounded."""

from dataclasses import dataclass

from fastapi import Request
from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.png_prompt import printable
from cut2next.studio.checks import LINE

_FIELDS = 64
_FIELD = 64 * 1024
"""Bytes of a form's field that is no file."""
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


@dataclass(frozen=True, kw_only=True)
class Uploaded:
    """A file that came."""

    data: bytes
    name: str
    """As the client calls it, for a person; nothing is ever opened by it."""


def is_form(request: Request) -> bool:
    """Whether what comes is a form."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    return kind in _FORMS


async def form_of(request: Request, files: int = 1) -> FormData:
    """A form with at most so many files, on disk where they are large. Raises InputError."""
    try:
        return await request.form(max_files=files, max_fields=_FIELDS, max_part_size=_FIELD)
    except (FormParserError, KeyError, UnicodeError) as error:
        raise _no_form(error) from error
    except HTTPException as error:
        if error.status_code != 400:
            raise
        raise _no_form(error.detail) from error


async def uploaded(request: Request, field: str, most: int) -> Uploaded:
    """The one file that a request brings. Raises InputError where there is none, or a larger."""
    if not is_form(request):
        return Uploaded(data=_checked(await request.body(), most), name="")
    form = await form_of(request)
    try:
        return await file_of(form, field, most)
    finally:
        await form.close()


async def file_of(form: FormData, field: str, most: int) -> Uploaded:
    """A file of a form. Raises as `uploaded`."""
    file = form.get(field)
    if not isinstance(file, UploadFile):
        raise InputError(f"a form without {field}", expected="a file", hint=f"send it as {field}")
    return Uploaded(data=_checked(await file.read(most + 1), most), name=shown_name(file.filename))


def shown_name(given: str | None) -> str:
    """A client's name for a file, as words on one line: the last part of it."""
    last = (given or "").replace("\\", "/").rpartition("/")[2]
    words = printable(" ".join(last.encode(errors="replace").decode().split()))
    return words[:LINE]


def _checked(data: bytes, most: int) -> bytes:
    if not data:
        raise InputError("nothing", expected="a file", hint="send one")
    if len(data) > most:
        raise InputError("a file too large", expected=f"at most {most:,} bytes", hint="send less")
    return data


def _no_form(error: object) -> InputError:
    got = f"a form that cannot be read ({one_line(error, 80)})"
    return InputError(got, expected="multipart/form-data", hint="see /api/openapi.json")
