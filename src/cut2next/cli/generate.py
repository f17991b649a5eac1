"""`cut2next generate`: from a current shot and words to the PNG of a next shot, or several."""

import argparse
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from cut2next.cli.arguments import (
    LARGEST_SEED,
    guidance,
    pattern,
    seed,
    shot_size,
    step_count,
    strength,
    text,
    up_to,
    weighted_file,
)
from cut2next.cli.fit import add_fit_arguments, best_device, fit_for, memory_told
from cut2next.cli.model import check_model, load_model
from cut2next.generation.fit import Fit, Placement

if TYPE_CHECKING:
    from PIL.Image import Image

    from cut2next.film import HierarchicalPrompt, IndividualPrompt, RelationalPrompt
    from cut2next.generation.pipeline import Cut2NextPipeline

NAME = "generate"
HELP = "make the next shot of a current shot"
MOST = 1000
"""Next shots of one call."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A picture, how the cut goes, what the next shot shows, and where it goes."""
    add = parser.add_argument
    add("image", type=Path, metavar="CURRENT.png", help="a still of the current shot")
    add("--pattern", type=pattern, action="append", default=[], help="repeat it to combine several")
    add("--next", type=text, required=True, metavar="TEXT", help="what the next shot shows")
    add("--relation", type=text, metavar="TEXT", help="what holds across the cut (else implied)")
    add("--current", type=text, metavar="TEXT", help="what the current shot shows (else from PNG)")
    add("--count", type=up_to(MOST), default=1, metavar="N", help="how many next shots")
    add("--seed", type=seed, default=0, metavar="S", help="of the first; each has the one after")
    add("--steps", type=step_count, metavar="N", help="denoising steps (default: the model's)")
    add("--model", default="mini", metavar="NAME", help="mini, a folder, or OWNER/NAME on the hub")
    add("--transformer", type=Path, metavar="FILE", help="its weights, from one file instead")
    weighed = "a LoRA on top; repeat it for several"
    add("--lora", type=weighted_file, action="append", default=[], metavar="FILE[:W]", help=weighed)
    add("--guidance", type=guidance, default=3.5, metavar="G", help="distilled (default 3.5)")
    add("--relational-strength", type=strength, default=1.0, metavar="S", help="0 to 4, default 1")
    add("--current-strength", type=strength, default=1.0, metavar="S", help="likewise, the shot's")
    held = "of the next shot (default: the current shot's)"
    add("--size", type=shot_size, metavar="WxH", help=held)
    add_fit_arguments(parser)
    add("-o", "--output", type=Path, required=True, metavar="NEXT.png", help="where to write")


def run(args: argparse.Namespace) -> None:
    """Refuse what cannot work, then load, then make."""
    from cut2next.film.keyframe import check_writable, read_keyframe
    from cut2next.generation.framing import framed_size

    image = read_keyframe(args.image)
    framed_size(*image.size)  # refuses a shape before anything is loaded
    check_writable(args.output)
    paths = _paths(args.output, args.count)
    for path in paths:
        check_writable(path)
    _check_other(args.image, paths)
    check_model(args.model, handed_in={"transformer"} if args.transformer else ())
    prompt = _prompt(args, image)
    with memory_told():
        _make(args, image, prompt, paths)


def _make(
    args: argparse.Namespace, image: "Image", prompt: "HierarchicalPrompt", paths: list[Path]
) -> None:
    """One pass over the current shot, then the next shots, each written when it is done."""
    from torch import Generator

    from cut2next.generation.provenance import Provenance, write_next_shot

    fit = fit_for(args, *image.size)
    pipe = load_model(
        args.model, steps_shown=True, transformer=args.transformer, loras=args.lora, fit=fit
    )
    encoded = pipe.encode_prompt(prompt)
    if fit is not None and fit.placement is Placement.RELEASED:
        pipe.release_text_encoders(best_device().name)
    shot = pipe.watch(image, encoded, guidance_scale=args.guidance)
    _tell(_notes(args, image, prompt, pipe, shot.size))
    steps = args.steps or pipe.config["default_steps"]
    width, height = args.size or shot.size
    scales = {
        "guidance_scale": args.guidance,
        "relational_strength": args.relational_strength,
        "current_strength": args.current_strength,
    }
    for number, path in enumerate(paths):
        one = (args.seed + number) % (LARGEST_SEED + 1)
        generator = Generator().manual_seed(one)
        made = pipe(shot, encoded, steps, height, width, generator=generator, **scales).images[0]
        provenance = Provenance(
            prompt=prompt,
            model=Path(args.model).name,
            table=pipe.table.name,
            seed=one,
            steps=steps,
            elsewhere=_is_strange(image, pipe.config["repertoire"]),
            loras={lora.path.stem: lora.weight for lora in args.lora},
            precision=_precision(pipe, fit),
            **scales,
        )
        write_next_shot(made, path, provenance)
        print(path, flush=True)


