#include "data/picture_files.h"

#include <algorithm>
#include <cctype>
#include <exception>
#include <optional>
#include <string>
#include <system_error>

#include "data/cifar10.h"
#include "data/picture.h"
#include "kernels/common/parallel.h"

namespace data {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t image_bytes = cifar10_side * cifar10_side * cifar10_channels;

bool is_called_picture(const fs::path& path) {
    std::string ending = path.extension().string();
    std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return std::tolower(c); });
    return ending == ".png" || ending == ".jpg" || ending == ".jpeg" || ending == ".bmp";
}

/// Adds what is under a folder.
void look_into(const fs::path& folder, FoundPictures& found) {
    std::error_code error, ignored;
    std::vector<fs::path> folders;
    fs::directory_iterator entry(folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        if (entry->is_directory(ignored)) {
            if (!entry->is_symlink(ignored)) folders.push_back(entry->path());
        } else if (is_called_picture(entry->path())) {
            found.files.push_back(entry->path());  // also a link to nowhere, for read_picture() to report
        }
    }
    if (error)
        found.errors.emplace_back("the folder cannot be read: " + error.message(), "in " + folder.string(),
                                  "check its permissions");
    for (const fs::path& inner : folders) look_into(inner, found);
}

/// Writes the image to `out`, or says why not.
std::optional<engine::InputError> read_image(const fs::path& file, Fit fit, std::uint8_t* out) {
    try {
        resize(read_picture(file), fit, cifar10_side, out);
        return std::nullopt;
    } catch (const engine::InputError& error) {
        return error;
    } catch (const std::exception& error) {
        return engine::InputError(error.what(), "in " + file.string(), "make the picture smaller");
    }
}

}  // namespace

FoundPictures find_pictures(const fs::path& path) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) return {{path}, {}};
    FoundPictures found;
    look_into(path, found);
    if (found.files.empty() && found.errors.empty())
        found.errors.emplace_back("there is no picture", "in " + path.string(),
                                  "give a folder with files called .png, .jpg, .jpeg or .bmp");
    std::ranges::sort(found.files);
    return found;
}

PictureFiles::PictureFiles(std::span<const fs::path> files, Fit fit) {
    // A large picture takes a gigabyte while it is decoded: not as many at once as a machine may have
    // threads.
    constexpr std::size_t most_at_once = 4;
    std::vector<std::optional<engine::InputError>> errors(files.size());
    std::vector<std::uint8_t> all(files.size() * image_bytes);
    kernels::parallel_for(most_at_once, [&](std::int64_t first) {
        for (auto i = static_cast<std::size_t>(first); i < files.size(); i += most_at_once)
            errors[i] = read_image(files[i], fit, all.data() + i * image_bytes);
    });
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (errors[i]) {
            errors_.push_back(*errors[i]);
            continue;
        }
        files_.push_back(files[i]);
        const std::uint8_t* image = all.data() + i * image_bytes;
        bytes_.insert(bytes_.end(), image, image + image_bytes);
    }
}

engine::Shape PictureFiles::image_shape() const { return {cifar10_side, cifar10_side, cifar10_channels}; }

void PictureFiles::copy_bytes(std::int64_t index, std::uint8_t* out) const {
    check_index(index, "PictureFiles::copy_bytes");
    std::copy_n(bytes_.data() + index * image_bytes, image_bytes, out);
}

std::int64_t PictureFiles::label(std::int64_t index) const {
    check_index(index, "PictureFiles::label");
    return 0;
}

}  // namespace data
