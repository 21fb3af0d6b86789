#pragma once

#include <string>

/// What is known of this program since it was built.
namespace apps {

/// "cifar_engine 0.1.0"
std::string version_name();

/// The day of the commit that was built, or of the sources: "2026-11-24".
std::string version_date();

/// What --version prints: version, commit, compiler, build type, backends, instruction sets; one a line.
std::string version_text();

}  // namespace apps
