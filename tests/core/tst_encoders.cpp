// Encoders against the rows of float64 and of llama.cpp (tests/data/encoders): the graph, pooling, what is refused.
#include <QTemporaryDir>
#include <QtTest>
#include <fstream>

#include "core/base/error.h"
#include "core/calibrate/text_calibration.h"
#include "core/model/embedding.h"
#include "core/model/weight_requests.h"
#include "core/model/weights.h"
#include "core/text/tokenizer.h"
#include "support/encoders.h"

using namespace core;
using support::kEncoders;

namespace {

struct Opened {
  std::shared_ptr<const io::Checkpoint> checkpoint;
  model::ModelConfig config;
  std::unique_ptr<model::Executor> executor;
};

model::Graph graphOf(const std::shared_ptr<const io::Checkpoint>& checkpoint, const model::ModelConfig& config) {
  return model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, std::optional<quant::Scheme>()));
}

Opened open(const std::filesystem::path& path) {
  Opened opened{io::openCheckpoint(path), {}, nullptr};
  opened.config = model::ModelConfig::fromCheckpoint(*opened.checkpoint);
  opened.executor = model::createCpuExecutor(graphOf(opened.checkpoint, opened.config));
  return opened;
}

std::vector<float> rowsOf(model::Executor& executor, std::span<const model::TokenId> tokens) {
  const auto cache = executor.createKvCache(static_cast<std::uint32_t>(tokens.size()), model::KvType::F32);
  std::vector<float> rows(tokens.size() * executor.graph().vocabulary());
  executor.forward(tokens, *cache, model::LogitsWanted::AllTokens, rows);
  return rows;
}

template <class Call>
QString refusal(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return QString::fromStdString(error.what());
  }
  return {};
}

void copyFolder(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

/// Puts members into a JSON file, in place of those of the same name.
void setMembers(const std::filesystem::path& file, const QByteArray& members) {
  nlohmann::json settings;
  std::ifstream(file) >> settings;
  settings.update(nlohmann::json::parse(members.toStdString()));
  std::ofstream(file) << settings;
}

}  // namespace

class TestEncoders : public QObject {
  Q_OBJECT

