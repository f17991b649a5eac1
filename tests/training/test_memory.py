"""What training will need, known before: as measured, and as arithmetic by hand says."""

from copy import deepcopy
from pathlib import Path

import pytest
import torch
from tests.generation.toy import PROMPT_TOKENS, TRANSFORMER, components, lively, toy
from torch import Tensor

from cut2next.backbones.flux1.backbone import Flux1Backbone
from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.backbones.lora import inject
from cut2next.conditioning import CLOSED, PAPER, Layout, Segment, SegmentInputs, SegmentTable
from cut2next.generation.fit import Precision
from cut2next.generation.memory import Making, demand, peak_bytes
from cut2next.generation.precision import quantise
from cut2next.generation.weights import configurations
from cut2next.training.checkpointing import checkpoint_blocks
from cut2next.training.fit import (
    GRADIENT_OF_MASTER,
    SHARES,
    STATE,
    STEPPING,
    Optimizer,
    TrainingDemand,
    TrainingFit,
)
from cut2next.training.frozen import freeze_quantised
from cut2next.training.memory import Learning, training_demand
from cut2next.training.optimizer import MasterOptimizer
from cut2next.training.step import Batch, next_shot_loss

DEV = Flux1Backbone.released["black-forest-labs/FLUX.1-dev"]
DEEP = {**TRANSFORMER, "num_layers": 3, "num_single_layers": 4}
RANK = 4


