"""Folders of runs that nobody has trained: a log with numbers that follow a rule."""

import base64
import json

from chainrule.training import Settings, to_toml

HOSTILE = [
    "</script><script>window.hit = 1</script>",
    "<img src=x onerror='window.hit = 1'>",
    "\u202eright to left \u05e9\u05dc\u05d5\u05dd",
    "emoji \U0001f9ea & \"quotes\" 'too'",
    "n" * 200,
]


def loss_of(epoch, k=0):
    return 1.0 / (epoch + k)


def epoch_line(epoch, k, layers):
    size = loss_of(epoch, k)
    steps = [10 * epoch - 7, 10 * epoch - 5, 10 * epoch - 2]
    norms = [[size * (j + 1), size * (j + 2), size * (j + 4)] for j in range(len(layers))]
    return {
        "event": "epoch",
        "epoch": epoch,
        "steps": 10,
        "loss": size,
        "penalty": 0.5 * size,
        "gradient_norm": 2 * size,
        "validation_loss": size + 0.01 * epoch,
        "score": 1 - size / 2,
        "seconds": 0.25 * epoch,
        "learning_rate": 0.1 / epoch,
        "samples": {
            "steps": steps,
            "gradient_norm": norms,
            "step_ratio": [[x / 100 for x in each] for each in norms],
        },
    }


def confusion_line(classes):
    count = len(classes)
    table = [[20 if i == j else int(j == i + 1) for j in range(count)] for i in range(count)]
    shades = base64.b64encode(bytes(range(0, 256, 16))).decode()
    picture = {"rows": 4, "columns": 4, "shades": shades}
    worst = [
        {"row": 7 * k + 1, "loss": 3.0 - k, "predicted": classes[-1], "actual": classes[0], "picture": picture}
        for k in range(2)
    ]
    rows = sum(map(sum, table))
    return {"event": "validation", "rows": rows, "loss": 0.2, "score": 0.9, "confusion": table, "worst": worst}


def residuals_line(column="size"):
    actual = [float(k) for k in range(40)]
    worst = [{"row": 3, "loss": 9.5, "predicted": 4.0, "actual": 2.0, "features": {column: "12", "sold": None}}]
    predicted = [x + (-1) ** k for k, x in enumerate(actual)]
    numbers = {"rows": 40, "loss": 0.3, "score": 0.8, "confusion": None, "predicted": predicted, "actual": actual}
    return {"event": "validation", **numbers, "worst": worst, "left_out": 3}


def end_line(best, ending="finished"):
    parts = {name: {"rows": 10, "loss": 0.25, "score": 0.875} for name in ("training", "validation", "held_out")}
    ended = {"event": "end", "ending": ending, "best_epoch": best, "seconds": 3.0}
    return {**ended, "penalty": 0.125, "parts": parts}


def write_run(
    folder,
    epochs=12,
    k=0,
    classes=("a", "b", "c"),
    validation=None,
    ended=True,
    layers=("layer 1", "output layer"),
    **settings,
):
    """A run of so many epochs of 12; `settings` are those that it was begun with."""
    folder.mkdir(parents=True)
    chosen = Settings(**{"epochs": 12, "data": "/home/somebody/flats.csv", "target": "demand", **settings})
    (folder / "settings.toml").write_text(to_toml(chosen.to_mapping()), encoding="utf-8")
    begin = {
        "event": "begin",
        "schema": "chainrule/events/1",
        "target": chosen.target,
        "classes": None if classes is None else list(classes),
        "score": "R2" if classes is None else "accuracy",
        "rows": {"training": 100, "validation": 20, "held_out": 30},
        "layers": [{"name": name} for name in layers],
        "parameters": 1234,
        "epochs": 12,
        "steps_per_epoch": 10,
    }
    lines = [begin, *(epoch_line(epoch, k, layers) for epoch in range(1, epochs + 1))]
    if ended:
        judged = validation or (residuals_line() if classes is None else confusion_line(list(classes)))
        lines += [judged, end_line(min(epochs, 9))]
    (folder / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder
