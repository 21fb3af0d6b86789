// The command line: --keep, the models of the last epochs.
#include <set>

#include "tests/support/command_line.h"

using namespace test;

namespace {

std::set<std::string> kept(const fs::path& run_folder) {
    std::set<std::string> names;
    for (const auto& [name, content] : contents(run_folder))
        if (name.starts_with("epoch-")) names.insert(name);
    return names;
}

using Names = std::set<std::string>;

}  // namespace

TEST_CASE_FIXTURE(CommandLine, "the models of the last epochs are kept, older ones removed") {
    train("none");
    CHECK(kept(folder("none")).empty());
    train("two", {"--keep", "2"});
    CHECK(kept(folder("two")) == Names{"epoch-002.safetensors", "epoch-003.safetensors"});
    const auto files = contents(folder("two"));
    CHECK(files.at("epoch-003.safetensors") == files.at("last.safetensors"));
    train("short", {"--epochs", "2"});
    CHECK(files.at("epoch-002.safetensors") == read_bytes(folder("short") / "last.safetensors"));
    train("all", {"--keep", "10"});
    CHECK(kept(folder("all")).size() == 3);
    const ProcessResult eval =
        run({"eval", "--checkpoint", folder("two") / "epoch-002.safetensors", "--data", data});
    CHECK_MESSAGE(eval.exit_code == 0, eval.err);
}

TEST_CASE_FIXTURE(CommandLine, "an epoch that --max-steps cut short is none to keep") {
    train("cut", {"--keep", "2", "--max-steps", "14"});
    CHECK(kept(folder("cut")) == Names{"epoch-001.safetensors"});
}

TEST_CASE_FIXTURE(CommandLine, "a resume keeps what a run that never stopped keeps") {
    train("whole", {"--keep", "2"});
    train("cut", {"--keep", "2", "--epochs", "2"});
    SUBCASE("after its end") {}
    SUBCASE("after a kill that left too much or too late") {
        // Written after the state that is gone on from, or not yet removed.
        const std::string some = read_bytes(folder("cut") / "epoch-002.safetensors");
        write_bytes(folder("cut") / "epoch-003.safetensors", "half of it");
        write_bytes(folder("cut") / "epoch-000.safetensors", some);  // no epoch's name: somebody else's
        const ProcessResult stopped = resume("cut", {"--epochs", "3", "--max-steps", "24"});
        CHECK(stopped.exit_code == 0);
        CHECK(kept(folder("cut")) ==
              Names{"epoch-000.safetensors", "epoch-001.safetensors", "epoch-002.safetensors"});
        fs::remove(folder("cut") / "epoch-000.safetensors");
    }
    CHECK(resume("cut", {"--epochs", "3", "--max-steps", "0"}).exit_code == 0);
    CHECK(kept(folder("cut")) == kept(folder("whole")));
    check_same_run("whole", "cut");
    for (const std::string& name : kept(folder("whole")))
        CHECK(read_bytes(folder("whole") / name) == read_bytes(folder("cut") / name));
}

TEST_CASE_FIXTURE(CommandLine,
                  "a resume may keep fewer; --overwrite clears all, and leaves what is no model of ours") {
    train("run", {"--keep", "3"});
    write_bytes(folder("run") / "epoch-mine.safetensors", "mine");
    write_bytes(folder("run") / "epoch-1.safetensors", "mine, too");
    CHECK(resume("run", {"--epochs", "4", "--keep", "1"}).exit_code == 0);
    CHECK(kept(folder("run")) ==
          Names{"epoch-004.safetensors", "epoch-1.safetensors", "epoch-mine.safetensors"});
    train("run", {"--overwrite", "--epochs", "1"});
    CHECK(kept(folder("run")) == Names{"epoch-1.safetensors", "epoch-mine.safetensors"});
    check_error(run(train_arguments("bad", {"--keep", "-1"})), 2, "--keep");
}
