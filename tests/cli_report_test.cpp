// The command line: the report that every run leaves, and the command that makes it anew.
#include "tests/support/command_line.h"
#include "tests/support/markup.h"

using namespace test;

namespace {

std::int64_t sum_of(const json& lists) {
    std::int64_t sum = 0;
    for (const json& list : lists)
        for (const json& value : list) sum += value.get<std::int64_t>();
    return sum;
}

}  // namespace

TEST_CASE_FIXTURE(CommandLine, "a run leaves a report, which agrees with its metrics") {
    CHECK(holds(train("run").out, "report.html"));
    const std::string page = read_bytes(folder("run") / "report.html");
    CHECK(page_error(page) == "");
    CHECK(holds(page, "<h1>run</h1>", "Confusion matrix", "First-layer filters",
                "<dt>widths</dt><dd>2,3</dd>"));
    CHECK_FALSE(holds(page, "class=\"missing\""));

    const json analysis = json::parse(read_bytes(folder("run") / "analysis.json"));
    const json last = timeless_events(folder("run")).back();
    CHECK(analysis["epoch"] == 3);
    CHECK(analysis["step"] == 3 * steps_per_epoch);
    CHECK(analysis["split"] == "test");
    CHECK(sum_of(analysis["confusion"]) == images_per_file);
    std::int64_t correct = 0;
    for (std::size_t i = 0; i < 10; ++i) correct += analysis["confusion"][i][i].get<std::int64_t>();
    CHECK(static_cast<double>(correct) / images_per_file == last["test_accuracy"]);
    CHECK(std::ssize(analysis["mistakes"]) == images_per_file - correct);
    double confidence = 1;
    for (const json& mistake : analysis["mistakes"]) {
        CHECK(mistake["confidence"] <= confidence);
        confidence = mistake["confidence"];
        CHECK(mistake["label"] == (5 + mistake["image"].get<int>()) % 10);  // as the fixture labels them
        CHECK(mistake["prediction"] != mistake["label"]);
        CHECK(mistake["png"].get<std::string>().starts_with("iVBORw0KGgo"));
    }
    CHECK(analysis["attention_images"] == images_per_file);
    REQUIRE(analysis["attention"].size() == 2);
    CHECK(analysis["attention"][1]["block"] == "backbone.1");
    REQUIRE(analysis["filters"].size() == 3);
    CHECK(analysis["filters"][2]["branch"] == "conv3");
    CHECK(analysis["filters"][2]["filters"] == 2);
}

TEST_CASE_FIXTURE(CommandLine,
                  "the report is there after each epoch and, as far as it goes, after an interruption") {
    Process running(
        program(train_arguments("run", {"--batch-size", "1", "--epochs", "1000", "--threads", "1"})));
    CHECK(wait_until([&] { return holds(read_bytes(folder("run") / "report.html"), "of 1000 epochs"); }));
    CHECK(page_error(read_bytes(folder("run") / "report.html")) == "");
    running.signal(SIGINT);
    CHECK(running.wait().exit_code == 128 + SIGINT);
    const std::string page = read_bytes(folder("run") / "report.html");
    CHECK(page_error(page) == "");
    CHECK(holds(page, "This training has not ended"));
    CHECK(run({"report", folder("run")}).exit_code == 0);
    CHECK(read_bytes(folder("run") / "report.html") == page);
}

TEST_CASE_FIXTURE(CommandLine, "a resumed run ends with the analysis of one that was never stopped") {
    train("whole");
    train("cut", {"--epochs", "1"});
    CHECK(resume("cut", {"--epochs", "3"}).exit_code == 0);
    CHECK(read_bytes(folder("whole") / "analysis.json") == read_bytes(folder("cut") / "analysis.json"));
}

TEST_CASE_FIXTURE(CommandLine, "with images held out, the report's classes are theirs") {
    train("run", {"--validate", "24"});
    const json analysis = json::parse(read_bytes(folder("run") / "analysis.json"));
    CHECK(analysis["split"] == "validation");
    CHECK(sum_of(analysis["confusion"]) == 24);
    for (const json& mistake : analysis["mistakes"]) {
        // The last 24 of the training images are all of the fifth file and the second half of the fourth.
        const std::int64_t training_image = 80 - 24 + mistake["image"].get<std::int64_t>();
        CHECK(mistake["label"] == (training_image / images_per_file + training_image % images_per_file) % 10);
    }
    CHECK(holds(read_bytes(folder("run") / "report.html"), "24 validation images", "16 images, read once"));
}

TEST_CASE_FIXTURE(CommandLine, "report makes the page of a run anew, or compares several") {
    train("run");
    train("other", {"--lr", "0.01", "--epochs", "1"});
    const std::string page = read_bytes(folder("run") / "report.html");
    fs::remove(folder("run") / "report.html");
    const ProcessResult one = run({"report", folder("run")});
    CHECK(one.exit_code == 0);
    CHECK(one.out == "report " + (folder("run") / "report.html").string() + "\n");
    CHECK(one.err.empty());
    CHECK(read_bytes(folder("run") / "report.html") == page);

    const ProcessResult both = run({"report", "run", "other"}, temporary.path());
    CHECK(both.out == "report report.html\n");
    const std::string compared = read_bytes(folder("report.html"));
    CHECK(page_error(compared) == "");
    CHECK(holds(compared, "2 runs compared", ">run</th>", ">other</th>", ">lr</th>", ">0.001<", ">0.01<"));

    CHECK(run({"report", "run", "other", "--out", "mine.html"}, temporary.path()).out ==
          "report mine.html\n");
    CHECK(read_bytes(folder("mine.html")) == compared);
    CHECK(holds(run({"report", "other", "--out", "mine.html"}, temporary.path()).out, "report mine.html"));
    CHECK(read_bytes(folder("mine.html")) == read_bytes(folder("other") / "report.html"));
}

TEST_CASE_FIXTURE(CommandLine, "report refuses what is no run, and leaves an old page as it is") {
    fs::create_directory(folder("empty"));
    write_bytes(folder("report.html"), "old");
    const std::vector<std::pair<Arguments, std::pair<int, std::string>>> table = {
        {{"report"}, {2, "no run is given"}},
        {{"report", "empty", "--out", ""}, {2, "--out is empty"}},
        {{"report", "empty", "--output", "x"}, {2, "--output"}},
        {{"report", "empty", "nowhere"}, {3, "in empty"}},
        {{"report", "nowhere"}, {3, "in nowhere"}},
        {{"report", "./data"}, {3, "there is no run"}},
    };
    for (const auto& [arguments, expected] : table)
        check_error(run(arguments, temporary.path()), expected.first, expected.second);
    CHECK(read_bytes(folder("report.html")) == "old");
    train("run", {"--max-steps", "1"});
    check_error(run({"report", "run", "--out", "nowhere/report.html"}, temporary.path()), 1, "nowhere");
    check_error(run({"report", "run", "--out", "empty"}, temporary.path()), 1, "empty");
}

TEST_CASE_FIXTURE(CommandLine, "a page that could not be written is found before training") {
    fs::create_directories(folder("run") / "report.html" / "mine");
    check_error(run(train_arguments("run", {})), 2, "there is a run already");
    check_error(run(train_arguments("run", {"--overwrite"})), 1, "report.html");
    CHECK(fs::exists(folder("run") / "report.html" / "mine"));
}
