// Encoders from a folder to a GGUF file and back: the same embeddings, tokens and pooling, and the settings that files
// made by others (tests/data/encoders) have.
#include <QTemporaryDir>
#include <QTest>
#include <fstream>

#include "app/session/quantize_model.h"
#include "core/base/error.h"
#include "core/io/gguf_writer.h"
#include "core/model/embedding.h"
#include "core/model/pooling_settings.h"
#include "core/model/weights.h"
#include "core/text/tokenizer.h"
#include "support/encoders.h"

using namespace core;
using support::kEncoders;
namespace fs = std::filesystem;

class TestEncoderConversions : public QObject {
  Q_OBJECT

  using Json = nlohmann::json;

  struct Encoder {
    explicit Encoder(const fs::path& path)
        : checkpoint(io::openCheckpoint(path)), config(model::ModelConfig::fromCheckpoint(*checkpoint)) {
      model::WeightLibrary library(checkpoint);
      executor =
          model::createCpuExecutor(model::buildGraph(config, library.load(config, std::optional<quant::Scheme>())));
    }
    std::vector<float> rows(std::span<const model::TokenId> tokens) const {
      const auto cache = executor->createKvCache(64, model::KvType::F32);
      std::vector<float> rows(tokens.size() * config.width);
      executor->forward(tokens, *cache, model::LogitsWanted::AllTokens, rows);
      return rows;
    }
    std::vector<model::TokenId> tokens(std::string_view text) const {
      return text::Tokenizer::fromCheckpoint(*checkpoint)->encodeWhole(text, text::SpecialTokens::AsText);
    }
    std::vector<float> embedding(std::string_view text) const {
      return model::Embedder(*executor, config.pooling).embed(tokens(text));
    }

    std::shared_ptr<const io::Checkpoint> checkpoint;
    model::ModelConfig config;
    std::unique_ptr<model::Executor> executor;
  };

  fs::path place(const char* name) const { return m_folder.filePath(QLatin1String(name)).toStdString(); }

  /// The model in the other form. @param isAgain of what was written before  @return where
  fs::path converted(const fs::path& from, bool isAgain = false) {
    const auto source = io::openCheckpoint(from);
    const bool toGguf = source->format() != io::FileFormat::Gguf;
    const fs::path to = place(isAgain ? (toGguf ? "again.gguf" : "again") : (toGguf ? "made.gguf" : "made"));
    app::QuantizeTarget target(to);
    if (!toGguf) target.layout = quant::FolderLayout::Plain;
    m_notes = app::writeModel(*source, quant::Scheme::parse("fp32"), target, JobContext()).notes;
    return to;
  }

  /// A copy of a golden folder, of one of whose files members are put in place of those of the same name.
  fs::path changed(const char* name, const char* file, const Json& members) const {
    const fs::path to = place("changed");
    fs::copy(kEncoders / name, to, fs::copy_options::recursive);
    Json settings = support::readJson(to / file);
    settings.merge_patch(members);
    std::ofstream(to / file) << settings;
    return to;
  }

  bool isNoted(std::string_view what) const {
    return std::ranges::any_of(m_notes, [&](const std::string& note) { return note.find(what) != std::string::npos; });
  }

  static constexpr const char* kText =
      "The cat sat on a river-bank, D\xC3\xB6"
      "g money!";

  QTemporaryDir m_folder;
  std::vector<std::string> m_notes;

 private Q_SLOTS:
  void cleanup() {
    for (const char* name : {"made", "made.gguf", "again", "again.gguf", "changed"}) fs::remove_all(place(name));
  }

