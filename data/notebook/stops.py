"""What ends a training before its time, in a sentence to whoever trains: what happened, and what now."""

from types import TracebackType

from catalyst import dl

from data.notebook.checkpoints import Checkpoint
from data.notebook.memory import out_of_memory


class Stops:
    """Around `runner.train(...)`: what can be expected to stop it ends the block; all other exceptions go on their way.

        with Stops(runner) as stops:
            runner.train(...)
        stops.report(method, checkpoint)

    Expected are an interruption, what `Checkpoint` raises (a full disk, a loss that is no number), embeddings that are no
    numbers, where the criterion raises ValueError for them, and a lack of memory.

    Attributes, after the block: why, a sentence without its full stop, "" if nothing stopped the training; no_memory, if
    it was that: then the runner has let go of the step that did not fit, and `why` may be told better by
    `memory.fitting_batch`.
    """

    def __init__(self, runner: dl.IRunner) -> None:
        self.runner, self.why, self.no_memory = runner, "", False

    def __enter__(self) -> "Stops":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        lower = "a lower learning_rate, from the start, may help"
        runner = self.runner
        match error:
            case KeyboardInterrupt():
                self.why = "you interrupted it; `resume = True` goes on"
            case OSError():
                self.why = f"{error}; when there is room, `resume = True` goes on"
            case FloatingPointError():
                self.why = f"{error}; {lower}"
            case ValueError() if self._embeddings_are_no_numbers():
                where = f"epoch {runner.epoch_step}, batch {runner.loader_batch_step}"
                self.why = f"in {where} the embeddings are no numbers; {lower}"
            case RuntimeError() | MemoryError() if out_of_memory(error):
                self.why, self.no_memory = "the memory ran out", True
                runner.batch = runner.exception = None
        return bool(self.why)

    def _embeddings_are_no_numbers(self) -> bool:
        embeddings = (self.runner.batch or {}).get("embeddings")
        return embeddings is not None and not embeddings.isfinite().all()

    def report(self, method: str, checkpoint: Checkpoint) -> None:
        """Print why the training of this method stopped, if it did, and what is kept of it."""
        if self.why:
            done = checkpoint.done
            kept = f"Epochs 1 to {done} are kept in {checkpoint.path}" if done else "No epoch was finished"
            print(f"{method} stopped: {self.why}. {kept}.")
