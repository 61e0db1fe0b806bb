// A LoRA adapter on the command line: adapter:PATH, merged, and BASE+adapter:PATH, beside what runs, wherever a recipe
// or a variant is named.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <cstring>
#include <map>

#include "cli_process.h"
#include "support/adapter_folder.h"

using namespace cli;

class TestCliAdapter : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;
  QString m_adapter;

  QString asRecipe(const QString& strength = {}) const { return QStringLiteral("adapter:") + m_adapter + strength; }
  Json logits(const QStringList& more) const {
    return json(QStringList{"logits", "demo", "--tokens", "1,2,3,4", "--device", "cpu"} + more)["last_token_top"];
  }

 private Q_SLOTS:
  void initTestCase() {
    m_adapter = m_folder.filePath(QStringLiteral("tuned"));
    const Json demo = json({"inspect", "demo"});
    std::vector<support::AdaptedModule> modules;
    for (const Json& tensor : demo["tensors"])
      for (const auto& [gguf, module] : {std::pair("blk.0.attn_q.weight", "model.layers.0.self_attn.q_proj"),
                                         {"blk.3.ffn_up.weight", "model.layers.3.mlp.up_proj"}})
        if (tensor["name"] == gguf)
          modules.push_back({module, tensor["shape"][0].get<std::uint64_t>(), tensor["shape"][1].get<std::uint64_t>()});
    QCOMPARE(modules.size(), std::size_t{2});
    support::writeAdapterFolder(m_adapter.toStdString(), modules, 0.1F);
  }

  void itRunsAtItsStrength() {
    const Json stored = logits({});
    QVERIFY(logits({"--scheme", asRecipe()}) != stored);
    QCOMPARE(logits({"--recipe", asRecipe()}), logits({"--recipe", QStringLiteral("model:") + m_adapter}));
    QVERIFY(logits({"--recipe", asRecipe(":50%")}) != logits({"--recipe", asRecipe()}));
    QCOMPARE(logits({"--recipe", asRecipe(":0%")}), stored);
  }

  // What differs is what it changes; everything else is the open model's.
  void errorMeasuresWhatItChanges() {
    const Json rows = json({"error", "demo", "--recipe", asRecipe()});
    QCOMPARE(rows.size(), std::size_t{2});
    for (const Json& row : rows) {
      QVERIFY(row["relative_error"].get<double>() > 1e-3);
      QCOMPARE(row["bits_per_weight"], Json(16.0));  // BF16, as the demo has it
      QCOMPARE(row["recipe"], Json(asRecipe().toStdString()));
    }
    const Json less = json({"error", "demo", "--recipe", asRecipe(":50%")});
    // Half the change, but for BF16's rounding.
    const double ratio = less[0]["relative_error"].get<double>() / rows[0]["relative_error"].get<double>();
    QVERIFY2(qAbs(ratio - 0.5) < 0.01, qPrintable(QString::number(ratio)));
  }

  void perplexityComparesItAsVariantAndAsReference() {
    const QStringList text{"--text",    QStringLiteral(QS_SOURCE_DIR "/resources/models/facts/floating_point.txt"),
                           "--context", "64",
                           "--tokens",  "128",
                           "--device",  "cpu"};
    const Json rows =
        json(QStringList{"perplexity", "demo", "--variant", asRecipe(), "--variant", asRecipe(":0%")} + text);
    QCOMPARE(rows.size(), std::size_t{2});
    QVERIFY(rows[0]["scheme"].get<std::string>().starts_with(asRecipe().toStdString()));
    QVERIFY(rows[0]["kl_mean"].get<double>() > 1e-4);
    QCOMPARE(rows[1]["kl_mean"], Json(0.0));
  }

  void sensitivityGoesThroughWhatItChanges() {
    const Json found = json({"sensitivity", "demo", "--recipe", asRecipe(), "--level", "tensor", "--tokens", "128",
                             "--context", "64", "--device", "cpu"});
    QCOMPARE(found.size(), std::size_t{2});
    for (const Json& row : found) QCOMPARE(row["scheme"], Json("adapted"));
  }

  // The model with what the adapter adds, as a file and as a folder, whose rows of queries lie in another order.
  void quantizeWritesTheSum() {
    const QString file = m_folder.filePath("merged.gguf"), folder = m_folder.filePath("merged"),
                  plain = m_folder.filePath("plain");
    QCOMPARE(run({"quantize", "demo", "--recipe", asRecipe(), "-o", file}).code, 0);
    QCOMPARE(run({"quantize", "demo", "--recipe", asRecipe(), "--layout", "plain", "-o", folder}).code, 0);
    QCOMPARE(run({"quantize", "demo", "--scheme", "bf16", "--layout", "plain", "-o", plain}).code, 0);
    const auto dumped = [&](const QStringList& what) {
      const QString out = m_folder.filePath("tensor.npy");
      if (run(QStringList{"dump"} + what + QStringList{"-o", out}).code != 0) return QByteArray();
      return contents(out);
    };
    for (const auto& [gguf, module] : {std::pair("blk.0.attn_q.weight", "model.layers.0.self_attn.q_proj.weight"),
                                       {"blk.3.ffn_up.weight", "model.layers.3.mlp.up_proj.weight"},
                                       {"blk.1.attn_q.weight", "model.layers.1.self_attn.q_proj.weight"}}) {
      const QByteArray sum = dumped({"demo", "--tensor", gguf, "--recipe", asRecipe()});
      QVERIFY(!sum.isEmpty());
      QVERIFY2(dumped({file, "--tensor", gguf}) == sum, gguf);
      const QByteArray inFolder = dumped({plain, "--tensor", module, "--recipe", asRecipe()});
      QVERIFY2(!inFolder.isEmpty() && dumped({folder, "--tensor", module}) == inFolder, module);
    }
    QCOMPARE(json({"logits", file, "--tokens", "1,2,3,4", "--device", "cpu"})["last_token_top"],
             logits({"--recipe", asRecipe()}));
  }

  // tst_lora and tst_adapter_writer have what it computes.
  void besideItRunsOverAnyBase() {
    const QString beside = QStringLiteral("+adapter:") + m_adapter;
    const Json nf4 = logits({"--scheme", "nf4"});
    QCOMPARE(logits({"--recipe", "nf4" + beside + ":0%"}), nf4);
    const Json added = logits({"--recipe", "nf4" + beside});
    QVERIFY(added != nf4);
    QCOMPARE(logits({"--scheme", "nf4" + beside}), added);
    QVERIFY(logits({"--recipe", "nf4" + beside + ":200%"}) != added);
    QVERIFY(logits({"--recipe", "stored" + beside}) != logits({}));
    // A recipe file says it, too.
    const QString file = m_folder.filePath("mix.txt");
    QFile recipe(file);
    QVERIFY(recipe.open(QIODevice::WriteOnly));
    recipe.write(("base = nf4" + beside + "\n").toUtf8());
    recipe.close();
    QCOMPARE(logits({"--recipe", file}), added);
  }

  void besideItIsMeasuredAndCompared() {
    const QString beside = "nf4+adapter:" + m_adapter;
    const Json rows = json({"error", "demo", "--recipe", beside, "--tensor", "*attn_q*"});
    QVERIFY(rows.size() > 1);
    const Json nf4 = json({"error", "demo", "--scheme", "nf4", "--tensor", "*attn_q*"});
    QCOMPARE(rows[0]["scheme"], Json("nf4 + adapter"));
    QVERIFY(rows[0]["relative_error"].get<double>() > nf4[0]["relative_error"].get<double>());
    QVERIFY(rows[0]["bits_per_weight"].get<double>() > nf4[0]["bits_per_weight"].get<double>());
    QVERIFY(rows[0]["bits_per_weight"].get<double>() < 16);         // the factors, not what is shown of the sum
    QCOMPARE(rows[1]["relative_error"], nf4[1]["relative_error"]);  // which it leaves
    const QStringList text{"--text",    QStringLiteral(QS_SOURCE_DIR "/resources/models/facts/floating_point.txt"),
                           "--context", "64",
                           "--tokens",  "128",
                           "--device",  "cpu"};
    const Json compared = json(QStringList{"perplexity", "demo", "--variant", "stored+adapter:" + m_adapter,
                                           "--variant", "stored+adapter:" + m_adapter + ":0%"} +
                               text);
    QVERIFY(compared[0]["kl_mean"].get<double>() > 1e-4);
    QCOMPARE(compared[1]["kl_mean"], Json(0.0));
  }

  // A file holds no factors: they are merged into what the base makes, and that is quantized once more.
  void besideItIsMergedWhenWritten() {
    const QString beside = "nf4+adapter:" + m_adapter, q8 = m_folder.filePath("q8.gguf"),
                  stored = m_folder.filePath("stored.gguf"), merged = m_folder.filePath("merged-alone.gguf");
    QCOMPARE(run({"quantize", "demo", "--recipe", "stored+adapter:" + m_adapter, "-o", stored}).code, 0);
    QCOMPARE(run({"quantize", "demo", "--recipe", asRecipe(), "-o", merged}).code, 0);
    QVERIFY(contents(stored) == contents(merged));
    QCOMPARE(run({"quantize", "demo", "--recipe", "q8_0+adapter:" + m_adapter, "-o", q8}).code, 0);
    for (const char* tensor : {"blk.0.attn_q.weight", "blk.1.attn_q.weight"}) {
      const auto rows = json({"error", q8, "--recipe", "model:" + merged, "--tensor", tensor});
      QCOMPARE(rows.size(), std::size_t{1});
      QVERIFY2(rows[0]["relative_error"].get<double>() < 0.02, tensor);  // twice that of Q8_0, and BF16's
    }
    QVERIFY(run({"quantize", "demo", "--recipe", beside, "-o", m_folder.filePath("no.gguf")}).code == 1);
  }

  // A matrix with its adapter is exchanged as one; at no strength it is the base.
  void besideItIsExchangedMatrixByMatrix() {
    const auto rows = [this](const QString& recipe) {
      return json({"sensitivity", "demo", "--recipe", recipe, "--tensor", "blk.0.attn_*", "--level", "tensor",
                   "--tokens", "128", "--context", "64", "--device", "cpu", "--no-cache"});
    };
    const QString beside = "nf4+adapter:" + m_adapter;
    const Json base = rows("nf4"), none = rows(beside + ":0%"), added = rows(beside);
    QCOMPARE(added.size(), base.size());
    std::size_t adapted = 0;
    for (std::size_t i = 0; i < base.size(); ++i) {
      QCOMPARE(none[i]["tensor"], base[i]["tensor"]);
      const double kl = base[i]["kl"], of0 = none[i]["kl"], of100 = added[i]["kl"];
      // The same values as FP32 instead of packed: products differ in the order of sums.
      QVERIFY2(std::abs(of0 - kl) <= 0.01 * kl + 1e-9, qPrintable(QString("%1 %2").arg(kl).arg(of0)));
      const bool isAdapted = added[i]["scheme"] == "nf4 + adapter";
      adapted += isAdapted ? 1 : 0;
      if (isAdapted)
        QVERIFY(of100 > 2 * kl);
      else
        QCOMPARE(added[i]["scheme"], Json("nf4"));
    }
    QCOMPARE(adapted, std::size_t{1});
  }

  // Traced as the model with one matrix for each, which a merged file holds, too.
  void besideItIsTraced() {
    const QString merged = m_folder.filePath("traced.gguf");
    // At a strength that makes it say something else.
    QCOMPARE(run({"train", "merge", "demo", m_adapter, "--scale", "1600", "--base", "nf4", "--scheme", "fp32",
                  "--tokens", "64", "--device", "cpu", "-o", merged})
                 .code,
             0);
    const auto traced = [](const QString& what) {
      return json({"trace", "demo", "--variant", what, "--prompt", "Why are outliers a problem?", "--device", "cpu"});
    };
    const Json beside = traced("nf4+adapter:" + m_adapter + ":1600%"), alone = traced("model:" + merged);
    QCOMPARE(beside.at("agreement"), Json("parted"));
    for (const char* const same : {"position", "reference_token", "compared_token"})
      QCOMPARE(beside.at(same), alone.at(same));
    std::map<std::string, double> contributions;
    double largest = 0;
    for (const Json& tensor : alone.at("tensors")) {
      contributions[tensor.at("tensor")] = tensor.at("contribution");
      largest = std::max(largest, std::abs(tensor.at("contribution").get<double>()));
    }
    for (const Json& tensor : beside.at("tensors")) {  // float32 along the same line
      double& other = contributions.at(tensor.at("tensor"));
      QVERIFY(std::abs(tensor.at("contribution").get<double>() - other) < 1e-2 * largest);
      other = 0;
    }
    for (const auto& [name, rest] : contributions) QCOMPARE(rest, 0.0);  // norms, which the file has for itself
    QVERIFY(!beside.at("proof").at("blocks").empty());
  }

  // The sums as they run are what is written; what storing them otherwise loses is said against them.
  void mergingSaysWhatItLoses() {
    const QString plain = m_folder.filePath("sums.gguf"), again = m_folder.filePath("again.gguf"),
                  text = QStringLiteral(QS_SOURCE_DIR "/resources/models/facts/floating_point.txt");
    const auto merge = [&](const QString& to, const QStringList& more) {
      return json(QStringList{"train", "merge", "demo", m_adapter, "--base", "nf4", "--text", text, "--tokens", "128",
                              "--device", "cpu", "-o", to} +
                  more);
    };
    const Json sums = merge(plain, {}), quantized = merge(again, {"--scheme", "q4_0"});
    const QString runs = "nf4+adapter:" + m_adapter;
    const auto values = [&](const QStringList& what) {
      const QString to = m_folder.filePath("values.npy");
      run(QStringList{"dump"} + what + QStringList{"-o", to});
      const QByteArray bytes = contents(to);
      const qsizetype header =
          10 + static_cast<unsigned char>(bytes.at(8)) + 256 * static_cast<unsigned char>(bytes.at(9));
      std::vector<float> numbers(static_cast<std::size_t>(bytes.size() - header) / sizeof(float));
      std::memcpy(numbers.data(), bytes.constData() + header, numbers.size() * sizeof(float));
      return numbers;
    };
    const auto errorOf = [](const Json& report, const char* name) {
      for (const Json& row : report.at("tensors"))
        if (row.at("tensor") == name) return row.at("relative_error").get<double>();
      return -1.0;
    };
    for (const char* const name : {"blk.0.attn_q.weight", "blk.1.attn_q.weight"}) {
      const auto ran = values({"demo", "--tensor", name, "--recipe", runs});
      for (const auto& [file, report] : {std::pair(plain, &sums), {again, &quantized}}) {
        const auto stored = values({file, "--tensor", name});
        QCOMPARE(stored.size(), ran.size());
        double error = 0, norm = 0;
        for (std::size_t i = 0; i < ran.size(); ++i) {
          error += std::pow(static_cast<double>(ran[i]) - static_cast<double>(stored[i]), 2);
          norm += std::pow(static_cast<double>(ran[i]), 2);
        }
        const double expected = std::sqrt(error / norm), told = errorOf(*report, name);
        QVERIFY2(std::abs(told - expected) <= 1e-4 * expected,
                 qPrintable(QString("%1: %2 %3").arg(name).arg(told).arg(expected)));
      }
    }
    QVERIFY(errorOf(sums, "blk.0.attn_q.weight") < 0.005);  // BF16 has eight bits
    // What was read is the file: another process finds the same figures.
    const Json& rows = quantized.at("evaluation");
    QCOMPARE(rows.size(), std::size_t{2});
    QCOMPARE(rows[0].at("scheme"), Json("merged"));
    QVERIFY(rows[0].at("kl_mean") < rows[1].at("kl_mean"));
    const Json found = json({"perplexity", "demo", "--reference", runs, "--variant", "model:" + again, "--text", text,
                             "--tokens", "128", "--device", "cpu", "--no-noise", "--no-cache"});
    for (const char* const figure : {"perplexity", "kl_mean", "reference_perplexity"}) {
      const double expected = found[0].at(figure), told = rows[1].at(figure);
      QVERIFY2(std::abs(told - expected) <= 1e-6 * std::abs(expected), figure);
    }
  }

  void mergingAtAStrengthAndIntoFolders() {
    const auto merged = [this](const QString& adapter, const QString& name, const QStringList& more) {
      const QString to = m_folder.filePath(name);
      return run(QStringList{"train", "merge", "demo", adapter, "--tokens", "16", "--device", "cpu", "-o", to} + more);
    };
    QCOMPARE(merged(m_adapter + ":50%", "half.gguf", {}).code, 0);
    QCOMPARE(merged(m_adapter, "scaled.gguf", {"--scale", "50"}).code, 0);
    QVERIFY(contents(m_folder.filePath("half.gguf")) == contents(m_folder.filePath("scaled.gguf")));
    // A name without an ending is what holds it: GGUF has no NF4, a folder has.
    QCOMPARE(merged(m_adapter, "nf4", {"--scheme", "nf4", "--base", "nf4"}).code, 0);
    QVERIFY(QFile::exists(m_folder.filePath("nf4/config.json")));
    // Nothing is written where nothing holds it, over what is read, or without an adapter.
    const auto said = [](const Run& answer, const char* part) {
      return answer.code == 1 && isOneSentence(answer.err) && answer.err.contains(part);
    };
    QVERIFY(said(merged(m_adapter, "none.gguf", {"--scheme", "int3"}), "GGUF has no type for int3"));
    QVERIFY(!QFile::exists(m_folder.filePath("none.gguf")));
    QVERIFY(said(merged(kModel, "none.gguf", {}), "it is a model"));
    QVERIFY(said(merged(m_adapter, "none.gguf", {"--scale", "much"}), "much"));
    const QString copy = m_folder.filePath("copy.gguf");
    QVERIFY(QFile::copy(QStringLiteral(QS_SOURCE_DIR "/resources/models/demo.gguf"), copy));
    const QByteArray before = contents(copy);
    QCOMPARE(run({"train", "merge", copy, m_adapter, "-o", copy}).code, 1);
    QVERIFY(contents(copy) == before);
  }

  void whatCannotBeIsOneSentence() {
    const auto said = [](const Run& answer, const char* part) {
      return answer.code == 1 && isOneSentence(answer.err) && answer.err.contains(part);
    };
    QVERIFY(said(run({"error", "demo", "--recipe", "adapter:nowhere"}), "nowhere"));
    QVERIFY(said(run({"error", "demo", "--recipe", "nf4+adapter:nowhere"}), "nowhere"));
    QVERIFY(said(run({"error", "demo", "--recipe", "nf4+adapter:" + kModel}), "it is a model"));
    QVERIFY(said(run({"error", "demo", "--recipe", "nothing+adapter:" + m_adapter}), "nothing"));
    // Inputs that are rounded for the matrix and not for its adapter: no single matrix takes both.
    QVERIFY(said(run({"sensitivity", "demo", "--recipe", "int8:activations=int8_dynamic+adapter:" + m_adapter,
                      "--tokens", "128", "--context", "64", "--device", "cpu"}),
                 "Merge the adapter"));
    QVERIFY(said(run({"error", "demo", "--recipe", "adapter:" + kModel}), "it is a model"));
    const QString small = QStringLiteral(QS_TEST_DATA "/packed/gptq_llama");
    for (const QStringList& verb : {QStringList{"error"}, {"logits", "--tokens", "1,2"}})
      QVERIFY(said(run(verb + QStringList{small, "--recipe", asRecipe()}), "cannot be used as an adapter"));
    QVERIFY(said(run({"error", m_adapter, "--recipe", "model:demo"}), "open the model, then compare it"));
    const QString packed = m_folder.filePath("packed"), out = m_folder.filePath("none.gguf");
    QCOMPARE(run({"quantize", "demo", "--scheme", "nf4", "--layout", "bitsandbytes", "-o", packed}).code, 0);
    QVERIFY(said(run({"quantize", packed, "--recipe", asRecipe(), "-o", out}), "is packed"));
    QVERIFY(!QFile::exists(out));
  }
};

QTEST_GUILESS_MAIN(TestCliAdapter)
#include "tst_cli_adapter.moc"
