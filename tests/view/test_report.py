"""The page of runs, as Python writes it: what is there without scripts, and the data for them."""

import base64
import html
import json
import re
import struct
import time
import zlib
from pathlib import Path

import pytest

from chainrule.errors import ArgumentError, FileError
from chainrule.training import Settings, read_run, train
from chainrule.view.report import Report, report_page, scale, shown, watching, write_report
from chainrule.view.report.chart import Curve, cloud, curves
from chainrule.view.report.gray import gray_png
from chainrule.view.report.scale import Scale

from .runs import HOSTILE, confusion_line, loss_of, write_run


def data_of(page):
    (text,) = re.findall(r'<script type="application/json" id="chainrule-report">(.*?)</script>', page)
    return json.loads(text)


def without_scripts(page):
    return re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.DOTALL)


def words_of(page):
    inline = re.sub(r"</?bdi>", "", without_scripts(page))
    return html.unescape(re.sub(r"<[^>]*>", " ", inline))


def test_the_data_are_those_of_the_log(tmp_path):
    folder = write_run(tmp_path / "mine")
    (run,) = data_of(report_page([folder]))["runs"]
    assert run["name"] == "mine" and run["epochs"] == list(range(1, 13)) and run["best"] == 9
    assert run["curves"]["loss"] == [loss_of(epoch) for epoch in range(1, 13)]
    assert run["curves"]["penalty"][-1] == 0.5 / 12 and run["curves"]["learning_rate"][-1] == 0.1 / 12
    assert run["curves"]["seconds_per_step"] == [0.025] * 12
    # Of the second layer in epoch 2 the least, the middle and the greatest are 2, 3 and 5 times the loss 1/2.
    assert [line[1] for line in run["layers"][1]["gradient_norm"]] == [1.0, 1.5, 2.5]
    assert [line[1] for line in run["layers"][1]["step_ratio"]] == [0.01, 0.015, 0.025]


def test_what_is_there_without_scripts(tmp_path):
    page = report_page([write_run(tmp_path / "mine")])
    words = " ".join(words_of(page).split())
    assert "finished 12 of 12 9 0.8750 0.8750 0.2500 0.2500 0.1250 3.0 s 1,234 100 + 20 + 30" in words
    assert "flats.csv" in words and "/home/somebody" not in page
    (picture,) = re.findall(r'<svg class="chart".*?</svg>', page)
    assert picture.count('fill="none"') == 2 and 'aria-label="loss, without the penalty over epoch' in picture
    assert re.findall(r'<td class="(right|wrong)"[^>]*>([^<]*)', page)[:3] == [
        ("right", "20"),
        ("wrong", "1"),
        ("wrong", "·"),
    ]
    assert words.count("a, taken for c") == 2


def test_residuals_and_rows_as_text(tmp_path):
    page = report_page([write_run(tmp_path / "mine", classes=None)])
    words = " ".join(words_of(page).split())
    assert "40 rows, R2 0.8000, loss 0.3000" in words and "3 more columns are not shown" in words
    assert "3 9.5000 2 4 12 –" in words
    assert page.count("h0") >= 40


@pytest.mark.parametrize("ended", [True, False])
def test_names_stay_text(tmp_path, ended):
    folders = [
        write_run(tmp_path / str(k), classes=HOSTILE[:3], target=name, layers=(name,), ended=ended)
        for k, name in enumerate(HOSTILE)
    ]
    page = report_page(folders)
    assert all(name in words_of(page) for name in HOSTILE)
    assert [run["layers"][0]["name"] for run in data_of(page)["runs"]] == HOSTILE
    assert "<img src=x" not in page and page.count("<script") == page.count("</script>") == 2


def test_folders_with_hostile_names(tmp_path):
    name = "<b>&amp; \u202e\U0001f9ea" + "n" * 150
    page = report_page([write_run(tmp_path / name)])
    assert name in words_of(page) and data_of(page)["runs"][0]["name"] == name


