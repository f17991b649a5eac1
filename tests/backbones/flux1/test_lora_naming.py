"""kohya's names: the same LoRA, matrix for matrix, and as diffusers itself reads them."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tests.generation.loras import with_lora, written

from cut2next.backbones.flux1.lora_naming import lora_tensors, place, read_lora
from cut2next.backbones.lora import Factors, adapted
from cut2next.film import InputError
from cut2next.generation import lora_file

WIDTH = 3072
"""FLUX.1's; diffusers reads kohya's names at no other."""
SHAPES = {
    "transformer_blocks.0.attn.to_q": (WIDTH, WIDTH),
    "transformer_blocks.0.attn.to_k": (WIDTH, WIDTH),
    "transformer_blocks.0.attn.to_v": (WIDTH, WIDTH),
    "transformer_blocks.0.attn.to_out.0": (WIDTH, WIDTH),
    "transformer_blocks.0.attn.add_q_proj": (WIDTH, WIDTH),
    "transformer_blocks.0.attn.add_k_proj": (WIDTH, WIDTH),
    "transformer_blocks.0.attn.add_v_proj": (WIDTH, WIDTH),
    "transformer_blocks.0.attn.to_add_out": (WIDTH, WIDTH),
    "transformer_blocks.0.ff.net.0.proj": (4 * WIDTH, WIDTH),
    "transformer_blocks.0.ff.net.2": (WIDTH, 4 * WIDTH),
    "transformer_blocks.0.ff_context.net.0.proj": (4 * WIDTH, WIDTH),
    "transformer_blocks.0.ff_context.net.2": (WIDTH, 4 * WIDTH),
    "single_transformer_blocks.11.attn.to_q": (WIDTH, WIDTH),
    "single_transformer_blocks.11.attn.to_k": (WIDTH, WIDTH),
    "single_transformer_blocks.11.attn.to_v": (WIDTH, WIDTH),
    "single_transformer_blocks.11.proj_mlp": (4 * WIDTH, WIDTH),
    "single_transformer_blocks.11.proj_out": (WIDTH, 5 * WIDTH),
}


def flux1_lora(rank: int = 2, alpha: float = 6.0) -> dict[str, Factors]:
    chance = torch.Generator().manual_seed(0)
    return {
        name: Factors(
            down=torch.randn(rank, across, generator=chance, dtype=torch.float64),
            up=torch.randn(out, rank, generator=chance, dtype=torch.float64),
            alpha=alpha,
        )
        for name, (out, across) in SHAPES.items()
    }


def products(lora: dict[str, Factors]) -> dict[str, torch.Tensor]:
    """What each matrix gets, seen from one input: the whole product is large."""
    return {
        name: one.scale * (one.up @ (one.down @ torch.ones(one.down.shape[1], dtype=torch.float64)))
        for name, one in lora.items()
    }


@pytest.mark.parametrize("alpha", [2.0, 6.0, 0.5])
def test_what_is_written_for_kohya_diffusers_reads_as_the_same(alpha: float) -> None:
    lora = flux1_lora(alpha=alpha)
    tensors = lora_tensors({"transformer": lora}, "kohya")
    assert all(name.startswith("lora_unet_") for name in tensors)
    back = read_lora(tensors, {})["transformer"]
    expected = products(lora)
    assert back.keys() == expected.keys()
    assert {factors.rank for factors in back.values()} == {2}
    for name, product in products(back).items():
        torch.testing.assert_close(product, expected[name], rtol=0, atol=1e-9)


def test_queries_keys_and_values_become_one_matrix() -> None:
    lora = flux1_lora(rank=2, alpha=6.0)
    tensors = lora_tensors({"transformer": lora}, "kohya")
    name = "lora_unet_double_blocks_0_img_attn_qkv"
    down, up = tensors[f"{name}.lora_down.weight"], tensors[f"{name}.lora_up.weight"]
    whole = (
        tensors[f"{name}.alpha"]
        / down.shape[0]
        * (up @ (down @ torch.ones(WIDTH, dtype=torch.float64)))
    )
    parts = [products(lora)[f"transformer_blocks.0.attn.to_{one}"] for one in "qkv"]
    torch.testing.assert_close(whole, torch.cat(parts), rtol=0, atol=1e-9)


def test_parts_of_unequal_scale_keep_theirs() -> None:
    lora = flux1_lora()
    key = "transformer_blocks.0.attn.to_k"
    lora[key] = Factors(down=lora[key].down, up=lora[key].up, alpha=1.0)
    tensors = lora_tensors({"transformer": lora}, "kohya")
    back = read_lora(tensors, {})["transformer"]
    torch.testing.assert_close(products(back)[key], products(lora)[key], rtol=0, atol=1e-9)


@pytest.mark.parametrize("missing", ["attn.to_k", "attn.to_q"])
def test_what_kohyas_names_cannot_say_is_refused(missing: str) -> None:
    lora = flux1_lora()
    del lora[f"transformer_blocks.0.{missing}"]
    with pytest.raises(InputError, match="queries, keys and values together"):
        lora_tensors({"transformer": lora}, "kohya")


@pytest.mark.parametrize("name", ["x_embedder", "transformer_blocks.0.norm2"])
def test_what_they_have_no_name_for_is_refused(name: str) -> None:
    lora = {name: Factors(down=torch.zeros(2, 4), up=torch.zeros(4, 2), alpha=2)}
    with pytest.raises(InputError, match="keep diffusers' names"):
        lora_tensors({"transformer": lora}, "kohya")


def test_a_file_keeps_its_training_under_other_names(tmp_path: Path) -> None:
    lora = lora_file.read_lora(written(tmp_path))
    path = tmp_path / "kohya.safetensors"
    lora_file.write_lora(lora, path, "kohya")
    names = load_file(path).keys()
    assert all(name.startswith("lora_unet_") for name in names)
    assert "lora_unet_single_blocks_1_linear1.alpha" in names


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    pipe = with_lora()
    path = tmp_path / "mine.safetensors"
    pipe.save_lora_weights(path, "mine")
    back, original = lora_file.read_lora(path).adapted, adapted(pipe.transformer, "mine")
    assert back.keys() == original.keys()
    for name, one in back.items():
        assert torch.equal(one.down, original[name].down)
        assert torch.equal(one.up, original[name].up)
        assert one.alpha == original[name].alpha


ENCODERS = ("text_encoder", "text_encoder_2")
T5 = "encoder.block.2.layer.1.DenseReluDense.wi_0"
CLIP = "text_model.encoder.layers.11.self_attn.q_proj"
FUSED = ("attn.to_q", "attn.to_k", "attn.to_v")
NAMES: dict[str, tuple[str, ...]] = {
    "transformer.proj_out": ("proj_out",),
    "proj_out": ("proj_out",),
    "lora_unet_final_layer_linear": ("proj_out",),
    "lora_unet_single_blocks_7_linear2": ("single_transformer_blocks.7.proj_out",),
    "lycoris_transformer_blocks_3_ff_net_0_proj": ("transformer_blocks.3.ff.net.0.proj",),
    "base_model.model.double_blocks.18.img_mlp.2": ("transformer_blocks.18.ff.net.2",),
    "model.diffusion_model.time_in.out_layer": ("time_text_embed.timestep_embedder.linear_2",),
    "single_blocks.2.processor.qkv": tuple(f"single_transformer_blocks.2.{x}" for x in FUSED),
    "diffusion_model.double_blocks.2.img_attn.qkv": tuple(
        f"transformer_blocks.2.{part}" for part in FUSED
    ),
    f"lora_te_{CLIP.replace('.', '_')}": ("text_encoder", CLIP),
    f"text_encoder.{CLIP.removeprefix('text_model.')}": ("text_encoder", CLIP),
    f"lora_te3_{T5.replace('.', '_')}": ("text_encoder_2", T5),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_stands_for_the_same_in_every_naming(name: str) -> None:
    component, *modules = (
        NAMES[name] if NAMES[name][0] in ENCODERS else ("transformer", *NAMES[name])
    )
    found = place(name)
    assert found is not None
    assert (found.component, list(found.modules)) == (component, modules)


@pytest.mark.parametrize(
    "name", ["lora_unet_input_blocks_1_1_proj_in", "transformer.", "unet.proj_out", "lora_te2_x"]
)
def test_what_flux1_does_not_have_stands_for_nothing(name: str) -> None:
    assert place(name) is None
