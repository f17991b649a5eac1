"""A pipeline put onto a card in the way of a `Fit`, from outside."""

import torch
from diffusers.hooks.group_offloading import apply_group_offloading

from cut2next.generation.fit import Fit, Placement, Precision
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.generation.precision import computes_fp8, quantise


def fitted(pipe: Cut2NextPipeline, fit: Fit, device: torch.device | str) -> Cut2NextPipeline:
    """The pipeline on a device in the way of a `Fit`; LoRAs are merged before quantising.

    Under `RELEASED` only the text encoders are put there: encode the prompts, then call
    `release_text_encoders(device)`. Raises InputError for weights that are quantised already.
    """
    if fit.tiled:
        pipe.backbone.tile()
    if fit.precision is not Precision.BF16:
        pipe.merge_loras()
        there = device if fit.placement is Placement.RESIDENT else None
        quantise(pipe.transformer, fit.precision, there, in_fp8=computes_fp8(device))
        quantise(_large_text_encoder(pipe), Precision.INT8, there)
    match fit.placement:
        case Placement.RESIDENT:
            pipe.to(device)
        case Placement.RELEASED:
            for name in pipe.backbone.text_encoders:
                torch.nn.Module.to(getattr(pipe, name), device)
        case Placement.MODEL:
            pipe.enable_model_cpu_offload(device=device)
        case Placement.GROUP:
            _pass_blocks(pipe, torch.device(device))
    return pipe


def _pass_blocks(pipe: Cut2NextPipeline, device: torch.device) -> None:
    away, ahead = torch.device("cpu"), device.type == "cuda"
    pipe.transformer.enable_group_offload(
        onload_device=device,
        offload_device=away,
        offload_type="block_level",
        num_blocks_per_group=1,
        use_stream=ahead,  # the next block comes while one computes
    )
    large = _large_text_encoder(pipe)
    apply_group_offloading(large, device, away, "leaf_level", use_stream=ahead)
    for network in (getattr(pipe, name) for name in pipe.backbone.networks()):
        if network not in (pipe.transformer, large):
            torch.nn.Module.to(network, device)


def _large_text_encoder(pipe: Cut2NextPipeline) -> torch.nn.Module:
    encoder: torch.nn.Module = getattr(pipe, pipe.backbone.large_text_encoder)
    return encoder
