"""A maker that does what a panel's prompt says: it is slow, ends, hangs or fails by word."""

import os
import time
from pathlib import Path

from PIL import Image
from tqdm import tqdm

from cut2next.makers.maker import Brief


def next_shot(brief: Brief) -> Image.Image:
    """The current shot, tinted by the seed; or whatever the next prompt's summary asks for."""
    words = brief.prompt.next.summary
    tqdm.get_lock()  # as a bar does, which most makers' libraries show
    if "slow" in words:
        time.sleep(0.3)
    if "hang" in words:
        for name in words.split()[1:]:
            Path(name).touch()  # it does now
        time.sleep(1000)
    if "end" in words.split():
        os._exit(7)
    if "fail" in words:
        raise ValueError("no light today")
    tint = Image.new("RGB", brief.size, (brief.seed % 256, 90, 40))
    return Image.blend(brief.current.resize(brief.size), tint, 0.5)