def test_settings_that_differ_are_marked(tmp_path):
    a = write_run(tmp_path / "a", seed=1, optimizer={"name": "momentum", "momentum": 0.8})
    b = write_run(tmp_path / "b", seed=2)
    marked = re.findall(r'<span class="differs">([\w ]+) <span class="mark"', report_page([a, b]))
    assert marked == ["optimizer", "seed"]
    assert "momentum: momentum=0.8" in words_of(report_page([a, b]))


def test_runs_of_one_name_are_told_apart_by_what_is_above(tmp_path):
    page = report_page([write_run(tmp_path / each / "run") for each in ("a", "b")])
    assert [run["name"] for run in data_of(page)["runs"]] == ["a/run", "b/run"]


@pytest.mark.parametrize("count", [0, 9])
def test_how_many_runs(tmp_path, count):
    with pytest.raises(ArgumentError, match=f"{count} runs"):
        report_page([tmp_path] * count)


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(FileError, match="holds no training run"):
        write_report([tmp_path], tmp_path / "report.html")


def test_a_log_that_is_cut_off_and_one_without_epochs(tmp_path):
    folder = write_run(tmp_path / "mine", ended=False)
    log = folder / "events.jsonl"
    whole = log.read_bytes()
    log.write_bytes(whole[: len(whole) - 200])
    page = report_page([folder])
    (run,) = data_of(page)["runs"]
    assert run["epochs"] == list(range(1, 12)) and run["under_way"] and run["best"] == 10
    assert "under way" in words_of(page) and "judged when the run ends" in words_of(page)
    log.write_bytes(b"")
    assert "No epoch has ended yet" in words_of(report_page([folder]))
    log.unlink()
    assert data_of(report_page([folder]))["runs"][0]["epochs"] == []


