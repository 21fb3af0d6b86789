#pragma once

#include <string>

namespace test {

/// The message of the E that `action` throws; "nothing thrown" if it throws nothing. Other exceptions pass.
template <typename E, typename Action>
std::string message_of(Action action) {
    try {
        action();
    } catch (const E& error) {
        return error.what();
    }
    return "nothing thrown";
}

/// Does the text hold all the parts?
template <typename... Parts>
bool holds(const std::string& text, const Parts&... parts) {
    return ((text.find(parts) != std::string::npos) && ...);
}

}  // namespace test
