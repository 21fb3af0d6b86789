// The command line: places that cannot be written to, and outputs that nobody reads.
#include <csignal>

#include <sys/mount.h>

#include "tests/support/command_line.h"

using namespace test;

namespace {

/// Runs the program with a pipe for its output, of which a reader takes so many lines and goes away.
ProcessResult run_with_reader(const Arguments& arguments, std::size_t lines) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    ::fcntl(ends[1], F_SETPIPE_SZ, 1);  // one page: the program cannot be far ahead of its reader
    Process process(program(arguments), ".", ends[1]);
    ::close(ends[1]);
    char c = 0;
    while (lines > 0 && ::read(ends[0], &c, 1) == 1)
        if (c == '\n') --lines;
    ::close(ends[0]);
    return process.wait();
}

/// A disk of one megabyte; not mounted where that is not allowed.
struct SmallDisk {
    explicit SmallDisk(const fs::path& place, const char* options = "size=1m") : path(place) {
        fs::create_directory(path);
        is_mounted = ::mount("none", path.c_str(), "tmpfs", 0, options) == 0;
        if (!is_mounted) MESSAGE("not tested: this system lets nobody mount a disk");
    }
    ~SmallDisk() {
        if (is_mounted) ::umount2(path.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    fs::path path;
    bool is_mounted = false;
};

}  // namespace

TEST_CASE_FIXTURE(CommandLine,
                  "a run directory that cannot be is found before training, and nothing is left of the try") {
    write_bytes(folder("file"), "mine");
    fs::create_symlink(folder("nowhere"), folder("dangling"));
    fs::create_symlink(folder("loop"), folder("loop"));
    const std::string long_name(300, 'x');
    std::string long_path;
    for (int i = 0; i < 30; ++i) long_path += std::string(200, 'y') + "/";
    const std::vector<std::tuple<std::string, int, std::string>> table = {
        {"file", 2, "not a folder"}, {"file/below", 2, "not a folder"}, {"dangling", 2, "--out"},
        {"loop", 2, "--out"},        {long_name, 2, "too long"},        {"new/" + long_name, 1, "too long"},
        {long_path, 2, "too long"},
    };
    const auto before = temporary.entries();
    for (const auto& [out, exit_code, expected] : table) {
        const std::string part = expected;
        CAPTURE(part);
        const ProcessResult result = run(train_arguments(out, {}));
        check_error(result, exit_code, part);
        CHECK(result.out.empty());
        CHECK(temporary.entries() == before);
    }
    check_error(run({"train", "--data", data, "--out", "/proc/run"}), 1, "/proc/run");
    check_error(run({"train", "--data", data, "--out", "/dev/full"}), 2, "not a folder");
}

TEST_CASE_FIXTURE(CommandLine, "a folder that may only be read is found before training") {
    fs::create_directory(folder("mine"));
    fs::permissions(folder("mine"), fs::perms::owner_read | fs::perms::owner_exec);
    if (::geteuid() != 0) {
        check_error(run(train_arguments("mine", {})), 1, "Permission denied");
        check_error(run(train_arguments("mine/run", {})), 1, "Permission denied");
    }
    const SmallDisk disk(folder("disk"), "size=1m,mode=755");
    if (!disk.is_mounted) return;
    REQUIRE(::mount("none", disk.path.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0);
    check_error(run(train_arguments("disk", {})), 1, "Read-only");
    check_error(run(train_arguments("disk/run", {})), 1, "Read-only");
}

TEST_CASE_FIXTURE(CommandLine, "a disk that is too small is found before training; one that is full, too") {
    const SmallDisk disk(folder("disk"));
    if (!disk.is_mounted) return;
    const ProcessResult result = run(train_arguments("disk/run", {"--widths", "64,64"}));
    check_error(result, 1, "disk space");
    CHECK_FALSE(fs::exists(disk.path / "run"));
    CHECK(run(train_arguments("disk/small", {"--max-steps", "1"})).exit_code == 0);

    write_bytes(disk.path / "filling", std::string(1 << 20, 'x'));
    check_error(run(train_arguments("disk/full", {})), 1, "No space left");
    CHECK_FALSE(fs::exists(disk.path / "full"));
}

TEST_CASE_FIXTURE(CommandLine, "a place for logits that cannot be is found before they are computed") {
    write_bytes(folder("file"), "mine");
    check_error(run({"eval", "--checkpoint", "x", "--logits", folder("file") / "logits.npy"}), 2, "--logits");
}

TEST_CASE_FIXTURE(CommandLine, "a reader that goes away ends every command quietly") {
    for (const Arguments& arguments : {Arguments{"config"},
                                       {"summary"},
                                       {"completion", "bash"},
                                       {"man"},
                                       {"--help"},
                                       {"--version"},
                                       {"doctor"},
                                       {"data", "info", data}}) {
        CAPTURE(arguments.front());
        const ProcessResult result = run_with_reader(arguments, 0);
        // What fits into a pipe may have been written before the reader went.
        CHECK((result.exit_code == 128 + SIGPIPE || result.exit_code == 0));
        CHECK_MESSAGE(result.err.empty(), result.err);
    }
}

TEST_CASE_FIXTURE(CommandLine,
                  "a training whose reader goes away saves what it learnt, and goes on from there") {
    const Arguments many{"--batch-size", "8", "--threads", "1", "--log-every", "1"};
    // More than a pipe holds, so that training cannot end before its reader has.
    train("whole", {"--epochs", "150", "--log-every", "1"});
    // Four lines come before the first step.
    const ProcessResult stopped =
        run_with_reader(train_arguments("cut", many + Arguments{"--epochs", "150"}), 8);
    CHECK(stopped.exit_code == 128 + SIGPIPE);
    CHECK_MESSAGE(stopped.err.empty(), stopped.err);
    REQUIRE(fs::exists(folder("cut") / "state.safetensors"));
    CHECK(timeless_events(folder("cut")).size() < timeless_events(folder("whole")).size());
    CHECK(resume("cut").exit_code == 0);
    check_same_run("whole", "cut");
}

TEST_CASE_FIXTURE(CommandLine,
                  "a reader that goes away before training has begun leaves no run, and no error") {
    const ProcessResult result = run_with_reader(train_arguments("run", {"--epochs", "1000"}), 0);
    CHECK(result.exit_code == 128 + SIGPIPE);
    CHECK_FALSE(fs::exists(folder("run")));
    CHECK(result.err.empty());
}

TEST_CASE_FIXTURE(CommandLine, "a terminal that is closed is an interruption") {
    Process process(program(train_arguments("run", {"--epochs", "1000", "--threads", "1"})));
    REQUIRE(wait_until([&] { return !read_bytes(folder("run") / "metrics.jsonl").empty(); }));
    process.signal(SIGHUP);
    CHECK(process.wait().exit_code == 128 + SIGHUP);
    CHECK(fs::exists(folder("run") / "state.safetensors"));
}

TEST_CASE_FIXTURE(CommandLine, "a full device, or none at all, for the output is said, and spoils no file") {
    const auto with = [&](const std::string& redirection, const std::string& out) {
        std::string line = "exec";
        for (const std::string& word : program(train_arguments(out, {"--epochs", "1"})))
            line += " '" + word + "'";
        return Process({"/bin/sh", "-c", line + redirection}).wait();
    };
    check_error(with(" >/dev/full", "full"), 1, "No space left");
    check_error(with(" >&-", "closed"), 1, "Bad file descriptor");
    CHECK(with(" >/dev/null 2>&-", "quiet").exit_code == 0);
    CHECK(timeless_events(folder("quiet")).back()["event"] == "epoch");
}
