"""A LoRA makes of the weights what diffusers, PEFT or the arithmetic of its format make of them."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from diffusers.pipelines.flux.pipeline_flux import FluxPipeline
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save_file
from tests.generation.loras import assert_all_close, fresh, merged, written
from tests.generation.toy import TRANSFORMER, components
from torch import Tensor, nn

from cut2next.backbones.flux1.lora_naming import lora_tensors, read_lora
from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.film import WeightsError
from cut2next.generation.pipeline import Cut2NextPipeline

pytestmark = pytest.mark.filterwarnings("ignore:Adapter .* LoRA tensor")  # PEFT's, of biases
WIDTH = 32
TARGETS = ["to_q", "to_k", "add_v_proj", "ff.net.2", "norm1.linear", "proj_mlp", "proj_out"]
Tensors = dict[str, Tensor]


def stock() -> FluxTransformer2DModel:
    theirs: FluxTransformer2DModel = FluxTransformer2DModel(**TRANSFORMER)
    theirs.load_state_dict(components()["transformer"].state_dict())
    return theirs.eval()


def stock_pipeline() -> Any:
    parts = {name: deepcopy(part) for name, part in components().items()}
    return FluxPipeline(**{**parts, "transformer": stock()})


def velocity(theirs: nn.Module) -> Tensor:
    """What diffusers' own model makes of some inputs."""
    chance = torch.Generator().manual_seed(0)
    with torch.no_grad():
        output: Tensor = theirs(
            hidden_states=torch.randn(1, 6, 64, generator=chance),
            encoder_hidden_states=torch.randn(1, 5, 128, generator=chance),
            pooled_projections=torch.randn(1, 128, generator=chance),
            timestep=torch.tensor([0.4]),
            img_ids=torch.arange(6)[:, None].repeat(1, 3),
            txt_ids=torch.zeros(5, 3),
            return_dict=False,
        )[0]
    return output


def by_ours(transformer: nn.Module) -> Tensor:
    """The same, with the weights that ours come to."""
    theirs = stock()
    theirs.load_state_dict(merged(transformer))
    return velocity(theirs)


def assert_alike(ours: Tensor, theirs: Tensor) -> None:
    scale = theirs.abs().max().item()
    torch.testing.assert_close(ours, theirs, rtol=0, atol=2e-5 * scale)
    assert (theirs - velocity(stock())).abs().max() > 1e-2 * scale  # it makes a difference


def lively(network: Any) -> None:
    """Random throughout, what begins as nothing too."""
    chance = torch.Generator().manual_seed(2)
    for name, parameter in network.named_parameters():
        if "lora_magnitude" in name:
            parameter.data *= 1.5
        elif "lora_" in name:
            nn.init.normal_(parameter.data, std=0.1, generator=chance)


CONFIGS: dict[str, dict[str, Any]] = {
    "alpha": {"lora_alpha": 10},
    "patterns": {
        "lora_alpha": 10,
        "alpha_pattern": {"to_k": 3, "^proj_out": 5},
        "rank_pattern": {"to_q": 2},
    },
    "rank-stabilised": {"lora_alpha": 10, "use_rslora": True},
    "biases": {"lora_alpha": 10, "lora_bias": True},
    "DoRA": {"lora_alpha": 10, "use_dora": True},
}


