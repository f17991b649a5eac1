"""How far chains hold: look, walls and camera along sequences on held-out sets.

    python benchmarks/chains.py MODEL [--sets 48] [--cuts 8] [--json FILE] [--picture FILE]

MODEL is `mini`, or a folder. Every cut is made from the model's own last picture alone (naive
autoregression), from the true one, and, by weights that read earlier shots, from those too. Shown
are means with 95 % intervals, how much is left of the first cut, and, set by set, by how much
earlier shots are above the last picture alone, with the p of a paired test. A picture has the last
set's sequence: the true one, the one from its own last pictures, and the one from earlier shots.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from PIL import Image

from cut2next.backbones.mini import weights_folder
from cut2next.cutbench.contenders import by_chain, by_model
from cut2next.cutbench.soundstage.chains import EARLIER, OWN, chain_steps, sequence_on
from cut2next.cutbench.soundstage.held_out import HeldOut, SetCase
from cut2next.cutbench.statistics.intervals import Mean, mean_of
from cut2next.cutbench.statistics.paired import Difference, difference_of
from cut2next.experiments.chains import ratios, said
from cut2next.generation import Cut2NextPipeline
from cut2next.soundstage.repertoire import repertoire_named

SHOWN = (192, 80)
"""Size of a shot in the picture, pixels."""
OfSets = dict[str, float]
Values = dict[str, dict[str, dict[int, OfSets]]]
"""By metric, way and cut."""


def main() -> None:
    """Make, judge and show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--sets", type=int, default=48)
    parser.add_argument("--cuts", type=int, default=8)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path)
    args = parser.parse_args()
    folder = weights_folder() if args.model == "mini" else Path(args.model)
    pipe = Cut2NextPipeline.from_pretrained(folder)
    pipe.set_progress_bar_config(disable=True)  # type: ignore[no-untyped-call]
    held_out = HeldOut(
        count=args.sets,
        size=tuple(pipe.config["default_size"]),
        repertoire=repertoire_named(pipe.config["repertoire"]),
    )
    if args.picture:
        strips(pipe, sequence_on(held_out, args.sets - 1, args.cuts)).save(args.picture)
    values = measured(pipe, held_out, args.cuts)
    if args.json:
        args.json.write_text(json.dumps(values, indent=1))
    for metric, ways in values.items():
        print(f"\n{metric}, %")
        for way, of_cuts in ways.items():
            print(f"  {way}")
            for cut, of_sets in sorted(of_cuts.items()):
                own = ways[OWN].get(cut, {})
                print(f"    cut {cut}: {line(of_sets, of_cuts.get(1, {}), own, way)}")


def measured(pipe: Cut2NextPipeline, held_out: HeldOut, cuts: int) -> Values:
    """What is said of every cut."""
    chain = by_chain(pipe) if pipe.config["earlier_shots"] else None
    found: Values = {}
    for cut, step in enumerate(chain_steps(held_out, by_model(pipe), chain, cuts), start=1):
        print(f"cut {cut} of {cuts} on {held_out.count} sets", flush=True)
        for number, (case, made) in enumerate(step):
            for way, picture in made.items():
                for name, value in said(case.judge.findings(picture)):
                    ways = found.setdefault(name, {})
                    ways.setdefault(way, {}).setdefault(cut, {})[str(number)] = value
    return found


def strips(pipe: Cut2NextPipeline, cases: list[SetCase]) -> Image.Image:
    """A sequence as it is, from its own last pictures and, where that is learnt, from earlier."""
    cuts, model = [case.cut for case in cases], by_model(pipe)
    own = [cuts[0].current.keyframe]
    for cut in cuts:
        own += model([replace(cut, current=replace(cut.current, keyframe=own[-1]))])
    rows = [[cut.next.keyframe for cut in cuts], own[1:]]
    rows += [[*by_chain(pipe)(cuts)]] if pipe.config["earlier_shots"] else []
    width, height = SHOWN
    sheet = Image.new("RGB", (width * (len(cuts) + 1), height * len(rows)), "white")
    for down, row in enumerate(rows):
        for across, shot in enumerate([cuts[0].current.keyframe, *row]):
            sheet.paste(shot.resize(SHOWN), (width * across, height * down))
    return sheet


def line(of_sets: OfSets, first: OfSets, own: OfSets, way: str) -> str:
    """A mean, what is left of the first, and how far it is above naive autoregression."""
    told = f"{shown(mean_of([*of_sets.values()]))} of {len(of_sets)} sets"
    left = mean_of([*ratios(of_sets, first).values()])
    told += f"; {shown(left)} of the first"
    if way != EARLIER or (apart := difference_of(of_sets, own)) is None:
        return told
    return f"{told}; {shown(apart, '+')} above the last picture alone, p {apart.p:.4f}"


def shown(told: Mean | Difference | None, sign: str = "") -> str:
    """In per cent, with its interval."""
    if told is None:
        return "–"
    mean, low, high = (f"{100 * value:{sign}.1f}" for value in (told.mean, told.low, told.high))
    return f"{mean} [{low}, {high}]"


if __name__ == "__main__":
    main()
