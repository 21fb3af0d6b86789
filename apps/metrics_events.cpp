#include "apps/metrics_events.h"

#include <fstream>
#include <string>

#include "apps/bounded_json.h"

namespace apps {

std::int64_t for_each_event(const std::filesystem::path& metrics,
                            const std::function<void(const nlohmann::json&)>& use) {
    std::ifstream file(metrics, std::ios::binary);
    std::int64_t others = 0;
    for (std::string line; std::getline(file, line);) {
        const nlohmann::json event = parse_bounded(line);
        if (event.is_object() && event.contains("event"))
            use(event);
        else
            ++others;
    }
    return others;
}

}  // namespace apps
