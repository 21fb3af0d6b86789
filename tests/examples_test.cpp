#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "data/cifar10.h"
#include "data/transforms.h"
#include "engine/autograd.h"
#include "engine/metrics.h"
#include "engine/random.h"
#include "models/attention_net.h"
#include "models/model_file.h"
#include "tests/support/message_of.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

using engine::Tensor;
using test::holds;
using test::ProcessResult;
using test::TemporaryFolder;

namespace {

const std::filesystem::path sample = CIFAR_ENGINE_SOURCE_DIR "/data/sample";

/// Runs one of the programs in examples/, which the test `examples` has built against the installed package.
ProcessResult run(const std::string& example, std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), CIFAR_ENGINE_BINARY_DIR "/tests/package/examples/" + example);
    return test::Process(arguments).wait();
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// The most probable class of a test image of the sample, as this test finds it.
std::string top_class(models::AttentionNet& net, std::int64_t number) {
    const data::Cifar10 images(sample, data::Split::test);
    const data::Normalize normalize({data::cifar10_mean.begin(), data::cifar10_mean.end()},
                                    {data::cifar10_std.begin(), data::cifar10_std.end()});
    const engine::NoGradGuard no_grad;
    net.eval();
    const Tensor logits = net(normalize(images.get(number).input).reshape({1, 32, 32, 3}));
    const auto values = logits.values();
    return data::cifar10_classes.at(
        static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin()));
}

}  // namespace

TEST_CASE("fit_line, in 30 lines, finds the line") {
    std::ifstream source(CIFAR_ENGINE_SOURCE_DIR "/examples/fit_line.cpp");
    CHECK(std::count(std::istreambuf_iterator<char>(source), {}, '\n') <= 30);
    const ProcessResult result = run("fit_line");
    CHECK(result.exit_code == 0);
    double slope = 0, offset = 0;
    REQUIRE(std::sscanf(lines_of(result.out).back().c_str(), "y = %lf x + %lf", &slope, &offset) == 2);
    CHECK(std::abs(slope - 3) < 0.02);  // five times what 200 points with that noise leave open
    CHECK(std::abs(offset - 0.5) < 0.02);
}

TEST_CASE("custom_network tells the spirals apart") {
    const ProcessResult result = run("custom_network");
    CAPTURE(result.out);
    CHECK(result.exit_code == 0);
    CHECK(result.err.empty());
    CHECK(std::stod(lines_of(result.out).back().substr(std::string("test accuracy ").size())) >= 0.98);
}

TEST_CASE("predict prints the classes that the network gives") {
    const TemporaryFolder folder;
    const std::string file = folder / "net.safetensors";
    engine::manual_seed(1);
    models::AttentionNet net({.widths = {8, 8}, .hidden = 16});
    models::save_model(file, net);

    const ProcessResult result = run("predict", {file, sample, "0", "7"});
    CHECK(result.exit_code == 0);
    const std::vector<std::string> lines = lines_of(result.out);
    REQUIRE(lines.size() == 8);  // for each image the truth and three classes
    CHECK(holds(lines[0], "image 0, "));
    CHECK(holds(lines[1], " %  " + top_class(net, 0)));
    CHECK(holds(lines[4], "image 7, "));
    CHECK(holds(lines[5], " %  " + top_class(net, 7)));

    SUBCASE("a file that is no network is said so, and nothing is predicted") {
        test::write_bytes(folder / "broken.safetensors", "no network");
        const ProcessResult broken = run("predict", {folder / "broken.safetensors", sample, "0"});
        CHECK(broken.exit_code == 1);
        CHECK(holds(broken.err, "error: ", "broken.safetensors"));
        CHECK(broken.out.empty());
    }
    SUBCASE("an image that is not there") {
        const ProcessResult none = run("predict", {file, sample, "100000"});
        CHECK(none.exit_code == 1);
        CHECK(holds(none.err, "error: ", "100000"));
    }
    SUBCASE("no arguments") { CHECK(run("predict").exit_code == 2); }
}
