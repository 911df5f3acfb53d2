"""Work that hangs is given up, and nothing is piled upon it."""

from __future__ import annotations

import os
import threading

import pytest

from node.errors import HardwareError
from node.sense import EndOfData
from node.sense.bounded import Bounded
from node.sense.late import Late
from node.values import Channel, Reading
from tests.node.world import Thermometer

SHORT_S = 0.05
LONG_S = 30.0


class Pipe:
    """A sensor behind a pipe: a read hangs, in the kernel, until somebody writes."""

    channels = (Channel(name="level"),)

    def __init__(self) -> None:
        self._out, self._in = os.pipe()
        self.begun = self.ended = 0
        self.closed = False
        self.back = threading.Event()

    def read(self) -> Reading:
        """Wait for a byte, and give its value."""
        self.begun += 1
        value = os.read(self._out, 1)[0]
        self.ended += 1
        self.back.set()
        return Reading(values={"level": float(value)})

    def write(self, value: int) -> None:
        """Let one read go on."""
        os.write(self._in, bytes([value]))

    def close(self) -> None:
        """Let go of it."""
        self.closed = True

    def __del__(self) -> None:
        os.close(self._out)
        os.close(self._in)


def serving_threads() -> int:
    """Count the threads that serve sensors."""
    return sum(each.name == "sense" for each in threading.enumerate())


def test_read_that_hangs_is_given_up_and_no_second_one_is_begun() -> None:
    """The first is cut off after its time, the next are refused at once, and one thread is all that it costs."""
    pipe, before = Pipe(), serving_threads()
    late = Late(lambda: pipe, lambda: None, timeout_s=SHORT_S)
    with pytest.raises(HardwareError, match=r"no answer within 0\.05 s"):
        late.read()
    for _ in range(20):
        with pytest.raises(HardwareError, match="still hangs"):
            late.read()
    assert pipe.begun == 1
    assert serving_threads() == before + 1
    pipe.write(0)  # or the thread would outlive this test
    assert pipe.back.wait(LONG_S)
    late.close()


def test_read_that_comes_back_too_late_is_thrown_away() -> None:
    """What an abandoned read brings belongs to another time; from then on the sensor is read again."""
    pipe, before = Pipe(), serving_threads()
    late = Late(lambda: pipe, lambda: None, timeout_s=SHORT_S)
    with pytest.raises(HardwareError):
        late.read()
    pipe.write(1)
    assert pipe.back.wait(LONG_S)
    pipe.write(2)
    values: list[float] = []
    while not values:  # the thread may need a moment to say that it is back
        try:
            values.append(late.read().values["level"])
        except HardwareError:
            assert pipe.begun <= 2
    assert values == [2.0]
    late.close()
    assert pipe.closed
    assert serving_threads() == before


def test_sensor_that_hangs_while_it_is_opened_is_kept_once_it_is_open() -> None:
    """Opening is bounded too; that it took too long does not throw away what came of it."""
    gate, opened, told = threading.Event(), threading.Event(), []

    def build() -> Thermometer:
        gate.wait(LONG_S)
        opened.set()
        return Thermometer(20.0, 21.0)

    late = Late(build, lambda: told.append(1), timeout_s=SHORT_S)
    with pytest.raises(HardwareError, match="no answer"):
        late.read()
    gate.set()
    assert opened.wait(LONG_S)
    value = None
    while value is None:
        try:
            value = late.read().values["temperature"]
        except HardwareError as error:
            assert "still hangs" in str(error)  # noqa: PT017 - which of the two comes is the scheduler's choice
    assert (value, told) == (20.0, [1])
    late.close()


def test_errors_and_ends_come_through_as_they_are() -> None:
    """A chip that fails and a recording that is over say so to the cycle as if nothing stood between."""
    before = serving_threads()
    late = Late(lambda: Thermometer(20.0, None), lambda: None, timeout_s=LONG_S)
    assert late.read().values == {"temperature": 20.0}
    with pytest.raises(HardwareError, match="check the wiring"):
        late.read()
    with pytest.raises(EndOfData):
        late.read()
    late.close()
    assert serving_threads() == before


def test_sensor_that_hangs_for_ever_does_not_keep_the_node_from_closing() -> None:
    """It is left as it is."""
    pipe = Pipe()
    late = Late(lambda: pipe, lambda: None, timeout_s=SHORT_S)
    with pytest.raises(HardwareError):
        late.read()
    late.close()
    assert not pipe.closed
    pipe.write(0)
    assert pipe.back.wait(LONG_S)
    late.close()


def test_unbounded_work_hangs_with_its_sensor() -> None:
    """Negative control: read on the spot, the same sensor stops the thread that reads it."""
    pipe = Pipe()
    late = Late(lambda: pipe, lambda: None)
    reader = threading.Thread(target=late.read)
    reader.start()
    reader.join(10 * SHORT_S)
    assert reader.is_alive()
    pipe.write(0)
    reader.join(LONG_S)
    assert not reader.is_alive()


def test_bounded_that_was_never_used_has_nothing_to_close() -> None:
    """A sensor that was never read costs no thread."""
    before = serving_threads()
    Bounded(SHORT_S).close()
    assert serving_threads() == before
