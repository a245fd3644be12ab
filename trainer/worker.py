"""What a sweep does on a worker of a Dask cluster: say whether it can train here, and train.

The worker's own DATABASE_URL says where rows go, and its own DATA_DIR where data sets lie: neither
an address nor a password travels through the cluster.
"""

import asyncio
import os
import time
from collections import Counter
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from typing import Any

from distributed import Status, get_worker

from vanishing_gradients.server import lifecycle
from vanishing_gradients.sql.errors import DatabaseError
from vanishing_gradients.sql.meeting import seen
from vanishing_gradients.telemetry.provenance import git_commit, package_versions
from vanishing_gradients.trainer.jobs import Job, Outcome, carry_out

STOPPING = 60.0
"""How long runs may take to stop, in seconds."""
ALIVE = (Status.running, Status.paused, Status.closing_gracefully)
_under_way: Counter[str] = Counter()
"""How many runs of each sweep are under way on this worker."""


@cache
def code() -> str:
    """Return the version of this package, with the commit if it is known."""
    commit = git_commit()
    return version("vanishing-gradients") + (f" ({commit[:12]})" if commit else "")


async def facts(sign: str) -> dict[str, Any]:
    """Return what a sweep has to know of this worker; `trouble` is None or why it cannot train.

    `sign` is shown in the database that the worker must have, too.
    """
    # In a thread: a worker that waits for a server must still answer its scheduler.
    trouble = await asyncio.to_thread(_trouble, sign)
    return {"code": code(), "packages": package_versions(), "trouble": trouble}


def carry_out_here(job: dict[str, Any], sweep: str, wanted: str) -> dict[str, Any]:
    """Carry out a job of a sweep whose client has the code `wanted`; return the Outcome.

    It stops if the client cancels it or is gone, or if the worker itself closes.
    """
    worker = get_worker()
    key = worker.get_current_task()

    def told_to_stop() -> bool:
        task = worker.state.tasks.get(key)
        return worker.status not in ALIVE or task is None or task.state == "cancelled"

    if code() != wanted:
        said = f"the worker {worker.address} has the code {code()}, and this command {wanted}"
        return asdict(Outcome("failed", said))
    if not os.environ.get("DATABASE_URL"):
        return asdict(Outcome("failed", f"the worker {worker.address} has no DATABASE_URL"))
    _under_way[sweep] += 1
    try:
        return asdict(carry_out(Job(**job), told_to_stop))
    finally:
        _under_way[sweep] -= 1


async def ended(sweep: str) -> None:
    """Return when no run of a sweep is under way here any more, or after STOPPING."""
    deadline = time.monotonic() + STOPPING
    while _under_way[sweep] and time.monotonic() < deadline:
        await asyncio.sleep(0.05)


def _trouble(sign: str) -> str | None:
    if not os.environ.get("DATABASE_URL"):
        return "has no DATABASE_URL: set it where the worker is started"
    try:
        if seen(lifecycle.current().owner, sign):
            return None
    except DatabaseError as error:
        return f"cannot use its DATABASE_URL: {error}"
    return "has another database than this command: set DATABASE_URL to the same one on both"
