"""Without the extras every command works, or says in a line which extra it lacks."""

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement


def required(name: str, seen: set[str]) -> set[str]:
    """The distributions that pip installs with one, without extras."""
    try:
        asked = distribution(name).requires or []
    except PackageNotFoundError:  # asked for on other systems
        return seen
    if name not in seen:
        seen.add(name)
        for requirement in map(Requirement, asked):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                required(requirement.name.lower().replace("_", "-"), seen)
    return seen


def base_packages(folder: Path) -> Path:
    """A folder of packages that has these alone, by links to where they are installed."""
    folder.mkdir()
    for name in required("cut2next", set()):
        for file in distribution(name).files or ():
            link = folder / file.parts[0]
            if file.parts[0] != ".." and not link.exists():
                link.symlink_to(str(distribution(name).locate_file(file.parts[0])))
    return folder


@pytest.mark.slow  # `make alone` does it to a true installation
def test_without_extras_every_command_works_or_names_the_extra(
    tmp_path: Path, project: Path
) -> None:
    paths = [project / "src", base_packages(tmp_path / "packages")]
    ended = subprocess.run(
        [sys.executable, "-S", project / "tests" / "cli" / "base_install.py", "--quick"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
