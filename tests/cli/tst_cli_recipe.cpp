// Recipes on the command line: dry runs, files, rules, and what is written under them.
#include <QFileInfo>
#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <cmath>
#include <map>

#include "cli_process.h"
#include "core/io/gguf_writer.h"

using namespace cli;
using core::tensor::DType;
using core::tensor::Shape;

namespace {

const Json& rowOf(const Json& rows, const std::string& tensor) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Json& row) { return row["tensor"] == tensor; });
  if (found == rows.end()) throw std::runtime_error("no row of " + tensor);
  return *found;
}

std::map<std::string, std::string> typesOf(const Json& inspected) {
  std::map<std::string, std::string> types;
  for (const Json& row : inspected["tensors"]) types[row["name"]] = row["dtype"];
  return types;
}

}  // namespace

class TestCliRecipe : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  QString m_model;
  QString path(const char* name) const { return m_folder.filePath(QString::fromLatin1(name)); }

  QStringList quantize(const QStringList& more) const {
    return QStringList{QStringLiteral("quantize"), m_model} + more;
  }
  QStringList dryRun(const QString& recipe, const QStringList& more = {}) const {
    return quantize({QStringLiteral("--dry-run"), QStringLiteral("--recipe"), recipe}) + more;
  }

 private slots:
  /// Two blocks whose down projections have rows of no whole super-block.
  void initTestCase() {
    m_model = path("small.gguf");
    core::io::GgufWriter writer(m_model.toStdString());
    writer.addString("general.architecture", "llama");
    writer.addU32("general.file_type", 1);
    writer.addU32("llama.block_count", 2);
    writer.addU32("llama.attention.head_count", 8);
    writer.addU32("llama.attention.head_count_kv", 2);
    std::vector<std::pair<std::string, Shape>> tensors = {
        {"token_embd.weight", {64, 256}}, {"output_norm.weight", {256}}, {"output.weight", {64, 256}}};
    for (const std::string block : {"blk.0.", "blk.1."}) {
      tensors.emplace_back(block + "attn_norm.weight", Shape{256});
      tensors.emplace_back(block + "attn_q.weight", Shape{256, 256});
      tensors.emplace_back(block + "attn_v.weight", Shape{64, 256});
      tensors.emplace_back(block + "ffn_down.weight", Shape{256, 96});
    }
    for (const auto& [name, shape] : tensors) writer.declareTensor(name, DType::F32, shape);
    for (const auto& [name, shape] : tensors) {
      std::vector<float> values(shape.count());
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sin(0.7F * static_cast<float>(i % 977));
      writer.append(std::as_bytes(std::span(values)));
    }
    writer.finish();
  }

  void aDryRunNamesTypeRuleFallbackAndSize() {
    const Json answer = json(dryRun(QStringLiteral("Q4_K_M")));
    QCOMPARE(answer["recipe"].get<std::string>(), std::string("Q4_K_M"));
    const Json& rows = answer["tensors"];
    QCOMPARE(rows.size(), std::size_t{11});
    const Json& embedding = rowOf(rows, "token_embd.weight");
    QCOMPARE(embedding["to"].get<std::string>(), std::string("q4_k"));
    QCOMPARE(embedding["bytes"].get<int>(), 64 * 144);
    QCOMPARE(embedding["bits_per_weight"].get<double>(), 4.5);
    QCOMPARE(embedding["rule"].get<std::string>(), std::string("Q4_K_M: its usual type"));
    QCOMPARE(rowOf(rows, "output.weight")["to"].get<std::string>(), std::string("q6_k"));
    const Json& down = rowOf(rows, "blk.1.ffn_down.weight");
    QCOMPARE(down["to"].get<std::string>(), std::string("q8_0"));
    QCOMPARE(down["fallback"].get<std::string>(),
             std::string("rows of 96 values are not whole blocks of q6_k (256): q8_0 instead"));
    QCOMPARE(rowOf(rows, "blk.0.attn_norm.weight")["kept"].get<std::string>(), std::string("a norm"));
    std::uint64_t bytes = 0;
    for (const Json& row : rows) bytes += row["bytes"].get<std::uint64_t>();
    QCOMPARE(answer["bytes"].get<std::uint64_t>(), bytes);
    QVERIFY(answer["fallbacks"].get<int>() >= 1);

    const Run text = run(dryRun(QStringLiteral("Q4_K_M")));
    QCOMPARE(text.code, 0);
    for (const char* part : {"f32 → q4_k", "4.50 bits per weight", "Q4_K_M: output", "q8_0 instead", "kept: a norm",
                             "8 of 11 tensors change"})
      QVERIFY2(text.out.contains(part), text.out.constData());
  }

  void aDryRunWritesNothing() {
    QCOMPARE(run(dryRun(QStringLiteral("Q8_0"), {QStringLiteral("-o"), path("nothing.gguf")})).code, 0);
    QVERIFY(!QFileInfo::exists(path("nothing.gguf")));
  }

  /// What the dry run says is what the file holds, embedding and output included; and the file says what it is.
  void whatIsWrittenIsWhatTheDryRunSaid_data() {
    QTest::addColumn<QString>("recipe");
    QTest::addColumn<int>("fileType");
    QTest::newRow("Q8_0") << QStringLiteral("Q8_0") << 7;
    QTest::newRow("Q4_0") << QStringLiteral("Q4_0") << 2;
    QTest::newRow("Q4_K_M") << QStringLiteral("Q4_K_M") << 15;
    QTest::newRow("Q5_K_S") << QStringLiteral("Q5_K_S") << 16;
    QTest::newRow("Q6_K") << QStringLiteral("Q6_K") << 18;
    QTest::newRow("F16") << QStringLiteral("F16") << 1;
    QTest::newRow("BF16") << QStringLiteral("bf16") << 32;
  }

  void whatIsWrittenIsWhatTheDryRunSaid() {
    QFETCH(QString, recipe);
    QFETCH(int, fileType);
    const QString file = path("written.gguf");
    const Json planned = json(dryRun(recipe));
    const Json said = json(quantize({QStringLiteral("--recipe"), recipe, QStringLiteral("-o"), file}));
    const Json written = json({QStringLiteral("inspect"), file});
    const auto types = typesOf(written);
    std::uint64_t bytes = 0;
    for (const Json& row : planned["tensors"]) {
      QCOMPARE(types.at(row["tensor"]), row["to"].get<std::string>());
      QCOMPARE(rowOf(said["tensors"], row["tensor"])["bytes"], row["bytes"]);
      bytes += row["bytes"].get<std::uint64_t>();
    }
    QCOMPARE(said["bytes"].get<std::uint64_t>(), bytes);
    QCOMPARE(written["metadata"]["general.file_type"].get<int>(), fileType);
    const bool hasBlocks = fileType != 1 && fileType != 32;
    QCOMPARE(written["metadata"].contains("general.quantization_version"), hasBlocks);
  }

  void tensorsThatAreStoredSoAlreadyAreCopied() {
    const QString once = path("once.gguf"), twice = path("twice.gguf");
    QCOMPARE(run(quantize({QStringLiteral("--recipe"), QStringLiteral("Q4_0"), QStringLiteral("-o"), once})).code, 0);
    QCOMPARE(run({QStringLiteral("quantize"), once, QStringLiteral("--recipe"), QStringLiteral("Q4_0"),
                  QStringLiteral("-o"), twice})
                 .code,
             0);
    QCOMPARE(contents(once), contents(twice));
    const Run text = run({QStringLiteral("quantize"), once, QStringLiteral("--recipe"), QStringLiteral("Q4_0"),
                          QStringLiteral("--dry-run")});
    QVERIFY2(text.out.contains("stored so already"), text.out.constData());
  }

  void rulesOfTheCommandLineComeBeforeThoseOfAFile() {
    writeFile(path("mine.txt"), "# mine\nbase = Q8_0\nattn_v = bf16\nblk\\.1\\. = keep\nnobody = q4_0\n");
    const Json answer =
        json(dryRun(path("mine.txt"), {QStringLiteral("--tensor-type"), QStringLiteral("attn_v=q5_0")}));
    const Json& rows = answer["tensors"];
    QCOMPARE(rowOf(rows, "blk.0.attn_v.weight")["to"].get<std::string>(), std::string("q5_0"));
    QCOMPARE(rowOf(rows, "blk.1.attn_v.weight")["rule"].get<std::string>(), std::string("attn_v=q5_0"));
    QCOMPARE(rowOf(rows, "blk.1.attn_q.weight")["kept"].get<std::string>(), std::string("blk\\.1\\.=keep (line 4)"));
    QCOMPARE(rowOf(rows, "blk.0.attn_q.weight")["to"].get<std::string>(), std::string("q8_0"));
    QCOMPARE(answer["unused_rules"], Json({"attn_v=bf16 (line 3)", "nobody=q4_0 (line 5)"}));
    const Run text = run(dryRun(path("mine.txt")));
    QVERIFY2(text.out.contains("no tensor was decided by nobody=q4_0 (line 5)"), text.out.constData());
  }

  void whatIsNoRecipeIsASentence_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("says");
    writeFile(path("bad.txt"), "base = Q4_K_M\nattn_v = q9_k\n");
    const auto row = [](const char* name, const QStringList& arguments, int code, const char* says) {
      QTest::newRow(name) << arguments << code << QString::fromUtf8(says);
    };
    const QStringList out{QStringLiteral("-o"), path("bad.gguf")};
    row("unknown", QStringList{QStringLiteral("--recipe"), QStringLiteral("Q4_K_XL")} + out, 1, "a file type such as");
    row("bad file", QStringList{QStringLiteral("--recipe"), path("bad.txt")} + out, 1, "\"bad.txt\", line 2: ");
    row("a folder", QStringList{QStringLiteral("--recipe"), m_folder.path()} + out, 1, "");
    row("bad rule", QStringList{QStringLiteral("--tensor-type"), QStringLiteral("attn_v")} + out, 1, "PATTERN=SCHEME");
    row("no type in GGUF",
        QStringList{QStringLiteral("--recipe"), QStringLiteral("Q8_0"), QStringLiteral("--tensor-type"),
                    QStringLiteral("attn_v=nf4")} +
            out,
        1, "GGUF has no type for nf4 (\"blk.0.attn_v.weight\" of Q8_0, attn_v=nf4)");
    row("nothing changes", QStringList{QStringLiteral("--tensor-type"), QStringLiteral("nobody=q8_0")} + out, 1,
        "leaves all 11 tensors");
    row("nothing said", out, 2, "");
    row("no output", {QStringLiteral("--recipe"), QStringLiteral("Q8_0")}, 2, "");
    row("two things said",
        QStringList{QStringLiteral("--recipe"), QStringLiteral("Q8_0"), QStringLiteral("--scheme"),
                    QStringLiteral("q8_0")} +
            out,
        2, "");
  }

  void whatIsNoRecipeIsASentence() {
    QFETCH(QStringList, arguments);
    QFETCH(int, code);
    QFETCH(QString, says);
    const Run result = run(quantize(arguments));
    QCOMPARE(result.code, code);
    QVERIFY2(QString::fromUtf8(result.err).contains(says), result.err.constData());
    if (code == 1) QVERIFY2(isOneSentence(result.err), result.err.constData());
    QVERIFY(!QFileInfo::exists(path("bad.gguf")));
  }

  void errorsAreMeasuredUnderARecipe() {
    const Json rows = json({QStringLiteral("error"), m_model, QStringLiteral("--recipe"), QStringLiteral("Q8_0"),
                            QStringLiteral("--scheme"), QStringLiteral("q8_0")});
    const auto count = [&](bool isRecipe) {
      return std::count_if(rows.begin(), rows.end(),
                           [&](const Json& row) { return row.contains("recipe") == isRecipe; });
    };
    QCOMPARE(count(true), 8);   // embedding and output, too
    QCOMPARE(count(false), 6);  // the matrices of the blocks
    for (const Json& row : rows) {
      QCOMPARE(row["scheme"].get<std::string>(), std::string("q8_0"));
      QVERIFY(row["sqnr_db"].get<double>() > 30);
    }
    QCOMPARE(rows[0]["rule"].get<std::string>(), std::string("Q8_0: its usual type"));
    const Json summary = json({QStringLiteral("error"), m_model, QStringLiteral("--recipe"), QStringLiteral("Q8_0"),
                               QStringLiteral("--summary")});
    QCOMPARE(summary["totals"][0]["scheme"].get<std::string>(), std::string("Q8_0"));
    QCOMPARE(summary["totals"][0]["measured"].get<int>(), 8);
  }

  /// error measures what quantize with the same words writes: every scheme and recipe gets the rules.
  void errorsAreMeasuredUnderRules() {
    const QStringList rules{QStringLiteral("--tensor-type"), QStringLiteral("attn_v=q4_0"),
                            QStringLiteral("--tensor-type"), QStringLiteral("ffn_down=keep")};
    const auto error = [this](const QStringList& more) {
      return json(QStringList{QStringLiteral("error"), m_model} + more);
    };
    const Json rows = error(QStringList{QStringLiteral("--scheme"), QStringLiteral("q8_0"), QStringLiteral("--recipe"),
                                        QStringLiteral("Q8_0")} +
                            rules);
    for (const char* what : {"q8_0", "Q8_0"}) {
      const std::string name = std::string(what) + ", attn_v=q4_0, ffn_down=keep";
      std::map<std::string, std::string> measured, planned;
      for (const Json& row : rows)
        if (row["recipe"] == name) measured[row["tensor"]] = row["scheme"];
      const QString option =
          QLatin1String(what) == QLatin1String("q8_0") ? QStringLiteral("--scheme") : QStringLiteral("--recipe");
      const QStringList words{QStringLiteral("--dry-run"), option, QString::fromLatin1(what)};
      const Json plan = json(quantize(words + rules));
      for (const Json& row : plan["tensors"])
        if (!row.contains("kept")) planned[row["tensor"]] = row["to"];
      QVERIFY(measured == planned);
      QCOMPARE(measured.at("blk.0.attn_v.weight"), std::string("q4_0"));
      QVERIFY(measured.find("blk.0.ffn_down.weight") == measured.end());
    }
    // Rules alone: everything else stays.
    const Json alone = error(rules.first(2));
    QCOMPARE(alone.size(), std::size_t{2});
    QCOMPARE(alone[0]["recipe"].get<std::string>(), std::string("stored, attn_v=q4_0"));
    const Run slip = run({QStringLiteral("error"), m_model, QStringLiteral("--tensor-type"), QStringLiteral("attn_v")});
    QCOMPARE(slip.code, 1);
    QVERIFY2(isOneSentence(slip.err), slip.err.constData());
  }

  /// The weights of a session are those of the file that the same recipe writes.
  void sessionsComputeWithRecipes() {
    const QString file = path("demo.gguf");
    const QStringList recipe{QStringLiteral("--recipe"), QStringLiteral("Q8_0"), QStringLiteral("--tensor-type"),
                             QStringLiteral("blk\\.2\\.ffn_down=q4_0")};
    QCOMPARE(
        run(QStringList{QStringLiteral("quantize"), QStringLiteral("demo"), QStringLiteral("-o"), file} + recipe).code,
        0);
    const auto logits = [this](const QString& model, const QStringList& more) {
      const QString out = path("logits.npy");
      const Run result =
          run(QStringList{QStringLiteral("logits"), model, QStringLiteral("--tokens"), QStringLiteral("1,4,16"),
                          QStringLiteral("--device"), QStringLiteral("cpu"), QStringLiteral("-o"), out} +
              more);
      if (result.code != 0) throw std::runtime_error(result.err.toStdString());
      return contents(out);
    };
    const QByteArray direct = logits(QStringLiteral("demo"), recipe);
    QCOMPARE(direct, logits(file, {}));
    QVERIFY(direct != logits(QStringLiteral("demo"), recipe.first(2)));
  }

  void aDumpUnderARecipeIsWhatTheFileHolds() {
    const QString file = path("q4.gguf");
    QCOMPARE(run(quantize({QStringLiteral("--recipe"), QStringLiteral("Q4_0"), QStringLiteral("-o"), file})).code, 0);
    for (const char* tensor : {"output.weight", "blk.1.attn_q.weight", "output_norm.weight"}) {
      const auto dump = [&](const QString& model, const QStringList& more) {
        const Run result = run(QStringList{QStringLiteral("dump"), model, QStringLiteral("--tensor"),
                                           QString::fromLatin1(tensor), QStringLiteral("-o"), path("dump.npy")} +
                               more);
        return result.code == 0 ? contents(path("dump.npy")) : result.err;
      };
      QCOMPARE(dump(m_model, {QStringLiteral("--recipe"), QStringLiteral("Q4_0")}), dump(file, {}));
    }
  }

  // One door: what --scheme reads, --recipe, a rule and training read, too, and say the same of it.
  void schemesUnderTheFieldsNamesAreRecipes() {
    for (const char* text :
         {"gptq:bits=4,group=32", "awq:bits=4,group=32", "hqq:bits=4,group=32", "smoothquant", "w8a8", "llm.int8"}) {
      const QString named = QString::fromLatin1(text);
      const QStringList rest{"--tensor", "blk.0.attn_v.weight", "--calibration-tokens", "64"};
      const Json byScheme = json(QStringList{"error", "demo", "--scheme", named} + rest),
                 byRecipe = json(QStringList{"error", "demo", "--recipe", named} + rest);
      QCOMPARE(byScheme.size(), std::size_t{1});
      QCOMPARE(byRecipe[0]["scheme"], byScheme[0]["scheme"]);
      QCOMPARE(byRecipe[0]["relative_error"], byScheme[0]["relative_error"]);
    }
    const auto said = [](const QStringList& arguments, const char* part) {
      const Run result = run(arguments);
      if (result.code == 1 && isOneSentence(result.err) && result.err.contains(part)) return true;
      qWarning("%d %s", result.code, result.err.constData());
      return false;
    };
    for (const char* option : {"--scheme", "--recipe"}) {
      QVERIFY(said({"error", "demo", option, "GPTQ:bits=4"}, "lower case: expected 'gptq'"));
      QVERIFY(said({"error", "demo", option, "NF4"}, "lower case: expected 'nf4'"));
      QVERIFY(said({"error", m_model, option, "gptq:bits=4,group=32"}, "--calibration names one"));
      QVERIFY(
          said({"quantize", m_model, option, "q4_0:method=imatrix", "-o", path("none.gguf")}, "--imatrix names one"));
    }
    const QStringList training{"--steps", "1", "--run", path("none")};
    QVERIFY(said(QStringList{"train", "qat", "demo", "--scheme", "gptq:bits=4"} + training,
                 "give the plain scheme, int4:group=128,range=minmax."));
    QVERIFY(said(QStringList{"train", "qat", "demo", "--scheme", "AWQ"} + training, "lower case: expected 'awq'"));
    QVERIFY(said(QStringList{"train", "qlora", "demo", "--base", "awq:bits=4"} + training,
                 "the plain scheme, int4:group=128,range=minmax"));
    QVERIFY(!QFile::exists(path("none.gguf")));
  }

  void recipesAreListed() {
    std::map<std::string, Json> recipes;
    for (const Json& row : json({QStringLiteral("schemes")}))
      if (row["family"] == "recipe") recipes[row["scheme"]] = row;
    QCOMPARE(recipes.size(), std::size_t{35});
    for (const Json& row : json({QStringLiteral("schemes")})) QCOMPARE(row["can_encode"].get<bool>(), true);
    // llama.cpp's own 7B: 4.84 to 4.85 bits per weight.
    QVERIFY(std::abs(recipes.at("Q4_K_M")["bits_per_weight"].get<double>() - 4.85) < 0.03);
    QVERIFY(recipes.at("Q2_K")["bits_per_weight"] < recipes.at("Q3_K_S")["bits_per_weight"]);
    const Run text = run({QStringLiteral("schemes")});
    QVERIFY(text.out.contains("Q4_K_M"));
  }
};

QTEST_GUILESS_MAIN(TestCliRecipe)
#include "tst_cli_recipe.moc"
