"""Cuts to prompts: a vision-language model is asked the two questions of the paper about each."""

from cut2next.annotation.annotating import annotate
from cut2next.annotation.annotator import Annotator, Reply
from cut2next.annotation.cache import AnswerCache
from cut2next.annotation.consistency import inconsistencies
from cut2next.annotation.estimate import Estimate, estimate
from cut2next.annotation.gemini import GeminiAnnotator
from cut2next.annotation.limits import Limits, Prices
from cut2next.annotation.local import LocalAnnotator
from cut2next.annotation.openai_compatible import OpenAICompatibleAnnotator
from cut2next.annotation.outcome import (
    Annotated,
    Annotation,
    Failed,
    NotAsked,
    Outcome,
    Refused,
)
from cut2next.annotation.question import CutImages

__all__ = [
    "Annotated",
    "Annotation",
    "Annotator",
    "AnswerCache",
    "CutImages",
    "Estimate",
    "Failed",
    "GeminiAnnotator",
    "Limits",
    "LocalAnnotator",
    "NotAsked",
    "OpenAICompatibleAnnotator",
    "Outcome",
    "Prices",
    "Refused",
    "Reply",
    "annotate",
    "estimate",
    "inconsistencies",
]
