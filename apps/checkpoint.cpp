#include "apps/checkpoint.h"

#include <cstdlib>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "apps/parse_value.h"
#include "engine/error.h"
#include "engine/random.h"
#include "engine/serialize/layout.h"
#include "engine/serialize/safetensors.h"

namespace apps {
namespace {

using namespace engine;

constexpr const char* model_prefix = "model.";
constexpr const char* optimizer_prefix = "optimizer.";
constexpr const char* best_prefix = "best.";
constexpr const char* loader_name = "loader";

void append(SafeTensors& content, const std::string& prefix, const nn::NamedTensors& tensors) {
    for (const auto& [name, tensor] : tensors) content.tensors.emplace_back(prefix + name, tensor);
}

nn::NamedTensors part(const SafeTensors& content, const std::string& prefix) {
    nn::NamedTensors tensors;
    for (const auto& [name, tensor] : content.tensors)
        if (name.starts_with(prefix))
            tensors.emplace_back(name.substr(prefix.size()), to_channels_last(tensor));
    return tensors;
}

/// Reads the file's metadata, in which all numbers stand as text.
class MetadataReader {
  public:
    MetadataReader(const std::map<std::string, std::string>& metadata, const std::filesystem::path& path)
        : metadata_(metadata), path_(path) {}

    std::int64_t integer(const std::string& key) const {
        const auto value = parse_integer(text(key), 0, std::numeric_limits<std::int64_t>::max());
        if (!value) reject(key);
        return *value;
    }

    /// Written in hexadecimal, so that no bit is lost.
    double real(const std::string& key) const {
        const std::string& digits = text(key);
        char* end = nullptr;
        const double value = std::strtod(digits.c_str(), &end);
        if (digits.empty() || end != digits.c_str() + digits.size()) reject(key);
        return value;
    }

  private:
    const std::string& text(const std::string& key) const {
        const auto found = metadata_.find(key);
        if (found == metadata_.end()) reject(key);
        return found->second;
    }

    [[noreturn]] void reject(const std::string& key) const {
        throw InputError("'" + key + "' is missing or damaged", "in " + path_.string(),
                         "this is no state of a run: start again");
    }

    const std::map<std::string, std::string>& metadata_;
    const std::filesystem::path& path_;
};

}  // namespace

void save_state(const std::filesystem::path& path, const RunState& state, const nn::Module& model,
                const optim::Optimizer& optimizer) {
    const TrainPosition& position = state.position;
    SafeTensors content;
    append(content, model_prefix, model.state_dict());
    append(content, optimizer_prefix, optimizer.state());
    append(content, best_prefix, state.best.values);
    if (state.loader.defined()) content.tensors.emplace_back(loader_name, state.loader);
    content.metadata = {{"epoch", fmt::format("{}", position.epoch)},
                        {"batch", fmt::format("{}", position.batch)},
                        {"step", fmt::format("{}", position.step)},
                        {"loss_sum", fmt::format("{:a}", position.sums.loss)},
                        {"correct", fmt::format("{}", position.sums.correct)},
                        {"count", fmt::format("{}", position.sums.count)},
                        {"seed", fmt::format("{}", default_generator().seed())},
                        {"next_stream", fmt::format("{}", default_generator().next_stream())},
                        {"best_epoch", fmt::format("{}", state.best.epoch)},
                        {"best_test_accuracy", fmt::format("{:a}", state.best.test_accuracy)},
                        {"train_examples", fmt::format("{}", state.train_examples)}};
    save_safetensors(path, content, SavedLayout::channels_first);
}

RunState load_state(const std::filesystem::path& path, nn::Module& model, optim::Optimizer& optimizer) {
    const SafeTensors content = load_safetensors(path);
    const MetadataReader metadata(content.metadata, path);
    RunState state;
    state.position = {metadata.integer("epoch"),
                      metadata.integer("batch"),
                      metadata.integer("step"),
                      {metadata.real("loss_sum"), metadata.integer("correct"), metadata.integer("count")}};
    state.best = {metadata.integer("best_epoch"), metadata.real("best_test_accuracy"),
                  part(content, best_prefix)};
    state.train_examples = metadata.integer("train_examples");
    for (const auto& [name, tensor] : content.tensors)
        if (name == loader_name) state.loader = tensor;
    try {
        // The best values are loaded too, to see that they fit, before those of the present.
        if (state.best.epoch > 0) model.load_state_dict(state.best.values);
        model.load_state_dict(part(content, model_prefix));
        optimizer.load_state(part(content, optimizer_prefix));
    } catch (const UsageError& error) {
        throw InputError(std::string("the saved state does not fit the configuration: ") + error.what(),
                         "in " + path.string(),
                         "start again, or bring back the config.toml it was made with");
    }
    default_generator().restore(static_cast<std::uint64_t>(metadata.integer("seed")),
                                static_cast<std::uint64_t>(metadata.integer("next_stream")));
    return state;
}

}  // namespace apps
