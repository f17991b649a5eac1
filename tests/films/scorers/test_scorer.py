"""Scorers are a list, to which an installed package adds by an entry point."""

from pathlib import Path

import pytest
from PIL import Image
from tests.films.footage import Coding, shots, write_film
from tests.plugins import install

from cut2next.cli.main import main
from cut2next.cuts.dataset import read_records
from cut2next.cuts.record import MadeBy
from cut2next.cuts.scores import ShotScore
from cut2next.film import InputError, WeightsError
from cut2next.films.engines.work import Work
from cut2next.films.scorers.scorer import SCORERS, ScorerChoice, load_scorers

GRAIN = """
from cut2next.cuts.record import MadeBy
from cut2next.film import WeightsError

class Scorer:
    score = "grain"

    def __init__(self, factor):
        if factor == "lost":
            raise WeightsError("lost: no such weights", expected="weights", hint="look for them")
        self.factor = float(factor)
        self.made_by = MadeBy(tool="grain", version="1.0", parameters={"factor": factor})

    def __call__(self, image):
        return self.factor * image.width
"""


@pytest.fixture
def grain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, name="grain", code=GRAIN)


@pytest.mark.usefixtures("grain")
def test_the_scorer_of_a_package_scores_every_keyframe_of_a_film(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", shots(range(3), length=36), Coding())
    out = str(tmp_path / "cuts")
    options = ["--no-text", "--scorer", "grain=0.5", "--workers", "1"]
    assert main(["data", "rawcuts", str(film), "--out", out, *options]) == 0
    records = list(read_records(Path(out)))
    assert len(records) == 2
    for record in records:
        widths = [shot.keyframe().width for shot in record.shots]
        assert [shot.scores["grain"] for shot in record.shots] == [width / 2 for width in widths]
        assert MadeBy(tool="grain", version="1.0", parameters={"factor": "0.5"}) in record.made_by
    assert main(["data", "validate", out]) == 0


@pytest.mark.usefixtures("grain")
def test_a_scorer_that_cannot_be_had_is_one_line() -> None:
    refusals = [
        (ScorerChoice("grian", ("1",)), "expected one of text, aesthetic, quality, nsfw, grain"),
        (ScorerChoice("grain"), "the scorer 'grain' cannot be loaded (TypeError: "),
        (ScorerChoice("grain", ("much",)), "cannot be loaded (ValueError: could not convert"),
    ]
    for choice, reason in refusals:
        with pytest.raises(InputError) as refusal:
            load_scorers([choice])
        assert reason in str(refusal.value)
        assert "\n" not in str(refusal.value)
    with pytest.raises(WeightsError, match="no such weights"):
        load_scorers([ScorerChoice("grain", ("lost",))])


def test_a_scorer_gives_the_score_that_its_package_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = GRAIN.replace('score = "grain"', 'score = "noise"')
    install(tmp_path, monkeypatch, name="dust", code=code)
    with pytest.raises(InputError, match="the scorer 'dust' gives the score 'noise'"):
        load_scorers([ScorerChoice("dust", ("1",))])


def test_a_package_that_breaks_at_import_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, name="broken", code="import a_module_that_is_not_there")
    with pytest.raises(InputError, match=r"'broken' cannot be loaded.*; look at broken_scorer"):
        load_scorers([ScorerChoice("broken")])


@pytest.mark.usefixtures("grain")
def test_a_score_depends_on_its_arguments_and_the_weights_they_name(tmp_path: Path) -> None:
    weights = tmp_path / "weights.safetensors"
    identities = []
    for arguments, content in (((str(weights),), b"one"), ((str(weights),), b"three"), ((), b"")):
        weights.write_bytes(content)
        identities.append(Work(scorers=(ScorerChoice("grain", arguments),)).identity)
    assert identities[0] != identities[1] != identities[2] != identities[0]


@pytest.mark.parametrize("given", ["", "=1", "grain="])
def test_the_command_says_how_a_scorer_is_named(
    given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["data", "rawcuts", "film.mp4", "--out", "cuts", "--scorer", given])
    assert refused.value.code == 2
    assert "expected SCORE or SCORE=ARG,..." in capsys.readouterr().err


def test_our_own_scorer_of_text_is_in_the_list() -> None:
    (text,) = load_scorers([ScorerChoice("text")])
    assert text(Image.new("RGB", (320, 240))) == 0.0


def test_all_that_are_named_are_loaded(models: Path) -> None:
    judge = str(models / "classifier")
    choices = [
        ScorerChoice("aesthetic", (str(models / "clip"), str(models / "linear.safetensors"))),
        ScorerChoice("quality", (judge, "normal")),
        ScorerChoice("nsfw", (judge, "nsfw")),
    ]
    assert [scorer.score for scorer in load_scorers(choices)] == ["aesthetic", "quality", "nsfw"]


def test_every_scorer_gives_a_score_that_is_known() -> None:
    assert SCORERS.keys() <= set(ShotScore)
