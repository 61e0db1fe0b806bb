// quantize into several parts: as llama.cpp's gguf-split lays them out, all or none, and what cannot be split.
#include <sys/stat.h>

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>
#include <map>
#include <vector>

#include "cli_process.h"
#include "core/io/gguf.h"
#include "core/io/safetensors_writer.h"

using namespace cli;
using core::io::MetadataType;

namespace {

/// One part by itself; the bytes stay here because names and arrays point into them.
struct Part {
  QByteArray bytes;
  core::io::ParsedModel model;

  explicit Part(const QString& path) : bytes(contents(path)) {
    model = core::io::readGguf(std::as_bytes(std::span(bytes.constData(), static_cast<std::size_t>(bytes.size()))),
                               "a part");
  }
  const core::io::MetadataEntry* find(const char* key) const {
    for (const auto& entry : model.metadata.entries())
      if (entry.key == key) return &entry;
    return nullptr;
  }
  std::uint64_t tensorBytes() const {
    std::uint64_t sum = 0;
    for (const auto& tensor : model.tensors) sum += (tensor.bytes + 31) / 32 * 32;
    return sum;
  }
  QByteArray of(const core::io::TensorInfo& tensor) const {
    return bytes.mid(static_cast<qsizetype>(tensor.offset), static_cast<qsizetype>(tensor.bytes));
  }
};

}  // namespace

