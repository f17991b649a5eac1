"""CutBench's study is a page of the same server, below /study/."""

from contextlib import closing
from pathlib import Path

from tests.cutbench.study.serving import Client as Rater
from tests.cutbench.study.studies import furnished
from tests.studio.server.serving import served

from cut2next.cutbench.study.access import Door
from cut2next.cutbench.study.desk import Desk
from cut2next.cutbench.study.pictures import Pictures
from cut2next.cutbench.study.server import app_of
from cut2next.cutbench.study.votes import open_votes
from cut2next.studio.store import Store


def test_a_rater_answers_beside_the_board(tmp_path: Path) -> None:
    made = furnished(tmp_path / "study")
    with (
        closing(Store.in_memory()) as store,
        closing(open_votes(tmp_path / "votes.sqlite", made.study(repeats=1, checks=1))) as votes,
    ):
        desk = Desk(made.benchmark, votes, Pictures(made.benchmark, made.entries))
        study = app_of(desk, Door(host="127.0.0.1", key=None, cookie="cut2next-test"))
        with served(store, study=study) as here:
            rater = Rater(here.port)
            status, page = rater.get("/study/")
            assert (status, b"study.js" in page) == (200, True)
            for file in ("study.js", "server.js", "style.css"):
                assert rater.get(f"/study/{file}")[0] == 200
            status, state = rater.post("/study/api/raters", {"name": "Anna"})
            assert (status, state["done"]) == (200, 0)
            assert state["link"].startswith("/study/r/")
            word = state["question"]["word"]
            assert rater.get(f"/study/pictures/{word}/left")[0] == 200
            assert rater.post("/study/api/votes", {"word": word, "side": "left"})[1]["done"] == 1
            elsewhere = Rater(here.port)
            assert elsewhere.get(state["link"])[0] == 303
            assert elsewhere.headers["Location"] == "/study/"
            assert elsewhere.get("/study/api/state")[1]["done"] == 1
            assert rater.get("/api/board")[0] == 200
