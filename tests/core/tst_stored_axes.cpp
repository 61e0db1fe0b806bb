// Which matrices are stored input × output, by the names and shapes of real checkpoints, and what is listed of them.
#include <QTemporaryDir>
#include <QtTest>

#include <set>

#include "core/io/gguf_writer.h"
#include "core/io/safetensors_writer.h"
#include "core/model/stored_axes.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"

using namespace core;
using model::StoredAxes;

namespace {

struct Tensor {
  std::string name;
  tensor::Shape shape;
};

void write(io::ModelWriter&& writer, const std::vector<Tensor>& tensors) {
  for (const Tensor& tensor : tensors) writer.declareTensor(tensor.name, tensor::DType::F32, tensor.shape);
  for (const Tensor& tensor : tensors) writer.append(std::vector<std::byte>(tensor.shape.count() * 4));
  writer.finish();
}

}  // namespace

class TestStoredAxes : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  std::filesystem::path path(const char* name) const {
    return m_folder.filePath(QString::fromLatin1(name)).toStdString();
  }

  /// Names of the tensors that are stored input × output, listed turned or not.
  std::set<std::string> inputFirst(const std::vector<Tensor>& tensors, const std::string& family,
                                   bool isListedTurned = true) const {
    write(io::SafetensorsWriter(path("model.safetensors")), tensors);
    QFile config(QString::fromStdString(path("config.json").string()));
    if (!config.open(QIODevice::WriteOnly)) throw std::runtime_error("cannot write config.json");
    config.write(QByteArray::fromStdString("{\"model_type\": \"" + family + "\"}"));
    config.close();
    const auto checkpoint = io::openCheckpoint(path("model.safetensors"));
    const auto choices = model::chooseTensors(*checkpoint);
    std::set<std::string> names;
    for (std::size_t i = 0; i < choices.size(); ++i) {
      const io::TensorInfo& info = checkpoint->tensors()[i];
      const bool isTurned = info.assembly == io::Assembly::Turned;
      if (isTurned && info.shape != turnedShape(info.storedShape)) throw std::runtime_error("it is not turned");
      if (!isTurned && info.shape != info.storedShape) throw std::runtime_error("it is turned");
      if (isListedTurned ? isTurned : choices[i].axes == StoredAxes::InputsOutputs) names.insert(info.name);
    }
    const auto note = model::describeInputFirst(*checkpoint, choices);
    if (note.has_value() == names.empty()) throw std::runtime_error("the note does not fit");
    return names;
  }

  static tensor::Shape turnedShape(const tensor::Shape& shape) {
    if (shape.rank() == 3) return {shape[0], shape[2], shape[1]};
    return {shape[1], shape[0]};
  }

  /// A block of GPT-2: [in, out] of a Conv1D, or [out, in] of a linear layer.
  static std::vector<Tensor> gpt2Block(const std::string& prefix, bool isConv1d) {
    const auto shape = [isConv1d](std::uint64_t in, std::uint64_t out) {
      return isConv1d ? tensor::Shape{in, out} : tensor::Shape{out, in};
    };
    return {{prefix + "attn.c_attn.weight", shape(32, 96)},
            {prefix + "attn.c_proj.weight", shape(32, 32)},
            {prefix + "mlp.c_fc.weight", shape(32, 128)},
            {prefix + "mlp.c_proj.weight", shape(128, 32)},
            {prefix + "ln_1.weight", {32}},
            {prefix + "linear.weight", {32, 96}}};
  }

 private slots:
  void conv1d_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<QString>("prefix");
    QTest::addColumn<bool>("isConv1d");
    QTest::newRow("gpt-2") << "gpt2"
                           << "transformer.h.11." << true;
    QTest::newRow("gpt-2, short names") << "gpt2"
                                        << "h.0." << true;
    QTest::newRow("openai gpt") << "openai-gpt"
                                << "h.3." << true;
    QTest::newRow("imagegpt") << "imagegpt"
                              << "transformer.h.3." << true;
    QTest::newRow("decision transformer") << "decision_transformer"
                                          << "encoder.h.2." << true;
    QTest::newRow("a family nobody told of") << "other"
                                             << "decoder.transformer.h.2." << true;
    QTest::newRow("gpt-bigcode: linear layers") << "gpt_bigcode"
                                                << "transformer.h.11." << false;
    QTest::newRow("qwen: linear layers") << "qwen"
                                         << "transformer.h.11." << false;
    QTest::newRow("shapes that deny the family") << "gpt2"
                                                 << "transformer.h.11." << false;
  }

  void conv1d() {
    QFETCH(QString, family);
    QFETCH(QString, prefix);
    QFETCH(bool, isConv1d);
    const std::string block = prefix.toStdString();
    const auto found = inputFirst(gpt2Block(block, isConv1d), family.toStdString());
    std::set<std::string> wanted;
    if (isConv1d)
      wanted = {block + "attn.c_attn.weight", block + "attn.c_proj.weight", block + "mlp.c_fc.weight",
                block + "mlp.c_proj.weight"};
    QCOMPARE(found, wanted);
  }

  void squaresNeedTheFamily() {
    const std::vector<Tensor> square = {{"h.0.attn.c_proj.weight", {32, 32}}};
    QCOMPARE(inputFirst(square, "gpt2").size(), std::size_t{1});
    QVERIFY(inputFirst(square, "gpt_bigcode").empty());
  }

  void aFeedForwardPartMayBeNarrow() {
    const std::string block = "transformer.h.0.";
    QCOMPARE(inputFirst({{block + "attn.c_attn.weight", {32, 96}},
                         {block + "mlp.c_fc.weight", {32, 16}},
                         {block + "mlp.c_proj.weight", {16, 32}}},
                        "gpt2")
                 .size(),
             std::size_t{3});
  }

  void packedCodesAreWhatTheirProgramSays() {
    QVERIFY(inputFirst({{"h.0.attn.c_attn.weight", {32, 96}}, {"h.0.attn.c_attn.weight_scale", {32}}}, "gpt2")
                .contains("h.0.attn.c_attn.weight"));  // floats beside a scale are no codes
    std::vector<std::byte> bytes(32 * 96);
    io::SafetensorsWriter writer(path("model.safetensors"));
    writer.declareTensor("h.0.attn.c_attn.weight", tensor::DType::F8E4M3, {96, 32});
    writer.declareTensor("h.0.attn.c_attn.weight_scale", tensor::DType::F32, {96, 1});
    writer.append(bytes);
    writer.append(std::span(bytes).first(96 * 4));
    writer.finish();
    const auto checkpoint = io::openCheckpoint(path("model.safetensors"));
    QCOMPARE(checkpoint->tensors()[*checkpoint->find("h.0.attn.c_attn.weight")].assembly, io::Assembly::ScaledElements);
  }

  void ggufIsTransposedByItsConverters() {
    write(io::GgufWriter(path("gpt2.gguf")), gpt2Block("h.0.", true));
    const auto checkpoint = io::openCheckpoint(path("gpt2.gguf"));
    QVERIFY(!model::describeInputFirst(*checkpoint, model::chooseTensors(*checkpoint)));
  }

  void stacksOfExperts_data() {
    QTest::addColumn<QString>("first");
    QTest::addColumn<QString>("second");
    QTest::addColumn<QList<int>>("shapes");  // rows and columns of both
    QTest::addColumn<bool>("isInputFirst");
    const auto row = [](const char* name, const char* first, const char* second, QList<int> shapes, bool wanted) {
      QTest::newRow(name) << "model.layers.0." + QString::fromLatin1(first)
                          << "model.layers.0." + QString::fromLatin1(second) << shapes << wanted;
    };
    const char *gateUp = "mlp.experts.gate_up_proj", *down = "mlp.experts.down_proj";
    row("gpt-oss", gateUp, down, {32, 64, 32, 32}, true);  // as many hidden units as the width
    row("llama 4", "feed_forward.experts.gate_up_proj", "feed_forward.experts.down_proj", {32, 96, 48, 32}, true);
    row("aria", "mlp.experts.fc1.weight", "mlp.experts.fc2.weight", {32, 48, 24, 32}, true);
    row("qwen3 moe: linear layers", gateUp, down, {96, 32, 32, 48}, false);
    row("linear layers, square", gateUp, down, {64, 32, 32, 32}, false);
    row("no pair", gateUp, down, {32, 64, 16, 16}, false);
    row("undecided", "mlp.experts.fc1.weight", "mlp.experts.fc2.weight", {32, 32, 32, 32}, false);
  }

  void stacksOfExperts() {
    QFETCH(QString, first);
    QFETCH(QString, second);
    QFETCH(QList<int>, shapes);
    QFETCH(bool, isInputFirst);
    const auto shape = [&](int at) {
      return tensor::Shape{4, static_cast<std::uint64_t>(shapes[at]), static_cast<std::uint64_t>(shapes[at + 1])};
    };
    const auto found = inputFirst({{first.toStdString(), shape(0)}, {second.toStdString(), shape(2)}}, "any");
    QCOMPARE(found.size(), std::size_t{isInputFirst ? 2U : 0U});
  }

  void dbrxAndXlnet() {
    const std::string experts = "transformer.blocks.0.ffn.experts.mlp.";
    QCOMPARE(inputFirst({{experts + "w1", {256, 32}}, {experts + "v1", {256, 32}}, {experts + "w2", {256, 32}}}, "dbrx",
                        false),
             std::set<std::string>{experts + "w2"});
    const std::string attention = "transformer.layer.0.rel_attn.";
    std::vector<Tensor> tensors;
    for (const char* name : {"q", "k", "v", "o", "r"}) tensors.push_back({attention + name, {64, 8, 8}});
    QCOMPARE(inputFirst(tensors, "xlnet", false),
             (std::set<std::string>{attention + "q", attention + "k", attention + "v", attention + "r"}));
    QVERIFY(inputFirst(tensors, "bert", false).empty());
  }

  void valuesAreReadTurned_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<tensor::DType>("dtype");
    QTest::addColumn<int>("stack");
    QTest::addColumn<int>("in");
    QTest::addColumn<int>("out");
    QTest::newRow("f64") << "h.0.attn.c_attn.weight" << tensor::DType::F64 << 1 << 5 << 15;
    QTest::newRow("f32") << "h.0.attn.c_attn.weight" << tensor::DType::F32 << 1 << 33 << 99;
    QTest::newRow("bf16") << "h.0.attn.c_attn.weight" << tensor::DType::BF16 << 1 << 100 << 300;
    QTest::newRow("fp8") << "h.0.attn.c_attn.weight" << tensor::DType::F8E5M2 << 1 << 3 << 9;
    QTest::newRow("experts") << "layers.0.mlp.experts.gate_up_proj" << tensor::DType::F16 << 3 << 33 << 70;
  }

  void valuesAreReadTurned() {
    QFETCH(QString, name);
    QFETCH(tensor::DType, dtype);
    QFETCH(int, stack);
    QFETCH(int, in);
    QFETCH(int, out);
    const auto inputs = static_cast<std::uint64_t>(in), outputs = static_cast<std::uint64_t>(out);
    const bool isStack = stack > 1;
    const auto matrices = static_cast<std::uint64_t>(stack);
    const std::size_t size = tensor::info(dtype).blockBytes;
    std::vector<std::byte> bytes(matrices * inputs * outputs * size);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = std::byte((i * 37 + i / 251) % 64);  // no NaN in any type
    io::SafetensorsWriter writer(path("model.safetensors"));
    const auto shape = [&](std::uint64_t a, std::uint64_t b) {
      return isStack ? tensor::Shape{matrices, a, b} : tensor::Shape{a, b};
    };
    writer.declareTensor(name.toStdString(), dtype, shape(inputs, outputs));
    if (isStack) writer.declareTensor("layers.0.mlp.experts.down_proj", dtype, shape(outputs / 2, inputs));
    writer.append(bytes);
    if (isStack) writer.append(std::span(bytes).first(bytes.size() / 2));
    writer.finish();
    const auto checkpoint = io::openCheckpoint(path("model.safetensors"));
    const auto loaded = quant::loadTensor(*checkpoint, name.toStdString());
    QCOMPARE(loaded->shape, shape(outputs, inputs));
    QCOMPARE(loaded->dtype(), std::optional(dtype));
    const auto stored =
        quant::dequantize(*quant::wrapStored({name.toStdString(), dtype, shape(inputs, outputs), bytes, nullptr, {}}));
    const auto values = quant::dequantize(*loaded);
    for (std::uint64_t which = 0; which < matrices; ++which)
      for (std::uint64_t o = 0; o < outputs; ++o)
        for (std::uint64_t i = 0; i < inputs; ++i)
          QCOMPARE(values[(which * outputs + o) * inputs + i], stored[(which * inputs + i) * outputs + o]);
    QVERIFY(!checkpoint->view(name.toStdString()).unreadable.empty());  // its bytes alone are not these rows
  }
};

QTEST_GUILESS_MAIN(TestStoredAxes)
#include "tst_stored_axes.moc"
