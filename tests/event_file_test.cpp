#include "engine/serialize/event_file.h"

#include <chrono>

#include <doctest/doctest.h>

#include "engine/error.h"
#include "tests/support/events.h"
#include "tests/support/message_of.h"

namespace {

namespace fs = std::filesystem;

struct Folder : test::TemporaryFolder {
    fs::path path = *this / "events";

    void write_three() const {
        engine::EventFile file(path, 1);
        for (const std::int64_t step : {1, 2, 3})
            file.write(step, {{"step/a", 0.5 * static_cast<double>(step)}, {"step/b", -1}});
    }
};

double now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

TEST_CASE_FIXTURE(Folder, "scalars are written with step and time") {
    const double before = now();
    write_three();
    const auto points = test::points_of(path);
    REQUIRE(points.size() == 6);
    CHECK(points[0] == test::Point{1, "step/a", 0.5F, 0});
    CHECK(points[5] == test::Point{3, "step/b", -1, 0});
    for (const test::Point& point : points) {
        CHECK(point.wall_time >= before);
        CHECK(point.wall_time <= now());
    }
}

TEST_CASE_FIXTURE(Folder, "events are taken out by step and tag, and a file without any goes") {
    write_three();
    const std::string whole = test::read_bytes(path);
    engine::filter_event_file(path, [](std::int64_t, std::string_view tag) { return tag == "step/a"; });
    CHECK(test::read_bytes(path) == whole);
    engine::filter_event_file(path, [](std::int64_t step, std::string_view) { return step != 2; });
    const auto points = test::points_of(path);
    REQUIRE(points.size() == 4);
    CHECK(points[1].step == 1);
    CHECK(points[2].step == 3);
    engine::filter_event_file(path, [](std::int64_t, std::string_view) { return false; });
    CHECK_FALSE(fs::exists(path));
}

TEST_CASE_FIXTURE(Folder, "what was half written when the program was killed is cut off") {
    write_three();
    const std::string whole = test::read_bytes(path);
    const auto keeps_all = [](std::int64_t, std::string_view) { return true; };
    for (const std::size_t missing : {1U, 10U, 40U}) {
        test::write_bytes(path, whole.substr(0, whole.size() - missing));
        engine::filter_event_file(path, keeps_all);
        CHECK(test::points_of(path).size() == 4);
    }
    // A whole record that holds no event.
    test::write_bytes(path, whole + engine::tf_record("\xFF\xFF\xFF"));
    engine::filter_event_file(path, keeps_all);
    CHECK(test::read_bytes(path) == whole);
    test::write_bytes(path, "no event file at all");
    engine::filter_event_file(path, keeps_all);
    CHECK_FALSE(fs::exists(path));
}

TEST_CASE_FIXTURE(Folder, "a file that is there is not written over, and failures are told") {
    test::write_bytes(path, "mine");
    const auto message = test::message_of<engine::IoError>([&] { const engine::EventFile file(path, 1); });
    CHECK(test::holds(message, path.string()));
    CHECK(test::read_bytes(path) == "mine");
    CHECK(test::holds(
        test::message_of<engine::IoError>([&] { engine::filter_event_file(*this / "nothing", nullptr); }),
        "nothing"));
}
