"""The transformer for a given time, on the card.

Cuts are drawn, and their prompts read by the text encoders, for several steps at once; every step
is then a graph. Every so often the average of the weights is judged, and published as a model.
"""

from collections.abc import Callable, Iterator
from math import isfinite
from time import monotonic
from typing import Any

import torch
from scripts.mini_on_a_card.deadline import Deadline
from scripts.mini_on_a_card.graphs import CapturedSteps, keep_rotary, parts_of, prepare_card
from scripts.mini_on_a_card.optimizer import StackedOptimizer
from torch import Tensor

from cut2next.conditioning import Layout, Segment
from cut2next.film import InputError
from cut2next.recipes.mini.encoded_rushes import DrawnCuts, EncodedRushes
from cut2next.recipes.mini.transformer import WEIGHT_DECAY, MiniModel, TransformerRun
from cut2next.training.machine import quick_attention
from cut2next.training.step import Batch, Draws, next_shot_loss

_STEPS_AT_ONCE = 8
"""That cuts are drawn for together."""
_PUBLISH_EVERY = 45.0
"""Seconds."""
_JUDGED = 4
"""Batches of held-out cuts at spread times, and as many at noise."""


class TransformerTraining:
    """A mini model whose transformer is to learn, on the device that it is on."""

    def __init__(self, model: MiniModel, run: TransformerRun, layout: Layout) -> None:
        """Compiles on a card, and captures the steps; takes minutes."""
        self.model, self._run, self._layout = model, run, layout
        on_card = model.transformer.device.type == "cuda"
        if on_card:
            prepare_card()
            keep_rotary(model.transformer)
            model.transformer.compile_repeated_blocks(fullgraph=True, dynamic=False)  # type: ignore[no-untyped-call]
        model.words_encoder.requires_grad_(False)
        model.pooled_encoder.requires_grad_(False)
        self._optimizer = StackedOptimizer(
            model,
            learning_rate=run.learning_rate,
            matrices=model.matrices,
            matrix_rate=run.matrix_rate,
            weight_decay=WEIGHT_DECAY,
            average=run.average,
        )
        example = self._batch(_example(layout, run, model.transformer.config["in_channels"]))
        self._step = CapturedSteps(model.transformer, self._optimizer, example)
        if on_card:
            self._step.capture()

    def train(
        self,
        data: EncodedRushes,
        held_out: EncodedRushes | None,
        deadline: Deadline,
        publish: Callable[[MiniModel], object],
    ) -> Iterator[dict[str, Any]]:
        """Learns until the time is up; yields what there is to tell whenever it publishes.

        Raises InputError where no time is left, and for a loss that is no number.
        """
        _check_time(deadline)
        judge = Judge(self, held_out) if held_out else None
        cuts = self._run.groups * self._run.each
        deadline = deadline.from_now()
        told, losses, step, is_over = deadline.begin, list[float](), 0, False
        while not is_over:
            losses.append(self._steps(data, step, deadline))
            step += _STEPS_AT_ONCE
            now, is_over = monotonic(), deadline.is_over
            if now - told < _PUBLISH_EVERY and not is_over:
                continue
            row = {
                "seconds": round(now - deadline.begin, 1),
                "steps": step,
                "cuts": step * cuts,
                "cuts a second": round(len(losses) * _STEPS_AT_ONCE * cuts / (now - told)),
                "sets": len(data),
                "loss": round(sum(losses) / len(losses), 4),
            }
            with self._optimizer.averaged():
                publish(self.model)
                row |= judge.losses() if judge else {}
            yield row
            told, losses = monotonic(), []

    def _steps(self, data: EncodedRushes, first: int, deadline: Deadline) -> float:
        """Several steps from the `first` on; the mean of their losses."""
        run = self._run
        total = torch.zeros((), device=self.model.transformer.device)
        for number, batch in enumerate(self.batches(data, first, _STEPS_AT_ONCE), start=first):
            self._optimizer.set(number, deadline.schedule(run, number))
            times = run.draws.times(len(batch.clean), number)
            total += self._step(batch, times, run.draws.without(self._layout.table, number))
        mean = total.item() / _STEPS_AT_ONCE
        if not isfinite(mean):
            raise InputError(
                f"a loss of {mean} at step {first + _STEPS_AT_ONCE}",
                expected="a number",
                hint="begin again; what was published last stands",
            )
        return mean

    def batches(self, data: EncodedRushes, number: int, count: int) -> Iterator[Batch]:
        """Those of `count` steps, drawn by the number of the first one."""
        groups = count * self._run.groups
        drawn = data.draw(self._run.chance(number), groups, self._run.each)
        return parts_of(self._batch(drawn), count)

    @torch.no_grad()
    def _batch(self, drawn: DrawnCuts) -> Batch:
        return self.model.batch(drawn, self._layout)


class Judge:
    """The loss on cuts of sets that are not learnt: always the same cuts, times and noise."""

    def __init__(self, training: TransformerTraining, data: EncodedRushes) -> None:
        self._network: Any = training.model.transformer
        self._cases: dict[str, list[tuple[Batch, Tensor, Tensor]]] = {}
        device = self._network.device
        for name, at_noise in (("loss on other sets", 0.0), ("at noise", 1.0)):
            self._cases[name] = []
            for number in range(_JUDGED):
                (batch,) = training.batches(data, number, 1)
                times = Draws(at_noise=at_noise).times(len(batch.clean), number).to(device)
                noise = torch.randn(batch.clean.shape, device=device)
                self._cases[name].append((batch, times, noise))

    @torch.no_grad()
    def losses(self) -> dict[str, float]:
        """By the weights that the network holds now; blocks run as they are, none is compiled."""
        network = self._network
        attention = quick_attention(network.device, network.dtype)
        with torch.compiler.set_stance("force_eager"), attention:
            return {
                name: round(
                    sum(next_shot_loss(network, *case).mean.item() for case in cases) / _JUDGED, 4
                )
                for name, cases in self._cases.items()
            }


def _example(layout: Layout, run: TransformerRun, channels: int) -> DrawnCuts:
    """Cuts of the shapes of all that will be drawn for a step."""
    counts = {
        segment: run.groups * (1 if segment.is_context else run.each)
        for segment in layout.table.segments
    }
    tokens = {segment: layout.tokens(segment) for segment in counts}
    shapes = {segment: (counts[segment], tokens[segment]) for segment in counts}
    return DrawnCuts(
        ids={s: torch.ones(shapes[s], dtype=torch.long) for s in shapes if s.is_prompt},
        latents={s: torch.randn(*shapes[s], channels) for s in shapes if not s.is_prompt},
        weights=torch.ones(shapes[Segment.NEXT_SHOT]),
    )


def _check_time(deadline: Deadline) -> None:
    if deadline.is_over:
        raise InputError(
            "the time was up before the transformer's first step",
            expected="minutes beyond those of the autoencoder, and of compiling",
            hint="give it more --minutes",
        )
