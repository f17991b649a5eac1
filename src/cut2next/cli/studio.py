"""`cut2next studio`: a storyboard on a page of this machine, whose next shots makers make."""

import argparse
import webbrowser
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from signal import SIGINT
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cut2next.cli.annotators import ANNOTATORS
from cut2next.cli.arguments import pathname, port, positive_number, up_to
from cut2next.film import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from socket import socket

    from fastapi import APIRouter, FastAPI

    from cut2next.annotation.annotator import Annotator
    from cut2next.makers.named import MakerChoice
    from cut2next.studio.board import Board
    from cut2next.studio.jobs.engine import Engine
    from cut2next.studio.pictures import PictureFolder
    from cut2next.studio.server.door import StudioDoor
    from cut2next.studio.store import Store

NAME = "studio"
HELP = "a storyboard on a local page: see it, cut it, keep it; or the server alone"

_KEY_BYTES = 16
_PROPOSALS = 1000
"""Cuts on the page of a curation."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which board, who makes pictures, and where it is served."""
    add = parser.add_argument
    add(
        "board",
        nargs="?",
        type=pathname,
        default=Path("board"),
        metavar="BOARD",
        help="a board's folder; made where there is none (./board)",
    )
    add(
        "--maker",
        action="append",
        metavar="WHAT",
        help="who makes next shots, as in bench run: mini, a folder, OWNER/NAME, URL, "
        "comfyui:WORKFLOW.json, FILE.py:FUNCTION, command:…; repeat it for several (mini)",
    )
    add(
        "--import",
        dest="bring",
        type=pathname,
        metavar="FILE",
        help="a timeline, script, storyboard or folder of pictures, onto a board that is empty",
    )
    add("--films", type=pathname, metavar="FOLDER", help="of films to pick frames from")
    add(
        "--study",
        nargs="+",
        type=pathname,
        metavar="PATH",
        help="CASES ENTRY ENTRY…: a user study, as in bench study, at /study/",
    )
    add("--votes", type=pathname, default=Path("votes.sqlite"), metavar="FILE", help="votes.sqlite")
    add(
        "--curate",
        type=pathname,
        metavar="CUTS",
        help="a folder of cuts to choose from, as data curate proposes them, at /curate/",
    )
    add("--annotator", choices=ANNOTATORS, help="who is asked for suggestions, else templates")
    add("--annotator-model", metavar="NAME", help="its name; for local, its folder")
    add("--annotator-url", metavar="URL", help="of its server (openai: needed)")
    add("--host", default="127.0.0.1", help="listened on; any other needs a key (127.0.0.1)")
    add("--port", type=port, default=8760, metavar="N", help="0 for any that is free (8760)")
    add("--key", metavar="WORD", help="what programs and links bring (default: made off loopback)")
    add("--headless", action="store_true", help="the server alone: no page")
    add("--no-open", action="store_true", help="do not open a browser")
    add(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="where pictures are made (local)",
    )
    add("--ray-address", metavar="ADDRESS", help="of a Ray cluster; else one is begun here")
    add("--devices", type=up_to(64), default=1, metavar="N", help="cards to make pictures on (1)")
    add(
        "--patience",
        type=positive_number,
        default=600.0,
        metavar="SECONDS",
        help="how long a maker may be silent in the midst of a picture (600)",
    )


def run(args: argparse.Namespace) -> None:
    """Serve, until somebody stops it."""
    from cut2next.film.installation import needed

    with needed("it, to serve a studio", "studio"):
        from cut2next.studio.server import app
    from cut2next.film.paths import checked, listed
    from cut2next.film.writing import passing_folder
    from cut2next.pages.serving import listening

    door, makers = _door(args), _makers(args.maker or ["mini"])
    annotator = _annotator(args)
    if args.films is not None:
        listed(args.films)
    if args.bring is not None and not args.bring.is_dir():
        checked(args.bring)  # before there is a board
    with ExitStack() as held:
        at = held.enter_context(listening(args.host, args.port))
        study = held.enter_context(_study(args)) if args.study else None
        curation = held.enter_context(_curation(args)) if args.curate else None
        store = held.enter_context(closing(_opened(args)))
        cache = held.enter_context(passing_folder(args.board))
        engine = _engine(args, makers)
        services = app.furnished(
            store, engine, makers, cache, films=args.films, annotator=annotator
        )
        served = app.app_of(
            services, engine, door, page=not args.headless, study=study, curation=curation
        )
        _tell(args, door, at, store)
        server = app.server_of(served, services)
        server.run([at])
    _end(server.stopped_by)


def _end(signal: int | None) -> None:
    """As the command line tells it, once all is closed."""
    if signal == SIGINT:
        raise KeyboardInterrupt
    if signal is not None:
        raise SystemExit(128 + signal)


def _engine(args: argparse.Namespace, makers: "Mapping[str, MakerChoice]") -> "Engine":
    """Nothing is loaded yet. Raises InputError where no Ray cluster answers."""
    if args.engine == "ray":
        from cut2next.studio.jobs.ray_engine import RayEngine

        return RayEngine(
            makers, devices=args.devices, patience=args.patience, address=args.ray_address
        )
    from cut2next.studio.jobs.local import LocalEngine

    return LocalEngine(makers, devices=args.devices, patience=args.patience)


