"""A sweep: many runs that keep statistics only, in parallel, each in its own process."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from vanishing_gradients.console import say
from vanishing_gradients.interruption import postponed
from vanishing_gradients.trainer.errors import SweepError
from vanishing_gradients.trainer.run import Plan

WAKE_SECONDS = 0.2


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))


def sweep(plans: Sequence[Plan], data_dir: Path | None, console: Console, at_once: int) -> None:
    """Carry out all plans, `at_once` at a time, and report each.

    Raises SweepError if one fails: those under way are then interrupted, as by Ctrl-C, and the rest
    never starts.
    """
    processes: list[subprocess.Popen] = []

    def carry_out(plan: Plan) -> str:
        """Return the last line about the run's last epoch."""
        # -P: no file in the user's folder may shadow a library's module.
        train = [sys.executable, "-P", "-m", "vanishing_gradients", "train"]
        process = subprocess.Popen(
            [*train, *_options(plan, data_dir)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C reaches only this process, which passes it on
        )
        processes.append(process)
        said = process.communicate()[1].splitlines()
        if process.returncode:
            last = said[-1] if said else f"it ended with exit status {process.returncode}"
            which = f"seed {plan.settings.seed} of {plan.experiment.name}"
            raise SweepError(f"{which}: {last.removeprefix('Error: ')}")
        epochs = [line for line in said if ", epoch " in line]
        return f"{plan.title}. {(epochs or said)[-1]}"

    pool = ThreadPoolExecutor(at_once, thread_name_prefix="sweep")
    try:
        # The bar is only for terminals.
        with Progress(console=console, transient=True, disable=not console.is_interactive) as bar:
            task = bar.add_task("runs", total=len(plans))
            waiting = {pool.submit(carry_out, plan) for plan in plans}
            while waiting:
                # A signal may reach another thread, which does not wake an endless wait.
                done, waiting = wait(waiting, WAKE_SECONDS, FIRST_COMPLETED)
                for future in done:
                    say(future.result(), console)
                    bar.advance(task)
    except KeyboardInterrupt:
        say("Stopped: the same command continues with the unfinished runs.")
        raise
    finally:
        with postponed():
            # Cancel waiting jobs first, so that no process starts after the last signal.
            pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                if process.poll() is None:
                    process.send_signal(signal.SIGINT)
            pool.shutdown(wait=True)


def _options(plan: Plan, data_dir: Path | None) -> list[str]:
    """Return the options of `train` that start this run."""
    values = asdict(plan.settings) | {
        "exp": plan.source,
        "epochs": plan.experiment.epochs,
        "dataset": plan.data,
        "data_dir": data_dir,
        "resume": True,
    }
    return [f"--{name.replace('_', '-')}={v}" for name, v in values.items() if v is not None]
