from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.cutbench.features.pictures import picture
from tests.cutbench.features.toys import WINDOW
from transformers import AutoProcessor, CLIPModel

from cut2next.cutbench.features.clip import CLIP
from cut2next.film import WeightsError

PICTURES = [picture(0), picture(1, (50, 70))]
SHORT, OTHER = "A man at the bar.", "A woman by the window."


def theirs(folder: Path, texts: list[str]) -> Any:
    """What transformers' own whole pass says."""
    model = CLIPModel.from_pretrained(folder)
    processor = AutoProcessor.from_pretrained(folder)
    given = processor(text=texts, images=PICTURES, return_tensors="pt", padding=True)
    with torch.no_grad():
        return model(**given)


def unit(vectors: Any) -> Any:
    """Of length one."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def test_pictures_and_texts_are_read_as_transformers_reads_them(toy_clip: Path) -> None:
    network, expected = CLIP(str(toy_clip)), theirs(toy_clip, [SHORT, OTHER])
    seen, read = network.read_pictures(PICTURES), network.read_texts([SHORT, OTHER])
    assert unit(seen) == pytest.approx(expected.image_embeds.numpy(), abs=1e-5)
    assert read == pytest.approx(expected.text_embeds.numpy(), abs=1e-5)
    scale = float(CLIPModel.from_pretrained(toy_clip).logit_scale.detach().exp())
    cosines = expected.logits_per_image.numpy() / scale
    assert unit(seen) @ unit(read).T == pytest.approx(cosines, abs=1e-5)


@pytest.mark.parametrize("tokens", [WINDOW - 2, WINDOW - 1, 200])
def test_a_long_text_is_the_mean_of_even_windows(toy_clip: Path, tokens: int) -> None:
    text = "abcdefghij" * (tokens // 10) + "klmnopqrs"[: tokens % 10]  # a letter is a token
    count = -(-tokens // (WINDOW - 2))
    parts = ["".join(part) for part in np.array_split(np.array(list(text)), count)]
    assert count == {75: 1, 76: 2, 200: 3}[tokens]
    model, network = CLIPModel.from_pretrained(toy_clip), CLIP(str(toy_clip))
    tokenizer = AutoProcessor.from_pretrained(toy_clip).tokenizer
    first, last = tokenizer.bos_token_id, tokenizer.eos_token_id
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    expected, at = [], 0
    for part in parts:
        window = torch.tensor([[first, *ids[at : at + len(part)], last]])
        at += len(part)
        with torch.no_grad():
            read = model.text_projection(model.text_model(input_ids=window).pooler_output)
        expected.append(unit(read[0].numpy()))
    assert at == tokens
    assert network.read_texts([text])[0] == pytest.approx(np.mean(expected, axis=0), abs=1e-5)


def test_texts_of_any_length_are_read_at_once(
    toy_clip: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    network, texts = CLIP(str(toy_clip)), [SHORT, "long " * 300, "", OTHER]
    capfd.readouterr()
    together = network.read_texts(texts)
    for number, text in enumerate(texts):
        assert network.read_texts([text])[0].tobytes() == together[number].tobytes()
    assert capfd.readouterr() == ("", "")


def test_every_part_of_a_long_text_counts(toy_clip: Path) -> None:
    network, text = CLIP(str(toy_clip)), "wall " * 60
    whole, other = network.read_texts([text, text + "and a dog"])
    assert not np.allclose(whole, other)


def test_clip_without_its_words_is_refused(toy_clip: Path, tmp_path: Path) -> None:
    for path in toy_clip.iterdir():
        if "token" not in path.name and path.suffix != ".txt" and path.name != "vocab.json":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(WeightsError, match=r"has a vocabulary of .*; expected 514 tokens"):
        CLIP(str(tmp_path))
