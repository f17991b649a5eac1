import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.generation.loras import written
from tests.makers.checkpoints import PIXELS, brief
from tests.makers.comfyui_server import WORKFLOW, ComfyServer
from tests.makers.edits_server import EditsServer
from tests.makers.test_loading import LAYER, lora

from cut2next.film import InputError, WeightsError
from cut2next.makers.cut2next_model import Cut2NextMaker
from cut2next.makers.ic_lora import IcLoraMaker
from cut2next.makers.klein import KleinMaker
from cut2next.makers.named import maker_named
from cut2next.makers.pipelines import through_diffusers
from cut2next.makers.server import ServerMaker

Checkpoint = Callable[[str], Path]


def test_a_folder_with_loras_and_settings_is_a_maker_through_diffusers(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    file = lora(tmp_path / "mine.safetensors", LAYER)
    text = f"{checkpoint('klein')}+{file}:0.5?steps=2&relation=no&pixels={PIXELS}&dtype=float32"
    choice = maker_named(text)
    choice.check()
    maker = choice.load()
    assert isinstance(maker, KleinMaker)
    (made,) = maker.make([brief()])
    assert choice.name == f"{checkpoint('klein').name} mine"
    assert made.asked.steps == 2
    assert made.asked.settings["loras"] == {"mine.safetensors": 0.5}
    assert made.asked.settings["relational prompt"] is False


def test_settings_of_one_maker_are_not_those_of_another(checkpoint: Checkpoint) -> None:
    noised = maker_named(f"{checkpoint('ic_lora')}?conditioning=noised&dtype=float32").load()
    assert isinstance(noised, IcLoraMaker)
    assert noised.more() == {"conditioning": "noised"}
    with pytest.raises(InputError, match="a setting 'conditioning'; expected one of steps"):
        maker_named(f"{checkpoint('klein')}?conditioning=noised").check()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("steps=many", "steps='many'; expected Input should be a valid integer"),
        ("steps=0", "steps=0; expected a whole number, 1 to 1000"),
        ("relation=perhaps", "relation='perhaps'; expected Input should be a valid boolean"),
        ("dtype=int8", "dtype 'int8'"),
        ("loras=x", "a setting 'loras'"),
    ],
)
def test_what_cannot_be_told_is_refused_before_weights_are_loaded(
    settings: str, said: str, checkpoint: Checkpoint
) -> None:
    with pytest.raises(InputError) as told:
        maker_named(f"{checkpoint('klein')}?{settings}").check()
    assert said in str(told.value)


def test_flux_1_with_a_lora_of_cut2next_is_ours_and_else_the_paper_s_baseline(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    folder = str(checkpoint("ic_lora"))
    assert isinstance(through_diffusers(folder, [], {}), IcLoraMaker)
    ours = written(tmp_path, "ours", 1)
    assert through_diffusers(folder, [(ours, 1.0)], {}) is None
    assert through_diffusers("mini", [], {}) is None


def test_ours_takes_its_own_settings_alone() -> None:
    maker_named("mini?steps=3").check()
    with pytest.raises(InputError, match="a setting 'dtype'; expected one of steps"):
        maker_named("mini?dtype=float32").check()
    assert isinstance(maker_named("mini").load(), Cut2NextMaker)


def test_a_missing_lora_or_model_is_refused_at_once(checkpoint: Checkpoint) -> None:
    with pytest.raises(WeightsError, match=r"none\.safetensors: does not exist"):
        maker_named(f"{checkpoint('klein')}+none.safetensors").check()
    with pytest.raises(InputError, match="unknown model 'no such thing'"):
        maker_named("no such thing").check()


def test_a_url_is_a_server_and_its_query_holds_settings_beside_the_server_s_own() -> None:
    with EditsServer() as server:
        text = f"{server.url}/v1/images/edits?model=a/b&size=96x64&api-version=3&relation=no"
        choice = maker_named(text)
        assert choice.name == "a-b"
        maker = choice.load()
        assert isinstance(maker, ServerMaker)
        (made,) = maker.make([brief()])
    (request,) = server.came
    assert request.path == "/v1/images/edits?api-version=3"
    assert (request.fields["model"], request.fields["size"]) == (b"a/b", b"96x64")
    assert made.asked.settings["relational prompt"] is False
    assert maker_named(f"mine={text}").name == "mine"
    assert maker_named("https://example.org/v1").name == "example.org"


def test_a_workflow_is_a_maker_by_comfyui_with_settings_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(WORKFLOW))
    with ComfyServer() as server:
        choice = maker_named(f"comfyui:{path}?server={server.url}&wait=20&relation=no")
        choice.check()
        assert choice.ours() is None
        assert server.came.paths == []  # before weights are loaded nobody is asked
        (made,) = choice.load().make([brief()])
    assert made.asked.settings["server"] == server.url
    assert made.asked.settings["relational prompt"] is False
    with pytest.raises(InputError, match="a setting 'steps'; expected one of server, wait, rel"):
        maker_named(f"comfyui:{path}?steps=3").check()
    with pytest.raises(InputError, match=r"127\.0\.0\.1:.*: the connection failed"):
        choice.load()


@pytest.mark.parametrize(
    ("typed", "name", "what"),
    [
        ("mini", "mini", "mini"),
        (" mini ", "mini", "mini"),
        ("ours=/models/flux", "ours", "/models/flux"),
        ("black-forest-labs/FLUX.1-dev", "FLUX.1-dev", "black-forest-labs/FLUX.1-dev"),
        ("mini+looks.safetensors:0.5?steps=2", "mini looks", "mini+looks.safetensors:0.5?steps=2"),
        ("a/b.py:cut", "cut", "a/b.py:cut"),
        ("command:my-program --fast", "my-program", "command:my-program --fast"),
        ("comfyui:a/flux.v2.json?wait=9", "flux.v2", "comfyui:a/flux.v2.json?wait=9"),
        ("x=comfyui:b.json", "x", "comfyui:b.json"),
    ],
)
def test_what_is_typed_has_a_name(typed: str, name: str, what: str) -> None:
    choice = maker_named(typed)
    assert (choice.name, choice.what) == (name, what)


@pytest.mark.parametrize(
    "typed", ["", "  ", "=", "name=", "..", "+", "command:", "comfyui:", "\x1b["]
)
def test_what_is_none_is_one_line(typed: str) -> None:
    with pytest.raises(InputError) as refused:
        maker_named(typed)
    assert str(refused.value).isprintable()


@given(st.text())
def test_any_text_is_a_choice_or_refused(typed: str) -> None:
    with suppress(InputError):
        name = maker_named(typed).name
        assert Path(name).name == name  # a folder's name, and no way out
        assert name not in ("", ".", "..")


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("mini+", "an empty LoRA"),
        ("missing.py:cut", "does not exist"),
        ("comfyui:missing.json", r"missing\.json: does not exist; expected a workflow of ComfyUI"),
        ("command:no-such-program-here", "no such program"),
    ],
)
def test_what_is_not_there_is_one_line(typed: str, fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        maker_named(typed).check()
