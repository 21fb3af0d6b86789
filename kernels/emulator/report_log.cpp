#include "kernels/emulator/report_log.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "kernels/emulator/emulator.h"
#include "kernels/emulator/execution.h"

namespace kernels::emulator {
namespace {

std::string text_of(const Position& p) {
    return "(" + std::to_string(p.x) + "," + std::to_string(p.y) + "," + std::to_string(p.z) + ")";
}

std::string text_of(const SourcePlace& place) {
    return place.file.empty() ? "a place without debug information"
                              : place.file + ":" + std::to_string(place.line);
}

std::string text_of(const Report& report, const std::string& what) {
    std::string text = std::string(name(report.kind)) + ": " + report.kernel;
    if (!report.threads.empty()) {
        text += ", thread " + text_of(report.threads[0]) + " of block " + text_of(report.block) + ", at " +
                text_of(report.where);
    }
    text += ": " + what;
    if (!report.memory.empty()) text += ", " + report.memory;
    if (report.threads.size() > 1) {
        text += "; the other is thread " + text_of(report.threads[1]);
        if (!(report.other_block == report.block) &&
            (report.kind == Kind::global_race || report.kind == Kind::mixed_atomic))
            text += " of block " + text_of(report.other_block);
        if (!report.other.file.empty()) text += ", at " + text_of(report.other);
    }
    return text;
}

auto identity(const Report& report) {
    return std::make_tuple(report.kind, report.kernel, report.where.file, report.where.line,
                           report.other.file, report.other.line);
}

}  // namespace

ReportLog& ReportLog::instance() {
    static ReportLog& log = *new ReportLog;
    return log;
}

void ReportLog::add(Report report, const std::string& what) {
    const auto same = [&](const Report& earlier) { return identity(earlier) == identity(report); };
    if (std::any_of(reports_.begin(), reports_.end(), same)) return;
    report.text = text_of(report, what);
    reports_.push_back(std::move(report));
}

void ReportLog::throw_pending() {
    if (pending()) throw ReportError(std::exchange(reports_, {}));
}

void ReportLog::start_collecting() {
    if (collectors_++ == 0) reports_.clear();
}

void ReportLog::stop_collecting() {
    if (--collectors_ == 0) reports_.clear();
}

CollectReports::CollectReports() { ReportLog::instance().start_collecting(); }
CollectReports::~CollectReports() { ReportLog::instance().stop_collecting(); }
const std::vector<Report>& CollectReports::reports() const { return ReportLog::instance().reports(); }

void set_order(Order order, std::uint64_t seed) { Execution::instance().set_order(order, seed); }

}  // namespace kernels::emulator
