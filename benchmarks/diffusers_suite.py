"""How many of diffusers' own tests of its FLUX.1 pass with its own classes, and with ours.

    python benchmarks/diffusers_suite.py DIFFUSERS_CHECKOUT ours|stock [PYTEST_OPTION …]

diffusers' wheel ships no tests: give a checkout of its repository, near the version installed. Its
tests of FLUX.1's pipeline and transformer run as they stand there, on a CPU and offline; both ways
over the same small random components, since its own come from the network. What is adapted for
ours, and nothing else: how the weights were trained is told, a prompt in one string is the next
shot's, every call gets a grey current shot, and the transformer finds text and latents in segments.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import diffusers  # noqa: F401  # what is installed, before the checkout comes into sight
import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.modeling_outputs import Transformer2DModelOutput
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from PIL import Image
from torch import Tensor

from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.backbones.mini import architecture
from cut2next.conditioning import CLOSED, Layout, Segment, SegmentInputs
from cut2next.film import HierarchicalPrompt, IndividualPrompt, RelationalPrompt
from cut2next.generation.pipeline import Cut2NextPipeline

SUITES = {
    "pipeline": "tests/pipelines/flux/test_pipeline_flux.py",
    "model": "tests/models/transformers/test_models_transformer_flux.py",
}
SIDE = 32
"""Of all pictures, pixels."""
TRAINED = {
    "table": CLOSED.name,
    "prompt_tokens": {"relational prompt": 8, "current prompt": 8, "next prompt": 40},
}
SQUIRREL = "a painting of a squirrel eating a burger"


def main() -> int:
    """Runs both suites on the classes that are asked for, and counts."""
    checkout, whose, *options = sys.argv[1:]
    os.environ["HF_HUB_OFFLINE"] = "1"
    files = [str(Path(checkout, file)) for file in SUITES.values()]
    alone = ["-c", os.devnull, "--rootdir", checkout, "-p", "no:cacheprovider"]
    adapting = Adapting(ours=whose == "ours")
    code = pytest.main([*files, *alone, "-W", "ignore", "-q", "-rfE", *options], plugins=[adapting])
    for suite, count in adapting.counts.items():
        print(f"{whose}, {suite}: {count['passed']} of {count['passed'] + count['failed']} passed")
    return int(code)


class Adapting:
    """A plugin that puts the classes to be tested into diffusers' test files."""

    def __init__(self, *, ours: bool) -> None:
        self.ours = ours
        self.counts = {suite: Counter[str]() for suite in SUITES}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Once the files are imported, before anything runs."""
        modules = {item.module.__name__.split(".")[1]: item.module for item in session.items}
        if "pipelines" in modules:
            config = modules["pipelines"].FluxPipelineTesterConfig
            config.output_shape = (3, SIDE, SIDE)
            config.get_dummy_components = self._components
            config.get_dummy_inputs = self._inputs
            if self.ours:
                _test_our_pipeline(config)
        if "models" in modules and self.ours:
            modules["models"].FluxTransformerTesterConfig.model_class = FluxNames

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Counts what passed and failed; skipped tests want a GPU, the network or a package."""
        if report.outcome != "skipped" and (report.when == "call" or report.failed):
            suite = next(name for name, file in SUITES.items() if file in report.nodeid)
            self.counts[suite][report.outcome] += 1

    def _components(self, num_layers: int = 1, num_single_layers: int = 1) -> dict[str, Any]:
        torch.manual_seed(0)
        tokenizer = architecture.tokenizer([SQUIRREL])
        transformer = Flux1Transformer if self.ours else FluxTransformer2DModel
        return {
            "scheduler": FlowMatchEulerDiscreteScheduler(),
            "text_encoder": architecture.pooled_encoder(len(tokenizer)),
            "text_encoder_2": architecture.words_encoder(len(tokenizer)),
            "tokenizer": tokenizer,
            "tokenizer_2": tokenizer,
            "transformer": transformer(
                in_channels=64,
                num_layers=num_layers,
                num_single_layers=num_single_layers,
                attention_head_dim=16,
                num_attention_heads=2,
                joint_attention_dim=128,
                pooled_projection_dim=128,
                axes_dims_rope=(4, 4, 8),
            ),
            "vae": _autoencoder(),
            **({} if self.ours else {"image_encoder": None, "feature_extractor": None}),
        }

    def _inputs(self) -> dict[str, Any]:
        grey = {"image": Image.new("RGB", (SIDE, SIDE), "gray")}
        return {
            "prompt": SQUIRREL,
            "generator": torch.Generator().manual_seed(0),
            "num_inference_steps": 2,
            "guidance_scale": 5.0,
            "height": SIDE,
            "width": SIDE,
            "output_type": "pt",
            **(grey if self.ours else {"max_sequence_length": 42}),
        }


