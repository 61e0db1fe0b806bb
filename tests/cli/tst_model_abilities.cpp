// What a file allows: logits, tokens, prompts and chats each ask only for what they need.
#include <QTemporaryDir>
#include <QTest>
#include <functional>

#include "app/session/engine.h"
#include "app/session/open_model.h"
#include "cli_process.h"
#include "core/io/gguf_writer.h"
#include "core/io/safetensors_writer.h"
#include "support/random_model.h"

using app::OpenModel;
using cli::run;
using cli::Run;
using core::io::Checkpoint;
using core::io::GgufWriter;

namespace {

constexpr const char* kModel = QS_TEST_DATA "/logits/prototype-outliers.gguf";
constexpr const char* kVocabulary = QS_TEST_DATA "/tokenizer/sentencepiece.gguf";

using Edit = std::function<bool(GgufWriter&, const core::io::MetadataEntry&)>;  ///< true: it wrote the entry, or none

/// The file's metadata and tensors, some entries changed.
void writeChanged(const char* source, const std::filesystem::path& target, const Edit& edit) {
  const auto model = core::io::openCheckpoint(source);
  GgufWriter writer(target);
  for (const auto& entry : model->metadata().entries()) {
    if (!edit(writer, entry)) writer.addEntry(entry);
  }
  for (const auto& tensor : model->tensors()) writer.declareTensor(tensor.name, tensor.dtype, tensor.shape);
  for (std::size_t i = 0; i < model->tensors().size(); ++i) writer.append(model->view(i).bytes);
  writer.finish();
}

QString sentence(const std::optional<std::string>& reason) { return QString::fromStdString(reason.value_or("")); }

}  // namespace

class TestModelAbilities : public QObject {
  Q_OBJECT

 private:
  std::string path(const char* name) const { return m_folder.filePath(QString::fromLatin1(name)).toStdString(); }
  std::shared_ptr<OpenModel> changed(const char* source, const Edit& edit) const {
    writeChanged(source, path("changed.gguf"), edit);
    return OpenModel::open(path("changed.gguf"));
  }
  std::shared_ptr<OpenModel> withTemplate(const std::string& text) const {
    return changed(kModel, [&](GgufWriter& writer, const core::io::MetadataEntry& entry) {
      if (entry.key != "tokenizer.chat_template") return false;
      if (!text.empty()) writer.addString(entry.key, text);
      return true;
    });
  }
  QString generate(const QStringList& options, int code) const {
    const Run result = run(QStringList{QStringLiteral("generate"), QString::fromStdString(path("changed.gguf")),
                                       QStringLiteral("--prompt"), QStringLiteral("Hi"), QStringLiteral("--device"),
                                       QStringLiteral("cpu"), QStringLiteral("--max-tokens"), QStringLiteral("2")} +
                           options);
    return result.code == code ? QString::fromUtf8(code == 0 ? result.out : result.err)
                               : QStringLiteral("exit code %1: %2").arg(result.code).arg(QString(result.err));
  }

  QTemporaryDir m_folder;

 private Q_SLOTS:
  void aVocabularyTokenizes_data() {
    QTest::addColumn<QString>("architecture");
    for (const char* name : {"llama", "gemma2", "bert"}) QTest::newRow(name) << QString::fromLatin1(name);
  }

  void aVocabularyTokenizes() {
    QFETCH(QString, architecture);
    const auto model = changed(kVocabulary, [&](GgufWriter& writer, const core::io::MetadataEntry& entry) {
      if (entry.key != "general.architecture") return false;
      writer.addString(entry.key, architecture.toStdString());
      return true;
    });
    QVERIFY(model->whyNotRunnable());
    QVERIFY(!model->whyNoTokenizer());
    QCOMPARE(model->whyCannotChat(), model->whyNotRunnable());
    const auto ids = model->tokenizer()->encode("What is NF4?", core::text::SpecialTokens::AsText);
    QCOMPARE(ids, OpenModel::open(kModel)->tokenizer()->encode("What is NF4?", core::text::SpecialTokens::AsText));
    const QString file = QString::fromStdString(path("changed.gguf"));
    const Run tokens = run({QStringLiteral("tokenize"), file, QStringLiteral("What is NF4?")});
    QVERIFY2(tokens.code == 0, tokens.err.constData());
    const Run text = run({QStringLiteral("detokenize"), file, QString::fromUtf8(tokens.out).trimmed()});
    QCOMPARE(QString::fromUtf8(text.out), QStringLiteral("What is NF4?\n"));
  }

