"""The mini model from nothing on one card, in minutes.

    python -m scripts.mini_on_a_card runs/card --minutes 9

Leaves a finished pipeline in runs/card/model, published anew every 45 seconds, and adds what it
tells to runs/card/history.jsonl. The text encoders are trained first, on the processor, unless
`--words` names a finished model to take them from; the minutes count from then on.
"""

import argparse
import json
from dataclasses import replace

import torch
from scripts.mini_on_a_card.making import AUTOENCODER, TRANSFORMER, CardRun, make

from cut2next.cli.arguments import pathname, positive_int
from cut2next.film.errors import Cut2NextError, InputError
from cut2next.film.workers import processors
from cut2next.film.writing import make_folder
from cut2next.recipes.mini import MiniRecipe

SETS_A_REEL = 5
"""Few, so that what is shot is soon there."""


def main() -> None:
    """Make a model, and tell how far it is, a line of JSON each."""
    parser = _parser()
    args = parser.parse_args()
    try:
        _check_device(args.device)
        make_folder(args.folder)
        with (args.folder / "history.jsonl").open("a", encoding="utf-8") as history:
            for told in make(_run(args)):
                line = json.dumps(told)
                print(line, flush=True)
                print(line, file=history, flush=True)
    except Cut2NextError as error:
        parser.error(str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.mini_on_a_card", description=(__doc__ or "").splitlines()[0]
    )
    add = parser.add_argument
    add("folder", type=pathname)
    add("--minutes", type=float, default=9.0, help="of all together (9)")
    add("--autoencoder-minutes", type=float, default=1.5, help="of these (1.5)")
    some = max(1, processors() - 1)
    add("--shooters", type=positive_int, default=some, help=f"processes that shoot ({some})")
    add("--groups", type=positive_int, default=TRANSFORMER.groups, help="current shots a step (60)")
    add("--vae", type=pathname, metavar="DIR", help="go on from an autoencoder")
    add("--words", type=pathname, metavar="DIR", help="take the text encoders of a finished model")
    add("--device", choices=["cpu", "cuda"], default="cuda", help="cuda (default), or cpu to try")
    return parser


def _check_device(name: str) -> None:
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("no CUDA device", expected="one", hint="try it by --device cpu")


def _run(args: argparse.Namespace) -> CardRun:
    recipe = MiniRecipe(
        folder=args.folder,
        sets_a_reel=SETS_A_REEL,
        autoencoder=AUTOENCODER,
        transformer=replace(TRANSFORMER, groups=args.groups),
        device=args.device,
    )
    return CardRun(
        recipe=recipe,
        minutes=args.minutes,
        autoencoder_minutes=args.autoencoder_minutes,
        shooters=args.shooters,
        vae=args.vae,
        words=args.words,
    )


if __name__ == "__main__":
    main()
