"""FLUX.1 under segment tables: time, ratio to the stock pass, arithmetic rate, memory.

    python benchmarks/flux1.py --variant bf16 compiled lora merged fp8
    python benchmarks/flux1.py --device cuda --full --size 512x512 1024x576 1024x1024 ...

Two blocks of full width on the CPU, all 57 on a card. Rows are timed in turn within one process, on
the same tokens and random weights, again and again, so that a machine whose speed drifts treats
them alike; medians are shown. "stock" is diffusers' own transformer over both shots and all
prompts, without a mask: what a pipeline in the manner of Kontext does; "floor" is its text-to-image
of the next shot alone. A picture is a prefill, where the table keeps something, and all steps.

Variants: bf16, compiled (blocks, anew for every size), lora (rank 256 beside the weights), merged,
fp8 (computed in if the card can) and fp8-compiled. Ratios are to the stock pass of the variant; of
lora and fp8, which diffusers' own model does not have here, to that of bf16 in the same run.
"""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.backbones.lora import RANK, inject
from cut2next.backbones.prepared import Prepared, prepare
from cut2next.conditioning import CLOSED, PAPER, Layout, Segment, SegmentInputs, SegmentTable
from cut2next.film import Cut2NextError
from cut2next.generation.fit import Precision
from cut2next.generation.memory import peak_bytes
from cut2next.generation.precision import computes_fp8, quantise

PROMPT_TOKENS = {
    Segment.RELATIONAL_PROMPT: 128,
    Segment.CURRENT_PROMPT: 256,
    Segment.NEXT_PROMPT: 256,
}
TOKEN = 16
"""Pixels of a packed token, each way."""

GUIDANCE = 3.5

Work = Callable[[], object]

VARIANTS = ("bf16", "compiled", "lora", "merged", "fp8", "fp8-compiled")
ROWS = (
    "stock",
    "stock, dense mask",
    "paper table",
    "closed table, first picture",
    "closed table, each further",
    "floor: text to image",
)


@dataclass(frozen=True)
class Row:
    """What is timed: something done once, then a step."""

    name: str
    fill: Work | None
    step: Work


@dataclass(frozen=True)
class Measured:
    """One row of the table."""

    size: str
    variant: str
    name: str
    fill: float
    step: float
    picture: float
    """Seconds, of a prefill and all steps; those above likewise."""
    ratio: float
    """Of the stock row's picture to this one's: how many times as fast."""
    teraflops: float
    peak_share: float
    memory: float
    """GiB, the most that a step holds beside weights and cache."""