@pytest.mark.parametrize("settings", CONFIGS.values(), ids=CONFIGS.keys())
def test_a_trainers_file_is_as_strong_as_in_diffusers(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    trained = stock()
    trained.add_adapter(LoraConfig(r=4, target_modules=TARGETS, **settings), "new")
    lively(trained)
    layers = get_peft_model_state_dict(trained, adapter_name="new")
    told = trained.peft_config["new"].to_dict()
    told["target_modules"] = sorted(told["target_modules"])
    FluxPipeline.save_lora_weights(
        tmp_path, transformer_lora_layers=layers, transformer_lora_adapter_metadata=told
    )
    pipe, transformer = fresh(), deepcopy(components()["transformer"])
    pipe.load_lora_weights(tmp_path)
    transformer.load_lora_adapter(tmp_path)
    pipe.save_lora_weights(tmp_path / "again.safetensors", tmp_path.name)
    again = fresh()
    again.load_lora_weights(tmp_path / "again.safetensors")
    expected = velocity(trained)
    for ours in (pipe.transformer, transformer, again.transformer):
        assert_alike(by_ours(ours), expected)


@pytest.mark.parametrize("settings", CONFIGS.values(), ids=CONFIGS.keys())
def test_what_we_write_diffusers_reads(settings: dict[str, Any], tmp_path: Path) -> None:
    pipe = fresh()
    pipe.transformer.add_adapter(LoraConfig(r=4, target_modules=TARGETS, **settings), "new")
    lively(pipe.transformer)
    pipe.save_lora_weights(tmp_path / "new.safetensors", "new")
    theirs = stock_pipeline()
    theirs.load_lora_weights(tmp_path / "new.safetensors")
    assert_alike(by_ours(pipe.transformer), velocity(theirs.transformer))


@pytest.mark.parametrize("settings", CONFIGS.values(), ids=CONFIGS.keys())
def test_a_folder_of_peft_is_as_strong_as_in_peft(settings: dict[str, Any], tmp_path: Path) -> None:
    theirs: Any = peft.get_peft_model(stock(), LoraConfig(r=4, target_modules=TARGETS, **settings))
    lively(theirs)
    theirs.save_pretrained(str(tmp_path))
    pipe = fresh()
    pipe.load_lora_weights(tmp_path)
    assert_alike(by_ours(pipe.transformer), velocity(theirs.base_model.model))


def pair(rows: int, across: int, seed: int, rank: int = 4) -> tuple[Tensor, Tensor]:
    chance = torch.Generator().manual_seed(seed)
    down = torch.randn(rank, across, generator=chance)
    return 0.1 * torch.randn(rows, rank, generator=chance), 0.1 * down


def named(
    *matrices: tuple[str, int, int], down: str, up: str, alpha: float | None = 6.0
) -> Tensors:
    """Factors by the names that some program gives them."""
    tensors: Tensors = {}
    for seed, (name, rows, across) in enumerate(matrices):
        tensors[f"{name}.{up}.weight"], tensors[f"{name}.{down}.weight"] = pair(rows, across, seed)
        if alpha is not None:
            tensors[f"{name}.alpha"] = torch.tensor(alpha)
    return tensors


CLIP = "text_model_encoder_layers_0"
T5 = "encoder.block.0.layer.0.SelfAttention.q"
NAMED: dict[str, Callable[[], Tensors]] = {
    "kohya": lambda: named(
        ("lora_unet_double_blocks_0_img_attn_qkv", 3 * WIDTH, WIDTH),
        ("lora_unet_double_blocks_0_txt_mlp_0", 4 * WIDTH, WIDTH),
        ("lora_unet_single_blocks_1_linear2", WIDTH, 5 * WIDTH),
        ("lora_unet_single_blocks_1_modulation_lin", 3 * WIDTH, WIDTH),
        (f"lora_te1_{CLIP}_self_attn_out_proj", 128, 128),
        (f"lora_te1_{CLIP}_self_attn_q_proj", 128, 128),
        down="lora_down",
        up="lora_up",
    ),
    "ComfyUI": lambda: named(
        ("diffusion_model.double_blocks.0.txt_attn.qkv", 3 * WIDTH, WIDTH),
        ("diffusion_model.single_blocks.0.linear2", WIDTH, 5 * WIDTH),
        (f"text_encoders.clip_l.transformer.{CLIP}_mlp_fc1", 256, 128),
        down="lora_down",
        up="lora_up",
    ),
    "OneTrainer": lambda: named(
        ("lora_transformer_transformer_blocks_0_attn_to_q", WIDTH, WIDTH),
        ("lora_transformer_single_transformer_blocks_1_attn_to_v", WIDTH, WIDTH),
        ("lora_transformer_x_embedder", WIDTH, 64),
        (f"lora_te1_{CLIP}_self_attn_q_proj", 128, 128),
        down="lora_down",
        up="lora_up",
    ),
    "XLabs": lambda: named(
        ("double_blocks.0.processor.qkv_lora1", 3 * WIDTH, WIDTH),
        ("double_blocks.0.processor.qkv_lora2", 3 * WIDTH, WIDTH),
        ("double_blocks.0.processor.proj_lora1", WIDTH, WIDTH),
        ("double_blocks.0.processor.proj_lora2", WIDTH, WIDTH),
        ("single_blocks.0.processor.proj_lora", WIDTH, 5 * WIDTH),
        down="down",
        up="up",
        alpha=None,
    ),
    "lora.down": lambda: named(
        ("transformer.transformer_blocks.0.attn.to_q", WIDTH, WIDTH),
        ("transformer.single_transformer_blocks.1.proj_out", WIDTH, 5 * WIDTH),
        down="lora.down",
        up="lora.up",
    ),
}


@pytest.mark.parametrize("program", NAMED)
def test_every_naming_does_what_it_does_in_diffusers(program: str, tmp_path: Path) -> None:
    theirs, pipe = stock_pipeline(), fresh(text_encoder=deepcopy(components()["text_encoder"]))
    save_file(NAMED[program](), tmp_path / "style.safetensors")
    theirs.load_lora_weights(NAMED[program]())
    pipe.load_lora_weights(tmp_path / "style.safetensors")
    assert_alike(by_ours(pipe.transformer), velocity(theirs.transformer))
    words = torch.arange(1, 8)[None]
    with torch.no_grad():
        read, expected = (p.text_encoder(words).last_hidden_state for p in (pipe, theirs))
    torch.testing.assert_close(read, expected, rtol=0, atol=1e-5)
    plain = components()["text_encoder"](words).last_hidden_state
    adapts_text = any("te1" in name or "clip_l" in name for name in NAMED[program]())
    assert torch.equal(read, plain) != adapts_text


def test_kohyas_wholes_are_added_row_by_row(tmp_path: Path) -> None:
    """diffusers reads them at FLUX.1's width alone, and the last layer without its alpha."""
    linear1, last = "lora_unet_single_blocks_1_linear1", "lora_unet_final_layer_adaLN_modulation_1"
    matrices = (linear1, 7 * WIDTH, WIDTH), (last, 2 * WIDTH, WIDTH)
    tensors = named(*matrices, down="lora_down", up="lora_up")
    tensors[f"{last}.diff_b"] = torch.arange(2.0 * WIDTH)
    pipe = fresh()
    pipe.load_lora_weights(tensors)
    state, plain = merged(pipe.transformer), components()["transformer"].state_dict()
    added = [
        tensors[f"{n}.lora_up.weight"] @ tensors[f"{n}.lora_down.weight"] for n, _, _ in matrices
    ]
    rows = [1.5 * x for x in (*added[0].split([WIDTH] * 3 + [4 * WIDTH]), added[1].roll(WIDTH, 0))]
    block = "single_transformer_blocks.1"
    parts = [f"{block}.attn.to_{x}" for x in "qkv"] + [f"{block}.proj_mlp", "norm_out.linear"]
    for part, expected in zip(parts, rows, strict=True):
        difference = state[f"{part}.weight"] - plain[f"{part}.weight"]
        torch.testing.assert_close(difference, expected, rtol=0, atol=1e-5)
    bias = state["norm_out.linear.bias"] - plain["norm_out.linear.bias"]
    torch.testing.assert_close(bias, torch.arange(2.0 * WIDTH).roll(WIDTH), rtol=0, atol=1e-4)


def test_a_dora_of_kohyas_names_brings_rows_to_their_lengths() -> None:
    name = "lora_unet_double_blocks_0_img_attn_qkv"
    tensors = named((name, 3 * WIDTH, WIDTH), down="lora_down", up="lora_up")
    lengths = torch.rand(3 * WIDTH, generator=torch.Generator().manual_seed(9)) + 1
    pipe = fresh()
    pipe.load_lora_weights({**tensors, f"{name}.dora_scale": lengths[:, None]})
    state, plain = merged(pipe.transformer), components()["transformer"].state_dict()
    added = 1.5 * tensors[f"{name}.lora_up.weight"] @ tensors[f"{name}.lora_down.weight"]
    parts = [f"transformer_blocks.0.attn.to_{part}.weight" for part in "qkv"]
    whole = torch.cat([plain[part] for part in parts]) + added
    expected = whole / whole.norm(dim=1, keepdim=True) * lengths[:, None]
    torch.testing.assert_close(torch.cat([state[part] for part in parts]), expected)


def test_t5_is_adapted_as_by_comfyui() -> None:
    encoder = deepcopy(components()["text_encoder_2"])
    matrix = encoder.get_submodule(T5)
    tensors = named(
        (f"lora_te2_{T5.replace('.', '_')}", *matrix.weight.shape), down="lora_down", up="lora_up"
    )
    style = named(("transformer.x_embedder", WIDTH, 64), down="lora_A", up="lora_B")
    pipe = fresh(text_encoder_2=encoder)
    plain = matrix.weight.clone()
    pipe.load_lora_weights({**tensors, **style})
    pipe.merge_loras()
    up, down = (next(x for n, x in tensors.items() if kind in n) for kind in ("up", "down"))
    changed = pipe.text_encoder_2.get_submodule(T5).weight - plain
    torch.testing.assert_close(changed, 1.5 * up @ down, rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.float8_e5m2])
