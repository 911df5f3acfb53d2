"""Quantities: the column names that cost one byte.

A name that stands here crosses the air as its code, its place in the list; any other name crosses as text, so a
project's own columns need no entry. Units are UCUM (https://ucum.org), in its case-sensitive form; an empty unit
is a pure number or a word. The unit is the one such a column is meant to be in: a sensor that gives another one
names its column differently (`pressure_pa`), since nothing on the way converts.

APPEND ONLY. A code is for ever: moving or removing an entry would rename the columns of every node in the field.
The first 24 are the commonest, because CBOR writes integers up to 23 in a single byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Quantity(NamedTuple):
    """One well-known column.

    Attributes:
        name: `[a-z0-9_]{1,32}`.
        unit: UCUM; empty for a pure number or a word.
        meaning: one line for a person.
    """

    name: str
    unit: str
    meaning: str


QUANTITIES: Final = tuple(
    Quantity(*row)
    for row in (
        # The environment and the answers: 0 to 23, one byte even as a CBOR integer.
        ("temperature", "Cel", "of the air, or of what the sensor touches"),
        ("humidity", "%", "relative humidity"),
        ("pressure", "hPa", "air pressure, not reduced to sea level"),
        ("light", "lx", "illuminance"),
        ("co2", "[ppm]", "carbon dioxide, by volume"),
        ("voltage", "V", "at the sensor"),
        ("current", "A", "through the sensor, positive into the load"),
        ("power", "W", "electrical"),
        ("energy", "J", "counted since the meter started"),
        ("label", "", "the class that a model chose"),
        ("confidence", "1", "0 to 1, how sure the model is"),
        ("score", "", "a model's raw output, in its own scale"),
        ("anomaly", "", "how unlike the usual, larger is stranger; 1 is the model's own threshold"),
        ("rms", "[g]", "root mean square of an acceleration"),
        ("peak", "[g]", "largest absolute acceleration"),
        ("crest", "1", "peak over root mean square"),
        ("cpu_busy", "1", "0 to 1, share of processor time in use"),
        ("load_1m", "", "the system's load average over a minute"),
        ("memory_used", "1", "0 to 1, share of memory in use"),
        ("disk_used", "1", "0 to 1, share of the disk in use"),
        ("network_rx", "By/s", "received"),
        ("network_tx", "By/s", "sent"),
        ("uptime", "s", "since the machine started"),
        ("battery", "1", "0 to 1, state of charge"),
        # More of the machine.
        ("battery_voltage", "V", "at the battery's terminals"),
        ("solar_power", "W", "from the panel"),
        ("signal", "{dBm}", "received signal strength; UCUM has no decibel to a milliwatt"),
        ("frequency", "Hz", "of the processor, the mains, or a tone"),
        # Motion and vibration.
        ("acceleration", "m/s2", "magnitude"),
        ("acceleration_x", "m/s2", "along the sensor's x axis"),
        ("acceleration_y", "m/s2", "along the sensor's y axis"),
        ("acceleration_z", "m/s2", "along the sensor's z axis"),
        ("rotation_x", "rad/s", "about the sensor's x axis"),
        ("rotation_y", "rad/s", "about the sensor's y axis"),
        ("rotation_z", "rad/s", "about the sensor's z axis"),
        ("magnetic_x", "uT", "along the sensor's x axis"),
        ("magnetic_y", "uT", "along the sensor's y axis"),
        ("magnetic_z", "uT", "along the sensor's z axis"),
        ("velocity_rms", "mm/s", "vibration severity (ISO 20816)"),
        ("kurtosis", "1", "fourth standardised moment of a window; 3 for noise"),
        ("rotation_speed", "/min", "revolutions a minute"),
        ("distance", "m", "to what reflects"),
        ("angle", "deg", "of a needle, a vane, a joint"),
        ("motion", "1", "0 or 1, something moves"),
        ("occupancy", "1", "0 or 1, somebody is there"),
        ("margin", "1", "the winning class's lead in confidence over the second"),
        ("count", "1", "of what the model or the sensor counts"),
        ("state", "", "0 or 1, or a word: open, on, full"),
        # Air and weather.
        ("dew_point", "Cel", "of the air"),
        ("voc", "[ppb]", "volatile organic compounds, by volume"),
        ("no2", "[ppb]", "nitrogen dioxide, by volume"),
        ("o3", "[ppb]", "ozone, by volume"),
        ("co", "[ppm]", "carbon monoxide, by volume"),
        ("pm1", "ug/m3", "particles up to 1 um"),
        ("pm2_5", "ug/m3", "particles up to 2.5 um"),
        ("pm10", "ug/m3", "particles up to 10 um"),
        ("gas_resistance", "Ohm", "of a metal-oxide sensor"),
        ("uv_index", "1", "WHO's scale"),
        ("irradiance", "W/m2", "global horizontal"),
        ("wind_speed", "m/s", "mean"),
        ("wind_direction", "deg", "from where it blows, clockwise from north"),
        ("rain", "mm", "since the last row"),
        ("sound_level", "dB[SPL]", "sound pressure level, A-weighted"),
        # Water, soil and flow.
        ("soil_moisture", "%", "volumetric water content"),
        ("soil_temperature", "Cel", "at the probe"),
        ("conductivity", "uS/cm", "of water or soil"),
        ("ph", "[pH]", "acidity"),
        ("level", "m", "of a liquid"),
        ("flow", "L/min", "of a liquid"),
        ("volume", "m3", "as a meter counts it"),
        ("weight", "kg", "on the cell"),
        ("leaf_wetness", "%", "of the sensor's surface"),
        # Mains.
        ("power_factor", "1", "real over apparent power"),
        ("apparent_power", "V.A", "electrical"),
        ("reactive_power", "V.A{reactive}", "electrical"),
        # Where.
        ("latitude", "deg", "WGS 84, north positive"),
        ("longitude", "deg", "WGS 84, east positive"),
        ("altitude", "m", "above mean sea level"),
        ("value", "", "a series that never said what it is"),
    )
)
"""Every well-known column; its place is its code."""

NAMES: Final[tuple[str, ...]] = tuple(each.name for each in QUANTITIES)
"""Code to name."""
CODES: Final[Mapping[str, int]] = {name: code for code, name in enumerate(NAMES)}
"""Name to code."""
UNITS: Final[Mapping[str, str]] = {each.name: each.unit for each in QUANTITIES}
"""Name to UCUM unit."""
