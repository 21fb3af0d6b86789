#include "apps/nearest_name.h"

#include <algorithm>

namespace apps {
namespace {

/// Insertions, deletions, replacements and swaps of neighbours that lead from a to b: the dynamic programme
/// of Damerau, "A technique for computer detection and correction of spelling errors" (1964), no place edited
/// twice.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> least(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i)
        for (std::size_t j = 0; j <= b.size(); ++j) {
            std::size_t& best = least[i][j];
            best = i == 0 || j == 0 ? std::max(i, j) : least[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            if (i > 0) best = std::min(best, least[i - 1][j] + 1);
            if (j > 0) best = std::min(best, least[i][j - 1] + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = std::min(best, least[i - 2][j - 2] + 1);
        }
    return least[a.size()][b.size()];
}

}  // namespace

std::string nearest_name(std::string_view typed, const std::vector<std::string>& known) {
    constexpr std::size_t longest = 64;  // the distance costs the product of the lengths
    if (typed.size() > longest) return "";
    std::string nearest;
    std::size_t least = std::max<std::size_t>(typed.size() / 3, 1) + 1;
    for (const std::string& name : known) {
        const std::size_t distance = edit_distance(typed, name);
        if (distance < least) {
            least = distance;
            nearest = name;
        }
    }
    return nearest;
}

}  // namespace apps
