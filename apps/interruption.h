#pragma once

/// Signals as requests to stop at the next good moment.
namespace apps {

/// The program was asked to stop and has saved what there was to save.
struct Interrupted {
    int signal;
};

/// From now on the first SIGINT, SIGTERM or SIGHUP (the terminal was closed) is only noted; a second one ends
/// the program at once. To write to a pipe that nobody reads is an error like others: it ends no program
/// before it has saved.
void note_interruptions();

/// What that first signal's handler writes to standard output at once, null for nothing: the escape codes
/// that clear a drawing away, before the program gets to do so, or a second signal ends it. Must live on.
void write_on_interruption(const char* text);

/// The signal that was noted, 0 if none was.
int interruption();

}  // namespace apps
