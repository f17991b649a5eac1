"""Boards in and out: files of other programs, taken in as a difference to accept, and exports."""

import asyncio
import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.paths import name_fault
from cut2next.studio.as_json import adapter, to_json
from cut2next.studio.board import new_id
from cut2next.studio.difference import Change, Difference, difference
from cut2next.studio.exchange.format import Format, Imported
from cut2next.studio.exchange.formats import FORMATS, export, handed_in, import_file
from cut2next.studio.exchange.naming import file_name
from cut2next.studio.exchange.sources import regular_files
from cut2next.studio.server.answers import written
from cut2next.studio.server.board_routes import Standing
from cut2next.studio.server.bodies import form_of
from cut2next.studio.server.events import standing
from cut2next.studio.server.faults import missing
from cut2next.studio.server.services import Services, services
from cut2next.studio.store import StaleError

router = APIRouter(tags=["in and out"])
Here = Annotated[Services, Depends(services)]
_FILES = 5_000
_KEPT = 8
"""Imports that may be accepted still."""
_PIECE = 2**20
_COMPRESSED = {".png", ".jpg", ".jpeg", ".mp4"}


class Brought(BaseModel):
    """What a file holds, beside the board as it is."""

    kept: str
    """Its name, for `accept`."""
    told: list[str]
    """What was left out, in sentences."""
    difference: list[Change]
    board_is_empty: bool


