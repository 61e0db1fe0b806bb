// Scales beside matrices (NAME.scale of NVFP4 files): see core/model/product_scale.h.
#include <QtTest>
#include <limits>

#include "core/base/error.h"
#include "core/model/executor.h"
#include "core/model/graph.h"
#include "core/model/product_scale.h"
#include "support/scaled_model.h"

using namespace core;

class TestProductScale : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;

  std::filesystem::path folder() const { return m_folder.path().toStdString(); }

  static model::ModelWeights load(const std::filesystem::path& path, const model::Recipe& recipe = {}) {
    const auto checkpoint = io::openCheckpoint(path);
    return model::WeightLibrary(checkpoint).load(model::ModelConfig::fromCheckpoint(*checkpoint), recipe);
  }

  static std::vector<float> logits(const std::filesystem::path& path) {
    const auto checkpoint = io::openCheckpoint(path);
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    const auto executor =
        model::createCpuExecutor(model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, {})));
    const std::vector<text::TokenId> tokens = {1, 17, 99, 4, 55};
    const auto cache = executor->createKvCache(8, model::KvType::F32);
    std::vector<float> result(tokens.size() * config.vocabulary);
    executor->forward(tokens, *cache, model::LogitsWanted::AllTokens, result);
    return result;
  }

  /// A file of one scale beside the first query matrix.
  std::filesystem::path withScale(const std::string& name, tensor::DType dtype, std::vector<float> values) {
    const auto path = folder() / "odd.gguf", source = folder() / "source.gguf";
    support::writeRandomModel({}, source);
    const auto checkpoint = io::openCheckpoint(source);
    io::GgufWriter writer{io::OutputFile(path)};
    for (const auto& entry : checkpoint->metadata().entries()) writer.addEntry(entry);
    for (const auto& tensor : checkpoint->tensors()) writer.declareTensor(tensor.name, tensor.dtype, tensor.shape);
    writer.declareTensor(name, dtype, {values.size()});
    for (std::size_t i = 0; i < checkpoint->tensors().size(); ++i) writer.append(checkpoint->view(i).bytes);
    const auto bytes = std::as_bytes(std::span(values));
    writer.append(bytes.first(values.size() * tensor::info(dtype).blockBytes));
    writer.finish();
    return path;
  }

 private slots:
  void logitsAreThoseOfTheProducts_data() {
    QTest::addColumn<QString>("type");
    for (const char* type : {"nvfp4", "mxfp4", "q4_0", "q8_0", "fp16", "fp32"}) QTest::newRow(type) << QString(type);
  }

  /// Decoded values times the scale are the very floats of the plain file.
  void logitsAreThoseOfTheProducts() {
    QFETCH(QString, type);
    const auto files = support::writeScaledModel(type.toStdString(), folder());
    const auto scaled = logits(files.scaled);
    QVERIFY(std::all_of(scaled.begin(), scaled.end(), [](float x) { return std::isfinite(x); }));
    QCOMPARE(scaled, logits(files.plain));
  }

  void aSchemeAppliesToWhatIsStored() {
    const auto files = support::writeScaledModel("nvfp4", folder());
    const auto checkpoint = io::openCheckpoint(files.scaled);
    const auto stored = load(files.scaled), nf4 = load(files.scaled, quant::Scheme::parse("nf4"));
    const auto query = checkpoint->view("blk.1.attn_q.weight");
    const float scale = model::productScale(*checkpoint, query.name).value();
    QVERIFY(scale != 1.0F && stored.blocks[1][model::WeightKind::Query]->factor == scale &&
            nf4.blocks[1][model::WeightKind::Query]->factor == scale);
    auto expected = quant::dequantize(*quant::quantize(quant::Scheme::parse("nf4"), query));
    for (float& value : expected) value *= scale;
    QCOMPARE(quant::dequantize(*nf4.blocks[1][model::WeightKind::Query]), expected);
    QCOMPARE(stored.blocks[1][model::WeightKind::Query]->bytes(), query.bytes.size() + sizeof(float));
    QCOMPARE(stored.shared[model::WeightKind::Output]->factor,
             model::productScale(*checkpoint, "output.weight").value());
    QVERIFY(!model::productScale(*checkpoint, "token_embd.weight"));
    QCOMPARE(stored.shared[model::WeightKind::Embedding]->factor, 1.0F);
  }

  void oddScalesAreNamed_data() {
    QTest::addColumn<int>("dtype");
    QTest::addColumn<std::vector<float>>("values");
    const auto row = [](const char* name, tensor::DType dtype, std::vector<float> values) {
      QTest::newRow(name) << static_cast<int>(dtype) << values;
    };
    row("two", tensor::DType::F32, {1.0F, 2.0F});
    row("nan", tensor::DType::F32, {std::numeric_limits<float>::quiet_NaN()});
    row("inf", tensor::DType::F32, {std::numeric_limits<float>::infinity()});
    row("half", tensor::DType::F16, {1.0F});
  }

  void oddScalesAreNamed() {
    QFETCH(int, dtype);
    QFETCH(std::vector<float>, values);
    try {
      load(withScale("blk.0.attn_q.scale", static_cast<tensor::DType>(dtype), values));
      QFAIL("accepted");
    } catch (const Error& error) {
      QCOMPARE(error.code(), ErrorCode::InvalidFile);
      QCOMPARE(error.where(), std::string("blk.0.attn_q.scale"));
    }
  }

  /// What llama.cpp multiplies nothing by is not understood here either.
  void scalesOfOtherTensorsAreRefused_data() {
    QTest::addColumn<QString>("name");
    for (const char* name :
         {"token_embd.scale", "blk.0.attn_norm.scale", "blk.0.attn_q.weight.scale", "blk.7.attn_q.scale"})
      QTest::newRow(name) << QString(name);
  }

  void scalesOfOtherTensorsAreRefused() {
    QFETCH(QString, name);
    try {
      load(withScale(name.toStdString(), tensor::DType::F32, {2.0F}));
      QFAIL("accepted");
    } catch (const Error& error) {
      QCOMPARE(error.code(), ErrorCode::Unsupported);
      QCOMPARE(error.where(), name.toStdString());
    }
  }
};

QTEST_GUILESS_MAIN(TestProductScale)
#include "tst_product_scale.moc"