def learning(table: SegmentTable, size: tuple[int, int], **more: int) -> Learning:
    prompts = {Segment.named(name): count for name, count in PROMPT_TOKENS.items()}
    shots = {Segment.CURRENT_SHOT: size, Segment.NEXT_SHOT: size}
    layout = Layout(table=table, prompt_tokens=prompts, shot_sizes=shots)
    return Learning(layout=layout, rank=RANK, **more)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline with a transformer of several blocks, without its weights: none are read."""
    folder = tmp_path_factory.mktemp("deep")
    # Its own: the parts of all other toys stay in float32.
    parts = {**deepcopy(components()), "transformer": lively(Flux1Transformer(**DEEP))}
    toy(**parts).to(torch.bfloat16).save_pretrained(folder)
    for path in folder.glob("*/*.safetensors"):
        path.unlink()
    return folder


def needed(folder: Path, learnt: Learning) -> TrainingDemand:
    known = configurations(folder)
    making = demand(Flux1Backbone, known, Making(learnt.layout))
    return training_demand(Flux1Backbone, known, making, learnt)


def batch(learnt: Learning, model: Flux1Transformer) -> Batch:
    layout, cuts = learnt.layout, learnt.groups * learnt.each

    def samples(segment: Segment, *shape: int) -> Tensor:
        count = learnt.groups if segment.is_context else cuts
        return torch.randn(count, *shape, dtype=torch.bfloat16)

    config = model.config
    width = {True: config["joint_attention_dim"], False: config["in_channels"]}
    tokens = {
        segment: samples(segment, layout.tokens(segment), width[segment.is_prompt])
        for segment in layout.table.segments
    }
    pooled = {
        segment: samples(segment, config["pooled_projection_dim"])
        for segment in layout.table.prompts
    }
    clean = tokens.pop(Segment.NEXT_SHOT)
    weights = torch.ones(clean.shape[:2])
    return Batch(layout=layout, inputs=SegmentInputs(tokens, pooled), clean=clean, weights=weights)


def measured(learnt: Learning, share: float, precision: Precision = Precision.BF16) -> int:
    """Bytes that the real step holds beside weights and gradients."""
    model = torch.nn.Module.to(Flux1Transformer(**DEEP), torch.bfloat16).train()
    quantise(model, precision)
    freeze_quantised(model)
    inject(model, "lora", RANK)
    checkpoint_blocks(model, share)
    given = batch(learnt, model)
    noise, times = torch.randn(given.clean.shape), torch.rand(len(given.clean))

    def work() -> None:
        next_shot_loss(model, given, times, noise).mean.backward()

    work()  # and there are gradients, as in all micro-batches but the first
    return peak_bytes(work, [model])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "groups", "each"), [(CLOSED, 1, 1), (CLOSED, 2, 2), (PAPER, 1, 3)]
)
def test_a_step_holds_what_it_is_said_to(
    table: SegmentTable, groups: int, each: int, folder: Path
) -> None:
    learnt = learning(table, (16, 12), groups=groups, each=each)
    said = needed(folder, learnt)
    for share in SHARES:
        held = measured(learnt, share)
        assert said.step.of(share).bytes == pytest.approx(held, rel=0.1), share


@pytest.mark.parametrize("optimizer", Optimizer)
def test_an_optimizer_keeps_and_takes_what_it_is_said_to(
    optimizer: Optimizer, folder: Path
) -> None:
    model = torch.nn.Module.to(Flux1Transformer(**DEEP), torch.bfloat16)
    inject(model, "lora", 256)
    learnt = [weight for weight in model.parameters() if weight.requires_grad]
    names = [name for name, weight in model.named_parameters() if weight.requires_grad]
    steps = MasterOptimizer(
        model,
        learning_rate=1e-4,
        matrices=names if optimizer is Optimizer.MUON else (),
        eight_bit=optimizer is Optimizer.ADAMW_8BIT,
    )

    def step() -> None:
        for weight in learnt:
            weight.grad = torch.ones_like(weight)
        steps.step(1.0, clip=1.0)

    step()
    held = peak_bytes(step, [model, torch.nn.ParameterList(steps.masters)])
    numbers = sum(weight.numel() for weight in learnt)
    states = [state for part in steps.parts.values() for state in part.state.values()]
    kept = sum(x.nbytes for state in states for x in state.values() if isinstance(x, Tensor))
    assert kept == pytest.approx(numbers * STATE[optimizer], rel=0.1)
    # PyTorch sees states that are written to, but for those of bitsandbytes.
    seen = 0 if optimizer is Optimizer.ADAMW_8BIT else STATE[optimizer]
    said = seen + GRADIENT_OF_MASTER + STEPPING[optimizer]
    assert held == pytest.approx(numbers * said, rel=0.1)


GIB, TERA = 2**30, 1e12


@pytest.fixture(scope="module")
def full() -> TrainingDemand:
    """FLUX.1-dev at 1024×576, a cut at a time, prompts of 128 and 256 tokens, rank 256."""
    return full_size(1)


def full_size(each: int) -> TrainingDemand:
    side = (36, 64)
    prompts = {
        Segment.RELATIONAL_PROMPT: 128,
        Segment.CURRENT_PROMPT: 256,
        Segment.NEXT_PROMPT: 256,
    }
    layout = Layout(
        table=CLOSED,
        prompt_tokens=prompts,
        shot_sizes={Segment.CURRENT_SHOT: side, Segment.NEXT_SHOT: side},
    )
    making = demand(Flux1Backbone, DEV, Making(layout))
    return training_demand(Flux1Backbone, DEV, making, Learning(layout=layout, rank=256, each=each))


WIDTH, DOUBLE, SINGLE = 3072, 19, 38
TEXT, CLEAN, NOISY = 128 + 256 + 256, 256 + 2304, 128 + 256 + 2304


@pytest.mark.slow
def test_full_size_is_as_arithmetic_by_hand_says(full: TrainingDemand) -> None:
    # Ranks times the sides of all matrices: in a double-stream block q, k, v, out and the two of
    # the feed-forward for either stream; in a single-stream one q, k, v and the two beside them.
    double = 2 * 256 * WIDTH * (4 * 2 + 2 * 5)
    single = 256 * WIDTH * (3 * 2 + 5 + 6)
    assert full.numbers == DOUBLE * double + SINGLE * single == 1_045_954_560

    tokens = CLEAN + NOISY
    # Of a token: 12 matrices of width × width in a block of either kind, two operations a number.
    base = 2 * tokens * 12 * WIDTH**2 * (DOUBLE + SINGLE)
    lora = 2 * tokens * (DOUBLE * double / 2 + SINGLE * single)
    # The clean half reads itself, the relational prompt all that is clean and itself, what is noisy
    # everything but the current prompt.
    relation, noisy = 128, 256 + 2304
    read = (CLEAN, CLEAN + relation, relation + 2304 + noisy)
    pairs = CLEAN * read[0] + relation * read[1] + noisy * read[2]
    attention = 4 * WIDTH * pairs * (DOUBLE + SINGLE)
    forward = base + lora + attention
    assert (base + attention) / TERA == pytest.approx(81, rel=0.02)

    # Nothing of the base is trained: backward it costs as much as forward, a LoRA twice as much,
    # attention two and a half times.
    backward = base + 2 * lora + 2.5 * attention
    assert full.step.kept.flops == pytest.approx(forward + backward, rel=0.03)
    again = full.step.of(1).flops - full.step.kept.flops
    assert again == pytest.approx(forward, rel=0.03)


def test_weights_and_optimizer_of_full_size(full: TrainingDemand) -> None:
    def said(precision: Precision, optimizer: Optimizer) -> float:
        fit = TrainingFit(precision=precision, optimizer=optimizer)
        return (full.making.weights[precision].transformer + full.trained(fit)) / GIB

    assert said(Precision.BF16, Optimizer.ADAMW) == pytest.approx(37.8, rel=0.01)
    assert said(Precision.BF16, Optimizer.ADAMW_8BIT) == pytest.approx(31.9, rel=0.01)
    assert 16.9 < said(Precision.FP8, Optimizer.ADAMW_8BIT) <= 20.9
    assert 11.9 < said(Precision.NF4, Optimizer.ADAMW_8BIT) <= 16.2
