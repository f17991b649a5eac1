"""Training a LoRA on FLUX.1's width: samples a second and memory, beside a plain loop.

    python benchmarks/training.py                                    # a block of each kind, CPU
    python benchmarks/training.py --device cuda --full --variant bf16 compiled fp8 fp8-compiled
    python benchmarks/training.py --device cuda --full --within 24   # as a card of 24 GiB would

A step is forward and backward over K next shots of one current shot, clipping, and the optimizer.
"plain" is the loop of diffusers' FLUX LoRA example over the same tokens: its own transformer with a
PEFT LoRA of the same rank on the same layers, all three prompts and both shots in one sequence
without a mask, a sample for each next shot, AdamW on the LoRA as it is. Both have the same random
weights, and are timed in turn within one process, so that a machine whose speed drifts treats them
alike; medians are shown, and after each K how many times as many samples a second ours is.

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
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from torch import Tensor, nn

from cut2next.backbones.flux1.backbone import Flux1Backbone
from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.backbones.lora import RANK, inject, lora_config
from cut2next.conditioning import CLOSED, Layout, Segment, SegmentInputs
from cut2next.film import Cut2NextError
from cut2next.generation.fit import RESERVE, Precision
from cut2next.generation.memory import Making, demand
from cut2next.generation.precision import computes_fp8, quantise
from cut2next.training.checkpointing import checkpoint_blocks
from cut2next.training.fit import Optimizer, TrainingDemand, TrainingFit, chosen_way, ways
from cut2next.training.frozen import freeze_quantised
from cut2next.training.memory import Learning, training_demand
from cut2next.training.optimizer import MasterOptimizer
from cut2next.training.step import Batch, next_shot_loss

PROMPT_TOKENS = {
    Segment.RELATIONAL_PROMPT: 128,
    Segment.CURRENT_PROMPT: 256,
    Segment.NEXT_PROMPT: 256,
}
TOKEN = 16
"""Pixels of a packed token, each way."""
GUIDANCE, RATE, CLIP = 3.5, 1e-4, 1.0
VARIANTS = ("bf16", "compiled", "fp8", "fp8-compiled")

Work = Callable[[], object]


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


class Bench:
    """A model of random weights and its stock twin, each with a LoRA and an optimizer."""

    def __init__(self, args: argparse.Namespace, variant: str) -> None:
        self.args, self.device = args, torch.device(args.device)
        fp8 = Precision.FP8 if variant.startswith("fp8") else Precision.BF16
        self.fit = TrainingFit(precision=fp8, checkpointed=args.checkpointed)
        self.ours = random_transformer(args, self.fit)
        self.stock = None if variant.startswith("fp8") else self._stock()
        self.optimizer = adapted(self.ours, self.fit, args.rank, self.device)
        if variant.endswith("compiled"):
            for model in filter(None, (self.ours, self.stock)):
                model.compile_repeated_blocks(fullgraph=True, dynamic=False)

    def _stock(self) -> Any:
        with torch.device("meta"):
            stock = FluxTransformer2DModel(**shape(self.args))
        stock.load_state_dict(self.ours.state_dict(), assign=True)
        stock.requires_grad_(False).train()
        with torch.device(self.device):
            stock.add_adapter(lora_config(Flux1Backbone.lora_targets, self.args.rank))
        checkpoint_blocks(stock, self.fit.checkpointed)
        learnt = [weight for weight in stock.parameters() if weight.requires_grad]
        self.plain_optimizer = torch.optim.AdamW(learnt, lr=RATE, weight_decay=1e-4)
        self.plain_learnt = learnt
        return stock

    def rows(self, size: str, each: int) -> dict[str, Work]:
        """A step of each loop."""
        torch.compiler.reset()  # what was compiled for another size
        learning = learning_of(self.args, size, each)
        batch = random_batch(learning, self.ours, self.device)
        rows: dict[str, Work] = {"ours": lambda: our_step(self.ours, batch, self.optimizer)}
        if self.stock is not None:
            given = one_sequence(batch, self.device)
            rows = {"plain": lambda: self._plain_step(batch, given), **rows}
        return rows

    def _plain_step(self, batch: Batch, given: dict[str, Tensor]) -> None:
        clean = batch.clean
        noise, t = torch.randn_like(clean), torch.rand(len(clean), device=self.device)
        at = t.to(clean.dtype)[:, None, None]
        noisy = (1 - at) * clean + at * noise
        shots = torch.cat([given["current"], noisy], dim=1)
        rest = {name: x for name, x in given.items() if name != "current"}
        said = self.stock(hidden_states=shots, timestep=t, **rest, return_dict=False)[0]
        velocity = said[:, -clean.shape[1] :]
        loss = (velocity.float() - (noise - clean).float()).square().mean()
        loss.backward()
        nn.utils.clip_grad_norm_(self.plain_learnt, CLIP)
        self.plain_optimizer.step()
        self.plain_optimizer.zero_grad()

    def trained_bytes(self, name: str) -> int:
        """Of what is trained, a gradient of the same size included."""
        model = self.ours if name == "ours" else self.stock
        learnt = [weight for weight in model.parameters() if weight.requires_grad]
        kept = (
            [*self.optimizer.masters, *states(*self.optimizer.parts.values())]
            if name == "ours"
            else states(self.plain_optimizer)
        )
        return sum(tensor.nbytes for tensor in (*learnt, *learnt, *kept))


def states(*optimizers: torch.optim.Optimizer) -> list[Tensor]:
    """What optimizers keep."""
    return [
        x
        for optimizer in optimizers
        for state in optimizer.state.values()
        for x in state.values()
        if isinstance(x, Tensor)
    ]


def our_step(model: Flux1Transformer, batch: Batch, optimizer: MasterOptimizer) -> None:
    """A step as a run makes it, of one micro-batch."""
    clean = batch.clean
    noise = torch.randn(clean.shape, device=clean.device)
    times = torch.rand(len(clean), device=clean.device)
    next_shot_loss(model, batch, times, noise, guidance=GUIDANCE).mean.backward()
    optimizer.step(1.0, CLIP)


def random_transformer(args: argparse.Namespace, fit: TrainingFit) -> Flux1Transformer:
    """Made and quantised on the device block by block: in bfloat16 it may never fit there."""
    device, torch_type = torch.device(args.device), torch.bfloat16
    with torch.device("meta"):
        model = Flux1Transformer(**shape(args))
    nn.Module.to(model, torch_type)
    stacks = (model.transformer_blocks, model.single_transformer_blocks)
    blocks = [nn.ModuleList([block]) for stack in stacks for block in stack]  # has its number
    torch.manual_seed(0)
    for part in [*blocks, *(child for child in model.children() if child not in stacks)]:
        part.to_empty(device=device)
        for weight in part.parameters():
            nn.init.normal_(weight, std=0.02)
        if part in blocks:
            quantise(part, fit.precision, device, in_fp8=computes_fp8(device))
    freeze_quantised(model)
    return model.requires_grad_(False).train()


def adapted(
    model: Flux1Transformer, fit: TrainingFit, rank: int, device: torch.device
) -> MasterOptimizer:
    """Puts a LoRA on a model, and has blocks checkpointed; returns what steps it."""
    with torch.device(device):
        inject(model, "lora", rank, rank)
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.to(torch.bfloat16)
    checkpoint_blocks(model, fit.checkpointed)
    eight = fit.optimizer is Optimizer.ADAMW_8BIT
    return MasterOptimizer(model, learning_rate=RATE, eight_bit=eight)


def learning_of(args: argparse.Namespace, size: str, each: int) -> Learning:
    """What is learnt at a time."""
    width, height = map(int, size.split("x"))
    side = (height // TOKEN, width // TOKEN)
    shots = {Segment.CURRENT_SHOT: side, Segment.NEXT_SHOT: side}
    layout = Layout(table=CLOSED, prompt_tokens=PROMPT_TOKENS, shot_sizes=shots)
    return Learning(layout=layout, rank=args.rank, each=each)


def random_batch(learning: Learning, model: Flux1Transformer, device: torch.device) -> Batch:
    """K next shots of one current shot."""
    layout, config = learning.layout, model.config

    def normal(segment: Segment, *sides: int) -> Tensor:
        count = 1 if segment.is_context else learning.each
        return torch.randn(count, *sides, device=device).to(torch.bfloat16)

    width = {True: config["joint_attention_dim"], False: config["in_channels"]}
    tokens = {
        segment: normal(segment, layout.tokens(segment), width[segment.is_prompt])
        for segment in CLOSED.segments
    }
    vector = config["pooled_projection_dim"]
    pooled = {segment: normal(segment, vector) for segment in CLOSED.prompts}
    clean = tokens.pop(Segment.NEXT_SHOT)
    weights = torch.ones(clean.shape[:2], device=device)
    return Batch(layout=layout, inputs=SegmentInputs(tokens, pooled), clean=clean, weights=weights)


def one_sequence(batch: Batch, device: torch.device) -> dict[str, Tensor]:
    """What diffusers' transformer takes besides the noisy next shot: a sample for each of them."""
    inputs, layout, cuts = batch.inputs.of_batch(len(batch.clean)), batch.layout, len(batch.clean)
    prompts, shots = [*PROMPT_TOKENS], [Segment.CURRENT_SHOT, Segment.NEXT_SHOT]

    def positions(segments: list[Segment]) -> Tensor:
        return torch.cat([layout.positions(segment, device) for segment in segments])

    return {
        "current": inputs.tokens[Segment.CURRENT_SHOT],
        "encoder_hidden_states": torch.cat([inputs.tokens[prompt] for prompt in prompts], dim=1),
        "pooled_projections": inputs.pooled[Segment.NEXT_PROMPT],
        "guidance": torch.full((cuts,), GUIDANCE, device=device),
        "txt_ids": positions(prompts),
        "img_ids": positions(shots),
    }


