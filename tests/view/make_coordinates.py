"""Write coordinates.json: levels with sizes and where their items stand, which the page has to find as well."""

from __future__ import annotations

import json
from pathlib import Path

from chainrule.view import Outline
from chainrule.view.coordinates import coordinates
from chainrule.view.picture import Picture

from .graphs import FIXTURES

FILE = Path(__file__).with_name("coordinates.json")


def cases():
    """For each level of some graphs, closed and open: what goes into `coordinates`."""
    for name, opened in (("tiny", {0}), ("mlp", {0}), ("mlp", set(range(7))), ("wide", {0})):
        picture = Picture(Outline(FIXTURES[name]()[0].data), opened)
        for number in sorted(picture.laid):
            yield f"{name}, group {number}, {len(opened)} open", picture.laid[number].given


def main():
    found = []
    for title, given in cases():
        places = coordinates(**given)
        found.append(
            {
                "title": title,
                "given": given,
                "x": [round(x, 3) for x in places.x],
                "y": [round(y, 3) for y in places.y],
                "lanes": places.lanes,
                "width": round(places.width, 3),
                "height": round(places.height, 3),
            }
        )
    FILE.write_text("[\n" + ",\n".join(json.dumps(each) for each in found) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
