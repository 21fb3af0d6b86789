#pragma once

#include <cctype>
#include <string>
#include <string_view>
#include <vector>

/// How tests read the pages that the program writes.
namespace test {

/// What keeps a page from being well-formed XML (https://www.w3.org/TR/xml/): empty if nothing does. It knows
/// what our pages are made of: elements, quoted attributes, entities, text.
class MarkupCheck {
  public:
    explicit MarkupCheck(std::string_view page) : rest_(page) {
        skip("<!DOCTYPE html>");
        while (error.empty() && !rest_.empty()) rest_.front() == '<' ? tag() : text();
        if (error.empty() && !open_.empty()) error = "not closed: " + open_.back();
    }

    std::string error;

  private:
    bool skip(std::string_view part) {
        if (!rest_.starts_with(part)) return false;
        rest_.remove_prefix(part.size());
        return true;
    }

    std::string name() {
        std::size_t length = 0;
        while (length < rest_.size() &&
               (std::isalnum(static_cast<unsigned char>(rest_[length])) != 0 || rest_[length] == '-'))
            ++length;
        const std::string found(rest_.substr(0, length));
        rest_.remove_prefix(length);
        return found;
    }

    void fail(const std::string& what) { error = what + " before: " + std::string(rest_.substr(0, 60)); }

    /// Up to the character, in which entities are whole and nothing is markup.
    void content(char end) {
        while (error.empty() && !rest_.empty() && rest_.front() != end) {
            if (rest_.front() == '<') return fail("a < in a value");
            if (rest_.front() == '&') {
                const std::string_view entity = rest_.substr(0, rest_.find(';') + 1);
                if (entity != "&amp;" && entity != "&lt;" && entity != "&gt;" && entity != "&quot;" &&
                    entity != "&#39;")
                    return fail("a lone &");
            }
            rest_.remove_prefix(1);
        }
    }

    void text() {
        if (open_.empty() && rest_.front() != '\n') return fail("text outside of the page");
        content('<');
    }

    void tag() {
        if (skip("</")) {
            const std::string closed = name();
            if (open_.empty() || open_.back() != closed) return fail("</" + closed + ">");
            open_.pop_back();
            if (!skip(">")) fail("no > after a name");
            return;
        }
        skip("<");
        open_.push_back(name());
        if (open_.back().empty()) return fail("no name after <");
        while (error.empty() && skip(" ")) {
            if (rest_.starts_with("/>")) break;
            if (name().empty() || !skip("=\"")) return fail("no attribute");
            content('"');
            if (!skip("\"")) return fail("an attribute without end");
        }
        if (skip("/>")) return open_.pop_back();
        if (!skip(">")) fail("no > after an element's name");
    }

    std::string_view rest_;
    std::vector<std::string> open_;
};

/// The page is well-formed and asks for nothing from elsewhere.
inline std::string page_error(const std::string& page) {
    if (const std::string error = MarkupCheck(page).error; !error.empty()) return error;
    for (const char* reference : {"http:", "https:", "//cdn", "@import", "url(http", "<link", "<iframe"})
        if (page.find(reference) != std::string::npos) return std::string("refers to ") + reference;
    for (const char* attribute : {"src=\"", "href=\""})
        for (std::size_t at = 0; (at = page.find(attribute, at)) != std::string::npos; ++at)
            if (page.compare(at + std::string_view(attribute).size(), 22, "data:image/png;base64,") != 0)
                return "refers to " + page.substr(at, 60);
    return page.starts_with("<!DOCTYPE html>") && page.find("</html>") != std::string::npos ? ""
                                                                                            : "is not whole";
}

/// How often a part stands in a text.
inline int occurrences(const std::string& text, const std::string& part) {
    int count = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
    return count;
}

}  // namespace test
