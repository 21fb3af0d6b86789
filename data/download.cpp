#include "data/download.h"

#include <array>
#include <exception>
#include <fstream>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>

#include <curl/curl.h>
#include <stdlib.h>

#include "data/cifar10.h"
#include "data/extract.h"
#include "data/sha256.h"

namespace data {
namespace {

namespace fs = std::filesystem;

/// A new folder beside `target`, so on the same file system; gone at the end with all that is in it.
class TemporaryFolder {
  public:
    explicit TemporaryFolder(const fs::path& target) {
        std::error_code error;
        fs::create_directories(target.parent_path(), error);
        std::string pattern = target.string() + ".partial-XXXXXX";
        if (error || mkdtemp(pattern.data()) == nullptr)
            throw engine::IoError(
                "cannot create a folder", "in " + target.parent_path().string(),
                "check its permissions, or choose another place with CIFAR10_DIR or XDG_CACHE_HOME");
        path_ = pattern;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

/// One transfer under way: what libcurl's callbacks need.
struct Transfer {
    const Archive& archive;
    const DownloadProgress& progress;
    const fs::path& path;
    std::ofstream file{path, std::ios::binary};
    Sha256 digest{};
    std::int64_t received = 0;
    std::exception_ptr failure{};  // an exception must not pass through libcurl, which is C: it waits here

    void take(std::span<const char> bytes) {
        received += static_cast<std::int64_t>(bytes.size());
        if (received > archive.bytes)
            throw engine::InputError("more than the expected " + std::to_string(archive.bytes) + " bytes",
                                     "from " + archive.url, "the file there was changed; try again later");
        if (!file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())))
            throw engine::IoError("cannot write", path.string(), "check the free space of the disk");
        digest.update(bytes);
    }
};

/// Calls `action` and says whether it returned; keeps what it throws.
template <typename Action>
bool succeeds(Transfer& transfer, Action action) {
    try {
        action();
        return true;
    } catch (...) {
        transfer.failure = std::current_exception();
        return false;
    }
}

std::size_t on_bytes(const char* bytes, std::size_t, std::size_t count, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    return succeeds(transfer, [&] { transfer.take({bytes, count}); }) ? count : CURL_WRITEFUNC_ERROR;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    auto& transfer = *static_cast<Transfer*>(user);
    return succeeds(transfer, [&] { transfer.progress(transfer.received, transfer.archive.bytes); }) ? 0 : 1;
}

struct CurlCleanup {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};

void configure(CURL* curl, Transfer& transfer, char* error_text) {
    curl_easy_setopt(curl, CURLOPT_URL, transfer.archive.url.c_str());
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error_text);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,file");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);  // a page that says 404 is no archive
    // No network must show within seconds. libcurl would otherwise wait for the system's name resolver, which
    // takes far longer to give up, even after its own time is over.
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 5L);
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1000L);  // bytes per second
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 10L);     // seconds
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
    if (transfer.progress) {
        curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &on_progress);
        curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
    }
}

void perform(Transfer& transfer) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    const std::unique_ptr<CURL, CurlCleanup> curl(initialised == CURLE_OK ? curl_easy_init() : nullptr);
    if (!curl)
        throw NetworkError("libcurl could not be started", "before " + transfer.archive.url,
                           "check its library");
    std::array<char, CURL_ERROR_SIZE> error_text{};
    configure(curl.get(), transfer, error_text.data());
    const CURLcode status = curl_easy_perform(curl.get());
    if (transfer.failure) std::rethrow_exception(transfer.failure);
    if (status == CURLE_OK) return;
    const std::string reason = error_text[0] != '\0' ? error_text.data() : curl_easy_strerror(status);
    throw NetworkError(
        "download failed: " + reason, "from " + transfer.archive.url,
        "check the network, or name a folder that holds the data set with --data or CIFAR10_DIR");
}

void check(Transfer& transfer) {
    const Archive& expected = transfer.archive;
    const auto fail = [&](const std::string& what) {
        throw engine::InputError(what, "in the archive from " + expected.url,
                                 "try again; if that does not help, the file there was changed");
    };
    if (transfer.received != expected.bytes)
        fail(std::to_string(transfer.received) + " bytes instead of " + std::to_string(expected.bytes));
    const std::string digest = transfer.digest.hex();
    if (digest != expected.sha256) fail("SHA-256 " + digest + " instead of " + expected.sha256);
}

void fetch(const Archive& archive, const fs::path& path, const DownloadProgress& progress) {
    Transfer transfer{archive, progress, path};
    perform(transfer);
    transfer.file.close();
    if (!transfer.file)
        throw engine::IoError("cannot write", path.string(), "check the free space of the disk");
    check(transfer);
}

/// True if data is there and in order; throws if something else is.
bool already_there(const fs::path& directory) {
    std::error_code ignored;
    if (!fs::exists(directory, ignored) || fs::is_empty(directory, ignored)) return false;
    check_cifar10_files(directory);
    return true;
}

}  // namespace

bool download_cifar10(const fs::path& directory, const Archive& archive, const DownloadProgress& progress) {
    // Absolute and without a slash at its end, so that its parent is the folder it lies in.
    fs::path target = fs::absolute(directory).lexically_normal();
    if (!target.has_filename()) target = target.parent_path();
    if (already_there(target)) return false;

    const TemporaryFolder temporary(target);
    const fs::path archive_file = temporary.path() / "archive.tar.gz";
    const fs::path files = temporary.path() / "files";
    fetch(archive, archive_file, progress);
    extract_cifar10(archive_file, files);
    check_cifar10_files(files);

    std::error_code error;
    fs::rename(files, target, error);
    // Another process that downloads at the same time may have been quicker.
    if (error && !already_there(target))
        throw engine::IoError("cannot move the data set to its place: " + error.message(), target.string(),
                              "check the permissions of the folder it lies in");
    return true;
}

}  // namespace data
