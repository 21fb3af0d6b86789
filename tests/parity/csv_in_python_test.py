"""Test: Python's csv module reads metrics.csv, and it says what metrics.jsonl says.

csv_in_python_test.py PROGRAM. Exit codes: 0 passed, 1 failed.
"""
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

with tempfile.TemporaryDirectory() as folder:
    run = pathlib.Path(folder) / "run"
    subprocess.run([sys.argv[1], "train", "--data", ROOT / "data" / "sample", "--widths", "4,4", "--hidden", "8", "--epochs", "2",
                    "--out", run, "--no-progress"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(run / "metrics.jsonl") as file:
        epochs = [event for event in map(json.loads, file) if event.pop("event") == "epoch"]
    for epoch in epochs:
        del epoch["time"]  # an object, for which a table has no place
    with open(run / "metrics.csv", newline="") as file:
        rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
assert len(rows) == 2 and rows == epochs, (rows, epochs)
print("metrics.csv: 2 epochs, as in metrics.jsonl")
