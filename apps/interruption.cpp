#include "apps/interruption.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <unistd.h>

namespace apps {
namespace {

volatile std::sig_atomic_t noted_signal = 0;
std::atomic<const char*> text_to_write = nullptr;

constexpr int interruptions[] = {SIGINT, SIGTERM, SIGHUP};

extern "C" void note_signal(int signal) {
    noted_signal = signal;
    const int error = errno;
    const char* text = text_to_write;
    if (text != nullptr && ::write(STDOUT_FILENO, text, std::strlen(text)) < 0) errno = error;
    for (const int one : interruptions) std::signal(one, SIG_DFL);
}

}  // namespace

void note_interruptions() {
    struct sigaction action = {};
    action.sa_handler = note_signal;
    action.sa_flags = SA_RESTART;  // reads and writes go on
    for (const int signal : interruptions) {
        struct sigaction before = {};
        sigaction(signal, nullptr, &before);
        if (signal == SIGHUP && before.sa_handler == SIG_IGN) continue;  // as nohup has it
        sigaction(signal, &action, nullptr);
    }
    std::signal(SIGPIPE, SIG_IGN);
}

void write_on_interruption(const char* text) { text_to_write = text; }

int interruption() { return noted_signal; }

}  // namespace apps
