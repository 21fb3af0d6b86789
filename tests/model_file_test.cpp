#include "models/model_file.h"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/serialize/safetensors.h"
#include "tests/support/message_of.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensors.h"

using engine::DType;
using engine::InputError;
using engine::SafeTensors;
using engine::Shape;
using engine::Tensor;
using models::AttentionNet;
using models::AttentionNetOptions;
using models::load_model;
using models::load_values;
using models::save_model;
using test::holds;
using test::message_of;

namespace {

const AttentionNetOptions small{.widths = {4, 6}, .hidden = 5};

/// Every value of the state is another number.
void number(const AttentionNet& net) {
    float value = 0;
    for (const auto& [name, tensor] : net.state_dict()) {
        if (tensor.dtype() == DType::int64)
            *tensor.data<std::int64_t>() = static_cast<std::int64_t>(++value);
        else
            for (float& element : tensor.values()) element = ++value / 8;
    }
}

void check_same_state(const AttentionNet& a, const AttentionNet& b) {
    CHECK(test::names_of(a.state_dict()) == test::names_of(b.state_dict()));
    CHECK(test::values_of(a.state_dict()) == test::values_of(b.state_dict()));
    for (std::size_t i = 0; i < a.state_dict().size(); ++i)
        if (a.state_dict()[i].second.dtype() == DType::int64)
            CHECK(a.state_dict()[i].second.item() == b.state_dict()[i].second.item());
}

/// The content of a small network's file.
SafeTensors small_content() {
    const test::TemporaryFolder folder;
    AttentionNet net(small);
    number(net);
    save_model(folder / "model", net);
    return engine::load_safetensors(folder / "model");
}

Tensor& tensor_of(SafeTensors& content, const std::string& name) {
    for (auto& [key, tensor] : content.tensors)
        if (key == name) return tensor;
    throw std::out_of_range(name);
}

void remove(SafeTensors& content, const std::string& name) {
    std::erase_if(content.tensors, [&](const auto& entry) { return entry.first == name; });
}

/// A way to spoil a file, and what the message must name.
struct Misfit {
    std::function<void(SafeTensors&)> spoil;
    std::vector<std::string> parts;
};

const std::vector<Misfit> misfits = {
    {[](auto& content) { remove(content, "backbone.1.norm.running_var"); },
     {"'backbone.1.norm.running_var' is missing"}},
    {[](auto& content) { remove(content, "backbone.0.norm.num_batches_tracked"); },
     {"'backbone.0.norm.num_batches_tracked' is missing"}},
    {[](auto& content) { remove(content, "classifier.fc1.weight"); }, {"'classifier.fc1.weight' is missing"}},
    {[](auto& content) { remove(content, "backbone.0.conv1.weight"); },
     {"'backbone.0.conv1.weight' is missing"}},
    {[](auto& content) { remove(content, "backbone.1.conv1.weight"); }, {"'backbone.1."}},
    {[](auto& content) { content.tensors.emplace_back("backbone.7.extra", engine::ones({1})); },
     {"'backbone.7.extra' is not part"}},
    {[](auto& content) { tensor_of(content, "backbone.1.conv2.bias") = engine::ones({7}); },
     {"'backbone.1.conv2.bias'", "(7)", "(6)"}},
    // Shapes are shown as the file has them: filters (out, in, height, width).
    {[](auto& content) {
         tensor_of(content, "backbone.1.conv3.weight") = engine::ones({6, 4, 5, 3});
     },
     {"'backbone.1.conv3.weight'", "(6, 4, 5, 3)", "(6, 4, 3, 3)"}},
    {[](auto& content) {
         tensor_of(content, "backbone.1.conv1.weight") = engine::ones({6, 5, 3, 3});
     },
     {"'backbone.1.conv1.weight'", "(6, 5, 3, 3)", "(6, 4, 3, 3)"}},
    {[](auto& content) {
         tensor_of(content, "backbone.0.conv1.weight") = engine::ones({4, 3, 5, 5});
     },
     {"'backbone.0.conv1.weight'", "(4, 3, 5, 5)", "(4, 3, 3, 3)"}},
    {[](auto& content) {
         tensor_of(content, "backbone.0.conv1.weight") = engine::ones({4, 27});
     },
     {"'backbone.0.conv1.weight'", "(4, 27)"}},
    {[](auto& content) {
         tensor_of(content, "backbone.0.conv1.weight") = engine::zeros({0, 3, 3, 3});
     },
     {"'backbone.0.conv1.weight'", "(0, 3, 3, 3)"}},
    {[](auto& content) {
         tensor_of(content, "classifier.fc1.weight") = engine::ones({5, 7});
     },
     {"'classifier.fc1.weight'", "(5, 7)", "(5, 6)"}},
    {[](auto& content) {
         tensor_of(content, "classifier.fc2.weight") = engine::ones({10, 4});
     },
     {"'classifier.fc2.weight'", "(10, 4)", "(10, 5)"}},
    {[](auto& content) { tensor_of(content, "classifier.fc2.weight") = engine::ones({50}); },
     {"'classifier.fc2.weight'", "(50)"}},
    {[](auto& content) { tensor_of(content, "backbone.0.norm.num_batches_tracked") = engine::ones({}); },
     {"'backbone.0.norm.num_batches_tracked'", "float32", "int64"}},
    {[](auto& content) { tensor_of(content, "classifier.fc2.bias") = engine::zeros({10}, DType::int64); },
     {"'classifier.fc2.bias'", "int64", "float32"}}};

}  // namespace