class Bench:
    """A model of random weights, its stock twin, and inputs for one size after the other."""

    def __init__(self, args: argparse.Namespace, variant: str) -> None:
        self.device, self.kind = torch.device(args.device), getattr(torch, args.dtype)
        depth = {} if args.full else {"num_layers": 1, "num_single_layers": 1}
        torch.manual_seed(0)
        with torch.device(self.device):
            torch.set_default_dtype(self.kind)
            self.ours = Flux1Transformer(guidance_embeds=True, **depth, **shape(args)).eval()
            torch.set_default_dtype(torch.float32)
        if variant in ("lora", "merged"):
            self._adapt(args.rank, merge=variant == "merged")
        with torch.device("meta"):
            self.stock = FluxTransformer2DModel(guidance_embeds=True, **depth, **shape(args)).eval()
        self.has_stock = variant not in ("lora", "fp8", "fp8-compiled")
        if self.has_stock:
            self.stock.load_state_dict(self.ours.state_dict(), assign=True)
        if variant.startswith("fp8"):
            quantise(self.ours, Precision.FP8, self.device, in_fp8=computes_fp8(self.device))
        if variant.endswith("compiled"):
            for model in (self.ours, self.stock):
                model.compile_repeated_blocks(fullgraph=True, dynamic=False)

    def _adapt(self, rank: int, *, merge: bool) -> None:
        with torch.device(self.device):
            inject(self.ours, "lora", rank=rank)
        torch.nn.Module.to(self.ours, self.kind)
        for name, weight in self.ours.named_parameters():
            if "lora_B" in name:  # it begins as nothing, and nothing is quick to multiply with
                weight.normal_(std=0.01)
        if merge:
            self.ours.fuse_lora()
            self.ours.unload_lora()

    def resize(self, size: str) -> None:
        """To another size; what was compiled for the last one is forgotten."""
        width, height = map(int, size.split("x"))
        self.size = (height // TOKEN, width // TOKEN)
        torch.compiler.reset()

    def layout(self, table: SegmentTable) -> Layout:
        shots = {Segment.CURRENT_SHOT: self.size, Segment.NEXT_SHOT: self.size}
        return Layout(table=table, prompt_tokens=PROMPT_TOKENS, shot_sizes=shots)

    def rows(self, wanted: Collection[str]) -> list[Row]:
        """Those of `wanted` that this variant has."""
        paper, closed = (self.tabled(table) for table in (PAPER, CLOSED))
        everything, next_alone = list(PAPER.segments), [Segment.NEXT_PROMPT, Segment.NEXT_SHOT]
        works: list[tuple[Work | None, Work]] = [
            (None, self._stock(everything)),
            (None, self._stock(everything, masked=True)),
            (None, paper[1]),
            closed,
            (None, closed[1]),
            (None, self._stock(next_alone)),
        ]
        return [
            Row(name, fill, step)
            for name, (fill, step) in zip(ROWS, works, strict=True)
            if name in wanted and (self.has_stock or " table" in name)
        ]

    def tabled(self, table: SegmentTable) -> tuple[Callable[[], Prepared], Work]:
        layout, tokens, pooled = self.layout(table), self._tokens(), self._pooled()
        t = self._one(0.5)
        inputs, latents = SegmentInputs(tokens, pooled), tokens[Segment.NEXT_SHOT]

        def fill() -> Prepared:
            return prepare(self.ours, inputs, layout, keep=table.cacheable, guidance=GUIDANCE)

        with torch.compiler.set_stance("force_eager"):
            prepared = fill()
        return fill, lambda: prepared.velocity(latents, t)

    def _stock(self, segments: list[Segment], *, masked: bool = False) -> Work:
        layout, tokens = self.layout(PAPER), self._tokens()
        texts = [one for one in segments if one.is_prompt]
        shots = [one for one in segments if not one.is_prompt]
        positions = {one: layout.positions(one, self.device) for one in segments}
        told = {
            "encoder_hidden_states": torch.cat([tokens[one] for one in texts], dim=1),
            "hidden_states": torch.cat([tokens[one] for one in shots], dim=1),
            "txt_ids": torch.cat([positions[one] for one in texts]),
            "img_ids": torch.cat([positions[one] for one in shots]),
            "pooled_projections": self._pooled()[Segment.NEXT_PROMPT],
            "timestep": self._one(0.5),
            "guidance": self._one(GUIDANCE),
        }
        if masked:
            told["joint_attention_kwargs"] = {"attention_mask": self._mask(layout, texts + shots)}
        return lambda: self.stock(**told)

    def _mask(self, layout: Layout, order: list[Segment]) -> Tensor:
        rows = [
            torch.cat([torch.full((layout.tokens(key),), key in PAPER[one].reads) for key in order])
            .expand(layout.tokens(one), -1)
            for one in order
        ]  # fmt: skip
        return torch.cat(rows)[None, None].to(self.device)

    def _tokens(self) -> dict[Segment, Tensor]:
        layout, config = self.layout(PAPER), self.ours.config
        width = {True: config["joint_attention_dim"], False: config["in_channels"]}
        return {
            one: torch.randn(1, layout.tokens(one), width[one.is_prompt], device=self.device).to(
                self.kind
            )
            for one in PAPER.segments
        }

    def _pooled(self) -> dict[Segment, Tensor]:
        width = self.ours.config["pooled_projection_dim"]
        return {
            one: torch.randn(1, width, device=self.device).to(self.kind) for one in PROMPT_TOKENS
        }

    def _one(self, value: float) -> Tensor:
        return torch.full((1,), value, device=self.device)


def shape(args: argparse.Namespace) -> dict[str, object]:
    """FLUX.1's own width, or that of a test."""
    if not args.toy:
        return {}
    return {
        "attention_head_dim": 16,
        "num_attention_heads": 2,
        "joint_attention_dim": 32,
        "pooled_projection_dim": 16,
        "axes_dims_rope": (4, 6, 6),
    }


def seconds(work: Work, device: torch.device) -> float:
    """Of one call, all that it starts on the device included."""
    begun = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - begun


def timed(bench: Bench, rows: list[Row], repeats: int) -> dict[str, tuple[float, float]]:
    """Median seconds of filling and of a step, by row; the first round warms up."""
    found: dict[str, tuple[list[float], list[float]]] = {row.name: ([], []) for row in rows}
    for repeat in range(repeats + 1):
        for row in rows:
            fill = seconds(row.fill, bench.device) if row.fill else 0.0
            step = seconds(row.step, bench.device)
            if repeat:
                found[row.name][0].append(fill)
                found[row.name][1].append(step)
    return {name: tuple(map(statistics.median, both)) for name, both in found.items()}


def measured(
    bench: Bench, args: argparse.Namespace, size: str, variant: str, known: "Known"
) -> list[Measured]:
    """Every row of one size and variant."""
    rows = bench.rows(args.row)
    # Counting works on eager code only, and compiled code computes the same.
    with torch.compiler.set_stance("force_eager"):
        held = {row.name: held_bytes(row.step, bench) for row in rows}
        counted = {row.name: known.flops(size, variant, row) for row in rows}
    times = timed(bench, rows, args.repeats)
    pictures = {name: fill + args.steps * step for name, (fill, step) in times.items()}
    if variant == "bf16" and ROWS[0] in pictures:
        known.stock[size] = pictures[ROWS[0]]
    first = pictures.get(ROWS[0], known.stock.get(size, float("nan")))
    told = []
    for row in rows:
        fill, step = times[row.name]
        rate = counted[row.name] / step / 1e12
        told.append(
            Measured(
                size=size,
                variant=variant,
                name=row.name,
                fill=fill,
                step=step,
                picture=pictures[row.name],
                ratio=first / pictures[row.name],
                teraflops=rate,
                peak_share=rate / known.peak,
                memory=held[row.name] / 2**30,
            )
        )
    return told


class Known:
    """What one variant tells the next."""

    def __init__(self, peak: float) -> None:
        self.peak = peak
        self.stock: dict[str, float] = {}
        """Seconds of a picture of bf16's stock row, by size."""
        self._flops: dict[tuple[str, str], float] = {}

    def flops(self, size: str, variant: str, row: Row) -> float:
        """Of a row's step; a LoRA beside the weights alone makes a difference."""
        if variant == "lora":
            return flops(row.step)
        if (size, row.name) not in self._flops:
            self._flops[size, row.name] = flops(row.step)
        return self._flops[size, row.name]


def held_bytes(work: Work, bench: Bench) -> int:
    """The most that some work holds beside the weights."""
    if bench.device.type != "cuda":
        return peak_bytes(work, [bench.ours, bench.stock])
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    work()
    return torch.cuda.max_memory_allocated() - before


def flops(work: Work) -> float:
    """Of matrix products and attention, counted by torch."""
    with FlopCounterMode(display=False) as counter:
        work()
    return float(counter.get_total_flops())


def peak_rate(device: torch.device, kind: torch.dtype, side: int) -> float:
    """Teraflops of one large matrix product on this machine, in this run: the best of ten."""
    a, b = (torch.randn(side, side, device=device).to(kind) for _ in range(2))
    times = 4 if device.type == "cuda" else 1  # so that starting one is not what is timed

    def products() -> None:
        for _ in range(times):
            a @ b

    best = min(seconds(products, device) for _ in range(10))
    return times * 2 * side**3 / best / 1e12


def cache_size(bench: Bench) -> float:
    """GiB of what the closed table keeps of one cut."""
    fill, _ = bench.tabled(CLOSED)
    return fill().cache.bytes / 2**30


def main() -> None:
    """Measure, and show."""
    args = parsed()
    device = torch.device(args.device)
    name = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor()
    peak = peak_rate(device, getattr(torch, args.dtype), 256 if args.toy else args.peak_side)
    about = f"{name or platform.machine()}, {torch.get_num_threads()} threads, {args.dtype}"
    depth = "57 blocks" if args.full else "2 blocks of 57"
    print(f"{about}, {depth}, {args.steps} steps, {peak:.2f} TFLOP/s in one matrix product")
    told = {"machine": about, "depth": depth, "steps": args.steps, "peak": peak}
    told |= {"torch": torch.__version__}
    found: list[Measured] = []
    known = Known(peak)
    with torch.no_grad():
        for variant in args.variant:
            bench = Bench(args, variant)
            for size in args.size:
                bench.resize(size)
                with torch.compiler.set_stance("force_eager"):
                    kept = cache_size(bench)
                print(f"{size}, {variant}; the closed table keeps {kept:.3f} GiB", flush=True)
                rows = measured(bench, args, size, variant, known)
                show(rows)
                found += rows
                if args.json:
                    every = [asdict(row) for row in found]
                    args.json.write_text(json.dumps({**told, "rows": every}, indent=1))
            del bench  # before the next one takes its room


def show(rows: list[Measured]) -> None:
    """A table of one size and variant."""
    columns = ("fill", "step", "picture", "× stock", "TFLOP/s", "of peak", "GiB")
    print(f"{'':28}" + "".join(f"{column:>10}" for column in columns))
    for row in rows:
        print(
            f"{row.name:28}{row.fill:>9.3f}s{row.step:>9.3f}s{row.picture:>9.2f}s"
            f"{row.ratio:>10.2f}{row.teraflops:>10.2f}{row.peak_share:>10.0%}{row.memory:>10.3f}",
            flush=True,
        )


def parsed() -> argparse.Namespace:
    """What to measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--device", default="cpu", choices=["cpu", "cuda"])
    add("--dtype", default="bfloat16", choices=["bfloat16", "float32"])
    add("--full", action="store_true", help="all 57 blocks, not two")
    add("--size", nargs="+", default=["512x512"], metavar="WxH")
    add("--steps", type=int, default=28)
    add("--repeats", type=int, default=3)
    add("--variant", nargs="+", default=["bf16"], choices=VARIANTS, metavar="NAME")
    add("--rank", type=int, default=RANK, help="of the LoRA")
    add("--row", nargs="+", default=ROWS, choices=ROWS, metavar="NAME")
    add("--peak-side", type=int, default=4096, help="of the matrices that the peak is taken of")
    add("--toy", action="store_true", help="a tiny width, to try the script")
    add("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except Cut2NextError as error:
        raise SystemExit(str(error)) from error
