#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "apps/command_line_error.h"
#include "apps/commands.h"
#include "apps/report/page.h"
#include "apps/run_directory.h"

namespace apps {
namespace {

struct ReportArguments {
    std::vector<std::string> runs;
    std::string out;
};

std::filesystem::path default_place(const std::vector<std::string>& runs) {
    if (runs.size() == 1) return RunDirectory(runs.front()).report();
    return "report.html";
}

/// A folder of trials stands for their runs.
std::vector<std::filesystem::path> runs_in(const std::vector<std::string>& folders) {
    std::vector<std::filesystem::path> runs;
    for (const std::string& folder : folders) {
        const RunDirectory run(folder);
        const auto trials = run.trials();
        if (trials.empty() || std::filesystem::exists(run.metrics()))
            runs.emplace_back(folder);
        else
            for (const auto& [seed, trial] : trials) runs.push_back(trial.path());
    }
    return runs;
}

void report(const ReportArguments& arguments, bool has_out) {
    if (arguments.runs.empty())
        throw CommandLineError("no run is given", "on the command line",
                               "name the folder of one, or of several");
    if (has_out && arguments.out.empty())
        throw CommandLineError("--out is empty", "on the command line", "give a path");
    const std::filesystem::path out =
        has_out ? std::filesystem::path(arguments.out) : default_place(arguments.runs);
    write_report(runs_in(arguments.runs), out);
    fmt::print("report {}\n", out.string());
}

}  // namespace

Command add_report(CLI::App& command) {
    auto arguments = std::make_shared<ReportArguments>();
    command.add_option("RUN", arguments->runs,
                       "folders of runs or of trials: one run is shown whole, several are compared");
    command
        .add_option("--out", arguments->out,
                    "the page; by default report.html in the run's folder or, of several, in the current one")
        ->type_name("FILE.html");
    return [arguments, &command] { report(*arguments, command.count("--out") > 0); };
}

}  // namespace apps
