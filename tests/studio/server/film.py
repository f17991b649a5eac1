"""A film of a second: half of it red, half blue."""

from pathlib import Path

import av
from PIL import Image


def film(folder: Path) -> bytes:
    """An MP4 of 64x48 pixels, 24 frames a second."""
    path = folder / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(24):
            color = "red" if number < 12 else "blue"
            still = Image.new("RGB", (64, 48), color)
            frame = av.VideoFrame.from_image(still)  # type: ignore[no-untyped-call]
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path.read_bytes()
