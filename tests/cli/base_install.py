"""What an installation without extras does, command by command: it works, or names the extra.

    python tests/cli/base_install.py [--quick]

Needs nothing but cut2next, and no extra may be there. `--quick` leaves out what works by itself.
"""

import contextlib
import io
import sys
import tempfile
from pathlib import Path

FORMATS = Path(__file__).resolve().parent.parent / "formats"
PART = "café,day,natural,2,company"
CURRENT = "cuts/images/000-current.png"
SHOOT = f"soundstage cuts --count 4 --seed 500007 --only {PART} --images --workers 1"
GENERATE = f"generate {CURRENT} --pattern cut-in --next <Noah> -o next.png --steps 1"
SERVER = "--base-url http://localhost:1/v1"

WORKS, REFUSED = "", "cut2next: "
COMMANDS: dict[str, str] = {
    "explain": WORKS,
    "weights list --cache none": WORKS,
    SHOOT: WORKS,
    GENERATE: WORKS,
    "storyboard none.json --out board": REFUSED,
    "studio board --headless": "studio",
    f"suggest {CURRENT} --pattern cut-in": WORKS,
    f"suggest {CURRENT} --annotator openai --model any {SERVER}": "annotate",
    "demo": WORKS,
    f"bench soundstage --count 1 --steps 1 --only {PART}": WORKS,
    "bench study cases one two": "study",
    f"plan --lora {FORMATS / 'lora-1.safetensors'} --size 384x160": WORKS,
    f"lora info {FORMATS / 'lora-1.safetensors'}": WORKS,
    f"lora convert {FORMATS / 'lora-1.safetensors'} --to kohya -o kohya.safetensors": WORKS,
    "data validate cuts": WORKS,
    "data stats cuts": WORKS,
    "data show cuts 0 --out shown.png": WORKS,
    "data filter cuts --max-motion none": WORKS,
    "data split cuts --test 0.5": WORKS,
    "data export cuts plain": WORKS,
    "data import plain back": WORKS,
    "data merge cuts --out merged": WORKS,
    "train mini --folder run --device cuda": REFUSED,
    "experiments --list --folder run": WORKS,
    "data rawcuts none.mp4 --out raw": "data",
    "data rawcuts none.mp4 --out raw --engine ray --no-text": "data",
    "data movienet movienet --films . --out raw": "data",
    "data curate cuts": WORKS,  # torch brings jinja2
    "data report cuts": WORKS,
    "data annotate cuts --annotator gemini --model any": "annotate",
    f"data annotate cuts --annotator openai --model any {SERVER}": "annotate",
    f"{GENERATE} --lora {FORMATS / 'lora-1.safetensors'}": "lora",
    f"lora merge {FORMATS / 'lora-1.safetensors'} -o new": "lora",
    "data annotate cuts --annotator local --model any": REFUSED,
}
"""Each, and what comes of it: nothing to say, the extra it lacks, or another refusal."""


def faults(*, quick: bool) -> list[str]:
    """What does not do as it should, a line each."""
    from cut2next.cli import data
    from cut2next.cli.main import COMMANDS as ALL

    lines = [
        f"{command}: {fault}"
        for command, wanted in COMMANDS.items()
        if wanted or not quick or command in (SHOOT, GENERATE)
        if (fault := _fault(command, wanted))
    ]
    tried = {word for command in COMMANDS for word in command.split()[:2]}
    return lines + [
        f"{one.NAME}: not tried" for one in (*ALL, *data.COMMANDS) if one.NAME not in tried
    ]


def _fault(command: str, wanted: str) -> str:
    from cut2next.cli.main import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(command.split())
    said = err.getvalue()
    if wanted == WORKS:
        return "" if code == 0 else said
    right = f"pip install 'cut2next[{wanted}]'" if wanted != REFUSED else REFUSED
    return "" if code == 2 and said.count("\n") == 1 and right in said else f"{code}: {said}"


def main() -> int:
    """Tells what is wrong; the exit code says whether something is."""
    with tempfile.TemporaryDirectory() as desk, contextlib.chdir(desk):
        for name in ("240P_frames", "scene318/shot_movie318", "scene318/label318", "scene318/meta"):
            Path("movienet", name).mkdir(parents=True)
        Path("movienet/scene318/meta/split318.json").write_text(
            '{"train": [], "val": [], "test": []}'
        )
        wrong = faults(quick="--quick" in sys.argv)
    print("\n".join(wrong or [f"{len(COMMANDS)} commands of a base install tried"]))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
