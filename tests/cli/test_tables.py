"""Tables of strangers: trained on, predicted for, judged, gone on with; and what is refused, in one sentence."""

import csv
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from chainrule import files
from chainrule.training import Settings, load_state

from .test_entry import call

HEAD = ["size", "city", "garden", "age", "class", "price"]


def rows(count, seed):
    """Flats: numbers, categories, yes or no, missing values, a class in words and a price."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        size, city, garden = rng.normal(80, 20), rng.choice(["Oslo", "Rome", "Paris"]), rng.choice(["yes", "no"])
        price = size / 20 + 2 * (city == "Rome") + (garden == "yes")
        word = "dear" if price > 6 else "cheap" if price < 4.5 else "fair"
        yield [f"{size:.1f}", city, garden, "" if rng.random() < 0.2 else int(rng.integers(90)), word, f"{price:.3f}"]


def write(path, content, head=HEAD):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(content)


@pytest.fixture(scope="module")
def homes(tmp_path_factory):
    """A folder with two tables, and a run of each kind on the first."""
    folder = tmp_path_factory.mktemp("homes")
    write(folder / "train.csv", rows(240, 0))
    write(folder / "test.csv", rows(80, 1))
    pytest.MonkeyPatch().chdir(folder)
    from chainrule.cli import main

    common = ["--missing", "median,category", "-q", "--epochs", "40"]
    assert main(["train", "train.csv", "--target", "class", "--ignore", "price", "--folder", "classes", *common]) == 0
    assert main(["train", "train.csv", "--target", "price", "--ignore", "class", "--folder", "prices", *common]) == 0
    return folder


@pytest.fixture
def here(homes, tmp_path, monkeypatch):
    """A copy that a test may spoil."""
    shutil.copytree(homes, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_four_commands(here, capsys):
    code, out, _ = call(capsys, "train", "train.csv", "--target", "class", "--ignore", "price", "--missing", "mean")
    assert code == 0 and out.startswith("accuracy on held-out rows: ") and "cheap  dear  fair" in out
    code, out, err = call(capsys, "predict", "run", "test.csv", "-o", "predicted.csv")
    assert (code, out, err) == (0, "", "80 predictions in predicted.csv\n")
    with open("predicted.csv", newline="") as file:
        predicted = [row["class"] for row in csv.DictReader(file)]
    code, out, _ = call(capsys, "evaluate", "run", "test.csv", "--json")
    document = json.loads(out)
    with open("test.csv", newline="") as file:
        right = np.mean([row["class"] == other for row, other in zip(csv.DictReader(file), predicted, strict=True)])
    assert code == 0 and document["score"] == right > 0.8
    code, out, _ = call(capsys, "resume", "run", "--no-progress")  # it is over: only told of
    assert code == 0 and out.startswith("accuracy on held-out rows: ")


def test_a_text_file_of_another_kind(tmp_path, monkeypatch, capsys):
    """Decimal commas, no names, another encoding, a sign for what is missing, numbers that are names."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x, kind = rng.normal(size=200), rng.integers(0, 3, size=200)
    y = 3 * x + np.array([5.0, -2.0, 1.0])[kind]
    lines = [
        ";".join([f"{a:.6f}".replace(".", ","), str(k), f"{b:.6f}".replace(".", ",")])
        for a, k, b in zip(x, kind, y, strict=True)
    ]
    lines[3] = "keine;" + lines[3].partition(";")[2]
    (tmp_path / "a.csv").write_bytes(("\n".join(lines) + "\n").encode("cp1252"))
    options = ["--decimal", ",", "--header", "false", "--encoding", "cp1252", "--missing-values", "keine,?"]
    options += ["--categories", "column 2", "--missing", "mean", "--target", "column 3", "--epochs", "60"]
    code, out, err = call(capsys, "train", "a.csv", *options, "--learning-rate", "0.01", "-q")
    assert code == 0 and float(out) > 0.98, err
    code, out, _ = call(capsys, "evaluate", "run", "a.csv", "--json")
    assert code == 0 and json.loads(out)["rows"] == 200 and json.loads(out)["score"] > 0.98
    code, out, _ = call(capsys, "predict", "run", "a.csv", "--json")
    predicted = json.loads(out)["columns"]["column 3"]
    assert np.sqrt(np.mean((np.delete(predicted, 3) - np.delete(y, 3)) ** 2)) < 0.5
    assert call(capsys, "resume", "run", "-q")[0] == 0
    columns = json.loads((tmp_path / "run/model.json").read_text())["preparation"]["columns"]
    assert columns[1]["categories"] == ["0", "1", "2"]


