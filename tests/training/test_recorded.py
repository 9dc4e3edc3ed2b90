"""The log of a run, and what is read from it."""

import base64
import json
import shutil

import numpy as np
import pytest

from chainrule.data import Table
from chainrule.errors import FileError
from chainrule.training import RunReader, Samples, Settings, read_run, resume, train
from chainrule.training.built_in import BUILT_IN
from chainrule.training.events import Events
from chainrule.training.examples import _features, _Pixels


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "mine"
    return train(Settings(hidden=(8,), epochs=4), folder, verbose=0)


def lines(folder):
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


def test_the_lines_say_what_happened(run):
    begin, *epochs, validation, end = lines(run.folder)
    assert (begin["event"], begin["schema"], begin["settings"]["epochs"]) == ("begin", "chainrule/events/1", 4)
    assert begin["rows"] == {"training": 1258, "validation": 180, "held_out": 359} and begin["steps_per_epoch"] == 40
    assert [(layer["name"], layer["inputs"], layer["units"]) for layer in begin["layers"]] == [
        ("layer 1", 64, 8),
        ("output layer", 8, 10),
    ]
    assert begin["parameters"] == 64 * 8 + 8 + 8 * 10 + 10
    for event, record in zip(epochs, run.fitted.history, strict=True):
        assert event["loss"] == record.loss and event["validation_loss"] == record.validation_loss
    assert (end["ending"], end["best_epoch"]) == ("finished", run.fitted.best_epoch)
    assert end["parts"]["held_out"]["score"] == run.parts["held_out"].score
    assert validation["confusion"] == run.parts["validation"].confusion


def test_the_worst_rows_are_those_of_the_greatest_loss(run):
    _, *_, validation, _ = lines(run.folder)
    worst = validation["worst"]
    losses = [row["loss"] for row in worst]
    assert len(worst) == 12 and losses == sorted(losses, reverse=True)
    wrong = 180 - sum(row[k] for k, row in enumerate(validation["confusion"]))
    assert all(row["predicted"] != row["actual"] for row in worst[: min(wrong, 6)])
    # A row is found again in the table, its picture is that of its pixels, and its loss that of softmax by hand.
    table, _ = BUILT_IN["digits"].read()
    one = table.take(np.array([worst[0]["row"] - 1]))
    assert one["digit"].values[0] == int(worst[0]["actual"])
    outputs = run.trained.outputs(one)[0]
    by_hand = np.log(np.sum(np.exp(outputs))) - outputs[int(worst[0]["actual"])]
    assert worst[0]["loss"] == pytest.approx(by_hand, rel=1e-9)
    shades = np.frombuffer(base64.b64decode(worst[0]["picture"]["shades"]), np.uint8)
    pixels = np.array([one[f"pixel_{k}"].values[0] for k in range(64)])
    np.testing.assert_array_equal(shades, np.rint(pixels / 16 * 255))


def test_columns_are_those_of_the_history(run):
    recorded = read_run(run.folder)
    columns = recorded.columns()
    np.testing.assert_array_equal(columns["loss"], [record.loss for record in run.fitted.history])
    np.testing.assert_array_equal(columns["epoch"], [1, 2, 3, 4])
    seconds = [record.seconds for record in run.fitted.history]
    np.testing.assert_allclose(columns["seconds_per_step"], np.diff([0, *seconds]) / 40)
    layers = recorded.by_layer("gradient_norm")
    assert list(layers) == ["layer 1", "output layer"]
    seen = recorded.epochs[0]["samples"]["gradient_norm"][1]
    np.testing.assert_array_equal(layers["output layer"][:, 0], [min(seen), sorted(seen)[1], max(seen)])
    np.testing.assert_array_equal(columns["gradient_norm of output layer"], layers["output layer"][1])
    assert recorded.ended and recorded.validation and recorded.name == "mine"


def test_a_frame_of_pandas(run):
    pytest.importorskip("pandas")
    frame = read_run(run.folder).to_frame()
    assert frame.shape[0] == 4 and frame["loss"].iloc[-1] == run.fitted.history[-1].loss


@pytest.fixture
def copy(run, tmp_path):
    return shutil.copytree(run.folder, tmp_path / "copy")


def test_a_line_that_is_cut_off_is_left_out_and_ends_before_the_next(copy):
    whole = (copy / "events.jsonl").read_bytes()
    kept = whole.splitlines(keepends=True)[:3]
    (copy / "events.jsonl").write_bytes(b"".join(kept) + b'{"event": "epoch", "epoch": 3, "lo')
    cut = read_run(copy)
    assert [epoch["epoch"] for epoch in cut.epochs] == [1, 2] and cut.ended is None
    with Events(copy / "events.jsonl", Samples(np.ones(1), 1, 1)) as log:
        log.write("epoch", {"epoch": 3, "loss": float("nan")})
    assert [epoch["loss"] is None for epoch in read_run(copy).epochs] == [False, False, True]


