// The command line: where settings come from, and what is refused.
#include <map>

#include "tests/support/command_line.h"

using namespace test;

namespace {

/// What `config` says of each setting: "0.01 # --lr".
std::map<std::string, std::string> settings_in(const std::string& toml) {
    std::map<std::string, std::string> settings;
    for (const std::string& line : lines_of(toml)) {
        const std::size_t equals = line.find(" = "), comment = line.rfind('#');
        if (equals == std::string::npos || line.starts_with('#')) continue;
        std::string value = line.substr(equals + 3, comment - equals - 3);
        value.resize(value.find_last_not_of(' ') + 1);
        settings[line.substr(0, equals)] = value + " " + line.substr(comment);
    }
    return settings;
}

std::map<std::string, std::string> resolved(const Arguments& arguments, const fs::path& directory = ".") {
    const ProcessResult result = run(Arguments{"config"} + arguments, directory);
    CHECK_MESSAGE(result.exit_code == 0, result.err);
    return settings_in(result.out);
}

}  // namespace

TEST_CASE_FIXTURE(CommandLine, "config says what each setting is, and which had the last word") {
    write_bytes(folder("my.toml"), "# mine\nlr = 0.5\nepochs = 2\nhidden = 8\n");
    const auto settings = resolved(
        {"--config", "my.toml", "--epochs", "1", "--set", "hidden=16", "--residual"}, temporary.path());
    CHECK(settings.at("lr") == "0.5 # my.toml line 2");
    CHECK(settings.at("epochs") == "1 # --epochs");
    CHECK(settings.at("hidden") == "16 # --set hidden");
    CHECK(settings.at("residual") == "true # --residual");
    CHECK(settings.at("momentum") == "0.9 # default");
    CHECK(settings.at("weight-decay").starts_with("0.0001 # recipe seed line "));
    CHECK(settings.at("data") == "\"auto\" # default");
    CHECK(resolved({"--recipe", "fast"}).at("recipe") == "\"fast\" # --recipe");
}

TEST_CASE_FIXTURE(CommandLine, "--set takes a value as its flag does, or as a configuration file does") {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"lr=0.25", "lr 0.25"},
        {" lr = 0.25 ", "lr 0.25"},
        {"lr=+2_5e-2", "lr 0.25"},
        {"widths=2,3", "widths [2, 3]"},
        {"widths=[2, 3]", "widths [2, 3]"},
        {"augment=none", "augment []"},
        {"augment=[]", "augment []"},
        {"augment=['flip', \"cutout:4\"]", "augment [\"flip\", \"cutout:4\"]"},
        {"residual=true", "residual true"},
        {"optimizer='sgd'", "optimizer \"sgd\""},
        {"data=/a=b", "data \"/a=b\""},
        {"data=\"/tab\\there\"", "data \"/tab\\there\""},
        {"lr-factors=norm.bias:64", "lr-factors [\"norm.bias:64\"]"},
    };
    for (const auto& [given, expected] : table) {
        CAPTURE(given);
        const std::size_t space = expected.find(' ');
        const std::string key = expected.substr(0, space);
        // TOML's own spelling of numbers is for files.
        if (given.find('+') != std::string::npos) {
            check_error(run({"config", "--set", given}), 2, "--set lr is");
            write_bytes(folder("numbers.toml"), given);
            CHECK(resolved({"--config", folder("numbers.toml")}).at(key).starts_with("0.25 "));
            continue;
        }
        CHECK(resolved({"--set", given}).at(key) == expected.substr(space + 1) + " # --set " + key);
    }
    const auto both = resolved({"--set", "lr=1", "--set=epochs=2"});
    CHECK(both.at("lr") == "1 # --set lr");
    CHECK(both.at("epochs") == "2 # --set epochs");
}

