#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// TensorBoard's event files: TFRecords of protocol buffers (tensorboard/compat/proto/event.proto and
/// summary.proto name the fields).
namespace engine {

struct Scalar {
    std::string tag;  ///< the curve; what stands before its first '/' groups curves
    double value;     ///< written as float32, which is what the format has
};

/// Writes events, on the disk's side of the buffer as soon as they are written. All failures are IoErrors.
class EventFile {
  public:
    /// Begins a new file. If others lie beside it, readers are told to forget what those say about
    /// `first_step` and later ones.
    EventFile(std::filesystem::path path, std::int64_t first_step);

    /// One event, of now.
    void write(std::int64_t step, const std::vector<Scalar>& scalars);
    /// Waits until all events are on the disk itself.
    void sync();

  private:
    void write_record(const std::string& event);
    [[noreturn]] void fail() const;

    std::filesystem::path path_;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

/// Whether an event of that step, with that tag first, is to stay.
using KeepsEvent = std::function<bool(std::int64_t step, std::string_view tag)>;

/// Takes events with scalars out of a file that nobody is writing; the file goes if none is left. What
/// follows a damaged or half-written record goes too. Throws IoError if the system refuses; the file is then
/// as it was.
void filter_event_file(const std::filesystem::path& path, const KeepsEvent& keeps);

}  // namespace engine
