// The command line: predict.
#include <algorithm>
#include <cmath>
#include <cstring>

#include <sys/stat.h>

#include "tests/support/command_line.h"
#include "tests/support/pictures.h"
#include "tests/support/terminal_process.h"

using namespace test;

namespace {

constexpr std::size_t classes = 10;

/// A network, and the test images as PNG files.
struct Pictures : CommandLine {
    Pictures() {
        train("run", {"--epochs", "1"});
        const std::string records = read_bytes(data / "test_batch.bin");
        fs::create_directories(images);
        for (int i = 0; i < images_per_file; ++i)
            write_bytes(image(i), png(make_pixels(32, 32, 3, [&](int y, int x, int channel) {
                            const int at = i * 3073 + 1 + channel * 1024 + y * 32 + x;
                            return records[static_cast<std::size_t>(at)];
                        })));
    }

    fs::path image(int number) const {
        return images / ((number < 10 ? "0" : "") + std::to_string(number) + ".png");
    }

    ProcessResult predict(const Arguments& arguments) const {
        return run(Arguments{"predict", "--checkpoint", model} + arguments);
    }

    /// What eval says of all test images.
    std::vector<float> eval_logits(const Arguments& arguments = {}) const {
        const fs::path file = folder("logits.npy");
        const ProcessResult result =
            run(Arguments{"eval", "--checkpoint", model, "--data", data, "--logits", file} + arguments);
        REQUIRE_MESSAGE(result.exit_code == 0, result.err);
        const std::string bytes = read_bytes(file);
        std::vector<float> logits(images_per_file * classes);
        std::memcpy(logits.data(), bytes.data() + bytes.size() - logits.size() * sizeof(float),
                    logits.size() * sizeof(float));
        return logits;
    }

    fs::path model = folder("run") / "best.safetensors";
    fs::path images = folder("images");
};

void check_same_logits(const json& results, const std::vector<float>& expected) {
    REQUIRE(results.size() * classes == expected.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
        double sum = 0;
        REQUIRE(results[i]["predictions"].size() == classes);
        for (const json& prediction : results[i]["predictions"]) {
            CHECK(prediction["logit"].get<float>() ==
                  expected[i * classes + prediction["label"].get<std::size_t>()]);
            sum += prediction["probability"].get<double>();
        }
        CHECK(std::abs(sum - 1) < 1e-12);
    }
}

/// The file names in what was predicted.
std::vector<std::string> names_of(const json& results) {
    std::vector<std::string> names;
    for (const json& result : results) names.push_back(fs::path(result["image"]).filename());
    return names;
}

}  // namespace

TEST_CASE_FIXTURE(Pictures, "an image of CIFAR-10 has the logits that eval gives it, to the last bit") {
    SUBCASE("one at a time") {
        const std::vector<float> expected = eval_logits();
        for (const int i : {0, 7}) {
            const ProcessResult result = predict({image(i), "--top-k", "10", "--json"});
            CHECK(result.exit_code == 0);
            const auto first =
                expected.begin() + static_cast<std::ptrdiff_t>(i) * static_cast<std::ptrdiff_t>(classes);
            check_same_logits(json::parse(result.out), {first, first + classes});
        }
    }
    SUBCASE("a folder in batches") {
        const ProcessResult result = predict({images, "--top-k", "10", "--json", "--batch-size", "5"});
        CHECK(result.exit_code == 0);
        CHECK(result.err.empty());
        check_same_logits(json::parse(result.out), eval_logits());
    }
    SUBCASE("the mean over views") {
        const ProcessResult result = predict({images, "--top-k", "10", "--json", "--tta", "flip"});
        check_same_logits(json::parse(result.out), eval_logits({"--tta", "flip"}));
    }
}

TEST_CASE_FIXTURE(Pictures, "the most probable classes come first, by name") {
    const ProcessResult all = predict({images, "--top-k", "3"});
    CHECK(all.exit_code == 0);
    CHECK(lines_of(all.out).size() == images_per_file);
    CHECK(holds(lines_of(all.out)[2], image(2).string() + ": "));
    const json result = json::parse(predict({image(2), "--top-k", "3", "--json"}).out)[0];
    CHECK(result["image"] == image(2).string());
    REQUIRE(result["predictions"].size() == 3);
    const std::vector<std::string> names{"airplane", "automobile", "bird",  "cat",  "deer",
                                         "dog",      "frog",       "horse", "ship", "truck"};
    double before = 1;
    for (const json& prediction : result["predictions"]) {
        CHECK(prediction["class"] == names.at(prediction["label"]));
        CHECK(prediction["probability"] <= before);
        before = prediction["probability"];
        CHECK(holds(lines_of(all.out)[2], prediction["class"].get<std::string>()));
    }
    const json most = json::parse(predict({image(2), "--json"}).out)[0];
    CHECK(most["predictions"].size() == 5);
}

