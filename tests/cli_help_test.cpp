// What the program says about itself: help, manual page, version.
#include <algorithm>

#include "tests/support/command_line.h"

using namespace test;

namespace {

const std::vector<Arguments> commands = {{},
                                         {"train"},
                                         {"config"},
                                         {"eval"},
                                         {"summary"},
                                         {"data"},
                                         {"data", "download"},
                                         {"data", "verify"},
                                         {"doctor"},
                                         {"completion"},
                                         {"man"},
                                         {"help"}};

/// Runs a line of the shell in the folder.
ProcessResult shell(const std::string& line, const fs::path& folder) {
    return Process({"/bin/sh", "-c", line}, folder).wait();
}

bool has_program(const std::string& name) { return shell("command -v " + name, ".").exit_code == 0; }

}  // namespace

TEST_CASE_FIXTURE(CommandLine, "help fits a hundred columns, and is the same by -h, --help and help") {
    for (const Arguments& command : commands) {
        const ProcessResult result = run(command + Arguments{"--help"});
        CAPTURE(result.out);
        CHECK(result.exit_code == 0);
        CHECK(result.err.empty());
        CHECK(holds(result.out, "Usage: cifar_engine", "-h, --help"));
        for (const std::string& line : lines_of(result.out)) CHECK(line.size() <= 100);
        CHECK(run(command + Arguments{"-h"}).out == result.out);
        CHECK(run(Arguments{"help"} + command).out == result.out);
    }
    CHECK(holds(run({"train", "--help"}).out, "\nModel:\n", "\nOptimiser:\n", "\nExamples:\n",
                "--optimizer adam|adamw|sgd", "(default adam)", "(default 32,64,128,256,256)"));
    check_error(run({"help", "trian"}), 2, "did you mean 'train'?");
}

TEST_CASE_FIXTURE(CommandLine, "alone, the program says what it can do, and that a command is missing") {
    const ProcessResult result = run({});
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
    CHECK(holds(result.err, "Usage: cifar_engine COMMAND", "\n  train ", "\nExamples:\n",
                "\nerror: no command"));
    CHECK(lines_of(result.err).size() < 40);
}

TEST_CASE_FIXTURE(CommandLine, "the manual page is clean, and names every flag") {
    const ProcessResult printed = run({"man"});
    CHECK(printed.exit_code == 0);
    write_bytes(folder("cifar_engine.1"), printed.out);
    CHECK(holds(printed.out, ".SH EXIT STATUS", ".SH ENVIRONMENT", "CIFAR10_DIR", ".SH FILES", ".SH EXAMPLES",
                "\\-\\-weight\\-decay", "data download"));
    if (has_program("mandoc")) {
        const ProcessResult lint = shell("mandoc -T lint -W warning cifar_engine.1", temporary.path());
        CHECK_MESSAGE(lint.exit_code == 0, lint.out);
    } else {
        MESSAGE("not tested with mandoc, which is not here");
    }
    if (has_program("groff")) {
        const ProcessResult formatted =
            shell("groff -man -ww -K utf8 -T utf8 -P-cbu cifar_engine.1", temporary.path());
        CHECK(formatted.exit_code == 0);
        CHECK_MESSAGE(formatted.err.empty(), formatted.err);
        CHECK(holds(formatted.out, "--weight-decay X", "CIFAR-10's", "~/.cache"));
    } else {
        MESSAGE("not tested with groff, which is not here");
    }
}

TEST_CASE_FIXTURE(CommandLine, "the version names commit, compiler, build and instruction sets") {
    const ProcessResult result = run({"--version"});
    CHECK(result.exit_code == 0);
    CHECK(holds(result.out, "cifar_engine ", "\ncommit ", "\ncompiler ", "\nbuild type ", "\nbackends ",
                "cpu", "\nCUDA for ", "\nSIMD "));
    CHECK(run({"-V"}).out == result.out);
}

TEST_CASE_FIXTURE(CommandLine, "each build looks up its commit anew, and outside of git it is unknown") {
    if (!has_program("git") || !has_program("cmake")) {
        MESSAGE("not tested: git or cmake is not here");
        return;
    }
    const fs::path sources = folder("sources");
    fs::create_directory(sources);
    write_bytes(sources / "CMakeLists.txt", "# a project");
    const auto header = [&] {
        const ProcessResult result =
            shell("cmake -D source=" + sources.string() + " -D header=" + folder("commit.h").string() +
                      " -P " CIFAR_ENGINE_SOURCE_DIR "/cmake/Commit.cmake",
                  ".");
        CHECK_MESSAGE(result.exit_code == 0, result.err);
        return read_bytes(folder("commit.h"));
    };
    const auto git = [&](const std::string& command) {
        const ProcessResult result = shell("git -c user.name=a -c user.email=b@c " + command, sources);
        CHECK_MESSAGE(result.exit_code == 0, result.err);
        return result.out.substr(0, result.out.find('\n'));
    };
    CHECK(holds(header(), "\"unknown\""));
    git("init --quiet");
    CHECK(holds(header(), "\"unknown\""));  // in a repository that does not have these sources
    git("add . && git -c user.name=a -c user.email=b@c commit --quiet --message one");
    CHECK(holds(header(), '"' + git("rev-parse --short=12 HEAD") + '"'));
    const auto written = fs::last_write_time(folder("commit.h"));
    header();
    CHECK(fs::last_write_time(folder("commit.h")) == written);  // nothing to compile again
    write_bytes(sources / "CMakeLists.txt", "# changed");
    CHECK(holds(header(), git("rev-parse --short=12 HEAD") + "-dirty"));
    git("commit --quiet --all --message two");
    CHECK(holds(header(), '"' + git("rev-parse --short=12 HEAD") + '"'));
}
