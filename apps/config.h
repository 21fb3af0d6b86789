#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "models/attention_net.h"

namespace apps {

/// What an option is multiplied by for parameters whose names end so.
using Factors = std::vector<std::pair<std::string, double>>;

/// All that decides what a training computes and shows. Each member is a setting: a flag of the command line
/// and a key of configuration files, both of the same name.
struct Config {
    std::string data = "auto";
    std::string recipe = "seed";
    std::string model = "attention_net";
    std::vector<std::int64_t> widths = models::AttentionNetOptions().widths;
    std::vector<std::int64_t> blocks;  ///< empty: one in each stage
    bool residual = false, pool_first = false;
    std::int64_t stem = 0;  ///< channels; 0: none
    double norm_momentum = 0.1;
    std::int64_t hidden = models::AttentionNetOptions().hidden;
    double dropout = models::AttentionNetOptions().dropout;
    std::string optimizer = "adam";
    double lr = 0.001;
    double momentum = 0.9;
    double weight_decay = 0;
    Factors lr_factors, decay_factors;
    std::string schedule = "constant";
    double warmup = 0;
    std::string progressive_resizing = "none", progressive_branches = "none";
    double label_smoothing = 0;
    double clip_grad = 0;        ///< limit of the gradients' norm; 0: none
    double ema = 0;              ///< decay; 0: none
    std::int64_t lookahead = 0;  ///< steps; 0: none
    std::int64_t epochs = 30;
    std::int64_t max_steps = 0;  ///< 0: no limit
    std::int64_t batch_size = 128;
    bool no_shuffle = false;
    double skip_easiest = 0;  ///< share of the training images
    std::vector<std::string> augment = {"crop", "flip"};
    std::int64_t validate = 0;  ///< training images to hold out
    std::string tta = "none";
    std::string device = "auto";
    std::int64_t threads = 0;  ///< 0: as many as the machine has
    std::int64_t workers = 1;
    std::string precision = "fp32";
    std::int64_t seed = 0;
    std::int64_t trials = 1;
    std::vector<std::string> initialise;  ///< what is not random
    std::string init;                     ///< empty: no file
    std::int64_t log_every = 50;
    bool no_progress = false;
    std::int64_t keep = 0;  ///< epochs
    bool tensorboard = false;

    models::AttentionNetOptions network() const;
};

/// What the command line gives for a setting.
struct GivenValue {
    std::string text;  ///< as a flag takes it
    std::string by;    ///< "--lr" or "--set lr"
};
/// Settings that the command line gives, by name.
using Flags = std::map<std::string, GivenValue>;

/// Lets a subcommand take the settings named, all if none is, and puts what is given into `flags`.
void add_settings(CLI::App& command, Flags& flags, const std::vector<std::string>& names = {});

/// Lets a subcommand take --set, which names any setting as a configuration file does: --set key=value, again
/// and again. A setting that is given twice, by --set or its flag, is a CommandLineError.
void add_assignments(CLI::App& command, Flags& flags);

/// Where the values of settings come from: "recipe fast", "my.toml line 3", "--lr". Those that are not named
/// have their defaults.
using Sources = std::map<std::string, std::string>;

/// Defaults, then the recipe, then the file, if there is one, then the flags; notes in `sources` which of
/// these had the last word. Throws CommandLineError for a name or value that makes no sense, InputError if
/// the file is missing or is no TOML.
Config resolve_config(const Flags& flags, const std::filesystem::path& file = {}, Sources* sources = nullptr);

/// The configuration of a run to resume: what was saved, then those flags that do not change what is
/// computed. Throws CommandLineError for other flags, and what resolve_config throws.
Config resumed_config(const Flags& flags, const std::filesystem::path& saved, Sources* sources = nullptr);

/// A configuration file that resolves to this again.
std::string to_toml(const Config& config);
/// The same for people: in groups, each value with a comment that says where it comes from.
std::string to_toml(const Config& config, const Sources& sources);

}  // namespace apps
