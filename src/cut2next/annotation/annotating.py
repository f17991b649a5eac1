"""Cuts in, outcomes out: the questions of many cuts under way at once, a few cuts ahead."""

import asyncio
import threading
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from queue import SimpleQueue

from cut2next.annotation.annotator import Annotator
from cut2next.annotation.asking import Asker
from cut2next.annotation.cache import AnswerCache
from cut2next.annotation.faults import BudgetReached, Declined, Unanswered
from cut2next.annotation.limits import Limits
from cut2next.annotation.outcome import (
    Annotated,
    Annotation,
    Failed,
    NotAsked,
    Outcome,
    Refused,
)
from cut2next.annotation.question import CutImages, cut_question, shot_questions
from cut2next.annotation.wording import characters_of, hierarchical_prompt


def annotate(
    cuts: Iterable[CutImages], annotator: Annotator, cache: AnswerCache, limits: Limits
) -> Generator[Outcome]:
    """Asks about each cut and yields what became of it, as cuts finish.

    Questions go on while the caller works on an outcome; cuts are taken from `cuts`, in the
    caller's thread, only a few ahead. To stop (Ctrl-C, or closing the iterator) abandons what is
    under way and keeps every answer that has arrived. Raises InputError for what stops everything:
    a wrong key, no such model, a server that no longer answers.
    """
    done: SimpleQueue[Future[Outcome]] = SimpleQueue()
    under_way = 0
    with loop_in_a_thread(annotator) as loop:
        asker = Asker(annotator, cache, limits)
        for cut in cuts:
            task = asyncio.run_coroutine_threadsafe(_outcome(cut, asker, limits), loop)
            task.add_done_callback(done.put)
            under_way += 1
            # Twice what can be asked at once, so that no seat is empty while the caller works.
            if under_way >= 2 * limits.at_once:
                yield done.get().result()
                under_way -= 1
        for _ in range(under_way):
            yield done.get().result()


async def _outcome(cut: CutImages, asker: Asker, limits: Limits) -> Outcome:
    """All three questions about one cut; those about its shots need the names from the first."""
    try:
        about_cut = await asker.answer(cut_question(cut, limits.largest_side))
        questions = shot_questions(cut, about_cut, limits.largest_side)
        # Both to the end: an answer that is under way is paid for, whatever the other's fate.
        ends = await asyncio.gather(*map(asker.answer, questions), return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        current, following = (end for end in ends if not isinstance(end, BaseException))
    except Declined as error:
        return Refused(id=cut.id, reason=str(error))
    except Unanswered as error:
        return Failed(id=cut.id, reason=str(error))
    except BudgetReached:
        return NotAsked(id=cut.id)
    annotation = Annotation(
        characters=characters_of(about_cut),
        prompt=hierarchical_prompt(about_cut, current, following),
        patterns=about_cut.editing_patterns,
    )
    return Annotated(id=cut.id, annotation=annotation)


@contextmanager
def loop_in_a_thread(annotator: Annotator) -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs beside the caller; in the end all that runs on it is cancelled."""
    loops: SimpleQueue[asyncio.AbstractEventLoop] = SimpleQueue()
    stop = asyncio.Event()

    async def serve() -> None:
        loops.put(asyncio.get_running_loop())
        try:
            await stop.wait()
        finally:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await annotator.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="annotation", daemon=True)
    thread.start()
    loop = loops.get()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
