"""Makers in Python: a function from a brief to a picture, named FILE.py:FUNCTION."""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import CodeType, ModuleType

from PIL import Image

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.paths import read_bytes
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
        except (Exception, SystemExit) as error:  # a stranger's function may raise anything
            raise MakerError(
                f"{brief.name}: {type(error).__name__}: {one_line(error)}",
                expected="a picture",
                hint="mend the function",
            ) from error
        if not isinstance(made, Made):
            _check_is(made, Image.Image, brief)
            asked = Asked(words=brief.prompt.text, size=made.size, seed=brief.seed)
            return Made(picture=made, asked=asked)
        _check_is(made.picture, Image.Image, brief)
        _check_is(made.asked, Asked, brief)
        return made


def check_function(file: Path, name: str) -> None:
    """Refuses what can be seen to be wrong without running the file, which may load weights.

    Raises InputError.
    """
    code = _code_of(file)
    imports_all = ("*",) in code.co_consts
    if name not in code.co_names and not imports_all:
        raise _without(file, name)


def load_function(file: Path, name: str) -> NextShot:
    """A function of a Python file, which is run for it. Raises InputError when there is none."""
    code = _code_of(file)
    module = ModuleType(f"maker of {file.stem}")  # a name that no other module has
    module.__file__ = str(file)
    sys.modules[module.__name__] = module  # as dataclasses need it
    try:
        exec(code, vars(module))  # it is what was named to be run
    except (Exception, SystemExit) as error:  # a stranger's file may raise anything
        raise InputError(
            f"{file}: {type(error).__name__}: {one_line(error)}",
            expected="a file that runs",
            hint="mend it",
        ) from error
    function = getattr(module, name, None)
    if not callable(function):
        raise _without(file, name)
    made: NextShot = function
    return made


def _code_of(file: Path) -> CodeType:
    try:
        code: CodeType = compile(read_bytes(file, _unread), str(file), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(
            f"{file}: {type(error).__name__}: {one_line(error)}",
            expected="a file of Python",
            hint="mend it",
        ) from error
    return code


def _unread(file: Path, got: str) -> InputError:
    return InputError(f"{file}: {got}", expected="FILE.py:FUNCTION", hint="check it")


def _without(file: Path, name: str) -> InputError:
    return InputError(f"{file}: has no function {name}", expected="one", hint="name another")


def _check_is(thing: object, kind: type, brief: Brief) -> None:
    if not isinstance(thing, kind):
        raise MakerError(
            f"{brief.name}: a {type(thing).__name__}",
            expected="a picture as PIL has it, or a Made of one",
            hint="return one",
        )
