"""Which settings: the share of 5,000 held-out pictures of the training part that nets tell right.

``python -m benchmarks.fashion.choice``
"""

from __future__ import annotations

from . import Settings, of_training
from .training import trained

OURS = [
    Settings(epochs=12, dropout=0.2),
    Settings(epochs=12, dropout=0.2, normalization="batch"),
    Settings(epochs=20, dropout=0.2),
    Settings(epochs=20, dropout=0.3, normalization="batch"),
    Settings(epochs=12, rate=2e-3, dropout=0.2),
    Settings(epochs=15, rate=3e-3, dropout=0.1, normalization="batch"),
    Settings(epochs=20, rate=3e-3, dropout=0.2, normalization="batch"),
    Settings(epochs=20, hidden=(512, 256), dropout=0.3),
    Settings(epochs=20, hidden=(512, 256), dropout=0.3, normalization="batch"),
]
PLAIN = [Settings(epochs=epochs, alpha=alpha, falls=False) for alpha in (1e-4, 1e-1, 1.0) for epochs in (8, 15)]


def main() -> None:
    parts = of_training()
    for library, settings in (("chainrule", OURS), ("scikit_learn", PLAIN)):
        for each in settings:
            told = trained(library, parts, each, seed=0)
            print(f"{library} {each}: {told['accuracy']:.4f} in {told['seconds']:.1f} s", flush=True)


if __name__ == "__main__":
    main()
