#pragma once

#include <string>

namespace apps {

/// What Graphviz's program `dot`, found on PATH, draws of a DOT text, as SVG. Throws engine::Error if it is
/// not found, fails, or takes longer than a minute.
std::string render_svg(const std::string& dot_text);

}  // namespace apps
