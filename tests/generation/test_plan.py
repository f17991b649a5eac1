"""What a model will need is known from its folder, or refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from cut2next.film import Cut2NextError, InputError
from cut2next.generation.fit import Fit, Placement
from cut2next.generation.plan import model_in, model_named, planned


@pytest.mark.filterwarnings("ignore:Initializing zero-element")
@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("model_index.json", {"prompt_tokens": {"next prompt": 5}}),
        ("model_index.json", {"prompt_tokens": "many"}),
        ("model_index.json", {"prompt_tokens": None}),
        ("model_index.json", {"table": "no such"}),
        ("model_index.json", {"scheduler": []}),
        ("model_index.json", {"default_size": [3]}),
        ("model_index.json", {"default_size": [50, 32], "knows": "toys"}),
        ("transformer/config.json", {"attention_head_dim": 0}),
        ("transformer/config.json", {"axes_dims_rope": []}),
        ("vae/config.json", {"norm_num_groups": 0}),
        ("vae/config.json", {"block_out_channels": []}),
        ("vae/config.json", {"block_out_channels": 4}),
        ("text_encoder_2/config.json", {"d_model": "q"}),
        ("text_encoder_2/config.json", {"num_heads": 0}),
    ],
)
def test_what_describes_no_model_is_refused(
    file: str, change: dict[str, Any], folder: Path
) -> None:
    path = folder / file
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(Cut2NextError):
        planned(model_in(folder), (64, 64))


def test_a_picture_is_planned_for_at_the_size_it_is_brought_to(folder: Path) -> None:
    expected = planned(model_in(folder), (64, 48)).needed
    path = folder / "model_index.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "default_size": [64, 48]}))
    assert planned(model_in(folder), (6400, 4800)).needed == expected


def test_flux1_is_planned_for_by_its_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cut2next.generation.weights.downloaded", pytest.fail)
    plan = planned(model_named("black-forest-labs/FLUX.1-dev"), (1024, 576))
    assert plan.layout.table.name == "closed"
    assert set(plan.layout.prompt_tokens.values()) == {512}
    # As documented, and as it was measured on a card to 2 %.
    peaks = {
        placement: plan.needed.peak(Fit(placement=placement)) / 2**30 for placement in Placement
    }
    assert [round(peak, 1) for peak in peaks.values()] == [34.4, 25.3, 25.0, 4.2]


def test_a_folder_goes_before_a_released_name(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("black-forest-labs").mkdir()
    folder.rename("black-forest-labs/FLUX.1-dev")
    assert model_named("black-forest-labs/FLUX.1-dev").training is not None


@pytest.mark.parametrize("name", ["FLUX.1-dev", "flux.1-schnell"])
def test_a_name_without_its_owner_is_given_one(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="(?i)did you mean black-forest-labs/" + name):
        model_named(name)
    with pytest.raises(InputError, match="check the name"):
        model_named("maxi")
