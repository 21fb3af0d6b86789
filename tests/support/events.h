#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>
#include <protozero/pbf_reader.hpp>

#include "engine/serialize/tf_record.h"
#include "tests/support/temporary_folder.h"

namespace test {

/// One point of a curve in an event file.
struct Point {
    std::int64_t step;
    std::string tag;
    float value;
    double wall_time;

    bool operator==(const Point& other) const {
        return std::tie(step, tag, value) == std::tie(other.step, other.tag, other.value);
    }
};

inline Point read_value(protozero::pbf_reader value) {
    Point point{};
    while (value.next()) {
        if (value.tag() == 1)
            point.tag = value.get_string();
        else if (value.tag() == 2)
            point.value = value.get_float();
        else
            value.skip();
    }
    return point;
}

/// The points of an event file, all of whose records must be whole.
inline std::vector<Point> points_of(const std::filesystem::path& file) {
    const std::string content = read_bytes(file);
    std::string_view rest = content;
    std::vector<Point> points;
    while (const auto record = engine::take_tf_record(rest)) {
        protozero::pbf_reader event(record->data(), record->size());
        double wall_time = 0;
        std::int64_t step = 0;
        while (event.next()) {
            if (event.tag() == 1)
                wall_time = event.get_double();
            else if (event.tag() == 2)
                step = event.get_int64();
            else if (event.tag() == 5)
                for (protozero::pbf_reader summary = event.get_message(); summary.next();) {
                    points.push_back(read_value(summary.get_message()));
                    points.back().step = step;
                    points.back().wall_time = wall_time;
                }
            else
                event.skip();
        }
    }
    CHECK(rest.empty());
    return points;
}

}  // namespace test
