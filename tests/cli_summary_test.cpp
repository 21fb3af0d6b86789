// `summary`: tests/parity/summary_like_torchinfo_test.py compares its counts with torchinfo's.
#include <iterator>

#include "models/attention_net.h"
#include "models/model_file.h"
#include "tests/support/command_line.h"

using namespace test;

namespace {

/// The words of the line that begins with this one.
std::vector<std::string> words_of_line(const std::string& text, const std::string& first) {
    for (const std::string& line : lines_of(text)) {
        std::istringstream stream(line);
        const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
        if (!words.empty() && words.front() == first) return words;
    }
    return {};
}

}  // namespace

TEST_CASE_FIXTURE(CommandLine,
                  "summary lists the layers of a model file, as of the settings it was made with") {
    const fs::path model = folder("model.safetensors");
    models::save_model(
        model, models::AttentionNet({.widths = {4, 6}, .blocks = {1, 2}, .residual = true, .hidden = 5}));
    const Arguments batch{"--batch-size", "3"};
    const ProcessResult from_file = run(Arguments{"summary", "--checkpoint", model} + batch);
    REQUIRE_MESSAGE(from_file.exit_code == 0, from_file.err);
    CHECK(
        from_file.out ==
        run(Arguments{"summary", "--widths", "4,6", "--blocks", "1,2", "--residual", "--hidden", "5"} + batch)
            .out);
    CHECK(words_of_line(from_file.out, "backbone.2.residual") ==
          std::vector<std::string>{"backbone.2.residual", "(3,", "6,", "8,", "8)", "4.5", "KiB"});
    check_error(run({"summary", "--checkpoint", model, "--hidden", "5"}), 2, "--hidden beside --checkpoint");
    check_error(run({"summary", "--checkpoint", folder("nowhere")}), 3, "nowhere");
}

TEST_CASE_FIXTURE(CommandLine, "the memory of a training step depends on batch size and optimiser") {
    const auto sizes = [&](const Arguments& more) {
        const std::string out = run(Arguments{"summary"} + more).out;
        return std::vector<std::string>{words_of_line(out, "parameters").at(1),
                                        words_of_line(out, "optimiser").at(2),
                                        words_of_line(out, "activations").at(1)};
    };
    CHECK(sizes({"--batch-size", "128"}) == std::vector<std::string>{"11.5", "22.9", "57.5"});
    CHECK(sizes({"--batch-size", "256", "--optimizer", "sgd"}) ==
          std::vector<std::string>{"11.5", "11.5", "115.1"});
    CHECK(sizes({"--optimizer", "adamw", "--lookahead", "5"}).at(1) == "34.4");
}
