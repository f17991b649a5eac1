"""A run as people see it: what every step says, and held-out cuts every so often.

Held-out cuts are the same each time, with the same noise; the pictures of the beginning stay on the
sheet beside those of now.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import torch
from accelerate import Accelerator

from cut2next.generation import Cut2NextPipeline
from cut2next.recipes.lora.sheet import (
    SHEETS,
    ShownCuts,
    kept_beginning,
    lent_autoencoder,
    write_sheet,
)
from cut2next.training.batches.cut_batches import CutBatches
from cut2next.training.loop import Run, StepDone
from cut2next.training.metrics import Metrics, validations
from cut2next.training.optimizer import Average, MasterOptimizer
from cut2next.training.step import Batch
from cut2next.training.validation import next_shots, validation_loss


class Watching:
    """Keeps what steps say, within the context of its `metrics`, and validates."""

    def __init__(
        self,
        pipe: Cut2NextPipeline,
        batches: CutBatches,
        folder: Path,
        run: Run,
        accelerator: Accelerator,
        *,
        guidance: float | None,
        every: int,
        judged: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """`batches` are of held-out cuts, one cut each, validated `every` so many steps.

        Within `judged` the model is as it would be written.
        """
        self._pipe, self._folder, self._accelerator = pipe, folder, accelerator
        self._batches, self._guidance, self._judged = batches, guidance, judged
        self._every, self._last = every, run.steps
        self.metrics = Metrics(folder, run, accelerator)

    def step(self, done: StepDone) -> None:
        """What a step says, kept."""
        self.metrics.add(done)

    def is_due(self, step: int) -> bool:
        """Whether it is validated after so many steps."""
        return step % self._every == 0 or step == self._last

    def make_up(self, step: int) -> None:
        """Validates after so many steps where it was due and a kill came first.

        Asked of every process; the model is as it was after them.
        """
        if not self.is_due(step):
            return
        sheet = self._folder / SHEETS / f"step-{step}.png"
        done = sheet.exists() and step in validations(self._folder)
        self._accelerator.wait_for_everyone()  # until all have looked, none writes
        if not done:
            self.validate(step)

    def validate(self, step: int) -> Path:
        """Loss and next shots of the held-out cuts after so many steps; the sheet's file.

        All processes come here; one of them writes.
        """
        with self._judged():
            return self._validate(step)

    def _validate(self, step: int) -> Path:
        pipe, batches = self._pipe, [self._batches(at) for at in range(len(self._batches))]
        loss = validation_loss(pipe.transformer, batches, guidance=self._guidance)
        self.metrics.add_validation(step, loss)
        made = [self._made(batch) for batch in batches]
        sheet = self._folder / SHEETS / f"step-{step}.png"
        if self._accelerator.is_main_process:
            begun = kept_beginning(self._folder, made)
            shown = [
                ShownCuts(
                    batch=batch,
                    summaries=[self._summary(at)],
                    now=now,
                    beginning=before if step else None,
                )
                for at, (batch, now, before) in enumerate(zip(batches, made, begun, strict=True))
            ]
            with lent_autoencoder(pipe, self._accelerator.device):
                before = validations(self._folder).get(0) if step else None
                sheet = write_sheet(self._folder, step, pipe.backbone, shown, loss, before)
        self._accelerator.wait_for_everyone()
        return sheet

    def _made(self, batch: Batch) -> torch.Tensor:
        pipe = self._pipe
        return next_shots(
            pipe.transformer, pipe.scheduler, batch, steps=pipe.steps(), guidance=self._guidance
        )

    def _summary(self, at: int) -> str:
        order = self._batches.order
        return order.survey.cuts[int(order(at)[0, 0])].next_prompt.summary


@contextmanager
def averaged(optimizer: MasterOptimizer, average: Average | None) -> Iterator[None]:
    """Within it the model holds the average of its weights, where there is one."""
    if average is None:
        yield
        return
    optimizer.publish(average.tensors)
    try:
        yield
    finally:
        optimizer.publish(optimizer.masters)
