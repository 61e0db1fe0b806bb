// Which matrices are stored input × output, by the names and shapes of real checkpoints.
#include <QTemporaryDir>
#include <QtTest>

#include <set>

#include "core/io/gguf_writer.h"
#include "core/io/safetensors_writer.h"
#include "core/model/stored_axes.h"

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

  /// Names of the tensors that are stored input × output.
  std::set<std::string> inputFirst(const std::vector<Tensor>& tensors, const std::string& family) const {
    write(io::SafetensorsWriter(path("model.safetensors")), tensors);
    QFile config(QString::fromStdString(path("config.json").string()));
    if (!config.open(QIODevice::WriteOnly)) throw std::runtime_error("cannot write config.json");
    config.write(QByteArray::fromStdString("{\"model_type\": \"" + family + "\"}"));
    config.close();
    const auto checkpoint = io::openCheckpoint(path("model.safetensors"));
    const auto choices = model::chooseTensors(*checkpoint);
    std::set<std::string> names;
    for (std::size_t i = 0; i < choices.size(); ++i)
      if (choices[i].axes == StoredAxes::InputsOutputs) names.insert(checkpoint->tensors()[i].name);
    const auto note = model::describeInputFirst(*checkpoint, choices);
    if (note.has_value() == names.empty()) throw std::runtime_error("the note does not fit");
    return names;
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
    QCOMPARE(
        inputFirst({{experts + "w1", {256, 32}}, {experts + "v1", {256, 32}}, {experts + "w2", {256, 32}}}, "dbrx"),
        std::set<std::string>{experts + "w2"});
    const std::string attention = "transformer.layer.0.rel_attn.";
    std::vector<Tensor> tensors;
    for (const char* name : {"q", "k", "v", "o", "r"}) tensors.push_back({attention + name, {64, 8, 8}});
    QCOMPARE(inputFirst(tensors, "xlnet"),
             (std::set<std::string>{attention + "q", attention + "k", attention + "v", attention + "r"}));
    QVERIFY(inputFirst(tensors, "bert").empty());
  }
};

QTEST_GUILESS_MAIN(TestStoredAxes)
#include "tst_stored_axes.moc"
