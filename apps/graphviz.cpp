#include "apps/graphviz.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/error.h"

namespace apps {
namespace {

constexpr std::chrono::seconds time_limit{60};
constexpr const char* other_way = "or write a .dot file, which other programs draw, too";

/// A file without a name. What goes to and from another program goes through files, so that neither waits
/// for the other to read.
class TemporaryFile {
  public:
    TemporaryFile() : file_(std::tmpfile(), &std::fclose) {
        if (!file_) fail();
    }

    int descriptor() const { return ::fileno(file_.get()); }

    void write(const std::string& text) const {
        if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size() ||
            std::fflush(file_.get()) != 0)
            fail();
        std::rewind(file_.get());
    }

    std::string read() const {
        std::rewind(file_.get());
        std::string text;
        char part[4096];
        while (const std::size_t bytes = std::fread(part, 1, sizeof part, file_.get()))
            text.append(part, bytes);
        return text;
    }

  private:
    [[noreturn]] static void fail() {
        throw engine::IoError(std::string("cannot write a temporary file: ") + std::strerror(errno),
                              "in the system's folder for them", "make room there");
    }

    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

pid_t start_dot(const TemporaryFile& in, const TemporaryFile& out, const TemporaryFile& err) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in.descriptor(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out.descriptor(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err.descriptor(), STDERR_FILENO);
    char program[] = "dot", format[] = "-Tsvg";
    char* arguments[] = {program, format, nullptr};
    pid_t id = 0;
    const int error = ::posix_spawnp(&id, program, &actions, nullptr, arguments, environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error == 0) return id;
    throw engine::Error(
        error == ENOENT ? "cannot draw an SVG: Graphviz's program `dot` was not found"
                        : fmt::format("cannot draw an SVG: `dot` does not start: {}", std::strerror(error)),
        "on PATH", std::string("install it (apt-get install graphviz), ") + other_way);
}

/// Its status as waitpid gives it.
int wait_for(pid_t id) {
    const auto deadline = std::chrono::steady_clock::now() + time_limit;
    int status = 0;
    while (::waitpid(id, &status, WNOHANG) == 0) {
        if (std::chrono::steady_clock::now() > deadline) {
            ::kill(id, SIGKILL);
            ::waitpid(id, &status, 0);
            throw engine::Error(fmt::format("`dot` was still drawing after {} s", time_limit.count()),
                                "at this graph", std::string("draw a smaller network, ") + other_way);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return status;
}

}  // namespace

std::string render_svg(const std::string& dot_text) {
    const TemporaryFile in, out, err;
    in.write(dot_text);
    const int status = wait_for(start_dot(in, out, err));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return out.read();
    const std::string said = err.read();
    throw engine::Error(fmt::format("`dot` failed: {}", said.substr(0, said.find('\n'))), "at this graph",
                        std::string("check that Graphviz works, ") + other_way);
}

}  // namespace apps
