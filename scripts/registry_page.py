"""Makes links in the README and pyproject.toml lead to where the project is published from.

    python scripts/registry_page.py https://github.com/OWNER/NAME v1.0.0

A registry shows the README without the files beside it: pictures and links need whole addresses.
Changes both files in place; for a checkout that is built and thrown away.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def with_addresses(readme: str, repository: str, version: str) -> str:
    """A README whose links lead to the files of a repository at a tag."""
    beside = r"\]\((?![a-z]+:|#)([^)]+)\)"
    with_pictures = re.sub(f"(!\\[[^]]*){beside}", rf"\1]({repository}/raw/{version}/\2)", readme)
    return re.sub(beside, rf"]({repository}/blob/{version}/\1)", with_pictures)


def with_urls(pyproject: str, repository: str) -> str:
    """A pyproject.toml that names the repository, its issues and its changelog."""
    urls = {
        "Repository": repository,
        "Issues": f"{repository}/issues",
        "Changelog": f"{repository}/blob/main/CHANGELOG.md",
    }
    lines = "".join(f'{name} = "{url}"\n' for name, url in urls.items())
    return pyproject.replace("[project.urls]\n", f"[project.urls]\n{lines}", 1)


def main(repository: str, version: str) -> None:
    """Changes the two files."""
    readme, pyproject = ROOT / "README.md", ROOT / "pyproject.toml"
    readme.write_text(with_addresses(readme.read_text("utf-8"), repository, version), "utf-8")
    pyproject.write_text(with_urls(pyproject.read_text("utf-8"), repository), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
