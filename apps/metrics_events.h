#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include <nlohmann/json_fwd.hpp>

namespace apps {

/// Calls use(event) for each line of a metrics.jsonl that is a JSON object with an "event", in order. Returns
/// how many lines are none, such as the last one of a run that was killed; a file that is not there has no
/// line.
std::int64_t for_each_event(const std::filesystem::path& metrics,
                            const std::function<void(const nlohmann::json&)>& use);

}  // namespace apps
