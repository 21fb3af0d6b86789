// The command line: what it refuses, and the answers of all commands but train.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/support/command_line.h"

using namespace test;

TEST_CASE_FIXTURE(CommandLine, "bad arguments are told from each other, with exit code 2") {
    write_bytes(folder("unknown.toml"), "epoch = 3\n");
    write_bytes(folder("twice.toml"), "epochs = 3\nlr = 1\nepochs = 3\n");
    write_bytes(folder("type.toml"), "epochs = \"3\"\n");
    write_bytes(folder("value.toml"), "lr = nan\n");
    write_bytes(folder("list.toml"), "widths = 32\n");
    const std::vector<std::pair<Arguments, std::string>> table = {
        {{"trian"}, "did you mean 'train'?"},
        {{"test"}, "./cifar_engine test"},
        {{"bench"}, "./cifar_engine bench"},
        {{"data"}, "download, verify or info"},
        {{"summary", "--lr", "1"}, "unknown flag '--lr'"},
        {{"train", "--epoch", "3"}, "did you mean '--epochs'?"},
        {{"train", "extra"}, "unexpected argument 'extra'"},
        {{"train", "--lr"}, "--lr"},
        {{"train", "--lr", "1", "--lr", "2"}, "--lr"},
        {{"train", "--no-shuffle=perhaps"}, "switch"},
        {{"train", "--lr", "nan"}, "--lr is 'nan', on the command line, give a number above 0"},
        {{"train", "--lr", "inf"}, "--lr is 'inf'"},
        {{"train", "--lr", "1e400"}, "--lr is '1e400'"},
        {{"train", "--lr", "0"}, "--lr is '0'"},
        {{"train", "--lr", "-1"}, "--lr is '-1'"},
        {{"train", "--lr", "0.1x"}, "--lr is '0.1x'"},
        {{"train", "--weight-decay", "-1"}, "--weight-decay"},
        {{"train", "--dropout", "1"}, "--dropout is '1'"},
        {{"train", "--batch-size", "0"},
         "--batch-size is '0', on the command line, give a whole number from 1"},
        {{"train", "--batch-size", "8.5"}, "--batch-size"},
        {{"train", "--threads", "0"}, "--threads"},
        {{"train", "--epochs", "99999999999999999999"}, "--epochs"},
        {{"train", "--widths", "4,0"}, "--widths"},
        {{"train", "--widths", "4,,4"}, "--widths"},
        {{"train", "--widths", "4,4,4,4,4,4"}, "--widths"},
        {{"train", "--widths", "99999999999"}, "--widths"},
        {{"train", "--augment", "crop,spin"}, "--augment is 'crop,spin'"},
        {{"train", "--model", "resnet"}, "attention_net"},
        {{"train", "--recipe", "worst"}, "seed"},
        {{"train", "--optimizer", "sdg"}, "adam"},
        {{"train", "--momentum", "1"}, "--momentum is '1'"},
        {{"train", "--schedule", "0:1,2:0"}, "one-cycle"},
        {{"train", "--warmup", "1"}, "--warmup"},
        {{"train", "--progressive-resizing", "0.5:16"}, "0:16,0.4:32"},
        {{"train", "--progressive-resizing", "0:16,0.4:32"}, "5 stages"},
        {{"train", "--progressive-branches", "0:4"}, "0:1,0.8:3"},
        {{"train", "--label-smoothing", "-0.1"}, "--label-smoothing"},
        {{"train", "--skip-easiest", "0.6"}, "0.5"},
        {{"train", "--norm-momentum", "0"}, "--norm-momentum"},
        {{"train", "--lr-factors", "bias"}, "norm.bias:64"},
        {{"train", "--lr-factors", ":2"}, "--lr-factors"},
        {{"train", "--decay-factors", "bias:-1"}, "--decay-factors"},
        {{"train", "--blocks", "1,0"}, "--blocks is '1,0'"},
        {{"train", "--blocks", "1,1", "--data", data}, "2 numbers of blocks and 5 widths"},
        {{"train", "--initialise", "zeros"}, "whitening"},
        {{"train", "--tta", "rotate"}, "flip"},
        {{"train", "--precision", "bf16", "--device", "cpu"}, "fp32"},
        {{"train", "--out", ""}, "--out"},
        {{"train", "--profile", ""}, "--profile"},
        {{"train", "--resume", "x", "--out", "y"}, "--resume"},
        {{"eval"}, "--checkpoint"},
        {{"train", "--config", folder("unknown.toml")}, "unknown key 'epoch'"},
        {{"train", "--config", folder("twice.toml")}, "line 3"},
        {{"train", "--config", folder("type.toml")}, "epochs is '3'"},
        {{"train", "--config", folder("value.toml")}, "lr is 'nan'"},
        {{"train", "--config", folder("list.toml")}, "widths is '32'"},
    };
    for (const auto& [arguments, expected] : table) {
        const std::string part = expected;
        CAPTURE(part);
        const ProcessResult result = run(arguments, temporary.path());
        check_error(result, 2, part);
        CHECK(result.out.empty());
    }
    // What only shows beside the data or the network.
    for (const auto& [arguments, part] :
         {std::pair{Arguments{"--validate", "80"}, "80 of 80 training images"},
          {Arguments{"--lr-factors", "scale:2"}, "'scale'"}})
        check_error(run(train_arguments("refused", arguments), temporary.path()), 2, part);
    CHECK_FALSE(fs::exists(folder("runs")));
    CHECK_FALSE(fs::exists(folder("refused")));
}

