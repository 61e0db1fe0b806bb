// Measured errors that outlive the program: exact, of the right file, bounded, and never trusted when damaged.
#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <chrono>

#include "app/session/error_record.h"
#include "app/session/error_store.h"
#include "app/session/open_model.h"
#include "support/random_model.h"

using namespace app;
using core::quant::Scheme;
namespace fs = std::filesystem;

class TestErrorStore : public QObject {
  Q_OBJECT
 private:
  QTemporaryDir m_folder;

  fs::path place(const char* name) const { return fs::path(m_folder.path().toStdString()) / name; }
  /// A model file that was written an hour ago.
  fs::path model(std::uint64_t seed) const {
    support::RandomModel random;
    random.seed = seed;
    support::writeRandomModel(random, place("model.gguf"));
    fs::last_write_time(place("model.gguf"), fs::file_time_type::clock::now() - std::chrono::hours(1));
    return place("model.gguf");
  }
  static std::shared_ptr<OpenModel> open(const fs::path& path) { return OpenModel::open(path.string()); }
  void keep(OpenModel& model, std::string_view build = "build 1") const {
    model.errors().keepIn(place("cache"), model.checkpoint(), build, fs::file_time_type::clock::now());
  }
  static std::size_t matrix(const OpenModel& model) {
    return core::model::tensorsToQuantize(model.checkpoint()).front();
  }
  QString onlyFile() const {
    const QDir folder(QString::fromStdString(place("cache").string()));
    const auto files = folder.entryList(QDir::Files);
    return files.size() == 1 ? folder.filePath(files.front()) : QString();
  }

 private Q_SLOTS:
  void init() { QDir(QString::fromStdString(place("cache").string())).removeRecursively(); }

  void aKeptErrorIsTheMeasuredOneToTheLastBit() {
    const auto path = model(1);
    const auto first = open(path);
    keep(*first);
    const std::size_t tensor = matrix(*first);
    const auto measured = first->errors().measure(first->checkpoint(), tensor, Scheme::parse("nf4"));
    const auto second = open(path);
    QVERIFY(!second->errors().find(tensor, Scheme::parse("nf4")));
    keep(*second);
    const auto kept = second->errors().find(tensor, Scheme::parse("nf4"));
    QVERIFY(kept);
    QCOMPARE(kept->bytes, measured.bytes);
    QCOMPARE(kept->bitsPerWeight, measured.bitsPerWeight);
    for (const auto metric : {core::metrics::Metric::SqnrDb, core::metrics::Metric::Cosine,
                              core::metrics::Metric::MaxAbsError, core::metrics::Metric::RelativeError})
      QVERIFY(core::metrics::value(kept->stats, metric) == core::metrics::value(measured.stats, metric));
    QVERIFY(!second->errors().find(tensor, Scheme::parse("nf4:double=on")));
    QVERIFY(!second->errors().find(tensor + 1, Scheme::parse("nf4")));
  }

  // Another content under the same name, another place, another build: nothing is taken from what was.
  void nothingIsTakenFromAnotherFileOrBuild() {
    const auto path = model(1);
    const auto first = open(path);
    keep(*first);
    const std::size_t tensor = matrix(*first);
    first->errors().measure(first->checkpoint(), tensor, Scheme::parse("q8_0"));
    const auto known = [&](const fs::path& file, std::string_view build) {
      const auto again = open(file);
      keep(*again, build);
      return again->errors().find(tensor, Scheme::parse("q8_0")).has_value();
    };
    QVERIFY(known(path, "build 1"));
    QVERIFY(!known(path, "build 2"));
    fs::copy_file(path, place("copy.gguf"), fs::copy_options::overwrite_existing);
    fs::last_write_time(place("copy.gguf"), fs::last_write_time(path));
    QVERIFY(!known(place("copy.gguf"), "build 1"));
    const auto before = fs::file_size(path);
    fs::last_write_time(model(2), fs::file_time_type::clock::now() - std::chrono::hours(2));
    QCOMPARE(fs::file_size(path), before);  // the same size, the same names
    QVERIFY(!known(path, "build 1"));
  }

