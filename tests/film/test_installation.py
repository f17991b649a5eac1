"""What is missing or broken of what cut2next stands on is named in a line, with its cure."""

import os
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from cut2next.film import InputError, WeightsError, installation
from cut2next.film.installation import needed

MAKE = "import sys; from cut2next.cli.main import main; sys.exit(main(['demo']))"


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("av", "av is not installed; expected it; pip install 'cut2next[data]'"),
        (
            "cv2",
            "opencv-python-headless is not installed; expected it; pip install 'cut2next[data]'",
        ),
        ("google", "google-genai is not installed; expected it; pip install 'cut2next[annotate]'"),
        ("ray", "ray is not installed; expected it; pip install 'cut2next[ray]'"),
        ("onnxruntime", "onnxruntime is not installed; expected it; pip install 'cut2next[ocr]'"),
        ("lens", "lens is not installed; expected it; pip install lens"),
    ],
)
def test_what_is_missing_is_named_with_the_extra_that_brings_it(
    module: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError) as refused, needed("it"):
        import_module(module)
    assert str(refused.value) == line


@pytest.mark.parametrize("module", ["av", "cv2"])
@pytest.mark.parametrize("extra", ["data", "studio"])
def test_of_several_extras_that_of_whoever_asks_is_named(
    module: str, extra: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extras = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    told = [
        f"{each}; extra == '{name}'"
        for name, wanted in extras["optional-dependencies"].items()
        for each in wanted
    ]
    monkeypatch.setattr(installation, "_requirements", lambda: told)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError) as refused, needed("it, to read films", extra):
        import_module(module)
    assert str(refused.value).endswith(f"pip install 'cut2next[{extra}]'")


@pytest.mark.parametrize(
    "error",
    [
        ZeroDivisionError("a defect"),
        ModuleNotFoundError("No module named 'cut2next.lens'", name="cut2next.lens"),
        ImportError("cannot import name 'Lens'", name="cut2next.film"),
        WeightsError("a file", expected="another", hint="take it"),
    ],
    ids=repr,
)
def test_what_is_no_matter_of_the_installation_stays_what_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as raised, needed("it"):
        raise error
    assert raised.value is error


def installed(folder: Path, name: str, version: str, code: str) -> Path:
    """A package that hides the one of its name."""
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(code)
    return folder


def run(code: str, packages: Path, project: Path) -> "subprocess.CompletedProcess[str]":
    paths = os.pathsep.join(map(str, (packages, project / "src")))
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
        cwd=packages,
        check=False,
    )


NO_LIBRARY = "libtorch_cpu.so: cannot open shared object file"
MISMATCHED = "operator torchvision::nms does not exist"
TORCH = "pip install --force-reinstall 'torch<2.14,>=2.6'"


@pytest.mark.parametrize(
    ("package", "code", "line"),
    [
        (("torchvision", "0.20.0"), f"raise RuntimeError('{MISMATCHED}')", f"({MISMATCHED})"),
        (("torch", "2.13.0"), f"raise OSError('{NO_LIBRARY}')", f"({NO_LIBRARY})"),
        (("torch", "2.13.0"), "", "(module 'torch' has no attribute 'Tensor')"),
        (("diffusers", "0.20.0"), "raise ImportError('too old')", "(too old)"),
    ],
    ids=[
        "torchvision of another torch",
        "torch without a library",
        "half a torch",
        "old diffusers",
    ],
)
def test_a_library_that_does_not_load_is_one_line_with_its_cure(
    package: tuple[str, str], code: str, line: str, tmp_path: Path, project: Path
) -> None:
    ended = run(MAKE, installed(tmp_path, *package, code), project)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith(f"cut2next: {package[0]} does not load {line}; expected all")
    assert ended.stderr.count("\n") == 1
    cure = "pip uninstall torchvision" if package[0] == "torchvision" else "--force-reinstall '"
    assert cure in ended.stderr


def test_importing_the_pipeline_says_nothing_and_leaves_logging_as_it_was(
    tmp_path: Path, project: Path
) -> None:
    code = (
        "import logging; from cut2next.generation import Cut2NextPipeline;"
        "logging.warning('still heard')"
    )
    ended = run(code, tmp_path, project)
    assert (ended.stdout, ended.stderr) == ("", "WARNING:root:still heard\n")
