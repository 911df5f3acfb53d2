"""The loop, one line a stage: sense, gate, preprocess, infer, compress, transmit, sleep.

This file alone knows two stages. What a stage raises stops here: it is counted, its reason goes out in health, and
the rest of the cycle goes on with what there is. Nothing past the gate is imported, opened or built before the gate
has opened for the first time; `House` hands those parts over when they are asked for.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

from node.sense import EndOfData
from node.values import Block, Outcome, Reading, Record, Sample, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from node.config import Recording
    from node.escalate.escalation import Escalation
    from node.escalate.windows import Rationed
    from node.gate import Gate
    from node.hal import Clock
    from node.health import Health
    from node.infer import Engine
    from node.sense import Sensor
    from node.sleep.ledger import Ledger
    from node.values import Features, Inference, Window

P = ParamSpec("P")
T = TypeVar("T")


class Outbox(Protocol):
    """Where records wait."""

    def append(self, record: Record, now_s: float) -> int:
        """Keep one record; returns its seq."""
        ...

    def append_raw(self, window: Window, now_s: float) -> int:
        """Keep one raw window, or raise ValueError where no message can hold it; returns its seq."""
        ...


class Uplink(Protocol):
    """The way to the gateway and back."""

    def obey(self) -> None:
        """Apply what the gateway wished for since the last cycle."""
        ...

    def due(self) -> bool:
        """Whether it is time to transmit."""
        ...

    def hurry(self) -> None:
        """Be due in this cycle, whatever the interval says."""
        ...

    def transmit(self) -> None:
        """Deliver what waits, within the awake budget."""
        ...

    def answer(self) -> None:
        """Obey what the gateway wished for between two cycles."""
        ...


class House(Protocol):
    """Where the parts live. Each is built when it is first asked for."""

    @property
    def sensors(self) -> Mapping[str, Sensor]:
        """Those that are read in every cycle, by name."""
        ...

    @property
    def lookers(self) -> Mapping[str, Sensor]:
        """Those that are read once the gate has opened."""
        ...

    @property
    def gate(self) -> Gate:
        """The rule, guarded against missing values."""
        ...

    @property
    def chain(self) -> Callable[[Sample], Features] | None:
        """From a sample to what the model is shown; None where nothing needs showing."""
        ...

    @property
    def engine(self) -> Engine:
        """What answers."""
        ...

    @property
    def plain(self) -> Engine:
        """What answers when the engine cannot: the readings themselves."""
        ...

    @property
    def windows(self) -> Rationed:
        """Which raw windows are kept beside the answers."""
        ...

    @property
    def escalation(self) -> Escalation:
        """Who decides what a larger model is asked about."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Where answers wait."""
        ...

    @property
    def uplink(self) -> Uplink:
        """How they leave."""
        ...