TEST_CASE_FIXTURE(CommandLine, "what makes no sense is refused, with what was probably meant") {
    const std::vector<std::pair<Arguments, std::string>> table = {
        {{"--set", "lr"}, "write --set key=value"},
        {{"--set", ""}, "write --set key=value"},
        {{"--set", "="}, "write --set key=value"},
        {{"--set", "=1"}, "write --set key=value"},
        {{"--set"}, "--set has no value"},
        {{"--schedule", "--lr", "1"}, "--schedule has no value"},
        {{"--schedule", "--lr=1"}, "--schedule has no value"},
        {{"--lr", "1", "--lr", "2"}, "--lr is given more than once"},
        {{"--epochs="}, "--epochs has no value"},
        {{"--set", "lr="}, "--set lr is ''"},
        {{"--set", "lr=1=2"}, "--set lr is '1=2'"},
        {{"--set", "lr=nan"}, "give a number above 0"},
        {{"--set", "lr='1'"}, "--set lr is"},
        {{"--set", "widths=[2"}, "--set widths is '[2'"},
        {{"--set", "widths=[2]\nlr=1"}, "--set widths is"},
        {{"--set", "widths=[[[[[[[[2]]]]]]]]"}, "--set widths is"},
        {{"--set", "weight_decay=1"}, "did you mean 'weight-decay'?"},
        {{"--set", "no-such-thing-at-all=1"}, "unknown key 'no-such-thing-at-all'"},
        {{"--set", "lr=1", "--set", "lr=2"}, "'lr' is given twice"},
        {{"--lr", "1", "--set", "lr=1"}, "'lr' is given twice"},
        {{"--set", "optimizer=sdg"}, "did you mean 'sgd'?"},
        {{"--optimizer", "adamm"}, "did you mean 'adam'?"},
        {{"--device", "cdua"}, "did you mean 'cuda'?"},
        {{"--recipe", "fsat"}, "did you mean 'fast'?"},
        {{"--augment", "crop,flpi"}, "did you mean 'flip'?"},
        {{"--augment", "crop,cutuot:4"}, "did you mean 'cutout:4'?"},
        {{"--schedule", "cosin"}, "did you mean 'cosine'?"},
        {{"--initialise", "dirca"}, "did you mean 'dirac'?"},
    };
    for (const auto& [arguments, expected] : table) {
        const std::string part = expected;
        CAPTURE(part);
        check_error(run(Arguments{"config"} + arguments), 2, part);
    }
    // A flag or a command in the wrong place.
    check_error(run({"--lr", "1", "train"}), 2, "write it after the command, like: cifar_engine train --lr");
    check_error(run({"eval", "--lr", "1"}), 2, "it is a flag of: train, config");
    check_error(run({"verify"}), 2, "did you mean 'data verify'?");
    check_error(run({"data", "verfiy"}), 2, "did you mean 'verify'?");
    check_error(run({"train", "summary"}), 2, "unexpected argument 'summary'");
}

