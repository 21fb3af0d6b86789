#include "engine/serialize/event_file.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <unistd.h>

#include "engine/error.h"
#include "engine/serialize/atomic_file.h"
#include "engine/serialize/tf_record.h"

namespace engine {
namespace {

// The numbers of the fields used, by message.
namespace event_field {
enum : protozero::pbf_tag_type { wall_time = 1, step = 2, file_version = 3, summary = 5, session_log = 7 };
}
namespace summary_field {
enum : protozero::pbf_tag_type { value = 1 };
}
namespace value_field {
enum : protozero::pbf_tag_type { tag = 1, simple_value = 2 };
}
namespace session_field {
enum : protozero::pbf_tag_type { status = 1 };
}
constexpr std::int32_t session_start = 1;

double seconds_since_1970() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string version_event() {
    std::string event;
    protozero::pbf_writer writer(event);
    writer.add_double(event_field::wall_time, seconds_since_1970());
    writer.add_string(event_field::file_version, "brain.Event:2");
    return event;
}

std::string start_event(std::int64_t step) {
    std::string event;
    protozero::pbf_writer writer(event);
    writer.add_double(event_field::wall_time, seconds_since_1970());
    writer.add_int64(event_field::step, step);
    protozero::pbf_writer session(writer, event_field::session_log);
    session.add_enum(session_field::status, session_start);
    return event;
}

std::string scalar_event(std::int64_t step, const std::vector<Scalar>& scalars) {
    std::string event;
    protozero::pbf_writer writer(event);
    writer.add_double(event_field::wall_time, seconds_since_1970());
    writer.add_int64(event_field::step, step);
    protozero::pbf_writer summary(writer, event_field::summary);
    for (const Scalar& scalar : scalars) {
        protozero::pbf_writer value(summary, summary_field::value);
        value.add_string(value_field::tag, scalar.tag);
        value.add_float(value_field::simple_value, static_cast<float>(scalar.value));
    }
    return event;
}

/// The tag of a summary's first value.
std::string first_tag(protozero::pbf_reader summary) {
    if (!summary.next(summary_field::value)) return "";
    protozero::pbf_reader value = summary.get_message();
    return value.next(value_field::tag) ? value.get_string() : "";
}

struct ScalarEvent {
    std::int64_t step;
    std::string tag;
};

/// Empty for an event without scalars.
std::optional<ScalarEvent> read_scalar_event(std::string_view bytes) {
    protozero::pbf_reader event(bytes.data(), bytes.size());
    std::int64_t step = 0;
    std::optional<std::string> tag;
    while (event.next()) {
        if (event.tag() == event_field::step)
            step = event.get_int64();
        else if (event.tag() == event_field::summary)
            tag = first_tag(event.get_message());
        else
            event.skip();
    }
    return tag ? std::optional(ScalarEvent{step, *tag}) : std::nullopt;
}

}  // namespace

EventFile::EventFile(std::filesystem::path path, std::int64_t first_step)
    : path_(std::move(path)), file_(std::fopen(path_.c_str(), "wbx"), &std::fclose) {
    if (!file_) fail();
    write_record(version_event());
    if (first_step > 1) write_record(start_event(first_step));
}

void EventFile::write(std::int64_t step, const std::vector<Scalar>& scalars) {
    write_record(scalar_event(step, scalars));
}

void EventFile::write_record(const std::string& event) {
    const std::string record = tf_record(event);
    if (std::fwrite(record.data(), 1, record.size(), file_.get()) != record.size() ||
        std::fflush(file_.get()) != 0)
        fail();
}

void EventFile::sync() {
    if (::fsync(::fileno(file_.get())) != 0 && errno != EINVAL)
        fail();  // EINVAL: no file that could be synced
}

void EventFile::fail() const {
    throw IoError(std::string("cannot write an event file: ") + std::strerror(errno), "to " + path_.string(),
                  "free some space on the disk");
}

void filter_event_file(const std::filesystem::path& path, const KeepsEvent& keeps) {
    std::ifstream file(path, std::ios::binary);
    const bool is_open = file.is_open();
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    if (!is_open || file.bad())
        throw IoError("cannot read the event file", "at " + path.string(), "check its permissions");
    file.close();
    std::string kept;
    bool has_scalars = false;
    std::string_view rest = content;
    try {
        while (const auto record = take_tf_record(rest)) {
            const auto event = read_scalar_event(*record);
            if (event && !keeps(event->step, event->tag)) continue;
            has_scalars |= event.has_value();
            kept += tf_record(*record);
        }
    } catch (const protozero::exception&) {  // no event: like a damaged record
    }
    if (kept == content) return;
    if (!has_scalars) {
        std::error_code error;
        if (std::filesystem::remove(path, error); error)
            throw IoError("cannot remove the event file: " + error.message(), "at " + path.string(),
                          "check the folder's permissions");
        return;
    }
    AtomicFile replacement(path);
    replacement.write(kept);
    replacement.commit();
}

}  // namespace engine
