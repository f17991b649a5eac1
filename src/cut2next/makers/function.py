"""Makers in Python: a function from a brief to a picture, named FILE.py:FUNCTION."""

import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from PIL import Image

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.makers.maker import Asked, Brief, Made, MakerError

NextShot = Callable[[Brief], Image.Image | Made]
"""Makes one next shot; one that gives a `Made` tells what was really asked."""


class FunctionMaker:
    """One brief after the other goes to a function."""

    def __init__(self, function: NextShot) -> None:
        self._function = function

    def make(self, briefs: Sequence[Brief]) -> Iterator[Made]:
        """See `Maker`. What the function raises, `Maker.make` raises as MakerError."""
        return map(self._made, briefs)

    def _made(self, brief: Brief) -> Made:
        try:
            made = self._function(brief)
        except Exception as error:  # a stranger's function may raise anything
            raise MakerError(
                f"{brief.name}: {type(error).__name__}: {one_line(error)}",
                expected="a picture",
                hint="mend the function",
            ) from error
        if isinstance(made, Made):
            return made
        if not isinstance(made, Image.Image):
            raise MakerError(
                f"{brief.name}: a {type(made).__name__}",
                expected="a picture as PIL has it",
                hint="return one",
            )
        return Made(
            picture=made, asked=Asked(words=brief.prompt.text, size=made.size, seed=brief.seed)
        )


def load_function(file: Path, name: str) -> NextShot:
    """A function of a Python file, which is run for it. Raises InputError when there is none."""
    if not file.is_file():
        raise InputError(f"{file}: no such file", expected="FILE.py:FUNCTION", hint="check it")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise InputError(f"{file}: is no Python", expected="FILE.py:FUNCTION", hint="rename it")
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module  # as dataclasses need it
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # a stranger's file may raise anything
        raise InputError(
            f"{file}: {type(error).__name__}: {one_line(error)}",
            expected="a file that runs",
            hint="mend it",
        ) from error
    function = getattr(module, name, None)
    if not callable(function):
        raise InputError(f"{file}: has no function {name}", expected="one", hint="name another")
    made: NextShot = function
    return made
