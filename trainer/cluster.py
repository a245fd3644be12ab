"""The workers of a Dask cluster as hands of a sweep."""

import asyncio
import logging
import secrets
import socket
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import URL

from vanishing_gradients.sql.meeting import shown
from vanishing_gradients.telemetry.provenance import package_versions
from vanishing_gradients.trainer.errors import ClusterError
from vanishing_gradients.trainer.jobs import Job, Outcome
from vanishing_gradients.trainer.run import Plan
from vanishing_gradients.words import Say, counted

if TYPE_CHECKING:
    from distributed import Client

EXAMPLE = "tcp://host:8786"
SECONDS = 10.0
"""How long a scheduler may take to answer."""
LOGGERS = ("distributed", "distributed.client", "distributed.core", "distributed.comm", "tornado")


class Cluster:
    """A connected cluster whose workers carry out runs; `job` returns the job of a plan.

    `most` is how many runs the database has connections for.
    """

    def __init__(
        self, client: "Client", address: str, job: Callable[[Plan], Job], most: int, say: Say
    ) -> None:
        self._client, self._address, self._job, self._most = client, address, job, most
        self._say, self._alone = say, False
        self._name = secrets.token_hex(8)
        self._executor = client.get_executor(pure=False)

    @property
    def at_once(self) -> int:
        """How many runs the workers take now: one a thread."""
        threads = sum(self._ask(self._client.nthreads).values())
        if not threads and not self._alone:
            self._say(f"{self._address} has no worker left: waiting for one.")
        self._alone = not threads
        return min(threads, self._most)

    def start(self, plan: Plan) -> "Future[Outcome]":
        """Hand a run to the next free worker."""
        from vanishing_gradients.trainer.worker import carry_out_here

        # The cluster's own future ends as cancelled or failed in ways that a sweep does not know.
        told: Future[Outcome] = Future()
        made = self._ask(
            self._executor.submit, carry_out_here, asdict(self._job(plan)), self._name, version()
        )
        made.add_done_callback(lambda done: told.set_result(self._outcome(done)))
        return told

    def stop(self) -> None:
        """Tell all runs under way to stop, and wait until they have."""
        from vanishing_gradients.trainer.worker import ended

        if self._client.status != "running":
            return
        with suppress(Exception):  # whoever cannot be told any more stops by itself
            self._executor.shutdown(wait=False)
            self._client.run(ended, self._name, on_error="ignore")

    def _outcome(self, done: "Future[dict[str, Any]]") -> Outcome:
        from distributed import KilledWorker

        try:
            return Outcome(**done.result())
        except CancelledError:
            said = f"the scheduler at {self._address} is gone; the same command continues"
        except KilledWorker:
            said = "the workers that trained it died, one after the other: see their logs"
        except Exception as error:
            said = f"a worker cannot train it ({_reason(error)})"
        return Outcome("failed", said)

    def _ask(self, question: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return question(*arguments)
        except OSError as error:
            raise ClusterError(
                f"the scheduler at {self._address} is gone ({_reason(error)}): start it again, and "
                "the same command continues"
            ) from error


@contextmanager
def cluster(
    address: str, url: URL, job: Callable[[Plan], Job], most: int, say: Say
) -> Iterator[Cluster]:
    """Connect to the cluster whose scheduler is at `address`, and check all workers.

    Each must have this version of the package and the database at `url`. Raises ClusterError, with
    nothing begun, if the cluster cannot be used.
    """
    with _quiet(), _connected(_checked(address)) as client:
        _check_scheduler(client, address)
        _check_workers(client, address, url, say)
        yield Cluster(client, address, job, most, say)


def version() -> str:
    """Return the version of this package, as the workers say theirs."""
    from vanishing_gradients.trainer.worker import code

    return code()


def _checked(address: str) -> str:
    """Return the address of a scheduler, where something listens."""
    scheme, _, rest = address.strip().rpartition("://")
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if scheme not in ("", "tcp", "tls") or not (host and port) or rest != parts.netloc:
        raise ClusterError(
            f"SCHEDULER is {address!r}, and not the address of a Dask scheduler: write it as "
            f"{EXAMPLE}"
        )
    try:
        socket.create_connection((host, port), SECONDS).close()
    except (OSError, UnicodeError) as error:
        raise ClusterError(
            f"no Dask scheduler answers at {address} ({_reason(error)}): see whether it runs "
            f"(`dask scheduler`), and whether this machine reaches it"
        ) from None
    return f"{scheme or 'tcp'}://{rest}"


@contextmanager
def _connected(address: str) -> Iterator["Client"]:
    try:
        from distributed import Client
    except ImportError:
        raise ClusterError(
            "SCHEDULER needs Dask, which is not installed here: run "
            "pip install 'vanishing-gradients[dask]'"
        ) from None
    try:
        # A client waits forever for something else that listens there.
        kind = asyncio.run(asyncio.wait_for(_kind(address), SECONDS))
    except Exception as error:  # of many kinds, by what it is
        if address.startswith("tls:"):
            raise ClusterError(
                f"no Dask scheduler at {address} accepts this machine's certificates "
                f"({_reason(error)}): name them in Dask's configuration "
                "(https://distributed.dask.org/en/stable/tls.html), or use tcp:// if the scheduler "
                "has none"
            ) from None
        kind = None
    if kind != "Scheduler":
        raise ClusterError(
            f"what listens at {address} is not a Dask scheduler, or does not answer: give the "
            "address that `dask scheduler` prints"
        )
    client = Client(address, timeout=SECONDS, set_as_default=False)
    try:
        yield client
    finally:
        with suppress(Exception):
            client.close(SECONDS)


async def _kind(address: str) -> str | None:
    """Return which part of a cluster answers at an address."""
    from distributed.core import connect
    from distributed.security import Security

    comm = await connect(address, SECONDS, **Security().get_connection_args("client"))
    try:
        await comm.write({"op": "identity", "reply": True})
        answer: dict[str, str] = await comm.read()
        return answer.get("type")
    finally:
        comm.abort()


@contextmanager
def _quiet() -> Iterator[None]:
    """Let Dask print nothing: what matters is said by this module."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [each.level for each in loggers]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with suppress(ImportError):
                import distributed  # noqa: F401, since it sets its levels when it is imported
            for each in loggers:
                each.setLevel(logging.CRITICAL + 1)
            yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)


def _check_scheduler(client: "Client", address: str) -> None:
    from vanishing_gradients.trainer.worker import code

    try:
        found = client.run_on_scheduler(code)
    except Exception as error:
        raise _without_package("scheduler", address, error) from None
    if found != version():
        raise _other_code("scheduler", address, found)


def _check_workers(client: "Client", address: str, url: URL, say: Say) -> None:
    from vanishing_gradients.trainer.worker import facts

    with shown(url) as sign:
        found = client.run(facts, sign, on_error="return")
    if not found:
        raise ClusterError(
            f"the cluster at {address} has no workers: start some with `dask worker {address}`"
        )
    own = package_versions()
    for worker, told in sorted(found.items()):
        if isinstance(told, Exception):
            raise _without_package("worker", worker, told)
        if told["code"] != version():
            raise _other_code("worker", worker, told["code"])
        if told["trouble"]:
            raise ClusterError(f"the worker {worker} {told['trouble']}")
        other = [f"{name} {it}" for name, it in told["packages"].items() if own.get(name) != it]
        if other:
            say(
                f"Warning: the worker {worker} has {', '.join(other)}, other than here: results "
                "may differ in the last bits."
            )
    threads = sum(client.nthreads().values())
    say(
        f"{counted(len(found), 'worker')} with {counted(threads, 'thread')} at {address} "
        "carry out the runs."
    )


def _without_package(what: str, address: str, error: Exception) -> ClusterError:
    return ClusterError(
        f"the {what} {address} cannot use this package ({_reason(error)}): install "
        "vanishing-gradients[dask] there, in the same version as here"
    )


def _other_code(what: str, address: str, found: str) -> ClusterError:
    return ClusterError(
        f"the {what} {address} has version {found} of this package, and this command {version()}: "
        "install the same one on all machines, and start it again"
    )


def _reason(error: BaseException) -> str:
    found = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(found).split()).rstrip(".")[:200]
