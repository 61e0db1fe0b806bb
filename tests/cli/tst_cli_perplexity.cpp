// quantscope-cli perplexity as a script sees it.
#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>
#include <vector>

#include "cli_process.h"

using cli::Json;
using cli::Run;

namespace {

/// Caches of other runs are not seen, and none is left.
QProcessEnvironment ownCache(const QTemporaryDir& folder) {
  auto environment = QProcessEnvironment::systemEnvironment();
  environment.insert(QStringLiteral("XDG_CACHE_HOME"), folder.path());
  return environment;
}

QString write(const QTemporaryDir& folder, const char* name, const QByteArray& bytes) {
  const QString path = folder.filePath(name);
  QFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size()) throw std::runtime_error("cannot write");
  return path;
}

/// [rows, vocabulary] of a .npy file of float32 logits.
std::vector<std::vector<double>> probabilities(const QByteArray& npy, std::size_t rows) {
  const auto begin = static_cast<std::size_t>(npy.indexOf('\n')) + 1;
  std::vector<float> logits((static_cast<std::size_t>(npy.size()) - begin) / sizeof(float));
  std::memcpy(logits.data(), npy.constData() + begin, logits.size() * sizeof(float));
  const std::size_t vocabulary = logits.size() / rows;
  std::vector<std::vector<double>> all(rows, std::vector<double>(vocabulary));
  for (std::size_t row = 0; row < rows; ++row) {
    double sum = 0;
    for (std::size_t i = 0; i < vocabulary; ++i)
      sum += all[row][i] = std::exp(static_cast<double>(logits[row * vocabulary + i]));
    for (double& value : all[row]) value /= sum;
  }
  return all;
}

}  // namespace

