"""Any image classifier of transformers, by the probability of one of its labels."""

from collections.abc import Mapping

from PIL import Image

from cut2next.cuts.record import MadeBy
from cut2next.film import WeightsError
from cut2next.films.scorers.models import load_model


class ClassifierScorer:
    """How likely an image classifier of transformers finds one of its labels: NSFW, quality, ..."""

    def __init__(self, score: str, model: str, label: str) -> None:
        """`model` is a folder or hub name. Raises WeightsError for it or the label missing."""
        from transformers import AutoModelForImageClassification

        self._model, self._processor = load_model(AutoModelForImageClassification, model)
        labels: Mapping[str, int] = self._model.config.label2id
        if label not in labels:
            raise WeightsError(
                f"{model}: has no label {label!r}",
                expected="one of " + ", ".join(sorted(labels)),
                hint=f"write --{score} MODEL:LABEL",
            )
        self.score = score
        self._at = int(labels[label])
        self.made_by = MadeBy(
            tool="image classifier", version="1", parameters={"model": model, "label": label}
        )

    def __call__(self, image: Image.Image) -> float:
        """A probability."""
        import torch

        with torch.no_grad():
            logits = self._model(**self._processor(image, return_tensors="pt")).logits[0]
        return float(logits.softmax(-1)[self._at])
