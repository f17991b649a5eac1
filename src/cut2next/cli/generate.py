"""`cut2next generate`: from current shots and words to the PNGs of next shots."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cut2next.cli.arguments import (
    guidance,
    pathname,
    pattern,
    seed,
    shot_size,
    step_count,
    strength,
    text,
    up_to,
)
from cut2next.cli.batch import at, read_batch
from cut2next.cli.maker import add_maker_arguments, make_by, maker_choice
from cut2next.cli.model import (
    add_fit_arguments,
    add_model_arguments,
    import_libraries,
    model_choice,
)
from cut2next.cli.reporting import Report
from cut2next.cli.telling import tell
from cut2next.film import Cut2NextError, InputError, OutputError
from cut2next.film.keyframe import check_writable, read_keyframe
from cut2next.generation.framing import Framing
from cut2next.generation.ranges import NEXT_SHOTS
from cut2next.generation.request import NextShotRequest
from cut2next.generation.several_cuts import several_cuts

if TYPE_CHECKING:
    from PIL import Image

    from cut2next.generation.model_choice import LoadedModel
    from cut2next.generation.next_shots import NextShots

NAME = "generate"
HELP = "make the next shot of a current shot"
SAID = ("current", "relation", "seed", "count", "size", "steps", "guidance")
SHEET = Path("sheet.png")
STRENGTHS = ("relational_strength", "current_strength")
"""Both are arguments that a request has under the same names."""
_LONG = 60.0
"""Seconds that a picture may take without a word."""
TYPES: Mapping[str, Callable[[str], Any]] = {
    "image": pathname,
    "output": pathname,
    "pattern": pattern,
    **dict.fromkeys(("next", "relation", "current"), text),
    "count": up_to(NEXT_SHOTS.most),
    "seed": seed,
    "steps": step_count,
    "size": shot_size,
    "guidance": guidance,
    **dict.fromkeys(STRENGTHS, strength),
}
"""What a request may say, on the command line and in a line of a batch alike."""


class Wanted(NamedTuple):
    """A request that was checked, without its picture, of which there may be a thousand."""

    where: str
    """Which line it is; empty for one that was typed."""
    args: argparse.Namespace
    size: tuple[int, int]
    """Of the current shot."""
    paths: Sequence[Path]
    """Where the next shots go."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A picture, how the cut goes, what the next shot shows, and where it goes."""

    def add(*names: str, **settings: Any) -> None:
        name = names[-1].lstrip("-").replace("-", "_")
        parser.add_argument(*names, type=TYPES[name], **settings)

    add("image", nargs="?", metavar="CURRENT.png", help="a still of the current shot")
    add("--pattern", action="append", default=[], help="repeat it to combine several")
    add("--next", action="append", default=[], metavar="TEXT", help="what the next shot shows")
    add("--relation", metavar="TEXT", help="what holds across the cut (else implied)")
    add("--current", metavar="TEXT", help="what the current shot shows (else from PNG)")
    add("--count", default=1, metavar="N", help="how many next shots")
    add("--seed", default=0, metavar="S", help="of the first; each has the one after")
    add("--steps", metavar="N", help="denoising steps (default: the model's)")
    add_model_arguments(parser, lora="a LoRA on top; repeat it for several")
    add("--guidance", default=3.5, metavar="G", help="distilled (default 3.5)")
    add("--relational-strength", default=1.0, metavar="S", help="0 to 4, default 1")
    add("--current-strength", default=1.0, metavar="S", help="likewise, the shot's")
    add(
        "--size",
        metavar="WxH",
        help="of the next shot (default: the current one's, or the model's)",
    )
    add_fit_arguments(parser)
    add_maker_arguments(parser)
    add("-o", "--output", metavar="NEXT.png", help=f"where to write (a sheet: {SHEET})")
    sheet = "all on one picture: each --pattern (else all five) of --next, or each of a --next"
    parser.add_argument("--sheet", action="store_true", help=sheet)
    batch = "many requests, each a line of JSON; what it does not say is as it is said here"
    parser.add_argument("--batch", type=pathname, metavar="REQUESTS.jsonl", help=batch)


