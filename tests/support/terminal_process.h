#pragma once

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/terminal_screen.h"

/// At the start of a test that needs a terminal.
#define SKIP_WITHOUT_TERMINALS()                                          \
    if (!test::TerminalProcess::is_possible()) {                          \
        MESSAGE("not tested: this system gives out no pseudo-terminals"); \
        return;                                                           \
    }

namespace test {

/// A program on a terminal of its own, as if a person had started it there: its screen is kept, keys can be
/// pressed, the window be resized.
class TerminalProcess {
  public:
    TerminalProcess(const std::vector<std::string>& arguments, int columns, int rows)
        : screen_(columns, rows), keeper_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
        if (keeper_ < 0 || ::grantpt(keeper_) != 0 || ::unlockpt(keeper_) != 0)
            throw std::runtime_error("this system gives out no pseudo-terminals");
        set_window();
        std::vector<char*> pointers;
        for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
        pointers.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        // The first terminal that the leader of a session opens is the one whose Ctrl-C reaches it.
        ::posix_spawn_file_actions_addopen(&actions, 0, ::ptsname(keeper_), O_RDWR, 0);
        for (const int stream : {1, 2}) ::posix_spawn_file_actions_adddup2(&actions, 0, stream);
        posix_spawnattr_t attributes;
        ::posix_spawnattr_init(&attributes);
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
        const int error = ::posix_spawn(&id_, pointers[0], &actions, &attributes, pointers.data(), environ);
        ::posix_spawnattr_destroy(&attributes);
        ::posix_spawn_file_actions_destroy(&actions);
        if (error != 0) throw std::runtime_error("cannot start " + arguments[0]);
    }
    ~TerminalProcess() {
        if (id_ > 0) {
            ::kill(id_, SIGKILL);
            ::waitpid(id_, nullptr, 0);
        }
        ::close(keeper_);
    }
    TerminalProcess(const TerminalProcess&) = delete;
    TerminalProcess& operator=(const TerminalProcess&) = delete;

    /// Whether this machine has such terminals (a chroot without /dev/pts has none).
    static bool is_possible() {
        const int keeper = ::posix_openpt(O_RDWR | O_NOCTTY);
        const bool possible = keeper >= 0 && ::grantpt(keeper) == 0 && ::unlockpt(keeper) == 0 &&
                              ::access(::ptsname(keeper), R_OK | W_OK) == 0;
        if (keeper >= 0) ::close(keeper);
        return possible;
    }

    /// Shows what the program writes until the screen looks so; false if the program ends before, or after a
    /// minute.
    bool show_until(const std::function<bool(const TerminalScreen&)>& looks_so) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (std::chrono::steady_clock::now() < deadline) {
            if (looks_so(screen_)) return true;
            if (!show_more()) return looks_so(screen_);
        }
        return false;
    }

    /// Presses keys.
    void type(const std::string& keys) const {
        if (::write(keeper_, keys.data(), keys.size()) != std::ssize(keys))
            throw std::runtime_error("cannot type");
    }

    void resize(int columns, int rows, bool rewrapped) {
        screen_.resize(columns, rows, rewrapped);
        set_window();
    }

    /// Shows the rest and returns the exit code, as a shell says it.
    int wait() {
        show_until([](const TerminalScreen&) { return false; });
        int status = 0;
        ::waitpid(id_, &status, 0);
        id_ = 0;
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }

    const TerminalScreen& screen() const { return screen_; }
    /// All that was written.
    const std::string& bytes() const { return bytes_; }

  private:
    void set_window() const {
        winsize size{};
        size.ws_col = static_cast<unsigned short>(screen_.columns());
        size.ws_row = static_cast<unsigned short>(screen_.rows());
        ::ioctl(keeper_, TIOCSWINSZ, &size);
    }

    /// False when the program has ended and all is shown.
    bool show_more() {
        constexpr int milliseconds = 100;
        pollfd waiting{keeper_, POLLIN, 0};
        if (::poll(&waiting, 1, milliseconds) == 0) return true;
        char buffer[4096];
        const ssize_t count = ::read(keeper_, buffer, sizeof buffer);
        if (count <= 0) return false;  // EIO: nobody has the terminal open any more
        const std::string_view read(buffer, static_cast<std::size_t>(count));
        bytes_ += read;
        screen_.feed(read);
        return true;
    }

    TerminalScreen screen_;
    std::string bytes_;
    int keeper_;
    pid_t id_ = 0;
};

}  // namespace test
