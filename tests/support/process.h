#pragma once

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temporary_folder.h"

namespace test {

struct ProcessResult {
    int exit_code;  ///< as a shell says it: 128 plus the signal's number if one ended the process
    std::string out, err;
};

/// A program that runs beside the test. What it prints goes to files, so that it never waits for a reader.
class Process {
  public:
    /// Starts arguments[0] in the given folder; standard output goes to `output` if that is a file
    /// descriptor.
    explicit Process(const std::vector<std::string>& arguments, const std::filesystem::path& directory = ".",
                     int output = -1) {
        std::vector<char*> pointers;
        for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
        pointers.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC, mode = 0600;
        ::posix_spawn_file_actions_addopen(&actions, 2, (folder_ / "err").c_str(), flags, mode);
        if (output < 0)
            ::posix_spawn_file_actions_addopen(&actions, 1, (folder_ / "out").c_str(), flags, mode);
        else
            ::posix_spawn_file_actions_adddup2(&actions, output, 1);
        ::posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
        const int error = ::posix_spawn(&id_, pointers[0], &actions, nullptr, pointers.data(), environ);
        ::posix_spawn_file_actions_destroy(&actions);
        if (error != 0) throw std::runtime_error("cannot start " + arguments[0]);
    }
    ~Process() {
        if (id_ > 0) {
            ::kill(id_, SIGKILL);
            ::waitpid(id_, nullptr, 0);
        }
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    void signal(int number) const { ::kill(id_, number); }

    ProcessResult wait() {
        int status = 0;
        ::waitpid(id_, &status, 0);
        id_ = 0;
        return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
                read_bytes(folder_ / "out"), read_bytes(folder_ / "err")};
    }

  private:
    TemporaryFolder folder_;
    pid_t id_ = 0;
};

/// Waits until a condition holds; false if it does not within a minute.
inline bool wait_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

}  // namespace test
