// The command line: event files for TensorBoard, and the table of epochs.
#include <algorithm>
#include <fstream>

#include "tests/support/command_line.h"
#include "tests/support/events.h"

using namespace test;

namespace {

std::vector<fs::path> event_files(const fs::path& run_folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(run_folder))
        if (holds(entry.path().filename().string(), "tfevents")) files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

/// Of all event files of a run, without speeds.
std::vector<Point> timeless_points(const fs::path& run_folder) {
    std::vector<Point> points;
    for (const fs::path& file : event_files(run_folder))
        for (const Point& point : points_of(file))
            if (point.tag != "step/images_per_second") points.push_back(point);
    return points;
}

/// Both runs say the same in all that is meant to be read by others; a resume has a second event file.
void check_same_story(const CommandLine& line, const std::string& a, const std::string& b) {
    CHECK(timeless_events(line.folder(a)) == timeless_events(line.folder(b)));
    CHECK(timeless_points(line.folder(a)) == timeless_points(line.folder(b)));
}

/// metrics.csv without the seconds.
std::vector<std::string> timeless_rows(const fs::path& run_folder) {
    std::vector<std::string> rows = lines_of(read_bytes(run_folder / "metrics.csv"));
    for (std::string& row : rows) row.resize(row.rfind(','));
    return rows;
}

}  // namespace

TEST_CASE_FIXTURE(CommandLine, "event files say what metrics.jsonl says") {
    const ProcessResult result = train("run", {"--tensorboard", "--schedule", "linear"});
    CHECK(holds(result.out, "tensorboard --logdir " + folder("run").string()));
    REQUIRE(event_files(folder("run")).size() == 1);
    const auto points = points_of(event_files(folder("run")).front());
    std::size_t at = 0;
    const auto expect = [&](std::int64_t step, const std::string& tag, double value) {
        REQUIRE(at < points.size());
        CHECK(points[at] == Point{step, tag, static_cast<float>(value), 0});
        ++at;
    };
    double lr = 0.001;
    for (const std::string& text : lines_of(read_bytes(folder("run") / "metrics.jsonl"))) {
        const json event = json::parse(text);
        if (event["event"] == "step") {
            expect(event["step"], "step/loss", event["loss"]);
            expect(event["step"], "step/accuracy", event["accuracy"]);
            CHECK(points.at(at++).value > 0);  // images per second
            CHECK(points.at(at).tag == "step/learning_rate");
            CHECK(points.at(at).value < lr);
            lr = points.at(at++).value;
        } else {
            const std::int64_t step = event["epoch"].get<std::int64_t>() * steps_per_epoch;
            for (const char* key : {"train_loss", "train_accuracy", "test_loss", "test_accuracy"})
                expect(step, std::string("epoch/") + key, event[key]);
        }
    }
    CHECK(at == points.size());
}

TEST_CASE_FIXTURE(CommandLine, "held-out images and the test have curves of their own") {
    train("run", {"--tensorboard", "--validate", "8", "--epochs", "1"});
    const auto points = timeless_points(folder("run"));
    REQUIRE(points.size() >= 6);
    CHECK(points[points.size() - 4].tag == "epoch/validation_loss");
    CHECK(points[points.size() - 2].tag == "test/loss");
    CHECK(points[points.size() - 1].tag == "test/accuracy");
    CHECK(lines_of(read_bytes(folder("run") / "metrics.csv")).front() ==
          "epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,seconds");
}

TEST_CASE_FIXTURE(CommandLine, "without the flag there are none, with --overwrite old ones go") {
    train("run", {"--tensorboard", "--epochs", "1"});
    CHECK(event_files(folder("run")).size() == 1);
    train("run", {"--overwrite", "--epochs", "1"});
    CHECK(event_files(folder("run")).empty());
}

TEST_CASE_FIXTURE(CommandLine, "no step is told twice, whatever ended the training before") {
    train("whole", {"--tensorboard"});
    SUBCASE("the number of steps, in an epoch") {
        train("cut", {"--tensorboard", "--max-steps", "14"});
        CHECK(resume("cut", {"--max-steps", "0"}).exit_code == 0);
    }
    SUBCASE("the number of epochs") {
        train("cut", {"--tensorboard", "--epochs", "1"});
        CHECK(resume("cut", {"--epochs", "3"}).exit_code == 0);
    }
    SUBCASE("a kill, after steps that no state stands behind") {
        train("cut", {"--tensorboard", "--max-steps", "14"});
        const std::string state = read_bytes(folder("cut") / "state.safetensors");
        CHECK(resume("cut", {"--max-steps", "25"}).exit_code == 0);
        write_bytes(folder("cut") / "state.safetensors", state);
        std::ofstream(event_files(folder("cut")).back(), std::ios::app | std::ios::binary) << "half a record";
        CHECK(resume("cut", {"--max-steps", "0"}).exit_code == 0);
    }
    CHECK(event_files(folder("cut")).size() == 2);
    check_same_story(*this, "whole", "cut");
}

TEST_CASE_FIXTURE(CommandLine, "metrics.csv is the epochs as a table, also after a resume") {
    train("whole");
    const auto rows = lines_of(read_bytes(folder("whole") / "metrics.csv"));
    REQUIRE(rows.size() == 4);
    CHECK(rows.front() == "epoch,train_loss,train_accuracy,test_loss,test_accuracy,seconds");
    std::size_t row = 1;
    for (const std::string& text : lines_of(read_bytes(folder("whole") / "metrics.jsonl"))) {
        const json event = json::parse(text);
        if (event["event"] != "epoch") continue;
        CHECK(rows[row++] == event["epoch"].dump() + "," + event["train_loss"].dump() + "," +
                                 event["train_accuracy"].dump() + "," + event["test_loss"].dump() + "," +
                                 event["test_accuracy"].dump() + "," + event["seconds"].dump());
    }
    train("cut", {"--max-steps", "14"});
    CHECK(timeless_rows(folder("cut")).size() == 3);
    CHECK(resume("cut", {"--max-steps", "0"}).exit_code == 0);
    CHECK(timeless_rows(folder("cut")) == timeless_rows(folder("whole")));
}
