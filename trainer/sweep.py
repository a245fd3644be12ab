"""A sweep: many runs in parallel, each trained once, whoever else works on the same ones."""

import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol

from rich.console import Console
from rich.progress import Progress

from vanishing_gradients.console import say
from vanishing_gradients.interruption import postponed
from vanishing_gradients.trainer.errors import SweepError
from vanishing_gradients.trainer.jobs import WAKE_SECONDS, Job, Outcome, carry_out
from vanishing_gradients.trainer.run import Plan
from vanishing_gradients.words import counted

LOOK_SECONDS = 1.0
"""How often it is asked whether a run that another process has is done or free."""


class Standing(Protocol):
    """How far a run is that is registered already."""

    @property
    def run_id(self) -> int:
        """Its number."""

    @property
    def state(self) -> str:
        """Is finished, held (by a process) or stopped."""


Look = Callable[[Plan], Standing | None]
"""Returns how far the run of a plan is; None: nobody has begun it."""


class Hands(Protocol):
    """Who carries out runs."""

    @property
    def at_once(self) -> int:
        """How many runs can be under way at once, for now."""

    def start(self, plan: Plan) -> Future[Outcome]:
        """Start a run. The outcome may be an error, which ends the sweep."""

    def stop(self) -> None:
        """Tell all runs under way to stop, and wait until they have."""


class Processes:
    """Processes of this machine, up to `at_once`; `job` returns the job of a plan."""

    def __init__(self, job: Callable[[Plan], Job], at_once: int) -> None:
        self.at_once, self._job, self._over = at_once, job, False
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="sweep")

    def start(self, plan: Plan) -> Future[Outcome]:
        """Start a run in a process of its own."""
        return self._pool.submit(carry_out, self._job(plan), lambda: self._over)

    def stop(self) -> None:
        """End all processes as by Ctrl-C, and wait for them."""
        self._over = True
        self._pool.shutdown(cancel_futures=True)


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))


def sweep(plans: Sequence[Plan], hands: Hands, look: Look, console: Console) -> None:
    """See to it that the run of every plan is finished, and report each.

    A run that another process has is left to it, and taken over only if that stops. Raises
    SweepError if one fails: those under way are then interrupted, as by Ctrl-C, and the rest never
    starts.
    """
    try:
        # The bar is only for terminals.
        with Progress(console=console, transient=True, disable=not console.is_interactive) as bar:
            _Sweep(plans, hands, look, bar).carry_out()
    except KeyboardInterrupt:
        say("Stopped: the same command continues with the unfinished runs.")
        raise
    finally:
        with postponed():
            hands.stop()


class _Sweep:
    """A sweep in progress: plans that wait, runs under way, and those that others have."""

    def __init__(self, plans: Sequence[Plan], hands: Hands, look: Look, bar: Progress) -> None:
        self._waiting, self._taken = deque(plans), deque[Plan]()
        self._under_way: dict[Future[Outcome], Plan] = {}
        self._hands, self._look, self._bar = hands, look, bar
        self._task = bar.add_task("runs", total=len(plans))
        self._next_look, self._told = 0.0, False

    def carry_out(self) -> None:
        """Return when all runs are finished."""
        while self._waiting or self._under_way or self._taken:
            self._look_again()
            while self._waiting and len(self._under_way) < self._hands.at_once:
                self._begin(self._waiting.popleft())
            if self._under_way:
                # A signal may reach another thread, which does not wake an endless wait.
                for future in wait(self._under_way, WAKE_SECONDS, FIRST_COMPLETED).done:
                    self._end(self._under_way.pop(future), future.result())
            elif self._waiting or self._taken:
                self._tell_who_is_waited_for()
                time.sleep(WAKE_SECONDS)

    def _begin(self, plan: Plan) -> None:
        standing = self._look(plan)
        if standing and standing.state == "finished":
            self._done(f"{plan.title}. Run {standing.run_id} was trained by another process.")
        elif standing and standing.state == "held":
            self._taken.append(plan)
        else:
            self._under_way[self._hands.start(plan)] = plan

    def _end(self, plan: Plan, outcome: Outcome) -> None:
        if outcome.ending == "trained":
            standing = self._look(plan)
            if standing is None or standing.state != "finished":
                raise SweepError(
                    f"{plan.title}: the worker that trained it has another database than this "
                    "command: set DATABASE_URL to the same one on both"
                )
            self._done(f"{plan.title}. {outcome.said}")
        elif outcome.ending == "taken":
            self._taken.append(plan)
        elif outcome.ending == "stopped":  # with the machine that trained it
            self._waiting.append(plan)
        else:
            which = f"seed {plan.settings.seed} of {plan.experiment.name}"
            raise SweepError(f"{which}: {outcome.said}")

    def _look_again(self) -> None:
        """Put runs that others have at the end of those that wait, now and then."""
        if self._taken and not self._waiting and time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LOOK_SECONDS
            self._waiting, self._taken = self._taken, deque()

    def _tell_who_is_waited_for(self) -> None:
        if self._taken and not self._told:
            self._told = True
            number = counted(len(self._taken), "run")
            say(f"Waiting for {number} that other processes have begun.", self._bar.console)

    def _done(self, line: str) -> None:
        say(line, self._bar.console)
        self._bar.advance(self._task)