 private slots:
  void rowsAreThoseOfTheReferences_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("path");
    for (const char* const name : {"bert", "roberta"}) {
      QTest::addRow("%s, file", name) << QString(name) << QString(name) + QStringLiteral(".gguf");
      QTest::addRow("%s, folder", name) << QString(name) << QString(name) + QStringLiteral("-folder");
    }
  }

  void rowsAreThoseOfTheReferences() {
    QFETCH(QString, name);
    QFETCH(QString, path);
    const Opened model = open(kEncoders / path.toStdString());
    const auto tokens = support::encoderTokens();
    const std::vector<float> rows = rowsOf(*model.executor, tokens);
    const std::size_t width = model.config.width;
    const double exact = support::worstTurn(support::encoderRows(name, "rows"), rows, width);
    QVERIFY2(exact <= support::kRowLimit, qPrintable(QString::number(exact)));
    const double llama = support::worstTurn(support::encoderRows(name, "llama_rows"), rows, width);
    QVERIFY2(llama <= support::kLlamaRowLimit, qPrintable(QString::number(llama)));
    // The last row alone is that of all rows.
    const auto cache = model.executor->createKvCache(64, model::KvType::F32);
    std::vector<float> last(width);
    model.executor->forward(tokens, *cache, model::LogitsWanted::LastToken, last);
    QVERIFY(std::ranges::equal(last, std::span(rows).last(width)));
  }

  // A text longer than a batch of decoders is read as a whole: its first row depends on its last token.
  void aTextIsReadAsAWhole() {
    const Opened model = open(kEncoders / "bert.gguf");
    QCOMPARE(model.executor->graph().rowsTogether(), std::optional(model.config.contextLength));
    std::vector<model::TokenId> tokens(model.config.contextLength, 7);
    const std::vector<float> before = rowsOf(*model.executor, tokens);
    tokens.back() = 9;
    const std::vector<float> behind = rowsOf(*model.executor, tokens);
    QVERIFY(support::worstTurn(std::span(before).first(model.config.width), std::span(behind).first(model.config.width),
                               model.config.width) > 1e-9);
  }

  void nothingIsAppendedToAText() {
    const Opened model = open(kEncoders / "bert.gguf");
    const auto cache = model.executor->createKvCache(8, model::KvType::F32);
    const std::vector<model::TokenId> tokens{2, 5, 3};
    std::vector<float> rows(3 * model.config.width);
    model.executor->forward(tokens, *cache, model::LogitsWanted::AllTokens, rows);
    QVERIFY(refusal([&] {
              model.executor->forward(tokens, *cache, model::LogitsWanted::AllTokens, rows);
            }).contains("whole texts"));
    QVERIFY(refusal([&] {
              static_cast<void>(model.executor->createKvCache(model.config.contextLength + 1, model::KvType::F32));
            }).contains("learned"));
  }

  void embeddingsArePooledAndOfLengthOne_data() {
    QTest::addColumn<int>("pooling");
    QTest::newRow("mean") << static_cast<int>(model::Pooling::Mean);
    QTest::newRow("first") << static_cast<int>(model::Pooling::First);
    QTest::newRow("last") << static_cast<int>(model::Pooling::Last);
  }

  void embeddingsArePooledAndOfLengthOne() {
    QFETCH(int, pooling);
    const Opened model = open(kEncoders / "bert.gguf");
    const auto tokens = support::encoderTokens();
    const std::vector<float> rows = support::encoderRows("bert", "rows");
    const std::size_t width = model.config.width, count = tokens.size();
    std::vector<float> expected(width, 0.0F);
    const bool isMean = pooling == static_cast<int>(model::Pooling::Mean);
    const std::size_t only = pooling == static_cast<int>(model::Pooling::Last) ? count - 1 : 0;
    for (std::size_t t = 0; t < count; ++t)
      for (std::size_t i = 0; i < width && (isMean || t == only); ++i) expected[i] += rows[t * width + i];
    model::Embedder embedder(*model.executor, static_cast<model::Pooling>(pooling));
    const std::vector<float> embedding = embedder.embed(tokens);
    QVERIFY(support::worstTurn(expected, embedding, width) <= support::kRowLimit);
    double squares = 0.0;
    for (const float value : embedding) squares += static_cast<double>(value) * value;
    QVERIFY(std::abs(squares - 1) < 1e-6);
    // Shorter and longer ones after it are computed as if they were alone.
    static_cast<void>(embedder.embed(std::vector<model::TokenId>{2, 5, 3}));
    QVERIFY(std::ranges::equal(embedder.embed(tokens), embedding));
    QVERIFY(refusal([&] { static_cast<void>(embedder.embed({})); }).contains("without tokens"));
    QVERIFY(refusal([&] {
              static_cast<void>(embedder.embed(std::vector<model::TokenId>(model.config.contextLength + 1, 7)));
            }).contains("at most"));
  }

  void wholeTextsHaveTheirMarks_data() {
    QTest::addColumn<QString>("path");
    QTest::newRow("file") << "bert.gguf";
    QTest::newRow("folder") << "bert-folder";
  }

  void wholeTextsHaveTheirMarks() {
    QFETCH(QString, path);
    const auto tokenizer = text::Tokenizer::fromCheckpoint(*io::openCheckpoint(kEncoders / path.toStdString()));
    // [CLS] the cat s ##i ##t [SEP], as the vocabulary of tests/peer/encoder_models.py has them.
    QCOMPARE(tokenizer->encodeWhole("The cat", text::SpecialTokens::AsText), (std::vector<text::TokenId>{2, 5, 6, 3}));
    QCOMPARE(tokenizer->encodeWhole("", text::SpecialTokens::AsText), (std::vector<text::TokenId>{2, 3}));
    QCOMPARE(tokenizer->encodePrompt("the cat", text::SpecialTokens::AsText), (std::vector<text::TokenId>{2, 5, 6}));
  }

  void windowsOfACalibrationAreTexts() {
    const Opened model = open(kEncoders / "bert.gguf");
    const auto tokenizer = text::Tokenizer::fromCheckpoint(*model.checkpoint);
    std::string words;
    for (int i = 0; i < 200; ++i) words += "the cat sat on a mat ";
    const calibrate::CalibrationText text{"words", {words}};
    calibrate::CalibrationSettings settings;
    settings.tokens = 96;
    settings.context = 32;
    const auto windows =
        calibrate::cutIntoWindows(text, {*tokenizer, nullptr, model.config.contextLength, true}, settings);
    QCOMPARE(windows.count(), std::size_t{3});
    for (std::size_t i = 0; i < windows.count(); ++i) {
      QCOMPARE(windows.window(i).front(), 2);
      QCOMPARE(windows.window(i).back(), 3);
    }
    // What the sections of the graph compute one after the other is what the whole computes.
    calibrate::TextCalibration calibration(graphOf(model.checkpoint, model.config), windows, {});
    calibration.readAll(JobContext());
    const auto known = calibration.of("blk.1.ffn_down.weight", quant::CalibrationNeed::Columns, JobContext());
    QVERIFY(known);
    const auto hidden = model.executor->graph().find("blk.1.ffn_hidden");
    QVERIFY(hidden);
    std::vector<float> largest(model.config.feedForward, 0.0F);
    const auto watching = model.executor->subscribe({*hidden}, [&](const model::Observation& observation) {
      for (std::size_t i = 0; i < observation.data.size(); ++i) {
        float& most = largest[i % largest.size()];
        most = std::max(most, std::abs(observation.data[i]));
      }
    });
    for (std::size_t i = 0; i < windows.count(); ++i) static_cast<void>(rowsOf(*model.executor, windows.window(i)));
    QCOMPARE(known->maxMagnitude.size(), largest.size());
    for (std::size_t i = 0; i < largest.size(); ++i)
      QVERIFY(std::abs(known->maxMagnitude[i] - largest[i]) <= 1e-5F * (1 + largest[i]));
  }

  // What a folder says of its computation is followed or refused, never left out.
  void refusals_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("change");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* file, const char* change, const char* says) {
      QTest::addRow("%s", change) << QString(file) << QByteArray(change) << QString(says);
    };
    row("config.json", R"({"hidden_act": "relu"})", "config.hidden_act");
    row("config.json", R"({"position_embedding_type": "relative_key"})", "config.position_embedding_type");
    row("config.json", R"({"is_decoder": true})", "config.is_decoder");
    row("config.json", R"({"type_vocab_size": 0})", "config.type_vocab_size");
    row("config.json", R"({"type_vocab_size": 3})", "token_type_embeddings");
    row("config.json", R"({"max_position_embeddings": 95})", "position_embeddings");
    row("config.json", R"({"num_attention_heads": 5})", "multiple of the number of heads");
    row("config.json", R"({"layer_norm_eps": -1})", "config.layer_norm_eps");
    row("1_Pooling/config.json", R"({"pooling_mode_max_tokens": true})", "pooling_mode_max_tokens");
    row("1_Pooling/config.json", R"({"pooling_mode_cls_token": true})", "pooling_mode_");
  }

  void refusals() {
    QFETCH(QString, file);
    QFETCH(QByteArray, change);
    QFETCH(QString, says);
    QTemporaryDir folder;
    const std::filesystem::path model = std::filesystem::path(folder.path().toStdString()) / "model";
    copyFolder(kEncoders / "bert-folder", model);
    setMembers(model / file.toStdString(), change);
    const QString sentence = refusal([&] {
      const auto checkpoint = io::openCheckpoint(model);
      model::checkTensors(*checkpoint, model::ModelConfig::fromCheckpoint(*checkpoint));
    });
    QVERIFY2(sentence.contains(says), qPrintable(sentence));
  }

  void positionsBehindThePaddingTokenHaveToBeThere() {
    for (const char* const change :
         {R"({"max_position_embeddings": 1})", R"({"pad_token_id": 97})", R"({"pad_token_id": 4294967295})"}) {
      QTemporaryDir folder;
      const std::filesystem::path model = std::filesystem::path(folder.path().toStdString()) / "model";
      copyFolder(kEncoders / "roberta-folder", model);
      setMembers(model / "config.json", change);
      const QString sentence =
          refusal([&] { static_cast<void>(model::ModelConfig::fromCheckpoint(*io::openCheckpoint(model))); });
      QVERIFY2(sentence.contains("pad_token_id"), qPrintable(sentence));
    }
  }

  void oldestNamesOfNormsAreRead() {
    QTemporaryDir folder;
    const std::filesystem::path path = std::filesystem::path(folder.path().toStdString()) / "model";
    copyFolder(kEncoders / "bert-folder", path);
    QFile weights(QString::fromStdString((path / "model.safetensors").string()));
    QVERIFY(weights.open(QIODevice::ReadWrite));
    const QByteArray whole = weights.readAll();
    std::uint64_t length = 0;
    std::memcpy(&length, whole.constData(), sizeof(length));
    QByteArray header = whole.mid(8, static_cast<qsizetype>(length));
    const QByteArray data = whole.mid(8 + static_cast<qsizetype>(length));
    header.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
    header = header.leftJustified(header.size() + 7 - (header.size() + 7) % 8, ' ');
    length = static_cast<std::uint64_t>(header.size());
    QVERIFY(weights.resize(0) && weights.seek(0));
    weights.write(reinterpret_cast<const char*>(&length), sizeof(length));
    weights.write(header + data);
    weights.close();
    const Opened model = open(path);
    const auto tokens = support::encoderTokens();
    QVERIFY(support::worstTurn(support::encoderRows("bert", "rows"), rowsOf(*model.executor, tokens),
                               model.config.width) <= support::kRowLimit);
  }

  void poolingAndActivationAreThoseOfTheFolder() {
    QTemporaryDir folder;
    const std::filesystem::path path = std::filesystem::path(folder.path().toStdString()) / "model";
    copyFolder(kEncoders / "bert-folder", path);
    setMembers(path / "1_Pooling/config.json",
               R"({"pooling_mode_mean_tokens": false, "pooling_mode_cls_token": true})");
    setMembers(path / "config.json", R"({"hidden_act": "gelu_new"})");
    const auto config = model::ModelConfig::fromCheckpoint(*io::openCheckpoint(path));
    QVERIFY(config.pooling == model::Pooling::First && !config.hasExactGelu);
    std::filesystem::remove_all(path / "1_Pooling");
    QVERIFY(model::ModelConfig::fromCheckpoint(*io::openCheckpoint(path)).pooling == model::Pooling::Mean);
  }

  // NaN in a weight is named, wherever the token that meets it is.
  void notFiniteIsNamed() {
    Opened model = open(kEncoders / "bert.gguf");
    model::WeightLibrary library(model.checkpoint);
    auto weights = library.load(model.config, std::optional<quant::Scheme>());
    auto& up = weights.blocks[1][model::WeightKind::Up];
    auto values = std::make_shared<std::vector<float>>(quant::dequantize(*up));
    (*values)[5] = NAN;
    auto damaged = std::make_shared<quant::QuantizedTensor>(*up);
    damaged->payload = std::as_bytes(std::span(*values));
    damaged->owner = values;
    up = damaged;
    const auto executor = model::createCpuExecutor(model::buildGraph(model.config, weights));
    const auto tokens = support::encoderTokens();
    const QString sentence = refusal([&] { static_cast<void>(rowsOf(*executor, tokens)); });
    QVERIFY2(sentence.contains("blk.1.ffn_up.weight"), qPrintable(sentence));
  }
};

QTEST_GUILESS_MAIN(TestEncoders)
#include "tst_encoders.moc"
