// What a report makes of runs, whole or not.
#include <cmath>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "apps/report/analysis.h"
#include "apps/report/page.h"
#include "engine/error.h"
#include "tests/support/markup.h"
#include "tests/support/message_of.h"
#include "tests/support/temporary_folder.h"

using namespace apps;
using test::holds;
using test::occurrences;
using test::page_error;
using test::write_bytes;
namespace fs = std::filesystem;

namespace {

constexpr const char* config =
    "recipe = \"seed\"\nwidths = [2, 3]\nepochs = 2\nmax-steps = 0\naugment = []\n";
constexpr const char* metrics =
    R"({"event":"step","epoch":1,"step":5,"loss":2.3,"accuracy":0.1,"images_per_second":100.0}
{"event":"epoch","epoch":1,"train_loss":2.25,"train_accuracy":0.125,"test_loss":2.5,"test_accuracy":0.5,"seconds":61.0}
{"event":"step","epoch":2,"step":15,"loss":1.2,"accuracy":0.6,"images_per_second":300.0}
{"event":"step","epoch":2,"step":20,"loss":1.1,"accuracy":0.7,"images_per_second":200.0}
{"event":"epoch","epoch":2,"train_loss":1.125,"train_accuracy":0.625,"test_loss":1.5,"test_accuracy":0.25,"seconds":60.0,"time":{"data":1.0,"forward":15.0,"backward":30.0,"update":4.0,"evaluation":6.0}}
)";

Analysis small_analysis() {
    Analysis analysis;
    analysis.epoch = 2;
    analysis.step = 20;
    analysis.split = "test";
    analysis.classes = {"cat", "dog"};
    analysis.confusion = {{3, 1}, {0, 4}};
    analysis.mistakes = {{7, 0, 1, 0.875, "iVBORw0KGgo="}};
    analysis.attention_images = 8;
    analysis.attention = {{"backbone.0", {{0.5, 0, 1}, {0.25, 0, 2}}, {0.125, 1, 0}}};
    analysis.filters = {{"conv1", 2, 2, "iVBORw0KGgo="}};
    return analysis;
}

struct Runs {
    /// A folder with all that a run has for its report.
    fs::path whole(const std::string& name) const {
        const fs::path run = temporary / name;
        fs::create_directories(run);
        write_bytes(run / "config.toml", config);
        write_bytes(run / "metrics.jsonl", metrics);
        save_analysis(run / "analysis.json", small_analysis());
        return run;
    }
    static std::string page_of(const fs::path& run) { return report_page({read_run(run)}); }

    test::TemporaryFolder temporary;
};

}  // namespace

TEST_CASE_FIXTURE(Runs, "the page of a run has everything that is known of it") {
    const std::string page = page_of(whole("mine"));
    CHECK(page_error(page) == "");
    CHECK(holds(page, "<h1>mine</h1>", ">25.00%<", ">50.00%<", "after epoch 1", ">62.50%<", ">1.1250<",
                ">2:01<", ">200 /s<"));
    CHECK(holds(page, "Curves", "Accuracy by class", "Confusion matrix", "Most confident mistakes",
                "What the attention does", "First-layer filters", "Where the time went", "Configuration",
                "All epochs"));
    CHECK(occurrences(page, "<circle") == 2 * 2 * 2);  // charts, curves, epochs
    CHECK(holds(page, "cat taken for dog: 1 (25.0%)", "<b>dog</b><br/>87.5%<br/>", "is: cat", ">75.0%<",
                "2 filters"));
    CHECK(holds(page, "a2 of cat: 0.0000", ">2.00</td>", ">100%</td>"));
    CHECK(holds(page, ">backward</th>", ">30.0</td>", ">50.0%</td>", ">other</th>", ">4.0</td>"));
    CHECK(holds(page, "<dt>widths</dt><dd>2,3</dd>", "<dt>augment</dt><dd>none</dd>"));
    CHECK_FALSE(holds(page, "class=\"missing\""));
}

TEST_CASE_FIXTURE(Runs, "it can be read on a phone, in the dark, and offline") {
    const std::string page = page_of(whole("mine"));
    CHECK(holds(page, "width=device-width", "prefers-color-scheme: dark", "Content-Security-Policy",
                "default-src 'none'"));
}

TEST_CASE_FIXTURE(Runs, "the same run makes the same page") {
    const fs::path run = whole("mine");
    CHECK(page_of(run) == page_of(run));
}

