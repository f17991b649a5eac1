"""`cut2next data stats`: what a folder of cuts holds."""

import argparse
from pathlib import Path

NAME = "stats"
HELP = "count the cuts of a folder by split, film, scene, pattern, size and licence; its scores"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder, and how to tell it."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder of cuts")
    parser.add_argument("--json", action="store_true", help="everything, for a program to read")


def run(args: argparse.Namespace) -> None:
    """Read every cut and print the counts."""
    import json

    from tqdm import tqdm

    from cut2next.cuts.dataset import read_records
    from cut2next.cuts.statistics import Statistics

    counts = Statistics()
    for record in tqdm(read_records(args.folder), unit="cut", disable=None):
        counts.add(record)
    print(
        json.dumps(counts.to_json(), indent=2, ensure_ascii=False) if args.json else counts.table()
    )
