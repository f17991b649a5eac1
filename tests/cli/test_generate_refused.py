"""What `cut2next generate` refuses, in one line each; and odd pictures, which it reads rightly."""

import io
import re
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.cli.running import run
from tests.cli.test_generate import GENERATE

from cut2next.film.keyframe import read_keyframe


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, format="PNG")
    return file.getvalue()


def huge() -> bytes:
    """A PNG of a few bytes that says it has 3.6 gigapixels."""
    whole = png(NOISE)
    header = whole[12:16] + struct.pack(">2I", 60_000, 60_000) + whole[24:29]
    return whole[:12] + header + struct.pack(">I", zlib.crc32(header)) + whole[33:]


NOISE = Image.effect_noise((64, 48), 80).convert("RGB")
"""Grey, so that every kind of picture can hold it."""


Make = Callable[[Path], None]


def file(name: str, data: bytes) -> Make:
    return lambda _: (Path(name).write_bytes(data), None)[1]


def saved(name: str, image: Image.Image, **settings: Any) -> Make:
    return lambda _: image.save(name, **settings)


def folder(name: str) -> Make:
    return lambda _: Path(name).mkdir()


def nothing(_: Path) -> None:
    pass


def model(name: str, keep: int) -> Make:
    """A copy of the model in which one file is cut short, or gone."""

    def make(weights: Path) -> None:
        shutil.copytree(weights, "model")
        whole = (weights / name).read_bytes()
        Path("model", name).write_bytes(whole[:keep])
        if not keep:
            Path("model", name).unlink()

    return make


def of(image: str) -> list[str]:
    return ["generate", image, "--pattern", "cut-in", "--next", "grass", "-o", "next.png"]


def but(*changes: str) -> list[str]:
    """The usual arguments, with some said again."""
    return [*GENERATE, "-o", "next.png", *changes]


