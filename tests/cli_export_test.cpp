// `export onnx`: what is refused, and what stands in the file. tests/parity/onnx_in_onnxruntime_test.py reads
// it with ONNX's own tools.
#include "models/attention_net.h"
#include "models/model_file.h"
#include "tests/support/command_line.h"

using namespace test;

namespace {

std::string saved_model(const fs::path& path, const models::AttentionNetOptions& options) {
    models::save_model(path, models::AttentionNet(options));
    return path;
}

}  // namespace

TEST_CASE_FIXTURE(CommandLine, "a network is written with its parameters by name") {
    const std::string model =
        saved_model(folder("model.safetensors"), {.widths = {4, 6}, .blocks = {1, 2}, .hidden = 5});
    const std::string out = folder("model.onnx");
    const ProcessResult result = run({"export", "onnx", "--checkpoint", model, "--out", out});
    REQUIRE_MESSAGE(result.exit_code == 0, result.err);
    CHECK(holds(result.out, "wrote " + out, "opset 17", "float32 (N, 3, 32, 32)", "logits float32 (N, 10)"));
    const std::string file = read_bytes(out);
    CHECK(holds(file, "cifar_engine", "backbone.2.conv3.weight", "classifier.fc2.bias", "running_var",
                "images", "logits", "0.4914,0.4822,0.4465", "airplane,automobile"));
    CHECK_FALSE(holds(file, "num_batches_tracked"));

    run({"export", "onnx", "--checkpoint", model, "--out", folder("again.onnx")});
    CHECK(read_bytes(folder("again.onnx")) == file);
    CHECK(holds(run({"export", "onnx", "--checkpoint", model, "--out", out, "--normalize"}).out,
                "uint8 (N, 3, 32, 32), bytes 0 to 255"));
}

TEST_CASE_FIXTURE(CommandLine, "export refuses what makes no sense, and keeps what was there") {
    const std::string model = saved_model(folder("model.safetensors"), {.widths = {4}, .hidden = 5});
    const std::string grey =
        saved_model(folder("grey.safetensors"), {.widths = {4}, .hidden = 5, .in_channels = 1});
    const std::string deep =
        saved_model(folder("deep.safetensors"), {.widths = {2, 2, 2, 2, 2, 2}, .hidden = 5});
    write_bytes(folder("broken.safetensors"), read_bytes(model).substr(0, 100));
    const std::string out = folder("kept.onnx");
    write_bytes(out, "mine");
    const auto with = [&](const std::string& checkpoint, const Arguments& more) {
        return run(Arguments{"export", "onnx", "--checkpoint", checkpoint} + more);
    };
    check_error(run({"export"}), 2, "give one: onnx");
    check_error(run({"export", "onnx", "--out", out}), 2, "--checkpoint");
    check_error(with(model, {}), 2, "--out");
    check_error(with(model, {"--out", model}), 2, "the model file itself");
    check_error(with(model, {"--out", out, "--normalise"}), 2, "did you mean '--normalize'?");
    check_error(with(folder("nowhere"), {"--out", out}), 3, "nowhere");
    check_error(with(folder("broken.safetensors"), {"--out", out}), 3, "broken.safetensors");
    check_error(with(grey, {"--out", out, "--normalize"}), 3, "1 input channels");
    check_error(with(deep, {"--out", out}), 3, "6 times");
    check_error(with(model, {"--out", folder("nowhere/a.onnx")}), 1, "nowhere");
    check_error(with(model, {"--out", temporary.path()}), 1, temporary.path());
    CHECK(read_bytes(out) == "mine");
    CHECK(with(grey, {"--out", out}).exit_code == 0);
    CHECK_FALSE(holds(read_bytes(out), "0.4914"));
}
