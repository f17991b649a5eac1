"""`cut2next data split`: train, validation and test by film."""

import argparse

from cut2next.cli.arguments import pathname, seed, share

NAME = "split"
HELP = "set films aside for test and validation; no film is in two splits"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder, and the shares."""
    add = parser.add_argument
    add("folder", type=pathname, metavar="DIR", help="a folder of cuts; its splits are replaced")
    add("--test", type=share, required=True, metavar="SHARE", help="of the films, for example 0.1")
    add("--validation", type=share, default=0.0, metavar="SHARE", help="the same (default: 0)")
    add("--seed", type=seed, default=0, metavar="S", help="another one chooses other films")


def run(args: argparse.Namespace) -> None:
    """Put every cut into the split of its film, and count."""
    from collections import defaultdict

    from cut2next.cuts.dataset import read_records, rewrite
    from cut2next.cuts.splitting import Shares, split_by_film

    shares = Shares(test=args.test, validation=args.validation, seed=args.seed)
    rewrite(args.folder, lambda records: split_by_film(records, shares))
    films: dict[str, set[str]] = defaultdict(set)
    cuts: dict[str, int] = defaultdict(int)
    for record in read_records(args.folder, images=False):
        films[record.split].add(record.film)
        cuts[record.split] += not record.rejected
    args.report.say(f"{args.folder}: split by film")
    for split in ("train", "validation", "test"):
        if asked := {"train": 1.0, "validation": args.validation, "test": args.test}[split]:
            few = "" if films[split] else f" (too few films for a share of {asked:g})"
            told = {"films": len(films[split]), "cuts": cuts[split]}
            line = f"  {split}: {told['films']} films, {told['cuts']} cuts{few}"
            args.report.say(line, **{split: told})
