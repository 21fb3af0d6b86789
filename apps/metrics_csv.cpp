#include "apps/metrics_csv.h"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "apps/metrics_events.h"
#include "engine/serialize/atomic_file.h"

namespace apps {
namespace {

std::string row_of(const nlohmann::json& event, const std::vector<std::string>& columns) {
    std::vector<std::string> row;
    for (const std::string& column : columns)
        row.push_back(event.contains(column) ? event[column].dump() : "");
    return fmt::format("{}\n", fmt::join(row, ","));
}

}  // namespace

void write_metrics_csv(const std::filesystem::path& csv, const std::filesystem::path& metrics,
                       const std::string& split) {
    const std::vector<std::string> columns{"epoch",         "train_loss",        "train_accuracy",
                                           split + "_loss", split + "_accuracy", "seconds"};
    std::string table = fmt::format("{}\n", fmt::join(columns, ","));
    for_each_event(metrics, [&](const nlohmann::json& event) {
        if (event["event"] == "epoch") table += row_of(event, columns);
    });
    engine::AtomicFile out(csv);
    out.write(table);
    out.commit();
}

}  // namespace apps