  // Which content was opened of a file that changed just now would be a guess.
  void aFileThatChangedJustNowIsNotKept() {
    const auto path = model(1);
    fs::last_write_time(path, fs::file_time_type::clock::now());
    const auto first = open(path);
    keep(*first);
    first->errors().measure(first->checkpoint(), matrix(*first), Scheme::parse("q8_0"));
    QVERIFY(onlyFile().isEmpty());
  }

  void damageIsLeftOutAndWrittenOver() {
    const auto path = model(1);
    const auto first = open(path);
    keep(*first);
    const auto tensors = core::model::tensorsToQuantize(first->checkpoint());
    for (const std::size_t tensor : tensors)
      first->errors().measure(first->checkpoint(), tensor, Scheme::parse("q8_0"));
    QFile file(onlyFile());
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray whole = file.readAll();
    file.close();
    const auto knownIn = [&](const QByteArray& bytes) {
      QFile changed(onlyFile());
      if (!changed.open(QIODevice::WriteOnly) || changed.write(bytes) != bytes.size()) return std::size_t{999};
      changed.close();
      const auto again = open(path);
      keep(*again);
      std::size_t known = 0;
      for (const std::size_t tensor : tensors) {
        const auto kept = again->errors().find(tensor, Scheme::parse("q8_0"));
        if (!kept) continue;
        ++known;
        if (kept->stats.mse() != first->errors().find(tensor, Scheme::parse("q8_0"))->stats.mse())
          return std::size_t{998};
      }
      // What follows is kept again, whatever was there.
      again->errors().measure(again->checkpoint(), tensors[0], Scheme::parse("q5_0"));
      const auto third = open(path);
      keep(*third);
      return third->errors().find(tensors[0], Scheme::parse("q5_0")) ? known : std::size_t{997};
    };
    QCOMPARE(knownIn(whole), tensors.size());
    QCOMPARE(knownIn(whole.chopped(5)), tensors.size() - 1);  // killed while writing
    QCOMPARE(knownIn({}), std::size_t{0});
    QCOMPARE(knownIn("rubbish"), std::size_t{0});
    for (qsizetype at = 20; at < whole.size(); at += 37) {
      QByteArray flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ 4);
      QVERIFY2(knownIn(flipped) <= tensors.size(), qPrintable(QString::number(at)));
    }
  }

  void theFolderIsBounded() {
    const auto cache = place("cache");
    fs::create_directories(cache);
    for (int i = 0; i < 5; ++i) {
      const auto file = cache / ("old" + std::to_string(i) + ".errors");
      QFile(QString::fromStdString(file.string())).open(QIODevice::WriteOnly);
      fs::resize_file(file, ErrorStore::kMostFolderBytes / 4);
      fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(10 - i));
    }
    const auto first = open(model(1));
    keep(*first);
    QVERIFY(!fs::exists(cache / "old0.errors"));  // used longest ago
    QVERIFY(fs::exists(cache / "old4.errors"));
  }

  void recordsOfOtherModelsAndNumbersAreNone() {
    const auto first = open(model(1));
    const auto tensors = first->checkpoint().tensors();
    const auto error = measureSchemeError(first->checkpoint(), matrix(*first), Scheme::parse("q8_0"));
    std::string line = writeRecord(error).substr(1);
    QVERIFY(readRecord(line, tensors));
    QVERIFY(!readRecord(line, tensors.first(1)));
    const auto sealed = [](const std::string& text) {
      char sum[20];
      std::snprintf(sum, sizeof sum, "%016llx", static_cast<unsigned long long>(checksumOf(text)));
      return std::string(sum) + ' ' + text;
    };
    const std::string text = line.substr(17);
    QCOMPARE(sealed(text), line);
    for (const char* other : {"", "x", "1 q8_0", "1 no_such 1 2 3 4 5 6 7 8 9", "0 q8_0 nan 1 1 0 1 1 1 1 1"})
      QVERIFY2(!readRecord(sealed(other), tensors), other);
    QVERIFY(!readRecord(sealed(text + " 1"), tensors));
    // A refusal costs nothing to find again.
    SchemeError refused;
    refused.refused = "It cannot.";
    QVERIFY(writeRecord(refused).empty());
  }
};

QTEST_GUILESS_MAIN(TestErrorStore)
#include "tst_error_store.moc"
