"""Little stills, each different, and cuts of them."""

from io import BytesIO

from PIL import Image

from cut2next.annotation.question import CutImages


def still(number: int, *, kind: str = "PNG", size: tuple[int, int] = (32, 16)) -> bytes:
    """The bytes of still `number`."""
    packed = BytesIO()
    color = (number % 256, number // 256 % 256, 99)
    Image.new("RGB", size, color).save(packed, format=kind)
    return packed.getvalue()


def cuts(count: int, *, first: int = 0) -> list[CutImages]:
    """Cuts of one film: each cut's next shot is the following cut's current shot."""
    return [
        CutImages(id=f"cut {number}", current=still(number), next=still(number + 1))
        for number in range(first, first + count)
    ]
