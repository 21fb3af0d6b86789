// The command line: --trials, a training repeated with other seeds.
#include <cmath>
#include <csignal>
#include <numeric>

#include "tests/support/command_line.h"

using namespace test;

namespace {

const Arguments small{"--epochs", "1", "--batch-size", "8", "--threads", "1"};

double last_test_accuracy(const fs::path& run_folder) {
    return timeless_events(run_folder).back()["test_accuracy"].get<double>();
}

void check_same_trial(const fs::path& a, const fs::path& b) {
    for (const char* file : {"config.toml", "last.safetensors", "best.safetensors", "state.safetensors"}) {
        CAPTURE(file);
        REQUIRE(fs::exists(a / file));
        CHECK(read_bytes(a / file) == read_bytes(b / file));
    }
    CHECK(timeless_events(a) == timeless_events(b));
}

}  // namespace

TEST_CASE_FIXTURE(CommandLine, "each trial is the run that its seed alone would have made") {
    const ProcessResult result =
        run(train_arguments("group", small + Arguments{"--trials", "3", "--seed", "5"}));
    REQUIRE_MESSAGE(result.exit_code == 0, result.err);
    CHECK(holds(result.out, "trial 2 of 3, seed 6"));
    for (const std::string seed : {"5", "6", "7"}) {
        train("alone-" + seed, {"--epochs", "1", "--seed", seed});
        check_same_trial(folder("alone-" + seed), folder("group") / ("trial-seed-" + seed));
    }
    for (const char* file : {"config.toml", "trials.json", "report.html"})
        CHECK_MESSAGE(fs::exists(folder("group") / file), file);
}

TEST_CASE_FIXTURE(CommandLine, "mean, standard deviation and Student's interval of the trials") {
    // Two-sided 95 % quantiles as tables have them, for 1 and 3 degrees of freedom.
    std::string trials;
    double quantile = 0;
    SUBCASE("two") {
        trials = "2";
        quantile = 12.7062;
    }
    SUBCASE("four") {
        trials = "4";
        quantile = 3.18245;
    }
    const ProcessResult result = run(train_arguments("group", small + Arguments{"--trials", trials}));
    REQUIRE_MESSAGE(result.exit_code == 0, result.err);
    const json summary = json::parse(read_bytes(folder("group") / "trials.json"));
    std::vector<double> accuracies;
    for (const json& trial : summary["trials"]) {
        accuracies.push_back(trial["test_accuracy"].get<double>());
        CHECK(accuracies.back() == last_test_accuracy(folder("group") / trial["run"].get<std::string>()));
    }
    const auto count = static_cast<double>(accuracies.size());
    REQUIRE(accuracies.size() == std::stoul(trials));
    const double mean = std::accumulate(accuracies.begin(), accuracies.end(), 0.0) / count;
    double squares = 0;
    for (const double accuracy : accuracies) squares += (accuracy - mean) * (accuracy - mean);
    const double deviation = std::sqrt(squares / (count - 1));
    REQUIRE(deviation > 0);  // or there is nothing to see
    const double margin = quantile * deviation / std::sqrt(count);
    const json& estimate = summary["test_accuracy"];
    CHECK(estimate["mean"].get<double>() == doctest::Approx(mean));
    CHECK(estimate["standard_deviation"].get<double>() == doctest::Approx(deviation));
    CHECK(std::abs(estimate["confidence_95"][0].get<double>() - (mean - margin)) < 1e-4 * margin);
    CHECK(std::abs(estimate["confidence_95"][1].get<double>() - (mean + margin)) < 1e-4 * margin);
}

TEST_CASE_FIXTURE(CommandLine,
                  "where images are held out, the trials are judged by the one look at the test images") {
    const ProcessResult result = run(
        train_arguments("group", small + Arguments{"--trials", "2", "--validate", "24", "--tta", "flip"}));
    REQUIRE_MESSAGE(result.exit_code == 0, result.err);
    const json summary = json::parse(read_bytes(folder("group") / "trials.json"));
    for (const json& trial : summary["trials"]) {
        const json event = timeless_events(folder("group") / trial["run"].get<std::string>()).back();
        CHECK(event["event"] == "test");
        CHECK(trial["test_accuracy"] == event["test_accuracy"]);
        CHECK(trial["test_loss"] == event["test_loss"]);
    }
}