  void embeddingsStayTheSame_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("path");
    for (const char* const name : {"bert", "roberta"}) {
      QTest::addRow("%s, file", name) << QString(name) << QString(name) + QStringLiteral(".gguf");
      QTest::addRow("%s, folder", name) << QString(name) << QString(name) + QStringLiteral("-folder");
    }
  }
  void embeddingsStayTheSame() {
    QFETCH(QString, name);
    QFETCH(QString, path);
    const fs::path from = kEncoders / path.toStdString(), there = converted(from), back = converted(there, true);
    const Encoder before(from);
    const auto tokens = support::encoderTokens();
    const std::size_t width = before.config.width;
    QVERIFY(before.tokens(kText).size() > 8);
    for (const fs::path& made : {there, back}) {
      const Encoder after(made);
      QVERIFY(support::worstTurn(support::encoderRows(name, "rows"), after.rows(tokens), width) <= support::kRowLimit);
      QCOMPARE(after.rows(tokens), before.rows(tokens));
      QCOMPARE(after.tokens(kText), before.tokens(kText));
      QCOMPARE(after.embedding(kText), before.embedding(kText));
    }
  }

  // A file does not say whose it is: positions begin at its first row, and so it is a BERT in a folder.
  void settingsAreThoseOthersWrite_data() { embeddingsStayTheSame_data(); }
  void settingsAreThoseOthersWrite() {
    QFETCH(QString, name);
    QFETCH(QString, path);
    const fs::path made = converted(kEncoders / path.toStdString());
    const auto found = io::openCheckpoint(made);
    if (found->format() != io::FileFormat::Gguf) {
      const Json config = support::readJson(made / "config.json");
      const Json wanted = support::readJson(kEncoders / "bert-folder" / "config.json");
      for (const auto& [key, value] : wanted.items()) QVERIFY2(config.value(key, Json()) == value, key.c_str());
      for (const auto& tensor : found->tensors())
        QVERIFY2(io::openCheckpoint(kEncoders / "bert-folder")->find(tensor.name), tensor.name.c_str());
      const Json modules = support::readJson(made / "modules.json");
      QCOMPARE(modules.size(), 2U);
      QVERIFY(modules[1].value("path", "") == "1_Pooling");
      QVERIFY(support::readJson(made / "sentence_bert_config.json").value("max_seq_length", 0) == 96);
      QVERIFY(!fs::exists(made / "generation_config.json"));
      return;
    }
    const auto wanted = io::openCheckpoint(kEncoders / (name.toStdString() + ".gguf"));
    for (const auto& entry : wanted->metadata().entries()) {
      // Folders say them in tokenizer_config.json, and these have none.
      if (entry.key.ends_with("padding_token_id") || entry.key.ends_with("mask_token_id")) continue;
      const auto* const value = found->metadata().find(entry.key);
      QVERIFY2(value != nullptr, entry.key.c_str());
      QCOMPARE(io::toDisplayText(*value), io::toDisplayText(entry.value));
    }
    for (const auto& tensor : wanted->tensors()) {
      const auto index = found->find(tensor.name);
      QVERIFY2(index && found->tensors()[*index].shape == tensor.shape, tensor.name.c_str());
    }
  }

  void poolingGoesAlong_data() {
    QTest::addColumn<QByteArray>("mode");
    QTest::addColumn<int>("number");
    QTest::newRow("first") << QByteArray("pooling_mode_cls_token") << 2;
    QTest::newRow("last") << QByteArray("pooling_mode_lasttoken") << 3;
  }
  void poolingGoesAlong() {
    QFETCH(QByteArray, mode);
    QFETCH(int, number);
    const fs::path from = changed("roberta-folder", model::kPoolingFile,
                                  {{"pooling_mode_mean_tokens", false}, {mode.toStdString(), true}});
    const fs::path file = converted(from);
    QCOMPARE(io::openCheckpoint(file)->metadata().unsignedInteger("bert.pooling_type"),
             std::optional<std::uint64_t>(number));
    const fs::path back = converted(file);
    const Json pooling = support::readJson(back / model::kPoolingFile);
    QVERIFY(pooling.value(mode.toStdString(), false) && !pooling.value("pooling_mode_mean_tokens", true));
    QCOMPARE(Encoder(back).embedding(kText), Encoder(from).embedding(kText));
  }

  // DistilBERT has none: its files lack the table that BERT's class has.
  void typesOfTokensAreZerosWhereThereAreNone() {
    const auto source = io::openCheckpoint(kEncoders / "bert.gguf");
    const fs::path without = place("changed");
    {
      io::GgufWriter writer(without);
      for (const auto& entry : source->metadata().entries()) writer.addEntry(entry);
      const auto isKept = [](const io::TensorInfo& tensor) { return tensor.name != "token_types.weight"; };
      for (const auto& tensor : source->tensors())
        if (isKept(tensor)) writer.declareTensor(tensor.name, tensor.dtype, tensor.shape);
      for (const auto& tensor : source->tensors())
        if (isKept(tensor)) writer.append(source->view(tensor.name).bytes);
      writer.finish();
    }
    const fs::path folder = converted(without);
    const auto made = io::openCheckpoint(folder);
    QCOMPARE(made->tensors()[*made->find("embeddings.token_type_embeddings.weight")].shape, (tensor::Shape{2, 24}));
    QCOMPARE(Encoder(folder).embedding(kText), Encoder(without).embedding(kText));
  }

  void whatIsNoPartOfItIsSaid() {
    converted(kEncoders / "bert-folder");
    QVERIFY(isNoted("no part in an embedding is left out (2 tensors)"));
  }

  // GGUF files of the kind are read in small letters.
  void otherChangesOfTextsAreSaid() {
    converted(converted(converted(kEncoders / "bert-folder")), true);
    QVERIFY(!isNoted("small letters"));
    fs::remove(place("again.gguf"));
    converted(changed("bert-folder", "tokenizer.json", {{"normalizer", {{"lowercase", false}}}}), true);
    QVERIFY(isNoted("small letters"));
  }

  void whatCannotBeSaidIsRefused() {
    const fs::path source = changed("bert-folder", "config.json", {{"hidden_act", "gelu_new"}});
    QString why;
    try {
      converted(source);
    } catch (const Error& error) {
      why = QString::fromUtf8(error.what());
    }
    QVERIFY2(why.contains("config.hidden_act"), qPrintable(why));
    QVERIFY(!fs::exists(place("made.gguf")));
  }
};

QTEST_GUILESS_MAIN(TestEncoderConversions)
#include "tst_encoder_conversions.moc"
