"""What a run says that it will take is of what it really draws."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from accelerate import Accelerator
from tests.recipes.lora.runs import Known, recipe
from tests.training.batches.sets import film, surveyed

from cut2next.film import OutputError
from cut2next.recipes.lora.estimate import check_disk, in_words
from cut2next.recipes.lora.keeping import Cuts
from cut2next.recipes.lora.recipe import LoraRecipe
from cut2next.recipes.lora.run import _told
from cut2next.recipes.progress import Progress
from cut2next.training.batches.survey import Survey
from cut2next.training.fit import Disk


def said(recipe: LoraRecipe, estimate: Known, survey: Survey, folder: Path) -> Progress:
    cuts, accelerator = Cuts(survey, survey), Accelerator(cpu=True)
    return _told(recipe, estimate, cuts, folder, folder / "kept", accelerator)  # type: ignore[arg-type]


def test_the_room_of_all_pictures_and_the_time_of_all_cuts_that_are_drawn_are_told(
    model: Path, tmp_path: Path
) -> None:
    survey = surveyed(film(tmp_path / "film", count=4))
    asked = recipe(model, steps=None, epochs=3.0, batch=4, groups=1, each=4)
    seen: list[int] = []

    class Each(Known):
        def disk(self, cuts: int) -> Disk:
            return Disk(latents=cuts * 10**9, texts=0, checkpoint=0, lora=0)

        def seconds(self, cuts: int, device: str) -> float:
            seen.append(cuts)
            return 1.0

    told = said(asked, Each(), survey, tmp_path)
    assert "5 GB of disk" in told.note  # four cuts of a film go on from each other
    assert seen == [3 * 4 * 4]  # each current shot has one cut, which comes four times


FREE = 2_500_000_000


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=FREE))


@pytest.mark.usefixtures("small_disk")
def test_what_the_disk_has_no_room_for_is_refused(model: Path, tmp_path: Path) -> None:
    survey = surveyed(film(tmp_path / "film", count=4))

    class Large(Known):
        def disk(self, cuts: int) -> Disk:
            return Disk(latents=0, texts=10**9, checkpoint=4 * 10**8, lora=10**8)

    asked = recipe(model, checkpoints=2)  # while a third is written
    said(asked, Large(), survey, tmp_path)
    with pytest.raises(OutputError) as refused:
        said(replace(asked, checkpoints=3), Large(), survey, tmp_path)
    assert str(refused.value) == (
        f"2.5 GB free on the disk of {tmp_path}; expected 2.7 GB for what is left to write there; "
        "make room, or name other folders by --out and --cache"
    )


@pytest.mark.usefixtures("small_disk")
def test_what_is_there_already_needs_no_room(tmp_path: Path) -> None:
    folder = tmp_path / "latents" / "ab"
    check_disk({folder: FREE})
    with pytest.raises(OutputError, match=r"expected 2\.5 GB"):
        check_disk({folder: FREE + 1000})
    folder.mkdir(parents=True)
    (folder / "file").write_bytes(bytes(1000))
    check_disk({folder: FREE + 1000})


@pytest.mark.parametrize(
    ("size", "words"),
    [(560_000, "0.56 MB"), (63_000_000, "63 MB"), (1.2e9, "1.2 GB"), (1.887e12, "1,887 GB")],
)
def test_sizes_are_told_in_words(size: float, words: str) -> None:
    assert in_words(size) == words
