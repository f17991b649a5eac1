"""The mini model's parts as they begin, before any training."""

from typing import Any

import torch

from cut2next.backbones.mini import architecture


def test_the_words_encoder_begins_by_looking_at_neighbouring_words() -> None:
    """T5's attention has no other sense of place; without this beginning it hardly finds one."""
    torch.manual_seed(0)
    encoder = architecture.words_encoder(50)
    attention: Any = encoder.get_submodule("encoder.block.0.layer.0.SelfAttention")
    with torch.no_grad():
        lean = attention.compute_bias(9, 9)[0].softmax(dim=-1)  # [heads, words, words]
    middle = lean[:, 4]  # where the fifth of nine words looks
    assert middle[0].argmax() == 3  # the first head at the word before
    assert middle[1].argmax() == 5  # the second at the next one
    assert middle[2, 5:].sum() > 0.8  # the third at the next few
    assert middle[:2].amax(dim=1).min() > 0.5


def test_the_transformer_begins_as_nothing() -> None:
    model = architecture.transformer(64)
    zero = [name for name, p in model.named_parameters() if not p.any()]
    assert "proj_out.weight" in zero
    assert "transformer_blocks.0.norm1.linear.weight" in zero
    assert "single_transformer_blocks.4.norm.linear.weight" in zero
    assert not any("to_q" in name for name in zero if name.endswith("weight"))


def test_words_of_the_pooled_encoder_begin_well_apart() -> None:
    torch.manual_seed(0)
    words = architecture.pooled_encoder(200).get_input_embeddings()
    embeddings = words.get_parameter("weight")
    assert 0.25 < embeddings.std() < 0.35


def test_the_tokenizer_knows_whole_words_and_leaves_silent_ones_out() -> None:
    tokenizer = architecture.tokenizer(["Anna's red bob, at the table"])
    assert set(tokenizer.get_vocab()) == {"<pad>", "</s>", "<unk>", "anna", "s", "red", "bob"}
    ids = tokenizer(["The RED bob of Ben"])["input_ids"][0]
    names = tokenizer.convert_ids_to_tokens(ids)
    assert names == ["red", "bob", "<unk>", "</s>"]
    assert tokenizer.get_vocab()["<unk>"] == architecture.UNKNOWN
