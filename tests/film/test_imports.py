import subprocess
import sys

from cut2next import film


def test_the_words_need_no_torch() -> None:
    listing = subprocess.run(
        [sys.executable, "-c", "import sys, cut2next.film; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(listing.stdout.split())
    assert "cut2next.film.prompts" in loaded
    assert not loaded & {"torch", "numpy", "diffusers", "transformers", "datasets"}


def test_the_public_words_are_sorted_and_there() -> None:
    assert film.__all__ == sorted(film.__all__)
    assert all(hasattr(film, name) for name in film.__all__)