def flops(args: argparse.Namespace, learning: Learning, name: str) -> float:
    """Of a step, by hand: 12 matrices of width × width a token and block, two operations a number.

    Backward, frozen matrices cost as much as forward, a LoRA twice as much, attention two and a
    half times.
    """
    config = {**FLUX, **shape(args)}
    width = config["attention_head_dim"] * config["num_attention_heads"]
    doubles, singles = config["num_layers"], config["num_single_layers"]
    # Sides of the adapted matrices of a token's stream: q, k, v, out and feed-forward; then those
    # of a single-stream block.
    sides = doubles * (4 * 2 + 2 * 5) + singles * (3 * 2 + 5 + 6)
    count = learning.layout.tokens
    prompts = [count(prompt) for prompt in PROMPT_TOKENS]
    relation, current, following = prompts
    shot, noisy = count(Segment.CURRENT_SHOT), count(Segment.NEXT_SHOT)
    each, clean, moving = learning.each, current + shot, following + noisy
    if name == "plain":
        whole = relation + clean + moving
        tokens, pairs = each * whole, each * whole**2
    else:
        tokens = clean + each * (relation + moving)
        own = relation * (clean + relation) + moving * (relation + shot + moving)
        pairs = clean**2 + each * own
    base = 2 * tokens * 12 * width**2 * (doubles + singles)
    lora = 2 * tokens * learning.rank * width * sides
    attention = 4 * width * pairs * (doubles + singles)
    return 2 * base + 3 * lora + 3.5 * attention


