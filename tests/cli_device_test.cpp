// The command line: --device.
#include <cmath>

#include "tests/support/command_line.h"
#include "tests/support/devices.h"

using namespace test;

TEST_CASE_FIXTURE(CommandLine, "a device that is not there is exit code 5, no silent fallback") {
    for (const kernels::Device device : {kernels::Device::cuda, kernels::Device::emulated}) {
        if (is_usable(device)) continue;
        check_error(run(train_arguments("run", {"--device", name(device)})), 5, name(device));
    }
    CHECK_FALSE(fs::exists(folder("run")));
}

TEST_CASE_FIXTURE(CommandLine, "every device trains, resumes and evaluates as the CPU does") {
    // Batches of 33 and 14: the first is recorded, launched again, and recorded anew when the run goes on.
    const auto story = [&](const std::string& device) {
        train(device, {"--device", device, "--batch-size", "33", "--max-steps", "4", "--log-every", "1"});
        const ProcessResult resumed = resume(device, {"--device", device, "--max-steps", "8"});
        REQUIRE_MESSAGE(resumed.exit_code == 0, resumed.err);
        CHECK(lines_of(resumed.out)[0].starts_with("device " + device + " ("));
        std::vector<json> events = timeless_events(folder(device));
        events.push_back(json::parse(run({"eval", "--checkpoint", folder(device) / "last.safetensors",
                                          "--data", data, "--device", device, "--json"})
                                         .out));
        return events;
    };
    const std::vector<json> expected = story("cpu");
    for (const kernels::Device device : other_devices()) {
        const std::vector<json> actual = story(name(device));
        REQUIRE(actual.size() == expected.size());
        for (std::size_t i = 0; i < actual.size(); ++i)
            for (const auto& [key, value] : expected[i].items()) {
                CAPTURE(key);
                if (value.is_number_float())
                    CHECK(std::abs(actual[i].at(key).get<double>() - value.get<double>()) < 1e-4);
                else
                    CHECK(actual[i].at(key) == value);
            }
    }
}
