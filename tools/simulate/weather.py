"""Skies: a typical year that was measured, read where it lies, and one that is made up for the suite."""

from __future__ import annotations

import csv
import math
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TYPICAL_YEAR: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "solar" / "723170TYA.CSV"
"""TMY3, Greensboro, North Carolina, 36 degrees north (NREL; one of the files that pvlib tests on)."""
HOURS: Final = 8760


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour's weather.

    Attributes:
        irradiance_w_m2: on the horizontal, the hour's mean.
        air_c: temperature of the air, and of the battery's box.
    """

    irradiance_w_m2: float
    air_c: float


def typical_year(path: Path = TYPICAL_YEAR) -> list[Hour]:
    """Read a year in the format TMY3 (Wilcox and Marion 2008, NREL/TP-581-43156), from January on.

    Raises:
        FileNotFoundError: there is none; the message says what is wanted.
        ValueError: it is not a whole year.
    """
    if not path.exists():
        raise FileNotFoundError(
            f"{path}: no such file; wanted is an hourly year in the format TMY3, such as pvlib's 723170TYA.CSV: "
            "name one with --weather FILE, or take the made-up sky with --weather made-up"
        )
    with path.open(newline="", encoding="utf-8") as file:
        next(file)  # the site's line; the columns' names follow
        hours = [Hour(float(row["GHI (W/m^2)"]), float(row["Dry-bulb (C)"])) for row in csv.DictReader(file)]
    if len(hours) != HOURS:
        raise ValueError(f"{path}: {len(hours)} hours are no year of {HOURS}")
    return hours


def made_up_year(seed: int = 0) -> list[Hour]:
    """Return a synthetic year: sine-shaped days, short in winter, weeks of cloud, no frost; 50 degrees north or so."""
    rng = random.Random(seed)
    clouds = [rng.choice((1.0, 0.8, 0.5)) for _ in range(53)]
    clouds[3] = clouds[47] = clouds[48] = 0.2  # three of the dark weeks are dark for certain
    return [_made_up(day, hour, clouds[day // 7]) for day in range(365) for hour in range(24)]


def _made_up(day: int, hour: int, cloud: float) -> Hour:
    summer = 0.5 - 0.5 * math.cos(2.0 * math.pi * (day + 10) / 365)
    half_day_h = 4.0 + 4.0 * summer
    height = math.cos((hour + 0.5 - 12.0) / half_day_h * math.pi / 2.0) if abs(hour + 0.5 - 12.0) < half_day_h else 0.0
    warmth = math.cos((hour - 15.0) / 12.0 * math.pi)  # warmest at three in the afternoon
    air_c = 4.0 + 17.0 * summer + 3.0 * warmth
    return Hour(irradiance_w_m2=cloud * height * (250.0 + 650.0 * summer), air_c=air_c)
