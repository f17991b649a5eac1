import json
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.makers.checkpoints import brief
from tests.makers.comfyui_server import (
    SAVED,
    WORKFLOW,
    ComfyServer,
    Graph,
    done,
    failed,
    images,
)
from tests.makers.edits_server import EditsServer, Reply, png

from cut2next.film import InputError
from cut2next.makers.comfyui import ComfyMaker, ComfySettings
from cut2next.makers.comfyui_server import ComfyServer as Asking
from cut2next.makers.comfyui_server import Patience
from cut2next.makers.maker import Made, MakerError, StoppableMaker
from cut2next.makers.server import words

KEY = "sk-not-for-comfyui"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.fixture
def server() -> Iterator[ComfyServer]:
    with ComfyServer() as running:
        yield running


Workflows = Callable[[Graph], Path]


@pytest.fixture
def workflow(tmp_path: Path) -> Workflows:
    """The file of a workflow."""

    def written(graph: Graph) -> Path:
        path = tmp_path / "mine.json"
        path.write_text(json.dumps(graph))
        return path

    return written


@pytest.fixture
def maker(server: ComfyServer, workflow: Workflows) -> ComfyMaker:
    return of(server, workflow(WORKFLOW))


def of(server: ComfyServer, path: Path, **settings: Any) -> ComfyMaker:
    return ComfyMaker(path, ComfySettings(server=server.url, **settings))


def one(maker: ComfyMaker) -> Made:
    (made,) = maker.make([brief(seed=30, size=(56, 40))])
    return made


def fault(server: ComfyServer, maker: ComfyMaker) -> str:
    """What is said; always one line that names the server."""
    with pytest.raises(MakerError) as told:
        one(maker)
    assert str(told.value).startswith(f"{server.url} at a cut, 30: ")
    assert "\n" not in str(told.value)
    return str(told.value)


def test_a_workflow_goes_up_filled_and_a_picture_of_the_brief_s_size_comes_back(
    server: ComfyServer, maker: ComfyMaker
) -> None:
    maker.check()
    made = one(maker)
    ((name, data),) = server.came.uploads.items()
    assert Image.open(BytesIO(data)).tobytes() == brief().current.tobytes()
    (asked,) = server.came.prompts
    assert asked["client_id"]
    graph = asked["prompt"]
    assert graph["1"]["inputs"]["image"] == name
    assert graph["2"]["inputs"]["text"].replace("\\", "") == words(brief())
    assert graph["3"]["inputs"]["seed"] == 30
    assert server.came.viewed == [{"filename": "ComfyUI_00001_.png", "type": "output"}]
    assert made.picture.size == (56, 40)
    assert made.asked.words == words(brief())
    assert (made.asked.size, made.asked.seed) == ((64, 32), 30)
    assert len(made.asked.weights) == 64
    assert made.asked.settings == {
        "server": server.url,
        "workflow": "mine.json",
        "relational prompt": True,
    }


def test_the_key_for_another_server_is_not_sent(server: ComfyServer, maker: ComfyMaker) -> None:
    one(maker)
    assert all(KEY not in str(headers) for headers in server.came.headers)


def test_a_current_shot_is_kept_once(server: ComfyServer, maker: ComfyMaker) -> None:
    first, second = maker.make([brief(seed=1), brief(seed=120)])
    assert len(server.came.uploads) == 1
    assert first.picture.getpixel((5, 5)) != second.picture.getpixel((5, 5))


def test_the_relational_prompt_can_be_left_out(server: ComfyServer, workflow: Workflows) -> None:
    graph = {
        **WORKFLOW,
        "2": {"class_type": "A", "inputs": {"a": "%relational%|%next%|%current%"}},
    }
    assert one(of(server, workflow(graph))).asked.words == (
        "a cut-in to Anna.|Close-up of Anna (red hair).|A wide shot."
    )
    without = one(of(server, workflow(graph), relation=False)).asked
    assert without.words == "|Close-up of Anna (red hair).|A wide shot."


def test_what_knows_no_seed_is_told_none(server: ComfyServer, workflow: Workflows) -> None:
    server.picture = lambda _: png((64, 32))
    graph = {**WORKFLOW, "3": {"class_type": "Blur", "inputs": {"image": ["1", 0]}}}
    assert one(of(server, workflow(graph))).asked.seed is None


