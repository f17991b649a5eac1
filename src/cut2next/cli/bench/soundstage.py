"""`cut2next bench soundstage`: how good a model is on the film set, beside controls, and why."""

import argparse
import json
import shlex
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cut2next import __version__
from cut2next.cli.arguments import from_zero, pathname, seed, set_count, step_count, up_to
from cut2next.cli.model import add_model_arguments
from cut2next.soundstage import LONGEST, SHORTEST

if TYPE_CHECKING:
    from cut2next.cutbench.gallery import Gallery
    from cut2next.cutbench.report import Entry, Figures
    from cut2next.cutbench.soundstage.held_out import HeldOut
    from cut2next.generation.pipeline import Cut2NextPipeline

NAME = "soundstage"
HELP = "judge a model of ours on the film set: figures, what it goes by, strengths, chains"

_SETS_A_CHAIN = 4
"""A chain takes as long as so many sets."""
REPORT, SHEET = "report.json", "contact-sheet.png"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which model, how much of it, and where the report goes."""
    add = parser.add_argument
    add_model_arguments(parser, lora="what it is judged with, weighing W")
    add("--count", type=set_count, default=500, metavar="N", help="how many cuts (500)")
    add(
        "--probes",
        type=from_zero,
        default=64,
        metavar="N",
        help="sets to probe what it goes by, and to turn its strengths (64, or --count)",
    )
    add(
        "--chain",
        type=up_to(LONGEST - 1, SHORTEST - 1),
        default=4,
        metavar="N",
        help="cuts in a row, each from what was made before (4)",
    )
    add("--seed", type=seed, metavar="S", help="of the first (default: where held-out sets begin)")
    add("--steps", type=step_count, metavar="N", help="denoising steps (default: the model's)")
    add("--only", metavar="A,B", help='part of the film set, "" for all (default: what it knows)')
    add("--out", type=pathname, default=Path("bench"), metavar="DIR", help="for the report (bench)")


def run(args: argparse.Namespace) -> None:
    """Refuse what cannot work, then load, judge, and show."""
    from cut2next.film.writing import filled_folder
    from cut2next.generation.model_choice import ModelChoice

    held_out = _held_out(args)
    with filled_folder(args.out) as folder:
        choice = ModelChoice(name=args.model, transformer=args.transformer, loras=args.lora)
        pipe = choice.load().pipe
        held_out = _suited(pipe, held_out, given=args.only is not None)
        probed = min(args.probes, held_out.count)
        in_a_row = ceil(probed / _SETS_A_CHAIN) * args.chain
        with args.report.progress(total=held_out.count + 2 * probed + in_a_row) as bar:
            entries, gallery = _judged(pipe, held_out, args.steps, bar)
            more = _probed(pipe, replace(held_out, count=probed), args, bar) if probed else {}
        report = _write(folder, _about(args, pipe, held_out, probed), entries, more, gallery)
    args.report.say(_shown(entries, more), **report)
    for name in (REPORT, SHEET):
        args.report.say(args.out / name, files=[args.out / name])


def _held_out(args: argparse.Namespace) -> "HeldOut":
    from cut2next.cutbench.soundstage.held_out import FIRST_HELD_OUT, HeldOut
    from cut2next.soundstage.repertoire import repertoire_named

    first = FIRST_HELD_OUT if args.seed is None else args.seed
    return HeldOut(count=args.count, seed=first, repertoire=repertoire_named(args.only or ""))


def _suited(pipe: "Cut2NextPipeline", held_out: "HeldOut", *, given: bool) -> "HeldOut":
    """The cases at the size and, unless it is given, of the part that the model knows.

    General weights keep the usual ones.
    """
    from cut2next.soundstage.repertoire import repertoire_named

    width, height = pipe.config["default_size"] or held_out.size
    known = held_out.repertoire if given else repertoire_named(pipe.config["repertoire"])
    return replace(held_out, size=(width, height), repertoire=known)


def _judged(
    pipe: "Cut2NextPipeline", held_out: "HeldOut", steps: int | None, bar: Any
) -> tuple[list["Entry"], "Gallery"]:
    """Every case judged."""
    from cut2next.cutbench.contenders import MODEL, contenders
    from cut2next.cutbench.gallery import Gallery
    from cut2next.cutbench.report import entry_of
    from cut2next.cutbench.runner import run
    from cut2next.cutbench.soundstage.metrics import METRICS

    entries, gallery = [], Gallery(MODEL)
    for judged in run(held_out.cases(), contenders(pipe, steps=steps), METRICS):
        entries.append(entry_of(judged))
        gallery.show(judged)
        bar.update()
    return entries, gallery


def _probed(
    pipe: "Cut2NextPipeline", held_out: "HeldOut", args: argparse.Namespace, bar: Any
) -> dict[str, dict[str, "Figures"]]:
    """By kind, what only probes tell of a model."""
    from cut2next.cutbench.contenders import by_chain, by_model, turned
    from cut2next.cutbench.soundstage.chains import chained
    from cut2next.cutbench.soundstage.probing import answers, figures
    from cut2next.cutbench.soundstage.turning import curves, turned_shots, varieties

    turns, told, steps = [], [], args.steps
    model = by_model(pipe, steps)
    for turn in turned_shots(held_out.cases(), turned(pipe, steps=steps)):
        turns.append(turn)
        bar.update()
    for of_set in answers(held_out, model):
        told += of_set
        bar.update()
    few = replace(held_out, count=ceil(held_out.count / _SETS_A_CHAIN))
    own = by_chain(pipe, steps) if pipe.config["earlier_shots"] else None
    chains: dict[str, Figures] = {}
    for rows in chained(few, model, own, args.chain):
        chains |= rows
        bar.update(few.count)
    return {
        "probes": figures(told),
        "strengths": curves(turns),
        "variety": varieties(turns),
        "chains": chains,
    }


def _about(
    args: argparse.Namespace, pipe: "Cut2NextPipeline", held_out: "HeldOut", probed: int
) -> dict[str, Any]:
    """What was judged, and the command that judges it again."""
    steps = pipe.steps(args.steps)
    options = {
        "--model": args.model,
        "--count": held_out.count,
        "--probes": probed,
        "--chain": args.chain,
        "--seed": held_out.seed,
        "--steps": steps,
        "--only": held_out.repertoire,
    }
    words = [str(word) for option in options.items() for word in option]
    for lora in args.lora:
        words += ["--lora", f"{lora.path}:{lora.weight:g}"]
    if args.transformer:
        words += ["--transformer", str(args.transformer)]
    return {
        "benchmark": NAME,
        "command": shlex.join(["cut2next", "bench", NAME, *words]),
        "version": __version__,
        "model": args.model,
        "loras": {str(lora.path): lora.weight for lora in args.lora},
        "table": pipe.table.name,
        "steps": steps,
        "seed": held_out.seed,
        "count": held_out.count,
        "probed": probed,
        "only": str(held_out.repertoire),
        "size": held_out.size,
        "samples": held_out.samples,
    }


def _write(
    folder: Path,
    about: dict[str, Any],
    entries: list["Entry"],
    more: dict[str, dict[str, "Figures"]],
    gallery: "Gallery",
) -> dict[str, Any]:
    from cut2next.cutbench.report import rows_to_json, to_json
    from cut2next.cutbench.soundstage.metrics import METRICS
    from cut2next.cutbench.soundstage.probes import PROBES

    report = to_json(about, entries, METRICS)
    report["meanings"] |= {probe.name: probe.meaning for probe in PROBES if more}
    report |= {kind: rows_to_json(rows) for kind, rows in more.items()}
    text = json.dumps(report, ensure_ascii=False, indent=1)
    (folder / REPORT).write_text(text + "\n", encoding="utf-8")
    title = f"{Path(about['model']).name} on {about['count']} cuts from set {about['seed']}"
    gallery.sheet(title).save(folder / SHEET)
    return report


def _shown(entries: list["Entry"], more: dict[str, dict[str, "Figures"]]) -> str:
    """The report as tables for a terminal."""
    from cut2next.cutbench.contenders import MODEL
    from cut2next.cutbench.report import summary
    from cut2next.cutbench.soundstage import probing, turning
    from cut2next.cutbench.soundstage.metrics import METRICS
    from cut2next.cutbench.table import block, columns_of, table

    usual = columns_of(METRICS)
    columns = {"probes": probing.COLUMNS, "variety": turning.COLUMNS}
    columns |= {"strengths": usual, "chains": usual}
    blocks = [block(kind, rows, columns[kind]) for kind, rows in more.items()]
    return "\n\n".join([table(summary(entries), METRICS, MODEL), *blocks])
