"""What a command tells: results on stdout, and on stderr how far it is and what to know beside it.

Every command takes `--json`, for the same results as one JSON object, and `--quiet`, which leaves
stderr to refusals.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from typing import Any

from cut2next.cli.progress import Lines
from cut2next.cli.streams import tell_beside, told
from cut2next.film.png_prompt import printable


def add_report_arguments(parser: argparse.ArgumentParser) -> None:
    """`--json` and `--quiet`, which may stand before a command's name and after it."""
    for option, about in (
        ("--json", "tell results as one JSON object, for a program to read"),
        ("--quiet", "tell no progress and no notes"),
    ):
        parser.add_argument(option, action="store_true", default=argparse.SUPPRESS, help=about)


class Report:
    """Where a command puts all that it says."""

    def __init__(self, *, as_json: bool = False, quiet: bool = False) -> None:
        self.quiet = quiet
        self._as_json = as_json
        self._facts: dict[str, Any] = {}
        self._lines: list[Lines] = []
        self._bars: Any = None
        """tqdm, once there was a bar, which a line must not tear."""

    @property
    def shows_bars(self) -> bool:
        """Whether somebody sees them."""
        return sys.stderr.isatty() and not self.quiet

    def say(self, line: object = None, **facts: Any) -> None:
        """A result for a person, and the facts of it for a program; lists are joined."""
        for name, fact in facts.items():
            if isinstance(fact, list):
                self._facts.setdefault(name, []).extend(fact)
            else:
                self._facts[name] = fact
        if line is not None and not self._as_json:
            self._write(str(line))

    def note(self, line: str) -> None:
        """What a person should know beside the results, whatever strangers' files put into it."""
        if not self.quiet:
            self._write(f"cut2next: {' '.join(line.splitlines())}", beside=True)

    def warn(self, line: str) -> None:
        """What went wrong besides what the command is refused for."""
        self._write(line, beside=True)

    def end(self) -> None:
        """Says the facts, where they are asked for and there are some; what is left is given up."""
        for lines in self._lines:
            lines.give_up()
        if self._as_json and self._facts:
            text = json.dumps(self._facts, ensure_ascii=False, indent=2, default=str)
            # JSON escapes the few signs that steered terminals in 1963, and no later ones.
            self._write("".join(map(_escaped, text)))

    def progress(
        self,
        iterable: Iterable[Any] = (),
        desc: str = "",
        total: float | None = None,
        unit: str = "cut",
        **bar: Any,
    ) -> Any:
        """How far a work is, with the face of tqdm: a bar on a terminal, else now and then a line.

        `bar` is what only a bar has a use for.
        """
        if self.quiet or not self.shows_bars:
            self._lines.append(Lines(iterable, desc, total, unit, silent=self.quiet))
            return self._lines[-1]
        from tqdm import tqdm

        self._bars = tqdm
        return tqdm(iterable, desc, total, unit=unit, **bar)

    def _write(self, text: str, *, beside: bool = False) -> None:
        """The one way to the terminal: of what steers it nothing but the ends of lines gets by."""
        line = "\n".join(map(printable, text.split("\n")))
        if self._bars is not None:
            with told():
                self._bars.write(line, file=sys.stderr if beside else sys.stdout)
        elif beside:
            tell_beside(f"{line}\n")
        else:
            with told():
                print(line, flush=True)


def _escaped(letter: str) -> str:
    shown = letter.isprintable() or letter == "\n"
    return letter if shown else json.dumps(letter)[1:-1]