TEST_CASE_FIXTURE(Runs, "no name or value of a run is taken for markup") {
    const fs::path run = whole("<b>&\"'\xFF");
    write_bytes(run / "config.toml", "recipe = \"</dd><script>alert(1)</script>\"\n");
    Analysis analysis = small_analysis();
    analysis.classes = {"<i>", "\"&"};
    analysis.split = "</p>";
    analysis.attention.front().name = "<u>";
    analysis.filters.front().branch = "\"><u>";
    save_analysis(run / "analysis.json", analysis);
    for (const std::string& page : {page_of(run), report_page({read_run(run), read_run(whole("other"))})}) {
        CHECK(page_error(page) == "");
        CHECK(occurrences(page, "<script>") == 1);
        CHECK_FALSE(holds(page, "<u>"));
    }
}

TEST_CASE_FIXTURE(Runs, "a picture that is none is not let into the page") {
    const fs::path run = whole("mine");
    Analysis analysis = small_analysis();
    analysis.mistakes.front().png = "\" onerror=\"alert(1)";
    save_analysis(run / "analysis.json", analysis);
    const std::string page = page_of(run);
    CHECK(holds(page, "analysis.json cannot be read"));
    CHECK_FALSE(holds(page, "onerror"));
}

TEST_CASE_FIXTURE(Runs,
                  "an analysis is read as it was written, and not at all if it does not hold together") {
    const fs::path path = temporary / "analysis.json";
    save_analysis(path, small_analysis());
    const auto read = load_analysis(path);
    REQUIRE(read);
    CHECK(read->confusion == small_analysis().confusion);
    CHECK(read->images() == 8);
    CHECK(read->correct() == 7);
    CHECK(read->images_of(0) == 4);
    CHECK(read->attention.front().mean[1][2] == 2);
    CHECK(read->mistakes.front().confidence == 0.875);

    const std::string text = test::read_bytes(path);
    for (const auto& [part, wrong] : {std::pair{"\"epoch\":2", "\"epoch\":-2"},
                                      {"[0,4]", "[0,4,1]"},
                                      {"[0,4]", "[0,-4]"},
                                      {"[0,4]", "[0,4.5]"},
                                      {"[0,4]", "[0,1e30]"},
                                      {"[0,4]", "{}"},
                                      {"\"cat\",", ""},
                                      {"\"label\":0", "\"label\":2"},
                                      {"\"prediction\":1", "\"prediction\":9223372036854775808"},
                                      {"\"split\":\"test\"", "\"split\":3"},
                                      {"\"mean\":[[", "\"mean\":[[1,"},
                                      {"0.875", "\"sure\""},
                                      {"\"filters\":[", "\"filters\":[7,"}}) {
        std::string changed = text;
        REQUIRE_MESSAGE(holds(text, part), part);
        changed.replace(changed.find(part), std::string(part).size(), wrong);
        write_bytes(path, changed);
        CHECK_MESSAGE(!load_analysis(path), changed);
    }
}

TEST_CASE_FIXTURE(Runs, "a half-written run is shown as far as it is there") {
    struct Damage {
        const char* file;
        const char* content;  ///< null: the file is missing
        const char* said;
    };
    const std::string cut = std::string(metrics).substr(0, std::string(metrics).size() - 40);
    const std::vector<Damage> table = {
        {"config.toml", nullptr, "config.toml is missing"},
        {"config.toml", "recipe = \n", "config.toml cannot be read"},
        {"metrics.jsonl", nullptr, "metrics.jsonl is missing"},
        {"metrics.jsonl", "", "No epoch has ended yet."},
        {"metrics.jsonl", cut.c_str(), "One line of metrics.jsonl could not be read and is left out."},
        {"metrics.jsonl", cut.c_str(), "This training has not ended: 1 of 2 epochs."},
        {"metrics.jsonl", "{\"event\":\"step\",\"epoch\":1,\"step\":5,\"loss\":2.3,\"accuracy\":0.1}\n",
         "No epoch has ended yet."},
        {"metrics.jsonl", "[]\n7\n{}\n\xFF\n{\"event\":5}\n{\"event\":\"epoch\",\"epoch\":\"1\"}\n",
         "4 lines of metrics.jsonl could not be read and are left out."},
        {"analysis.json", nullptr, "analysis.json is missing"},
        {"analysis.json", "{\"epoch\":", "analysis.json cannot be read"}};
    for (const Damage& damage : table) {
        CAPTURE(damage.said);
        const fs::path run = whole("mine");
        if (damage.content)
            write_bytes(run / damage.file, damage.content);
        else
            fs::remove(run / damage.file);
        const std::string page = page_of(run);
        CHECK(page_error(page) == "");
        CHECK(holds(page, damage.said));
        CHECK_FALSE(holds(page, ">nan"));
    }
}

TEST_CASE_FIXTURE(Runs, "steps alone make curves") {
    const fs::path run = whole("mine");
    const std::string text = metrics;
    write_bytes(run / "metrics.jsonl", text.substr(0, text.find('\n') + 1));
    CHECK(holds(page_of(run), "single batches 2.3000</title>", "at step 5"));
    CHECK(holds(report_page({read_run(run), read_run(whole("other"))}), "mine (single batches)"));
}

