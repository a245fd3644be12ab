"""The web server of the live page: where it listens, what it serves, and how it ends."""

import errno
import ipaddress
import logging
import secrets
import socket
from asyncio import CancelledError
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from functools import cache
from hashlib import sha256
from pathlib import Path

import anyio.to_thread
import plotly.offline
import uvicorn
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from vanishing_gradients.analysis.live.api import Api
from vanishing_gradients.analysis.live.errors import PortError
from vanishing_gradients.analysis.live.guard import LOOPBACK, Guard
from vanishing_gradients.analysis.live.reading import Reader
from vanishing_gradients.sql.connection import interrupted_at_the_end, limit_statements
from vanishing_gradients.words import Say

PORT = 8050
CONNECTIONS = 4
"""Connections to the database at once; other requests wait."""
STATEMENT_SECONDS = 10
HERE = Path(__file__).parent
STATIC = HERE / "static"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
PLOTLY = Path(plotly.offline.__file__).parents[1] / "package_data" / "plotly.min.js"
FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
ENDING = 2  # seconds that open requests have when the server ends
CUT_SHORT = "Cancel %s running task(s)"
"""How uvicorn's message begins when it ends the requests that took longer."""


def serve(engine: Engine, host: str, port: int, token: str | None, say: Say) -> None:
    """Serve the page until the process is asked to stop; `say` gets its address.

    Outside loopback a token is needed; a random one is made if none is given. Raises PortError if
    the address cannot be served at.
    """
    token = token or (None if is_loopback(host) else secrets.token_urlsafe(16))
    with closing(_listening(host, port)) as listener:
        name = f"[{host}]" if ":" in host else host
        told = f"?token={token}" if token else ""
        address = f"http://{name}:{listener.getsockname()[1]}/{told}"
        config = uvicorn.Config(
            application(engine, names(host), token),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=ENDING,
        )
        config.load()
        page(None)  # whoever reads the address need not wait for what is made once
        say(f"The live page: {address} (Ctrl-C ends it).")
        logging.getLogger("uvicorn.error").addFilter(_is_news)
        uvicorn.Server(config).run(sockets=[listener])


def _is_news(record: logging.LogRecord) -> bool:
    """Return False for what uvicorn says of requests that end with the page."""
    cut_short = isinstance((record.exc_info or (None, None))[1], CancelledError)
    return not (cut_short or str(record.msg).startswith(CUT_SHORT))


def application(engine: Engine, hosts: set[str], token: str | None = None) -> Starlette:
    """Return the page and its API over `engine`, which reads; `hosts` are its names."""
    limit_statements(engine, STATEMENT_SECONDS)

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = CONNECTIONS
        with interrupted_at_the_end(engine):  # or a thread that waits would keep the process
            yield
        engine.dispose()

    routes = [
        Route("/", _page),
        Route("/static/{version}/{name}", _static),
        *Api(Reader(engine)).routes,
    ]
    guard = Middleware(Guard, hosts=hosts, token=token)
    return Starlette(routes=routes, middleware=[guard], lifespan=life)


def is_loopback(host: str) -> bool:
    """Return whether only programs of this machine can reach a host's address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def names(host: str) -> set[str]:
    """Return the names by which a page at `host` may be asked for."""
    if is_loopback(host):
        return {*LOOPBACK}
    own = {socket.gethostname(), socket.getfqdn()} if host in ("0.0.0.0", "::") else set()  # noqa: S104
    return {*LOOPBACK, f"[{host}]" if ":" in host else host, *own, *(_addresses() if own else ())}


def _addresses() -> set[str]:
    """Return this machine's own addresses, as a Host header has them."""
    try:
        found = socket.getaddrinfo(socket.gethostname(), None)
    except OSError:  # its name is in no directory
        return set()
    return {f"[{each[4][0]}]" if ":" in str(each[4][0]) else str(each[4][0]) for each in found}


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()  # whoever reads the address may connect before anything is served
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortError(
                f"port {port} is taken, perhaps by another live page: choose one, as in "
                f"`make live PORT={port + 1 if port < 65535 else PORT}`"
            ) from None
        raise PortError(
            f"the page cannot be served at {host}, port {port} ({error.strerror}): choose another "
            "PORT or HOST"
        ) from None
    return listener


async def _page(request: Request) -> Response:
    return HTMLResponse(page(_first_asked(request)), headers={"cache-control": "no-cache"})


def _first_asked(request: Request) -> str | None:
    """Return what the page's scripts will ask for first, if it is a run that is shown."""
    query = request.query_params
    run_id = query.get("runs", "").partition(",")[0]
    shown = query.get("tab", "run") == "run" and not query.get("layer")
    return f"/api/run/{run_id}" if shown and run_id.isascii() and run_id.isdigit() else None


def page(first_asked: str | None) -> str:
    """Return the page; its scripts' addresses change with their contents.

    A browser loads all scripts at once, and with them what they ask for first, if that is given.
    """
    scripts = [name for name in files() if name.endswith(".js") and name != PLOTLY.name]
    return _template().render(
        version=version(), plotly=PLOTLY.name, scripts=scripts, first_asked=first_asked
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("page.html.j2")


@cache
def files() -> Mapping[str, bytes]:
    """Return all static files by name."""
    return {path.name: path.read_bytes() for path in (*sorted(STATIC.iterdir()), PLOTLY)}


@cache
def version() -> str:
    """Return a name for the state of all static files."""
    return sha256(b"".join(files().values())).hexdigest()[:12]


async def _static(request: Request) -> Response:
    name, asked = request.path_params["name"], request.path_params["version"]
    if name not in files():
        return Response(status_code=404)
    # With the version of another installation, a browser must not keep it.
    kept = FOREVER if asked == version() else {"cache-control": "no-cache"}
    return Response(files()[name], headers=kept, media_type=TYPES[Path(name).suffix])
