"""Write docs/flats.csv and docs/new_flats.csv: made-up flats with categories, missing values and a target in words."""

from __future__ import annotations

import csv
import random
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"
HEAD = ("size", "rooms", "district", "built", "balcony", "demand")
CHARM = {"harbor": 1.2, "old town": 0.8, "park": 0.5, "station": -0.4, "works": -1.1}


def flat(rng: random.Random) -> tuple[object, ...]:
    size = round(rng.lognormvariate(4.2, 0.35), 1)
    rooms = max(1, round(size / 27 + rng.gauss(0, 0.4)))
    district = rng.choice(list(CHARM))
    built = rng.randint(1890, 2022)
    balcony = rng.random() < 0.45
    appeal = CHARM[district] + 0.6 * balcony + 0.012 * (size - 65) + 0.9 * (built > 2000) + rng.gauss(0, 0.1)
    demand = "high" if appeal > 1.0 else "low" if appeal < 0 else "fair"
    known = "" if rng.random() < 0.08 else built
    return size, rooms, "" if rng.random() < 0.04 else district, known, "yes" if balcony else "no", demand


def main() -> None:
    rng = random.Random(11)
    for name, count in (("flats.csv", 600), ("new_flats.csv", 150)):
        with (DOCS / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEAD)
            writer.writerows(flat(rng) for _ in range(count))


if __name__ == "__main__":
    main()
