// The command line, as a process: what it prints, writes and returns.
#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <pty.h>

#include "support/devices.h"
#include "support/file_size_limit.h"
#include "support/message_of.h"
#include "support/process.h"
#include "support/synthetic_cifar10.h"
#include "support/temporary_folder.h"

namespace fs = std::filesystem;
using nlohmann::json;
using test::holds;
using test::Process;
using test::ProcessResult;
using test::read_bytes;
using test::write_bytes;

namespace {

using Arguments = std::vector<std::string>;

constexpr std::int64_t images_per_file = 16;
constexpr std::int64_t steps_per_epoch = 10;  // 5 files in batches of 8

Arguments operator+(Arguments first, const Arguments& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

Arguments program(const Arguments& arguments) {
    return Arguments{CIFAR_ENGINE_BINARY_DIR "/apps/cifar_engine"} + arguments;
}

ProcessResult run(const Arguments& arguments, const fs::path& directory = ".") {
    return Process(program(arguments), directory).wait();
}

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// All files of a folder with what they hold.
std::map<std::string, std::string> contents(const fs::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(folder))
        files[entry.path().filename().string()] = entry.is_regular_file() ? read_bytes(entry.path()) : "";
    return files;
}

/// The events of metrics.jsonl without what depends on the clock.
std::vector<json> timeless_events(const fs::path& run_folder) {
    std::vector<json> events;
    for (const std::string& line : lines_of(read_bytes(run_folder / "metrics.jsonl"))) {
        json event = json::parse(line);
        event.erase("images_per_second");
        event.erase("seconds");
        events.push_back(event);
    }
    return events;
}

/// A small data set, and a home in which nothing is found.
struct Fixture {
    Fixture() {
        test::write_synthetic_cifar10(data, images_per_file);
        ::setenv("HOME", (temporary / "home").c_str(), 1);
        ::setenv("TERM", "xterm", 1);
        ::unsetenv("XDG_CACHE_HOME");
        ::unsetenv("CIFAR10_DIR");
        // Threads that spin while they wait starve each other when tests run side by side on few cores.
        ::setenv("OMP_WAIT_POLICY", "passive", 1);
    }

    fs::path folder(const std::string& name) const { return temporary / name; }

    Arguments train_arguments(const std::string& out, const Arguments& more) const {
        const std::vector<std::string> own{"--data",   data, "--widths",    "2,3",
                                           "--hidden", "4",  "--log-every", "3"};
        Arguments arguments = Arguments{"train", "--out", folder(out)} + more;
        // What a test gives itself is not given twice.
        for (std::size_t i = 0; i < own.size(); i += 2)
            if (std::find(more.begin(), more.end(), own[i]) == more.end())
                arguments = arguments + Arguments{own[i], own[i + 1]};
        return arguments;
    }

    /// A training of three epochs that succeeds.
    ProcessResult train(const std::string& out, const Arguments& more = {}) const {
        Arguments arguments = train_arguments(out, more);
        for (const auto& [flag, value] :
             {std::pair{"--batch-size", "8"}, {"--threads", "1"}, {"--epochs", "3"}})
            if (std::find(more.begin(), more.end(), flag) == more.end())
                arguments = arguments + Arguments{flag, value};
        const ProcessResult result = run(arguments);
        CHECK_MESSAGE(result.exit_code == 0, result.err);
        return result;
    }

    ProcessResult resume(const std::string& out, const Arguments& more = {}) const {
        return run(Arguments{"train", "--resume", folder(out)} + more);
    }

    /// Both runs ended with the same models and the same state, bit for bit, and told the same story.
    void check_same_run(const std::string& a, const std::string& b) const {
        for (const char* file : {"last.safetensors", "best.safetensors", "state.safetensors"}) {
            CAPTURE(file);
            REQUIRE(fs::exists(folder(a) / file));
            CHECK(read_bytes(folder(a) / file) == read_bytes(folder(b) / file));
        }
        CHECK(timeless_events(folder(a)) == timeless_events(folder(b)));
        CHECK(fs::exists(folder(b) / "config.toml"));
        CHECK(contents(folder(a)).size() == contents(folder(b)).size());
    }