PREVIEW = {**SAVED, "filename": "preview.png", "type": "temp"}
OTHER = {**SAVED, "filename": "other.png", "subfolder": "of mine"}


@pytest.mark.parametrize(
    ("outputs", "name"),
    [
        ({"5": {"text": ["words"]}, "9": images(SAVED, OTHER)}, SAVED["filename"]),
        ({"5": images(PREVIEW), "9": images(OTHER)}, "other.png"),
        ({"5": images(PREVIEW), "8": images()}, "preview.png"),
        ({"9": images(OTHER), "7": images(SAVED)}, SAVED["filename"]),  # 7 has the title
    ],
)
def test_which_picture_is_the_next_shot(
    outputs: dict[str, Any], name: str, server: ComfyServer, workflow: Workflows
) -> None:
    title = {"_meta": {"title": "cut2next next"}}
    graph = {**WORKFLOW, "7": {"class_type": "SaveImage", "inputs": {}, **title}}
    server.entry = lambda _: done(outputs)
    one(of(server, workflow(graph)))
    assert server.came.viewed[0]["filename"] == name


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ({}, "no node gave a picture; expected one picture of the workflow; title the node"),
        ({"9": None, "7": {"images": [{"filename": 3}]}}, "no node gave a picture"),
        ({"9": images(SAVED), "1": images(OTHER)}, "pictures of node 9 (Save Image), node 1 (Loa"),
    ],
)
def test_no_picture_or_several_are_told(
    outputs: dict[str, Any], said: str, server: ComfyServer, maker: ComfyMaker
) -> None:
    server.entry = lambda _: done(outputs)
    assert said in fault(server, maker)


NODE_ERRORS = {
    "3": {
        "errors": [{"type": "x", "message": "Value not in list", "details": "name: 'a' not in []"}],
        "dependent_outputs": ["9"],
        "class_type": "KSampler",
    }
}
NO_NODE = {"message": "Cannot execute because node A does not exist.", "details": "Node ID '#2'"}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            {"error": {"message": "failed validation"}, "node_errors": NODE_ERRORS},
            "node 3 (KSampler): Value not in list: name: 'a' not in []; expected a workflow that",
        ),
        (
            {"error": NO_NODE, "node_errors": {}},
            "the workflow is refused (Cannot execute because node A does not exist: Node ID '#2')",
        ),
        ({"error": "no\nway", "node_errors": []}, "the workflow is refused (no way)"),
        ({}, "the workflow is refused (it does not say why)"),
    ],
)
def test_a_workflow_that_the_server_refuses_is_told_in_its_words(
    told: Any, said: str, server: ComfyServer, maker: ComfyMaker
) -> None:
    server.replies["/prompt"] = Reply(json.dumps(told).encode(), 400)
    assert said in fault(server, maker)


def test_half_a_workflow_is_not_run(server: ComfyServer, maker: ComfyMaker) -> None:
    server.running = ["another's"]
    server.pending = ["id-1"]
    told = {"prompt_id": "id-1", "number": 1, "node_errors": NODE_ERRORS}
    server.replies["/prompt"] = Reply(json.dumps(told).encode())
    assert "node 3 (KSampler): Value not in list" in fault(server, maker)
    assert server.pending == []


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            failed("execution_error", exception_message="out of\nmemory", traceback=[]),
            "node 3 (KSampler): out of memory",
        ),
        (failed("execution_interrupted"), "interrupted at node 3 (KSampler)"),
        (failed("something else"), "it failed, and does not say why"),
    ],
)
def test_what_fails_there_is_told(
    entry: dict[str, Any], said: str, server: ComfyServer, maker: ComfyMaker
) -> None:
    server.entry = lambda _: entry
    assert said in fault(server, maker)


def test_what_takes_too_long_is_interrupted(server: ComfyServer, workflow: Workflows) -> None:
    server.looks = 1000
    assert "no picture within 0.3 s" in fault(server, of(server, workflow(WORKFLOW), wait=0.3))
    assert server.came.interrupted == ["id-1"]


def test_behind_another_s_it_leaves_the_queue_and_that_runs_on(
    server: ComfyServer, workflow: Workflows
) -> None:
    server.running = ["another's"]
    assert "no picture within" in fault(server, of(server, workflow(WORKFLOW), wait=0.3))
    assert (server.running, server.pending) == (["another's"], [])
    assert server.came.interrupted == []


