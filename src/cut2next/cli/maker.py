"""Next shots by a maker instead of a model of ours: `--maker`, `--maker-url`, `--maker-model`."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cut2next.cli.batch import at
from cut2next.cli.reporting import Report
from cut2next.film import InputError

if TYPE_CHECKING:
    from cut2next.cli.generate import Wanted
    from cut2next.generation.request import NextShotRequest
    from cut2next.makers.maker import Brief
    from cut2next.makers.named import MakerChoice

    RequestOf = Callable[[argparse.Namespace], NextShotRequest]

_OURS: Mapping[str, Any] = {
    "model": "mini",
    "transformer": None,
    "lora": [],
    "steps": None,
    "guidance": 3.5,
    "relational_strength": 1.0,
    "current_strength": 1.0,
    "vram": None,
    "precision": None,
    "placement": None,
}
"""Options of our own models, and what they are when nobody gives them."""


def add_maker_arguments(parser: argparse.ArgumentParser) -> None:
    """Who makes the pictures, if not a model of ours."""
    add = parser.add_argument
    what = (
        "another maker: a folder, OWNER/NAME, URL, comfyui:WORKFLOW.json, FILE.py:FUNCTION or "
        "command:…, +LORA, ?steps=8"
    )
    add("--maker", metavar="WHAT", help=what)
    add("--maker-url", metavar="URL", help="a server that speaks OpenAI's images/edits")
    add("--maker-model", metavar="NAME", help="of that server's models")


def maker_choice(args: argparse.Namespace) -> "MakerChoice | None":
    """The maker that was typed; None for a model of ours.

    Raises InputError for what does not go together.
    """
    if args.maker_model and not args.maker_url:
        raise InputError("--maker-model alone", expected="--maker-url with it", hint="add it")
    what = args.maker or args.maker_url
    if what is None:
        return None
    if args.maker and args.maker_url:
        raise InputError("--maker and --maker-url", expected="one of them", hint="leave one out")
    if args.sheet:
        raise InputError(
            "--sheet by a maker",
            expected="a model of ours",
            hint="--batch makes many pictures by a maker, one file each",
        )
    from cut2next.makers.named import maker_named

    if args.maker_model:
        what += f"{'&' if '?' in what else '?'}{urlencode({'model': args.maker_model})}"
    return maker_named(what)


def make_by(
    choice: "MakerChoice",
    wanted: "Sequence[Wanted]",
    request_of: "RequestOf",
    report: Report,
    *,
    again: bool,
) -> None:
    """Makes all that is not made yet, or everything `again`; each is written when it is done."""
    from cut2next.makers.requested import is_made, write_made

    for each in wanted:
        _check_ours(each)
    choice.check()
    left: list[tuple[Wanted, list[Path]]] = []
    for each in wanted:
        briefs = _briefs(each, request_of)
        missing = [path for path in briefs if again or not is_made(path, briefs[path], choice)]
        left += [(each, missing)] if missing else []
        report.say(outputs=[], kept=[path for path in each.paths if path not in missing])
    total = sum(len(missing) for _, missing in left)
    if kept := sum(len(each.paths) for each in wanted) - total:
        report.note(f"{kept} made already, and left as they are")
    if not left:
        return
    maker = choice.load()
    with report.progress(total=total, unit="picture", disable=again) as bar:
        for each, missing in left:
            briefs = _briefs(each, request_of)
            for path in missing:
                (made,) = maker.make([briefs[path]])
                write_made(made, briefs[path], choice, path)
                report.say(path, outputs=[path])
                bar.update()


def _briefs(wanted: "Wanted", request_of: "RequestOf") -> "dict[Path, Brief]":
    """By the file of its picture; of a thousand requests, the pictures of one at a time."""
    from cut2next.makers.requested import briefs_of

    return dict(zip(wanted.paths, briefs_of(request_of(wanted.args)), strict=True))


def _check_ours(wanted: "Wanted") -> None:
    """Refuses what only a model of ours hears, rather than leave it unheard."""
    for name, usual in _OURS.items():
        if getattr(wanted.args, name) != usual:
            option = f"--{name.replace('_', '-')}"
            raise at(
                wanted.where,
                InputError(
                    f"{option} with another maker",
                    expected="what that maker hears, in its own text",
                    hint="for example --maker 'FOLDER+lora.safetensors:0.8?steps=8&guidance=3'",
                ),
            )
