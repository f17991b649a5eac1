"""Latents are those that generation reads, and lie under all that they follow from."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from tests.cuts.sample import record, truth
from tests.generation.toy import autoencoder, evaluated, picture, toy
from tests.training.batches.sets import BUCKETS, cut, film, shot, surveyed, written

from cut2next.backbones import Backbone
from cut2next.conditioning import Segment
from cut2next.cuts.dataset import split_files
from cut2next.cuts.record import ShotRecord
from cut2next.film import IndividualPrompt, InputError, OutputError
from cut2next.generation import Cut2NextPipeline
from cut2next.generation.framing import Framing
from cut2next.training.batches import latents
from cut2next.training.batches.buckets import Buckets
from cut2next.training.batches.latents import Latents, TokenWeights, pictures
from cut2next.training.batches.pictures import contents
from cut2next.training.batches.survey import Survey


def filled(survey: Survey, folder: Path, backbone: Backbone | None = None) -> Latents:
    backbone = backbone or toy().backbone
    kept = Latents.by(backbone, folder)
    list(kept.fill(survey.cuts, backbone))
    return kept


def files(folder: Path) -> dict[str, int]:
    """Every file of a folder, and when it was written."""
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("model", ["toy", "mini"])
def test_a_picture_is_read_as_generation_reads_it(tmp_path: Path, model: str) -> None:
    pipe = toy(default_size=(48, 32)) if model == "toy" else Cut2NextPipeline.from_pretrained(model)
    large = picture(5, (320, 200))
    folder = written(tmp_path / "cuts", [cut(5, current=shot(5, (320, 200)))])
    found = surveyed(folder, buckets=Buckets(model=pipe.framing))
    kept = filled(found, tmp_path / "kept", pipe.backbone)
    read = pipe.prefill(large, IndividualPrompt(summary="red fox"))
    direct = read.inputs.tokens[Segment.CURRENT_SHOT]
    ours, weights = kept.read(found.cuts[0].current, found.cuts[0].size)
    assert found.cuts[0].size == read.size
    assert torch.equal(ours, direct.bfloat16())
    assert torch.equal(weights, torch.ones(1, direct.shape[1]))


def test_every_picture_is_read_once_and_none_is_read_again(tmp_path: Path) -> None:
    found, backbone = surveyed(film(tmp_path / "cuts", 3)), toy().backbone
    kept = Latents.by(backbone, tmp_path / "kept")
    told = list(kept.fill(found.cuts, backbone))
    assert told == [(done, 4) for done in range(5)]
    before = files(tmp_path / "kept")
    assert len(before) == 4
    assert list(kept.fill(found.cuts, backbone)) == [(4, 4)]
    more = surveyed(film(tmp_path / "more", 4))
    assert list(kept.fill(more.cuts, backbone)) == [(4, 5), (5, 5)]
    assert before.items() <= files(tmp_path / "kept").items()


def test_what_is_kept_takes_about_the_room_that_was_told(tmp_path: Path) -> None:
    found, backbone = surveyed(film(tmp_path / "cuts", 3)), toy().backbone
    kept = Latents.by(backbone, tmp_path / "kept")
    expected = kept.disk_bytes(found.cuts)
    assert expected == 4 * (64 // 16) * (48 // 16) * 64 * 2
    list(kept.fill(found.cuts, backbone))
    room = sum(Path(path).stat().st_size for path in files(tmp_path / "kept"))
    assert expected < room < expected + 4 * 200
    assert kept.disk_bytes(found.cuts) == 0


def test_other_weights_sizes_and_counts_of_tokens_lie_apart(tmp_path: Path) -> None:
    folder, one = film(tmp_path / "cuts", 1), toy().backbone
    torch.manual_seed(7)
    other = toy(vae=evaluated(autoencoder())).backbone
    scaled = evaluated(autoencoder())
    scaled.load_state_dict(other.vae.state_dict())
    scaled.register_to_config(scaling_factor=0.5)
    weights = TokenWeights(name="double", of=_double)
    places = {Latents.by(each, tmp_path).folder for each in (one, other, toy(vae=scaled).backbone)}
    places.add(Latents.by(one, tmp_path, weights).folder)
    assert len(places) == 4
    whole, half = (surveyed(folder, buckets=each) for each in (BUCKETS, replace(BUCKETS, area=768)))
    kept = filled(whole, tmp_path / "kept")
    assert list(kept.fill(half.cuts, one))[-1] == (2, 2)
    assert kept.read(half.cuts[0].next, half.cuts[0].size)[0].shape == (1, 4, 64)
    assert kept.read(whole.cuts[0].next, whole.cuts[0].size)[0].shape == (1, 12, 64)


def _double(
    shot: ShotRecord, truth: Mapping[str, Any] | None, framing: Framing
) -> NDArray[np.float32]:
    assert framing.only
    assert truth is None
    return np.full(np.prod(framing.only.in_tokens(16)), 2.0 + (shot.name == "shot1"), np.float32)


def test_weights_of_tokens_are_kept_beside_the_latents(tmp_path: Path) -> None:
    found, backbone = surveyed(film(tmp_path / "cuts", 2)), toy().backbone
    weights = TokenWeights(name="double", of=_double)
    kept = Latents.by(backbone, tmp_path / "kept", weights)
    list(kept.fill(found.cuts, backbone))
    first, second = (kept.read(each.next, each.size)[1] for each in found.cuts)
    assert torch.equal(first, torch.full((1, 12), 3.0))
    assert torch.equal(second, torch.full((1, 12), 2.0))


def _of_truth(
    shot: ShotRecord, truth: Mapping[str, Any] | None, framing: Framing
) -> NDArray[np.float32]:
    assert truth
    with Image.open(BytesIO(truth["object_ids"]["bytes"])) as ids:
        return np.full(12, np.asarray(ids).sum(), np.float32)


def test_weights_may_follow_from_what_is_true_of_a_shot(tmp_path: Path) -> None:
    truths = truth(0), truth(1)
    known = replace(cut(0), truth=record(0, truths=truths).truth)
    found = surveyed(written(tmp_path / "cuts", [known], with_truth=True))
    backbone = toy().backbone
    kept = Latents.by(backbone, tmp_path / "kept", TokenWeights(name="truth", of=_of_truth))
    list(kept.fill(found.cuts, backbone))
    for digest, true in zip((found.cuts[0].current, found.cuts[0].next), truths, strict=True):
        expected = torch.full((1, 12), float(true.object_ids.sum()))
        assert torch.equal(kept.read(digest, found.cuts[0].size)[1], expected)


def test_what_is_damaged_or_gone_is_made_again(tmp_path: Path) -> None:
    found, backbone = surveyed(film(tmp_path / "cuts", 3)), toy().backbone
    kept = filled(found, tmp_path / "kept")
    first = {at.digest: kept.read(at.digest, at.size)[0].clone() for at in pictures(found.cuts)}
    one, other, *_ = map(Path, files(tmp_path / "kept"))
    one.write_bytes(one.read_bytes()[:-10])
    other.unlink()
    first_told, *_ = kept.fill(found.cuts, backbone)
    assert first_told == (2, 4)
    for at in pictures(found.cuts):
        assert torch.equal(kept.read(at.digest, at.size)[0], first[at.digest])


def _fill(folder: Path, process: int, processes: int, stop_after: int | None = None) -> None:
    """In another process; killed in the middle of its work where that is asked for."""
    torch.set_num_threads(1)
    found, backbone = surveyed(folder / "cuts"), toy().backbone
    for done, _ in Latents.by(backbone, folder / "kept").fill(
        found.cuts, backbone, process, processes
    ):
        if stop_after is not None and done >= stop_after:
            os.kill(os.getpid(), signal.SIGKILL)


def _in_processes(*arguments: tuple[Any, ...]) -> list[int | None]:
    context = multiprocessing.get_context("spawn")
    running = [context.Process(target=_fill, args=each) for each in arguments]
    for process in running:
        process.start()
    for process in running:
        process.join()
    return [process.exitcode for process in running]


@pytest.mark.slow
def test_two_processes_fill_one_folder_and_one_that_was_killed_goes_on(tmp_path: Path) -> None:
    film(tmp_path / "cuts", 11)
    all_of_it, a_quarter = (tmp_path, 0, 1, 5), (tmp_path, 1, 4)
    assert _in_processes(all_of_it, a_quarter) == [-signal.SIGKILL, 0]
    found, backbone = surveyed(tmp_path / "cuts"), toy().backbone
    kept = Latents.by(backbone, tmp_path / "kept")
    before = files(tmp_path / "kept")
    told = list(kept.fill(found.cuts, backbone))
    assert 5 <= told[0][0] < 12
    assert told[-1] == (12, 12)
    whole = {path: when for path, when in before.items() if "partial" not in path}
    assert whole.items() <= files(tmp_path / "kept").items()
    alone = filled(found, tmp_path / "alone", backbone)
    for at in pictures(found.cuts):
        assert torch.equal(kept.read(at.digest, at.size)[0], alone.read(at.digest, at.size)[0])


def test_processes_fill_their_shares_alone(tmp_path: Path) -> None:
    found, backbone = surveyed(film(tmp_path / "cuts", 6)), toy().backbone
    kept = Latents.by(backbone, tmp_path / "kept")
    assert list(kept.fill(found.cuts, backbone, 0, 2))[-1] == (3, 3)
    assert len(files(tmp_path / "kept")) == 3
    assert list(kept.fill(found.cuts, backbone, 1, 2))[-1] == (4, 4)
    assert kept.disk_bytes(found.cuts) == 0


def test_cuts_that_were_changed_meanwhile_are_not_mistaken(tmp_path: Path) -> None:
    found = surveyed(film(tmp_path / "cuts", 2))
    (file,) = split_files(tmp_path / "cuts")
    (new,) = split_files(written(tmp_path / "new", [cut(7), cut(8)]))
    new.replace(file)
    with pytest.raises(InputError, match="row 0 has another picture than before"):
        filled(found, tmp_path / "kept")
    assert not files(tmp_path / "kept")


def test_a_folder_that_has_gone_is_told_in_a_line(tmp_path: Path) -> None:
    found = surveyed(film(tmp_path / "cuts", 2))
    (file,) = split_files(tmp_path / "cuts")
    file.unlink()
    with pytest.raises(InputError, match=r"train-00000.parquet: does not exist"):
        filled(found, tmp_path / "kept")


def test_a_disk_that_takes_nothing_is_told_and_no_thread_is_left(tmp_path: Path) -> None:
    found, backbone = surveyed(film(tmp_path / "cuts", 3)), toy().backbone
    kept = Latents.by(backbone, tmp_path / "kept")
    kept.folder.parent.mkdir()
    kept.folder.write_text("no room for a folder")
    threads = threading.active_count()
    with pytest.raises(OutputError, match="kept"):
        list(kept.fill(found.cuts, backbone))
    assert threading.active_count() == threads


def test_few_pictures_are_held_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, backbone = surveyed(film(tmp_path / "cuts", 30)), toy().backbone
    kept, begun = Latents.by(backbone, tmp_path / "kept"), list[str]()

    def noted(image: Image.Image) -> str:
        begun.append("")
        return contents(image)

    monkeypatch.setattr(latents, "contents", noted)
    filling = kept.fill(found.cuts, backbone)
    for _ in range(3):
        next(filling)
    assert len(begun) < 16
    filling.close()  # type: ignore[attr-defined]