def test_eight_bits_are_read_as_the_numbers_they_are(dtype: torch.dtype) -> None:
    tensors = {n: x if "alpha" in n else x.to(dtype) for n, x in NAMED["kohya"]().items()}
    less = {name: x.float() for name, x in tensors.items()}
    pipes = [fresh(text_encoder=deepcopy(components()["text_encoder"])) for _ in range(2)]
    for pipe, given in zip(pipes, (tensors, less), strict=True):
        pipe.load_lora_weights(given)
    assert torch.equal(by_ours(pipes[0].transformer), by_ours(pipes[1].transformer))
    wholes, expected = (lora_tensors(read_lora(x, {}), "kohya") for x in (tensors, less))
    again = lora_tensors(read_lora(wholes, {}), "kohya")  # parts as they are written are told apart
    assert all(torch.equal(again[name].float(), x) for name, x in expected.items())


@pytest.mark.parametrize("told_by", ["alphas", "metadata", "tensors"])
def test_diffusers_takes_the_state_dict_of_a_lora(told_by: str, tmp_path: Path) -> None:
    pipe, theirs, of = fresh(), stock_pipeline(), Cut2NextPipeline.lora_state_dict
    path = written(tmp_path)
    pipe.load_lora_weights(path)
    if told_by == "tensors":
        theirs.load_lora_weights(of(path))
    else:
        tensors, alphas = of(path, return_alphas=True)
        config = None
        if told_by == "metadata":
            assert of(path, return_alphas=True, return_lora_metadata=True)[1] == {}
            (tensors, config), alphas = of(tmp_path, return_lora_metadata=True), None
        theirs.load_lora_into_transformer(tensors, alphas, theirs.transformer, metadata=config)
    assert_all_close(merged(theirs.transformer), merged(pipe.transformer))


@pytest.mark.parametrize("alone", [{}, {"prefix": None}])
def test_our_file_is_as_strong_on_the_transformer_alone(
    alone: dict[str, Any], tmp_path: Path
) -> None:
    path, pipe, transformer = written(tmp_path), fresh(), deepcopy(components()["transformer"])
    assert isinstance(transformer, Flux1Transformer)
    pipe.load_lora_weights(path)
    transformer.load_lora_adapter(path, adapter_name="style", **alone)
    assert torch.equal(by_ours(transformer), by_ours(pipe.transformer))
    with pytest.raises(WeightsError, match=r"no LoRA of FLUX.1's transformer \(LoKr: a.lokr_w1"):
        transformer.load_lora_adapter({"a.lokr_w1": torch.ones(2, 2)})