NETWORK = "transformer/diffusion_pytorch_model.safetensors"
BAD: dict[str, tuple[Make, list[str], str]] = {
    "not an image": (file("a.png", b"Once upon a time"), of("a.png"), "a.png: is not a picture"),
    "truncated": (file("a.png", png(NOISE)[:3000]), of("a.png"), "a.png: is damaged or cut short"),
    "empty": (file("a.png", b""), of("a.png"), "a.png: is empty"),
    "animated": (
        saved("a.gif", NOISE, save_all=True, append_images=[NOISE.rotate(90)]),
        of("a.gif"),
        "a.gif: has several frames",
    ),
    "1x1": (saved("a.png", Image.new("RGB", (1, 1))), of("a.png"), "a.png: is 1x1 pixels"),
    "32-bit": (saved("a.tif", NOISE.convert("F")), of("a.tif"), "a.tif: has 32-bit pixels"),
    "a strip": (saved("a.png", Image.new("RGB", (999, 16))), of("a.png"), "picture of 999x16"),
    "very large": (file("a.png", huge()), of("a.png"), "a.png: is too large"),
    "a folder": (folder("a.png"), of("a.png"), "a.png: is a folder"),
    "a missing file": (nothing, of("a.png"), "a.png: does not exist"),
    "no file name": (nothing, of(""), "got '', which is empty"),
    "unknown pattern": (nothing, but("--pattern", "jump"), "one of shot-reverse-shot, cut-in"),
    "unknown model": (nothing, but("--model", "maxi"), "unknown model 'maxi'; expected mini"),
    "empty next prompt": (nothing, but("--next", ""), "argument --next: got ''; expected some"),
    "blank next prompt": (nothing, but("--next", " \n"), "argument --next: got ' "),
    "a next prompt of dots": (nothing, but("--next", "..."), "argument --next: got '...'"),
    "empty relation": (nothing, but("--relation", ""), "argument --relation: got ''"),
    "empty current prompt": (nothing, but("--current", " "), "argument --current: got ' '"),
    "a prompt that is no text": (nothing, but("--next", "fox \udcff"), "expected UTF-8"),
    "no prompt": (nothing, [*of("current.png")[:4], "-o", "next.png"], "required: --next"),
    "no way to cut": (
        nothing,
        ["generate", "current.png", "--next", "grass", "-o", "next.png"],
        "nothing says how the cut goes; expected --pattern, --relation or both",
    ),
    "no output": (nothing, GENERATE, "required: -o/--output"),
    "no such output folder": (nothing, but("-o", "none/next.png"), "none: no such folder"),
    "an output folder that cannot be written": (
        nothing,
        but("-o", "/proc/next.png"),
        "/proc/next.png: cannot be written",
    ),
    "a folder for output": (folder("out.png"), but("-o", "out.png"), "out.png: is a folder"),
    "another kind of output": (nothing, but("-o", "next.jpg"), "a name ending in .png"),
    "onto the current shot": (nothing, but("-o", "./current.png"), "is the current shot"),
    **{
        f"{option} {number}": (nothing, but(option, number), f"argument {option}: got '{number}'")
        for option in ("--count", "--steps")
        for number in ("0", "-1", "1.5", "1001", "many")
    },
    "--seed -1": (nothing, but("--seed", "-1"), "argument --seed: got '-1'"),
    "--seed 2^63": (nothing, but("--seed", str(2**63)), "argument --seed: got '9223372"),
    "truncated weights": (model(NETWORK, 90_000), but("--model", "model"), f"model/{NETWORK}: d"),
    "missing weights": (model(NETWORK, 0), but("--model", "model"), "model/transformer/*.safe"),
    "a truncated index": (
        model("model_index.json", 99),
        but("--model", "model"),
        "index.json: is no JSON",
    ),
    "a missing tokenizer": (
        model("tokenizer/tokenizer.json", 0),
        but("--model", "model"),
        "model: does not load",
    ),
    "a folder without weights": (
        folder("model"),
        but("--model", "model"),
        "index.json: does not exist",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_one_line_and_leaves_nothing(
    case: str, desk: Path, weights: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    make, arguments, said = BAD[case]
    make(weights)
    before = {path: path.stat().st_mtime_ns for path in desk.rglob("*")}
    assert run(*arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert re.fullmatch(r"cut2next( generate)?: .+\n", err)
    assert said in err
    assert {path: path.stat().st_mtime_ns for path in desk.rglob("*")} == before


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["none.png"], "none.png: does not exist"),
        (["a.png", "--size", "768x320"], "a size of 768x320; expected"),
    ],
)
def test_what_is_refused_is_refused_at_once(more: list[str], message: str, tmp_path: Path) -> None:
    """Before torch, which takes seconds, is even imported."""
    NOISE.save(tmp_path / "a.png")
    asked = (
        "import sys; from cut2next.cli.main import main; code = main(sys.argv[1:]);"
        "assert 'torch' not in sys.modules; sys.exit(code)"
    )
    command = [sys.executable, "-c", asked, *of(more[0]), *more[1:]]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"cut2next: {message}")


def sixteen_bit(image: Image.Image) -> Image.Image:
    deep = Image.new("I;16", image.size)
    deep.putdata([257 * value for value in image.convert("L").tobytes()])
    return deep


@pytest.mark.parametrize(
    "odd",
    [NOISE.convert("CMYK"), NOISE.convert("LA"), sixteen_bit(NOISE)],
    ids=lambda odd: odd.mode,
)
def test_odd_pictures_are_read_rightly(odd: Image.Image, desk: Path) -> None:
    odd.save(desk / "odd.tif")
    NOISE.save(desk / "plain.png")
    for name, made in (("odd.tif", "one.png"), ("plain.png", "two.png")):
        said = ["--pattern", "cut-in", "--next", "grass", "-o", made]
        assert run("generate", name, *said) == 0
    one, two = (read_keyframe(desk / name).tobytes() for name in ("one.png", "two.png"))
    assert one == two