TEST_CASE_FIXTURE(CommandLine, "bad files are exit code 3, and the run that was to be replaced stays") {
    train("run");
    const fs::path short_batch = folder("short"), label = folder("label");
    for (const fs::path& copy : {short_batch, label}) fs::copy(data, copy);
    fs::resize_file(short_batch / "data_batch_3.bin", 5000);
    std::string bytes = read_bytes(label / "data_batch_2.bin");
    bytes[static_cast<std::size_t>(4 * data::cifar10_record_bytes)] = static_cast<char>(200);
    write_bytes(label / "data_batch_2.bin", bytes);
    fs::copy(folder("run") / "best.safetensors", folder("truncated.safetensors"));
    fs::resize_file(folder("truncated.safetensors"), fs::file_size(folder("truncated.safetensors")) - 10);
    write_bytes(folder("broken.toml"), "epochs = \n");
    fs::create_directory(folder("empty"));

    const std::string model = folder("run") / "best.safetensors";
    const std::vector<std::pair<Arguments, std::string>> table = {
        {{"--data", folder("nowhere")}, folder("nowhere")},
        {{"--data", short_batch}, "data_batch_3.bin"},
        {{"--data", label}, "200"},
        {{"--init", folder("nowhere")}, folder("nowhere")},
        {{"--init", folder("truncated.safetensors")}, "truncated.safetensors"},
        {{"--init", model, "--widths", "2,4"}, "backbone.1"},
        {{"--config", folder("nowhere.toml")}, "nowhere.toml"},
        {{"--config", folder("broken.toml")}, "line 1"},
    };
    const auto before = contents(folder("run"));
    for (const auto& [arguments, expected] : table) {
        const std::string part = expected;
        CAPTURE(part);
        check_error(run(train_arguments("run", arguments + Arguments{"--overwrite"})), 3, part);
        CHECK(contents(folder("run")) == before);
    }
    check_error(run({"eval", "--checkpoint", folder("truncated.safetensors"), "--data", data}), 3,
                "truncated");
    check_error(run({"eval", "--checkpoint", model, "--data", folder("nowhere")}), 3, "nowhere");
    check_error(run({"data", "verify", label}), 3, "200");
    check_error(resume("nowhere"), 3, "no run to resume");
    check_error(resume("empty"), 3, "no run to resume");
}

TEST_CASE_FIXTURE(CommandLine, "a place that cannot be written to is found before training") {
    write_bytes(folder("file"), "mine");
    check_error(run(train_arguments("file", {})), 2, folder("file"));
    check_error(run(train_arguments("file/below", {})), 2, folder("file"));
    CHECK(read_bytes(folder("file")) == "mine");
}

TEST_CASE_FIXTURE(CommandLine, "a reader that goes away ends the program quietly") {
    int pipe_ends[2];
    REQUIRE(::pipe2(pipe_ends, O_CLOEXEC) == 0);
    ::close(pipe_ends[0]);
    Process process(program({"summary"}), ".", pipe_ends[1]);
    ::close(pipe_ends[1]);
    const ProcessResult result = process.wait();
    CHECK(result.exit_code == 128 + SIGPIPE);
    CHECK(result.err.empty());
}

