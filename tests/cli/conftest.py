"""What every test of a command stands on, and a desk for those that make next shots."""

from pathlib import Path

import pytest
from PIL import Image
from tests.cli.running import PROMPT
from tests.generation.toy import toy

from cut2next.film.keyframe import write_png
from cut2next.film.png_prompt import png_text


@pytest.fixture(autouse=True)
def no_work_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine must not decide what stderr holds; tests of progress say what is long."""
    monkeypatch.setattr("cut2next.cli.progress.FIRST", 600.0)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a toy model."""
    folder = tmp_path_factory.mktemp("cli") / "toy"
    counts = {"relational prompt": 40, "current prompt": 12, "next prompt": 12}
    toy(prompt_tokens=counts, knows="toys", default_steps=1).save_pretrained(folder)
    return folder


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weights: Path) -> Path:
    """A folder to work in, with a current shot of ours; the mini model is the toy one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cut2next.generation.weights.SHIPPED", {"mini": lambda: weights})
    image = Image.linear_gradient("L").resize((48, 32)).convert("RGB")
    write_png(image, tmp_path / "current.png", png_text(PROMPT))
    return tmp_path
