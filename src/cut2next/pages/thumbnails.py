"""Small pictures for pages."""

from io import BytesIO

from PIL import Image


def thumbnail(image: Image.Image, width: int) -> bytes:
    """A JPEG file at most `width` pixels wide and high; a smaller picture stays as large as it is.

    Makes `image` smaller, too.
    """
    image.thumbnail((width, width), Image.Resampling.LANCZOS)
    file = BytesIO()
    image.save(file, format="JPEG", quality=80)
    return file.getvalue()
