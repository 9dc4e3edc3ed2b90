"""What programs are made of: templates of statements, a line each (`\\n` within one), by what they are about.

`$a` is an array, `$v` a vector, `$m` a matrix, `$t` one to write into, `$s` a number, `$new` a new name; `$axis(a)` is
an axis of it, `$fits(a)` something that broadcasts to it, `$body` some statements. What they stand for is in places.py.
"""

from .contraction import LINALG, PRODUCTS
from .control import BRANCHES, LOOPS, PYTHON
from .creation import MAKING
from .elementwise import COMPLEX, ELEMENTWISE, SPECIAL
from .movement import MOVEMENT
from .reductions import REDUCTIONS
from .views import VIEWS
from .writes import WRITES


def _listed(text: str) -> tuple[str, ...]:
    return tuple(line.replace("\\n", "\n") for line in text.strip().splitlines())


# How often each kind is drawn, and its templates.
GRAMMAR: tuple[tuple[int, tuple[str, ...]], ...] = tuple(
    (weight, _listed(text))
    for weight, text in (
        (8, MAKING),
        (14, VIEWS),
        (20, WRITES),
        (14, ELEMENTWISE),
        (4, SPECIAL),
        (2, COMPLEX),
        (10, REDUCTIONS),
        (10, MOVEMENT),
        (6, PRODUCTS),
        (6, LINALG),
        (7, BRANCHES),
        (6, LOOPS),
        (9, PYTHON),
    )
)
TEMPLATES = tuple(template for _, templates in GRAMMAR for template in templates)