TEST_CASE("what was saved is loaded, and the architecture with it") {
    const test::TemporaryFolder folder;
    for (const AttentionNetOptions& options :
         {AttentionNetOptions{.widths = {8}, .hidden = 1}, small,
          AttentionNetOptions{.widths = {3, 3, 3}, .hidden = 17, .classes = 2},
          AttentionNetOptions{.widths = {5, 4, 3, 2}, .hidden = 8, .in_channels = 1},
          AttentionNetOptions{.widths = {2, 4, 8, 16, 9}, .hidden = 12}}) {
        CAPTURE(options.widths.size());
        AttentionNet net(options);
        number(net);
        save_model(folder / "model", net);

        const auto loaded = load_model(folder / "model", 0.25);
        CHECK(loaded->options.widths == options.widths);
        CHECK(loaded->options.hidden == options.hidden);
        CHECK(loaded->options.classes == options.classes);
        CHECK(loaded->options.in_channels == options.in_channels);
        CHECK(loaded->options.dropout == 0.25);
        check_same_state(*loaded, net);

        AttentionNet other(options);
        load_values(folder / "model", other);
        check_same_state(other, net);
    }
}

TEST_CASE("filters stand in the file as (out, in, height, width)") {
    const test::TemporaryFolder folder;
    AttentionNet net(small);
    number(net);
    save_model(folder / "model", net);
    SafeTensors content = engine::load_safetensors(folder / "model");
    const Tensor filed = tensor_of(content, "backbone.1.conv2.weight");
    const Tensor own = static_cast<models::Block&>(*(*net.backbone)[1]).conv2->weight;
    REQUIRE(filed.shape() == Shape{6, 4, 3, 3});
    REQUIRE(own.shape() == Shape{6, 3, 3, 4});
    const std::int64_t o = 5, i = 2, r = 1, s = 2;
    CHECK(filed.data()[((o * 4 + i) * 3 + r) * 3 + s] == own.data()[((o * 3 + r) * 3 + s) * 4 + i]);
    CHECK(filed.data()[1] == own.data()[4]);
    CHECK(tensor_of(content, "classifier.fc1.weight").shape() == Shape{5, 6});
    CHECK(tensor_of(content, "backbone.0.norm.num_batches_tracked").dtype() == DType::int64);
    CHECK(content.metadata.at("format") == "pt");
}

TEST_CASE("a file needs no metadata and no particular order") {
    const test::TemporaryFolder folder;
    SafeTensors content = small_content();
    content.metadata.clear();
    std::reverse(content.tensors.begin(), content.tensors.end());
    engine::save_safetensors(folder / "bare", content);
    AttentionNet net(small);
    number(net);
    check_same_state(*load_model(folder / "bare"), net);
}

TEST_CASE("a file that does not fit is the file's fault: the message names tensor and file") {
    const test::TemporaryFolder folder;
    AttentionNet net(small);
    const auto before = test::values_of(net.state_dict());
    for (const auto& [spoil, parts] : misfits) {
        SafeTensors content = small_content();
        spoil(content);
        engine::save_safetensors(folder / "model", content);
        for (const std::string& message :
             {message_of<InputError>([&] { load_model(folder / "model"); }),
              message_of<InputError>([&] { load_values(folder / "model", net); })}) {
            CHECK(holds(message, (folder / "model").string()));
            for (const std::string& part : parts) CHECK_MESSAGE(holds(message, part), message, " | ", part);
        }
        CHECK(test::values_of(net.state_dict()) == before);
    }
}

