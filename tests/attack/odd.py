"""Odd invocations: a command that would work, with one or two things about it that nobody expects.

Commands and their arguments are read off the parser, so that a new one is tried without being told;
`USUAL` says how a command works that needs more than its required arguments.
"""

import argparse
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from unicodedata import category

from tests.attack.hostile import NUMBERS, a_path, a_word, hostile_copy
from tests.attack.invoking import Outcome, invoke

from cut2next.cli.main import _parser

USUAL = {
    "generate": "{picture} --model {model} --pattern cut-in --next fox -o made.png --steps 1",
    "storyboard": "{plan} --model {model} --out made --steps 1",
    # Twice not to be served, so that with one of both mended it is refused as well.
    "studio": "{votes} --host 192.0.2.1 --headless",
    "suggest": "{picture} --pattern cut-in",
    "demo": "--model {model} --out made",
    "soundstage": "made --count 1 --workers 1",
    "data rawcuts": "{film} --out made --workers 1 --no-text",
    "data movienet": "{plain} --out made",
    "data filter": "{own} --min-sharpness 2",
    "data annotate": "{own} --annotator openai --model m --estimate",
    "data curate": "{own} --apply {decisions} --out made",
    "data report": "{cuts} --out made.html",
    "data validate": "{cuts}",
    "data stats": "{cuts}",
    "data show": "{cuts} 0 --out made.png",
    "data merge": "{cuts} {others} --out made",
    "data split": "{own} --test 0.5",
    "data export": "{cuts} made",
    "data import": "{plain} made",
    "bench run": "--cases {cases} --makers {model} --limit 1 --out made",
    "bench score": "{entry} --cases {cases} --out made",
    "bench study": "--results {votes}",
    "bench build": "{cuts} -o made --count 1 --split train",
    "bench soundstage": "--model {model} --count 1 --probes 0 --out made",
    **{
        f"train {stage}": "{cuts} -o made --model {model} --steps 1 --rank 1 --size 64x48"
        " --held-out 1"
        for stage in ("film", "rawcuts", "curatedcuts")
    },
    "train mini": "--folder made --only nowhere",
    "experiments": "--folder made --list",
    "lora info": "{lora}",
    "lora convert": "{lora} --to kohya -o made.safetensors",
    "lora merge": "{lora} --model {model} -o made",
    "plan": "--model {model} --size 64x48",
    "weights fetch": "nobody --cache made",
    "weights list": "--cache made",
    "explain": "--table closed",
}
SECONDS = 90
"""What no invocation may take; most take a tenth of one."""
_OF_LIBRARIES = {".ses"}
"""What is left in the folder for temporary files by others: onnxruntime's."""
_TAKES_MINUTES = {"compiled"}
"""Options that are never given: a busy machine compiles for longer than the watchdog waits."""
_WAYS = ("words", "paths", "files", "files", "options")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One invocation, by its number and the seed."""

    number: int
    arguments: list[str]
    folder: Path
    """Where it runs; what lies there is its own."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What an invocation did that none may do."""

    case: Case
    what: str
    outcome: Outcome

    def __str__(self) -> str:
        told = self.outcome.err.strip().splitlines() or [""]
        shown = [word if len(word) < 120 else f"{word[:60]}…" for word in self.case.arguments]
        return ascii(f"{self.case.number} {self.what}: {shown}: {told[-1][:300]}")


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command by its full name, with its parser."""
    return _below(_parser(), ())


def _below(
    parser: argparse.ArgumentParser, name: tuple[str, ...]
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    inner = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    for action in inner:
        for word, child in action.choices.items():
            yield from _below(child, (*name, word))
    if not inner:
        yield " ".join(name), parser


def case(number: int, seed: int, stock: dict[str, Path], folder: Path) -> Case:
    """Invocation `number`, in a new folder with what it needs."""
    chance = Random(f"{seed} {number}")
    folder.mkdir()
    name, parser = chance.choice(list(commands()))
    way = chance.choice(_WAYS)
    words = USUAL.get(name, "").split()
    slots = [at for at, word in enumerate(words) if word.startswith("{")]
    arguments = [_put(word, stock, folder) for word in words]
    if way == "files" and slots:
        at = chance.choice(slots)
        place = folder / f"foreign{Path(arguments[at]).suffix}"
        hostile_copy(Path(arguments[at]), place, chance)
        arguments[at] = str(place)
    elif way == "paths" and arguments:
        arguments[chance.choice(slots or [0])] = a_path(chance, folder)
    elif way == "words" and arguments:
        arguments[chance.randrange(len(arguments))] = a_word(chance)
    else:
        arguments += _options(parser, chance, folder)
    return Case(number=number, arguments=[*name.split(), *arguments, "--quiet"], folder=folder)


def _put(word: str, stock: dict[str, Path], folder: Path) -> str:
    if word == "{own}":
        own = folder / "own"
        shutil.copytree(stock["cuts"], own)
        return str(own)
    return str(stock[word.strip("{}")]) if word.startswith("{") else word


def _options(parser: argparse.ArgumentParser, chance: Random, folder: Path) -> list[str]:
    """One or two options of a command with odd values; or one that is none."""
    options = [a for a in parser._actions if a.option_strings and a.dest not in ("help", "json")]
    if not options or chance.random() < 0.05:
        return [chance.choice(("--nothing", "-x", "---", "--json=1"))]
    given: list[str] = []
    for action in chance.sample(options, min(len(options), chance.choice((1, 1, 2)))):
        if action.dest in _TAKES_MINUTES:  # left out here, so that other cases keep their numbers
            continue
        given.append(chance.choice(action.option_strings))
        if action.nargs != 0:
            given.append(_value(action, chance, folder))
    return given


def _value(action: argparse.Action, chance: Random, folder: Path) -> str:
    kind = chance.randrange(4)
    if kind == 0 and action.choices:
        return str(chance.choice(list(action.choices)))
    if kind == 1:
        return a_path(chance, folder)
    return a_word(chance) if kind == 2 else chance.choice(NUMBERS)


def tried(case: Case, stock: Path) -> Fault | None:
    """Runs it; what it did that none may do."""
    stamps = _stamps(case.folder), _stamps(stock)
    scratch = case.folder.with_name(f"{case.folder.name}.tmp")
    scratch.mkdir()
    try:
        arguments = [os.fsdecode(os.fsencode(word.replace("\0", ""))) for word in case.arguments]
        outcome = invoke(
            arguments, case.folder, within=SECONDS, environment={"TMPDIR": str(scratch)}
        )
        after = _stamps(case.folder), _stamps(stock)
        left = {path.name for path in scratch.iterdir()} - _OF_LIBRARIES
        what = _fault(outcome, stamps, after, sorted(left))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Fault(case=case, what=what, outcome=outcome) if what else None


def _fault(
    outcome: Outcome,
    before: tuple[dict[str, str], dict[str, str]],
    after: tuple[dict[str, str], dict[str, str]],
    scratch: list[str],
) -> str:
    told = outcome.err.splitlines()
    if outcome.code is None:
        return "hangs"
    if "Traceback" in outcome.err or outcome.code not in (0, 2):
        return f"ends with {outcome.code}"
    if outcome.code == 2 and len(told) != 1:
        return f"is refused in {len(told)} lines"
    # "Cc" has those of eight bits too, which steer as well.
    if any(category(sign) == "Cc" and sign not in "\n\t" for sign in outcome.out + outcome.err):
        return "lets control characters through"
    if after[1] != before[1]:
        return "changes what it reads"
    if scratch:
        return f"leaves {scratch}"
    if outcome.code == 2 and after[0] != before[0]:
        return f"is refused and leaves {sorted(set(after[0]) ^ set(before[0]))[:3]}"
    left = [name for name in after[0] if "cut2next-partial" in name or name.endswith(".old")]
    return f"leaves {left[:3]}" if left else ""


def _stamps(folder: Path) -> dict[str, str]:
    """What lies in a folder: digests of files, by name."""
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        if path.is_file() and not path.is_symlink()
        else "no file"
        for path in folder.rglob("*")
    }