class Cycle:
    """One time round the loop. It holds no state of its own: what must survive lives in the parts."""

    def __init__(self, house: House, recording: Recording, clock: Clock, ledger: Ledger, health: Health) -> None:
        """Take the parts; the arguments are what their names say."""
        self._house = house
        self._recording = recording
        self._clock = clock
        self._ledger = ledger
        self._health = health
        self._counters = health.counters

    def run(self) -> Verdict:
        """Do one cycle, without the nap after it.

        Returns:
            The gate's verdict.

        Raises:
            EndOfData: a recorded source is over.
        """
        self._counters["cycles"] += 1
        answered = self._counters["inferences"]
        self._obey()
        sample = self._timed("sense", self._sense)
        verdict = self.stage("gate", self._judge, sample) or Verdict(Outcome.MISSING, "the gate failed")
        if verdict.opens:
            sample = self._timed("sense", self._look, sample)
            inferences, features = self._infer(sample)
            self.stage("compress", self._keep, sample, inferences, features)
        if self._house.uplink.due():
            self.stage("transmit", self._house.uplink.transmit)
        self._ledger.settle(self._counters["inferences"] - answered)
        return verdict

    def answer(self) -> None:
        """Obey what the gateway wished for through a nap; the cycles keep their rhythm."""
        self.stage("transmit", self._house.uplink.answer)
        self._ledger.settle()

    def _obey(self) -> None:
        """Apply what the gateway wished for; what goes wrong with it must not cost the sample."""
        try:
            self._house.uplink.obey()
        except Exception as error:  # noqa: BLE001 - the boundary: no wish may stop a node
            self._health.fault("transmit", "desired", error)
        else:
            self._health.well("desired")

    def _sense(self) -> Sample:
        """Read every sensor that is always read; one that fails gives NaN for its channels."""
        return self._read(self._house.sensors)

    def _look(self, sample: Sample) -> Sample:
        """Read what is only read for an opened gate, and add it to the sample."""
        if not self._house.lookers:
            return sample
        more = self._read(self._house.lookers)
        self._tell_doubles([sample, more])
        return Sample(
            time_ms=sample.time_ms,
            time_quality=sample.time_quality,
            values={**sample.values, **more.values},
            blocks={**sample.blocks, **more.blocks},
        )

    def _judge(self, sample: Sample) -> Verdict:
        verdict = self._house.gate.judge(sample)
        if verdict.outcome is Outcome.SHUT:
            self._counters["gated_out"] += 1
        elif verdict.outcome is Outcome.MISSING:
            self._counters["missing"] += 1
            self._health.lack("readings", verdict.reason)
            return verdict
        self._health.well("readings")
        return verdict

    def _infer(self, sample: Sample) -> tuple[Sequence[Inference], Features | None]:
        """Show the engine what it needs, and return that beside its answers; else the readings go out alone."""
        chain = self._house.chain
        features = self.stage("preprocess", chain, sample) if chain else None
        if chain is None or features is not None:
            answers = self.stage("infer", self._answer, sample, features)
            if answers is not None:
                self._counters["inferences"] += len(answers)
                return answers, features
        return self._house.plain.infer(sample, None), None

    def _answer(self, sample: Sample, features: Features | None) -> Sequence[Inference]:
        """Ask the engine; the first question builds it."""
        return self._house.engine.infer(sample, features)

    def _keep(self, sample: Sample, inferences: Sequence[Inference], features: Features | None) -> None:
        """Hand every answer to the outbox, with the channels that are to stand beside it."""
        recording = self._recording
        kept = {name: sample.values[name] for name in recording.keep if name in sample.values}
        now_s = self._clock.monotonic_s()
        for at, inference in enumerate(inferences):
            if not (kept or inference.values):
                continue  # no sensor that opened has a channel: there is nothing to keep
            urgent = inference.values.get("label") in recording.urgent
            record = Record(
                stream=recording.stream,
                time_ms=sample.time_ms,
                time_quality=sample.time_quality,
                values={**kept, **inference.values} if kept else inference.values,
                model=inference.model,
                priority=recording.priority,
                critical=urgent,
            )
            seq = self._house.outbox.append(record, now_s)
            if features is not None and at < len(features.data):  # a rule judges samples, whatever the windows
                self._ask(record, seq, inference, features.data[at])
            if urgent:
                self._house.uplink.hurry()
        if recording.raw != "never":
            self._keep_raw(sample)

    def _ask(self, record: Record, seq: int, inference: Inference, shown: npt.NDArray[np.float32]) -> None:
        """Hand the outbox the window itself, where a larger model is to be asked about it."""
        try:
            window = self._house.escalation.of(record, seq, inference, shown)
            if window is not None:
                self._house.outbox.append_raw(window, self._clock.monotonic_s())
                self._health.well("cascade")
        except ValueError as error:
            self._health.lack("cascade", str(error))

    def _keep_raw(self, sample: Sample) -> None:
        """Hand the outbox what was asked for of the sample itself; what cannot be kept is a reason in health."""
        reasons = [self._house.windows.lacking(sample)]
        for window in self._house.windows.of(sample):
            try:
                self._house.outbox.append_raw(window, self._clock.monotonic_s())
            except ValueError as error:
                reasons.append(str(error))
        reason = "; ".join(filter(None, reasons))
        if reason:
            self._health.lack("record.raw", reason)
        else:
            self._health.well("record.raw")

    def _read(self, sensors: Mapping[str, Sensor]) -> Sample:
        """Read some sensors into one sample; one that fails gives NaN for its channels."""
        readings = [self._read_one(name, sensor) for name, sensor in sensors.items()]
        one = readings[0] if len(readings) == 1 else _merged(readings)
        self._tell_doubles(readings)
        if one.blocks or not all(map(math.isnan, one.values.values())):
            self._counters["samples"] += 1
        return Sample(
            time_ms=self._clock.wall_ms(), time_quality=self._clock.quality(), values=one.values, blocks=one.blocks
        )

    def _tell_doubles(self, readings: Sequence[Reading | Sample]) -> None:
        """Say which names more than one sensor gives: one value of each was lost."""
        if len(readings) < 2:
            return
        names = Counter(name for each in readings for name in (*each.values, *each.blocks))
        doubles = [name for name, count in names.items() if count > 1]
        if doubles:
            told = f"more than one sensor gives {', '.join(doubles)}, and one of them is lost; give them other names"
            self._health.lack("sense", told)

    def _read_one(self, name: str, sensor: Sensor) -> Reading:
        try:
            reading = sensor.read()
        except EndOfData:
            raise
        except Exception as error:  # noqa: BLE001 - the boundary: one sensor must not silence the others
            self._health.fault("sense", f"sense.{name}", error)
            return Reading(values={channel.name: math.nan for channel in sensor.channels})
        self._health.well(f"sense.{name}")
        return reading

    def _timed(self, stage: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do work that guards itself, and book its time."""
        start_s = self._clock.monotonic_s()
        try:
            return work(*args, **kwargs)
        finally:
            self._ledger.spend(stage, self._clock.monotonic_s() - start_s)

    def stage(self, stage: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Do a stage's work, book its time, and let nothing through but the end of a recording.

        Args:
            stage: whose time and whose fault it is.
            work: what to do.
            *args: what it takes.
            **kwargs: what it takes by name.

        Returns:
            What `work` returned; None where it raised.
        """
        start_s = self._clock.monotonic_s()
        try:
            done = work(*args, **kwargs)
        except EndOfData:
            raise
        except Exception as error:  # noqa: BLE001 - the boundary: a stage that fails must not stop the node
            self._health.fault(stage, stage, error)
            return None
        else:
            self._health.well(stage)
            return done
        finally:
            self._ledger.spend(stage, self._clock.monotonic_s() - start_s)


def _merged(readings: Sequence[Reading]) -> Reading:
    values: dict[str, float] = {}
    blocks: dict[str, Block] = {}
    for reading in readings:
        values.update(reading.values)
        blocks.update(reading.blocks)
    return Reading(values=values, blocks=blocks)
