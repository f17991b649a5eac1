"""Films to cuts: how fast beside decoding alone, and how much memory for how long a film.

    python benchmarks/films.py FILM…                # speed, in one run, by turns
    python benchmarks/films.py FILM… --minutes 20   # the same, on films repeated to that length
    python benchmarks/films.py FILM --hours 2       # memory, on the film repeated to that length

Speed is that of `cut2next data rawcuts` as it comes, from films to the folder: with text, with as
many processes as there are processors, begun anew each time. Beside it the same without text,
decoding alone, and PySceneDetect's command where it is installed.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import av

from cut2next.films.engines.local import run_locally
from cut2next.films.rawcuts import RawCuts, Summary, make_rawcuts

BIN = Path(sys.executable).parent
SCENEDETECT = shutil.which("scenedetect", path=str(BIN))


def decoded(path: Path) -> int:
    """Frames of a film, all decoded and none looked at."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        return sum(1 for _ in container.decode(stream))


def rawcuts(path: Path, *options: str) -> None:
    """The command, as a user types it."""
    with tempfile.TemporaryDirectory() as place:
        made = ["data", "rawcuts", str(path), "--out", f"{place}/cuts", *options]
        run([str(BIN / "cut2next"), *made])


def scenedetect(path: Path) -> None:
    """PySceneDetect's own command, detecting as it does by default."""
    run([SCENEDETECT or "", "-q", "-i", str(path), "detect-adaptive", "list-scenes", "-n"])


def run(command: list[str]) -> None:
    """Runs it to its end, in silence."""
    subprocess.run(command, check=True, capture_output=True)


def speed(path: Path, repeats: int) -> None:
    """All by turns, so that a busy machine disturbs them alike; shares of decoding's speed."""
    contenders: dict[str, Callable[[Path], object]] = {
        "rawcuts": rawcuts,
        "rawcuts --no-text": rawcuts_without_text,
        **({"scenedetect": scenedetect} if SCENEDETECT else {}),
    }
    count = decoded(path)
    shares: dict[str, list[float]] = {name: [] for name in contenders}
    rates = []
    for _ in range(repeats):
        alone = seconds(decoded, path)
        rates.append(count / alone)
        for name, contender in contenders.items():
            shares[name].append(alone / seconds(contender, path))
    print(f"{path.name}: {statistics.median(rates):.0f} frames/s decoding alone; of that speed")
    for name, own in shares.items():
        told = ", ".join(f"{share:.2f}" for share in sorted(own))
        print(f"  {name}: {statistics.median(own):.2f} ({told})", flush=True)


def rawcuts_without_text(path: Path) -> None:
    """The same command, not looking for text."""
    rawcuts(path, "--no-text")


def seconds(work: Callable[[Path], object], path: Path) -> float:
    """How long it takes."""
    begin = time.perf_counter()
    work(path)
    return time.perf_counter() - begin


def lengthened(path: Path, hours: float, out: Path) -> None:
    """The film again and again, without encoding anew."""
    with av.open(str(path)) as container:
        seconds = float(container.duration) / av.time_base
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.dts is not None]
        length = int(seconds / stream.time_base)
        with av.open(str(out), "w") as film:
            target = film.add_stream_from_template(stream)
            for number in range(round(hours * 3600 / seconds)):
                for packet in packets:
                    copy = av.Packet(bytes(packet))
                    copy.pts = packet.pts + number * length
                    copy.dts = packet.dts + number * length
                    copy.time_base, copy.stream = packet.time_base, target
                    copy.is_keyframe = packet.is_keyframe
                    film.mux(copy)


def memory(path: Path, hours: float) -> None:
    """Peak resident memory of a process that makes a set of the lengthened film."""
    with tempfile.TemporaryDirectory() as place:
        for share in (hours / 8, hours):
            film = Path(place) / f"long{path.suffix}"
            lengthened(path, share, film)
            begin = time.perf_counter()
            process = subprocess.Popen([sys.executable, __file__, str(film), "--make"])
            _, status, used = os.wait4(process.pid, 0)
            took = time.perf_counter() - begin
            if status:
                sys.exit("failed")
            print(f"{share:.2f} h: {used.ru_maxrss / 2**20:.2f} GiB, {took:.0f} s", flush=True)


def made(path: Path) -> None:
    """A set of one film, all in this process."""
    recipe = RawCuts()
    with tempfile.TemporaryDirectory() as place:
        alone = partial(run_locally, workers=1)
        for _ in make_rawcuts([path], Path(place) / "cuts", recipe, Summary(), alone):
            pass


def main() -> None:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("films", nargs="+", type=Path, metavar="FILM")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--hours", type=float)
    parser.add_argument("--make", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    for path in args.films:
        if args.make:
            made(path)
        elif args.hours:
            memory(path, args.hours)
        elif args.minutes:
            with tempfile.TemporaryDirectory() as place:
                longer = Path(place) / path.name
                lengthened(path, args.minutes / 60, longer)
                speed(longer, args.repeats)
        else:
            speed(path, args.repeats)


if __name__ == "__main__":
    main()
