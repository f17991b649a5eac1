"""Makers that are commands: a process for each next shot, in any language.

The command finds the current shot and the prompts in a folder of its own, which is its last
argument: `current.png` and `brief.json`. It writes `next.png` there, and may write what it was
really asked to `asked.json`.
"""

import json
import shlex
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

from pydantic import ValidationError

from cut2next.film import Cut2NextError, InputError
from cut2next.film.errors import one_line
from cut2next.film.keyframe import read_keyframe
from cut2next.film.paths import read_bytes
from cut2next.film.workers import run_program
from cut2next.film.writing import output_errors
from cut2next.makers.maker import Asked, Brief, Made, MakerError

CURRENT, BRIEF, NEXT, ASKED = "current.png", "brief.json", "next.png", "asked.json"


class CommandMaker:
    """Runs a command, without a shell, for each brief."""

    def __init__(self, command: str) -> None:
        """Raises InputError when there is no such program."""
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise InputError(
                f"{command!r}: {one_line(error)}", expected="a command", hint="check its quotes"
            ) from error
        if not self._words or shutil.which(self._words[0]) is None:
            raise InputError(
                f"{command!r}: no such program", expected="a command", hint="check its name"
            )

    def make(self, briefs: Sequence[Brief]) -> Iterator[Made]:
        """See `Maker`."""
        return map(self._made, briefs)

    def _made(self, brief: Brief) -> Made:
        with output_errors(Path(gettempdir())), TemporaryDirectory(prefix="cut2next-") as name:
            folder = Path(name)
            brief.current.save(folder / CURRENT)
            (folder / BRIEF).write_text(json.dumps(brief_to_json(brief), ensure_ascii=False))
            ran = run_program([*self._words, name], folder=folder)
            if ran.returncode:
                said = ran.stderr.decode(errors="replace").strip()
                raise _failed(brief, f"exit code {ran.returncode}: {one_line(said[-200:])}")
            try:
                picture = read_keyframe(folder / NEXT)
            except Cut2NextError as error:
                raise _failed(brief, error.got.removeprefix(f"{folder}/")) from error
            return Made(picture=picture, asked=_asked(folder / ASKED, brief, picture.size))


def brief_to_json(brief: Brief) -> dict[str, Any]:
    """A brief without its picture, as JSON knows it."""
    return {
        "name": brief.name,
        "patterns": sorted(pattern.value for pattern in brief.patterns),
        "size": list(brief.size),
        "seed": brief.seed,
        "relational": asdict(brief.prompt.relational),
        "current": asdict(brief.prompt.current),
        "next": asdict(brief.prompt.next),
        "text": brief.prompt.text,
    }


def _asked(path: Path, brief: Brief, size: tuple[int, int]) -> Asked:
    """What the command says that it was asked; else the prompts in one text."""
    if not path.is_file():
        return Asked(words=brief.prompt.text, size=size, seed=brief.seed)
    try:
        said = read_bytes(path, lambda _, got: _failed(brief, f"{ASKED} {got}"))
        return Asked.model_validate_json(said)
    except ValidationError as error:
        raise _failed(brief, f"{ASKED}: {one_line(error)}") from error


def _failed(brief: Brief, got: str) -> MakerError:
    return MakerError(
        f"{brief.name}: {got}", expected=f"{NEXT} in the folder that it is given", hint="mend it"
    )
