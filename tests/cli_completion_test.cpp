// What shells complete, asked of the shells themselves.
#include <algorithm>
#include <set>

#include "tests/support/command_line.h"

using namespace test;

namespace {

constexpr const char* helpers = CIFAR_ENGINE_SOURCE_DIR "/tests/completion";

/// Where a program is, empty if nowhere.
std::string find_program(const std::string& name) {
    const std::string found = Process({"/bin/sh", "-c", "command -v " + name}).wait().out;
    return found.substr(0, found.find('\n'));
}

struct Shell {
    std::string name;
    /// What it offers for the words, the last of which is being written.
    std::function<std::set<std::string>(const Arguments&)> complete;
};

std::set<std::string> as_set(const ProcessResult& result) {
    CHECK_MESSAGE(result.err.empty(), result.err);
    const auto lines = lines_of(result.out);
    return {lines.begin(), lines.end()};
}

std::string joined(const Arguments& words) {
    std::string line;
    for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
    return line;
}

struct Completion : CommandLine {
    Completion() {
        fs::create_directories(folder("work") / "folder");
        for (const char* file : {"my.toml", "model.safetensors", "other.txt"})
            write_bytes(folder("work") / file, "");
        for (const char* shell : {"bash", "zsh", "fish"}) {
            const ProcessResult printed = run({"completion", shell});
            CHECK(printed.exit_code == 0);
            write_bytes(folder(shell), printed.out);
        }
    }

    std::vector<Shell> shells() {
        std::vector<Shell> found;
        const fs::path work = folder("work");
        if (const std::string bash = find_program("bash"); !bash.empty())
            found.push_back(
                {"bash", [=, this](const Arguments& words) {
                     return as_set(Process(Arguments{bash, "--norc", helpers + std::string("/complete.bash"),
                                                     folder("bash")} +
                                               words,
                                           work)
                                       .wait());
                 }});
        if (const std::string zsh = find_program("zsh"); !zsh.empty())
            found.push_back({"zsh", [=, this](const Arguments& words) {
                                 return as_set(Process({zsh, "-f", helpers + std::string("/complete.zsh"),
                                                        folder("zsh"), joined(words)},
                                                       work)
                                                   .wait());
                             }});
        if (const std::string fish = find_program("fish"); !fish.empty())
            found.push_back({"fish", [=, this](const Arguments& words) {
                                 const std::string script = "source " + folder("fish").string() +
                                                            "; complete -C '" + joined(words) + "'";
                                 std::set<std::string> offers;
                                 for (const std::string& line :
                                      as_set(Process({fish, "--no-config", "-c", script}, work).wait()))
                                     offers.insert(line.substr(0, line.find('\t')));  // then its help
                                 return offers;
                             }});
        if (found.size() < 3) MESSAGE("not every shell was tested: bash, zsh and fish are not all here");
        return found;
    }
};

bool includes(const std::set<std::string>& offers, const std::set<std::string>& expected) {
    return std::ranges::includes(offers, expected);
}

}  // namespace

TEST_CASE_FIXTURE(Completion, "every shell offers commands, flags, and what values may be") {
    for (const Shell& shell : shells()) {
        CAPTURE(shell.name);
        const auto complete = [&](const Arguments& words) {
            return shell.complete(Arguments{"cifar_engine"} + words);
        };
        CHECK(includes(complete({""}), {"train", "eval", "data", "completion", "help"}));
        CHECK(includes(complete({"tr"}), {"train"}));
        CHECK(includes(complete({"data", ""}), {"download", "verify", "info"}));
        CHECK(complete({"train", "--dev"}) == std::set<std::string>{"--device"});
        CHECK(includes(complete({"train", "--"}), {"--lr", "--config", "--overwrite", "--help"}));
        CHECK_FALSE(complete({"eval", "--"}).contains("--lr"));
        CHECK(complete({"train", "--device", ""}) ==
              std::set<std::string>{"auto", "cpu", "cuda", "emulated"});
        CHECK(complete({"train", "--lr", "0.1", "--optimizer", "adam"}) ==
              std::set<std::string>{"adam", "adamw"});
        CHECK(includes(complete({"eval", "--tta", ""}), {"none", "flip", "flip-translate"}));
        CHECK(includes(complete({"train", "--recipe", ""}), {"best", "fast", "seed"}));
        CHECK(complete({"completion", ""}) == std::set<std::string>{"bash", "fish", "zsh"});
        CHECK(complete({"train", "--epochs", ""}).empty());
    }
}

TEST_CASE_FIXTURE(Completion,
                  "every shell offers files where a file is wanted, and folders where a folder is") {
    for (const Shell& shell : shells()) {
        CAPTURE(shell.name);
        const auto complete = [&](const Arguments& words) {
            std::set<std::string> names;
            for (std::string name : shell.complete(Arguments{"cifar_engine"} + words)) {
                if (name.ends_with('/')) name.pop_back();
                names.insert(name);
            }
            return names;
        };
        const auto settings = complete({"train", "--config", ""});
        CHECK(settings.contains("my.toml"));
        if (shell.name != "fish") CHECK_FALSE(settings.contains("other.txt"));  // fish only puts them last
        CHECK(complete({"train", "--out", ""}) == std::set<std::string>{"folder"});
        CHECK(complete({"train", "--data", ""}) == std::set<std::string>{"auto", "folder"});
        CHECK(includes(complete({"eval", "--checkpoint", ""}), {"model.safetensors"}));
    }
}

TEST_CASE_FIXTURE(Completion, "values after an equals sign, and the last of a list") {
    for (const Shell& shell : shells()) {
        CAPTURE(shell.name);
        const auto complete = [&](const Arguments& words) {
            return shell.complete(Arguments{"cifar_engine"} + words);
        };
        // Bash and zsh complete what follows the sign; fish shows the whole word.
        const std::string before = shell.name == "fish" ? "--device=" : "";
        CHECK(complete({"train", "--device=cu"}) == std::set<std::string>{before + "cuda"});
        const auto offers = complete({"train", "--augment", "crop,f"});
        CHECK(std::ranges::any_of(offers, [](const std::string& offer) {
            return offer == "flip" || offer == "crop,flip";  // zsh leaves out what stands there already
        }));
    }
    if (const std::string bash = find_program("bash"); !bash.empty())
        CHECK(shells().front().complete({"cifar_engine", "train", "--augment", "translate:4,fl"}) ==
              std::set<std::string>{"4,flip"});
}

TEST_CASE_FIXTURE(CommandLine, "completion wants the name of a shell that it knows") {
    check_error(run({"completion"}), 2, "bash, zsh or fish");
    check_error(run({"completion", "tcsh"}), 2, "bash, zsh or fish");
}