def test_predictions_in_a_file_and_a_document(here, capsys):
    code, out, _ = call(capsys, "predict", "classes", "test.csv", "--json", "-o", "p.csv")
    document = json.loads(out)
    assert code == 0 and (document["rows"], document["output"], "columns" in document) == (80, "p.csv", False)
    assert len((here / "p.csv").read_text().splitlines()) == 81
    code, out, _ = call(capsys, "predict", "prices", "test.csv", "--json", "--probabilities")
    assert code == 2 and "knows no probabilities" in json.loads(out)["error"]["message"]


@pytest.mark.parametrize("where", ["-", "c.toml"])
def test_settings_as_a_document(here, capsys, where):
    code, out, _ = call(capsys, "train", "--write-config", where, "--json", "--epochs", "3")
    assert code == 0 and json.loads(out)["settings"]["epochs"] == 3
    assert (here / "c.toml").exists() == (where != "-")


def test_prices_come_back_in_their_own_units(here, capsys):
    code, out, _ = call(capsys, "predict", "prices", "test.csv")
    predicted = [float(line) for line in out.splitlines()[1:]]
    with open("test.csv", newline="") as file:
        prices = [float(row["price"]) for row in csv.DictReader(file)]
    assert code == 0 and np.corrcoef(predicted, prices)[0, 1] > 0.95
    assert abs(np.mean(predicted) - np.mean(prices)) < 0.2
    code, out, _ = call(capsys, "evaluate", "prices", "test.csv", "-q")
    rest, spread = np.subtract(predicted, prices), np.subtract(prices, np.mean(prices))
    assert float(out) == pytest.approx(1 - np.sum(rest**2) / np.sum(spread**2), abs=1e-4)


def test_probabilities_add_up_to_one(here, capsys):
    _, out, _ = call(capsys, "predict", "classes", "test.csv", "--probabilities")
    head, *lines = list(csv.reader(out.splitlines()))
    assert head == ["class", *(f"probability of {name}" for name in ("cheap", "dear", "fair"))]
    for name, *shares in lines:
        assert sum(map(float, shares)) == pytest.approx(1)
        assert head[1 + int(np.argmax(list(map(float, shares))))] == f"probability of {name}"
    assert call(capsys, "predict", "prices", "test.csv", "--probabilities")[0] == 2


def test_a_table_without_the_target_is_predicted_for(here, capsys):
    write("new.csv", (row[:4] for row in rows(5, 2)), HEAD[:4])
    code, out, _ = call(capsys, "predict", "classes", "new.csv", "--json")
    assert code == 0 and len(json.loads(out)["columns"]["class"]) == 5


def test_settings_from_a_file_and_back(here, capsys):
    code, out, _ = call(capsys, "train", "--write-config", "-", "--epochs", "7", "--schedule", "cosine:floor=1e-5")
    assert code == 0 and "epochs = 7" in out and "[schedule]" in out
    (here / "mine.toml").write_text(out)
    code, out, _ = call(capsys, "train", "--config", "mine.toml", "--write-config", "-", "--seed", "5")
    assert "epochs = 7" in out and "seed = 5" in out and "floor = 1e-05" in out
    code, out, _ = call(capsys, "train", "--write-config", "defaults.toml")
    assert (code, out) == (0, "") and (here / "defaults.toml").read_text().startswith('data = "digits"')