TEST_CASE_FIXTURE(CommandLine, "eval measures the test images in file order") {
    train("run");
    const Arguments arguments{"eval", "--checkpoint", folder("run") / "best.safetensors", "--data", data};
    const ProcessResult result = run(arguments + Arguments{"--json", "--logits", folder("logits.npy")});
    REQUIRE_MESSAGE(result.exit_code == 0, result.err);
    REQUIRE(lines_of(result.out).size() == 1);
    const json measured = json::parse(result.out);
    CHECK(measured.size() == 3);
    CHECK(measured["images"] == images_per_file);

    const std::string file = read_bytes(folder("logits.npy"));
    constexpr std::size_t classes = 10, values = images_per_file * classes;
    REQUIRE(file.size() > values * sizeof(float));
    CHECK(holds(file.substr(0, file.size() - values * sizeof(float)), "(16, 10)", "<f4"));
    std::vector<float> logits(values);
    std::memcpy(logits.data(), file.data() + file.size() - values * sizeof(float), values * sizeof(float));
    double loss = 0;
    int correct = 0;
    for (std::size_t i = 0; i < images_per_file; ++i) {
        const auto row = logits.begin() + static_cast<std::ptrdiff_t>(i * classes);
        const std::size_t label = (5 + i) % classes;  // of file 5, the test batch: synthetic_cifar10.h
        double sum = 0;
        for (std::size_t c = 0; c < classes; ++c)
            sum += std::exp(static_cast<double>(row[static_cast<std::ptrdiff_t>(c)]));
        loss += std::log(sum) - static_cast<double>(row[static_cast<std::ptrdiff_t>(label)]);
        correct += std::max_element(row, row + classes) - row == static_cast<std::ptrdiff_t>(label) ? 1 : 0;
    }
    CHECK(measured["loss"].get<double>() == doctest::Approx(loss / images_per_file).epsilon(1e-5));
    CHECK(measured["accuracy"].get<double>() == static_cast<double>(correct) / images_per_file);

    run(arguments + Arguments{"--logits", folder("other.npy"), "--batch-size", "3", "--threads", "2"});
    CHECK(read_bytes(folder("other.npy")) == file);
    CHECK(holds(run(arguments).out, "test loss ", "accuracy "));
}

TEST_CASE_FIXTURE(CommandLine, "summary counts the parameters of the default network") {
    const ProcessResult result = run({"summary"});
    CHECK(result.exit_code == 0);
    CHECK(holds(result.out, "backbone.4.attention", "(128, 256, 1, 1)", "3,006,786"));
    CHECK(holds(run({"summary", "--widths", "7", "--batch-size", "2"}).out, "(2, 7, 32, 32)"));
}

TEST_CASE_FIXTURE(CommandLine, "data verifies and counts a folder") {
    const ProcessResult verified = run({"data", "verify", data});
    CHECK(verified.exit_code == 0);
    CHECK(holds(verified.out, "80 training and 16 test images"));
    CHECK(holds(run({"data", "info", data}).out, "airplane", "truck", "test_batch.bin"));
}

TEST_CASE_FIXTURE(CommandLine, "the bundled sample is announced on standard error") {
    const fs::path sample = fs::path(CIFAR_ENGINE_SOURCE_DIR) / "data" / "sample";
    const ProcessResult result =
        run(train_arguments("run", {"--data", sample, "--widths", "2", "--max-steps", "1"}));
    CHECK(result.exit_code == 0);
    CHECK(holds(result.err, "WARNING", "cifar_engine data download"));
}

TEST_CASE_FIXTURE(CommandLine, "doctor, help and version answer on standard output") {
    CHECK(holds(run({"doctor"}).out, "instruction sets", "Next: "));
    CHECK(holds(run({"--help"}).out, "train", "eval", "doctor", "test"));
    CHECK(holds(run({"train", "--help"}).out, "--weight-decay", "--overwrite"));
    CHECK(run({"--version"}).out.starts_with("cifar_engine "));
    for (const Arguments& arguments : {Arguments{"doctor"}, {"--help"}, {"train", "--help"}, {"--version"}})
        CHECK(run(arguments).exit_code == 0);
}
