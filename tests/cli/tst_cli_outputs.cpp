// What -o may write: never an input, through pipes and devices, nothing half done.
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include "cli_process.h"
#include "core/io/safetensors_writer.h"

using namespace cli;

namespace {

const QString kTensor = QStringLiteral("output_norm.weight");

/// The arguments of every verb with -o, without the output.
const std::pair<const char*, const char*> kVerbs[] = {
    {"dump", "dump MODEL --tensor output_norm.weight"},
    {"dump with a scheme", "dump MODEL --tensor blk.0.attn_q.weight --scheme nf4"},
    {"logits", "logits MODEL --tokens 1,4 --device cpu"},
    {"quantize", "quantize MODEL --scheme q8_0"}};

}  // namespace

class TestCliOutputs : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  QString m_model;  ///< a copy that may be harmed

  QString path(const QString& name) const { return m_folder.filePath(name); }
  QStringList dump(const QString& output) const {
    return {QStringLiteral("dump"), m_model, QStringLiteral("--tensor"), kTensor, QStringLiteral("-o"), output};
  }
  QStringList names() const {
    return QDir(m_folder.path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot);
  }
  static mode_t mode(const QString& path) {
    struct stat status {};
    return ::stat(qPrintable(path), &status) == 0 ? status.st_mode : 0;
  }

 private slots:
  void init() {
    for (const QString& name : names()) {
      QFile::remove(path(name));
      QDir(path(name)).removeRecursively();
    }
    m_model = path(QStringLiteral("model.gguf"));
    QVERIFY(QFile::copy(kModel, m_model));
    QFile::setPermissions(m_model, QFile::ReadOwner | QFile::WriteOwner);
  }

  void inputsAreNeverWritten_data() {
    QTest::addColumn<QString>("arguments");
    QTest::addColumn<QString>("output");
    for (const auto& [name, arguments] : kVerbs) {
      for (const char* output : {"model.gguf", "hard.gguf", "link.gguf", "chain.gguf", "folder/../model.gguf"})
        QTest::addRow("%s to %s", name, output) << QString::fromLatin1(arguments) << QString::fromLatin1(output);
    }
  }

  void inputsAreNeverWritten() {
    QFETCH(QString, arguments);
    QFETCH(QString, output);
    QVERIFY(QDir(m_folder.path()).mkdir(QStringLiteral("folder")));
    QVERIFY(::link(qPrintable(m_model), qPrintable(path(QStringLiteral("hard.gguf")))) == 0);
    QVERIFY(QFile::link(QStringLiteral("model.gguf"), path(QStringLiteral("link.gguf"))));
    QVERIFY(QFile::link(QStringLiteral("link.gguf"), path(QStringLiteral("chain.gguf"))));
    const QByteArray before = contents(m_model);
    const QStringList entries = names();
    QStringList words = arguments.split(u' ');
    words.replaceInStrings(QStringLiteral("MODEL"), m_model);
    const Run result = run(words << QStringLiteral("-o") << path(output));
    QCOMPARE(result.code, 1);
    QVERIFY2(isOneSentence(result.err) && result.err.contains("model itself"), result.err.constData());
    QVERIFY(result.out.isEmpty());
    QVERIFY(contents(m_model) == before);
    QCOMPARE(names(), entries);
  }

  void filesBesideTheModelAreNeverWritten() {
    const auto shard = [this](const char* file, const char* tensor) {
      core::io::SafetensorsWriter writer(path(QString::fromLatin1(file)).toStdString());
      writer.declareTensor(tensor, core::tensor::DType::F32, {64, 64});
      writer.append(std::vector<std::byte>(64 * 64 * 4));
      writer.finish();
    };
    shard("one.safetensors", "model.layers.0.mlp.up_proj.weight");
    shard("two.safetensors", "model.layers.1.mlp.up_proj.weight");
    const QString index = path(QStringLiteral("model.safetensors.index.json"));
    writeFile(index, R"({"weight_map": {"model.layers.0.mlp.up_proj.weight": "one.safetensors",
                                        "model.layers.1.mlp.up_proj.weight": "two.safetensors"}})");
    writeFile(path(QStringLiteral("config.json")), R"({"model_type": "llama"})");
    QVERIFY(QDir(path(QString())).mkdir(QStringLiteral("1_Pooling")));
    for (const char* carried : {"tokenizer.json", "modules.json", "1_Pooling/config.json", "README.md"})
      writeFile(path(QString::fromLatin1(carried)), "{}");
    for (const char* output : {"one.safetensors", "two.safetensors", "config.json", "tokenizer.json",
                               "model.safetensors.index.json", "modules.json", "1_Pooling/config.json", "README.md"}) {
      const QString target = path(QString::fromLatin1(output));
      const QByteArray before = contents(target);
      const Run result = run({QStringLiteral("dump"), index, QStringLiteral("--tensor"),
                              QStringLiteral("model.layers.0.mlp.up_proj.weight"), QStringLiteral("-o"), target});
      QCOMPARE(result.code, 1);
      QVERIFY2(isOneSentence(result.err) && result.err.contains("model itself"), result.err.constData());
      QVERIFY2(contents(target) == before, output);
    }
  }

  void aPipeIsWrittenThrough() {
    const QString pipe = path(QStringLiteral("pipe"));
    QVERIFY(::mkfifo(qPrintable(pipe), 0600) == 0);
    QCOMPARE(run(dump(path(QStringLiteral("whole.npy")))).code, 0);
    const Run piped = shell(
        QStringLiteral("cat pipe > got.npy & \"$0\" dump model.gguf --tensor %1 -o pipe; code=$?; wait; exit $code")
            .arg(kTensor),
        m_folder.path());
    QCOMPARE(piped.code, 0);
    QVERIFY(contents(path(QStringLiteral("got.npy"))) == contents(path(QStringLiteral("whole.npy"))));
    QVERIFY(S_ISFIFO(mode(pipe)));
    // A whole model, too: its format is the source's.
    const Run model =
        shell(QStringLiteral(
                  "cat pipe > got.gguf & \"$0\" quantize model.gguf --scheme q8_0 -o pipe; code=$?; wait; exit $code"),
              m_folder.path());
    QCOMPARE(model.code, 0);
    QCOMPARE(run({QStringLiteral("quantize"), m_model, QStringLiteral("--scheme"), QStringLiteral("q8_0"),
                  QStringLiteral("-o"), path(QStringLiteral("whole.gguf"))})
                 .code,
             0);
    QVERIFY(contents(path(QStringLiteral("got.gguf"))) == contents(path(QStringLiteral("whole.gguf"))));
    QVERIFY(S_ISFIFO(mode(pipe)));
  }

  void aReaderThatGoesAwayIsAnError() {
    QVERIFY(::mkfifo(qPrintable(path(QStringLiteral("pipe"))), 0600) == 0);
    const Run result = shell(
        QStringLiteral(
            "head -c 10 pipe > start & \"$0\" quantize model.gguf --scheme q8_0 -o pipe; code=$?; wait; exit $code"),
        m_folder.path());
    QCOMPARE(result.code, 1);
    QVERIFY2(isOneSentence(result.err) && result.err.contains("Broken pipe"), result.err.constData());
    QVERIFY(result.out.isEmpty());
  }

  void aDeviceStaysADevice() {
    const QString null = path(QStringLiteral("null")), full = path(QStringLiteral("full"));
    if (::mknod(qPrintable(null), S_IFCHR | 0600, makedev(1, 3)) != 0 ||
        ::mknod(qPrintable(full), S_IFCHR | 0600, makedev(1, 7)) != 0)
      QSKIP("Only the superuser makes devices.");
    const Run swallowed = run(dump(null));
    if (swallowed.err.contains("Permission denied")) QSKIP("Devices on this file system cannot be opened.");
    QCOMPARE(swallowed.code, 0);
    QVERIFY(S_ISCHR(mode(null)));
    const Run refused = run(dump(full));
    QCOMPARE(refused.code, 1);
    QVERIFY2(isOneSentence(refused.err) && refused.err.contains("No space left"), refused.err.constData());
    QVERIFY(S_ISCHR(mode(full)));
  }

  void aDashIsStandardOutput() {
    QCOMPARE(run(dump(path(QStringLiteral("whole.npy")))).code, 0);
    const QStringList before = names();
    for (const char* name : {"-", "/dev/stdout", "/dev/fd/1"}) {
      const Run result = run(dump(QString::fromLatin1(name)), m_folder.path());
      QVERIFY2(result.code == 0 && result.err.isEmpty(), result.err.constData());
      QVERIFY2(result.out == contents(path(QStringLiteral("whole.npy"))), name);
    }
    const QStringList quantize{QStringLiteral("quantize"), m_model, QStringLiteral("--scheme"), QStringLiteral("q8_0"),
                               QStringLiteral("-o")};
    const Run model = run(QStringList(quantize) << QStringLiteral("-"), m_folder.path());
    QCOMPARE(model.code, 0);
    QVERIFY2(model.err.contains("q8_0"), "the report goes to standard error, not into the file");
    QCOMPARE(names(), before);
    QCOMPARE(run(QStringList(quantize) << path(QStringLiteral("whole.gguf"))).code, 0);
    QVERIFY(model.out == contents(path(QStringLiteral("whole.gguf"))));
    const Run logits =
        run({QStringLiteral("logits"), m_model, QStringLiteral("--tokens"), QStringLiteral("1,4"),
             QStringLiteral("--device"), QStringLiteral("cpu"), QStringLiteral("-o"), QStringLiteral("-")});
    QVERIFY(logits.out.startsWith("\x93NUMPY") && logits.out.size() > 2 * 2048 * 4);
    QVERIFY(!logits.err.isEmpty());
  }

  void theModelIsNotAppendedTo() {
    const QByteArray before = contents(m_model);
    const Run result =
        shell(QStringLiteral("\"$0\" dump model.gguf --tensor %1 -o - >> model.gguf").arg(kTensor), m_folder.path());
    QCOMPARE(result.code, 1);
    QVERIFY2(result.err.contains("model itself"), result.err.constData());
    QVERIFY(contents(m_model) == before);
  }

  void aReadOnlyFileStays() {
    const QString target = path(QStringLiteral("old.npy"));
    writeFile(target, "mine");
    QVERIFY(::chmod(qPrintable(target), 0444) == 0);
    const Run result = run(dump(target));
    QCOMPARE(result.code, 1);
    QVERIFY2(isOneSentence(result.err) && result.err.contains("read-only"), result.err.constData());
    QCOMPARE(contents(target), QByteArray("mine"));
  }

  void aReplacedFileKeepsItsMode() {
    const QString target = path(QStringLiteral("old.npy"));
    for (const mode_t wanted : {0600, 0640, 0755}) {
      writeFile(target, "old");
      QVERIFY(::chmod(qPrintable(target), wanted) == 0);
      QCOMPARE(run(dump(target)).code, 0);
      QCOMPARE(mode(target) & 07777U, wanted);
      QVERIFY(contents(target).startsWith("\x93NUMPY"));
    }
    const Run fresh =
        shell(QStringLiteral("umask 027; \"$0\" dump model.gguf --tensor %1 -o new.npy").arg(kTensor), m_folder.path());
    QCOMPARE(fresh.code, 0);
    QCOMPARE(mode(path(QStringLiteral("new.npy"))) & 07777U, mode_t{0640});
  }

  void aReplacedFileKeepsItsOwner() {
    if (::geteuid() != 0) QSKIP("Only the superuser gives files away.");
    const QString target = path(QStringLiteral("old.npy"));
    writeFile(target, "old");
    if (::chown(qPrintable(target), 12345, 23456) != 0) QSKIP("This file system knows no other owners.");
    QCOMPARE(run(dump(target)).code, 0);
    struct stat status {};
    QVERIFY(::stat(qPrintable(target), &status) == 0);
    QCOMPARE(status.st_uid, uid_t{12345});
    QCOMPARE(status.st_gid, gid_t{23456});
  }

  void linksKeepPointing() {
    QVERIFY(QDir(m_folder.path()).mkdir(QStringLiteral("folder")));
    writeFile(path(QStringLiteral("folder/target.npy")), "old");
    QVERIFY(QFile::link(QStringLiteral("folder/target.npy"), path(QStringLiteral("link.npy"))));
    QVERIFY(QFile::link(QStringLiteral("folder/fresh.npy"), path(QStringLiteral("dangling.npy"))));
    for (const char* name : {"link.npy", "dangling.npy"}) {
      QCOMPARE(run(dump(path(QString::fromLatin1(name)))).code, 0);
      QVERIFY2(QFileInfo(path(QString::fromLatin1(name))).isSymLink(), name);
      QVERIFY2(contents(path(QString::fromLatin1(name))).startsWith("\x93NUMPY"), name);
    }
    QVERIFY(QFile::link(QStringLiteral("loop.npy"), path(QStringLiteral("loop.npy"))));
    const Run loop = run(dump(path(QStringLiteral("loop.npy"))));
    QCOMPARE(loop.code, 1);
    QVERIFY2(isOneSentence(loop.err), loop.err.constData());
  }

  void badNames_data() {
    QTest::addColumn<QString>("output");
    QTest::addColumn<QString>("says");
    QTest::newRow("a folder") << QStringLiteral("folder") << QStringLiteral("folder");
    QTest::newRow("a folder with a slash") << QStringLiteral("folder/") << QStringLiteral("folder");
    QTest::newRow("a slash at the end") << QStringLiteral("new/") << QStringLiteral("slash");
    QTest::newRow("no such folder") << QStringLiteral("none/x.npy") << QStringLiteral("No such file or directory");
    QTest::newRow("a file as folder") << QStringLiteral("model.gguf/x.npy") << QStringLiteral("Not a directory");
    QTest::newRow("a slash behind a file") << QStringLiteral("model.gguf/") << QStringLiteral("Not a directory");
    QTest::newRow("too long") << QString(300, u'n') << QStringLiteral("too long");
    QTest::newRow("a descriptor that is not open") << QStringLiteral("/dev/fd/97") << QStringLiteral("descriptor");
  }

  void badNames() {
    QFETCH(QString, output);
    QFETCH(QString, says);
    QVERIFY(QDir(m_folder.path()).mkdir(QStringLiteral("folder")));
    const QStringList before = names();
    const Run result = run(dump(output), m_folder.path());
    QCOMPARE(result.code, 1);
    QVERIFY2(isOneSentence(result.err) && QString::fromUtf8(result.err).contains(says), result.err.constData());
    QCOMPARE(names(), before);
  }

  void anEmptyNameIsNoOutput() {
    for (const auto& [name, arguments] : kVerbs) {
      QStringList words = QString::fromLatin1(arguments).split(u' ');
      words.replaceInStrings(QStringLiteral("MODEL"), m_model);
      const Run result = run(words << QStringLiteral("-o") << QString());
      QVERIFY2(result.code == 1 && isOneSentence(result.err) && result.out.isEmpty(), name);
    }
  }

  void longNamesFit() {
    const QString target = path(QString(250, u'n') + QStringLiteral(".npy"));
    QCOMPARE(run(dump(target)).code, 0);
    QVERIFY(QFileInfo::exists(target));
  }

  void aFullDiskLeavesNothing() {
    writeFile(path(QStringLiteral("old.gguf")), "mine");
    const QStringList before = names();
    for (const char* output : {"new.gguf", "old.gguf"}) {
      // 64 KiB: less than the model. The limit of a file's size fails as a full disk does. What ./dev sanitize loads
      // before any program would meet it, too.
      const Run result =
          shell(QStringLiteral("ulimit -f 64; exec env -u LD_PRELOAD \"$0\" quantize model.gguf --scheme q8_0 -o %1")
                    .arg(QString::fromLatin1(output)),
                m_folder.path());
      QCOMPARE(result.code, 1);
      QVERIFY2(isOneSentence(result.err) && result.err.contains("File too large"), result.err.constData());
      QVERIFY(result.out.isEmpty());
    }
    QCOMPARE(contents(path(QStringLiteral("old.gguf"))), QByteArray("mine"));
    QCOMPARE(names(), before);
  }
};

QTEST_GUILESS_MAIN(TestCliOutputs)
#include "tst_cli_outputs.moc"
