"""Only this machine's browser gets an answer, and nothing can be changed."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.live.served import Served, served
from vanishing_gradients.analysis.live.guard import COOKIE, LOOPBACK, Guard
from vanishing_gradients.analysis.live.server import is_loopback, names


def guarded(token: str | None = None) -> Starlette:
    def answer(request):
        return PlainTextResponse(f"{request.url.path}?{request.url.query}")

    guard = Middleware(Guard, hosts=LOOPBACK, token=token)
    return Starlette(routes=[Route("/", answer), Route("/api/pulse", answer)], middleware=[guard])


@pytest.fixture(scope="module")
def page() -> Iterator[Served]:
    with served(guarded()) as found:
        yield found


@pytest.fixture(scope="module")
def locked() -> Iterator[Served]:
    with served(guarded("secret")) as found:
        yield found


@pytest.mark.parametrize("host", ["127.0.0.1:8050", "localhost", "LOCALHOST:1", "[::1]:8050"])
def test_the_page_answers_by_every_name_of_loopback_whatever_the_port(page, host):
    assert page.ask("/", host=host).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8050", "", "[::2]"]
)
def test_another_name_is_refused(page, host):
    answer = page.ask("/", host=host)
    assert (answer.status, "by this name" in answer.text) == (403, True)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_but_get_and_head_is_answered(page, method):
    answer = page.ask("/api/pulse", method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_site_cannot_read_the_api(page, site):
    assert page.ask("/api/pulse", sec_fetch_site=site).status == 403


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_the_page_itself_reads_the_api(page, site):
    assert page.ask("/api/pulse", sec_fetch_site=site).status == 200


def test_every_answer_forbids_other_sources_and_frames(page):
    for answer in (page.ask("/"), page.ask("/", host="evil.example")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/?token=wrong", "/?token=", "/api/pulse"])
def test_without_the_token_nothing_is_answered(locked, path):
    assert locked.ask(path).status == locked.ask(path, cookie=f"{COOKIE}=wrong").status == 403


def test_the_token_moves_from_the_address_into_a_cookie_that_scripts_cannot_read(locked):
    moved = locked.ask("/?runs=7&token=secret&tab=runs")
    assert (moved.status, moved.headers["location"]) == (303, "/?runs=7&tab=runs")
    cookie = moved.headers["set-cookie"]
    assert {"httponly", "samesite=strict"} <= set(cookie.lower().split("; "))
    assert locked.ask("/api/pulse", cookie=cookie.partition(";")[0]).status == 200


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.0.0.2", True), ("::1", True), ("localhost", True),
     ("0.0.0.0", False), ("192.0.2.1", False), ("example.org", False)],
)  # fmt: skip
def test_an_address_outside_loopback_is_told_apart(host, loopback):
    assert is_loopback(host) == loopback


def test_a_page_on_all_addresses_answers_by_those_of_this_machine():
    assert {"127.0.0.1", "localhost"} < names("0.0.0.0")
    assert names("192.0.2.1") == {*LOOPBACK, "192.0.2.1"}
