// The command line: runs that were cut short, and go on.
#include <csignal>

#include "tests/support/command_line.h"
#include "tests/support/file_size_limit.h"

using namespace test;

TEST_CASE_FIXTURE(CommandLine, "a run that was killed goes on as if nothing had happened") {
    const Arguments long_run{"--epochs", "6", "--batch-size", "8", "--threads", "1"};
    train("whole", {"--epochs", "6"});
    Process process(program(train_arguments("killed", long_run)));
    const bool has_checkpoint =
        wait_until([&] { return fs::exists(folder("killed") / "state.safetensors"); });
    process.signal(SIGKILL);
    CHECK(process.wait().exit_code == 128 + SIGKILL);
    REQUIRE(has_checkpoint);
    write_bytes(folder("killed") / ".writing-1-0.tmp", "as killed while it was writing");

    const ProcessResult resumed = resume("killed");
    CHECK_MESSAGE(resumed.exit_code == 0, resumed.err);
    check_same_run("whole", "killed");
}

TEST_CASE_FIXTURE(CommandLine, "an interrupted run saves in the middle of an epoch, and goes on from there") {
    const Arguments long_run{"--epochs", "6", "--batch-size", "8", "--threads", "1"};
    train("whole", {"--epochs", "6"});
    Process process(program(train_arguments("stopped", long_run)));
    const bool has_begun = wait_until([&] {
        return lines_of(read_bytes(folder("stopped") / "metrics.jsonl")).size() >= 6;  // in the second epoch
    });
    process.signal(SIGTERM);
    const ProcessResult stopped = process.wait();
    REQUIRE(has_begun);
    CHECK(stopped.exit_code == 143);
    CHECK(holds(stopped.out, "--resume " + folder("stopped").string()));
    CHECK(stopped.err.empty());

    CHECK(resume("stopped", {"--threads", "2", "--workers", "0"}).exit_code == 0);
    check_same_run("whole", "stopped");
}

TEST_CASE_FIXTURE(CommandLine, "SIGINT is answered with 130") {
    Process process(program(train_arguments("stopped", {"--epochs", "1000", "--threads", "1"})));
    REQUIRE(wait_until([&] { return !read_bytes(folder("stopped") / "metrics.jsonl").empty(); }));
    process.signal(SIGINT);
    CHECK(process.wait().exit_code == 130);
    CHECK(fs::exists(folder("stopped") / "state.safetensors"));
}

TEST_CASE_FIXTURE(CommandLine, "a run that ended at --max-steps goes on as if it had not ended") {
    train("whole");
    train("cut", {"--max-steps", "14"});
    const auto events = timeless_events(folder("cut"));
    CHECK(events.at(events.size() - 2)["step"] == 14);
    CHECK(events.back()["event"] == "epoch");
    CHECK(events.back()["epoch"] == 2);

    const auto before = contents(folder("cut"));
    const ProcessResult ended = resume("cut");
    CHECK(ended.exit_code == 0);
    CHECK(holds(ended.out, "nothing left to do"));
    CHECK(contents(folder("cut")) == before);

    CHECK(resume("cut", {"--max-steps", "0"}).exit_code == 0);
    check_same_run("whole", "cut");
}

TEST_CASE_FIXTURE(CommandLine,
                  "a run that was killed before it read the test images reads them when resumed") {
    const Arguments held_out{"--validate", "24", "--tta", "flip"};
    train("whole", held_out);
    fs::copy(folder("whole"), folder("killed"));
    const auto lines = lines_of(read_bytes(folder("killed") / "metrics.jsonl"));
    REQUIRE(holds(lines.back(), "\"test\""));
    std::string before_test;
    for (std::size_t i = 0; i + 1 < lines.size(); ++i) before_test += lines[i] + "\n";
    write_bytes(folder("killed") / "metrics.jsonl", before_test);

    const ProcessResult resumed = resume("killed");
    CHECK_MESSAGE(resumed.exit_code == 0, resumed.err);
    CHECK(holds(resumed.out, "test loss"));
    CHECK(read_bytes(folder("killed") / "metrics.jsonl") == read_bytes(folder("whole") / "metrics.jsonl"));
    check_same_run("whole", "killed");
    CHECK(holds(resume("killed").out, "nothing left to do"));  // they are read once
}

TEST_CASE_FIXTURE(CommandLine, "a finished run can be given more epochs") {
    train("whole");
    train("short", {"--epochs", "1"});
    CHECK(resume("short", {"--epochs", "3"}).exit_code == 0);
    check_same_run("whole", "short");
}

TEST_CASE_FIXTURE(CommandLine, "a resume refuses what would make another run of it") {
    train("run", {"--epochs", "1"});
    const auto before = contents(folder("run"));
    check_error(resume("run", {"--lr", "0.1"}), 2, "--lr cannot change");
    write_synthetic_cifar10(folder("more"), images_per_file + 1);
    check_error(resume("run", {"--epochs", "2", "--data", folder("more")}), 3, "85");
    CHECK(contents(folder("run")) == before);

    fs::resize_file(folder("run") / "state.safetensors", 100);
    check_error(resume("run", {"--epochs", "2"}), 3, "state.safetensors");
    fs::remove(folder("run") / "state.safetensors");
    check_error(resume("run", {"--epochs", "2"}), 3, "no checkpoint");
    CHECK(read_bytes(folder("run") / "last.safetensors") == before.at("last.safetensors"));
}

TEST_CASE_FIXTURE(CommandLine, "a full disk is exit code 1, and keeps what was saved before") {
    train("run", {"--epochs", "1"});
    const auto before = contents(folder("run"));
    ProcessResult result{};
    {
        const FileSizeLimit limit(2000);  // room for lines and settings, not for tensors
        result = resume("run", {"--epochs", "2"});
    }
    check_error(result, 1, "last.safetensors");
    CHECK(contents(folder("run")) == before);
    CHECK(resume("run", {"--epochs", "2"}).exit_code == 0);
}