@pytest.mark.parametrize("cut", range(0, 400, 33))
def test_any_beginning_of_a_log_can_be_read(copy, cut):
    whole = (copy / "events.jsonl").read_bytes()
    (copy / "events.jsonl").write_bytes(whole[: len(whole) * cut // 400])
    read_run(copy).columns()


def test_a_run_that_goes_on_appends_and_counts_each_epoch_once(run, copy):
    assert resume(copy, verbose=0).fitted.history[-1].loss == run.fitted.history[-1].loss
    assert [line["event"] for line in lines(copy)][-3:] == ["resume", "validation", "end"]
    with (copy / "events.jsonl").open("a") as file:
        file.write('{"event": "resume", "steps": 80}\n{"event": "epoch", "epoch": 3, "loss": 7.0}\n')
    again = read_run(copy)
    assert [epoch["epoch"] for epoch in again.epochs] == [1, 2, 3] and again.epochs[-1]["loss"] == 7.0
    assert again.ended is None


def test_a_log_from_before_there_were_events(copy):
    (copy / "events.jsonl").unlink()
    (copy / "log.jsonl").write_text(
        '{"epoch": 1, "steps": 40, "loss": 1.5, "seconds": 2.0}\n{"resumed": true, "steps": 40}\n'
    )
    old = read_run(copy)
    assert old.columns()["loss"].tolist() == [1.5] and old.by_layer("step_ratio") == {} and old.settings["epochs"] == 4


def test_no_run(tmp_path):
    with pytest.raises(FileError, match=r"holds no training run: it has no settings\.toml"):
        read_run(tmp_path)


def test_a_reader_reads_each_line_once(copy):
    log = copy / "events.jsonl"
    whole = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(whole[:2]) + whole[2][:50])
    reader = RunReader(copy)
    first = reader.read()
    assert [epoch["epoch"] for epoch in first.epochs] == [1]
    log.write_bytes(b"".join(whole))
    assert reader.read() == read_run(copy) and [epoch["epoch"] for epoch in first.epochs] == [1]


def test_numbers_that_json_does_not_have_are_null(tmp_path):
    with Events(tmp_path / "events.jsonl", Samples(np.ones(1), 1, 1)) as log:
        log.write("end", {"a": [float("inf"), 1.0], "b": {"c": float("nan")}})
    assert lines(tmp_path) == [{"event": "end", "a": [None, 1.0], "b": {"c": None}}]


def test_residuals_and_rows_of_a_table(tmp_path):
    rng = np.random.default_rng(0)
    size = rng.uniform(40, 120, 200)
    district = np.where(rng.random(200) < 0.5, "harbor", "works")
    price = 1000 * size + 20000 * (district == "harbor")
    rows = zip(size.tolist(), district, price.tolist(), strict=True)
    (tmp_path / "flats.csv").write_text("size,district,price\n" + "".join(f"{a!r},{b},{c!r}\n" for a, b, c in rows))
    settings = Settings(data=str(tmp_path / "flats.csv"), target="price", hidden=(8,), epochs=3)
    train(settings, tmp_path / "run", verbose=0)
    validation = read_run(tmp_path / "run").validation
    assert len(validation["predicted"]) == len(validation["actual"]) == validation["rows"] == 20
    assert validation["confusion"] is None
    for row in validation["worst"]:
        place = row["row"] - 1
        assert row["features"] == {"size": f"{size[place]:.6g}", "district": district[place]}
        assert row["actual"] == pytest.approx(price[place])
    # The squared loss is that of the scaled target.
    errors = [abs(row["predicted"] - row["actual"]) for row in validation["worst"]]
    assert errors == sorted(errors, reverse=True)


def test_pictures_are_recognized_by_their_columns():
    square = {f"pixel_{k}": np.arange(3.0) + k for k in range(16)}
    assert _Pixels.of(Table.of(square), list(square)).side == 4
    others = {**{name: values for name, values in square.items() if name != "pixel_15"}, "age": np.arange(3.0)}
    assert _Pixels.of(Table.of(others), list(others)) is None
    few = {f"pixel_{k}": np.arange(3.0) for k in range(9)}
    assert _Pixels.of(Table.of(few), list(few)) is None


def test_values_as_texts():
    table = Table.of({"n": [2.0, np.nan], "x": [0.1234567891, 1e20], "t": ["a" * 200, "b"], "yes": [True, False]})
    first = _features(table, table.names, 0)
    assert first == {"n": "2", "x": "0.123457", "t": "a" * 119 + "…", "yes": "true"}
    assert _features(table, table.names, 1) == {"n": None, "x": "1e+20", "t": "b", "yes": "false"}
