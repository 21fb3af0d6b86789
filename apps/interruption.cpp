#include "apps/interruption.h"

#include <csignal>

namespace apps {
namespace {

volatile std::sig_atomic_t noted_signal = 0;

constexpr int interruptions[] = {SIGINT, SIGTERM, SIGHUP};

extern "C" void note_signal(int signal) {
    noted_signal = signal;
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

int interruption() { return noted_signal; }

}  // namespace apps
