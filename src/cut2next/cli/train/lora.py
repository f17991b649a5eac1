"""`cut2next train film`, `rawcuts`, `curatedcuts`: a LoRA from folders of cuts.

Every number of a recipe is an option, made from the recipe itself.
"""

import argparse
import ast
import inspect
import os
from collections import deque
from collections.abc import Callable
from dataclasses import Field, fields, replace
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cut2next.cli.arguments import any_number, any_whole, pathname, shot_size, word
from cut2next.cli.train.stages import check_device, show
from cut2next.generation.framing import Size

if TYPE_CHECKING:
    from cut2next.recipes.lora.recipe import LoraRecipe

_NAMES = {"start": "from"}
"""Options that Python has taken."""
_METAVARS: dict[Any, str] = {str: "NAME", Path | None: "PATH", Size: "WxH"}


class LoraCommand:
    """One recipe as a command."""

    def __init__(self, name: str, about: str) -> None:
        self.NAME, self.HELP = name, about

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Where cuts are and the run is kept, and every number of the recipe."""
        from cut2next.recipes.lora.recipe import RECIPES

        parser.add_argument(
            "cuts",
            type=_shared,
            nargs="+",
            metavar="DIR[:SHARE]",
            help="folders of cuts, and their shares of it",
        )
        parser.add_argument(
            "-o",
            "--out",
            type=pathname,
            metavar="DIR",
            help=f"checkpoints, sheets and the LoRA (runs/{self.NAME})",
        )
        parser.add_argument(
            "--device", choices=["cpu", "cuda"], help="cuda where there is one, unless told"
        )
        parser.add_argument(
            "--cache",
            type=pathname,
            metavar="DIR",
            help="latents and prompts, for several runs (--out)",
        )
        parser.add_argument(
            "--track", action="append", default=[], metavar="NAME", help="tell tensorboard, wandb …"
        )
        recipe = RECIPES[self.NAME]()
        about = described(type(recipe))
        for number in fields(recipe):
            _add_option(parser, number, getattr(recipe, number.name), about[number.name])

    def run(self, args: argparse.Namespace) -> None:
        """Train, showing how far it is."""
        recipe = self._recipe(args)
        from cut2next.recipes.lora.adapting import LORA, settled
        from cut2next.recipes.lora.run import train_lora
        from cut2next.training.batches.survey import CutSource

        recipe = settled(recipe)  # to tell its numbers as they will be
        check_device(args.device)
        sources = [CutSource(folder=cuts, share=share) for cuts, share in args.cuts]
        folder = args.out or Path("runs") / self.NAME
        stages = train_lora(
            recipe,
            sources,
            folder,
            device=args.device,
            cache=args.cache,
            trackers=args.track,
        )
        if os.environ.get("RANK", "0") != "0":  # of several processes the first one tells
            deque(stages, maxlen=0)
            return
        if self.NAME == "curatedcuts" and recipe.start is None:
            args.report.note("it begins from nothing; --from names the first stage's run")
        args.report.note(_numbers(recipe))
        show(stages, args.report)
        lora = folder / LORA
        args.report.say(lora, outputs=[lora], recipe=recipe.numbers)

    def _recipe(self, args: argparse.Namespace) -> "LoraRecipe":
        """The recipe with the numbers that were given, refused before torch is imported."""
        from cut2next.recipes.lora.recipe import RECIPES

        recipe = RECIPES[self.NAME](*([args.model] if args.model else []))
        given = {n.name: getattr(args, n.name) for n in fields(recipe)}
        given = {name: tuple(n) if isinstance(n, list) else n for name, n in given.items()}
        return replace(recipe, **{name: n for name, n in given.items() if n is not None})


def described(kind: type) -> dict[str, str]:
    """What the fields of a dataclass are, by the words beneath each."""
    (definition,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(definition, ast.ClassDef)
    return {
        field.target.id: words.value.value
        for field, words in pairwise(definition.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(words, ast.Expr) and isinstance(words.value, ast.Constant)
        if isinstance(words.value.value, str)
    }


def _add_option(
    parser: argparse.ArgumentParser, number: "Field[Any]", default: Any, about: str
) -> None:
    name = _NAMES.get(number.name, number.name).replace("_", "-")
    several = isinstance(default, tuple) and not isinstance(default, Size)
    shown = " ".join(map(str, default)) if several else default
    words = " ".join(about.rstrip(".").split())
    words = (words[0].lower() + words[1:]).replace("%", "%%")
    if default is not None:
        words = f"{words} ({shown})"
    settings: dict[str, Any] = {"dest": number.name, "help": words}
    if number.type is bool:
        settings["action"] = argparse.BooleanOptionalAction
    elif several:
        settings |= {"nargs": len(default), "type": any_whole, "metavar": "N"}
    elif isinstance(default, StrEnum):
        settings |= {"type": type(default), "choices": list(type(default)), "metavar": "NAME"}
    else:
        settings |= {"type": _type(number.type), "metavar": _METAVARS.get(number.type, "N")}
    parser.add_argument(f"--{name}", **settings)


def _type(kind: Any) -> Callable[[str], Any]:
    """How text becomes a value of a field's type; its range is the recipe's business."""
    types: dict[Any, Callable[[str], Any]] = {
        Size: shot_size,
        Path | None: pathname,
        int: any_whole,
        int | None: any_whole,
        float: any_number,
        str: word,
    }
    return types.get(kind, kind)  # type: ignore[no-any-return]


def _shared(text: str) -> tuple[Path, float]:
    """A folder of cuts, and its share of what is seen."""
    folder, colon, share = text.rpartition(":")
    if not colon or os.path.exists(text):  # noqa: PTH110  # which asks for no impossible name
        return pathname(text), 1.0
    try:
        return pathname(folder), any_number(share)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(
            f"got {text!r}; expected a folder, or FOLDER:SHARE; for example cuts:0.5"
        ) from error


def _numbers(recipe: "LoraRecipe") -> str:
    told = (f"{name.replace('_', '-')} {n}" for name, n in recipe.numbers.items() if n is not None)
    return ", ".join(told)
