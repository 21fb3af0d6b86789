// What pages are written of: text, axes, charts, pictures.
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "apps/bounded_json.h"
#include "apps/report/axis.h"
#include "apps/report/html.h"
#include "apps/report/line_chart.h"
#include "apps/report/picture.h"
#include "tests/support/markup.h"
#include "tests/support/message_of.h"

using namespace apps;
using test::holds;
using test::occurrences;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

std::string drawn(const std::vector<ChartPoint>& points, LineStyle style = LineStyle::solid) {
    return draw({"Loss", "nats", false, {{"train loss", 0, style, points}}}, 1);
}

}  // namespace

TEST_CASE("text is escaped, and what is no text is replaced") {
    CHECK(escape(R"(<script>alert("it's & more")</script>)") ==
          "&lt;script&gt;alert(&quot;it&#39;s &amp; more&quot;)&lt;/script&gt;");
    CHECK(escape("Z\xC3\xBCrich \xE2\x82\xAC \xF0\x9F\x98\x80") ==
          "Z\xC3\xBCrich \xE2\x82\xAC \xF0\x9F\x98\x80");
    const std::string replaced = "\xEF\xBF\xBD";
    for (const std::string wrong : {"\xFF", "\xC3", "\x80", "\x01", "\x1B", "\xC0", "\xF8"})
        CHECK(escape(wrong) == replaced);
    CHECK(escape(std::string(1, '\0')) == replaced);
    CHECK(escape("\xC0\xAF") == replaced + replaced);                 // an overlong '/'
    CHECK(escape("\xED\xA0\x80") == replaced + replaced + replaced);  // half of a surrogate pair
    CHECK(escape("\xE2\x82") == replaced + replaced);                 // cut off
    CHECK(escape("\xF4\x90\x80\x80") == replaced + replaced + replaced + replaced);  // beyond U+10FFFF
}

TEST_CASE("figures are written alike, and none is NaN") {
    CHECK(percent_text(0.8369) == "83.69%");
    CHECK(loss_text(0.37368) == "0.3737");
    CHECK(percent_text(not_a_number) == loss_text(not_a_number));
    CHECK_FALSE(holds(percent_text(not_a_number), "nan"));
}

TEST_CASE("an axis has round ticks around what it shows") {
    const Axis loss(0.37, 2.31, 0, 100, 5);
    CHECK(loss.step() == doctest::Approx(0.5));
    CHECK(loss.low() == doctest::Approx(0));
    CHECK(loss.high() == doctest::Approx(2.5));
    CHECK(loss.place(0) == doctest::Approx(0));
    CHECK(loss.place(2.5) == doctest::Approx(100));
    CHECK(loss.place(1) == doctest::Approx(40));
    CHECK(loss.ticks().size() == 6);
    CHECK(loss.decimals() == 1);
    CHECK(Axis(0, 30, 0, 1, 6).ticks() == std::vector<double>{0, 5, 10, 15, 20, 25, 30});
    CHECK(Axis(0.8, 0.84, 0, 1, 4).decimals() == 2);
    CHECK(Axis(0, 1e6, 0, 1, 5).decimals() == 0);
    for (const auto& [least, most] :
         {std::pair{0.0, 0.0}, {3.0, 3.0}, {-1e30, 1e30}, {1e29, 1e29}, {-2.0, -1.0}, {1.0, 1.0 + 1e-15}}) {
        CAPTURE(least);
        CAPTURE(most);
        const Axis axis(least, most, 10, 20, 5);
        const double rounding = axis.step() * 1e-5;
        CHECK(axis.low() <= least + rounding);
        CHECK(axis.high() >= most - rounding);
        CHECK(axis.low() < axis.high());
        CHECK(axis.ticks().size() >= 2);
        CHECK(axis.ticks().size() < 20);
        CHECK(std::isfinite(axis.place(most)));
    }
}

TEST_CASE("a chart marks every value, leaves out what is none, and is well-formed") {
    const std::string chart = drawn({{1, 2.5}, {2, not_a_number}, {3, 0.5}, {4, INFINITY}});
    CHECK(test::MarkupCheck(chart).error.empty());
    CHECK(occurrences(chart, "<circle") == 2);
    CHECK(holds(chart, "<title>epoch 1\ntrain loss 2.5000</title>",
                "<title>epoch 3\ntrain loss 0.5000</title>", ">epoch</text>", ">nats</text>"));
    CHECK_FALSE(holds(chart, "nan"));
    CHECK_FALSE(holds(chart, "inf"));
    CHECK(test::MarkupCheck(drawn({})).error.empty());
    CHECK(occurrences(drawn({{1, 5}}), "<circle") == 1);
}

TEST_CASE("extremes of single batches do not flatten the other curves") {
    std::vector<ChartPoint> batches;
    for (int i = 0; i < 5000; ++i) batches.push_back({i / 1000.0, i == 10 ? 1e6 : 2.0});
    const LineChart chart{"Loss",
                          "nats",
                          false,
                          {{"single batches", 2, LineStyle::faint, batches, false},
                           {"train loss", 0, LineStyle::solid, {{1, 1.5}, {2, 1}, {3, 0.5}}}}};
    const std::string drawing = draw(chart, 1);
    CHECK(holds(drawing, ">0.5</text>", ">2.0</text>"));
    CHECK_FALSE(holds(drawing, "000</text>"));
    CHECK(drawing.size() < 20000);  // and no more points than a screen has
}

TEST_CASE("filters become tiles of a sheet, each scaled to its own largest weight") {
    std::vector<float> filters(9 * 2 * 2 * 3, 0.0F);  // nine of 2x2
    filters[0] = 2;
    filters[1] = -2;
    filters[12] = 0.5F;
    const Picture sheet = filter_sheet(filters, 2);
    CHECK(sheet.width == 8 * 3 - 1);
    CHECK(sheet.height == 2 * 3 - 1);
    const auto pixel = [&](int y, int x) {
        const std::uint8_t* at =
            &sheet.bytes[static_cast<std::size_t>((std::int64_t{y} * sheet.width + x) * 4)];
        return std::vector<int>{at[0], at[1], at[2], at[3]};
    };
    CHECK(pixel(0, 0) == std::vector<int>{255, 0, 128, 255});
    CHECK(pixel(0, 3) == std::vector<int>{255, 128, 128, 255});
    CHECK(pixel(0, 2) == std::vector<int>{0, 0, 0, 0});
    CHECK(pixel(3, 0) == std::vector<int>{128, 128, 128, 255});
    CHECK(pixel(3, 3)[3] == 0);  // there is no tenth
}

TEST_CASE("a picture is a PNG file in base64") {
    const std::string png = png_base64({1, 2, 3, {255, 0, 0, 0, 0, 255}});
    CHECK(png.starts_with("iVBORw0KGgo"));  // the signature
    CHECK(png.size() % 4 == 0);
    CHECK(png.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") ==
          std::string::npos);
}

TEST_CASE("JSON of whatever origin is read up to a depth") {
    CHECK(number_in(parse_bounded(R"({"x":1.5})"), "x") == 1.5);
    CHECK(count_in(parse_bounded(R"({"x":7})"), "x") == 7);
    for (const char* text :
         {R"({"x":-1})", R"({"x":1.5})", R"({"x":"7"})", R"({"x":18446744073709551615})", "{}"})
        CHECK(count_in(parse_bounded(text), "x") == -1);
    for (const char* text : {R"({"x":null})", R"({"x":"1"})", R"({"x":1e300})", "{}"})
        CHECK(std::isnan(number_in(parse_bounded(text), "x")));
    for (const std::string& text :
         {std::string(1000000, '['), std::string("{\"x\":1"), std::string(R"({"x":NaN})"),
          std::string(R"({"x":1e400})"), std::string()})
        CHECK(parse_bounded(text).is_discarded());
}
