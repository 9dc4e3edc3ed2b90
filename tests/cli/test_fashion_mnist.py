"""`chainrule train fashion-mnist`: pictures from four files, those for testing held out."""

import json

import pytest

from chainrule.data import fashion_mnist

from ..data.test_fashion_mnist import written
from .test_entry import call


@pytest.fixture(autouse=True)
def small_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "pictures", training=200, test=30)
    monkeypatch.setenv("CHAINRULE_FASHION_MNIST", str(tmp_path / "pictures"))


QUICK = ("--hidden", "16", "--epochs", "4", "--no-progress")


def test_the_official_test_part_is_held_out(capsys):
    code, out, _ = call(capsys, "train", "fashion-mnist", *QUICK, "--validation", "0.2", "--json")
    document = json.loads(out)
    assert code == 0 and document["rows"] == {"training": 160, "validation": 40, "held_out": 30}
    assert document["settings"]["data"] == "fashion-mnist" and document["settings"]["target"] == "garment"
    assert document["classes"] == sorted(fashion_mnist.CLASSES)
    assert sum(map(sum, document["confusion"])) == 30 and document["accuracy"]["held_out"] > 0.6
    code, out, _ = call(capsys, "resume", "run", "--json", "--no-progress")
    assert code == 0 and json.loads(out)["accuracy"] == document["accuracy"]


def test_what_makes_no_sense_is_refused(capsys):
    code, _, err = call(capsys, "train", "fashion-mnist", *QUICK, "--held-out", "0.3")
    assert code and "fashion-mnist has held-out rows of its own" in err


def test_files_that_are_not_there(capsys, monkeypatch):
    monkeypatch.setenv("CHAINRULE_FASHION_MNIST", "nowhere")
    code, _, err = call(capsys, "train", "fashion-mnist", *QUICK)
    assert code and "Fashion-MNIST is not there" in err and "apt install dataset-fashion-mnist" in err
