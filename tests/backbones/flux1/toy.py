"""FLUX.1 small enough for a test, with random weights and inputs."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from tests.conditioning.oracle import layout_of
from torch import Tensor

from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.conditioning import KVCache, Layout, Segment, SegmentInputs, SegmentTable

CONFIG: dict[str, Any] = {
    "in_channels": 6,
    "num_layers": 2,
    "num_single_layers": 2,
    "attention_head_dim": 8,
    "num_attention_heads": 2,
    "joint_attention_dim": 10,
    "pooled_projection_dim": 7,
    "axes_dims_rope": (2, 2, 4),
}


def toy(dtype: torch.dtype = torch.float64, **changes: Any) -> Flux1Transformer:
    """The toy model, the same at each call; random throughout, so that no gate is closed."""
    torch.manual_seed(0)
    model: Flux1Transformer = Flux1Transformer(**{**CONFIG, **changes})
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return torch.nn.Module.to(model, dtype)


@dataclass(frozen=True)
class Inputs:
    """What a pass over the toy model takes."""

    tokens: dict[Segment, Tensor]
    pooled: dict[Segment, Tensor]
    timestep: Tensor
    layout: Layout
    guidance: Tensor | None = None

    def velocity(self, model: Flux1Transformer, cache: KVCache | None = None) -> Tensor:
        """The model's velocity for these inputs."""
        cache = cache or KVCache()
        plan = self.layout.step(cache.segments)
        output = model(self.segments, self.timestep, plan, self.guidance, cache)
        velocity: Tensor = output.velocity
        return velocity

    def cache(self, model: Flux1Transformer, *stages: set[Segment]) -> KVCache:
        """The model's cache for these inputs, filled in stages."""
        cache = KVCache()
        for segments in stages:
            plan = self.layout.prefill(segments, cache.segments)
            cache = model.prefill(self.segments, plan, cache)
        return cache

    @property
    def segments(self) -> SegmentInputs:
        """Tokens and pooled vectors."""
        return SegmentInputs(self.tokens, self.pooled)

    def to(self, dtype: torch.dtype) -> "Inputs":
        """The same in another precision."""
        return replace(
            self,
            tokens={segment: x.to(dtype) for segment, x in self.tokens.items()},
            pooled={segment: x.to(dtype) for segment, x in self.pooled.items()},
            timestep=self.timestep.to(dtype),
            guidance=None if self.guidance is None else self.guidance.to(dtype),
        )

    def only(self, sample: int) -> "Inputs":
        """One sample of the batch, as a batch."""
        one = slice(sample, sample + 1)
        return replace(
            self,
            tokens={segment: x[one] for segment, x in self.tokens.items()},
            pooled={segment: x[one] for segment, x in self.pooled.items()},
            timestep=self.timestep[one],
            guidance=None if self.guidance is None else self.guidance[one],
        )

    def repeated(self, draws: int) -> "Inputs":
        """Each sample several times, the draws of a sample being neighbours."""
        return replace(
            self,
            tokens={one: x.repeat_interleave(draws, dim=0) for one, x in self.tokens.items()},
            pooled={one: x.repeat_interleave(draws, dim=0) for one, x in self.pooled.items()},
            timestep=self.timestep.repeat_interleave(draws, dim=0),
        )


def inputs(
    table: SegmentTable,
    batch: int = 2,
    *,
    guidance: bool = False,
    seed: int = 1,
    layout: Layout | None = None,
) -> Inputs:
    """Random inputs in float64; the two shots differ in size."""
    draw = torch.Generator().manual_seed(seed)
    layout = layout or layout_of(table)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, dtype=torch.float64, generator=draw)

    return Inputs(
        tokens={
            segment: normal(
                batch,
                layout.tokens(segment),
                CONFIG["joint_attention_dim"] if segment.is_prompt else CONFIG["in_channels"],
            )
            for segment in table.segments
        },
        pooled={
            segment: normal(batch, CONFIG["pooled_projection_dim"])
            for segment in table.segments
            if segment.is_prompt
        },
        timestep=torch.rand(batch, dtype=torch.float64, generator=draw),
        layout=layout,
        guidance=torch.full((batch,), 3.5, dtype=torch.float64) if guidance else None,
    )


def gradients(model: Flux1Transformer, velocity: Tensor) -> dict[str, Tensor]:
    """The gradient of a stand-in loss by parameter; zero where none arrives."""
    names, parameters = zip(*model.named_parameters(), strict=True)
    found = torch.autograd.grad(velocity.square().mean(), parameters, materialize_grads=True)
    return dict(zip(names, found, strict=True))


def assert_exact(actual: object, expected: object, dtype: torch.dtype = torch.float64) -> None:
    """Equal but for the rounding of `dtype`."""
    atol = 1e-12 if dtype is torch.float64 else 2e-5
    torch.testing.assert_close(actual, expected, rtol=0, atol=atol)
