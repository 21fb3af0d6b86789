#include "engine/serialize/onnx.h"

#include <limits>

#include <protozero/pbf_builder.hpp>

#include "engine/error.h"
#include "engine/serialize/atomic_file.h"
#include "engine/serialize/layout.h"

namespace engine {
namespace {

using protozero::pbf_builder;
using protozero::pbf_tag_type;

// Messages and the numbers of their fields: onnx/onnx.proto in https://github.com/onnx/onnx.
enum class ModelField : pbf_tag_type {
    ir_version = 1,
    producer_name = 2,
    producer_version = 3,
    doc_string = 6,
    graph = 7,
    opset_import = 8,
    metadata_props = 14
};
enum class OperatorSetField : pbf_tag_type { version = 2 };
enum class EntryField : pbf_tag_type { key = 1, value = 2 };
enum class GraphField : pbf_tag_type {
    node = 1,
    name = 2,
    initializer = 5,
    input = 11,
    output = 12,
    value_info = 13
};
enum class NodeField : pbf_tag_type { input = 1, output = 2, name = 3, op_type = 4, attribute = 5 };
enum class AttributeField : pbf_tag_type { name = 1, f = 2, i = 3, ints = 8, type = 20 };
enum class TensorField : pbf_tag_type { dims = 1, data_type = 2, name = 8, raw_data = 9 };
enum class ValueInfoField : pbf_tag_type { name = 1, type = 2, doc_string = 3 };
enum class TypeField : pbf_tag_type { tensor_type = 1 };
enum class TensorTypeField : pbf_tag_type { elem_type = 1, shape = 2 };
enum class ShapeField : pbf_tag_type { dim = 1 };
enum class DimensionField : pbf_tag_type { dim_value = 1, dim_param = 2 };

constexpr std::int64_t ir_version = 8;  // of the file format: what came with opset 17

/// AttributeProto.AttributeType.
enum AttributeType : std::int32_t { attribute_float = 1, attribute_int = 2, attribute_ints = 7 };

/// TensorProto.DataType.
std::int32_t data_type(DType dtype) {
    switch (dtype) {
        case DType::float32:
            return 1;
        case DType::uint8:
            return 2;
        case DType::int64:
            return 7;
    }
    return 0;
}

void write(pbf_builder<AttributeField> out, const OnnxAttribute& attribute) {
    out.add_string(AttributeField::name, attribute.name);
    if (const auto* number = std::get_if<std::int64_t>(&attribute.value)) {
        out.add_int64(AttributeField::i, *number);
        out.add_enum(AttributeField::type, attribute_int);
    } else if (const auto* real = std::get_if<float>(&attribute.value)) {
        out.add_float(AttributeField::f, *real);
        out.add_enum(AttributeField::type, attribute_float);
    } else {
        for (const std::int64_t value : std::get<std::vector<std::int64_t>>(attribute.value))
            out.add_int64(AttributeField::ints, value);
        out.add_enum(AttributeField::type, attribute_ints);
    }
}

void write(pbf_builder<NodeField> out, const OnnxNode& node) {
    for (const std::string& input : node.inputs) out.add_string(NodeField::input, input);
    for (const std::string& output : node.outputs) out.add_string(NodeField::output, output);
    out.add_string(NodeField::name, node.name);
    out.add_string(NodeField::op_type, node.type);
    for (const OnnxAttribute& attribute : node.attributes)
        write(pbf_builder<AttributeField>(out, NodeField::attribute), attribute);
}

void write(pbf_builder<TensorField> out, const std::string& name, const Tensor& channels_last) {
    const Tensor tensor = to_channels_first(channels_last);
    for (const std::int64_t extent : tensor.shape()) out.add_int64(TensorField::dims, extent);
    out.add_int32(TensorField::data_type, data_type(tensor.dtype()));
    out.add_string(TensorField::name, name);
    // Little-endian, as all machines are that this runs on.
    out.add_bytes(TensorField::raw_data, static_cast<const char*>(tensor.data_ptr()), tensor.nbytes());
}

void write(pbf_builder<ShapeField> out, const std::vector<std::int64_t>& shape) {
    pbf_builder<DimensionField>(out, ShapeField::dim).add_string(DimensionField::dim_param, "N");
    for (const std::int64_t extent : shape)
        pbf_builder<DimensionField>(out, ShapeField::dim).add_int64(DimensionField::dim_value, extent);
}

void write(pbf_builder<ValueInfoField> out, const OnnxValue& value) {
    out.add_string(ValueInfoField::name, value.name);
    {
        pbf_builder<TypeField> type(out, ValueInfoField::type);
        pbf_builder<TensorTypeField> tensor(type, TypeField::tensor_type);
        tensor.add_int32(TensorTypeField::elem_type, data_type(value.dtype));
        write(pbf_builder<ShapeField>(tensor, TensorTypeField::shape), value.shape);
    }
    if (!value.doc.empty()) out.add_string(ValueInfoField::doc_string, value.doc);
}

void write_graph(pbf_builder<GraphField> out, const OnnxModel& model) {
    for (const OnnxNode& node : model.nodes) write(pbf_builder<NodeField>(out, GraphField::node), node);
    out.add_string(GraphField::name, model.name);
    for (const auto& [name, tensor] : model.initializers)
        write(pbf_builder<TensorField>(out, GraphField::initializer), name, tensor);
    write(pbf_builder<ValueInfoField>(out, GraphField::input), model.input);
    write(pbf_builder<ValueInfoField>(out, GraphField::output), model.output);
    for (const OnnxValue& value : model.between)
        write(pbf_builder<ValueInfoField>(out, GraphField::value_info), value);
}

void write(pbf_builder<ModelField> out, const OnnxModel& model) {
    out.add_int64(ModelField::ir_version, ir_version);
    pbf_builder<OperatorSetField>(out, ModelField::opset_import)
        .add_int64(OperatorSetField::version, onnx_opset);
    out.add_string(ModelField::producer_name, "cifar_engine");
    out.add_string(ModelField::producer_version, model.producer_version);
    out.add_string(ModelField::doc_string, model.doc);
    write_graph(pbf_builder<GraphField>(out, ModelField::graph), model);
    for (const auto& [key, value] : model.metadata) {
        pbf_builder<EntryField> entry(out, ModelField::metadata_props);
        entry.add_string(EntryField::key, key);
        entry.add_string(EntryField::value, value);
    }
}

/// Protobuf's own limit for a message.
void check_size(const std::filesystem::path& path, const OnnxModel& model) {
    std::size_t bytes = 0;
    for (const auto& [name, tensor] : model.initializers) bytes += tensor.nbytes();
    constexpr std::size_t room_for_the_rest = std::size_t{64} << 20;
    if (bytes > std::numeric_limits<std::int32_t>::max() - room_for_the_rest)
        throw IoError("the network has " + std::to_string(bytes >> 20) + " MiB of parameters",
                      "for " + path.string(), "an ONNX file can have 2 GiB: export a smaller network");
}

}  // namespace

void save_onnx(const std::filesystem::path& path, const OnnxModel& model) {
    check_size(path, model);
    std::string content;
    write(pbf_builder<ModelField>(content), model);
    AtomicFile file(path);
    file.write(content);
    file.commit();
}

}  // namespace engine
