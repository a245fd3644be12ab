"""The web server of the live page: where it listens, what it serves, and how it ends."""

import errno
import ipaddress
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from functools import cache
from hashlib import sha256
from pathlib import Path

import anyio.to_thread
import plotly.offline
import uvicorn
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from plotly.offline import get_plotlyjs_version
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from vanishing_gradients.analysis.live.api import Api
from vanishing_gradients.analysis.live.errors import PortError
from vanishing_gradients.analysis.live.guard import LOOPBACK, Guard
from vanishing_gradients.analysis.live.reading import Reader
from vanishing_gradients.sql.connection import limit_statements
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
        say(f"The live page: {address} (Ctrl-C ends it).")
        config = uvicorn.Config(
            application(engine, names(host), token),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=ENDING,
        )
        uvicorn.Server(config).run(sockets=[listener])


def application(engine: Engine, hosts: set[str], token: str | None = None) -> Starlette:
    """Return the page and its API over `engine`, which reads; `hosts` are its names."""
    limit_statements(engine, STATEMENT_SECONDS)

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = CONNECTIONS
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


def _page(request: Request) -> Response:
    return HTMLResponse(page(), headers={"cache-control": "no-cache"})


@cache
def page() -> str:
    """Return the page; its scripts' addresses change with their contents."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("page.html.j2").render(version=version(), plotly=PLOTLY.name)


@cache
def version() -> str:
    """Return a name for the state of all static files."""
    digest = sha256(get_plotlyjs_version().encode())
    for path in sorted(STATIC.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _static(request: Request) -> Response:
    path = {PLOTLY.name: PLOTLY}.get(name := request.path_params["name"], STATIC / name)
    if path.suffix not in TYPES or not path.is_file():
        return Response(status_code=404)
    # With the version of another installation, a browser must not keep it.
    kept = FOREVER if request.path_params["version"] == version() else {"cache-control": "no-cache"}
    return FileResponse(path, headers=kept, media_type=TYPES[path.suffix])