  void aBrokenTemplateBlocksOnlyItself() {
    const auto model = withTemplate("{% for m in messages %}\n{{ m.content }}");
    QVERIFY(!model->whyNotRunnable() && !model->whyNoTokenizer() && !model->whyCannotComplete());
    QVERIFY(model->hasBrokenTemplate());
    QVERIFY2(sentence(model->whyNoTemplate()).contains(QLatin1String("line 2")),
             qPrintable(sentence(model->whyNoTemplate())));
    QCOMPARE(model->whyCannotChat(), model->whyNoTemplate());
    QVERIFY2(generate({}, 1).contains(QLatin1String("--raw")), qPrintable(generate({}, 1)));
    QVERIFY(!generate({QStringLiteral("--raw")}, 0).isEmpty());
    QVERIFY(generate({QStringLiteral("--raw"), QStringLiteral("--system"), QStringLiteral("Be kind.")}, 1)
                .contains(QLatin1String("system prompt")));
    const Run inspected =
        run({QStringLiteral("inspect"), QString::fromStdString(path("changed.gguf")), QStringLiteral("--json")});
    const auto json = nlohmann::json::parse(inspected.out.toStdString());
    QCOMPARE(json["can_chat"].get<bool>(), false);
    QCOMPARE(json["cannot"].size(), std::size_t{1});
    QCOMPARE(json["cannot"]["template"].get<std::string>(), *model->whyNoTemplate());
  }

  void generateSetsVariablesOfTheTemplateAndTellsThoughtsApart() {
    // Whatever the model says counts as thought: nothing ends it.
    withTemplate(
        "{{ messages[0].content }}{% for t in tools or [] %}{{ t }}{% endfor %}{{ '<think>' }}"
        "{% if false %}{{ '</think>' }}{% endif %}");
    const auto answer = [this](const QStringList& options) {
      return nlohmann::json::parse(generate(options + QStringList{QStringLiteral("--json")}, 0).toStdString());
    };
    const auto plain = answer({});
    QCOMPARE(plain["reasoning_tokens"].get<std::size_t>(), plain["tokens"].size());
    QCOMPARE(plain["answer"].get<std::string>(), std::string());
    const auto given = answer({QStringLiteral("--set"), QStringLiteral("tools=[1, 2, 3]")});
    QVERIFY(given["prompt_tokens"].get<int>() > plain["prompt_tokens"].get<int>());
    QVERIFY(generate({QStringLiteral("--set"), QStringLiteral("tools")}, 1).contains(QLatin1String("NAME=VALUE")));
    QVERIFY(generate({QStringLiteral("--raw"), QStringLiteral("--set"), QStringLiteral("a=1")}, 1)
                .contains(QLatin1String("--raw leaves out")));
  }

  void aModelWithoutTemplateCompletes() {
    const auto model = withTemplate("");
    QVERIFY(!model->whyCannotComplete() && !model->hasBrokenTemplate());
    QVERIFY(sentence(model->whyCannotChat()).contains(QLatin1String("no chat template")));
    QCOMPARE(generate({}, 0).section(u'[', 0, 0), generate({QStringLiteral("--raw")}, 0).section(u'[', 0, 0));
    QVERIFY(generate({QStringLiteral("--system"), QStringLiteral("Be kind.")}, 1).contains(QLatin1String("no")));
  }

  void aTemplateNeedsNoTokenizer() {
    const auto model = changed(kVocabulary, [](GgufWriter& writer, const core::io::MetadataEntry& entry) {
      if (entry.key == "tokenizer.ggml.model") writer.addString(entry.key, "rwkv");
      if (entry.key == "tokenizer.chat_template")
        writer.addString(entry.key, "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}");
      return entry.key == "tokenizer.ggml.model" || entry.key == "tokenizer.chat_template";
    });
    QVERIFY2(sentence(model->whyNoTokenizer()).contains(QLatin1String("\"rwkv\"")),
             qPrintable(sentence(model->whyNoTokenizer())));
    QVERIFY(!model->whyNoTemplate());
    const std::vector<core::text::ChatMessage> chat{{"user", "Hi"}};
    QCOMPARE(model->chatTemplate()->render(chat), std::string("<s>Hi</s>"));
  }

  // A file's words cannot move the cursor or change colours.
  void noEscapeSequencesReachTheTerminal() {
    const auto model = withTemplate("\x1b[2J{{ messages[0].content }}\n\tend");
    QVERIFY(!model->whyNoTemplate());
    QFile chat(m_folder.filePath(QStringLiteral("chat.json")));
    QVERIFY(chat.open(QIODevice::WriteOnly));
    chat.write(R"([{"role": "user", "content": "Hi"}])");
    chat.close();
    const QString file = QString::fromStdString(path("changed.gguf"));
    const Run prompt = run({QStringLiteral("template"), file, chat.fileName()});
    QCOMPARE(prompt.out, QByteArray("\\x1B[2JHi\n\tend"));
    withTemplate("{{ raise_exception('\x1b[2Jno') }}");
    const Run refused = run({QStringLiteral("template"), file, chat.fileName()});
    QCOMPARE(refused.code, 1);
    QCOMPARE(refused.err, QByteArray("\\x1B[2Jno\n"));
  }