def _autoencoder() -> AutoencoderKL:
    """FLUX.1's in small, with four channels."""
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(4,) * 4,
        latent_channels=16,
        norm_num_groups=4,
        mid_block_add_attention=False,
        use_quant_conv=False,
        use_post_quant_conv=False,
        shift_factor=0.06,
        scaling_factor=1.5,
    )


def _test_our_pipeline(config: Any) -> None:
    from tests.pipelines.testing_utils.lora import TEXT_ENCODER_TARGET_MODULES

    TEXT_ENCODER_TARGET_MODULES["t5"] = ["q", "k", "v", "o"]  # FLUX's own has no LoRAs on T5
    config.pipeline_class = Cut2NextPipeline
    config.required_input_params_in_call_signature = {"image", "prompt", "height", "width"}
    for name in ("__init__", "__call__", "encode_prompt"):
        setattr(Cut2NextPipeline, name, _told(getattr(Cut2NextPipeline, name)))


def _told(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of the pipeline that is told what diffusers' tests do not know of."""

    @wraps(method)
    def told(self: Any, *arguments: Any, **settings: Any) -> Any:
        if method.__name__ == "__init__":
            settings = {**TRAINED, **settings}
        elif "prompt" in settings:
            settings["prompt"] = _spoken(settings["prompt"])
        return method(self, *arguments, **settings)

    return told


def _spoken(prompt: Any) -> Any:
    """A string as the next shot's prompt, and so each of several."""
    if isinstance(prompt, list):
        return [_spoken(each) for each in prompt]
    if not isinstance(prompt, str):
        return prompt
    return HierarchicalPrompt(
        relational=RelationalPrompt(transition="a cut"),
        current=IndividualPrompt(summary="a burger"),
        next=IndividualPrompt(summary=prompt),
    )


class FluxNames(Flux1Transformer):
    """Our transformer, given what diffusers' own takes: a third of the text for each prompt."""

    def forward(
        self,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor,
        pooled_projections: Tensor,
        timestep: Tensor,
        return_dict: bool = True,
        **_: Any,
    ) -> Any:
        """The next shot is the latents [B, L, C], the current one has as many zeros."""
        text = encoder_hidden_states.tensor_split(3, dim=1)
        prompts = dict(zip(CLOSED.prompts, text, strict=True))
        shots = {Segment.CURRENT_SHOT: 0 * hidden_states, Segment.NEXT_SHOT: hidden_states}
        layout = Layout(
            table=CLOSED,
            prompt_tokens={prompt: x.shape[1] for prompt, x in prompts.items()},
            shot_sizes=dict.fromkeys(shots, (1, hidden_states.shape[1])),
        )
        pooled = dict.fromkeys(prompts, pooled_projections)
        inputs = SegmentInputs({**prompts, **shots}, pooled)
        made = super().forward(inputs, timestep, layout.step()).velocity
        return Transformer2DModelOutput(sample=made) if return_dict else (made,)


# What is checkpointed is asked for by this name.
FluxNames.__name__ = FluxTransformer2DModel.__name__


if __name__ == "__main__":
    sys.exit(main())