def _precision(pipe: "Cut2NextPipeline", fit: Fit | None) -> str:
    """What a large model's weights were put into here; nothing for those that came quantised."""
    came_so = getattr(pipe.transformer, "hf_quantizer", None) is not None
    return "" if fit is None or came_so else str(fit.precision)


def _prompt(args: argparse.Namespace, image: "Image") -> "HierarchicalPrompt":
    from cut2next.film import HierarchicalPrompt, IndividualPrompt

    current = _current(args, image)
    following = IndividualPrompt(summary=args.next)
    relational = _relational(args, current, following)
    return HierarchicalPrompt(relational=relational, current=current, next=following)


def _current(args: argparse.Namespace, image: "Image") -> "IndividualPrompt":
    """What the person says, else what the picture says of itself, else next to nothing."""
    from cut2next.film import IndividualPrompt
    from cut2next.film.png_prompt import read_png_prompt

    if args.current is None and (carried := read_png_prompt(image)) is not None and carried.text:
        return carried
    return IndividualPrompt(summary=args.current or "The shot")


def _relational(
    args: argparse.Namespace, current: "IndividualPrompt", following: "IndividualPrompt"
) -> "RelationalPrompt":
    from cut2next.film import InputError, RelationalPrompt
    from cut2next.generation.relation import implied_relation

    if not args.pattern and args.relation is None:
        raise InputError(
            "nothing says how the cut goes",
            expected="--pattern, --relation or both",
            hint="for example --pattern cut-in",
        )
    if args.relation is None:
        return implied_relation(args.pattern, current, following)
    if not args.pattern:
        return RelationalPrompt(transition=args.relation)
    implied = implied_relation(args.pattern, current, following)
    return RelationalPrompt(scene=args.relation, transition=implied.transition)


def _notes(
    args: argparse.Namespace,
    image: "Image",
    prompt: "HierarchicalPrompt",
    pipe: "Cut2NextPipeline",
    size: tuple[int, int],
) -> list[str]:
    """What a person should know beside the result, a line each."""
    from cut2next.film.png_prompt import read_png_prompt

    notes = []
    if size != image.size:
        was, now = f"{image.width}x{image.height}", f"{size[0]}x{size[1]}"
        notes.append(f"{args.image}, {was}, was framed to {now} around its centre")
    if args.current is None and prompt.current == read_png_prompt(image):
        notes.append(f"current prompt, from {args.image}: {prompt.current.text}")
    if args.relation is None:
        notes.append(f"relational prompt: {prompt.relational.text}")
    if cut := pipe.overflow(prompt):
        told = "; ".join(f"{one}: {textwrap.shorten(end, 200)!r}" for one, end in cut.items())
        notes.append(f"too long for the model, cut off from the {told}")
    if unknown := pipe.unknown_words(prompt):
        notes.append(f"the model does not know, and reads over: {textwrap.shorten(unknown, 200)}")
    if (knows := pipe.config["knows"]) and _is_strange(image, pipe.config["repertoire"]):
        notes.append(f"{args.model} knows only {knows}; {args.image} seems to come from elsewhere")
    if pipe.licence:
        notes.append(pipe.licence)
    return notes


def _is_strange(image: "Image", repertoire: str) -> bool:
    """Whether a picture is neither ours nor, where it is of the film set, of the part named."""
    from cut2next.film.png_prompt import read_png_prompt, read_png_text
    from cut2next.soundstage.repertoire import repertoire_named
    from cut2next.soundstage.wording import may_be_of

    told, prompt = read_png_text(image), read_png_prompt(image)
    if isinstance(made := told.get("made"), dict):
        return bool(made.get("elsewhere", False))  # what is made of a stranger remains strange
    if prompt is None:
        return True
    return bool(repertoire) and not may_be_of(prompt, repertoire_named(repertoire))


def _tell(notes: list[str]) -> None:
    """On stderr, because the paths on stdout are for other programs."""
    from cut2next.film.png_prompt import printable

    for note in notes:
        # A prompt may come from a stranger's file.
        print(f"cut2next: {printable(note)}", file=sys.stderr)


def _paths(output: Path, count: int) -> list[Path]:
    """NEXT.png alone, or NEXT-1.png, NEXT-2.png, ..."""
    if count == 1:
        return [output]
    return [output.with_stem(f"{output.stem}-{number}") for number in range(1, count + 1)]


def _check_other(image: Path, paths: list[Path]) -> None:
    from cut2next.film import OutputError

    for path in paths:
        if path.exists() and path.samefile(image):
            raise OutputError(
                f"{path}: is the current shot", expected="another file", hint="choose another name"
            )
