"""What is sent, and what an answer is kept under."""

from io import BytesIO

import pytest
from PIL import Image
from tests.annotation.stills import still

from cut2next.annotation.question import CutImages, cut_question, shot_questions
from cut2next.annotation.schema import CutAnswer, NamedCharacter

IMAGES = CutImages(id="1", current=still(1, size=(640, 320)), next=still(2, kind="JPEG"))


def test_stills_are_sent_as_they_lie_unless_they_are_too_large() -> None:
    sent = cut_question(IMAGES, None).pictures
    assert [picture.data for picture in sent] == [IMAGES.current, IMAGES.next]
    assert [picture.mime for picture in sent] == ["image/png", "image/jpeg"]
    small, untouched = cut_question(IMAGES, 64).pictures
    assert untouched.data == IMAGES.next
    with Image.open(BytesIO(small.data)) as image:
        assert (image.size, image.format) == ((64, 32), "JPEG")
    assert cut_question(IMAGES, 64).tokens_in < cut_question(IMAGES, None).tokens_in


@pytest.mark.parametrize("size", [(200, 40), (40, 200)])
def test_the_larger_side_counts(size: tuple[int, int]) -> None:
    images = CutImages(id="1", current=still(1, size=size), next=still(2))
    with Image.open(BytesIO(cut_question(images, 100).pictures[0].data)) as image:
        assert image.size == (size[0] // 2, size[1] // 2)


def test_the_key_tells_questions_apart() -> None:
    swapped = CutImages(id="1", current=IMAGES.next, next=IMAGES.current)
    anna, ben = (
        CutAnswer.model_construct(characters=(NamedCharacter(name=name, look="hat"),))
        for name in ("Anna", "Ben")
    )
    different = [
        cut_question(IMAGES, None).key("a-model"),
        cut_question(IMAGES, None).key("another"),
        cut_question(IMAGES, 64).key("a-model"),
        cut_question(swapped, None).key("a-model"),
        *(question.key("a-model") for question in shot_questions(IMAGES, anna, None)),
        *(question.key("a-model") for question in shot_questions(IMAGES, ben, None)),
    ]
    assert len(set(different)) == 8
    again = CutImages(id="2", current=IMAGES.current, next=IMAGES.next)
    assert cut_question(again, None).key("a-model") == different[0]