def test_losses_that_are_not_numbers(tmp_path):
    folder = write_run(tmp_path / "mine", ended=False)
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    for line in lines[1:]:
        line |= {"loss": None, "validation_loss": None, "score": None}
    (folder / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (run,) = data_of(report_page([folder]))["runs"]
    assert "loss" not in run["curves"] and "penalty" in run["curves"] and run["best"] is None


def test_of_very_many_epochs_some_are_shown_and_the_last_is_that_of_the_log(tmp_path):
    folder = write_run(tmp_path / "mine", epochs=1500)
    (run,) = data_of(report_page([folder]))["runs"]
    assert len(run["epochs"]) <= shown.MOST + 1 and run["thinned"]
    assert run["epochs"][0] == 1 and 9 in run["epochs"]
    assert run["epochs"][-1] == 1500 and run["curves"]["loss"][-1] == loss_of(1500)


def test_many_classes_are_shown_by_their_pairs(tmp_path):
    classes = [f"c{k}" for k in range(31)]
    folder = write_run(tmp_path / "mine", classes=classes, validation=confusion_line(classes))
    page = report_page([folder])
    assert 'class="confusion"' not in page and "c0 c1 1" in " ".join(words_of(page).split())


# Parts


def test_places_and_ticks_of_scales():
    assert Scale.of([2.0, 4.0], 10.0).place(3.0) == 5.0
    assert Scale.of([1e-4, 1.0], 8.0).logarithmic and Scale.of([1e-4, 1.0], 8.0).place(1e-2) == pytest.approx(4.0)
    assert not Scale.of([-1.0, 1e9], 8.0).logarithmic
    assert [text for _, text in Scale.of([1e-4, 1.0], 8.0).ticks()] == ["1.0e-4", "0.001", "0.01", "0.1", "1"]
    for low, high in ((0.0, 1.0), (-3.0, 11.0), (1e-9, 1.1e-9), (5.0, 5.0), (0.0, 0.0)):
        ticks = [x for x, _ in Scale.of([low, high], 1.0).ticks()]
        assert 2 <= len(ticks) <= 8 and all(0 - 1e-9 <= Scale.of([low, high], 1.0).place(x) <= 1 + 1e-9 for x in ticks)
    assert scale.RANGE > 1


def test_a_curve_goes_through_its_points_and_around_gaps():
    # The area is 642 x 248 from (64, 12): epochs 1 to 3 across, 0 to 1 upwards.
    picture = curves([Curve("c", [1, 2, 3], [0.0, None, 1.0], 0)], "epoch", "loss")
    assert 'd="M64 260M706 12"' in picture
    straight = curves([Curve("c", [1, 2, 3], [0.0, 0.5, 1.0], 0)], "epoch", "loss")
    assert 'd="M64 260L385 136L706 12"' in straight


def test_a_cloud_has_a_line_at_zero():
    picture = cloud([0.0, 1.0], [-1.0, 1.0], "predicted", "residual")
    assert 'd="M64 260h0M706 12h0"' in picture and 'd="M64 136h642"' in picture


def test_shades_are_those_of_the_file():
    content = gray_png(bytes([0, 100, 200, 255, 1, 2]), rows=2, columns=3)
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    size = struct.unpack(">II", content[16:24])
    place = content.index(b"IDAT")
    (length,) = struct.unpack(">I", content[place - 4 : place])
    lines = zlib.decompress(content[place + 4 : place + 4 + length])
    assert size == (3, 2) and lines == bytes([0, 0, 100, 200, 0, 255, 1, 2])


# While training goes on


@pytest.fixture
def clock(monkeypatch):
    """A clock that only writing a page moves, by as much as is said."""
    now = {"time": 100.0, "of a page": 0.01, "pages": 0}

    def written(report, folder):
        now["pages"] += 1
        now["time"] += now["of a page"]

    monkeypatch.setattr(watching.Report, "_write", written)
    monkeypatch.setattr(time, "monotonic", lambda: now["time"])
    return now


def test_pages_are_written_now_and_then(clock):
    report = Report()
    for _ in range(10_000):
        report.epoch(Path("run"))
        clock["time"] += 0.01
    assert 25 <= clock["pages"] <= 100 / 3 + 1


def test_pages_that_take_long_are_written_rarely(clock):
    clock["of a page"] = 1.0
    report, begun = Report(), clock["time"]
    for _ in range(2000):
        report.epoch(Path("run"))
        clock["time"] += 1.0
    assert clock["pages"] >= 5
    assert clock["pages"] * 1.0 <= 0.005 * (clock["time"] - begun)


def test_a_disk_that_is_full_does_not_end_the_training(monkeypatch):
    def full(report, folder):
        raise FileError("no space left")

    monkeypatch.setattr(watching.Report, "_write", full)
    report = Report()
    report._next = 0.0
    report.epoch(Path("run"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "digits"
    settings = Settings(hidden=(6,), epochs=2, dropout=0.2, normalization="batch")
    return train(settings, folder, verbose=0, watchers=[Report()])


def test_a_run_leaves_its_page_and_its_graph(trained):
    names = {path.name for path in trained.folder.iterdir()}
    assert {"report.html", "graph.svg", "events.jsonl"} <= names and "graph.html" not in names
    page = (trained.folder / "report.html").read_text()
    (run,) = data_of(page)["runs"]
    assert run["curves"]["loss"] == [record.loss for record in trained.fitted.history]
    picture = (trained.folder / "graph.svg").read_bytes()
    assert b"layers.0.W" in picture and base64.b64encode(picture).decode() in page and "graph.html" not in page
    # The picture of a row is the one of its pixels.
    (first,) = re.findall(r'<img class="pixels" alt="row (\d+)" src="data:image/png;base64,([^"]*)"', page)[:1]
    worst = read_run(trained.folder).validation["worst"][0]
    shades = base64.b64decode(worst["picture"]["shades"])
    assert int(first[0]) == worst["row"] and base64.b64decode(first[1]) == gray_png(shades, 8, 8)


def test_a_report_changes_no_bit_of_the_weights(trained, tmp_path):
    plain = train(trained.trained.settings, tmp_path / "plain", verbose=0)
    weights = [Path(each.folder, "weights.safetensors").read_bytes() for each in (trained, plain)]
    assert weights[0] == weights[1] and not (tmp_path / "plain" / "report.html").exists()


def test_the_page_without_its_data_is_small(tmp_path):
    page = report_page([write_run(tmp_path / "mine")])
    assert len(page.encode()) < 150_000