class TestCliPerplexity : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;

  Run run(const QString& line) { return cli::run(line.split(' '), ownCache(m_folder)); }
  Json json(const QString& line) {
    const Run result = run(line + " --json");
    if (result.code != 0 || !result.err.isEmpty()) throw std::runtime_error(result.err.toStdString());
    return Json::parse(result.out.toStdString());
  }

 private slots:
  /// Where no row could be measured that is an error, but what is known is said all the same.
  void nothingComparedIsAnError() {
    const QString text = write(m_folder, "short.txt", QByteArray("The scale of a block is one number. ").repeated(8));
    const QStringList command{"perplexity", "demo", "--text", text, "--reference", "stored@cpu", "--no-noise"};
    const QStringList fails{"--variant", "int4@vulkan:77"};
    const Run none = cli::run(command + fails + QStringList{"--json"}, ownCache(m_folder));
    QCOMPARE(none.code, 1);
    QVERIFY2(cli::isOneSentence(none.err) && none.err.contains("Nothing could be compared"), none.err.constData());
    const Json rows = Json::parse(none.out.toStdString());
    QCOMPARE(rows.size(), std::size_t{1});
    QVERIFY(!rows[0]["failure"].get<std::string>().empty());
    const Run table = cli::run(command + fails, ownCache(m_folder));
    QCOMPARE(table.code, 1);
    QVERIFY(table.out.contains("short.txt") && cli::isOneSentence(table.err));
    // One that works is enough.
    QCOMPARE(cli::run(command + fails + QStringList{"--variant", "int4@cpu"}, ownCache(m_folder)).code, 0);
  }

  void everyFigureHasItsError() {
    const Json rows =
        json("perplexity demo --scheme int4 --scheme nf4 --variant stored@kv=f32 --device cpu --tokens 1500");
    QCOMPARE(rows.size(), std::size_t{3});
    QCOMPARE(rows[0]["scheme"].get<std::string>(), std::string("int4@cpu"));
    for (const Json& row : rows) {
      for (const char* key : {"perplexity", "perplexity_ratio", "kl_mean", "kl_median", "kl_p90", "kl_p99", "kl_p999",
                              "kl_max", "kl_min", "same_top1", "rms_delta_p", "mean_delta_p", "flips"}) {
        QVERIFY2(row[key].is_number(), key);
        QVERIFY2(row[std::string(key) + "_error"].is_number(), key);
      }
      for (const char* key : {"noise_floor", "bits_per_weight", "bytes", "model_hash", "text_hash", "device",
                              "settings", "verdict", "reference", "reference_perplexity", "tokens_per_s", "noise"})
        QVERIFY2(row.contains(key) && !row[key].is_null(), key);
      QVERIFY(std::abs(row["perplexity"].get<double>() / row["reference_perplexity"].get<double>() -
                       row["perplexity_ratio"].get<double>()) < 1e-9);
      QVERIFY(row["kl_median"] <= row["kl_p90"] && row["kl_p99"] <= row["kl_max"]);
    }
    QVERIFY(rows[0]["kl_mean"] > rows[1]["kl_mean"]);
    QCOMPARE(rows[0]["verdict"].get<std::string>(), std::string("different"));
    QVERIFY(rows[2]["kl_mean"].get<double>() > 0 && rows[2]["kl_mean"].get<double>() < 1e-4);
    QVERIFY(rows[0]["tokens"] <= 1500);
  }

  void referencesAreVariants() {
    const QString other = QStringLiteral("model:" QS_SOURCE_DIR "/resources/models/demo-smooth.gguf");
    const Json rows = json("perplexity demo --scheme int3 --device cpu --tokens 600 --no-noise --reference " + other);
    QCOMPARE(rows[0]["reference"].get<std::string>(), other.toStdString() + "@cpu");
    QVERIFY(rows[0]["noise_floor"].is_null());
    QVERIFY(rows[0]["kl_mean"].get<double>() > 0.01);
    // A file against another one, and nothing else said: the file.
    const Json files = json("perplexity demo --device cpu --tokens 600 --no-noise --reference " + other);
    QCOMPARE(files.size(), std::size_t{1});
    QCOMPARE(files[0]["scheme"].get<std::string>(), std::string("stored@cpu"));
    QVERIFY(files[0]["kl_mean"].get<double>() > 0 && files[0]["kl_mean"].get<double>() < 1e-3);
  }

  /// Running text is scored as llama-perplexity does unless a stride says otherwise.
  void windowsAreThoseAskedFor() {
    const QString base = "perplexity demo --text prose --scheme int8 --device cpu --no-noise --tokens 1024 ";
    const Json half = json(base + "--context 128")[0], overlap = json(base + "--context 128 --stride 32")[0];
    QCOMPARE(half["scored"].get<int>(), 8 * 63);
    QCOMPARE(half["blocks"].get<int>(), 8);
    QCOMPARE(overlap["scored"].get<int>(), 8 * 32);
    QCOMPARE(json(base + "--context 128 --score-from 0")[0]["scored"].get<int>(), 8 * 127);
  }

  void chatsAndTasksAreFiles() {
    const QTemporaryDir folder;
    const QString chats = write(
        folder, "chats.jsonl",
        R"({"messages": [{"role": "user", "content": "What is 47 + 38?"}, {"role": "assistant", "content": "47 + 38 = 85."}]})"
        "\n");
    const QString tasks = write(folder, "tasks.jsonl",
                                R"({"question": "What is 47 + 38?", "answer": "47 + 38 = 85."})"
                                "\n");
    const QString base = "perplexity demo --scheme int2 --device cpu --no-noise ";
    const Json row = json(base + "--text " + chats + " --tasks " + tasks)[0];
    QVERIFY(row["kl_mean_error"].is_null());  // one block says nothing of others
    QCOMPARE(row["verdict"].get<std::string>(), std::string("unknown"));
    QCOMPARE(row["tasks"]["reference_accuracy"].get<double>(), 1.0);
    QCOMPARE(row["tasks"]["turned_wrong"][0]["reference_answer"].get<std::string>(), std::string("47 + 38 = 85."));
    QCOMPARE(row["tasks"]["p_value"].get<double>(), 1.0);
    const Json alone = json(base + "--tasks " + tasks)[0];
    QVERIFY(!alone.contains("perplexity") && alone["tasks"]["accuracy"] == 0.0);
    const Run text = run(base + "--tasks " + tasks);
    QVERIFY(text.out.indexOf("+ stored") < text.out.indexOf("% right"));  // what turned comes first
  }

  void theTableFits() {
    const Run result = run("perplexity demo --device cpu --tokens 800");
    QCOMPARE(result.code, 0);
    for (const QByteArray& line : result.out.split('\n')) QVERIFY2(QString::fromUtf8(line).size() <= 100, line);
    for (const char* word : {"INT4", "NF4", "perplexity", "Noise floor", "(reference)"})
      QVERIFY2(result.out.contains(word), word);
  }

  /// The second run takes what the first has measured, to the last digit.
  void whatWasMeasuredIsKept() {
    const QString line = "perplexity demo --scheme int4 --device cpu --tokens 2000";
    const Json first = json(line), second = json(line), anew = json(line + " --no-cache");
    QCOMPARE(first, second);
    for (const char* key : {"kl_mean", "kl_p99", "kl_p99_error", "perplexity", "flips_error"})
      QVERIFY(first[0][key] == anew[0][key]);
  }

  /// All positions of one window, listed by KL, against rows of `logits` after the same tokens.
  void theWorstPositionsAreThoseOfTheLogits() {
    const Json row = json(
        "perplexity demo --scheme int3 --device cpu --no-noise --text prose --tokens 48 --context 48 --score-from 0 "
        "--worst 50")[0];
    const Json& worst = row["worst"];
    QCOMPARE(worst.size(), std::size_t{47});
    QStringList tokens;
    for (const Json& at : worst)
      if (at["position"] == 46)
        for (const Json& token : at["tokens"]) tokens << QString::number(token.get<int>());
    QCOMPARE(tokens.size(), 47);
    const auto rowsOf = [&](const QString& scheme) {
      const QString file = m_folder.filePath(QStringLiteral("rows.npy"));
      const Run made =
          run("logits demo --device cpu --kv-type f16 --tokens " + tokens.join(',') + scheme + " -o " + file);
      if (made.code != 0) throw std::runtime_error(made.err.toStdString());
      return probabilities(cli::contents(file), static_cast<std::size_t>(tokens.size()));
    };
    const auto reference = rowsOf(QString()), compared = rowsOf(QStringLiteral(" --scheme int3"));
    double last = std::numeric_limits<double>::infinity();
    std::set<int> seen;
    for (const Json& at : worst) {
      const auto position = at["position"].get<std::size_t>();
      const auto &p = reference[position], &q = compared[position];
      double kl = 0;
      for (std::size_t i = 0; i < p.size(); ++i) kl += p[i] > 0 ? p[i] * std::log(p[i] / q[i]) : 0;
      const double claimed = at["kl"].get<double>();
      // Single precision on both sides, in the logits and the exponentials.
      QVERIFY2(std::abs(claimed - kl) < 1e-5 + 1e-3 * kl, qPrintable(QString::number(kl)));
      QVERIFY(claimed <= last);
      last = claimed;
      seen.insert(static_cast<int>(position));
      const auto a = static_cast<std::size_t>(std::ranges::max_element(p) - p.begin());
      const auto b = static_cast<std::size_t>(std::ranges::max_element(q) - q.begin());
      QCOMPARE(at["reference_top"]["token"].get<std::size_t>(), a);
      QCOMPARE(at["compared_top"]["token"].get<std::size_t>(), b);
      const auto token = at["token"].get<std::size_t>();
      for (const auto& [found, expected] : {std::pair(at["probability"][0], p[token]),
                                            {at["probability"][1], q[token]},
                                            {at["reference_top"]["probability"][1], q[a]},
                                            {at["compared_top"]["probability"][0], p[b]}})
        QVERIFY(std::abs(found.get<double>() - expected) < 1e-4);
      QCOMPARE(at["turned"] == "wrong", a == token && b != token);
      QCOMPARE(at["tokens"].size(), position + 1);
    }
    QCOMPARE(seen.size(), std::size_t{47});
    // Fewer are the first of them; kept ones are the same.
    const Json few = json(
        "perplexity demo --scheme int3 --device cpu --no-noise --text prose --tokens 48 --context 48 --score-from 0 "
        "--worst 3")[0]["worst"];
    QCOMPARE(few.size(), std::size_t{3});
    for (std::size_t i = 0; i < 3; ++i) QCOMPARE(few[i], worst[i]);
    const Run said = run("perplexity demo --scheme int3 --device cpu --no-noise --tokens 400 --worst 4");
    QVERIFY2(said.out.contains("is furthest from stored"), said.out);
    for (const QByteArray& line : said.out.split('\n')) QVERIFY2(QString::fromUtf8(line).size() <= 100, line);
  }

  void whatCannotBeIsOneSentence_data() {
    QTest::addColumn<QString>("line");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("word");
    const auto row = [](const char* line, int code, const char* word) { QTest::newRow(line) << line << code << word; };
    row("perplexity demo --scheme nosuch", 1, "nosuch");
    row("perplexity demo --text nosuch.txt", 1, "nosuch.txt");
    row("perplexity demo --tasks nosuch.jsonl", 1, "nosuch.jsonl");
    row("perplexity demo --context 100000 --text prose", 1, "512");
    row("perplexity demo --context 64 --stride 65 --text prose", 1, "leave out");
    row("perplexity demo --reference nosuch", 1, "nosuch");
    row("perplexity demo --variant nf4@kv=int9", 1, "nf4@kv=int9");
    row("perplexity demo --device gpu", 1, "gpu");
    row("perplexity demo --batch 0", 2, "");
    row("perplexity demo --worst 51", 2, "");
    row("perplexity", 2, "");
  }
  void whatCannotBeIsOneSentence() {
    QFETCH(QString, line);
    QFETCH(int, code);
    QFETCH(QString, word);
    const Run result = run(line);
    QCOMPARE(result.code, code);
    QVERIFY2(result.err.contains(word.toUtf8()), result.err);
    if (code == 1) QCOMPARE(result.err.count('\n'), 1);
    QVERIFY(result.out.isEmpty() || code == 2);
  }
};

QTEST_APPLESS_MAIN(TestCliPerplexity)
#include "tst_cli_perplexity.moc"