class Accepted(BaseModel):
    """Which changes to make, of those that were told; None is all of them."""

    model_config = ConfigDict(extra="forbid")

    changes: list[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Bringing:
    """A file of a form, and where it goes."""

    file: UploadFile
    place: PurePosixPath


@router.post("/api/import", response_model=Brought)
async def bring(request: Request, here: Here, format: str | None = None) -> JSONResponse:
    """Reads `files`: a timeline and its media, a script, pictures, or one zip of such.

    Nothing on the board changes; `accept` does that, as one step of undo.
    """
    async with here.one_import:
        imported = await _brought(request, here, format)
    kept, board = new_id(), here.store.board
    found = await asyncio.to_thread(difference, board, imported.board)
    here.imports[kept] = found
    while len(here.imports) > _KEPT:
        del here.imports[next(iter(here.imports))]

    def told() -> dict[str, Any]:
        said = {"kept": kept, "told": list(imported.told), "board_is_empty": not board.by_id}
        return {**said, "difference": [to_json(change) for change in found.changes]}

    return await written(told)


@router.post("/api/import/{kept}/accept", response_model=Standing)
async def accept(kept: str, body: Accepted, here: Here) -> JSONResponse:
    """Makes the chosen changes, all as one step of undo, where they still are what was told."""
    if kept not in here.imports:
        raise missing(f"the import {kept[:40]}", "one of the last few")
    told = here.imports[kept]

    def change() -> None:
        head = here.store.head
        now = difference(head.board, told.came)
        chosen = body.changes
        if chosen is None:
            chosen = [each.id for each in told.changes]
        _check_fresh(chosen, told, now)
        here.store.do(now.operation(chosen), version=head.version)

    await here.changing(change)
    here.imports.pop(kept, None)
    return JSONResponse(standing(here.store.head))


@router.get("/api/export/{format}", response_class=FileResponse)
async def give(format: str, request: Request, here: Here) -> FileResponse:
    """The board as a file of a format; a folder comes as a zip.

    Options are in the query, as JSON or as words: `?panels=3&fields=["action"]&columns=western`.
    """
    found = FORMATS.get(format)
    if found is None:
        raise missing(f"the format {format[:40]!r}", f"one of {', '.join(FORMATS)}")
    options = {name: _told(text) for name, text in request.query_params.items()}
    async with here.one_export:
        work = Path(await asyncio.to_thread(mkdtemp, dir=here.cache))
        try:
            file = await asyncio.to_thread(_written, here, found, work, options)
        except BaseException:
            shutil.rmtree(work, ignore_errors=True)
            raise
    done = BackgroundTask(shutil.rmtree, work, ignore_errors=True)
    kind = "application/octet-stream"
    return FileResponse(file, media_type=kind, filename=file.name, background=done)


def _check_fresh(chosen: list[str], told: Difference, now: Difference) -> None:
    """Raises StaleError where a change does not do any more what somebody was told that it does."""
    was, does = (
        {change.id: (change.before, change.after) for change in each.changes}
        for each in (told, now)
    )
    if any(was.get(id) != does.get(id) for id in chosen):
        raise StaleError(
            "changes of an import that do not fit the board any more",
            expected="the board as it was when they were told",
            hint="it has changed since; import it again",
        )


async def _brought(request: Request, here: Services, format: str | None) -> Imported:
    """What the files of a form hold. Raises InputError."""
    form = await form_of(request, _FILES)
    try:
        files = [_placed(each) for each in form.getlist("files") if isinstance(each, UploadFile)]
        if not files:
            raise InputError("a form without files", expected="some", hint="send them as files")
        return await asyncio.to_thread(_read, here, files, format)
    finally:
        await form.close()


def formats() -> list[dict[str, Any]]:
    """What a page offers."""
    return [
        {
            "id": each.id,
            "label": each.label,
            "suffix": each.suffix,
            "imports": each.importer is not None,
            "exports": each.exporter is not None,
            "options": adapter(each.options).json_schema(),
        }
        for each in FORMATS.values()
    ]


def _told(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _written(here: Services, format: Format, work: Path, options: dict[str, Any]) -> Path:
    board = here.store.board
    known = {field.name for field in fields(format.options)}
    if unknown := options.keys() - known:
        raise InputError(
            f"the option {one_line(min(unknown), 40)!r}",
            expected=f"one of {', '.join(sorted(known))}" if known else "none",
            hint="see /api/words",
        )
    name = file_name(board.title)
    to = work / name if format.is_folder else work / f"{name}{format.suffix}"
    export(board, here.store.pictures, format.id, to, options)
    return _zipped(to) if format.is_folder else to


def _zipped(folder: Path) -> Path:
    """All of a folder, in a zip beside it; pictures and films are not compressed again."""
    file = folder.with_name(f"{folder.name}.zip")
    with zipfile.ZipFile(file, mode="w") as packed:
        for inside in regular_files(folder):
            stored = inside.suffix.lower() in _COMPRESSED
            how = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            packed.write(folder / inside, f"{folder.name}/{inside.as_posix()}", how)
    return file


def _read(here: Services, files: list[Bringing], format: str | None) -> Imported:
    with _laid_out(files, here.cache) as folder, handed_in(folder) as (main, sources):
        return import_file(main, format, sources, here.store.pictures, here.store.board)


@contextmanager
def _laid_out(files: list[Bringing], cache: Path) -> Iterator[Path]:
    """A folder with the files that came, as long as it is needed."""
    folder = Path(mkdtemp(dir=cache))
    try:
        for each in files:
            place = folder / each.place
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                with place.open("xb") as file:
                    shutil.copyfileobj(each.file.file, file, _PIECE)
            except (FileExistsError, NotADirectoryError) as error:
                raise InputError(
                    f"two files called {one_line(str(each.place), 80)}, or a folder and a file",
                    expected="each with a name of its own",
                    hint="rename one",
                ) from error
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _placed(file: UploadFile) -> Bringing:
    """Where a client's file goes, by its own name. Raises InputError for one that leads out."""
    name = (file.filename or "").replace("\\", "/")
    place = PurePosixPath(name)
    parts = name.split("/")
    if not name or name_fault(name) or place.is_absolute() or {"", ".", ".."} & set(parts):
        raise InputError(
            f"a file called {one_line(repr(name), 80)}",
            expected="a plain name, or one below a folder",
            hint="rename it",
        )
    return Bringing(file=file, place=place)
