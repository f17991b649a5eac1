"""The two loops that `training.py` compares, on FLUX.1's width with random weights.

Ours, and the plain one of diffusers' FLUX LoRA example over the same tokens; their arithmetic too.
"""

import argparse
from collections.abc import Callable
from typing import Any

import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from torch import Tensor, nn

from cut2next.backbones.flux1.backbone import Flux1Backbone
from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.backbones.lora import inject, lora_config
from cut2next.conditioning import CLOSED, Layout, Segment, SegmentInputs
from cut2next.generation.fit import Precision
from cut2next.generation.memory import Making, demand
from cut2next.generation.precision import computes_fp8, quantise
from cut2next.training.checkpointing import checkpoint_blocks
from cut2next.training.fit import Optimizer, TrainingDemand, TrainingFit
from cut2next.training.frozen import freeze_quantised
from cut2next.training.memory import Learning, training_demand
from cut2next.training.optimizer import MasterOptimizer
from cut2next.training.step import Batch, next_shot_loss

Work = Callable[[], object]

PROMPT_TOKENS = {
    Segment.RELATIONAL_PROMPT: 128,
    Segment.CURRENT_PROMPT: 256,
    Segment.NEXT_PROMPT: 256,
}
TOKEN = 16
"""Pixels of a packed token, each way."""
GUIDANCE, RATE, CLIP = 3.5, 1e-4, 1.0
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


class Loops:
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


def needed(args: argparse.Namespace, learning: Learning) -> TrainingDemand:
    """As `cut2next plan --train` estimates it."""
    released = Flux1Backbone.released["black-forest-labs/FLUX.1-dev"]
    known = {**released, "transformer": shape(args)}
    making = demand(Flux1Backbone, known, Making(learning.layout))
    return training_demand(Flux1Backbone, known, making, learning)