  void logitsNeedNoTokenizer() {
    for (const char* tokenizer : {"", "bert"}) {
      const auto model = changed(kModel, [&](GgufWriter& writer, const core::io::MetadataEntry& entry) {
        if (!entry.key.starts_with("tokenizer.")) return false;
        if (entry.key == "tokenizer.ggml.model" && *tokenizer != 0) writer.addString(entry.key, tokenizer);
        return true;
      });
      QVERIFY(!model->whyNotRunnable());
      QVERIFY(model->whyNoTokenizer());
      QCOMPARE(model->whyCannotComplete(), model->whyNoTokenizer());
      const auto ask = [](const std::string& file) {
        return run({QStringLiteral("logits"), QString::fromStdString(file), QStringLiteral("--tokens"),
                    QStringLiteral("1,4,16"), QStringLiteral("--device"), QStringLiteral("cpu"),
                    QStringLiteral("--json")});
      };
      const Run ours = ask(path("changed.gguf"));
      QVERIFY2(ours.code == 0, ours.err.constData());
      auto expected = nlohmann::json::parse(ask(kModel).out.toStdString());
      for (auto& row : expected["last_token_top"]) row.erase("piece");
      QCOMPARE(nlohmann::json::parse(ours.out.toStdString()).dump(), expected.dump());
      QCOMPARE(generate({}, 1).trimmed(), sentence(model->whyNoTokenizer()));
    }
  }

  // Padded embeddings, and the reverse: neither is a reason to refuse the rest.
  void tokenizerAndEmbeddingDifferInSize() {
    const auto resized = [this](std::size_t tokens) {
      const auto source = core::io::openCheckpoint(kVocabulary);
      support::RandomModel shape;
      support::writeRandomModel(shape, path("random.gguf"));
      const auto random = core::io::openCheckpoint(path("random.gguf"));
      GgufWriter writer(path("changed.gguf"));
      for (const auto& entry : random->metadata().entries()) writer.addEntry(entry);
      const auto texts = source->metadata().array("tokenizer.ggml.tokens")->strings();
      writer.addString("tokenizer.ggml.model", "llama");
      writer.addStrings("tokenizer.ggml.tokens", std::span(texts).first(tokens));
      for (const auto& tensor : random->tensors()) writer.declareTensor(tensor.name, tensor.dtype, tensor.shape);
      for (std::size_t i = 0; i < random->tensors().size(); ++i) writer.append(random->view(i).bytes);
      writer.finish();
      return OpenModel::open(path("changed.gguf"));
    };
    const auto padded = resized(100);  // the embedding has 131 rows
    QVERIFY(!padded->whyCannotComplete());
    QCOMPARE(padded->tokenizer()->size(), std::size_t{100});
    QCOMPARE(padded->tokenizer()->piece(130), std::string("<token 130>"));
    const QString file = QString::fromStdString(path("changed.gguf"));
    QCOMPARE(QString::fromUtf8(run({QStringLiteral("detokenize"), file, QStringLiteral("130")}).out),
             QStringLiteral("<token 130>\n"));
    QCOMPARE(run({QStringLiteral("detokenize"), file, QStringLiteral("131")}).code, 1);
    const Run logits = run({QStringLiteral("logits"), file, QStringLiteral("--tokens"), QStringLiteral("1,130"),
                            QStringLiteral("--device"), QStringLiteral("cpu")});
    QVERIFY2(logits.code == 0, logits.err.constData());
    QVERIFY(!resized(140)->whyCannotComplete());
    QVERIFY2(generate({}, 0).contains(QLatin1String("tokens/s")), qPrintable(generate({}, 0)));
  }

  void safetensorsSaysWhatIsMissing() {
    const std::vector<std::byte> zero(4);
    core::io::SafetensorsWriter writer(path("model.safetensors"));
    writer.declareTensor("weight", core::tensor::DType::F32, {1});
    writer.append(zero);
    writer.finish();
    const auto model = OpenModel::open(path("model.safetensors"));
    QVERIFY(model->whyNotRunnable() && model->whyNoTokenizer() && model->whyNoTemplate());
    QVERIFY(sentence(model->whyNotRunnable()).contains(QLatin1String("config.json")));
    QVERIFY(sentence(model->whyNoTokenizer()).contains(QLatin1String("tokenizer.json")));
  }
};

QTEST_GUILESS_MAIN(TestModelAbilities)
#include "tst_model_abilities.moc"
