"""What is a backbone's own is named nowhere else; each is known by its files and weights."""

import re
from collections import OrderedDict
from pathlib import Path

import pytest
from tests.backbones.flux1.toy import toy

import cut2next
from cut2next.backbones import BACKBONES, DEFAULT, backbone_named, backbone_of
from cut2next.film import InputError

SOURCE = Path(cut2next.__file__).parent
OWN = re.compile(
    r"\b(Flux1Transformer|FluxTransformer2DModel|T5[A-Z]\w+|CLIPText\w+|AutoencoderKL\w*)\b"
    r"|backbones\.flux1|backbones import flux1"
)


def test_nothing_outside_names_what_is_a_backbones_own() -> None:
    rooms = {path.name for path in SOURCE.iterdir()} - {"backbones"}
    outside = [path for room in rooms for path in (SOURCE / room).rglob("*.py")]
    assert len(outside) > 100
    named = [
        f"{path.relative_to(SOURCE)}:{number}: {line.strip()}"
        for path in outside
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if OWN.search(line)
    ]
    assert not named


@pytest.mark.parametrize("name", BACKBONES)
def test_each_says_what_its_files_hold(name: str) -> None:
    backbone = backbone_named(name)
    assert backbone.name == name
    assert backbone.large_text_encoder in backbone.text_encoders
    assert {"vae", "transformer", *backbone.text_encoders} == set(backbone.networks())
    assert not set(backbone.tokenizers) & set(backbone.networks())
    assert not backbone.imported().__abstractmethods__
    assert issubclass(backbone.imported(), backbone)
    kind = backbone.imported().transformer_type
    assert (kind.__module__, kind.__name__) == backbone.transformer_class


def test_files_that_do_not_say_are_of_flux1() -> None:
    assert DEFAULT == "flux1"
    with pytest.raises(InputError, match="unknown backbone 'flux9'; expected one of flux1"):
        backbone_named("flux9")


def test_a_transformer_is_of_its_backbone() -> None:
    assert backbone_of(toy()) is backbone_named("flux1")
    with pytest.raises(TypeError, match="OrderedDict is the transformer of no backbone"):
        backbone_of(OrderedDict())
