#pragma once

/// SIGINT and SIGTERM as requests to stop at the next good moment.
namespace apps {

/// The program was asked to stop and has saved what there was to save.
struct Interrupted {
    int signal;
};

/// From now on the first such signal is only noted; a second one ends the program at once.
void note_interruptions();

/// The signal that was noted, 0 if none was.
int interruption();

}  // namespace apps
