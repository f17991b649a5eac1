"""What a generated picture says of itself, to us and to others."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cut2next import __version__
from cut2next.film import (
    HierarchicalPrompt,
    IndividualPrompt,
    OutputError,
    RelationalPrompt,
)
from cut2next.film.keyframe import read_keyframe
from cut2next.film.png_prompt import CHUNK, read_png_prompt
from cut2next.generation.provenance import (
    Provenance,
    read_provenance,
    read_sheet,
    write_next_shot,
    write_sheet,
)

PROVENANCE = Provenance(
    prompt=HierarchicalPrompt(
        relational=RelationalPrompt(transition="A cut-in", scene="<Zoë> (red coat)\nin a café"),
        current=IndividualPrompt(summary="Wide shot", attributes={"Lens": "long"}),
        next=IndividualPrompt(summary="Close up of <Zoë>", description="東京, at night"),
    ),
    model="mini",
    table="closed",
    seed=2**63 - 1,
    steps=8,
)
IMAGE = Image.linear_gradient("L").convert("RGB").resize((48, 32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "next.png"
    write_next_shot(IMAGE, path, PROVENANCE)
    return path


def test_how_it_was_made_is_read_back(path: Path) -> None:
    assert read_provenance(path) == PROVENANCE
    assert PROVENANCE.version == __version__


def test_a_sheet_tells_how_each_of_its_pictures_was_made(tmp_path: Path) -> None:
    made = [replace(PROVENANCE, seed=seed) for seed in range(3)]
    write_sheet(IMAGE, tmp_path / "sheet.png", made)
    assert read_sheet(tmp_path / "sheet.png") == made
    # it is no shot itself
    assert read_provenance(tmp_path / "sheet.png") is None
    assert read_png_prompt(read_keyframe(tmp_path / "sheet.png")) is None


def test_what_is_no_sheet_tells_of_no_picture(path: Path) -> None:
    assert read_sheet(path) == []
    text = PngInfo()
    text.add_text(CHUNK, json.dumps({"sheet": [7, {}, {"made": {}}]}))
    IMAGE.save(path, pnginfo=text)
    assert read_sheet(path) == []


def test_strengths_loras_and_precision_are_read_back(tmp_path: Path) -> None:
    made = replace(
        PROVENANCE,
        elsewhere=True,
        crop=(0, 75, 1024, 501),
        loras={"style": 0.5, "cuts": -1.25},
        guidance_scale=2.5,
        relational_strength=1.5,
        current_strength=3.0,
        precision="fp8",
    )
    write_next_shot(IMAGE, tmp_path / "next.png", made)
    assert read_provenance(tmp_path / "next.png") == made


PRINTABLE = st.characters(codec="utf-8", exclude_categories=["C", "Z"], include_characters=" ")
words = st.text(PRINTABLE, max_size=30)


@settings(max_examples=30)
@given(words.filter(str.strip), words, st.dictionaries(words, words), st.integers(0, 2**63 - 1))
def test_whatever_was_said_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    one: str,
    other: str,
    attributes: dict[str, str],
    seed: int,
) -> None:
    shot = IndividualPrompt(summary=one, description=other, attributes=attributes)
    prompt = replace(PROVENANCE.prompt, current=shot, next=shot)
    path = tmp_path_factory.getbasetemp() / "said.png"
    write_next_shot(IMAGE, path, replace(PROVENANCE, prompt=prompt, seed=seed))
    assert read_provenance(path) == replace(PROVENANCE, prompt=prompt, seed=seed)


def test_a_next_shot_can_be_the_current_shot_of_another(path: Path) -> None:
    image = read_keyframe(path)
    assert image.tobytes() == IMAGE.tobytes()
    assert read_png_prompt(image) == PROVENANCE.prompt.next


def chunk(path: Path, name: str) -> str:
    with Image.open(path) as image:
        return str(image.info[name])


def test_other_programs_read_the_parameters(path: Path) -> None:
    prompt, settings = chunk(path, "parameters").splitlines()
    assert prompt == (
        "<Zoë> (red coat) in a café. A cut-in. [IMAGE1] Wide shot. Lens: long. "
        "[IMAGE2] Close up of <Zoë>. 東京, at night."
    )
    assert settings == (
        "Steps: 8, Sampler: Euler, Seed: 9223372036854775807, Size: 48x32, Model: mini, "
        f"Table: closed, Version: cut2next {__version__}"
    )


def as_others_read(settings: str) -> dict[str, str]:
    """The line of settings, by the grammar that the web UIs share: quoted where it holds commas."""
    fields = re.findall(r'\s*(\w[\w /-]+):\s*("(?:\\.|[^"\\])+"|[^,]*)(?:,|$)', settings)
    return {name: json.loads(at) if at.startswith('"') else at for name, at in fields}


@pytest.mark.parametrize(
    "name", ['night, "rain": v2', "a: b", "plain name", '"quoted"', "Zoë, 東京", "back\\slash, too"]
)
def test_other_programs_read_any_name_of_a_model_or_lora(name: str, tmp_path: Path) -> None:
    made = replace(PROVENANCE, model=name, loras={name: 0.5}, guidance_scale=3.5)
    write_next_shot(IMAGE, tmp_path / "next.png", made)
    fields = as_others_read(chunk(tmp_path / "next.png", "parameters").splitlines()[1])
    assert (fields["Model"], fields["Loras"], fields["Table"]) == (name, f"{name}=0.5", "closed")
    assert (fields["Steps"], fields["Distilled CFG Scale"]) == ("8", "3.5")
    assert len(fields) == 9


def test_no_guidance_is_told_of_weights_that_have_none(path: Path) -> None:
    assert "CFG" not in chunk(path, "parameters")
    assert "guidance_scale" not in json.loads(chunk(path, CHUNK))["made"]


def test_platforms_are_told_that_it_is_synthetic(path: Path) -> None:
    packet = chunk(path, "XML:com.adobe.xmp").encode()
    (description,) = ElementTree.fromstring(packet).iter(
        "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description"
    )
    source = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
    assert description.attrib[source].endswith("/digitalsourcetype/trainedAlgorithmicMedia")


@pytest.mark.parametrize(
    "content",
    [
        None,
        "{",
        "[]",
        json.dumps({"made": 3}),
        json.dumps({"made": {"seed": "x"}, "shot": {"summary": "a"}}),
        json.dumps({"shot": {"summary": 1, "description": "", "attributes": {}}}),
    ],
)
def test_what_others_made_has_no_provenance(tmp_path: Path, content: Any) -> None:
    text = PngInfo()
    if content is not None:
        text.add_text(CHUNK, content)
    IMAGE.save(tmp_path / "other.png", pnginfo=text)
    assert read_provenance(tmp_path / "other.png") is None


def test_a_picture_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "next.png"
    path.write_bytes(b"what was there before")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OutputError, match=r"cannot be written \(No space left on device\)"):
        write_next_shot(IMAGE, path, PROVENANCE)
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"what was there before"]


def test_a_picture_has_the_rights_of_any_other_file(path: Path) -> None:
    other = path.with_name("other")
    other.touch()
    assert path.stat().st_mode == other.stat().st_mode