def run(args: argparse.Namespace) -> None:
    """Refuse what cannot work, then load, then make; each picture is written when it is done."""
    maker = maker_choice(args)
    wanted = _sheet(args) if args.sheet else _batch(args) if args.batch else [_wanted(args)]
    if maker is not None:
        make_by(maker, wanted, _request, args.report, again=not args.batch)
        return
    choice = model_choice(args)
    choice.check()
    _check_sizes(wanted, choice.framing)
    import_libraries()

    from cut2next.generation.device import memory_errors

    with memory_errors():
        model = choice.load(choice.fit(*_largest(wanted)), progress=args.report.shows_bars)
        _tell_time(wanted, model, args.report)
        if args.sheet:
            _make_sheet(wanted, model, args.report)
        else:
            _make(wanted, model, args.report, again=not args.batch)


def _tell_time(wanted: Sequence[Wanted], model: "LoadedModel", report: Report) -> None:
    """About how long the largest picture will take, where that is long."""
    steps = max(model.pipe.steps(each.args.steps) for each in wanted)
    seconds = model.choice.seconds(*_largest(wanted), steps)
    if seconds is not None and seconds >= _LONG:
        from cut2next.generation.arithmetic import in_time

        report.note(f"without a CUDA card a picture takes at the very least {in_time(seconds)}")


def _make_sheet(wanted: Sequence[Wanted], model: "LoadedModel", report: Report) -> None:
    """Makes all that goes onto a sheet, and writes it; the current shot is read once."""
    from cut2next.generation.next_shots import read_request
    from cut2next.generation.provenance import write_sheet
    from cut2next.recipes.cut_sheet import cut_sheet
    from cut2next.soundstage.wording import may_be_learnt

    requests, noted = [_request(each.args) for each in wanted], set[str]()
    encoded = model.encode_all(model.pipe.shortened(request.prompt) for request in requests)
    cuts: list[tuple[NextShots, list[Image.Image]]] = []
    shots = None
    with report.progress(total=sum(request.count for request in requests), unit="picture") as bar:
        for request, prompt in zip(requests, encoded, strict=True):
            shots = read_request(request, model, may_be_learnt, encoded=prompt, before=shots)
            tell(shots, noted, report)
            cuts.append((shots, []))
            for picture, _ in shots:
                cuts[-1][1].append(picture)
                bar.update()
    (path,) = wanted[0].paths
    write_sheet(cut_sheet(cuts), path, [how for shots, _ in cuts for how in shots.provenances])
    report.say(path, outputs=[path])


def _make(wanted: Sequence[Wanted], model: "LoadedModel", report: Report, *, again: bool) -> None:
    """Makes all that is not made yet, or everything `again`; a current shot is read once."""
    from cut2next.generation.next_shots import provenances, read_request
    from cut2next.generation.provenance import is_made, write_next_shot
    from cut2next.soundstage.wording import may_be_learnt

    left, noted, shots = [], set[str](), None
    for each in wanted:
        made = provenances(_request(each.args), model, may_be_learnt)
        paths = dict(zip(each.paths, made, strict=True))
        missing = {path: how for path, how in paths.items() if again or not is_made(path, how)}
        left += [(each, missing)] if missing else []
        report.say(outputs=[], kept=[path for path in paths if path not in missing])
    prompts = (model.pipe.shortened(_request(each.args).prompt) for each, _ in left)
    encoded = model.encode_all(prompts)
    total = sum(len(missing) for _, missing in left)
    if kept := sum(len(each.paths) for each in wanted) - total:
        report.note(f"{kept} made already, and left as they are")
    with report.progress(total=total, unit="picture", disable=again) as bar:
        for (each, missing), prompt in zip(left, encoded, strict=True):
            request = _request(each.args)
            shots = read_request(request, model, may_be_learnt, encoded=prompt, before=shots)
            tell(shots, noted, report)
            for path, how in missing.items():
                write_next_shot(shots.make(how), path, how)
                report.say(path, outputs=[path])
                bar.update()


