"""What cut2next stands on: what is missing or broken of it, told in a line with the cure.

Which extra brings what is read where pip reads it, in the metadata of the package.
"""

import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec

from cut2next.film.errors import Cut2NextError, InputError, one_line

_OURS = "cut2next"
_EVERYTHING = "dev"
"""The extra of those who work on cut2next; nobody is sent there."""
_DISTRIBUTIONS = {
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "dlib": "dlib-bin",
    "google": "google-genai",
    "scenedetect": "scenedetect-headless",
    "skimage": "scikit-image",
}
"""Who brings a module, where that has another name."""
_WITH = {"opencv-python-headless": "scenedetect-headless"}
"""Whom else an extra of ours may have it from."""
_FOUNDATIONS = ("torch", "torchvision")
"""What the other libraries import and blame each other for; torchvision is looked at if it is there
at all, since transformers and diffusers take it up, and fail with it."""
_FAULTS = (AttributeError, ImportError, NameError, OSError, RuntimeError, TypeError, ValueError)
"""What damaged libraries raise while they are imported."""
_WHOLE = {"torch": "Tensor"}
"""A name that a module has when all of it is there."""


@contextmanager
def needed(expected: str, extra: str = "") -> Iterator[None]:
    """Turns an import that fails within into an InputError that names what to install.

    Of several extras that bring it, `extra` is named.
    """
    try:
        yield
    except Exception as error:
        if (told := explained(error, expected, extra)) is None:
            raise
        raise told from error


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keeps back what other libraries log below an error."""
    before = logging.root.manager.disable
    logging.disable(max(before, logging.WARNING))
    try:
        yield
    finally:
        logging.disable(before)


def explained(
    error: BaseException, expected: str = "it, for this", extra: str = ""
) -> InputError | None:
    """What of the installation made an error; None where that is not it."""
    if isinstance(error, Cut2NextError):
        return None
    causes = list(_causes(error))
    failed = [cause for cause in causes if isinstance(cause, ImportError)]
    for cause in reversed(failed):
        if isinstance(cause, ModuleNotFoundError) and _is_missing(cause.name or ""):
            return _missing(cause.name or "", expected, extra)
    importing = [name for cause in causes for name in _importing(cause)]
    if not failed and not importing:
        return None
    for name in _FOUNDATIONS:
        if (fault := _fault(name)) is not None:
            return _broken(name, fault)
    named = [*importing, *((cause.name or "") for cause in failed)]
    others = [name for name in named if name.partition(".")[0] not in ("", _OURS)]
    return _broken(others[-1], causes[-1]) if others else None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _is_missing(module: str) -> bool:
    """Whether nothing of a package that is not ours is there, as far as a failed import shows."""
    top = module.partition(".")[0]
    if top in ("", _OURS) or top in sys.stdlib_module_names:
        return False
    try:
        version(_distribution(top))
    except PackageNotFoundError:
        return True
    return top == module  # a module of its own that is damaged has a dot


def _importing(error: BaseException) -> Iterator[str]:
    """The modules whose own first lines an error came out of, the innermost last."""
    place = error.__traceback__
    while place is not None:
        frame, place = place.tb_frame, place.tb_next
        name = frame.f_globals.get("__name__", "")
        if frame.f_code.co_name == "<module>" and name != "__main__":
            yield name


def _fault(name: str) -> BaseException | None:
    """Why a module cannot be used; None if it can, or nobody asks for it."""
    try:
        if find_spec(name) is not None:
            getattr(import_module(name), _WHOLE.get(name, "__name__"))
            version(name)
    except _FAULTS as error:
        return error
    return None


def _missing(module: str, expected: str, extra: str) -> InputError:
    name = _distribution(module.partition(".")[0])
    return InputError(
        f"{name} is not installed", expected=expected, hint=f"pip install {_source(name, extra)}"
    )


def _broken(module: str, fault: BaseException) -> InputError:
    name = _distribution(module.partition(".")[0])
    cure = f"pip install --force-reinstall {_source(name)}"
    if name == "torchvision":
        cure = f"pip uninstall {name}, which cut2next does without, or take the one for your torch"
    return InputError(
        f"{name} does not load ({one_line(fault, 160)})",
        expected="all of it, in a version that goes with the rest",
        hint=cure,
    )


def _distribution(top: str) -> str:
    return _DISTRIBUTIONS.get(top, top.replace("_", "-"))


def _source(distribution: str, preferred: str = "") -> str:
    """What pip is to be asked for: an extra of ours, or the range that we ask for ourselves."""
    extras = []
    names = "|".join(map(re.escape, (distribution, _WITH.get(distribution, distribution))))
    for requirement in _requirements():
        wanted, _, marker = requirement.partition(";")
        extra = re.search(r"extra == ['\"](\w+)", marker)
        if re.match(rf"(?:{names})(?![\w.-])", wanted) is None:
            continue
        if extra is None:
            return f"'{wanted.strip()}'"
        extras.append(extra[1])
    chosen = [preferred] if preferred in extras else [e for e in extras if e != _EVERYTHING]
    return f"'{_OURS}[{chosen[0]}]'" if chosen else distribution


def _requirements() -> list[str]:
    try:
        return requires(_OURS) or []
    except PackageNotFoundError:  # run from its source, without being installed
        return []


def hush() -> None:
    """Only errors from the libraries; to be called before they are imported, in each process."""
    # The hub's own tells of every try to reach it.
    os.environ |= {f"{name}_VERBOSITY": "error" for name in ("DIFFUSERS", "HF_HUB", "TRANSFORMERS")}
    for library in ("bitsandbytes", "torchao", "torch.utils._pytree"):
        logging.getLogger(library).setLevel(logging.ERROR)
