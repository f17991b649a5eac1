"""Training a LoRA on FLUX.1's width: samples a second and memory, beside a plain loop.

    python benchmarks/training.py                                    # a block of each kind, CPU
    python benchmarks/training.py --device cuda --full --variant bf16 compiled fp8 fp8-compiled
    python benchmarks/training.py --device cuda --full --within 24   # as a card of 24 GiB would

A step is forward and backward over K next shots of one current shot, clipping, and the optimizer.
"plain" is the loop of diffusers' FLUX LoRA example over the same tokens: its own transformer with a
PEFT LoRA of the same rank on the same layers, all three prompts and both shots in one sequence
without a mask, a sample for each next shot, AdamW on the LoRA as it is. Both have the same random
weights, and are timed in turn within one process, so that a machine whose speed drifts treats them
alike; on the CPU they are seconds of computing, which other programs do not lengthen: take one
thread (`OMP_NUM_THREADS=1`). Medians are shown, and after each K how many times as many samples a
second ours is. Memory is of a round before those that are timed; with `--repeats 0`, for slow
machines, that one is timed too.

"of rate" is the arithmetic of a step (`flops`, by hand; nothing that is computed twice counts)
against the rate of one large matrix product in the same run. Memory is what a step holds beside
weights and what is trained, measured and as `cut2next plan --train` estimates it. With `--within`,
PyTorch's allocator is held to so many GiB and the way that `plan` would choose is run instead.
"""

import argparse
import ctypes
import gc
import json
import platform
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from training_loops import (
    Loops,
    Work,
    adapted,
    flops,
    learning_of,
    needed,
    our_step,
    random_batch,
    random_transformer,
)

from cut2next.backbones.lora import RANK
from cut2next.film import Cut2NextError
from cut2next.generation.arithmetic import matrix_rate
from cut2next.generation.fit import RESERVE
from cut2next.generation.precision import computes_fp8
from cut2next.training.fit import chosen_way, ways

MMAP_THRESHOLD = -3
"""What glibc's mallopt calls it."""
TIMED = ("the transformer learns", "the optimizer steps")
VARIANTS = ("bf16", "compiled", "fp8", "fp8-compiled")


@dataclass(frozen=True)
class Row:
    """One loop at one size and K."""

    size: str
    variant: str
    each: int
    name: str
    seconds: float
    """Of a step."""
    samples: float
    """A second."""
    ratio: float
    """To the plain loop's samples a second, of the same variant (of fp8, to that of bf16)."""
    teraflops: float
    rate_share: float
    held: float
    """GiB that a step holds beside weights and what is trained."""
    estimated: float | None
    trained: float
    """GiB of what is trained, with gradients, masters and the optimizer's state."""


def seconds(work: Work, device: torch.device) -> float:
    """Of one call, all that it starts on the device included; on the CPU, of computing alone."""
    on_card = device.type == "cuda"
    clock = time.perf_counter if on_card else time.process_time
    begun = clock()
    work()
    if on_card:
        torch.cuda.synchronize()
    return clock() - begun