FLUX: dict[str, Any] = {
    "num_layers": 19,
    "num_single_layers": 38,
    "attention_head_dim": 128,
    "num_attention_heads": 24,
    "guidance_embeds": True,
}


def shape(args: argparse.Namespace) -> dict[str, Any]:
    """FLUX.1-dev's own, of few blocks unless all are wanted, or a test's."""
    depth = {} if args.full else {"num_layers": args.blocks, "num_single_layers": args.blocks}
    narrow = {
        "attention_head_dim": 16,
        "num_attention_heads": 2,
        "joint_attention_dim": 32,
        "pooled_projection_dim": 16,
        "axes_dims_rope": (4, 6, 6),
    }
    return {**FLUX, **depth, **(narrow if args.toy else {})}


def seconds(work: Work, device: torch.device) -> float:
    """Of one call, all that it starts on the device included."""
    begun = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - begun


def timed(bench: Bench, works: dict[str, Work], until: float) -> dict[str, float]:
    """Median seconds by row; the first round warms up, and none begins when time is up."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for repeat in range(bench.args.repeats + 1):
        if repeat > 1 and time.monotonic() > until:
            break
        for name, work in works.items():
            took = seconds(work, bench.device)
            if repeat:
                found[name].append(took)
    return {name: statistics.median(times) for name, times in found.items()}


def held_bytes(work: Work, device: torch.device) -> int:
    """The most that a step holds beside what is there before: on the CPU, of resident memory."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.synchronize()
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        work()
        return torch.cuda.max_memory_allocated() - before
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts anew from here
    before = resident("VmRSS")
    work()
    return resident("VmHWM") - before


