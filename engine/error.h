#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace engine {

/// An error a person can act on: what was wrong, where, and what to do about it, in that order, as one line.
class Error : public std::runtime_error {
  public:
    Error(std::string_view what, std::string_view where, std::string_view remedy)
        : std::runtime_error(join(what, where, remedy)) {}

  private:
    static std::string join(std::string_view what, std::string_view where, std::string_view remedy) {
        std::string line(what);
        for (std::string_view part : {where, remedy}) line.append(", ").append(part);
        return line;
    }
};

/// Tensors that do not fit an operation, or a call that the autograd graph cannot serve: a bug in the caller.
struct UsageError : Error {
    using Error::Error;
};

/// A file given to the program is missing, damaged, or not what it should be.
struct InputError : Error {
    using Error::Error;
};

/// The operating system refused to read or write.
struct IoError : Error {
    using Error::Error;
};

/// The loss is no longer a number.
struct DivergedError : Error {
    using Error::Error;
};

}  // namespace engine
