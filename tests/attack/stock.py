"""Good inputs of every kind that a command takes, small, made once into a folder."""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from tests.cutbench.frozen import entry, frozen
from tests.cutbench.study.studies import furnished
from tests.cuts.sample import found
from tests.films.footage import shots, write_film
from tests.generation.loras import written as lora_written
from tests.generation.toy import toy

from cut2next.curation.decisions import Decision, Verdict, write_decisions
from cut2next.cutbench.study.design import Question
from cut2next.cutbench.study.order import Side
from cut2next.cutbench.study.votes import Vote, open_votes
from cut2next.cuts.dataset import read_records
from cut2next.cuts.exporting import export
from cut2next.cuts.writer import CutWriter

_TOKENS = {"relational prompt": 40, "current prompt": 12, "next prompt": 12}


def fill(folder: Path) -> dict[str, Path]:
    """Makes them; returns where each kind lies."""
    folder.mkdir(parents=True)
    stock = {kind: folder / name for kind, name in NAMES.items()}
    toy(prompt_tokens=_TOKENS, knows="toys", default_steps=1).save_pretrained(stock["model"])
    lora_written(folder, stock["lora"].stem, prompt_tokens=_TOKENS)
    noise = np.random.default_rng(0).integers(0, 256, (32, 48, 3)).astype(np.uint8)
    Image.fromarray(noise).save(stock["picture"])
    for kind, film in (("cuts", "film"), ("others", "other")):
        with CutWriter(stock[kind]) as writer:
            for number in range(3):
                writer.add(found(number, film=film))
    export(read_records(stock["cuts"]), stock["plain"])
    decided = [Decision(id=found(number).id, verdict=Verdict.KEEP) for number in range(3)]
    write_decisions(stock["decisions"], decided)
    entry(stock["entry"], frozen(stock["cases"], 3))
    request = {"image": str(stock["picture"]), "pattern": ["cut-in"], "next": ["a fox"]}
    stock["batch"].write_text(json.dumps(request | {"output": "made.png"}) + "\n")
    cuts = [{"pattern": "cut-in", "next": "a fox"}]
    stock["plan"].write_text(json.dumps({"image": str(stock["picture"]), "cuts": cuts}))
    write_film(stock["film"], shots(range(3)))
    _vote(stock["votes"])
    return stock


def _vote(path: Path) -> None:
    """A study in which one rater has answered once."""
    votes = open_votes(path, furnished(path.with_name("study")).study())
    rater = votes.join("Anna").number
    votes.give(
        Vote(
            rater=rater,
            question=Question.CONTINUITY,
            round=0,
            item=0,
            chose_first=True,
            side=Side.LEFT,
        )
    )
    votes.close()


NAMES = {
    "model": "model",
    "lora": "lora.safetensors",
    "picture": "picture.png",
    "cuts": "cuts",
    "others": "others",
    "plain": "plain",
    "decisions": "decisions.csv",
    "cases": "cases",
    "entry": "entry",
    "batch": "batch.jsonl",
    "plan": "plan.json",
    "film": "film.mp4",
    "votes": "votes.db",
}