def resident(name: str) -> int:
    """Bytes of this process in memory: now (VmRSS), or at most so far (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return int(kilobytes) * 1024


def matrix_rate(device: torch.device, side: int) -> float:
    """Teraflops of one large matrix product on this machine, in this run: the best of ten."""
    a, b = (torch.randn(side, side, device=device).to(torch.bfloat16) for _ in range(2))
    times = 4 if device.type == "cuda" else 1  # so that starting one is not what is timed

    def products() -> None:
        for _ in range(times):
            a @ b

    best = min(seconds(products, device) for _ in range(10))
    return times * 2 * side**3 / best / 1e12


def needed(args: argparse.Namespace, learning: Learning) -> TrainingDemand:
    """As `cut2next plan --train` estimates it."""
    released = Flux1Backbone.released["black-forest-labs/FLUX.1-dev"]
    known = {**released, "transformer": shape(args)}
    making = demand(Flux1Backbone, known, Making(learning.layout))
    return training_demand(Flux1Backbone, known, making, learning)


def measured(bench: Bench, size: str, variant: str, each: int, known: "Known") -> list[Row]:
    """Every loop at one size and K."""
    args, learning = bench.args, learning_of(bench.args, size, each)
    works = bench.rows(size, each)
    times = timed(bench, works, known.until)
    held = {name: held_bytes(work, bench.device) for name, work in works.items()}
    if "plain" in times:
        known.plain[size, each] = times["plain"]
    said = None if args.toy else needed(args, learning).step.of(bench.fit.checkpointed).bytes
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
                ratio=known.plain.get((size, each), float("nan")) / took,
                teraflops=rate,
                rate_share=rate / known.rate,
                held=held[name] / 2**30,
                estimated=said / 2**30 if said and name == "ours" else None,
                trained=bench.trained_bytes(name) / 2**30,
            )
        )
    return rows


@dataclass
class Known:
    """What one variant tells the next."""

    rate: float
    until: float
    plain: dict[tuple[str, int], float]
    """Seconds of the plain loop's step, by size and K."""


def compare(args: argparse.Namespace, rate: float) -> list[dict[str, object]]:
    """Every variant, size and K, as long as there is time."""
    known = Known(rate, time.monotonic() + 60 * args.minutes, {})
    found: list[dict[str, object]] = []
    for variant in args.variant:
        bench = Bench(args, variant)
        print(f"{variant}: {args.checkpointed:.0%} of the blocks checkpointed", flush=True)
        show_columns()
        for size in args.size:
            for each in args.each:
                if time.monotonic() > known.until:
                    print(f"{size} K={each}: left out, {args.minutes} minutes are over")
                    continue
                rows = measured(bench, size, variant, each, known)
                show(rows)
                found += [asdict(row) for row in rows]
        del bench  # before the next one takes its room
        gc.collect()
    return found


def within(args: argparse.Namespace) -> dict[str, object]:
    """Some steps with the allocator held to so many GiB, in the way that `plan` chooses."""
    device, size, each = torch.device(args.device), args.size[-1], args.each[0]
    room = int(args.within * 2**30)
    if device.type == "cuda":
        whole = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, (room - RESERVE) / whole))
    learning = learning_of(args, size, each)
    said = needed(args, learning)
    among = ways(said, fp8=computes_fp8(device), cached_texts=[True])
    fit = chosen_way(said, room, list(among))
    model = random_transformer(args, fit)
    optimizer = adapted(model, fit, args.rank, device)
    batch = random_batch(learning, model, device)
    work: Work = lambda: our_step(model, batch, optimizer)  # noqa: E731
    took = [seconds(work, device) for _ in range(args.repeats + 1)][1:]
    peak = torch.cuda.max_memory_allocated() if device.type == "cuda" else resident("VmHWM")
    estimate = said.peak(fit) / 2**30
    way = f"{fit.precision}, {fit.optimizer}, {fit.checkpointed:.0%} of the blocks checkpointed"
    took_each = statistics.median(took) / each
    print(f"{size} K={each} rank {args.rank} within {args.within:g} GiB: {way}")
    print(f"peak {peak / 2**30:.2f} GiB, estimated {estimate:.2f}; {took_each:.3f} s a sample")
    told = {"size": size, "within": args.within, "estimated": estimate, "fit": vars(fit)}
    return {**told, "peak": peak / 2**30, "seconds": took_each}


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
    name = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor()
    rate = matrix_rate(device, 256 if args.toy else args.peak_side)
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
    add("--repeats", type=int, default=5)
    add("--minutes", type=float, default=7.0, help="after which nothing new is begun")
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