TEST_CASE_FIXTURE(CommandLine, "interrupted or killed trials go on where they were") {
    const Arguments long_trials{"--trials", "2", "--epochs", "6", "--batch-size", "8", "--threads", "1"};
    REQUIRE(run(train_arguments("whole", long_trials)).exit_code == 0);
    int signal = SIGKILL;
    SUBCASE("killed") {}
    SUBCASE("interrupted") { signal = SIGTERM; }
    Process process(program(train_arguments("cut", long_trials)));
    const bool has_second =
        wait_until([&] { return fs::exists(folder("cut") / "trial-seed-1" / "state.safetensors"); });
    process.signal(signal);
    const ProcessResult stopped = process.wait();
    REQUIRE(has_second);
    CHECK(stopped.exit_code == 128 + signal);
    CHECK_FALSE(fs::exists(folder("cut") / "trials.json"));
    if (signal == SIGTERM) CHECK(holds(stopped.out, "--resume " + folder("cut").string() + "\n"));

    const ProcessResult resumed = resume("cut");
    CHECK_MESSAGE(resumed.exit_code == 0, resumed.err);
    CHECK(holds(resumed.out, "nothing left to do"));  // of the first
    for (const char* trial : {"trial-seed-0", "trial-seed-1"})
        check_same_trial(folder("whole") / trial, folder("cut") / trial);
    CHECK(read_bytes(folder("whole") / "trials.json") == read_bytes(folder("cut") / "trials.json"));
}

TEST_CASE_FIXTURE(CommandLine, "trials can be added; what else a resume would change is refused") {
    REQUIRE(run(train_arguments("four", small + Arguments{"--trials", "4"})).exit_code == 0);
    REQUIRE(run(train_arguments("more", small + Arguments{"--trials", "2"})).exit_code == 0);
    check_error(resume("more", {"--trials", "1"}), 2, "--trials is 1");
    check_error(resume("more", {"--seed", "4"}), 2, "--seed");
    CHECK(resume("more", {"--trials", "4"}).exit_code == 0);
    CHECK(read_bytes(folder("four") / "trials.json") == read_bytes(folder("more") / "trials.json"));

    train("single", {"--epochs", "1"});
    check_error(resume("single", {"--trials", "2"}), 2, "--trials is 2");
}

TEST_CASE_FIXTURE(CommandLine,
                  "trials are replaced as a run is: only if that is asked for, and nothing of theirs stays") {
    const Arguments trials = small + Arguments{"--trials", "3"};
    REQUIRE(run(train_arguments("group", trials)).exit_code == 0);
    write_bytes(folder("group") / "trial-seed-2" / "notes.txt", "mine");
    check_error(run(train_arguments("group", small)), 2, "--overwrite");
    // Also where the group's own files are gone.
    for (const char* file : {"config.toml", "trials.json", "report.html"}) fs::remove(folder("group") / file);
    check_error(run(train_arguments("group", small)), 2, "--overwrite");

    train("group", {"--epochs", "1", "--overwrite"});
    CHECK_FALSE(fs::exists(folder("group") / "trial-seed-0"));
    CHECK(contents(folder("group") / "trial-seed-2").size() == 1);
    CHECK(read_bytes(folder("group") / "trial-seed-2" / "notes.txt") == "mine");
}

TEST_CASE_FIXTURE(CommandLine, "what trials cannot be is refused before anything is written") {
    check_error(run(train_arguments("bad", {"--trials", "0"})), 2, "--trials");
    check_error(run(train_arguments("bad", {"--trials", "2", "--seed", "9223372036854775807"})), 2, "seed");
    check_error(run(train_arguments("bad", {"--trials", "2", "--profile", folder("trace.json")})), 2,
                "--profile");
    check_error(run(train_arguments("bad", {"--trials", "2", "--validate", "1000"})), 2, "validate");
    CHECK_FALSE(fs::exists(folder("bad")));
}

TEST_CASE_FIXTURE(CommandLine, "a report of the folder of trials compares them") {
    REQUIRE(run(train_arguments("group", small + Arguments{"--trials", "2"})).exit_code == 0);
    const std::string page = read_bytes(folder("group") / "report.html");
    CHECK(holds(page, "trial-seed-0"));
    CHECK(holds(page, "trial-seed-1"));
    fs::remove(folder("group") / "report.html");
    CHECK(run({"report", folder("group")}).exit_code == 0);
    CHECK(read_bytes(folder("group") / "report.html") == page);
}
