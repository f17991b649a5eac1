"""A world small enough to train on in a test: two sets, six setups each, and toy networks."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import PreTrainedTokenizerFast

from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.backbones.mini import architecture
from cut2next.backbones.mini.architecture import PROMPT_TOKENS
from cut2next.recipes.mini import film_set_tokenizer
from cut2next.recipes.mini.encoded_rushes import EncodedRushes, encode_rushes
from cut2next.recipes.mini.renaming import name_ids
from cut2next.recipes.mini.transformer import MiniModel
from cut2next.soundstage.repertoire import repertoire_named
from cut2next.soundstage.rushes import Rushes


@pytest.fixture(scope="session")
def rushes(tmp_path_factory: pytest.TempPathFactory) -> Rushes:
    """Two reels of one set each, shot."""
    shot = Rushes(
        folder=tmp_path_factory.mktemp("rushes"),
        repertoire=repertoire_named("café,park"),
        sets=2,
        setups_a_set=8,
        sets_a_reel=1,
        size=(96, 64),
    )
    assert sorted(shot.shoot(workers=1)) == [0, 1]
    return shot


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerFast:
    """That of the whole film set."""
    return film_set_tokenizer()


@pytest.fixture(scope="session")
def encoded(
    rushes: Rushes, tokenizer: PreTrainedTokenizerFast, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same, encoded by an untrained autoencoder."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("encoded")
    autoencoder = architecture.autoencoder().eval()
    list(encode_rushes(rushes, autoencoder, tokenizer, PROMPT_TOKENS, folder, workers=1))
    return folder


@pytest.fixture
def data(encoded: Path, tokenizer: PreTrainedTokenizerFast) -> EncodedRushes:
    """The encoded reels in memory, at the transformer's scale."""
    data = EncodedRushes.of_folder(encoded, name_ids(tokenizer))
    return data.scaled(0.0, data.scale())


@pytest.fixture
def new_model() -> Callable[[], MiniModel]:
    """Builds the same toy model every time."""

    def build() -> MiniModel:
        torch.manual_seed(1)
        transformer = Flux1Transformer(
            in_channels=128,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=128,
            pooled_projection_dim=128,
            axes_dims_rope=(4, 6, 6),
        )
        words = architecture.words_encoder(300)
        pooled = architecture.pooled_encoder(300)
        return nn.Module.to(MiniModel(transformer, words, pooled), torch.float32)

    return build
