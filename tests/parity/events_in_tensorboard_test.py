"""Test: TensorBoard's own reader finds in event files what metrics.jsonl says, once for each step, also after a resume.

events_in_tensorboard_test.py PROGRAM. Exit codes: 0 passed, 1 failed, 77 skipped: TensorBoard is not installed.
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]
STEPS = 20  # of an epoch: 2,500 images in batches of 128


def train(*arguments):
    subprocess.run([sys.argv[1], "train", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def start(run, *arguments):
    train("--data", ROOT / "data" / "sample", "--widths", "4,4", "--hidden", "8", "--log-every", 7, "--tensorboard", "--no-progress",
          "--out", run, *arguments)


def single(x):
    """As float32, which is what event files hold."""
    return struct.unpack("f", struct.pack("f", x))[0]


def from_metrics(run):
    """tag -> [(step, value)], by metrics.jsonl."""
    curves = {}
    for line in open(run / "metrics.jsonl"):
        event = json.loads(line)
        kind, epoch = event.pop("event"), event.pop("epoch")
        step = event.pop("step", epoch * STEPS)
        event.pop("seconds", None)
        event.pop("time", None)
        for key, value in event.items():
            curves.setdefault(f"{kind}/{key}", []).append((step, value))
    return curves


def check(run, files):
    assert len(list(run.glob("events.out.tfevents.*"))) == files
    expected = from_metrics(run)
    accumulator = EventAccumulator(str(run), size_guidance={"scalars": 0})
    accumulator.Reload()
    curves = {tag: accumulator.Scalars(tag) for tag in accumulator.Tags()["scalars"]}
    rates = curves.pop("step/learning_rate")
    assert all(abs(event.value - 0.001) < 1e-9 for event in rates)
    assert curves.keys() == expected.keys(), (curves.keys(), expected.keys())
    for tag, events in curves.items():
        assert [event.step for event in events] == [step for step, _ in expected[tag]], tag
        times = [event.wall_time for event in events]
        assert times == sorted(times)
        for event, (_, value) in zip(events, expected[tag]):
            # metrics.jsonl rounds speeds to tenths.
            bound = 0.051 + 1e-6 * value if tag == "step/images_per_second" else 0
            assert abs(event.value - single(value)) <= bound, (tag, event, value)
    print(f"{run.name}: {files} files, {sum(map(len, curves.values()))} points in {len(curves)} curves")


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    start(folder / "whole", "--epochs", 3)
    check(folder / "whole", 1)

    start(folder / "resumed", "--epochs", 3, "--max-steps", 33)
    watcher = EventAccumulator(str(folder / "resumed"), size_guidance={"scalars": 0})
    watcher.Reload()
    train("--resume", folder / "resumed", "--max-steps", 0)
    check(folder / "resumed", 2)
    assert from_metrics(folder / "resumed").keys() == from_metrics(folder / "whole").keys()
    # One that watched all the time: what ended there was an epoch cut short, which it is told to forget.
    watcher.Reload()
    steps = [event.step for event in watcher.Scalars("step/loss")]
    assert steps == sorted(set(steps)) and steps[-1] == 3 * STEPS, steps

    # Every record, the file's version and the session's start among them, by the plain reader.
    last = max((folder / "resumed").glob("events.out.tfevents.*"))
    events = list(EventFileLoader(str(last)).Load())
    assert events[0].file_version == "brain.Event:2"
    assert events[1].session_log.status == 1 and events[1].step == 34, events[1]
