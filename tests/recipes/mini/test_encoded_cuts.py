"""Any folder of cuts as the transformer reads it, and that it learns from what it reads."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.cuts.sample import found
from tests.generation.toy import deeper
from tests.recipes.mini.folders import (
    FILM_SET,
    film_cut,
    film_folder,
    film_set_folder,
    film_shot,
    written,
)
from transformers import PreTrainedTokenizerFast

from cut2next.backbones.mini import architecture
from cut2next.backbones.mini.architecture import PROMPT_TOKENS, Autoencoder
from cut2next.conditioning import CLOSED, Segment
from cut2next.cuts import writer
from cut2next.cuts.dataset import read_cuts
from cut2next.cuts.record import CutRecord
from cut2next.film import EditingPattern, IndividualPrompt, InputError
from cut2next.generation import Cut2NextPipeline
from cut2next.recipes.mini.encoded_cuts import EncodedCuts, check_cuts, encode_cuts
from cut2next.recipes.mini.transformer import MiniModel, TransformerRun, train_transformer
from cut2next.soundstage.film_set import OWNERS
from cut2next.soundstage.production import Production

SIZE = (96, 64)
LITTLE = (32, 32)


@pytest.fixture(scope="module")
def autoencoder() -> Autoencoder:
    torch.manual_seed(0)
    return architecture.autoencoder().eval()


@pytest.fixture
def read(
    autoencoder: Autoencoder, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> Callable[..., EncodedCuts]:
    """Encodes a folder and loads it."""

    def encoded(cuts: Path, size: tuple[int, int] = LITTLE) -> EncodedCuts:
        list(encode_cuts(cuts, size, autoencoder, tokenizer, PROMPT_TOKENS, tmp_path / "encoded"))
        return EncodedCuts(tmp_path / "encoded")

    return encoded


Read = Callable[..., EncodedCuts]


def _counts(part: str) -> float:
    """What a pixel of a part shall count."""
    if part.endswith((".eyes", ".glasses")):
        return 6
    return 10 if part.startswith("prop") else 3 if part.split(".")[0] in OWNERS else 1


def test_a_cut_of_the_film_set_is_read_as_generation_reads_its_picture(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    mini = Cut2NextPipeline.from_pretrained("mini")
    side, size = mini.framing.step, mini.config["default_size"]
    cuts = film_set_folder(tmp_path / "cuts", count=2, size=size)
    list(encode_cuts(cuts, size, mini.vae, tokenizer, PROMPT_TOKENS, tmp_path / "encoded"))
    data = EncodedCuts(tmp_path / "encoded")
    data.scaled(mini.vae.config["shift_factor"], mini.vae.config["scaling_factor"])
    production = Production(seed=7, count=2, size=size, repertoire=FILM_SET, samples=2)
    for number, filmed in enumerate(production.shoot(workers=1)):
        shots = (filmed.cut.current, filmed.cut.next)
        for at, shot, truth in zip(
            data.shots[number], shots, (filmed.current, filmed.next), strict=True
        ):
            pixels = mini.image_processor.preprocess(shot.keyframe)
            with torch.no_grad():
                direct = mini.backbone.encode_image(pixels)[0]
            torch.testing.assert_close(data.latents[at].float(), direct, atol=0.05, rtol=0.02)
            counts = np.array([_counts(part) for part in truth.parts])[truth.object_ids]
            for token, weight in enumerate(data.weights[at].tolist()):
                top, left = (side * place for place in divmod(token, size[0] // side))
                cell = counts[top : top + side, left : left + side]
                assert weight == pytest.approx(cell.mean(), rel=0.01)
    assert data.unknown_words == 0
    assert data.weights.max() > 2.9


def test_a_picture_is_framed_as_generation_frames_it(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    mini = Cut2NextPipeline.from_pretrained("mini")
    cuts, size = film_folder(tmp_path / "cuts", count=1), mini.config["default_size"]
    list(encode_cuts(cuts, size, mini.vae, tokenizer, PROMPT_TOKENS, tmp_path / "encoded"))
    data = EncodedCuts(tmp_path / "encoded")
    data.scaled(mini.vae.config["shift_factor"], mini.vae.config["scaling_factor"])
    (cut,) = read_cuts(cuts)
    for at, shot in zip(data.shots[0], (cut.current, cut.next), strict=True):
        assert shot.keyframe.width / shot.keyframe.height != size[0] / size[1]
        read = mini.prefill(shot.keyframe, IndividualPrompt(summary="a shot"))
        direct = read.inputs.tokens[Segment.CURRENT_SHOT][0].float()
        torch.testing.assert_close(data.latents[at].float(), direct, atol=0.05, rtol=0.02)


def test_a_token_is_as_many_pixels_as_the_autoencoder_has_them(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    cuts = film_folder(tmp_path / "cuts", count=1)
    list(
        encode_cuts(cuts, (96, 64), deeper()["vae"], tokenizer, PROMPT_TOKENS, tmp_path / "encoded")
    )
    data = EncodedCuts(tmp_path / "encoded")
    assert data.latents.shape == (2, 6, 128)
    assert data.weights.shape == (2, 6)


def test_in_a_real_film_nothing_is_known_to_count_more_and_shots_are_read_once(
    tmp_path: Path, read: Read
) -> None:
    data = read(film_folder(tmp_path / "cuts", count=3), SIZE)
    assert len(data) == 3
    assert data.shots.tolist() == [[0, 1], [1, 2], [2, 3]]
    assert data.latents.shape == (4, 6, 128)
    assert (data.weights == 1).all()
    assert 0.2 < data.unknown_words < 0.8
    drawn = data.draw(np.random.default_rng(0), 2, 3)
    assert drawn.latents[Segment.CURRENT_SHOT].shape == (2, 6, 128)
    assert drawn.latents[Segment.NEXT_SHOT].shape == (6, 6, 128)
    assert drawn.weights.shape == (6, 6)
    assert drawn.ids[Segment.RELATIONAL_PROMPT].shape == (
        6,
        PROMPT_TOKENS[Segment.RELATIONAL_PROMPT],
    )


def test_only_annotated_cuts_of_the_training_split_are_read(tmp_path: Path, read: Read) -> None:
    bare = replace(film_cut(1), next=replace(film_cut(1).next, prompt=IndividualPrompt(summary="")))
    rejected = replace(film_cut(2), rejected=("motion: 20 is over 15",))
    elsewhere = replace(film_cut(3), film="another", split="test")
    data = read(written(tmp_path / "cuts", [film_cut(0), bare, rejected, elsewhere]))
    assert len(data) == 1


def one_word_prompts(number: int) -> CutRecord:
    prompt = IndividualPrompt(summary="one", description="green", attributes={"three": "four"})
    record = found(number)
    return replace(
        record,
        current=replace(record.current, prompt=prompt),
        next=replace(record.next, prompt=prompt),
    )


def test_description_and_attributes_are_each_left_out_of_a_fifth(
    autoencoder: Autoencoder, tmp_path: Path
) -> None:
    words = architecture.tokenizer(["one green three four"])
    cuts = written(tmp_path / "cuts", [one_word_prompts(number) for number in range(150)])
    list(encode_cuts(cuts, LITTLE, autoencoder, words, PROMPT_TOKENS, tmp_path / "encoded"))
    data = EncodedCuts(tmp_path / "encoded")
    texts = torch.cat([data.current_words, data.next_words]).flatten(0, 1)
    one, green, three = (
        (texts == words.get_vocab()[word]).any(dim=1).float() for word in ("one", "green", "three")
    )
    assert len(texts) == 1200
    assert one.all()
    assert green.mean() == pytest.approx(0.8, abs=0.04)
    assert three.mean() == pytest.approx(0.8, abs=0.04)
    assert ((1 - green) * (1 - three)).mean() == pytest.approx(0.04, abs=0.02)


@pytest.fixture
def short_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_CUTS_A_GROUP", 2)
    monkeypatch.setattr(writer, "_GROUPS_A_FILE", 1)


@pytest.mark.usefixtures("short_files")
def test_killed_encoding_goes_on_where_it_was(
    autoencoder: Autoencoder, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    cuts = film_folder(tmp_path / "cuts", count=5)

    def encode(folder: str) -> Iterator[tuple[int, int]]:
        return encode_cuts(cuts, LITTLE, autoencoder, tokenizer, PROMPT_TOKENS, tmp_path / folder)

    assert list(encode("whole")) == [(1, 3), (2, 3), (3, 3)]
    steps = encode("killed")
    assert next(steps) == (1, 3)
    del steps
    (first,) = (tmp_path / "killed").iterdir()
    stamp = first.stat().st_mtime_ns
    assert list(encode("killed")) == [(1, 3), (2, 3), (3, 3)]
    assert first.stat().st_mtime_ns == stamp
    files = {path.name: path.read_bytes() for path in (tmp_path / "killed").iterdir()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "whole").iterdir()}
    data = EncodedCuts(tmp_path / "killed")
    assert data.shots.tolist() == [[0, 1], [1, 2], [3, 4], [4, 5], [6, 7]]


@pytest.mark.usefixtures("short_files")
def test_cuts_from_one_current_shot_share_it_and_no_others_do(tmp_path: Path, read: Read) -> None:
    first = film_cut(0)
    records = [replace(first, next=film_shot(first.next, number)) for number in (1, 2, 3)]
    renamed = replace(first.current.prompt, summary="<Mary> (grey coat) on the quay")
    records.append(replace(records[0], current=replace(first.current, prompt=renamed)))
    data = read(written(tmp_path / "cuts", records))
    assert data.cuts_each == 2  # 3 from one, across files, and 1 from one that is told otherwise
    assert data.shots[3].tolist()[0] == data.shots[2].tolist()[0]  # whose picture is the same
    pairs = {
        tuple(sorted({row.tobytes() for row in group.float().numpy()}))
        for seed in range(20)
        for group in data.draw(np.random.default_rng(seed), 1, 40).latents[Segment.NEXT_SHOT][None]
    }
    assert {len(pair) for pair in pairs} == {1, 3}


def test_every_pattern_is_equally_likely_however_rare(tmp_path: Path, read: Read) -> None:
    kinds = [*[EditingPattern.SHOT_REVERSE_SHOT] * 12, *[EditingPattern.CUTAWAY] * 2, None]
    records = [
        replace(found(number), patterns=frozenset({kind} if kind else ()))
        for number, kind in enumerate(kinds)
    ]
    data = read(written(tmp_path / "cuts", records))
    drawn = data.draw(np.random.default_rng(0), 900, 1).latents[Segment.NEXT_SHOT].float().numpy()
    nexts = data.latents[data.shots[:, 1]].float().numpy()
    kind_of = {row.tobytes(): kind for row, kind in zip(nexts, kinds, strict=True)}
    counts = Counter(kind_of[row.tobytes()] for row in drawn)
    assert len(counts) == 3
    assert min(counts.values()) > 250  # of 300 each


def untold(record: CutRecord) -> CutRecord:
    return replace(record, current=replace(record.current, prompt=IndividualPrompt(summary="")))


def pictured(record: CutRecord, image: bytes) -> CutRecord:
    return replace(record, next=replace(record.next, image=image))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (untold, "cut2next data annotate"),
        (lambda record: replace(record, split="test"), "holds no cuts in split train"),
        (lambda record: pictured(record, b""), "film:shot0-shot1 lacks the picture of shot1"),
        (lambda record: pictured(record, record.next.image[:200]), "damaged picture of shot1"),
        (lambda record: pictured(record, b"GIF89a"), "damaged picture of shot1"),
        (lambda record: pictured(record, found(0).next.image), ""),
    ],
)
def test_what_cannot_be_trained_on_is_told(
    change: Callable[[CutRecord], CutRecord], expected: str, tmp_path: Path, read: Read
) -> None:
    cuts = written(tmp_path / "cuts", [change(film_cut(0))])
    if not expected:
        check_cuts(cuts)  # small, but of a shape that can be framed
        return
    with pytest.raises(InputError, match=expected) as refused:
        check_cuts(cuts)
    assert "\n" not in str(refused.value)
    if "picture" in expected:
        with pytest.raises(InputError, match=expected):
            read(cuts)
        assert not list((tmp_path / "encoded").iterdir())


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        check_cuts(tmp_path / "cuts")


@pytest.mark.parametrize("kind", ["film set", "film"])
def test_training_learns(
    kind: str, tmp_path: Path, read: Read, new_model: Callable[[], MiniModel]
) -> None:
    folder = tmp_path / "cuts"
    data = read(
        film_folder(folder, count=6)
        if kind == "film"
        else film_set_folder(folder, count=6, size=SIZE),
        SIZE,
    )
    data.scaled(0.0, data.scale())
    run = TransformerRun(
        steps=40, groups=4, each=1, warmup=2, shot_size=(2, 3), learning_rate=4e-3, compiled=False
    )
    losses = [
        loss for _, loss in train_transformer(new_model(), data, CLOSED, run, tmp_path / "run")
    ]
    assert np.isfinite(losses).all()
    assert np.mean(losses[-10:]) < 0.9 * np.mean(losses[:5])