def _sheet(args: argparse.Namespace) -> list[Wanted]:
    """What a sheet shows, pattern by pattern; refused where it cannot be."""
    if args.batch:
        raise InputError(
            "--sheet and --batch",
            expected="one of them",
            hint="make a sheet of one current shot, or pictures of many",
        )
    _check_given(args, output=True)
    cuts = several_cuts(args.pattern, args.next, args.count)
    paths = _paths(args.output or SHEET, 1, args.image)
    asked = [
        argparse.Namespace(**{**vars(args), "pattern": [way], "next": [words]})
        for way, words in cuts
    ]
    return [Wanted("", each, _request(each).picture.size, paths) for each in asked]


def _batch(args: argparse.Namespace) -> list[Wanted]:
    """What a file asks for, those of one current shot together; refused where one cannot be."""
    lines: dict[Path, str] = {}
    groups: dict[Path, list[Wanted]] = {}
    for where, said in read_batch(args.batch, TYPES, args):
        try:
            wanted = _wanted(said, where)
        except Cut2NextError as error:
            raise at(where, error) from error
        for path in map(Path.resolve, wanted.paths):
            if (other := lines.setdefault(path, where)) != where:
                raise _twice(where, path, other)
        groups.setdefault(said.image.resolve(), []).append(wanted)
    if not groups:
        raise InputError(
            f"{args.batch}: holds no request", expected="a line for each", hint="write one"
        )
    for image in groups.keys() & lines.keys():
        raise _twice(lines[image], image, "another line, which begins with it")
    return [wanted for group in groups.values() for wanted in group]


def _check_sizes(wanted: Sequence[Wanted], framing: Framing) -> None:
    """Refuses what the model does not make, before it is loaded."""
    for each in wanted:
        try:
            framing.asked(each.args.size, framing.size(*each.size))
        except Cut2NextError as error:
            raise at(each.where, error) from error


def _wanted(args: argparse.Namespace, where: str = "") -> Wanted:
    _check_given(args, output=args.output)
    if len(args.next) > 1:
        raise InputError(
            f"--next {len(args.next)} times",
            expected="it once",
            hint="with --sheet, each --pattern may have its own",
        )
    request = _request(args)
    return Wanted(where, args, request.picture.size, _paths(args.output, args.count, args.image))


def _check_given(args: argparse.Namespace, *, output: object) -> None:
    given = {"CURRENT.png": args.image, "--next": args.next, "-o/--output": output}
    for option, value in given.items():
        if not value:
            raise InputError(
                f"required: {option}",
                expected="a current shot, what the next shot shows, and where it goes",
                hint="see cut2next generate --help",
            )


def _request(args: argparse.Namespace) -> NextShotRequest:
    picture, source = read_keyframe(args.image), str(args.image)
    said = {name: getattr(args, name) for name in (*SAID, *STRENGTHS)}
    said |= {"patterns": args.pattern, "next": args.next[0]}
    return NextShotRequest(picture=picture, source=source, **said)


def _largest(wanted: Sequence[Wanted]) -> tuple[tuple[int, int], tuple[int, int] | None]:
    """The sizes of the current shot and the next one that take the most room."""
    largest = max(wanted, key=lambda each: prod(each.size) + prod(each.args.size or each.size))
    return largest.size, largest.args.size


def _twice(where: str, path: Path, other: str) -> InputError:
    return InputError(
        f"{where}: {path} is also of {other}",
        expected="a file for each picture",
        hint="name another, or make one batch after the other",
    )


def _paths(output: Path, count: int, image: Path) -> list[Path]:
    """NEXT.png alone, or NEXT-1.png, NEXT-2.png, ...; refused where one cannot be written."""
    check_writable(output)
    numbers = range(1, count + 1) if count > 1 else ()
    paths = [output.with_stem(f"{output.stem}-{number}") for number in numbers] or [output]
    for path in paths:
        check_writable(path)
    for path in paths:
        if path.exists() and path.samefile(image):
            raise OutputError(
                f"{path}: is the current shot", expected="another file", hint="choose another name"
            )
    return paths