def timed(loops: Loops, works: dict[str, Work], until: float) -> dict[str, float]:
    """Median seconds by row; none but the first round begins when time is up."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for repeat in range(loops.args.repeats):
        if repeat and time.monotonic() > until:
            break
        for name, work in works.items():
            found[name].append(seconds(work, loops.device))
    return {name: statistics.median(times) for name, times in found.items()}


def held_bytes(work: Work, device: torch.device) -> tuple[int, float]:
    """The most that a step holds beside what is there before, and its seconds.

    On the CPU it is of resident memory.
    """
    gc.collect()
    if device.type == "cuda":
        torch.cuda.synchronize()
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        took = seconds(work, device)
        return torch.cuda.max_memory_allocated() - before, took
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts anew from here
    before = resident("VmRSS")
    took = seconds(work, device)
    return resident("VmHWM") - before, took


def resident(name: str) -> int:
    """Bytes of this process in memory: now (VmRSS), or at most so far (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return int(kilobytes) * 1024


def measured(loops: Loops, size: str, variant: str, each: int, known: "Known") -> list[Row]:
    """Every loop at one size and K."""
    args, learning = loops.args, learning_of(loops.args, size, each)
    works = loops.rows(size, each)
    if variant.endswith("compiled"):  # which takes memory of its own
        for work in works.values():
            work()
    first = {name: held_bytes(work, loops.device) for name, work in works.items()}
    held = {name: peak for name, (peak, _) in first.items()}
    times = {name: took for name, (_, took) in first.items()}
    times |= timed(loops, works, known.until) if args.repeats else {}
    beside = variant.endswith("compiled"), size, each
    if "plain" in times:
        known.plain[beside] = times["plain"]
    said = None if args.toy else needed(args, learning).step.of(loops.fit.checkpointed).bytes
    rows = []
    for name, took in times.items():
        rate = flops(args, learning, name) / took / 1e12
        rows.append(
            Row(
                size=size,
                variant=variant,
                each=each,
                name=name,
                seconds=took,
                samples=each / took,
                ratio=known.plain.get(beside, float("nan")) / took,
                teraflops=rate,
                rate_share=rate / known.rate,
                held=held[name] / 2**30,
                estimated=said / 2**30 if said and name == "ours" else None,
                trained=loops.trained_bytes(name) / 2**30,
            )
        )
    return rows


@dataclass
class Known:
    """What one variant tells the next."""

    rate: float
    until: float
    plain: dict[tuple[bool, str, int], float]
    """Seconds of the plain loop's step, by whether it is compiled, size and K."""


def compare(args: argparse.Namespace, rate: float) -> list[dict[str, object]]:
    """Every variant, size and K, as long as there is time."""
    if args.device == "cpu":
        _warm(args)
    known = Known(rate, time.monotonic() + 60 * args.minutes, {})
    found: list[dict[str, object]] = []
    for variant in args.variant:
        loops = Loops(args, variant)
        print(f"{variant}: {args.checkpointed:.0%} of the blocks checkpointed", flush=True)
        show_columns()
        for size in args.size:
            for each in args.each:
                if time.monotonic() > known.until:
                    print(f"{size} K={each}: left out, {args.minutes} minutes are over")
                    continue
                rows = measured(loops, size, variant, each, known)
                show(rows)
                found += [asdict(row) for row in rows]
        del loops  # before the next ones take their room
        gc.collect()
        if args.device == "cuda":
            torch.cuda.empty_cache()
    return found


def within(args: argparse.Namespace) -> dict[str, object]:
    """Some steps with the allocator held to so many GiB, in the way that `plan` chooses."""
    device, size, each = torch.device(args.device), args.size[-1], args.each[0]
    on_card, room = device.type == "cuda", int(args.within * 2**30)
    if on_card:
        whole = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, (room - RESERVE) / whole))
    learning = learning_of(args, size, each)
    said = needed(args, learning)
    among = list(ways(said, fp8=computes_fp8(device), cached_texts=[True]))
    fit = chosen_way(said, room, among)
    before = 0 if on_card else _warm(args)
    model = random_transformer(args, fit)
    optimizer = adapted(model, fit, args.rank, device)
    batch = random_batch(learning, model, device)

    def step() -> None:
        our_step(model, batch, optimizer)

    took = [seconds(step, device) for _ in range(args.repeats + 1)][-max(1, args.repeats) :]
    peak = torch.cuda.max_memory_allocated() if on_card else resident("VmHWM") - before
    estimated = max(said.phases(fit)[phase] for phase in TIMED)
    a_sample = statistics.median(took) / each
    way = f"{fit.precision}, {fit.optimizer}, {fit.checkpointed:.0%} of the blocks checkpointed"
    print(f"{size} K={each} within {args.within:g} GiB: {way}")
    print(
        f"peak {peak / 2**30:.2f} GiB, estimated {estimated / 2**30:.2f} "
        f"({estimated / peak - 1:+.1%}); {a_sample:.3f} s a sample"
    )
    told = {"size": size, "each": each, "within": args.within, "fit": vars(fit)}
    return {**told, "peak": peak, "estimated": estimated, "seconds": a_sample}