TEST_CASE_FIXTURE(
    Pictures, "folders are searched at any depth, in the order of their paths; links to folders are left") {
    const fs::path top = folder("top");
    fs::create_directories(top / "b.png" / "deep");
    fs::copy_file(image(0), top / "c.PNG");
    fs::copy_file(image(0), top / "b.png" / "deep" / "x.png");
    fs::copy_file(image(0), top / "a.png");
    fs::copy_file(image(0), top / "notes.txt");
    fs::create_symlink(top / "a.png", top / "d.png");
    fs::create_directory_symlink(top, top / "loop");
    const ProcessResult result = predict({image(1), top, "--json"});
    CHECK(result.exit_code == 0);
    CHECK(names_of(json::parse(result.out)) ==
          std::vector<std::string>{"01.png", "a.png", "x.png", "c.PNG", "d.png"});
    CHECK(names_of(json::parse(predict({top / "notes.txt", "--json"}).out)) ==
          std::vector<std::string>{"notes.txt"});
}

TEST_CASE_FIXTURE(Pictures, "broken pictures are reported, the others predicted") {
    const fs::path mixed = folder("mixed");
    fs::create_directories(mixed / "folder.png");
    for (const int i : {0, 1, 2}) fs::copy_file(image(i), mixed / image(i).filename());
    write_bytes(mixed / "00a.png", read_bytes(image(0)).substr(0, 60));
    write_bytes(mixed / "01a.jpg", "");
    write_bytes(mixed / "01b.bmp", "no picture");
    fs::create_symlink("nowhere", mixed / "02a.png");
    REQUIRE(::mkfifo((mixed / "pipe.png").c_str(), 0600) == 0);
    const ProcessResult result = predict({mixed, folder("missing.png"), mixed / "folder.png", "--json"});
    CHECK(result.exit_code == 3);
    CHECK(names_of(json::parse(result.out)) == std::vector<std::string>{"00.png", "01.png", "02.png"});
    const auto errors = lines_of(result.err);
    REQUIRE(errors.size() == 8);
    for (const char* name :
         {"00a.png", "01a.jpg", "01b.bmp", "02a.png", "pipe.png", "missing.png", "folder.png"})
        CHECK(std::ranges::count_if(errors, [&](const std::string& error) {
                  return error.starts_with("error: ") && holds(error, name);
              }) == 1);
    CHECK(holds(errors.back(), "7 could not be read, 3 predicted"));
    CHECK(lines_of(predict({mixed}).out).size() == 3);
}

TEST_CASE_FIXTURE(Pictures, "nothing to predict is exit code 3, and said once") {
    write_bytes(folder("broken.png"), "no picture");
    fs::create_directories(folder("empty"));
    check_error(predict({folder("broken.png")}), 3, "this is no picture");
    check_error(predict({folder("empty")}), 3, "there is no picture");
    check_error(predict({folder("nowhere")}), 3, "no such file");
    const ProcessResult as_json = predict({folder("broken.png"), "--json"});
    CHECK(as_json.exit_code == 3);
    CHECK(json::parse(as_json.out) == json::array());
}

TEST_CASE_FIXTURE(Pictures, "what makes no sense is refused") {
    for (const char* count : {"0", "11", "-1", "many", "1.5", ""})
        check_error(predict({image(0), "--top-k", count}), 2, "--top-k");
    check_error(predict({image(0), "--fit", "squeeze"}), 2, "crop or stretch");
    check_error(predict({}), 2, "no picture is given");
    check_error(run({"predict", image(0)}), 2, "--checkpoint");
    check_error(run({"predict", "--checkpoint", folder("none.safetensors"), image(0)}), 3,
                "none.safetensors");
    check_error(predict({image(0), "--topk", "3"}), 2, "did you mean '--top-k'?");
}

TEST_CASE_FIXTURE(Pictures, "crop and stretch see different parts") {
    // Left and right of its middle, the picture is another.
    const std::string bytes = png(make_pixels(60, 180, 3, [](int y, int x, int channel) {
        return x < 60 || x >= 120 ? 255 : 9 * y + 40 * channel;
    }));
    write_bytes(folder("wide.png"), bytes);
    const auto logits = [&](const char* fit) {
        return json::parse(predict({folder("wide.png"), "--fit", fit, "--json"}).out)[0]["predictions"];
    };
    CHECK(logits("crop") != logits("stretch"));
    CHECK(json::parse(predict({folder("wide.png"), "--json"}).out)[0]["predictions"] == logits("crop"));
}

TEST_CASE_FIXTURE(Pictures, "a terminal sees bars, as wide as it has room") {
    SKIP_WITHOUT_TERMINALS();
    for (const int columns : {80, 20}) {
        TerminalProcess process(program({"predict", "--checkpoint", model, image(3), "--top-k", "2"}),
                                columns, 24);
        CHECK(process.wait() == 0);
        const auto lines = lines_of(process.bytes());
        REQUIRE(lines.size() == 3);
        CHECK(holds(lines[0], image(3).string()));
        CHECK(holds(lines[1], "%"));
        CHECK(holds(lines[1], "█") == (columns == 80));
    }
}
