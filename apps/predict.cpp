#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "apps/cifar10_network.h"
#include "apps/command_line_error.h"
#include "apps/commands.h"
#include "apps/compute_device.h"
#include "apps/config.h"
#include "apps/parse_value.h"
#include "apps/prediction.h"
#include "apps/terminal.h"
#include "apps/view_evaluation.h"
#include "data/cifar10.h"
#include "data/picture_files.h"
#include "engine/error.h"

namespace apps {
namespace {

namespace fs = std::filesystem;

struct PredictArguments {
    Flags flags;
    std::string checkpoint, top_k = "5", fit = "crop";
    std::vector<std::string> paths;
    bool json = false;

    void check() const {
        if (checkpoint.empty())
            throw CommandLineError("no model file is given", "on the command line",
                                   "name one with --checkpoint");
        if (paths.empty())
            throw CommandLineError("no picture is given", "on the command line",
                                   "name files or folders after the flags");
    }

    std::int64_t classes() const {
        const auto count = parse_integer(top_k, 1, std::ssize(data::cifar10_classes));
        if (count) return *count;
        throw CommandLineError("--top-k is '" + top_k + "'", "on the command line",
                               fmt::format("give a whole number from 1 to {}", data::cifar10_classes.size()));
    }

    data::Fit way_to_fit() const {
        if (fit == "crop") return data::Fit::crop;
        if (fit == "stretch") return data::Fit::stretch;
        throw CommandLineError("--fit is '" + fit + "'", "on the command line", "give crop or stretch");
    }
};

/// Prints what is predicted, image by image: as one JSON array, with bars on a terminal, or a line each.
class Printer {
  public:
    explicit Printer(bool json) : json_(json), bars_(!json && is_live(stdout)) {}

    void print(const fs::path& file, const std::vector<Prediction>& predictions) {
        if (json_)
            fmt::print("{}{}", any_ ? ",\n" : "[", json_object(file, predictions));
        else if (bars_)
            fmt::print("{}{}", any_ ? "\n" : "", bars(file, predictions, window_size(stdout).columns));
        else
            fmt::print("{}", plain_line(file, predictions));
        any_ = true;
    }

    void finish() const {
        if (json_) fmt::print("{}]\n", any_ ? "" : "[");
    }

  private:
    bool json_, bars_;
    bool any_ = false;
};

/// What could not be predicted: said at once, and once more, in sum, at the end.
class Failures {
  public:
    /// `is_alone`: there is one thing to predict, and nothing else to say if it fails.
    explicit Failures(bool is_alone) : is_alone_(is_alone) {}

    void add(const std::vector<engine::InputError>& errors) {
        if (is_alone_ && !errors.empty()) throw errors.front();
        std::fflush(stdout);
        for (const engine::InputError& error : errors) fmt::print(stderr, "error: {}\n", error.what());
        count_ += errors.size();
    }

    /// Throws InputError if there was any.
    void finish(std::int64_t predicted) const {
        if (count_ > 0)
            throw engine::InputError(fmt::format("{} could not be read, {} predicted", count_, predicted),
                                     "of the pictures and folders given", "see the lines above for each");
    }

  private:
    bool is_alone_;
    std::size_t count_ = 0;
};

/// What all paths stand for, in their order.
data::FoundPictures find_all(const std::vector<std::string>& paths) {
    data::FoundPictures all;
    for (const std::string& path : paths) {
        const data::FoundPictures found = data::find_pictures(path);
        all.files.insert(all.files.end(), found.files.begin(), found.files.end());
        all.errors.insert(all.errors.end(), found.errors.begin(), found.errors.end());
    }
    return all;
}

/// Predicts one batch of images and prints it.
void predict_batch(models::AttentionNet& model, const std::shared_ptr<const data::PictureFiles>& images,
                   const Config& config, std::int64_t classes, Printer& printer) {
    const auto views = view_loaders(images, config.tta, config.batch_size, model.device());
    const engine::Tensor logits = evaluate_views(model, views).logits;
    if (!std::ranges::all_of(logits.values(), [](float logit) { return std::isfinite(logit); }))
        throw engine::InputError("the network's outputs are no numbers", "in the file of --checkpoint",
                                 "its training diverged: give another");
    const auto row_length = static_cast<std::size_t>(model.options.classes);
    for (std::size_t i = 0; i < images->files().size(); ++i)
        printer.print(images->files()[i],
                      top_predictions(logits.values().subspan(i * row_length, row_length), classes));
}

void predict(const PredictArguments& arguments) {
    const Config config = resolve_config(arguments.flags);
    const std::int64_t classes = arguments.classes();
    const data::Fit fit = arguments.way_to_fit();
    const ComputeDevice compute = use_device(config);
    const auto model = load_cifar10_network(arguments.checkpoint);
    model->to(compute.device);

    const auto [files, errors] = find_all(arguments.paths);
    Printer printer(arguments.json);
    // Who reads JSON wants an array also where nothing is in it.
    Failures failures(!arguments.json && files.size() + errors.size() == 1);
    failures.add(errors);
    // One batch after the other: a folder may hold more pictures than fit into memory.
    std::int64_t predicted = 0;
    const auto batch_size = static_cast<std::size_t>(config.batch_size);
    for (std::span<const fs::path> rest(files); !rest.empty();
         rest = rest.subspan(std::min(rest.size(), batch_size))) {
        const auto images =
            std::make_shared<const data::PictureFiles>(rest.first(std::min(rest.size(), batch_size)), fit);
        failures.add(images->errors());
        if (images->size() > 0) predict_batch(*model, images, config, classes, printer);
        predicted += images->size();
    }
    printer.finish();
    failures.finish(predicted);
}

}  // namespace

Command add_predict(CLI::App& command) {
    auto arguments = std::make_shared<PredictArguments>();
    command
        .add_option("pictures", arguments->paths, "PNG, JPEG and BMP files, and folders to search for them")
        ->type_name("IMAGE|FOLDER");
    command
        .add_option("--checkpoint", arguments->checkpoint,
                    "model file: best.safetensors of a run, or a state_dict")
        ->type_name("FILE");
    command
        .add_option("--top-k", arguments->top_k,
                    "how many classes to name, the most probable first (default 5)")
        ->type_name("N");
    command
        .add_option("--fit", arguments->fit,
                    "how a picture becomes square: crop takes its middle, stretch all of it (default crop)")
        ->type_name("crop|stretch");
    command.add_flag("--json", arguments->json, "print one JSON array and nothing else");
    add_settings(command, arguments->flags, {"tta", "batch-size", "device", "threads"});
    return [arguments] {
        arguments->check();
        predict(*arguments);
    };
}

}  // namespace apps
