"""Fountain scripts: a scene for each heading, an empty panel for each thing that happens.

What is said goes with the action before it; a second speech is a panel of its own. How long a
panel lasts is a guess by its words, as a script supervisor would time it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.installation import needed
from cut2next.film.paths import read_bytes
from cut2next.studio.board import Board, Panel, Scene, new_id
from cut2next.studio.checks import LINE, PANELS
from cut2next.studio.exchange.format import Imported
from cut2next.studio.exchange.sources import Sources
from cut2next.studio.exchange.told import Told, shown
from cut2next.studio.pictures import PictureFolder

_MOST = 4 * 2**20
"""Bytes of a script; the longest film's has a tenth of that."""
_LONGEST = 10_000
"""Letters of a line: the parser's time goes with their square."""
_SPOKEN, _READ = Fraction(5, 2), Fraction(4)
"""Words a second, that are said and that describe what happens."""
_SHORTEST = Fraction(2)
"""Seconds."""
_NOTE = re.compile(r"\[\[(\d+)\]\]")
_HEADING = re.compile(r"(INT|EXT|EST|I)[./ ]")
_BONEYARD = re.compile(r"/\*\d+\*/")
_SKIPPED = {"TRANSITION": "transition", "SECTION": "section", "PAGEBREAK": "page break"}


@dataclass(kw_only=True)
class _Shot:
    """A panel while it is read."""

    action: str = ""
    dialogue: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class _Part:
    """A scene while it is read."""

    heading: str = ""
    number: str = ""
    notes: list[str] = field(default_factory=list)
    shots: list[_Shot] = field(default_factory=list)


def read_fountain(path: Path, sources: Sources, pictures: PictureFolder, board: Board) -> Imported:
    """A script. See `format.Importer`."""
    text = read_bytes(path, most=_MOST).decode("utf-8-sig", errors="replace")
    with needed("it, to read scripts"):
        from screenplay_tools.fountain.parser import Parser
    parser = Parser()
    parser.add_lines(_lines_of(text))
    told = Told()
    parts = list(_parts(parser.script, told))
    panels = sum(len(part.shots) for part in parts)
    if not 0 < panels <= PANELS:
        raise InputError(
            f"{path.name}: a script of {panels:,} things that happen",
            expected=f"1 to {PANELS:,}",
            hint="see fountain.io for how a script is written",
        )
    scenes = tuple(_scene(part, board.rate) for part in parts if part.shots or part.heading)
    titles = [entry for entry in parser.script.titleEntries if entry.key.lower() == "title"]
    title = _line(_bare(titles[0].text_raw)) if titles else board.title
    made = replace(board, title=title, scenes=scenes, candidates=())
    return Imported(board=made, told=told.sentences)


def _lines_of(text: str) -> list[str]:
    """A script's lines, of a length that they may have, names in capitals told as names."""
    lines = ["", *(line[:_LONGEST] for line in text.splitlines()), ""]
    return [
        f"@{line.strip()}" if _is_name(before, line, after) else line
        for before, line, after in zip(lines, lines[1:], lines[2:], strict=False)
    ]


def _is_name(before: str, line: str, after: str) -> bool:
    """Whether a line is who speaks, where the parser, which knows A to Z, would not see it."""
    name = line.partition("(")[0].strip(" ^\t")
    stands = not before.strip() and bool(after.strip()) and not name.isascii()
    return stands and name.isupper() and name[0].isalpha() and not _HEADING.match(name)


def _parts(script: Any, told: Told) -> Iterator[_Part]:
    part = _Part()
    for element in script.elements:
        kind, text = element.type.value, _bare(element.text_raw)
        notes = _notes(script, element.text_raw)
        if kind == "HEADING":
            yield part
            part = _Part(heading=_line(text), number=_line(element.scene_number or ""))
            part.notes += notes
        elif kind == "SYNOPSIS":
            part.notes += [text, *notes]
        elif kind in _SKIPPED:
            told.add("{} left out", _SKIPPED[kind])
        else:
            _add(part, kind, element, text)
            (part.shots[-1] if part.shots else part).notes.extend(notes)
    yield part


def _add(part: _Part, kind: str, element: Any, text: str) -> None:
    """An element that is seen or heard."""
    if kind == "ACTION":
        if text:
            part.shots.append(_Shot(action=text))
        return
    if kind == "CHARACTER":
        if not part.shots or part.shots[-1].dialogue:
            part.shots.append(_Shot())
        extension = f" ({element.extension})" if element.extension else ""
        text = f"{element.name}{extension}"
    elif not part.shots:
        part.shots.append(_Shot())
    line = f"({text})" if kind == "PARENTHETICAL" else text
    part.shots[-1].dialogue.append(line)


def _scene(part: _Part, rate: Fraction) -> Scene:
    return Scene(
        id=new_id(),
        heading=part.heading,
        number=part.number,
        notes=shown("\n".join(part.notes)),
        panels=tuple(_panel(shot, rate) for shot in part.shots),
    )


def _panel(shot: _Shot, rate: Fraction) -> Panel:
    action, dialogue = shown(shot.action), shown("\n".join(shot.dialogue))
    spoken = len(" ".join(shot.dialogue[1:]).split()) / _SPOKEN
    seconds = max(_SHORTEST, len(action.split()) / _READ + spoken)
    return Panel(
        id=new_id(),
        frames=round(seconds * rate),
        action=action,
        dialogue=dialogue,
        notes=shown("\n".join(shot.notes)),
    )


def _notes(script: Any, raw: str) -> list[str]:
    """What is written between [[ and ]], which the parser puts aside and numbers."""
    numbers = (int(number) for number in _NOTE.findall(raw))
    return [script.notes[number].text_raw for number in numbers if number < len(script.notes)]


def _bare(raw: str) -> str:
    """Without notes, what is crossed out, and the signs for emphasis."""
    text = _BONEYARD.sub("", _NOTE.sub("", raw))
    return re.sub(r"(?<!\\)[*_]{1,3}", "", text).replace("  ", " ").strip()


def _line(text: str) -> str:
    return one_line(shown(text), LINE)