def test_what_nobody_wants_any_more_is_stopped(server: ComfyServer, maker: ComfyMaker) -> None:
    assert isinstance(maker, StoppableMaker)
    server.looks = 1000
    left = [True, True, False]
    assert maker.made_while(brief(), lambda: left.pop(0)) is None
    assert left == []
    assert server.came.interrupted == ["id-1"]


def test_what_another_took_out_of_the_queue_is_not_waited_for(
    server: ComfyServer, maker: ComfyMaker
) -> None:
    server.running = ["another's"]
    server.replies["/queue"] = Reply(b'{"queue_running": [], "queue_pending": []}')
    assert "it was taken out of the queue" in fault(server, maker)


PNG = png((64, 32))


@pytest.mark.parametrize(
    ("path", "reply", "said"),
    [
        ("/upload", Reply(b"", 413), "it says 413; expected ComfyUI's own protocol"),
        ("/upload", Reply(b"[]"), "it does not say where it keeps a picture"),
        ("/prompt", Reply(b"{}"), "it does not say what it calls what it was asked"),
        ("/prompt", Reply(b"oh", 500), "it says 500 (oh)"),
        ("/history", Reply(b"<html>"), "an answer that is no JSON (<html>)"),
        ("/history", Reply(b"[" * 10**5), "an answer that is no JSON"),
        ("/history", Reply(b"{}", cut=1), "the connection failed"),
        ("/view", Reply(b"", 404), "it says 404"),
        ("/view", Reply(b""), "a picture that is empty; expected one picture"),
        ("/view", Reply(b"no picture"), "a picture that is not a picture that can be read"),
        ("/view", Reply(PNG[:60]), "a picture that is damaged or cut short"),
        ("/view", Reply(PNG, cut=9), "the connection failed"),
    ],
)
def test_each_fault_is_one_clear_line(
    path: str, reply: Reply, said: str, server: ComfyServer, maker: ComfyMaker
) -> None:
    server.replies[path] = reply
    assert said in fault(server, maker)


def test_no_redirection_is_followed(server: ComfyServer, maker: ComfyMaker) -> None:
    with EditsServer() as other:
        server.replies["/view"] = Reply(b"", 302, {"Location": f"{other.url}/made.png"})
        assert f"a redirection to {other.url}" in fault(server, maker)
        assert other.came == []


def test_an_answer_is_neither_read_nor_waited_for_without_end(server: ComfyServer) -> None:
    server.replies["/system_stats"] = Reply(b" " * 2**21)
    with pytest.raises(InputError, match="an answer of more than 1 MiB"):
        Asking(server.url, Patience(most_bytes=2**20)).check()


def test_what_is_not_there_or_is_no_comfyui_is_refused_before_anything_is_sent(
    server: ComfyServer, maker: ComfyMaker
) -> None:
    server.replies["/system_stats"] = Reply(b"{}")
    with pytest.raises(InputError, match="it does not answer as ComfyUI; expected ComfyUI's serv"):
        maker.check()
    assert server.came.paths == ["/system_stats"]
    with ComfyServer() as gone:
        url = gone.url
    with pytest.raises(InputError, match=r"the connection failed .ConnectError.*start it, or name"):
        Asking(url, Patience()).check()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"server": "host:8188"}, "no server's address"),
        ({"server": "http://me:secret@host"}, "a URL with a password"),
        ({"server": "http://host/?token=secret"}, "a server's address with"),
        ({"wait": 0.0}, "wait=0; expected seconds, up to a day"),
        ({"wait": float("nan")}, "wait=nan"),
    ],
)
def test_settings_that_are_none_are_refused(
    settings: dict[str, Any], said: str, workflow: Workflows
) -> None:
    path = workflow(WORKFLOW)
    with pytest.raises(InputError) as told:
        ComfyMaker(path, ComfySettings(**settings))
    assert said in str(told.value)
    assert "secret" not in str(told.value)


def test_a_server_may_live_under_a_path(server: ComfyServer, workflow: Workflows) -> None:
    maker = ComfyMaker(workflow(WORKFLOW), ComfySettings(server=f"{server.url}/comfy/"))
    with pytest.raises(InputError, match=r"/comfy: it says 404"):
        maker.check()
    assert server.came.paths == ["/comfy/system_stats"]
