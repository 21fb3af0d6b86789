#include "apps/metrics_csv.h"

#include <fstream>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "engine/serialize/atomic_file.h"

namespace apps {

void write_metrics_csv(const std::filesystem::path& csv, const std::filesystem::path& metrics,
                       const std::string& split) {
    const std::vector<std::string> columns{"epoch",         "train_loss",        "train_accuracy",
                                           split + "_loss", split + "_accuracy", "seconds"};
    std::string table = fmt::format("{}\n", fmt::join(columns, ","));
    std::ifstream file(metrics, std::ios::binary);
    for (std::string line; std::getline(file, line);) {
        const auto event = nlohmann::json::parse(line, nullptr, false);
        if (!event.is_object() || event.value("event", "") != "epoch") continue;
        std::vector<std::string> row;
        for (const std::string& column : columns)
            row.push_back(event.contains(column) ? event[column].dump() : "");
        table += fmt::format("{}\n", fmt::join(row, ","));
    }
    engine::AtomicFile out(csv);
    out.write(table);
    out.commit();
}

}  // namespace apps