def _opened(args: argparse.Namespace) -> "Store":
    """The board, with what is brought to it; a new one is made once that has been read."""
    from cut2next.studio.board import Board
    from cut2next.studio.difference import difference
    from cut2next.studio.pictures import PictureFolder, pictures_in
    from cut2next.studio.store import Store

    if args.bring is None:
        return Store.open(args.board)
    with TemporaryDirectory(prefix="cut2next-") as folder, ExitStack() as opening:
        pictures = PictureFolder(Path(folder))
        read = None if Store.is_in(args.board) else _read(args, pictures, Board())
        store = opening.enter_context(closing(Store.open(args.board)))
        if read is None:
            _check_empty(args, store)
            read = _read(args, store.pictures, store.board)
        else:
            for picture in pictures_in(read):
                store.pictures.add_file(pictures.path(picture))
        came = difference(store.board, read)
        store.do(came.operation([change.id for change in came.changes]))
        opening.pop_all()
        return store


def _read(args: argparse.Namespace, pictures: "PictureFolder", board: "Board") -> "Board":
    """What is brought, as a board; `board` is the one that it is brought to."""
    from cut2next.studio.exchange.formats import import_file
    from cut2next.studio.exchange.sources import FolderSources

    path: Path = args.bring
    beside = FolderSources(path if path.is_dir() else path.parent)
    imported = import_file(path, None, beside, pictures, board)
    for told in imported.told:
        args.report.note(told)
    return imported.board


def _check_empty(args: argparse.Namespace, store: "Store") -> None:
    """Raises InputError for a board that has panels."""
    if store.board.by_id:
        raise InputError(
            f"--import onto {args.board}, which has panels",
            expected="a board that is empty",
            hint="import it on the page, which shows what is different",
        )


@contextmanager
def _study(args: argparse.Namespace) -> "Iterator[FastAPI]":
    """A study for this machine; raters elsewhere are not to have the board as well."""
    from cut2next.cli.bench.study import desk_of
    from cut2next.cutbench.study.access import Door
    from cut2next.cutbench.study.server import app_of
    from cut2next.pages.access import is_loopback

    if not is_loopback(args.host) or args.key is not None:
        raise InputError(
            "--study where others may come",
            expected="this machine alone",
            hint="`cut2next bench study` serves a study to others, without the board",
        )
    cases, *entries = args.study
    usual = {"items": 100, "repeats": 4, "checks": 3, "seed": 0, "votes": args.votes}
    with desk_of(argparse.Namespace(cases=cases, entries=entries, **usual)) as desk:
        door = Door(host=args.host, key=None, cookie=f"cut2next-{desk.votes.study.digest[:8]}")
        yield app_of(desk, door)


@contextmanager
def _curation(args: argparse.Namespace) -> "Iterator[APIRouter]":
    """A set to choose from. Raises OutputError while another process has its decisions."""
    from cut2next.curation.curating import overview
    from cut2next.curation.desk import open_desk
    from cut2next.cuts.dataset import read_records
    from cut2next.studio.server.curation_routes import router_of

    records = read_records(args.curate, images=False)
    seen = overview(args.report.progress(records, "reading"))
    with open_desk(args.curate, seen, most=_PROPOSALS) as desk:
        yield router_of(desk)


def _makers(given: list[str]) -> "dict[str, MakerChoice]":
    """By name. Raises InputError for what is none, is not there, or has another's name."""
    from cut2next.makers.named import maker_named

    makers: dict[str, MakerChoice] = {}
    for text in given:
        choice = maker_named(text)
        if choice.name in makers:
            raise InputError(
                f"two makers called {choice.name}",
                expected="each with a name of its own",
                hint="NAME=… gives one another",
            )
        choice.check()
        makers[choice.name] = choice
    return makers


def _annotator(args: argparse.Namespace) -> "Annotator | None":
    """Who is asked for suggestions; nobody yet is."""
    if args.annotator is None:
        return None
    from cut2next.cli.annotators import annotator_named

    if args.annotator_model is None:
        raise InputError(
            "--annotator alone", expected="--annotator-model with it", hint="name the model"
        )
    named = args.annotator, args.annotator_model, args.annotator_url
    return annotator_named(*named, "--annotator-url", late=True)


def _door(args: argparse.Namespace) -> "StudioDoor":
    """A key is needed where others can ask, or when one is given."""
    from secrets import token_hex, token_urlsafe

    from cut2next.pages.access import SHORTEST_KEY, is_loopback
    from cut2next.studio.server.door import StudioDoor

    key = args.key
    if key is not None and len(key) < SHORTEST_KEY:
        raise InputError(
            f"a key of {len(key)} letters",
            expected=f"{SHORTEST_KEY} or more, that nobody guesses",
            hint="without --key one is made",
        )
    if key is None and not is_loopback(args.host):
        key = token_urlsafe(_KEY_BYTES)
    # Which port that is, 0 does not say: two studios must not have one cookie.
    cookie = f"cut2next-studio-{args.port or token_hex(4)}"
    return StudioDoor(host=args.host, key=key, cookie=cookie)


def _tell(args: argparse.Namespace, door: "StudioDoor", at: "socket", store: "Store") -> None:
    from cut2next.pages.access import shown_host

    link = f"http://{shown_host(args.host)}:{at.getsockname()[1]}{door.link()}"
    count = len(store.board.by_id)
    args.report.note(f"{args.board}: {count} panel{'' if count == 1 else 's'}; Ctrl-C ends it")
    args.report.say(link, link=link)
    if not (args.headless or args.no_open):
        with suppress(webbrowser.Error, OSError):
            webbrowser.open(link)