def _warm(args: argparse.Namespace) -> int:
    """Resident memory once libraries have worked."""
    tiny = argparse.Namespace(**{**vars(args), "toy": True, "full": False, "rank": 2})
    loops = Loops(tiny, "bf16")
    loops.rows("64x48", 1)["ours"]()
    del loops
    gc.collect()
    return resident("VmRSS")


def show_columns() -> None:
    columns = ("s a step", "samples/s", "× plain", "TFLOP/s", "of rate", "GiB held", "said")
    print(f"{'':22}" + "".join(f"{column:>10}" for column in (*columns, "trained")))


def show(rows: list[Row]) -> None:
    """Of one size and K."""
    for row in rows:
        said = "" if row.estimated is None else f"{row.estimated:.3f}"
        print(
            f"{row.size:>9} K={row.each} {row.name:9}{row.seconds:>10.3f}{row.samples:>10.4f}"
            f"{row.ratio:>10.2f}{row.teraflops:>10.3f}{row.rate_share:>10.0%}{row.held:>10.3f}"
            f"{said:>10}{row.trained:>10.3f}",
            flush=True,
        )


def main() -> None:
    """Measure, and show."""
    args = parsed()
    device = torch.device(args.device)
    if device.type == "cpu":  # what is freed goes back at once, so that memory can be told
        ctypes.CDLL("libc.so.6").mallopt(MMAP_THRESHOLD, 2**20)
    name = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor()
    rate = matrix_rate(args.device, 256 if args.toy else args.peak_side) / 1e12
    about = f"{name or platform.machine()}, {torch.get_num_threads()} threads"
    depth = "57 blocks" if args.full else f"{args.blocks} + {args.blocks} blocks of 57"
    print(f"{about}, {depth}, rank {args.rank}, {rate:.3f} TFLOP/s in one matrix product")
    told = {"machine": about, "depth": depth, "rank": args.rank, "rate": rate}
    found = {"within": within(args)} if args.within else {"rows": compare(args, rate)}
    if args.json:
        args.json.write_text(json.dumps({**told, **found}, indent=1))


def parsed() -> argparse.Namespace:
    """What to measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--device", default="cpu", choices=["cpu", "cuda"])
    add("--full", action="store_true", help="all 57 blocks")
    add("--blocks", type=int, default=1, metavar="N", help="of each kind, unless all (1)")
    add("--size", nargs="+", default=["512x512", "1024x576"], metavar="WxH")
    add("--each", nargs="+", type=int, default=[1, 2, 4], metavar="K")
    add("--variant", nargs="+", default=["bf16"], choices=VARIANTS, metavar="NAME")
    add("--rank", type=int, default=RANK, help="of the LoRA")
    add("--checkpointed", type=float, help="share of the blocks (all on a card, else none)")
    add("--repeats", type=int, default=5, help="rounds after the one that tells memory (5)")
    add("--minutes", type=float, default=5.0, help="after which nothing new is begun")
    add("--within", type=float, default=0, metavar="GIB", help="steps in so much memory instead")
    add("--peak-side", type=int, default=4096, help="of the matrices that the rate is taken of")
    add("--toy", action="store_true", help="a tiny width, to try the script")
    add("--json", type=Path)
    args = parser.parse_args()
    if args.checkpointed is None:
        args.checkpointed = 1.0 if args.device == "cuda" else 0.0
    return args


if __name__ == "__main__":
    try:
        main()
    except Cut2NextError as error:
        sys.exit(str(error))
