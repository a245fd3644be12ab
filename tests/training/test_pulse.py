"""What a run tells within an epoch has no influence on what it stores."""

from tests.faults.digest import digest
from vanishing_gradients.telemetry import lock
from vanishing_gradients.telemetry.pulse import Pulse


def test_a_run_that_tells_a_lot_stores_the_same_bits_as_one_that_tells_nothing(
    laboratory, small, monkeypatch
):
    write, told, found = Pulse._write, [], []

    def counted(self, connection, owner, place) -> None:
        write(self, connection, owner, place)
        told.append(place)

    monkeypatch.setattr(Pulse, "_write", counted)
    for seconds in (1e6, 0.001):
        monkeypatch.setattr(lock, "BEAT", seconds)
        found.append(digest(laboratory.url, laboratory.run(small("told", epochs=3))))
    assert found[0] == found[1]
    assert told
    assert {place.steps for place in told} == {5}
