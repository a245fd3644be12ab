"""Who may ask what: the page is served to this machine's browser, and changes nothing.

A page of another site must not read it: by a name that it points here (DNS rebinding), by a
request from elsewhere, or within a frame.
"""

from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from secrets import compare_digest
from urllib.parse import parse_qsl, urlencode

from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
METHODS = ("GET", "HEAD")
COOKIE = "vanishing_gradients_token"
HEADERS = {
    # Plotly writes styles into its elements; it needs no eval without WebGL.
    "content-security-policy": "default-src 'none'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """ASGI middleware that refuses requests of others, and adds HEADERS to all answers.

    `hosts` are the names, without a port, by which the page may be asked for. With a `token`, a
    request needs it: in the address once, and then in a cookie.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str], token: str | None) -> None:
        self._app, self._hosts, self._token = app, {each.lower() for each in hosts}, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(
                        (name.encode(), value.encode())
                        for name, value in HEADERS.items()
                        if name.encode() not in known
                    ),
                ]
            await send(message)

        answer = self._refusal(scope)
        await (answer or self._app)(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        if scope["method"] not in METHODS:
            return _refused("This page only answers GET and HEAD.", 405, Allow=", ".join(METHODS))
        if _host(headers.get("host", "")) not in self._hosts:
            return _refused("This page does not answer by this name: use the address printed.", 403)
        asked_api = scope["path"].startswith("/api/")
        if asked_api and headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return _refused("This page does not answer other sites.", 403)
        return self._without_token(scope, headers) if self._token else None

    def _without_token(self, scope: Scope, headers: dict[str, str]) -> Response | None:
        asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = dict(asked).get("token")
        if given is not None and _same(given, self._token):
            rest = urlencode([each for each in asked if each[0] != "token"])
            answer = RedirectResponse(f"{scope['path']}{'?' * bool(rest)}{rest}", 303)
            answer.set_cookie(COOKIE, given, httponly=True, samesite="strict")
            return answer
        if _same(_cookie(headers.get("cookie", "")), self._token):
            return None
        return _refused("Open the address that was printed: it has the token in it.", 403)


def _host(text: str) -> str:
    """Return the name in a Host header, without its port."""
    name = text.strip().lower()
    if name.startswith("["):
        return f"{name.partition(']')[0]}]"
    return name.partition(":")[0]


def _cookie(text: str) -> str:
    try:
        found = SimpleCookie(text).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _same(given: str, token: str | None) -> bool:
    return token is not None and compare_digest(given.encode(), token.encode())


def _refused(sentence: str, status: int, **headers: str) -> Response:
    return PlainTextResponse(f"{sentence}\n", status, headers)
