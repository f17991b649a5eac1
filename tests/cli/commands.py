"""All commands and all that they take, as the parser itself tells: nothing is listed here."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cut2next.cli.main import _parser

_PLAUSIBLE = ("1", "0.5", "x", "64x48", "cut-in", "a:b")
"""One of these every type takes."""


class Argument(NamedTuple):
    """One argument of one command."""

    command: tuple[str, ...]
    action: argparse.Action

    def __str__(self) -> str:
        return " ".join((*self.command, self.name))

    @property
    def name(self) -> str:
        """As it is typed, or as help shows it."""
        return (*self.action.option_strings, self.action.dest)[0]

    @property
    def is_path(self) -> bool:
        """Whether it makes a path, or several things of which one is, of what is typed."""
        try:
            made = self.action.type("name") if callable(self.action.type) else None
        except (argparse.ArgumentTypeError, ValueError):
            return False
        return any(isinstance(part, Path) for part in (made if isinstance(made, tuple) else [made]))

    def given(self, text: str) -> list[str]:
        """The command line up to this argument, which is `text`."""
        if self.action.option_strings:
            values = [text] * (self.action.nargs if isinstance(self.action.nargs, int) else 1)
            one = [f"{self.name}={text}"] if len(values) == 1 else [self.name, *values]
            return [*self.command, *one]
        before = [plausible(other) for other in _positional(self.command)]
        place = [other.action.dest for other in _positional(self.command)].index(self.action.dest)
        return [*self.command, *before[:place], text]

    def run_with(self, text: str, paths: str) -> list[str]:
        """A whole command line: this argument is `text`, each that is required besides is there.

        Paths among those are `paths`.
        """
        words = []
        for other in ARGUMENTS:
            if other.command != self.command or not (other == self or other.action.required):
                continue
            value = text if other == self else paths if other.is_path else plausible(other)
            count = other.action.nargs if isinstance(other.action.nargs, int) else 1
            words += [*other.action.option_strings[:1], *([value] * count)]
        return [*self.command, *words]


def plausible(argument: Argument) -> str:
    """A text that an argument takes."""
    action = argument.action
    if action.choices is not None:
        return str(next(iter(action.choices)))
    for text in _PLAUSIBLE:
        try:
            if callable(action.type):
                action.type(text)
        except (argparse.ArgumentTypeError, ValueError):
            continue
        return text
    raise AssertionError(f"no text for {argument}")


def _positional(command: tuple[str, ...]) -> list[Argument]:
    return [
        other for other in ARGUMENTS if other.command == command and not other.action.option_strings
    ]


def _found(parser: argparse.ArgumentParser, command: tuple[str, ...] = ()) -> Iterator[Argument]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, child in action.choices.items():
                yield from _found(child, (*command, name))
        elif command and action.nargs != 0:
            yield Argument(command, action)


PARSER = _parser()
ARGUMENTS = tuple(_found(PARSER))
