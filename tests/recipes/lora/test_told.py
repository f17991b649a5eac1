"""What a run says that it will take is of what it really draws."""

from pathlib import Path

from accelerate import Accelerator
from tests.recipes.lora.runs import Known, recipe
from tests.training.batches.sets import film, surveyed

from cut2next.recipes.lora.keeping import Cuts
from cut2next.recipes.lora.run import _told
from cut2next.training.fit import Disk


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

    told = _told(asked, Each(), Cuts(survey, survey), Accelerator(cpu=True))  # type: ignore[arg-type]
    assert "5 GB of disk" in told.note  # four cuts of a film go on from each other
    assert seen == [3 * 4 * 4]  # each current shot has one cut, which comes four times