    test::TemporaryFolder temporary;
    fs::path data = temporary / "data";
};

/// `error: what, where, what to do`, one line, nothing else on standard error.
void check_error(const ProcessResult& result, int exit_code, const std::string& part) {
    CHECK(result.exit_code == exit_code);
    CHECK_MESSAGE(result.err.starts_with("error: "), result.err);
    CHECK_MESSAGE(std::count(result.err.begin(), result.err.end(), '\n') == 1, result.err);
    CHECK_MESSAGE(std::count(result.err.begin(), result.err.end(), ',') >= 2, result.err);
    CHECK_MESSAGE(holds(result.err, part), result.err);
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "train writes a run directory and says where it is") {
    const ProcessResult result = train("run");
    const auto files = contents(folder("run"));
    for (const char* file :
         {"config.toml", "metrics.jsonl", "last.safetensors", "best.safetensors", "state.safetensors"})
        CHECK_MESSAGE(files.contains(file), file);
    CHECK(files.size() == 5);

    const auto lines = lines_of(result.out);
    REQUIRE(lines.size() > 4);
    CHECK(lines[0].starts_with("device cpu ("));
    CHECK(holds(lines[0], ", 1 thread), float32"));
    CHECK(holds(result.out, "80 training and 16 test images", "eval --checkpoint", folder("run").string()));
    CHECK(result.out.find('\x1b') == std::string::npos);
    CHECK(result.out.find('\r') == std::string::npos);
    CHECK(result.err.empty());
}

TEST_CASE_FIXTURE(Fixture,
                  "metrics.jsonl has an event every --log-every steps, at the last one and per epoch") {
    train("run", {"--epochs", "2"});
    std::vector<std::int64_t> steps, epochs;
    for (const std::string& line : lines_of(read_bytes(folder("run") / "metrics.jsonl"))) {
        const auto event = nlohmann::ordered_json::parse(line);
        std::vector<std::string> keys;
        for (const auto& [key, value] : event.items()) keys.push_back(key);
        if (event["event"] == "step") {
            CHECK(keys == Arguments{"event", "epoch", "step", "loss", "accuracy", "images_per_second"});
            CHECK(event["images_per_second"] > 0);
            CHECK(event["epoch"] == (event["step"] > steps_per_epoch ? 2 : 1));
            steps.push_back(event["step"]);
        } else {
            CHECK(event["event"] == "epoch");
            CHECK(keys == Arguments{"event", "epoch", "train_loss", "train_accuracy", "test_loss",
                                    "test_accuracy", "seconds"});
            epochs.push_back(event["epoch"]);
        }
    }
    CHECK(steps == std::vector<std::int64_t>{3, 6, 9, 12, 15, 18, 20});
    CHECK(epochs == std::vector<std::int64_t>{1, 2});
}

TEST_CASE_FIXTURE(Fixture, "same seed, same files, whatever the threads and workers") {
    train("one", {"--threads", "1", "--workers", "0"});
    train("two", {"--threads", "2", "--workers", "2"});
    check_same_run("one", "two");
    train("other", {"--seed", "1"});
    CHECK(read_bytes(folder("one") / "last.safetensors") != read_bytes(folder("other") / "last.safetensors"));
}

TEST_CASE_FIXTURE(Fixture, "a run that was killed goes on as if nothing had happened") {
    const Arguments long_run{"--epochs", "6", "--batch-size", "8", "--threads", "1"};
    train("whole", {"--epochs", "6"});
    Process process(program(train_arguments("killed", long_run)));
    const bool has_checkpoint =
        test::wait_until([&] { return fs::exists(folder("killed") / "state.safetensors"); });
    process.signal(SIGKILL);
    CHECK(process.wait().exit_code == 128 + SIGKILL);
    REQUIRE(has_checkpoint);
    write_bytes(folder("killed") / ".writing-1-0.tmp", "as killed while it was writing");

    const ProcessResult resumed = resume("killed");
    CHECK_MESSAGE(resumed.exit_code == 0, resumed.err);
    check_same_run("whole", "killed");
}

TEST_CASE_FIXTURE(Fixture, "an interrupted run saves in the middle of an epoch, and goes on from there") {
    const Arguments long_run{"--epochs", "6", "--batch-size", "8", "--threads", "1"};
    train("whole", {"--epochs", "6"});
    Process process(program(train_arguments("stopped", long_run)));
    const bool has_begun = test::wait_until([&] {
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

TEST_CASE_FIXTURE(Fixture, "SIGINT is answered with 130") {
    Process process(program(train_arguments("stopped", {"--epochs", "1000", "--threads", "1"})));
    REQUIRE(test::wait_until([&] { return !read_bytes(folder("stopped") / "metrics.jsonl").empty(); }));
    process.signal(SIGINT);
    CHECK(process.wait().exit_code == 130);
    CHECK(fs::exists(folder("stopped") / "state.safetensors"));
}

TEST_CASE_FIXTURE(Fixture, "a run that ended at --max-steps goes on as if it had not ended") {
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

TEST_CASE_FIXTURE(Fixture, "a finished run can be given more epochs") {
    train("whole");
    train("short", {"--epochs", "1"});
    CHECK(resume("short", {"--epochs", "3"}).exit_code == 0);
    check_same_run("whole", "short");
}

TEST_CASE_FIXTURE(Fixture, "the saved configuration reproduces the run") {
    train("first", {"--lr", "0.01", "--augment", "flip", "--no-shuffle", "--seed", "7"});
    const ProcessResult again =
        run({"train", "--config", folder("first") / "config.toml", "--out", folder("again")});
    CHECK_MESSAGE(again.exit_code == 0, again.err);
    check_same_run("first", "again");
    CHECK(read_bytes(folder("first") / "config.toml") == read_bytes(folder("again") / "config.toml"));
}

TEST_CASE_FIXTURE(Fixture, "a flag wins over the configuration file, and that over the recipe") {
    write_bytes(folder("my.toml"),
                "# comment\nlr = 0.5 # more\nepochs=2\n\naugment = [\n  'flip', # one\n]\nwidths = [2, 3]\n");
    train("run", {"--config", folder("my.toml"), "--epochs", "1", "--widths", "2"});
    const std::string config = read_bytes(folder("run") / "config.toml");
    CHECK(holds(config, "\nlr = 0.5\n", "\nepochs = 1\n", "\naugment = [\"flip\"]\n", "\nwidths = [2]\n",
                "\nweight-decay = 0.0001\n"));
}

TEST_CASE_FIXTURE(Fixture, "without --out the run gets a folder of its own") {
    const Arguments arguments{"train", "--data",   data, "--widths",    "2", "--hidden",
                              "4",     "--epochs", "1",  "--max-steps", "1"};
    for (int i = 0; i < 2; ++i) CHECK(run(arguments, temporary.path()).exit_code == 0);
    CHECK(contents(folder("runs")).size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "a folder that holds a run is kept unless --overwrite says otherwise") {
    train("run");
    write_bytes(folder("run") / "notes.txt", "mine");
    const auto before = contents(folder("run"));
    check_error(run(train_arguments("run", {})), 2, "--overwrite");
    CHECK(contents(folder("run")) == before);

    train("run", {"--overwrite", "--epochs", "1", "--seed", "3"});
    const auto after = contents(folder("run"));
    CHECK(after.at("notes.txt") == "mine");
    CHECK(after.at("last.safetensors") != before.at("last.safetensors"));
    CHECK(timeless_events(folder("run")).back()["epoch"] == 1);

    fs::create_directory(folder("other"));
    write_bytes(folder("other") / "notes.txt", "mine");
    train("other", {"--max-steps", "1"});
    CHECK(contents(folder("other")).size() == 6);
}

TEST_CASE_FIXTURE(Fixture, "bad arguments are told from each other, with exit code 2") {
    write_bytes(folder("unknown.toml"), "epoch = 3\n");
    write_bytes(folder("twice.toml"), "epochs = 3\nlr = 1\nepochs = 3\n");
    write_bytes(folder("type.toml"), "epochs = \"3\"\n");
    write_bytes(folder("value.toml"), "lr = nan\n");
    write_bytes(folder("list.toml"), "widths = 32\n");
    const std::vector<std::pair<Arguments, std::string>> table = {
        {{}, "no command"},
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
        {{"train", "--recipe", "best"}, "seed"},
        {{"train", "--optimizer", "sgd"}, "adam"},
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
    CHECK_FALSE(fs::exists(folder("runs")));
}

TEST_CASE_FIXTURE(Fixture, "a device that is not there is exit code 5, no silent fallback") {
    const std::vector<kernels::Device> there = test::other_devices();
    for (const kernels::Device device : {kernels::Device::cuda, kernels::Device::emulated}) {
        if (std::find(there.begin(), there.end(), device) != there.end()) continue;
        check_error(run(train_arguments("run", {"--device", name(device)})), 5, name(device));
    }
    CHECK_FALSE(fs::exists(folder("run")));
}

TEST_CASE_FIXTURE(Fixture, "every device trains, resumes and evaluates as the CPU does") {
    // Batches of 33 and 14: the first is recorded, launched again, and recorded anew when the run goes on.
    const auto story = [&](const std::string& device) {
        train(device, {"--device", device, "--batch-size", "33", "--max-steps", "4", "--log-every", "1"});
        const ProcessResult resumed = resume(device, {"--device", device, "--max-steps", "8"});
        REQUIRE_MESSAGE(resumed.exit_code == 0, resumed.err);
        CHECK(lines_of(resumed.out)[0].starts_with("device " + device + " ("));
        std::vector<json> events = timeless_events(folder(device));
        events.push_back(json::parse(run({"eval", "--checkpoint", folder(device) / "last.safetensors",
                                          "--data", data, "--device", device, "--json"})
                                         .out));
        return events;
    };
    const std::vector<json> expected = story("cpu");
    for (const kernels::Device device : test::other_devices()) {
        const std::vector<json> actual = story(name(device));
        REQUIRE(actual.size() == expected.size());
        for (std::size_t i = 0; i < actual.size(); ++i)
            for (const auto& [key, value] : expected[i].items()) {
                CAPTURE(key);
                if (value.is_number_float())
                    CHECK(std::abs(actual[i].at(key).get<double>() - value.get<double>()) < 1e-4);
                else
                    CHECK(actual[i].at(key) == value);
            }
    }
}

TEST_CASE_FIXTURE(Fixture, "bad files are exit code 3, and the run that was to be replaced stays") {
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

TEST_CASE_FIXTURE(Fixture, "a resume refuses what would make another run of it") {
    train("run", {"--epochs", "1"});
    const auto before = contents(folder("run"));
    check_error(resume("run", {"--lr", "0.1"}), 2, "--lr cannot change");
    test::write_synthetic_cifar10(folder("more"), images_per_file + 1);
    check_error(resume("run", {"--epochs", "2", "--data", folder("more")}), 3, "85");
    CHECK(contents(folder("run")) == before);

    fs::resize_file(folder("run") / "state.safetensors", 100);
    check_error(resume("run", {"--epochs", "2"}), 3, "state.safetensors");
    fs::remove(folder("run") / "state.safetensors");
    check_error(resume("run", {"--epochs", "2"}), 3, "no checkpoint");
    CHECK(read_bytes(folder("run") / "last.safetensors") == before.at("last.safetensors"));
}

TEST_CASE_FIXTURE(Fixture, "a full disk is exit code 1, and keeps what was saved before") {
    train("run", {"--epochs", "1"});
    const auto before = contents(folder("run"));
    ProcessResult result{};
    {
        const test::FileSizeLimit limit(2000);  // room for lines and settings, not for tensors
        result = resume("run", {"--epochs", "2"});
    }
    check_error(result, 1, "last.safetensors");
    CHECK(contents(folder("run")) == before);
    CHECK(resume("run", {"--epochs", "2"}).exit_code == 0);
}

TEST_CASE_FIXTURE(Fixture, "a place that cannot be written to is found before training") {
    write_bytes(folder("file"), "mine");
    check_error(run(train_arguments("file", {})), 2, folder("file"));
    check_error(run(train_arguments("file/below", {})), 2, folder("file"));
    CHECK(read_bytes(folder("file")) == "mine");
}

TEST_CASE_FIXTURE(Fixture, "--profile prints where the time went, and writes a trace") {
    const fs::path file = folder("run") / "trace.json";
    const ProcessResult trained = train("run", {"--max-steps", "2", "--profile", file});
    CHECK(holds(trained.out, "measured peaks: ", "\nphase ", "\nop ", "\nlayer ", "\ntotal ",
                "\nattention_conv_backward  ", "\nbackbone.1.norm ", ", 0 left out;"));
    const json trace = json::parse(read_bytes(file));
    CHECK(trace["otherData"]["events left out"] == 0);
    std::map<std::string, int> events;
    for (const json& event : trace["traceEvents"]) {
        CHECK(event["ph"] == "X");
        for (const char* number : {"ts", "dur", "pid", "tid"}) CHECK(event[number].is_number());
        if (event["cat"] == "kernel") CHECK(event["args"]["layer"].is_string());
        ++events[event["name"]];
    }
    CHECK(events["attention_conv_backward"] == 2 * 2);  // steps, blocks
    CHECK(events["backward"] == 2);
    CHECK(events["backbone.1.norm"] > 0);
    CHECK_FALSE(holds(read_bytes(folder("run") / "config.toml"), "profile"));

    const Arguments eval{
        "eval", "--checkpoint", folder("run") / "last.safetensors", "--data", data, "--profile", file};
    CHECK(holds(run(eval).out, "\nattention_conv_forward  ", "test loss "));
    CHECK(lines_of(run(eval + Arguments{"--json"}).out).size() == 1);
    CHECK(json::parse(read_bytes(file))["traceEvents"].size() > 0);
}

TEST_CASE_FIXTURE(Fixture, "a profile that cannot be written is found before training") {
    write_bytes(folder("file"), "mine");
    for (const fs::path& place : {folder("file") / "trace.json", temporary.path()})
        check_error(run(train_arguments("run", {"--profile", place})), 2, "--profile");
    check_error(run({"eval", "--checkpoint", "x", "--profile", temporary.path()}), 2, "--profile");
    CHECK_FALSE(fs::exists(folder("run")));
}

TEST_CASE_FIXTURE(Fixture, "a training that diverges is exit code 6, and no NaN is written down") {
    const ProcessResult result = run(train_arguments("run", {"--lr", "1e30", "--log-every", "1"}));
    check_error(result, 6, "learning rate");
    CHECK_FALSE(holds(read_bytes(folder("run") / "metrics.jsonl"), "n,"));
}

TEST_CASE_FIXTURE(Fixture, "a reader that goes away ends the program quietly") {
    int pipe_ends[2];
    REQUIRE(::pipe2(pipe_ends, O_CLOEXEC) == 0);
    ::close(pipe_ends[0]);
    Process process(program({"summary"}), ".", pipe_ends[1]);
    ::close(pipe_ends[1]);
    const ProcessResult result = process.wait();
    CHECK(result.exit_code == 128 + SIGPIPE);
    CHECK(result.err.empty());
}

TEST_CASE_FIXTURE(Fixture, "on a terminal there is a bar that fits the window") {
    constexpr unsigned short columns = 60;
    int keeper = -1, terminal = -1;
    winsize size{};
    size.ws_row = 20;
    size.ws_col = columns;
    if (::openpty(&keeper, &terminal, nullptr, nullptr, &size) != 0) {
        MESSAGE("not tested: this system gives out no pseudo-terminals (a chroot without /dev/pts?)");
        return;
    }
    ::fcntl(keeper, F_SETFD, FD_CLOEXEC);
    Process process(program(train_arguments("run", {"--epochs", "1"})), ".", terminal);
    ::close(terminal);
    std::string shown;
    char buffer[1024];
    for (ssize_t count; (count = ::read(keeper, buffer, sizeof buffer)) > 0;)
        shown.append(buffer, static_cast<std::size_t>(count));
    ::close(keeper);
    CHECK(process.wait().exit_code == 0);

    std::size_t bars = 0;
    for (std::size_t at = 0; (at = shown.find("\repoch 1/1 step ", at)) != std::string::npos; ++at, ++bars)
        CHECK(shown.find("\x1b[K", at) - at <= columns);
    CHECK(bars > 0);
    CHECK(holds(shown, "\x1b[Kepoch 1/1: train loss "));
}

TEST_CASE_FIXTURE(Fixture, "eval measures the test images in file order") {
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

TEST_CASE_FIXTURE(Fixture, "summary counts the parameters of the default network") {
    const ProcessResult result = run({"summary"});
    CHECK(result.exit_code == 0);
    CHECK(holds(result.out, "backbone.4.attention", "(128, 256, 1, 1)", "3,006,786"));
    CHECK(holds(run({"summary", "--widths", "7", "--batch-size", "2"}).out, "(2, 7, 32, 32)"));
}

TEST_CASE_FIXTURE(Fixture, "data verifies and counts a folder") {
    const ProcessResult verified = run({"data", "verify", data});
    CHECK(verified.exit_code == 0);
    CHECK(holds(verified.out, "80 training and 16 test images"));
    CHECK(holds(run({"data", "info", data}).out, "airplane", "truck", "test_batch.bin"));
}

TEST_CASE_FIXTURE(Fixture, "the bundled sample is announced on standard error") {
    const fs::path sample = fs::path(CIFAR_ENGINE_SOURCE_DIR) / "data" / "sample";
    const ProcessResult result =
        run(train_arguments("run", {"--data", sample, "--widths", "2", "--max-steps", "1"}));
    CHECK(result.exit_code == 0);
    CHECK(holds(result.err, "WARNING", "cifar_engine data download"));
}

TEST_CASE_FIXTURE(Fixture, "doctor, help and version answer on standard output") {
    CHECK(holds(run({"doctor"}).out, "instruction sets", "Next: "));
    CHECK(holds(run({"--help"}).out, "train", "eval", "doctor", "test"));
    CHECK(holds(run({"train", "--help"}).out, "--weight-decay", "--overwrite"));
    CHECK(run({"--version"}).out.starts_with("cifar_engine "));
    for (const Arguments& arguments : {Arguments{"doctor"}, {"--help"}, {"train", "--help"}, {"--version"}})
        CHECK(run(arguments).exit_code == 0);
}
