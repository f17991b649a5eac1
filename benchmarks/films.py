"""Films to cuts: how fast beside decoding alone, and how much memory for how long a film.

    python benchmarks/films.py FILM…                # speed, in one run, by turns
    python benchmarks/films.py FILM --hours 2       # memory, on the film repeated to that length

Speed is that of one process, without OCR: decoding, shots, keyframes, scores, the shard on disk.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import av

from cut2next.films.engines.local import run_locally
from cut2next.films.engines.work import Work
from cut2next.films.rawcuts import RawCuts, Summary, make_rawcuts
from cut2next.films.shards import stretches
from cut2next.films.video import open_film


def decoded(path: Path) -> int:
    """Frames of a film, all decoded and none looked at."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        return sum(1 for _ in container.decode(stream))


def worked(path: Path) -> None:
    """The whole local pipeline on one film, in one stretch."""
    work = Work(scorers=())
    with tempfile.TemporaryDirectory() as place:
        (stretch,) = stretches(open_film(path, path.stem), float("inf"), Path(place), work.identity)
        outcome = work.do(stretch)
        if outcome.failure:
            sys.exit(outcome.failure)


def speed(path: Path, repeats: int) -> None:
    """Both by turns, so that a busy machine disturbs them alike."""
    count = decoded(path)
    worked(path)  # once before, so that libraries are loaded
    ratios, rates = [], []
    for _ in range(repeats):
        begin = time.perf_counter()
        decoded(path)
        between = time.perf_counter()
        worked(path)
        end = time.perf_counter()
        ratios.append((between - begin) / (end - between))
        rates.append((count / (between - begin), count / (end - between)))
    alone, whole = (statistics.median(rate) for rate in zip(*rates, strict=True))
    told = ", ".join(f"{ratio:.2f}" for ratio in sorted(ratios))
    print(f"{path.name}: {alone:.0f} frames/s decoding alone, {whole:.0f} with everything: {told}")


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
    recipe = RawCuts(work=Work(scorers=()))
    with tempfile.TemporaryDirectory() as place:
        alone = partial(run_locally, workers=1)
        for _ in make_rawcuts([path], Path(place) / "cuts", recipe, Summary(), alone):
            pass


def main() -> None:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("films", nargs="+", type=Path, metavar="FILM")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--hours", type=float)
    parser.add_argument("--make", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    for path in args.films:
        if args.make:
            made(path)
        elif args.hours:
            memory(path, args.hours)
        else:
            speed(path, args.repeats)


if __name__ == "__main__":
    main()
