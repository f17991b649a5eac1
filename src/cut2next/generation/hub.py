"""Models of the Hugging Face hub, by name. No torch here.

Only what a pipeline needs is fetched: FLUX.1's repositories hold their weights a second time, in
one file of 24 GB.
"""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from cut2next.film import WeightsError
from cut2next.film.errors import one_line

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_WEIGHTS = ("*.safetensors", "*.safetensors.index.json")
_NEEDED = (
    "model_index.json",
    *(f"*/*.{kind}" for kind in ("json", "txt", "jinja", "model", "safetensors")),
)


def is_hub_name(name: str) -> bool:
    """Whether a name is written as the hub writes them: OWNER/NAME."""
    return _NAME.fullmatch(name) is not None


def downloaded(name: str, handed_in: Collection[str] = (), only: Sequence[str] = _NEEDED) -> Path:
    """The folder of a model of the hub, fetched unless it is there already.

    Weights of components that are handed in stay where they are, and so does all but `only`, names
    of files or patterns of them. Raises WeightsError when it cannot
    be had: unknown, not on this machine while the hub is out of reach, or under a licence that must
    be accepted first.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    left_out = [f"{component}/{kind}" for component in handed_in for kind in _WEIGHTS]
    try:
        return Path(snapshot_download(name, allow_patterns=list(only), ignore_patterns=left_out))
    except GatedRepoError as error:
        raise _refused(
            f"{name}: its licence has not been accepted",
            f"accept it on the hub's page of {name}, log in (`hf auth login`), then try again",
        ) from error
    except RepositoryNotFoundError as error:
        raise _refused(
            f"{name}: neither a folder nor a model of the hub, or a private one",
            "check the name, or log in (`hf auth login`)",
        ) from error
    except LocalEntryNotFoundError as error:
        raise _refused(
            f"{name}: neither a folder nor on this machine, and the hub cannot be reached",
            "check the name, or go online once",
        ) from error
    except (HfHubHTTPError, OSError) as error:
        raise _refused(f"{name}: cannot be fetched ({one_line(error)})", "try again") from error


def _refused(got: str, hint: str) -> WeightsError:
    return WeightsError(got, expected="mini, a folder, or a model of the hub", hint=hint)