class TestCliSplit : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  QString m_model, m_whole;  ///< a copy that may be harmed; what it becomes in one file

  QString path(const QString& name) const { return m_folder.filePath(name); }
  QStringList names() const {
    return QDir(m_folder.path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot);
  }
  QStringList quantize(const QStringList& more) const {
    return QStringList{QStringLiteral("quantize"), m_model, QStringLiteral("--scheme"), QStringLiteral("q8_0")} + more;
  }
  /// Writes out.gguf in parts. @return their paths
  QStringList split(const char* option, const char* limit) const {
    const Json answer = json(quantize({QString::fromLatin1(option), QString::fromLatin1(limit), QStringLiteral("-o"),
                                       path(QStringLiteral("out.gguf"))}));
    QStringList files;
    for (const Json& file : answer["files"]) files << QString::fromStdString(file.get<std::string>());
    return files;
  }

 private slots:
  void init() {
    for (const QString& name : names()) {
      QFile::remove(path(name));
      QDir(path(name)).removeRecursively();
    }
    m_model = path(QStringLiteral("model.gguf"));
    m_whole = path(QStringLiteral("whole.gguf"));
    QVERIFY(QFile::copy(kModel, m_model));
    QFile::setPermissions(m_model, QFile::ReadOwner | QFile::WriteOwner);
    QCOMPARE(run(quantize({QStringLiteral("-o"), m_whole})).code, 0);
  }

  void partsAreLaidOutAsGgufSplitDoes() {
    const Part whole(m_whole);
    constexpr std::size_t kMost = 5;
    const QStringList files = split("--split-max-tensors", "5");
    const std::size_t all = whole.model.tensors.size(), count = (all + kMost - 1) / kMost;
    QCOMPARE(static_cast<std::size_t>(files.size()), count);
    QVERIFY(count > 2);
    std::size_t tensor = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const QString name =
          QStringLiteral("out-%1-of-%2.gguf").arg(i + 1, 5, 10, QLatin1Char('0')).arg(count, 5, 10, QLatin1Char('0'));
      QCOMPARE(files[static_cast<qsizetype>(i)], path(name));
      const Part part(path(name));
      QCOMPARE(part.find("split.no")->type, MetadataType::U16);
      QCOMPARE(part.find("split.count")->type, MetadataType::U16);
      QCOMPARE(part.find("split.tensors.count")->type, MetadataType::I32);
      QCOMPARE(std::get<std::uint64_t>(part.find("split.no")->value), i);
      QCOMPARE(std::get<std::uint64_t>(part.find("split.count")->value), count);
      QCOMPARE(std::get<std::int64_t>(part.find("split.tensors.count")->value), static_cast<std::int64_t>(all));
      const std::size_t others = i == 0 ? whole.model.metadata.entries().size() : 0;
      QCOMPARE(part.model.metadata.entries().size(), others + 3);
      QCOMPARE(part.model.tensors.size(), std::min(kMost, all - tensor));
      for (const auto& info : part.model.tensors) {
        const auto& same = whole.model.tensors[tensor++];
        QCOMPARE(info.name, same.name);
        QCOMPARE(info.dtype, same.dtype);
        QVERIFY2(part.of(info) == whole.of(same), info.name.c_str());
      }
    }
    QCOMPARE(tensor, all);
    QVERIFY(!QFileInfo::exists(path(QStringLiteral("out.gguf"))));
  }

  void aPartEndsBeforeItWouldBeTooLarge() {
    constexpr std::uint64_t kLimit = 1'100'000;
    const QStringList files = split("--split-max-size", "1100000");
    QVERIFY(files.size() > 2);
    std::uint64_t before = 0;
    for (const QString& file : files) {
      const Part part(file);
      QVERIFY(part.tensorBytes() <= kLimit);
      const auto& first = part.model.tensors.front();
      QVERIFY2(before == 0 || before + first.bytes > kLimit, "the part before had room for it");
      before = part.tensorBytes();
    }
  }

  void anyPartOpensTheModel() {
    const QStringList files = split("--split-max-tensors", "7");
    const Json whole = json({QStringLiteral("inspect"), m_whole});
    for (const QString& file : files) {
      const Json parts = json({QStringLiteral("inspect"), file});
      QCOMPARE(parts["tensors"].size(), whole["tensors"].size());
      QCOMPARE(parts["parameters"], whole["parameters"]);
    }
    const auto logits = [](const QString& model) {
      return run({QStringLiteral("logits"), model, QStringLiteral("--tokens"), QStringLiteral("1,4,9"),
                  QStringLiteral("--device"), QStringLiteral("cpu"), QStringLiteral("-o"), QStringLiteral("-")})
          .out;
    };
    QVERIFY(!logits(m_whole).isEmpty());
    QVERIFY(logits(files.back()) == logits(m_whole));
  }

  void onePartIsEnough() {
    const QStringList files = split("--split-max-size", "2G");
    QCOMPARE(files, QStringList{path(QStringLiteral("out-00001-of-00001.gguf"))});
    QCOMPARE(json({QStringLiteral("inspect"), files.front()})["tensors"].size(),
             json({QStringLiteral("inspect"), m_whole})["tensors"].size());
  }

  void theNameOfAPartNamesTheModel() {
    const Json answer = json(quantize({QStringLiteral("--split-max-size"), QStringLiteral("1G"), QStringLiteral("-o"),
                                       path(QStringLiteral("new-00002-of-00009.gguf"))}));
    QCOMPARE(answer["files"], Json({path(QStringLiteral("new-00001-of-00001.gguf")).toStdString()}));
  }

  void aDryRunSaysHowManyParts() {
    const QStringList words{QStringLiteral("--dry-run"), QStringLiteral("--split-max-size"), QStringLiteral("1100000")};
    const Json unnamed = json(quantize(words));
    const Json named = json(quantize(words + QStringList{QStringLiteral("-o"), path(QStringLiteral("out.gguf"))}));
    QCOMPARE(names().size(), 2);  // nothing but the model and its whole
    const QStringList files = split("--split-max-size", "1100000");
    QCOMPARE(static_cast<qsizetype>(named["parts"].size()), files.size());
    for (qsizetype i = 0; i < files.size(); ++i) {
      const Part part(files[i]);
      const Json& row = named["parts"][static_cast<std::size_t>(i)];
      QCOMPARE(row["file"].get<std::string>(), files[i].toStdString());
      QCOMPARE(row["tensors"].get<std::size_t>(), part.model.tensors.size());
      QCOMPARE(row["bytes"].get<std::uint64_t>(), part.tensorBytes());
      QCOMPARE(unnamed["parts"][static_cast<std::size_t>(i)]["bytes"], row["bytes"]);
    }
    const Run text = run(quantize(words));
    QVERIFY2(text.out.contains("in " + QByteArray::number(files.size()) + " parts, the largest with "),
             text.out.constData());
    QVERIFY(!json(quantize({QStringLiteral("--dry-run")})).contains("parts"));
  }

  void wrongLimits_data() {
    QTest::addColumn<QStringList>("arguments");
    for (const char* size : {"0", "0G", "-1", "-5M", "many", "", "2T", "1.5G", "G", "2 G", "99999999999999999999",
                             "99999999999G", "2Gx", "0x10"})
      QTest::addRow("size '%s'", size) << QStringList{QStringLiteral("--split-max-size"), QString::fromLatin1(size)};
    for (const char* count : {"0", "-1", "some", "1.5", ""})
      QTest::addRow("%s tensors", count) << QStringList{QStringLiteral("--split-max-tensors"),
                                                        QString::fromLatin1(count)};
  }

  void wrongLimits() {
    QFETCH(QStringList, arguments);
    const QStringList before = names();
    const Run result = run(quantize(arguments + QStringList{QStringLiteral("-o"), path(QStringLiteral("out.gguf"))}));
    QCOMPARE(result.code, 2);
    QVERIFY2(result.err.contains("--split-max-"), result.err.constData());
    QVERIFY(result.out.isEmpty());
    QCOMPARE(names(), before);
  }

  void whatCannotBeSplitIsASentence_data() {
    QTest::addColumn<QString>("output");
    QTest::addColumn<QString>("size");
    QTest::addColumn<QString>("says");
    const QString some = QStringLiteral("2M");
    QTest::newRow("smaller than a tensor")
        << QStringLiteral("out.gguf") << QStringLiteral("1000") << QStringLiteral("cannot hold the tensor");
    QTest::newRow("standard output") << QStringLiteral("-") << some << QStringLiteral("one stream");
    QTest::newRow("a pipe") << QStringLiteral("pipe.gguf") << some << QStringLiteral("one stream");
    QTest::newRow("safetensors") << QStringLiteral("out.safetensors") << some << QStringLiteral("only GGUF");
    QTest::newRow("another ending") << QStringLiteral("out.bin") << some << QStringLiteral("end in .gguf");
    QTest::newRow("no ending") << QStringLiteral("out") << some << QStringLiteral("end in .gguf");
    QTest::newRow("no folder") << QStringLiteral("none/out.gguf") << some << QStringLiteral("No such file");
  }

  void whatCannotBeSplitIsASentence() {
    QFETCH(QString, output);
    QFETCH(QString, size);
    QFETCH(QString, says);
    QVERIFY(::mkfifo(qPrintable(path(QStringLiteral("pipe.gguf"))), 0600) == 0);
    const QStringList before = names();
    for (const bool isDryRun : {false, true}) {
      if (isDryRun && output.startsWith(QLatin1String("none"))) continue;  // a dry run does not look for folders
      QStringList words = quantize({QStringLiteral("--split-max-size"), size, QStringLiteral("-o"), output});
      if (isDryRun) words << QStringLiteral("--dry-run");
      const Run result = run(words, m_folder.path());
      QCOMPARE(result.code, 1);
      QVERIFY2(isOneSentence(result.err) && QString::fromUtf8(result.err).contains(says), result.err.constData());
      QVERIFY(result.out.isEmpty());
      QCOMPARE(names(), before);
    }
  }

  void partsAreNotTheModelsOwn() {
    const QStringList files = split("--split-max-tensors", "9");
    std::map<QString, QByteArray> before;
    for (const QString& file : files) before[file] = contents(file);
    const QStringList entries = names();
    const Run result = run({QStringLiteral("quantize"), files.front(), QStringLiteral("--scheme"),
                            QStringLiteral("q4_0"), QStringLiteral("--split-max-tensors"), QStringLiteral("9"),
                            QStringLiteral("-o"), path(QStringLiteral("out.gguf"))});
    QCOMPARE(result.code, 1);
    QVERIFY2(isOneSentence(result.err) && result.err.contains("a part of the model itself"), result.err.constData());
    QCOMPARE(names(), entries);
    for (const auto& [file, bytes] : before) QVERIFY2(contents(file) == bytes, qPrintable(file));
  }

  void aFullDiskLeavesNoPart() {
    // What the last part replaces stays, too.
    const QStringList files = split("--split-max-tensors", "9");
    for (const QString& file : files) writeFile(file, "mine");
    const QStringList before = names();
    const Run result = shell(QStringLiteral("ulimit -f 64; exec env -u LD_PRELOAD \"$0\" quantize model.gguf --scheme "
                                            "q8_0 --split-max-tensors 9 -o out.gguf"),
                             m_folder.path());
    QCOMPARE(result.code, 1);
    QVERIFY2(isOneSentence(result.err) && result.err.contains("File too large"), result.err.constData());
    QCOMPARE(names(), before);
    for (const QString& file : files) QCOMPARE(contents(file), QByteArray("mine"));
  }

  void moreFilesThanTheSystemOpensIsASentence() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    QSKIP("A sanitizer opens a pipe to look at memory, and there is none left here.");
#endif
    const QStringList before = names();
    const Run result = shell(
        QStringLiteral("ulimit -n 20; exec \"$0\" quantize model.gguf --scheme q8_0 --split-max-tensors 1 -o out.gguf"),
        m_folder.path());
    QCOMPARE(result.code, 1);
    QVERIFY2(isOneSentence(result.err) && result.err.contains("Too many open files"), result.err.constData());
    QCOMPARE(names(), before);
  }
};

QTEST_GUILESS_MAIN(TestCliSplit)
#include "tst_cli_split.moc"
