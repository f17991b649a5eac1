"""`cut2next data show`: one cut in full, and its two keyframes side by side."""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cut2next.cli.arguments import pathname
from cut2next.cuts.record import SIDES
from cut2next.film import patterns_label

if TYPE_CHECKING:
    from cut2next.cuts.record import CutRecord, ShotRecord, Span

NAME = "show"
HELP = "tell all that is known of one cut; --out writes a picture of its keyframes"

WIDEST = 768
"""Pixels of one keyframe in the picture."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder, the cut, and the picture."""
    add = parser.add_argument
    add("folder", type=pathname, metavar="DIR", help="a folder of cuts")
    add("cut", metavar="CUT", help="its id, or its number, counted from 0 in the order of reading")
    add("--out", type=pathname, metavar="PNG", help="write both keyframes side by side")


def run(args: argparse.Namespace) -> None:
    """Print the cut; write the picture where one is asked for."""
    from cut2next.cuts.dataset import find_record
    from cut2next.film.keyframe import check_writable

    if args.out:
        check_writable(args.out)
    record = find_record(args.folder, args.cut)
    if args.out:
        _write(record, args.out)
    # A line of it is one, whatever a name may hold.
    args.report.say(
        "\n".join(" ".join(line.splitlines()) for line in _lines(record)), **_facts(record)
    )
    if args.out:
        args.report.say(f"\n{args.out}: both keyframes", outputs=[args.out])


def _facts(record: "CutRecord") -> dict[str, Any]:
    """The cut as `export` writes it, without its pictures."""
    from cut2next.cuts.exporting import pictures, to_line

    columns = pictures(record)
    line = json.loads(to_line(record, dict.fromkeys(columns, "")))
    return {name: value for name, value in line.items() if name not in columns}


def _write(record: "CutRecord", out: Path) -> None:
    from PIL import ImageOps
    from PIL.PngImagePlugin import PngInfo

    from cut2next.film.keyframe import write_png
    from cut2next.pages.contact_sheet import GROUND, SheetRow, contact_sheet

    pictures = [shot.keyframe(record.id) for shot in record.shots]
    largest = max(pictures, key=lambda picture: picture.width)
    width = min(largest.width, WIDEST)
    size = width, max(round(largest.height * width / largest.width), 1)
    fitted = [ImageOps.pad(picture, size, color=GROUND) for picture in pictures]
    shots = f"{record.current.name} - {record.next.name}"
    row = SheetRow(label=shots, note=patterns_label(record.patterns), pictures=fitted)
    sheet = contact_sheet([row], columns=SIDES, title=record.film, picture_size=size)
    write_png(sheet, out, PngInfo())


def _lines(record: "CutRecord") -> Iterator[str]:
    yield record.id
    out = f", rejected: {'; '.join(record.rejected)}" if record.rejected else ""
    yield f"  split: {record.split}{out}"
    yield f"  patterns: {patterns_label(record.patterns) or 'none'}"
    yield from _line("scores", record.scores)
    relational = record.relational
    yield from _line("scene", relational.scene)
    yield from _line("transition", relational.transition)
    yield from _line("scene consistency", relational.scene_consistency)
    yield from _line("character consistency", relational.character_consistency)
    for side, shot in zip(SIDES, record.shots, strict=True):
        yield ""
        yield f"{side} shot {shot.name}"
        yield from _shot_lines(shot)
    yield ""
    yield f"source: {record.source}"
    yield f"licence: {record.licence}"
    for by in record.made_by:
        yield f"made by: {by.tool} {by.version} {dict(by.parameters)}"


def _shot_lines(shot: "ShotRecord") -> Iterator[str]:
    if shot.span is not None:
        yield f"  from {_time(shot.span, shot.span.start)} to {_time(shot.span, shot.span.end)}"
        yield f"  keyframe at {_time(shot.span, shot.span.keyframe)}"
    yield from _line("scene", "" if shot.scene is None else str(shot.scene))
    yield from _line("marks", ", ".join(shot.marks))
    yield from _line("scores", shot.scores)
    yield from _line("summary", shot.prompt.summary)
    yield from _line("description", shot.prompt.description)
    for name, value in shot.prompt.attributes.items():
        yield from _line(name, value)


def _line(name: str, value: str | Mapping[str, float]) -> Iterator[str]:
    """A line, where there is something to tell."""
    if not isinstance(value, str):
        value = ", ".join(f"{score} {number:.4g}" for score, number in value.items())
    if value:
        yield f"  {name}: {' '.join(value.split())}"


def _time(span: "Span", timestamp: int) -> str:
    """As in "0:01:23.542 (83.542 s, 2003008 of 1/24000 s)"."""
    seconds = span.seconds(timestamp)
    sign, whole = "-" if seconds < 0 else "", abs(seconds)
    clock = f"{sign}{int(whole // 3600)}:{int(whole // 60 % 60):02}:{whole % 60:06.3f}"
    return f"{clock} ({seconds:.3f} s, {timestamp} of {span.time_base} s)"