TEST_CASE_FIXTURE(Runs, "every beginning of its files makes a page") {
    const fs::path run = whole("mine");
    for (const char* file : {"config.toml", "metrics.jsonl", "analysis.json"}) {
        const std::string text = test::read_bytes(run / file);
        for (std::size_t size = 0; size < text.size(); size += 7) {
            write_bytes(run / file, text.substr(0, size));
            const std::string error = page_error(page_of(run));
            CHECK_MESSAGE(error == "", file, " cut after ", size, ": ", error);
        }
        write_bytes(run / file, text);
    }
}

TEST_CASE_FIXTURE(Runs, "numbers of any size make a page") {
    const fs::path run = whole("mine");
    for (const char* number : {"1e308", "-1e308", "1e29", "1e-300", "0", "-5", "null", "\"x\"", "[1]"}) {
        CAPTURE(number);
        std::string lines;
        for (int epoch = 1; epoch < 4; ++epoch)
            lines += fmt::format(
                R"({{"event":"epoch","epoch":{},"train_loss":{},"train_accuracy":{},"test_loss":{},)"
                R"("test_accuracy":{},"seconds":{},"time":{{"data":{}}}}})"
                "\n",
                epoch, number, number, number, number, number, number);
        write_bytes(run / "metrics.jsonl", lines);
        const std::string page = page_of(run);
        CHECK(page_error(page) == "");
        for (const char* wrong : {"=\"nan", "=\"inf", ",nan", ">nan", "-nan"})
            CHECK_FALSE(holds(page, wrong));
    }
}

TEST_CASE_FIXTURE(Runs, "with images held out, the page says what was measured on what") {
    const fs::path run = whole("mine");
    std::string text = metrics;
    for (std::size_t at = 0; (at = text.find("\"test_", at)) != std::string::npos;)
        text.replace(at, 6, "\"validation_");
    Analysis analysis = small_analysis();
    analysis.split = "validation";
    save_analysis(run / "analysis.json", analysis);
    write_bytes(run / "metrics.jsonl", text);
    const std::string before = page_of(run);
    CHECK(holds(before, "Validation accuracy", "8 validation images: training images that were held out",
                "have not been read", "validation loss 1.5000</title>"));
    CHECK_FALSE(holds(before, "Test accuracy"));

    write_bytes(
        run / "metrics.jsonl",
        text + R"({"event":"test","test_loss":0.5,"test_accuracy":0.75,"images":10000,"views":6})" + "\n");
    const std::string after = page_of(run);
    CHECK(holds(after, "Test accuracy", ">75.00%<", "10,000 images, read once, at the end; mean of 6 views",
                "were read once, after the last epoch", "Validation accuracy"));
}

TEST_CASE_FIXTURE(Runs, "several runs are compared on one page") {
    const fs::path first = whole("first"), second = whole("second"), third = whole("third");
    write_bytes(second / "config.toml", "recipe = \"seed\"\nwidths = [4, 6]\nepochs = 2\nlr = 0.5\n");
    fs::remove(third / "metrics.jsonl");
    fs::remove(third / "analysis.json");
    const std::string page = report_page({read_run(first), read_run(second), read_run(third)});
    CHECK(page_error(page) == "");
    CHECK(holds(page, "<h1>3 runs compared</h1>", "Train loss", "Train accuracy", "Test loss",
                "Test accuracy", "Differences of configuration", ">2,3<", ">4,6<", ">0.5<",
                "Accuracy by class"));
    CHECK(holds(page, "<b>third</b>: metrics.jsonl is missing"));
    CHECK_FALSE(holds(page, "final test accuracy"));   // no run says it
    CHECK_FALSE(holds(page, ">recipe<"));              // it is the same
    CHECK(occurrences(page, "<circle") == 4 * 2 * 2);  // charts, runs, epochs
}

TEST_CASE_FIXTURE(Runs, "runs of one name are told apart by their paths") {
    const fs::path first = whole("a/mine"), second = whole("b/mine");
    const std::string page = report_page({read_run(first), read_run(second)});
    CHECK(holds(page, first.string(), second.string()));
    CHECK(read_run(first / "").name == "mine");
}

TEST_CASE_FIXTURE(Runs, "a folder without a run is refused, and no page is written") {
    fs::create_directories(temporary / "empty");
    for (const char* name : {"empty", "nowhere"}) {
        const fs::path run = temporary / name;
        const auto write = [&] { write_report({run}, temporary / "report.html"); };
        CHECK(holds(test::message_of<engine::InputError>(write), "there is no run", name));
        CHECK_FALSE(fs::exists(temporary / "report.html"));
    }
}
