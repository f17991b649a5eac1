"""`cut2next bench study`: people choose between makers' pictures on a local page."""

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cut2next.cli.arguments import pathname, port, seed, share, up_to
from cut2next.film import InputError

if TYPE_CHECKING:
    from cut2next.cutbench.benchmark import Benchmark
    from cut2next.cutbench.entry import Entry
    from cut2next.cutbench.study.access import Door
    from cut2next.cutbench.study.design import StudyFacts
    from cut2next.cutbench.study.desk import Desk
    from cut2next.cutbench.study.votes import Votes

NAME = "study"
HELP = "let people choose between two makers' pictures, blinded, on a local page; or count it"

_SECONDS_AN_ANSWER = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which pictures, how many questions, who is asked, and where; or whose votes to count."""
    add = parser.add_argument
    add("cases", nargs="?", type=pathname, metavar="CASES", help="a benchmark of bench build")
    add(
        "entries",
        nargs="*",
        type=pathname,
        metavar="ENTRY",
        help="folders of pictures, two or more",
    )
    add("--votes", type=pathname, default=Path("votes.sqlite"), metavar="FILE", help="votes.sqlite")
    add("--results", type=pathname, metavar="FILE", help="count these votes, ask nobody")
    add("--items", type=up_to(5000), default=100, metavar="N", help="pairs of pictures (100)")
    add("--repeats", type=up_to(20), default=4, metavar="N", help="each is asked so often (4)")
    add(
        "--checks",
        type=up_to(1000, least=0),
        default=3,
        metavar="N",
        help="attention checks a question (3)",
    )
    add("--seed", type=seed, default=0, metavar="S", help="of pairs, orders and sides (0)")
    add("--raters", default="", metavar="A,B", help="names to make links for")
    add("--host", default="127.0.0.1", help="listened on; any other needs a key (127.0.0.1)")
    add("--port", type=port, default=8017, metavar="N", help="0 for any that is free (8017)")
    add("--key", metavar="WORD", help="in the link where others may come (default: made)")
    add(
        "--attention",
        type=share,
        default=0.8,
        metavar="X",
        help="with --results: leave out who has a smaller part of the checks right (0.8)",
    )


def run(args: argparse.Namespace) -> None:
    """Ask, until somebody stops it; or count."""
    if args.results is not None:
        if args.cases is not None:
            raise InputError(
                f"{args.cases} beside --results", expected="one of them", hint="--results counts"
            )
        _count(args)
    else:
        _ask(args)


def _ask(args: argparse.Namespace) -> None:
    from cut2next.film.installation import needed

    with needed("it, to serve a study", "study"):
        from cut2next.cutbench.study import server
    from cut2next.pages.access import shown_host
    from cut2next.pages.serving import listening

    _check_key(args.key)
    with listening(args.host, args.port) as at, desk_of(args) as desk:
        door = _door(args, desk.votes)
        _tell(args, desk.votes, door, f"http://{shown_host(args.host)}:{at.getsockname()[1]}")
        server.server_of(server.app_of(desk, door)).run([at])


@contextmanager
def desk_of(args: argparse.Namespace) -> Iterator["Desk"]:
    """The study of a benchmark and entries, its votes open. Raises InputError, OutputError."""
    from cut2next.cutbench.study.desk import Desk
    from cut2next.cutbench.study.pictures import Pictures
    from cut2next.cutbench.study.votes import open_votes

    benchmark, entries = _opened(args)
    study, pictures = _study(args, benchmark, entries), Pictures(benchmark, entries)
    pictures.check(study)
    with closing(open_votes(args.votes, study)) as votes:
        yield Desk(benchmark, votes, pictures)


def _opened(args: argparse.Namespace) -> tuple["Benchmark", list["Entry"]]:
    from cut2next.cutbench.benchmark import open_benchmark
    from cut2next.cutbench.entry import open_entry

    if args.cases is None:
        raise InputError(
            "no pictures to compare",
            expected="CASES and two entries or more",
            hint="or --results FILE, to count votes",
        )
    benchmark = open_benchmark(args.cases)
    return benchmark, [open_entry(folder, benchmark) for folder in args.entries]


def _study(
    args: argparse.Namespace, benchmark: "Benchmark", entries: list["Entry"]
) -> "StudyFacts":
    from cut2next.cutbench.study.design import designed

    return designed(
        benchmark,
        entries,
        items=args.items,
        repeats=args.repeats,
        checks=args.checks,
        seed=args.seed,
    )


def _check_key(key: str | None) -> None:
    from cut2next.pages.access import SHORTEST_KEY

    if key is not None and len(key) < SHORTEST_KEY:
        raise InputError(
            f"a key of {len(key)} letters",
            expected=f"{SHORTEST_KEY} or more, that nobody guesses",
            hint="without --key one is made",
        )


def _door(args: argparse.Namespace, votes: "Votes") -> "Door":
    """The same key at each start, so that links stay good."""
    from cut2next.cutbench.study.access import Door
    from cut2next.pages.access import is_loopback

    key = None if is_loopback(args.host) else args.key or votes.key
    return Door(host=args.host, key=key, cookie=f"cut2next-{votes.study.digest[:8]}")


def _tell(args: argparse.Namespace, votes: "Votes", door: "Door", here: str) -> None:
    study, names = votes.study, [name for name in args.raters.split(",") if name.strip()]
    minutes = study.answers * _SECONDS_AN_ANSWER / 60
    asked = sum(not item.check for item in study.items)
    args.report.note(
        f"{asked} pairs of {', '.join(study.makers)}; {study.answers} answers a rater, about "
        f"{minutes:.0f} min; votes in {votes.path}, {len(votes.given())} so far; Ctrl-C ends it"
    )
    args.report.say(here + door.link(), link=here + door.link())
    for name in names:
        rater = votes.invited(name)
        link = here + door.link(f"/r/{rater.token}")
        args.report.say(f"{rater.name}: {link}", raters=[{"name": rater.name, "link": link}])


def _count(args: argparse.Namespace) -> None:
    from cut2next.cutbench.study.results import results_of
    from cut2next.cutbench.study.told import table, to_json
    from cut2next.cutbench.study.votes import read_votes

    with closing(read_votes(args.results)) as votes:
        results = results_of(votes, args.attention)
    args.report.say(table(results), **to_json(results))