TEST_CASE_FIXTURE(CommandLine, "a configuration file that is none is told from others, in one short line") {
    const std::string rubbish("\x7f\x45LF\x02\x01\x01\x1b[2J\xff\xfe", 13);
    const std::vector<std::pair<std::string, std::string>> table = {
        {std::string("lr = 1\0epochs = 2", 17), "zero byte"},
        {rubbish, "line 1"},
        {"[train]\nlr = 1\n", "a section"},
        {"lr = \n", "line 1"},
        {"lr 1\n", "not followed by '='"},
        {"lr = 1 2\n", "line 1"},
        {"lr = {a = 1}\n", "line 1"},
        {"widths = " + std::string(100'000, '[') + "\n", "line 1"},
        {"widths = [2, 3\n", "not closed"},
        {"data = \"/a\n", "not closed"},
        {"data = \"\\q\"\n", "unknown escape"},
        {"data = \"\\u12\"\n", "cut short"},
        {"data = \"\\ud800\"\n", "no character"},
    };
    for (const auto& [text, expected] : table) {
        const std::string part = expected;
        CAPTURE(part);
        write_bytes(folder("bad.toml"), text);
        const ProcessResult result = run({"config", "--config", folder("bad.toml")});
        check_error(result, 3, part);
        CHECK(result.err.size() < 400);
        CHECK(result.err.find('\x1b') == std::string::npos);
    }
    const std::vector<std::pair<std::string, std::string>> senseless = {
        {"lr = nan\n", "lr is 'nan'"},
        {"lr = inf\n", "lr is 'inf'"},
        {"lr = 1e400\n", "lr is '1e400'"},
        {"epochs = 99999999999999999999\n", "epochs is"},
        {"epochs = 1.5\n", "epochs is"},
        {"lr = 1\nlr = 1\n", "line 2"},
        {"\"\\u001b[2J\\n\" = 1\n", "unknown key"},
        {std::string(100'000, 'x') + " = 1\n", "unknown key"},
        {"data = \"/a\\u0000b\"\n", "data is '/a?b'"},
        {"optimizer = \"" + std::string(100'000, 'x') + "\"\n", "optimizer is"},
    };
    for (const auto& [text, expected] : senseless) {
        const std::string part = expected;
        CAPTURE(part);
        write_bytes(folder("bad.toml"), text);
        const ProcessResult result = run({"config", "--config", folder("bad.toml")});
        check_error(result, 2, part);
        CHECK(result.err.size() < 600);
        CHECK(result.err.find('\x1b') == std::string::npos);
    }
}

TEST_CASE_FIXTURE(CommandLine, "what is no file, or far too large for a configuration, is not read") {
    fs::create_directory(folder("folder"));
    write_bytes(folder("large.toml"), "");
    fs::resize_file(folder("large.toml"), 100'000'000);
    check_error(run({"config", "--config", folder("folder")}), 3, "not a regular file");
    check_error(run({"config", "--config", "/dev/zero"}), 3, "not a regular file");
    check_error(run({"config", "--config", folder("large.toml")}), 3, "larger than 1 MiB");
    check_error(run({"config", "--config", folder("nowhere")}), 3, "no such");
}

TEST_CASE_FIXTURE(CommandLine,
                  "files from other systems are read: line ends, a byte order mark, no last line end") {
    for (const std::string& text :
         {std::string("\xEF\xBB\xBFlr = 0.5\nepochs = 2\n"), std::string("lr = 0.5\r\nepochs = 2 # two\r\n"),
          std::string("lr = 0.5\nepochs = 2"), std::string("lr=5_0e-2\n\n\nepochs=+2")}) {
        write_bytes(folder("other.toml"), text);
        const auto settings = resolved({"--config", folder("other.toml")});
        CHECK(settings.at("lr").starts_with("0.5 "));
        CHECK(settings.at("epochs").starts_with("2 "));
    }
}

TEST_CASE_FIXTURE(CommandLine, "what config prints resolves to the same again") {
    const fs::path strange = folder("a \"strange\"\\ na\tme\n#é");
    fs::create_directory(strange);
    for (const Arguments& arguments :
         {Arguments{}, {"--recipe", "fast"}, {"--data", strange, "--lr", "0.1", "--augment", "none"}}) {
        const ProcessResult first = run(Arguments{"config"} + arguments);
        write_bytes(folder("printed.toml"), first.out);
        const ProcessResult second = run({"config", "--config", folder("printed.toml")});
        CHECK_MESSAGE(second.exit_code == 0, second.err);
        const auto values = [](const std::string& toml) {
            std::map<std::string, std::string> all = settings_in(toml);
            for (auto& [key, value] : all) value.resize(value.rfind(" #"));
            return all;
        };
        CHECK(values(first.out) == values(second.out));
    }
}

TEST_CASE_FIXTURE(CommandLine, "a run's configuration makes it again from another folder, to the last bit") {
    // Paths as people give them: from where they are.
    fs::rename(data, folder("my \"data\"\n"));
    fs::create_directory(folder("elsewhere"));
    const Arguments small{"--widths", "2,3",          "--hidden", "4",        "--log-every",
                          "3",        "--batch-size", "8",        "--epochs", "2"};
    const Arguments of_data{"--data", "my \"data\"\n"};
    REQUIRE(run(Arguments{"train", "--out", "first", "--seed", "5"} + small + of_data, temporary.path())
                .exit_code == 0);
    const ProcessResult trained =
        run(Arguments{"train", "--out", "run", "--init", "first/last.safetensors", "--recipe", "fast",
                      "--validate", "8", "--blocks", "1,1", "--stem", "0", "--schedule", "cosine", "--set",
                      "lr=0.0123456789012345"} +
                small + of_data,
            temporary.path());
    REQUIRE_MESSAGE(trained.exit_code == 0, trained.err);
    const ProcessResult again =
        run({"train", "--config", "../run/config.toml", "--out", "../again"}, folder("elsewhere"));
    REQUIRE_MESSAGE(again.exit_code == 0, again.err);
    check_same_run("run", "again");
    CHECK(read_bytes(folder("run") / "config.toml") == read_bytes(folder("again") / "config.toml"));
}

TEST_CASE_FIXTURE(CommandLine, "the configuration of a resumed run makes the whole run again") {
    train("run", {"--epochs", "1", "--seed", "9", "--optimizer", "sgd", "--lr", "0.05"});
    REQUIRE(resume("run", {"--set", "epochs=3", "--workers", "0"}).exit_code == 0);
    const ProcessResult again =
        run({"train", "--config", folder("run") / "config.toml", "--out", folder("again")});
    REQUIRE_MESSAGE(again.exit_code == 0, again.err);
    check_same_run("run", "again");
    CHECK(read_bytes(folder("run") / "config.toml") == read_bytes(folder("again") / "config.toml"));

    const auto settings = resolved({"--resume", folder("run"), "--epochs", "4"});
    CHECK(settings.at("epochs") == "4 # --epochs");
    CHECK(holds(settings.at("lr"), "0.05 # ", "config.toml line "));
    check_error(resume("run", {"--set", "lr=1"}), 2, "--set lr cannot change");
}
