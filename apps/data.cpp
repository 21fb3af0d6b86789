#include <memory>
#include <string>

#include <fmt/format.h>

#include "apps/command_line_error.h"
#include "apps/commands.h"
#include "apps/find_data.h"
#include "apps/interruption.h"
#include "apps/terminal.h"
#include "data/download.h"
#include "data/locate.h"
#include "data/summary.h"

namespace apps {
namespace {

namespace fs = std::filesystem;

/// Where a data set lies; "auto" is only looked for, not downloaded.
fs::path existing_directory(const std::string& named) {
    if (named != "auto") return named;
    if (const auto found = data::locate_local(repository())) return found->directory;
    throw engine::InputError("CIFAR-10 was not found", "on this machine",
                             "get it with: cifar_engine data download, or name its folder");
}

const char* kind(const data::Cifar10Summary& summary) {
    return summary.has_official_size() ? "of the published size"
                                       : "not of the published size: a subset or a like";
}

void download(const std::string& out) {
    note_interruptions();
    const fs::path directory = out.empty() ? data::cache_directory() : fs::path(out);
    bool is_new = false;
    {
        DownloadDisplay display;
        is_new = data::download_cifar10(directory, {}, display.callback());
    }
    fmt::print("CIFAR-10 is {} {}\n", is_new ? "now in" : "there already, in", directory.string());
}

void verify(const std::string& named) {
    const fs::path directory = existing_directory(named);
    const data::Cifar10Summary summary = data::summarize_cifar10(directory);
    fmt::print("{}: all sizes and labels are in order, {} training and {} test images, {}\n",
               directory.string(), with_commas(summary.train.images), with_commas(summary.test.images),
               kind(summary));
}

void info(const std::string& named) {
    const fs::path directory = existing_directory(named);
    const data::Cifar10Summary summary = data::summarize_cifar10(directory);
    fmt::print("{} ({})\n", directory.string(), kind(summary));
    for (std::size_t i = 0; i < data::cifar10_files.size(); ++i)
        fmt::print("  {:<18} {:>12} bytes\n", data::cifar10_files[i].name,
                   with_commas(summary.file_bytes[i]));
    fmt::print("{:<12} {:>8} {:>8}\n", "images", "train", "test");
    for (std::size_t i = 0; i < data::cifar10_classes.size(); ++i)
        fmt::print("{:<12} {:>8} {:>8}\n", data::cifar10_classes[i],
                   with_commas(summary.train.images_per_class[i]),
                   with_commas(summary.test.images_per_class[i]));
    fmt::print("{:<12} {:>8} {:>8}\n", "all", with_commas(summary.train.images),
               with_commas(summary.test.images));
}

}  // namespace

Command add_data(CLI::App& command) {
    auto directory = std::make_shared<std::string>("auto");
    auto out = std::make_shared<std::string>();
    const auto add = [&](const char* name, const char* help) {
        CLI::App* action = command.add_subcommand(name, help);
        action->allow_extras();
        return action;
    };
    CLI::App* downloading = add("download", "fetch it from its author's page, and check it");
    downloading->add_option("--out", *out, "where to; by default the user's cache")->type_name("DIR");
    CLI::App* verifying = add("verify", "check sizes and labels");
    CLI::App* informing = add("info", "count images per class");
    for (CLI::App* action : {verifying, informing})
        action->add_option("directory", *directory, "the data set; by default the one that train would take")
            ->type_name("auto|DIR");
    return [=] {
        if (downloading->parsed()) return download(*out);
        if (verifying->parsed()) return verify(*directory);
        if (informing->parsed()) return info(*directory);
        throw CommandLineError("no action is given", "after data", "give one: download, verify or info");
    };
}

}  // namespace apps
