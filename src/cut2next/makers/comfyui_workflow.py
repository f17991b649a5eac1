"""A workflow of ComfyUI in its API format, and what of a brief is put where in it.

The file is JSON: nodes by their ids, each with a `class_type`, `inputs` and, in `_meta`, a title.

- *Words*: `%prompt%`, `%next%`, `%relational%`, `%current%` and `%pattern%` within any text. Not in
  braces, which ComfyUI's page takes for choices and removes when a workflow is exported.
- *The current shot*: the file name of the one LoadImage, or of nodes titled `cut2next current`.
- *The next shot*: the picture of the node titled `cut2next next`, else the only one that is saved.
- *Its size*: `width` and `height` of nodes titled `cut2next size`.
- *The seed*: every number called `seed` or `noise_seed`.

What is sent where is known to `comfyui_server.py` alone. No torch here.
"""

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from cut2next.film import Cut2NextError, InputError
from cut2next.film.errors import one_line
from cut2next.film.paths import read_json
from cut2next.film.png_prompt import printable

WORDS = ("prompt", "next", "relational", "current", "pattern")
"""What may stand between percent signs."""
CURRENT, NEXT, SIZE = "cut2next current", "cut2next next", "cut2next size"
"""Titles of nodes."""
MOST = 2**24
"""Bytes of a workflow."""
_PLACE = re.compile(f"%({'|'.join(WORDS)})%")
_SEEDS = ("seed", "noise_seed")
_ENCODES = "TextEncode"
"""In the names of ComfyUI's nodes that read text as weighted: there `(word)` is not just a word."""

Graph = dict[str, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Filling:
    """What a brief puts into a workflow."""

    words: Mapping[str, str]
    """By what stands between percent signs; all of WORDS."""
    image: str
    """The name of the current shot's file, as the server knows it."""
    size: tuple[int, int]
    """Width and height, pixels."""
    seed: int


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """One that has a place for the picture and one for words."""

    name: str
    """Of its file."""
    nodes: Graph

    @property
    def digest(self) -> str:
        """SHA-256 of what it says."""
        return sha256(json.dumps(self.nodes, sort_keys=True).encode()).hexdigest()

    @property
    def is_seeded(self) -> bool:
        """Whether there is a seed to set."""
        return any(_seeds(node) for node in self.nodes.values())

    def filled(self, filling: Filling) -> Graph:
        """The nodes with a brief's words, picture, size and seed."""
        nodes = deepcopy(self.nodes)
        for node in nodes.values():
            inputs = node["inputs"]
            words = _for(node["class_type"], filling.words)
            inputs |= {name: _said(inputs[name], words) for name in _spoken(node)}
            inputs |= dict.fromkeys(_seeds(node), filling.seed)
            if _title(node) == SIZE:
                inputs["width"], inputs["height"] = filling.size
        for id in _pictures(nodes):
            nodes[id]["inputs"]["image"] = filling.image
        return nodes

    def said(self, words: Mapping[str, str]) -> str:
        """All texts that words are put into, as they then are, each once."""
        texts = [
            _said(n["inputs"][name], words) for n in self.nodes.values() for name in _spoken(n)
        ]
        return "\n".join(dict.fromkeys(texts))

    def node(self, id: str) -> str:
        """A node as a person knows it."""
        node = self.nodes.get(id, {})
        title = one_line(printable(_title(node)), 60)
        return f"node {one_line(printable(id), 20)}" + (f" ({title})" if title else "")

    def is_next(self, id: str) -> bool:
        """Whether a node is titled as the one whose picture is the next shot."""
        return _title(self.nodes.get(id, {})) == NEXT


def read_workflow(path: Path) -> Workflow:
    """The workflow of a file.

    Raises InputError for what is none, is not in the API format, or has no place for the current
    shot or for words.
    """
    told = read_json(path, _refused, most=MOST)
    if isinstance(told, dict) and isinstance(told.get("nodes"), list):
        raise _refused(path, "is a workflow as ComfyUI's page keeps it")
    if not isinstance(told, dict) or not told:
        raise _refused(path, "is no workflow")
    for id, node in told.items():
        if not _is_node(node):
            raise _refused(path, f"{one_line(printable(repr(id)), 40)} is no node")
    try:
        json.dumps(told, allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise _refused(path, f"cannot be sent ({one_line(error, 80)})") from error
    workflow = Workflow(name=path.name, nodes=told)
    _check_places(path, workflow)
    return workflow


def _check_places(path: Path, workflow: Workflow) -> None:
    """Refuses a workflow that could not be told what to make."""
    nodes = workflow.nodes
    pictures = _pictures(nodes)
    if not pictures or (len(pictures) > 1 and _title(nodes[pictures[0]]) != CURRENT):
        loads = f"{len(pictures)} LoadImage nodes" if pictures else "no LoadImage node"
        raise InputError(
            f"{path}: {loads}, and none titled {CURRENT!r}",
            expected="a place for the current shot",
            hint=f"title the node that loads it {CURRENT!r}, and export the workflow again",
        )
    for id in pictures:
        if not isinstance(nodes[id]["inputs"].get("image"), str):
            raise _unfit(path, workflow, id, "a file's name as its image")
    for id, node in nodes.items():
        sides = [node["inputs"].get(side) for side in ("width", "height")]
        if _title(node) == SIZE and not all(map(_is_number, sides)):
            raise _unfit(path, workflow, id, "numbers as its width and height")
    if not any(map(_spoken, nodes.values())):
        raise InputError(
            f"{path}: no text with {', '.join(f'%{word}%' for word in WORDS)}",
            expected="a place for the words",
            hint="write %prompt% as the prompt, and export the workflow again",
        )


def _pictures(nodes: Graph) -> list[str]:
    """The nodes that load the current shot: those titled so, else every LoadImage."""
    titled = [id for id, node in nodes.items() if _title(node) == CURRENT]
    return titled or [id for id, node in nodes.items() if node["class_type"] == "LoadImage"]


def _is_node(node: Any) -> bool:
    return (
        isinstance(node, dict)
        and isinstance(node.get("class_type"), str)
        and isinstance(node.get("inputs"), dict)
    )


def _title(node: Mapping[str, Any]) -> str:
    meta = node.get("_meta")
    title = meta.get("title") if isinstance(meta, dict) else None
    return title.strip() if isinstance(title, str) else ""


def _spoken(node: Mapping[str, Any]) -> list[str]:
    """The inputs that words are put into."""
    inputs = node["inputs"].items()
    return [name for name, text in inputs if isinstance(text, str) and _PLACE.search(text)]


def _seeds(node: Mapping[str, Any]) -> list[str]:
    return [name for name in _SEEDS if _is_number(node["inputs"].get(name))]


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _said(text: str, words: Mapping[str, str]) -> str:
    """A text with words; what they say is not looked at for more places."""
    return _PLACE.sub(lambda place: words[place[1]], text)


def _for(kind: str, words: Mapping[str, str]) -> Mapping[str, str]:
    """Words as a kind of node takes them for just words."""
    if _ENCODES not in kind:
        return words
    return {name: re.sub(r"[()]", r"\\\g<0>", text) for name, text in words.items()}


def _unfit(path: Path, workflow: Workflow, id: str, expected: str) -> InputError:
    return InputError(
        f"{path}: {workflow.node(id)} has another", expected=expected, hint="title another node"
    )


def _refused(path: Path, got: str) -> Cut2NextError:
    return InputError(
        f"{path}: {got}",
        expected="a workflow of ComfyUI in its API format",
        hint="in ComfyUI: Workflow, Export (API)",
    )
