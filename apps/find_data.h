#pragma once

#include <string>

#include "data/locate.h"

namespace apps {

/// The repository this program was built from, where data is looked for.
std::filesystem::path repository();

/// Resolves --data, and tells on standard error how a download comes along and, so that nobody can miss it,
/// if all there is is the bundled sample. Throws what data::locate throws; Interrupted during a download.
data::Location find_data(const std::string& setting);

/// How a download comes along, on standard error.
class DownloadDisplay {
  public:
    DownloadDisplay();
    ~DownloadDisplay();
    DownloadDisplay(const DownloadDisplay&) = delete;
    DownloadDisplay& operator=(const DownloadDisplay&) = delete;

    /// As a callback for downloads. It refers to this object.
    data::DownloadProgress callback();

  private:
    void show(std::int64_t received, std::int64_t total);

    bool live_;
    std::int64_t shown_quarters_ = 0;
};

}  // namespace apps
