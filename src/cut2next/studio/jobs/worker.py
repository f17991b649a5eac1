"""The process of one device: it loads a maker, and makes what it is sent until the pipe closes.

Here alone torch is imported, by the maker that is loaded. Models of this project tell every step
and can be stopped between two; another maker is only begun, and ended with the process.
"""

import gc
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from threading import RLock
from typing import TYPE_CHECKING, Any

from PIL import Image

from cut2next.film import Cut2NextError, InputError
from cut2next.film.errors import one_line
from cut2next.film.installation import explained, hush
from cut2next.film.keyframe import read_picture
from cut2next.film.workers import start_worker
from cut2next.makers.maker import Brief, EarlierShot, Made, MakerError, StoppableMaker
from cut2next.makers.named import MakerChoice
from cut2next.makers.requested import made_png
from cut2next.studio.store.job import Asked

if TYPE_CHECKING:
    from cut2next.makers.watched import WatchedMaker

STOP = "stop"
"""Sent to end what is being made."""
StepEnd = Callable[[int, int], bool]


@dataclass(frozen=True, kw_only=True)
class Task:
    """A picture to make."""

    choice: MakerChoice
    asked: Asked
    pictures: Sequence[bytes]
    """The files of earlier shots and, the last, of the current one."""


@dataclass(frozen=True, kw_only=True)
class Stepped:
    """So many of so many steps are done; 0 of 0 says that the maker is loaded."""

    step: int
    steps: int


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The PNG; None where it was stopped."""

    png: bytes | None


class Bench:
    """The maker that was asked last, loaded: another takes its place."""

    def __init__(self) -> None:
        self._choice: MakerChoice | None = None
        self._make: Callable[[Brief, Asked, StepEnd], Made | None] | None = None

    def png(self, task: Task, step: StepEnd) -> bytes | None:
        """What a task asks for; None where `step` said to stop. Raises what makers raise."""
        make = self._make
        if make is None or self._choice != task.choice:
            make = self._make = None
            gc.collect()  # now, for there may be room for one model alone
            make = self._make = _maker(task.choice)
            self._choice = task.choice
        if not step(0, 0):
            return None
        brief = _brief(task)
        made = make(brief, task.asked, step)
        if made is None:
            return None
        return made_png(made, replace(brief, size=made.picture.size), task.choice)


def serve(pipe: "Connection[Any, Any]", card: int | None) -> None:
    """The process. `card` is the one that it may use, of several."""
    start_worker()
    _keep_no_lock_of_bars()
    os.setsid()  # a group of its own, which is ended with it
    os.dup2(2, 1)  # what a maker prints is not our answer
    hush()
    if card is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = _card(card, os.environ.get("CUDA_VISIBLE_DEVICES", ""))
    bench = Bench()
    with suppress(EOFError, OSError):  # whoever asked has gone
        while True:
            task = pipe.recv()
            if task != STOP:  # one that came too late
                pipe.send(_answer(bench, task, pipe))


def _card(number: int, allowed: str) -> str:
    """A card's name, of those that CUDA's variable allows this machine's user, or of all."""
    names = [name.strip() for name in allowed.split(",") if name.strip()]
    return names[number % len(names)] if names else str(number)


def _answer(bench: Bench, task: Task, pipe: "Connection[Any, Any]") -> Finished | Cut2NextError:
    def step(done: int, of: int) -> bool:
        pipe.send(Stepped(step=done, steps=of))
        return not pipe.poll()

    try:
        return Finished(png=bench.png(task, step))
    except Cut2NextError as error:
        return error
    except (EOFError, OSError):
        raise
    except Exception as error:  # noqa: BLE001  # a stranger's maker may raise anything
        fault = f"{task.choice.name}: {type(error).__name__}: {one_line(error)}"
        return explained(error) or MakerError(fault, expected="a picture", hint="mend the maker")


def _keep_no_lock_of_bars() -> None:
    """Gives the progress bars of a maker's libraries a lock of this process alone.

    Theirs is a semaphore of several, and a process that is killed leaves it: Python would say so on
    the terminal when the studio ends.
    """
    from tqdm import tqdm

    tqdm.set_lock(RLock())


def _maker(choice: MakerChoice) -> Callable[[Brief, Asked, StepEnd], Made | None]:
    if (ours := choice.ours()) is not None:
        from cut2next.makers.watched import WatchedMaker

        maker = WatchedMaker(*ours)
        return lambda brief, asked, step: _watched(maker, brief, asked, step)
    theirs = choice.load()
    if isinstance(theirs, StoppableMaker):
        stoppable = theirs
        return lambda brief, asked, step: stoppable.made_while(brief, lambda: step(0, 0))

    def make(brief: Brief, asked: Asked, step: StepEnd) -> Made:
        (made,) = theirs.make([brief])
        return made

    return make


def _watched(maker: "WatchedMaker", brief: Brief, asked: Asked, step: StepEnd) -> Made | None:
    from cut2next.makers.watched import How

    way = asked.way
    how = How(
        steps=way.steps,
        guidance=way.guidance,
        relational_strength=way.strengths.relational,
        current_strength=way.strengths.current,
    )
    return maker.watched(brief, how, step)


def _brief(task: Task) -> Brief:
    asked = task.asked
    *before, last = task.pictures
    current: Image.Image = read_picture(last, "the current shot")
    earlier = []
    for file, panel in zip(before, asked.earlier, strict=True):
        with suppress(InputError):  # one that is gone or damaged: it can be made without
            earlier.append(EarlierShot(picture=read_picture(file, ""), prompt=panel.prompt))
    return Brief(
        name="the next shot",
        current=current,
        prompt=asked.prompt,
        patterns=frozenset(asked.way.patterns),
        size=asked.size,
        seed=asked.way.seed or 0,
        earlier=earlier,
    )
