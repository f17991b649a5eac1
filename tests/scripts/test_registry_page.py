"""What a registry shows of the project leads somewhere from there."""

import re
import tomllib
from pathlib import Path

from scripts.registry_page import with_addresses, with_urls

HOME = "https://example.org/film/cut2next"


def test_pictures_and_links_of_the_readme_have_whole_addresses(project: Path) -> None:
    readme = with_addresses((project / "README.md").read_text("utf-8"), HOME, "v1.0.0")
    assert f"]({HOME}/raw/v1.0.0/docs/strip.png)" in readme
    assert f"]({HOME}/blob/v1.0.0/docs/data.md)" in readme
    targets = re.findall(r"\]\(([^)]+)\)", readme)
    assert targets
    assert all(target.startswith(("https://", "#")) for target in targets)


def test_the_repository_joins_the_urls_of_the_project(project: Path) -> None:
    pyproject = (project / "pyproject.toml").read_text("utf-8")
    urls = tomllib.loads(with_urls(pyproject, HOME))["project"]["urls"]
    assert urls["Repository"] == HOME
    assert urls.items() > tomllib.loads(pyproject)["project"]["urls"].items()