@pytest.mark.parametrize(
    "options",
    [
        ["--loss", "logistic", "--target", "garden"],
        ["--loss", "hinge", "--target", "garden", "--optimizer", "momentum:momentum=0.5", "--learning-rate", "0.01"],
        ["--loss", "poisson", "--target", "price", "--ignore", "class", "--dtype", "float32"],
        ["--loss", "gaussian", "--target", "price", "--hidden", "8,8", "--activation", "tanh", "--clip", "1"],
        [
            "--target",
            "price",
            "--schedule",
            "plateau:patience=2",
            "--patience",
            "6",
            "--penalty",
            "elastic:l1_share=0.2",
        ],
        [
            "--target",
            "class",
            "--activation",
            "maxout:pieces=3",
            "--max-norm",
            "2",
            "--warm-up",
            "10",
            "--weights",
            "he_normal",
        ],
    ],
)
def test_every_part_of_a_recipe(here, capsys, options):
    code, out, err = call(
        capsys, "train", "train.csv", *options, "--missing", "drop", "--epochs", "20", "--json", "--no-progress"
    )
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert document[document["score"].lower()]["held_out"] > 0.5
    assert all(record["loss"] == record["loss"] for record in document["history"])


def test_the_log_has_a_line_for_every_epoch(here):
    lines = [json.loads(line) for line in (here / "classes" / "events.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["begin", *["epoch"] * 40, "validation", "end"]
    epochs = lines[1:41]
    assert [line["epoch"] for line in epochs] == list(range(1, 41)) and epochs[-1]["loss"] < epochs[0]["loss"]


def test_the_checkpoint_is_that_of_the_end(here):
    from chainrule.training import Trained

    trained = Trained.load(here / "classes")
    state = load_state(here / "classes" / "checkpoint.safetensors", trained.parameters, trained.recipe.fit["optimizer"])
    assert len(state.history) == 40 and trained.settings == Settings(
        **{**trained.settings.to_mapping(), "target": "class"}
    )


# What is refused


def content(name, data):
    return lambda: Path(name).write_bytes(data if isinstance(data, bytes) else data.encode())


def changed(**values):
    return lambda: files.write_json("classes/model.json", {**files.read_json("classes/model.json"), **values})


def changed_target(name):
    document = files.read_json("classes/model.json")
    document["preparation"]["target"]["name"] = name
    files.write_json("classes/model.json", document)


def table(content, head=HEAD):
    return lambda: write("bad.csv", content, head)


def cell(column, value, row=3):
    def make():
        content = list(rows(30, 3))
        content[row][HEAD.index(column)] = value
        write("bad.csv", content)

    return make


TRAIN = ["train", "bad.csv", "--target", "class", "--missing", "drop", "--no-progress", "--epochs", "2"]
GOOD = ["train", "train.csv", "--target", "class", "--missing", "drop", "--no-progress", "--epochs", "2"]
BAD = {
    # the command
    "no target": (None, ["train", "train.csv"], 2, "which column to predict has to be said: target is missing"),
    "no such target": (None, [*GOOD, "--target", "clas"], 2, "has no column 'clas'"),
    "no such column to ignore": (None, [*GOOD, "--ignore", "rooms"], 2, "has no column 'rooms'"),
    "no such loss": (None, [*GOOD, "--loss", "crossentropy"], 2, "--loss is one of auto, "),
    "a loss for other targets": (None, [*GOOD, "--loss", "squared"], 2, "the loss squared is not for a target of"),
    "classes for a binary loss": (None, [*GOOD, "--loss", "logistic"], 2, "not for a target of 3 classes"),
    "a task that does not fit": (None, [*GOOD, "--task", "regression"], 4, "'class'"),
    "a setting out of bounds": (None, [*GOOD, "--optimizer", "adam:beta1=2"], 2, "beta1 of adam is"),
    "nothing to train on": (
        None,
        [*GOOD, "--held-out", "0.7", "--validation", "0.4"],
        2,
        "nothing is left to train on",
    ),
    "a folder with files": (None, [*GOOD, "--folder", "classes"], 4, "nothing in it shall be lost"),
    "a folder that is a file": (None, [*GOOD, "--folder", "train.csv"], 4, "train.csv"),
    "an unknown setting in the TOML": (
        content("bad.toml", "epoch = 3"),
        ["train", "--config", "bad.toml"],
        2,
        "there is no setting 'epoch'",
    ),
    "a TOML that is none": (
        content("bad.toml", "epochs 3"),
        ["train", "--config", "bad.toml"],
        4,
        "bad.toml is no TOML",
    ),
    "a TOML with a wrong value": (
        content("bad.toml", "epochs = 'many'"),
        ["train", "--config", "bad.toml"],
        2,
        "epochs is a whole number, 1 or more, not 'many'",
    ),
    "no TOML": (None, ["train", "--config", "no.toml"], 4, "no.toml is not there"),
    "a config that cannot be written": (None, ["train", "--write-config", "no/such/c.toml"], 4, "no/such/c.toml"),
    # the table
    "no file": (None, ["train", "no.csv", "--target", "class"], 4, "no.csv is not there"),
    "a folder": (None, ["train", "classes", "--target", "class"], 4, "classes"),
    "an unknown kind of file": (content("x.xlsx", "nothing"), ["train", "x.xlsx", "--target", "class"], 4, "x.xlsx"),
    "an empty file": (content("bad.csv", ""), TRAIN, 4, "bad.csv"),
    "a head without rows": (table([]), TRAIN, 4, "has no rows"),
    "one row": (table(list(rows(1, 0))), TRAIN, 4, "bad.csv"),
    "rows of different lengths": (content("bad.csv", "a,class\n1,2\n1,2,3\n"), TRAIN, 4, "bad.csv"),
    "a column twice": (table([[*row, 1] for row in rows(9, 0)], [*HEAD, "size"]), TRAIN, 4, "columns called 'size'"),
    "one class only": (table([[*row[:4], "fair", row[5]] for row in rows(30, 0)]), TRAIN, 4, "one class only"),
    "as many classes as rows": (
        table([[*row[:4], f"c{k}", row[5]] for k, row in enumerate(rows(600, 0))]),
        TRAIN,
        4,
        "has more classes than can be learned",
    ),
    "one value of the target": (
        table([[*row[:5], "2.5"] for row in rows(30, 0)]),
        [*TRAIN, "--target", "price", "--task", "regression"],
        4,
        "one value only",
    ),
    "a text among numbers": (cell("size", "large"), TRAIN, 4, "'large'"),
    "an infinite number": (cell("size", "inf"), TRAIN, 4, "'size'"),
    "missing without a choice": (cell("size", ""), [*TRAIN, "--missing", "error"], 4, "has missing values"),
    "a missing target": (cell("class", ""), [*TRAIN, "--missing", "mean"], 4, "'class'"),
    "a choice for numbers among texts": (cell("city", ""), [*TRAIN, "--missing", "mean"], 4, "'city'"),
    "nothing but missing values": (table([["", "", "", "", "", ""]] * 9), TRAIN, 4, "bad.csv"),
    "only the target": (
        table([[row[4]] for row in rows(9, 0)], ["class"]),
        TRAIN,
        4,
        "no column to predict 'class' from",
    ),
    "bytes that are no text": (content("bad.csv", b"a,class\n\xff\xfe,1\n"), TRAIN, 4, "bad.csv"),
    # the run
    "no run": (None, ["predict", "nowhere", "test.csv"], 4, "nowhere"),
    "a run without weights": (
        lambda: os.remove("classes/weights.safetensors"),
        ["predict", "classes", "test.csv"],
        4,
        "weights.safetensors is not there",
    ),
    "a column that is lacking": (
        table([row[1:] for row in rows(9, 0)], HEAD[1:]),
        ["predict", "classes", "bad.csv"],
        4,
        "lacks the column 'size'",
    ),
    "no rows to judge by": (table([]), ["evaluate", "prices", "bad.csv"], 4, "has no row to judge a net by"),
    "a target called like a probability": (
        lambda: changed_target("probability of dear"),
        ["predict", "classes", "test.csv", "--probabilities"],
        2,
        "the target is called 'probability of dear'",
    ),
    "texts where numbers were": (cell("size", "large"), ["predict", "classes", "bad.csv"], 4, "'size'"),
    "a class that was not there": (
        cell("class", "free"),
        ["evaluate", "classes", "bad.csv"],
        4,
        "was not there in training",
    ),
    "truncated weights": (
        lambda: os.truncate("classes/weights.safetensors", 900),
        ["predict", "classes", "test.csv"],
        4,
        "weights.safetensors",
    ),
    "a hostile header": (
        content("classes/weights.safetensors", b"\xff" * 7 + b"\x7f{}"),
        ["predict", "classes", "test.csv"],
        4,
        "weights.safetensors",
    ),
    "weights of another net": (
        lambda: shutil.copy("prices/weights.safetensors", "classes/weights.safetensors"),
        ["predict", "classes", "test.csv"],
        4,
        "holds the weights of another net",
    ),
    "a truncated checkpoint": (
        lambda: os.truncate("classes/checkpoint.safetensors", 2000),
        ["resume", "classes"],
        4,
        "checkpoint.safetensors",
    ),
    "a folder that is no run": (lambda: os.mkdir("new"), ["resume", "new"], 4, "new holds no training run"),
    "a run that was never begun": (lambda: os.remove("classes/rows.json"), ["resume", "classes"], 4, "no rows.json"),
    "a run of other rows": (
        content("classes/rows.json", '{"training": 3}'),
        ["resume", "classes"],
        4,
        "train.csv has changed since the run began",
    ),
    "a pickle for a checkpoint": (
        content("classes/checkpoint.safetensors", b"\x80\x04cos\nsystem\n(S'touch harmed'\ntR."),
        ["resume", "classes"],
        4,
        "checkpoint.safetensors",
    ),
    "a model of another version": (
        changed(schema="chainrule/model/9"),
        ["predict", "classes", "test.csv"],
        4,
        "describes no net that this version can read",
    ),
    "a model without a net": (
        changed(net={"net": "dense"}),
        ["predict", "classes", "test.csv"],
        4,
        "model.json is damaged",
    ),
    "a model with a setting of nobody's": (
        changed(settings={"depth": 3}),
        ["predict", "classes", "test.csv"],
        4,
        "model.json is damaged: there is no setting 'depth'",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_sentence(here, capsys, case):
    make, arguments, wanted, sentence = BAD[case]
    if make is not None:
        make()
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    code, out, err = call(capsys, *arguments)
    assert out == "" and sentence in err.replace(str(here), ""), err
    assert code == wanted
    assert "Traceback" not in err and err.startswith("chainrule") and len(err.splitlines()[0]) < 300
    assert {path: path.read_bytes() for path in before} == before, "what was there has been changed"
    assert not (here / "harmed").exists()
    code, out, _ = call(capsys, *arguments, "--json")
    assert json.loads(out)["ok"] is False and sentence in json.loads(out)["error"]["message"].replace(str(here), "")


def test_rows_that_have_changed_are_not_gone_on_with(here, capsys):
    assert call(capsys, *GOOD, "--folder", "mine", "-q")[0] == 0
    write("train.csv", rows(240, 5))
    code, out, err = call(capsys, "resume", "mine")
    assert (code, out) == (4, "") and "train.csv has changed since the run began" in err
    assert "other training rows, validation rows, held-out rows, columns" in err


def test_columns_that_have_changed_their_names_are_not_gone_on_with(here, capsys):
    assert call(capsys, *GOOD, "--folder", "mine", "-q")[0] == 0
    write("train.csv", rows(240, 0), [{"size": "area"}.get(name, name) for name in HEAD])
    code, out, err = call(capsys, "resume", "mine")
    assert (code, out) == (4, "") and "train.csv has changed since the run began" in err and "other columns" in err


def test_there_are_at_least_40_bad_inputs():
    assert len(BAD) >= 40
