"""What a model has read once, for as many calls as wanted: a cut's prompts, a current shot.

Of a current shot more than its encoding is kept where the segment table allows. In one that lets
the current prompt and the current shot read only each other, their keys and values serve every
step, seed, pattern and next prompt; in the paper's own, nothing is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch
from PIL import Image

from cut2next.conditioning import KVCache, Segment, SegmentInputs
from cut2next.film import HierarchicalPrompt, IndividualPrompt, InputError
from cut2next.generation.framing import Box, Size


def texts_of(prompt: HierarchicalPrompt) -> dict[Segment, str]:
    """What the encoders read, by the segment it becomes."""
    return {
        Segment.RELATIONAL_PROMPT: prompt.relational.text,
        Segment.CURRENT_PROMPT: prompt.current.text,
        Segment.NEXT_PROMPT: prompt.next.text,
    }


@dataclass(frozen=True, kw_only=True, eq=False)
class EncodedPrompt:
    """What `Cut2NextPipeline.encode_prompt` returns; hand it to the pipeline in place of a prompt.

    The text encoders are not needed any more once every prompt is one of these.
    """

    prompt: HierarchicalPrompt
    inputs: SegmentInputs
    """Of each prompt, one sample."""
    read_with: Mapping[str, object] = field(default_factory=dict)
    """What tells the networks and settings that read it from others, by name."""

    def to(self, device: torch.device | str) -> "EncodedPrompt":
        """The same on a device."""
        return replace(self, inputs=self.inputs.to(device))


@dataclass(frozen=True, kw_only=True, eq=False)
class CurrentShot:
    """What `Cut2NextPipeline.prefill` returns; hand it to the pipeline in place of an image."""

    prompt: IndividualPrompt
    size: Size
    """What the picture was framed to."""
    box: Box
    """What of the picture that is."""
    inputs: SegmentInputs
    """Of the shot and its prompt, one sample each."""
    cache: KVCache
    """Keys and values of what is `lasting` in the table."""
    read_with: Mapping[str, object] = field(default_factory=dict)
    """What tells the networks and settings that read it from others, by name."""
    earlier: "tuple[CurrentShot, ...]" = ()
    """The shots before it that next shots are made from as well, in their order."""

    def after(self, *earlier: "CurrentShot") -> "CurrentShot":
        """The same shot as one that comes after others, in their order: next shots read them too.

        Each was read as a current shot and is not read again. A model takes as many as its weights
        were trained with (`earlier_shots` of its pipeline); a call with more is refused.
        """
        return replace(self, earlier=tuple(replace(shot, earlier=()) for shot in earlier))

    @property
    def all(self) -> "tuple[CurrentShot, ...]":
        """Every shot that next shots are made from, itself the last."""
        return (*self.earlier, self)

    @property
    def bytes(self) -> int:
        """What it holds: keys and values above all."""
        own = self.cache.bytes + self.inputs.bytes
        return own + sum(shot.bytes for shot in self.earlier)

    def to(
        self, device: torch.device | str | None = None, cache_dtype: torch.dtype | None = None
    ) -> "CurrentShot":
        """The same, parked elsewhere; in float8 keys and values take half the room of bfloat16.

        A pipeline brings back what it is handed, for as long as the call lasts.
        """
        return replace(
            self,
            inputs=self.inputs.to(device),
            cache=self.cache.to(device, cache_dtype),
            earlier=tuple(shot.to(device, cache_dtype) for shot in self.earlier),
        )

    def check(self, prompt: IndividualPrompt) -> None:
        """Raises InputError unless it was prefilled under this prompt."""
        if self.prompt != prompt:
            raise InputError(
                f"a current prompt {prompt.text!r}",
                expected=f"the one that its current shot was prefilled under, {self.prompt.text!r}",
                hint="pass prompt.current = shot.prompt, or prefill the image again",
            )


def check_read(given: CurrentShot | EncodedPrompt, now: Mapping[str, object]) -> None:
    """Raises InputError for what was read with other than there is `now`; what is gone may be."""
    was = given.read_with
    if changed := [name for name in was if name in now and now[name] != was[name]]:
        shot = isinstance(given, CurrentShot)
        raise InputError(
            f"a {'current shot' if shot else 'prompt'} that was read under another "
            + ", ".join(changed),
            expected="one that was read under the same weights, LoRAs and their strengths included",
            hint="prefill the image again" if shot else "encode the prompt again",
        )


AnyShot = Image.Image | CurrentShot
AnyPrompt = HierarchicalPrompt | EncodedPrompt
"""What a call takes, read already or not."""
