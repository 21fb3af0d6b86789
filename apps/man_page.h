#pragma once

#include <string>

#include "apps/command_description.h"

namespace apps {

/// The manual page, for man, groff and mandoc: what the command line's definition says of commands and flags,
/// and what holds for all of them.
std::string man_page(const CommandDescription& program);

}  // namespace apps
