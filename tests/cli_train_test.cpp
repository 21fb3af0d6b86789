// The command line: a run, what it prints and what it leaves in its folder.
#include <map>

#include "engine/serialize/safetensors.h"
#include "tests/support/command_line.h"

using namespace test;

TEST_CASE_FIXTURE(CommandLine, "train writes a run directory and says where it is") {
    const ProcessResult result = train("run");
    const auto files = contents(folder("run"));
    for (const char* file : {"config.toml", "metrics.jsonl", "metrics.csv", "last.safetensors",
                             "best.safetensors", "state.safetensors", "analysis.json", "report.html"})
        CHECK_MESSAGE(files.contains(file), file);
    CHECK(files.size() == 8);

    const auto lines = lines_of(result.out);
    REQUIRE(lines.size() > 4);
    CHECK(lines[0].starts_with("device cpu ("));
    CHECK(holds(lines[0], ", 1 thread), float32"));
    CHECK(holds(result.out, "80 training and 16 test images", "eval --checkpoint", folder("run").string()));
    CHECK(result.out.find('\x1b') == std::string::npos);
    CHECK(result.out.find('\r') == std::string::npos);
    CHECK(result.err.empty());
}

TEST_CASE_FIXTURE(CommandLine,
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
                                    "test_accuracy", "seconds", "time"});
            double parts = 0;
            for (const char* part : {"data", "forward", "backward", "update", "evaluation"}) {
                CAPTURE(part);
                REQUIRE(event["time"][part].is_number());
                CHECK(event["time"][part] >= 0);
                parts += event["time"][part].get<double>();
            }
            CHECK(event["time"].size() == 5);
            CHECK(parts > 0);
            CHECK(parts <= event["seconds"].get<double>() + 0.003);  // rounded to milliseconds
            epochs.push_back(event["epoch"]);
        }
    }
    CHECK(steps == std::vector<std::int64_t>{3, 6, 9, 12, 15, 18, 20});
    CHECK(epochs == std::vector<std::int64_t>{1, 2});
}

TEST_CASE_FIXTURE(CommandLine, "same seed, same files, whatever the threads and workers") {
    train("one", {"--threads", "1", "--workers", "0"});
    train("two", {"--threads", "2", "--workers", "2"});
    check_same_run("one", "two");
    train("other", {"--seed", "1"});
    CHECK(read_bytes(folder("one") / "last.safetensors") != read_bytes(folder("other") / "last.safetensors"));
}

TEST_CASE_FIXTURE(CommandLine, "the saved configuration reproduces the run") {
    train("first", {"--lr", "0.01", "--augment", "flip", "--no-shuffle", "--seed", "7"});
    const ProcessResult again =
        run({"train", "--config", folder("first") / "config.toml", "--out", folder("again")});
    CHECK_MESSAGE(again.exit_code == 0, again.err);
    check_same_run("first", "again");
    CHECK(read_bytes(folder("first") / "config.toml") == read_bytes(folder("again") / "config.toml"));
}

TEST_CASE_FIXTURE(CommandLine, "a flag wins over the configuration file, and that over the recipe") {
    write_bytes(folder("my.toml"),
                "# comment\nlr = 0.5 # more\nepochs=2\n\naugment = [\n  'flip', # one\n]\nwidths = [2, 3]\n");
    train("run", {"--config", folder("my.toml"), "--epochs", "1", "--widths", "2"});
    const std::string config = read_bytes(folder("run") / "config.toml");
    CHECK(holds(config, "\nlr = 0.5\n", "\nepochs = 1\n", "\naugment = [\"flip\"]\n", "\nwidths = [2]\n",
                "\nweight-decay = 0.0001\n"));
}

TEST_CASE_FIXTURE(CommandLine, "without --out the run gets a folder of its own") {
    const Arguments arguments{"train", "--data",   data, "--widths",    "2", "--hidden",
                              "4",     "--epochs", "1",  "--max-steps", "1"};
    for (int i = 0; i < 2; ++i) CHECK(run(arguments, temporary.path()).exit_code == 0);
    CHECK(contents(folder("runs")).size() == 2);
}

TEST_CASE_FIXTURE(CommandLine, "a folder that holds a run is kept unless --overwrite says otherwise") {
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
    CHECK(contents(folder("other")).size() == 9);
}