TEST_CASE("a file that is missing or damaged is refused") {
    const test::TemporaryFolder folder;
    AttentionNet net(small);
    CHECK_THROWS_AS(load_model(folder / "none"), InputError);
    CHECK_THROWS_AS(load_values(folder / "none", net), InputError);
    save_model(folder / "model", net);
    const std::string bytes = test::read_bytes(folder / "model");
    test::write_bytes(folder / "short", bytes.substr(0, bytes.size() - 1));
    CHECK_THROWS_AS(load_model(folder / "short"), InputError);
    engine::save_safetensors(folder / "empty", {});
    CHECK(holds(message_of<InputError>([&] { load_model(folder / "empty"); }), "backbone.0.conv1.weight",
                (folder / "empty").string()));
}

TEST_CASE("load_values refuses a network of other widths") {
    const test::TemporaryFolder folder;
    save_model(folder / "model", AttentionNet(small));
    AttentionNet wider({.widths = {4, 8}, .hidden = 5});
    CHECK(holds(message_of<InputError>([&] { load_values(folder / "model", wider); }), "backbone.1", "(6",
                "(8", "architecture"));
}

TEST_CASE("a small file cannot ask for a huge network") {
    // Both blocks exist, 100,000 wide; between them would lie 90 billion weights.
    const test::TemporaryFolder folder;
    SafeTensors content = small_content();
    for (const std::string block : {"backbone.0", "backbone.1"})
        tensor_of(content, block + ".conv1.weight") = engine::zeros({100'000, 1, 1, 1});
    engine::save_safetensors(folder / "model", content);
    CHECK(holds(message_of<InputError>([&] { load_model(folder / "model"); }), ".conv1.weight",
                (folder / "model").string()));

    content = small_content();
    for (const std::string layer : {"fc1", "fc2"})
        tensor_of(content, "classifier." + layer + ".weight") = engine::zeros({300'000, 1});
    engine::save_safetensors(folder / "model", content);
    CHECK(holds(message_of<InputError>([&] { load_model(folder / "model"); }), "classifier.fc1.weight"));
}

TEST_CASE("a stem stands in the metadata") {
    const test::TemporaryFolder folder;
    AttentionNet net({.widths = {4, 6}, .blocks = {2, 1}, .stem = 5, .hidden = 5});
    number(net);
    save_model(folder / "model", net);
    const auto loaded = load_model(folder / "model");
    CHECK(loaded->options.stem == 5);
    CHECK(loaded->options.widths == net.options.widths);
    CHECK(loaded->options.blocks == net.options.blocks);
    check_same_state(*loaded, net);

    SafeTensors content = engine::load_safetensors(folder / "model");
    for (const char* stem : {"", "4", "-1", "5 ", "x", "05"}) {
        CAPTURE(stem);
        content.metadata["stem"] = stem;
        engine::save_safetensors(folder / "spoilt", content);
        CHECK(holds(message_of<InputError>([&] { load_model(folder / "spoilt"); }), "stem",
                    (folder / "spoilt").string()));
    }
    content.metadata["stem"] = "0";  // then the blocks do not fit
    engine::save_safetensors(folder / "spoilt", content);
    CHECK(holds(message_of<InputError>([&] { load_model(folder / "spoilt"); }), "blocks"));
    content.metadata = {{"stem", "5"}};
    engine::save_safetensors(folder / "plain", content);
    CHECK(load_model(folder / "plain")->options.widths == std::vector<std::int64_t>{4, 4, 6});
    content.metadata.clear();  // as from PyTorch: every block is taken for a stage
    engine::save_safetensors(folder / "plain", content);
    CHECK(load_model(folder / "plain")->options.widths == std::vector<std::int64_t>{5, 4, 4, 6});
}

TEST_CASE("stages of several blocks stand in the metadata") {
    const test::TemporaryFolder folder;
    for (const bool residual : {false, true}) {
        AttentionNet net({.widths = {4, 4, 6},
                          .blocks = {1, 2, 3},
                          .residual = residual,
                          .pool_first = !residual,
                          .hidden = 5});
        number(net);
        save_model(folder / "model", net);
        const auto loaded = load_model(folder / "model");
        CHECK(loaded->options.widths == net.options.widths);
        CHECK(loaded->options.blocks == net.options.blocks);
        CHECK(loaded->options.residual == residual);
        CHECK(loaded->options.pool_first == !residual);
        check_same_state(*loaded, net);
    }
    SafeTensors content = engine::load_safetensors(folder / "model");
    for (const char* blocks : {"", "1", "1,2", "1,2,3,4", "1,1,4", "0,3,3", "-1,1", "1,2,x", "1,2,3,",
                               "1 2 3", "99999999999999999999", "9223372036854775807,1"}) {
        CAPTURE(blocks);
        content.metadata["blocks"] = blocks;
        engine::save_safetensors(folder / "spoilt", content);
        CHECK(holds(message_of<InputError>([&] { load_model(folder / "spoilt"); }), "blocks",
                    (folder / "spoilt").string()));
    }
}
