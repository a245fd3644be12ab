import socket
import time

import pytest

from vanishing_gradients.trainer.datasets.download import answering


@pytest.fixture
def silent_mirror():
    """An address that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def test_the_mirrors_that_answer_keep_their_order(mirror, second_mirror):
    addresses = [second_mirror.address, mirror.address]
    assert answering(addresses, "file.gz", 30)[0] == addresses


def test_a_mirror_that_refuses_connections_is_named_with_the_reason(mirror, dead_mirror):
    reachable, reasons = answering([dead_mirror, mirror.address], "file.gz", 30)
    assert reachable == [mirror.address]
    assert reasons == {dead_mirror: "Connection refused"}


def test_asking_transfers_no_file(mirror):
    mirror.files = {"file.gz": b"content"}
    answering([mirror.address], "file.gz", 30)
    assert mirror.requests == [("HEAD", "file.gz")]


def test_silent_mirrors_together_cost_the_patience_once(silent_mirror):
    begun = time.monotonic()
    reachable, reasons = answering([f"{silent_mirror}{n}/" for n in range(10)], "f", 0.2)
    assert reachable == []
    assert set(reasons.values()) == {"no answer within 0.2 seconds"}
    assert 0.2 <= time.monotonic() - begun < 1.5


def test_where_all_refuse_nobody_waits(dead_mirror):
    begun = time.monotonic()
    assert answering([dead_mirror], "file.gz", 30)[0] == []
    assert time.monotonic() - begun < 10