TEST_CASE_FIXTURE(CommandLine, "--profile prints where the time went, and writes a trace") {
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

TEST_CASE_FIXTURE(CommandLine, "a profile that cannot be written is found before training") {
    write_bytes(folder("file"), "mine");
    for (const fs::path& place : {folder("file") / "trace.json", temporary.path()})
        check_error(run(train_arguments("run", {"--profile", place})), 2, "--profile");
    check_error(run({"eval", "--checkpoint", "x", "--profile", temporary.path()}), 2, "--profile");
    CHECK_FALSE(fs::exists(folder("run")));
}

TEST_CASE_FIXTURE(CommandLine, "a training that diverges is exit code 6, and no NaN is written down") {
    const ProcessResult result = run(train_arguments("run", {"--lr", "1e30", "--log-every", "1"}));
    check_error(result, 6, "learning rate");
    CHECK_FALSE(holds(read_bytes(folder("run") / "metrics.jsonl"), "n,"));
}

TEST_CASE_FIXTURE(CommandLine, "every optimiser and its options train, resume and are saved with the run") {
    const std::vector<Arguments> recipes = {
        {"--optimizer", "sgd", "--momentum", "0.8", "--lr", "0.05", "--schedule", "one-cycle", "--lr-factors",
         "norm.bias:8,norm.weight:0", "--decay-factors", "bias:0", "--weight-decay", "0.01"},
        {"--optimizer", "adamw", "--schedule", "0:0.2,0.5:1,1:0", "--warmup", "0.25", "--lookahead", "3",
         "--clip-grad", "1", "--label-smoothing", "0.1"},
        {"--optimizer", "muon", "--lr", "0.02", "--lookahead", "2", "--ema", "0.9", "--lr-factors",
         "fc1.weight:0.5"},
        {"--widths", "3,4", "--blocks", "1,2", "--residual", "--pool-first", "--norm-momentum", "0.6",
         "--initialise", "whitening,dirac,open-attention", "--augment",
         "translate:2,alternating-flip,cutout:8"},
        {"--progressive-resizing", "0:8,0.3:13,0.6:32"},
        {"--progressive-branches", "0:1,0.4:2,0.7:3", "--lookahead", "3", "--ema", "0.9"},
        {"--skip-easiest", "0.3", "--validate", "20"}};
    for (std::size_t i = 0; i < recipes.size(); ++i) {
        CAPTURE(i);
        const std::string whole = "whole" + std::to_string(i), cut = "cut" + std::to_string(i),
                          again = "again" + std::to_string(i);
        train(whole, recipes[i]);
        Process killed(program(train_arguments(
            cut, recipes[i] + Arguments{"--batch-size", "8", "--threads", "1", "--epochs", "3"})));
        CHECK(wait_until([&] { return fs::exists(folder(cut) / "state.safetensors"); }));
        killed.signal(SIGKILL);
        killed.wait();
        CHECK(resume(cut).exit_code == 0);
        check_same_run(whole, cut);
        CHECK(run({"train", "--config", folder(whole) / "config.toml", "--out", folder(again)}).exit_code ==
              0);
        check_same_run(whole, again);
    }
}

TEST_CASE_FIXTURE(CommandLine, "branches that are left out stay so, though values are remembered") {
    train("run", {"--progressive-branches", "0:1", "--lookahead", "2", "--ema", "0.9"});
    int biases = 0;
    for (const char* file : {"last.safetensors", "best.safetensors"}) {
        for (const auto& [name, tensor] : engine::load_safetensors(folder("run") / file).tensors) {
            if (!name.ends_with("attention.bias")) continue;
            ++biases;
            CHECK(tensor.values()[0] != 0);
            CHECK(tensor.values()[1] == 0);
            CHECK(tensor.values()[2] == 0);
        }
    }
    CHECK(biases == 2 * 2);  // files, blocks
}

TEST_CASE_FIXTURE(CommandLine,
                  "held-out images measure the epochs; the test images are read once, at the end") {
    const ProcessResult result = train("run", {"--validate", "24", "--tta", "flip"});
    CHECK(holds(result.out, "56 training and 24 validation images", "validation loss ", "mean of 2 views"));
    const std::vector<json> events = timeless_events(folder("run"));
    int epochs = 0;
    for (const json& event : events) {
        CHECK(event.contains("test_loss") == (event["event"] == "test"));
        if (event["event"] != "epoch") continue;
        ++epochs;
        CHECK(event.contains("validation_accuracy"));
    }
    CHECK(epochs == 3);
    const json& measured = events.back();
    CHECK(measured["event"] == "test");
    CHECK(measured["images"] == images_per_file);
    CHECK(measured["views"] == 2);

    const Arguments eval{"eval",   "--checkpoint", folder("run") / "last.safetensors",
                         "--data", data,           "--json"};
    const json flipped = json::parse(run(eval + Arguments{"--tta", "flip"}).out);
    CHECK(flipped["loss"].get<double>() ==
          doctest::Approx(measured["test_loss"].get<double>()).epsilon(1e-6));
    CHECK(flipped["accuracy"] == measured["test_accuracy"]);
    const json plain = json::parse(run(eval).out);
    CHECK(plain["loss"] != flipped["loss"]);
    CHECK(json::parse(run(eval + Arguments{"--tta", "flip-translate"}).out)["loss"] != flipped["loss"]);
}
