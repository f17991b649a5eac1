"""What other programs stand on comes without diffusers and transformers."""

import subprocess
import sys

import pytest

LIGHT = (
    "cut2next.conditioning",
    "cut2next.backbones",
    "cut2next.backbones.flux1",
    "cut2next.backbones.lora",
    "cut2next.backbones.flux1.lora_naming",
    "cut2next.backbones.flux1.original_names",
)


@pytest.mark.parametrize("module", LIGHT)
def test_names_and_tables_need_no_diffusers(module: str) -> None:
    listing = subprocess.run(
        [sys.executable, "-c", f"import sys, {module}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(listing.stdout.split())
    assert module in loaded
    assert not loaded & {"diffusers", "transformers"}
