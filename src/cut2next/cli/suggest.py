"""`cut2next suggest`: the three prompts of a cut from a picture, to begin with."""

import argparse
import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING

from cut2next.cli.annotators import ANNOTATORS, annotator_named
from cut2next.cli.arguments import pathname, pattern
from cut2next.film import InputError
from cut2next.film.keyframe import read_keyframe
from cut2next.film.png_prompt import read_png_prompt

if TYPE_CHECKING:
    from PIL.Image import Image

    from cut2next.annotation.annotator import Annotator
    from cut2next.film import IndividualPrompt

NAME = "suggest"
HELP = "suggest the three prompts of a cut from a picture, by an annotator or from templates"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A picture, how to cut, and who is asked what it shows."""
    add = parser.add_argument
    add("current", type=pathname, metavar="CURRENT.png", help="the current shot")
    add(
        "--pattern",
        action="append",
        type=pattern,
        default=[],
        metavar="NAME",
        help="how to cut; repeat it to combine several (cut-in)",
    )
    add("--annotator", choices=ANNOTATORS, help="who is asked what the picture shows")
    add("--model", metavar="NAME", help="its name; for local, its folder")
    add("--base-url", metavar="URL", help="of the server (openai: needed; gemini: Google's)")


def run(args: argparse.Namespace) -> None:
    """Say what is suggested."""
    from cut2next.studio.suggestions import TEMPLATES, suggested

    picture = read_keyframe(args.current)
    annotator = _annotator(args)
    shown = _seen(picture, annotator) if annotator else read_png_prompt(picture)
    found = suggested(shown, args.pattern, annotator.model if annotator else TEMPLATES)
    for name in ("relational", "current", "next"):
        prompt = getattr(found.prompt, name)
        args.report.say(f"{name + ':':12}{prompt.text}", **{name: asdict(prompt)})
    args.report.say(by=found.by)


def _annotator(args: argparse.Namespace) -> "Annotator | None":
    if args.annotator is None:
        return None
    if args.model is None:
        raise InputError("--annotator alone", expected="--model with it", hint="name the model")
    return annotator_named(args.annotator, args.model, args.base_url)


def _seen(picture: "Image", annotator: "Annotator") -> "IndividualPrompt":
    from io import BytesIO

    from cut2next.studio.suggestions import seen

    file = BytesIO()
    picture.save(file, format="PNG")

    async def ask() -> "IndividualPrompt":
        try:
            return await seen(file.getvalue(), annotator)
        finally:
            await annotator.close()

    return asyncio.run(ask())
