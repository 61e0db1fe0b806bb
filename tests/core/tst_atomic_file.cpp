// Files that appear complete or not at all, with and without a name until then.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/error.h"
#include "core/io/atomic_file.h"

using core::io::AtomicFile;
using core::io::Unfinished;

class TestAtomicFile : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> m_folder;

  std::filesystem::path path(const char* name) const {
    return m_folder->filePath(QString::fromLatin1(name)).toStdString();
  }
  QStringList names() const {
    return QDir(m_folder->path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot);
  }
  bool hasNamelessFiles() const {
#ifdef O_TMPFILE
    const int file = ::open(qPrintable(m_folder->path()), O_WRONLY | O_TMPFILE, 0600);
    if (file >= 0) return ::close(file) == 0;
#endif
    return false;
  }
  QByteArray contents(const char* name) const {
    QFile file(m_folder->filePath(QString::fromLatin1(name)));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("nothing");
  }
  void makeOld() const {
    QFile old(m_folder->filePath(QStringLiteral("old")));
    QVERIFY(old.open(QIODevice::WriteOnly) && old.write("old") == 3);
  }
  static void write(AtomicFile& file, std::string_view text) { file.write(std::as_bytes(std::span(text))); }
  static void bothKinds() {
    QTest::addColumn<Unfinished>("unfinished");
    QTest::newRow("without a name") << Unfinished::Nameless;
    QTest::newRow("with a name") << Unfinished::Named;
  }

 private slots:
  void init() { m_folder = std::make_unique<QTemporaryDir>(); }

  void theFileIsSeenWhenItIsComplete_data() { bothKinds(); }
  void theFileIsSeenWhenItIsComplete() {
    QFETCH(Unfinished, unfinished);
    AtomicFile file(path("new"), unfinished);
    write(file, "whole");
    const bool isNamed = unfinished == Unfinished::Named || !hasNamelessFiles();
    QCOMPARE(names().size(), isNamed ? 1 : 0);
    QVERIFY(!names().contains(QStringLiteral("new")));
    file.commit();
    QCOMPARE(names(), QStringList{QStringLiteral("new")});
    QCOMPARE(contents("new"), QByteArray("whole"));
  }

  void whatIsNotCommittedIsGone_data() { bothKinds(); }
  void whatIsNotCommittedIsGone() {
    QFETCH(Unfinished, unfinished);
    {
      AtomicFile file(path("new"), unfinished);
      write(file, "half");
      AtomicFile moved(std::move(file));
      write(moved, "done");
    }
    QCOMPARE(names(), QStringList());
  }

  void anOldFileIsReplacedWithItsMode_data() { bothKinds(); }
  void anOldFileIsReplacedWithItsMode() {
    QFETCH(Unfinished, unfinished);
    for (const mode_t mode : {0600, 0640, 04755}) {
      makeOld();
      QVERIFY(::chmod(path("old").c_str(), mode) == 0);
      const int reader = ::open(path("old").c_str(), O_RDONLY);
      AtomicFile file(path("old"), unfinished);
      write(file, "fresh");
      QCOMPARE(contents("old"), QByteArray("old"));
      file.commit();
      QCOMPARE(names(), QStringList{QStringLiteral("old")});
      QCOMPARE(contents("old"), QByteArray("fresh"));
      struct stat status {};
      QVERIFY(::stat(path("old").c_str(), &status) == 0);
      QCOMPARE(status.st_mode & 07777U, mode);
      char kept[4] = {};
      QCOMPARE(::read(reader, kept, 3), ssize_t{3});  // who has the old one open keeps it
      QCOMPARE(QByteArray(kept), QByteArray("old"));
      ::close(reader);
    }
  }

  void aFolderThatIsGoneIsAnError_data() { bothKinds(); }
  void aFolderThatIsGoneIsAnError() {
    QFETCH(Unfinished, unfinished);
    QVERIFY_EXCEPTION_THROWN(AtomicFile(path("none") / "new", unfinished), core::Error);
    std::filesystem::create_directory(path("folder"));
    AtomicFile file(path("folder") / "new", unfinished);
    write(file, "lost");
    std::filesystem::remove_all(path("folder"));
    QVERIFY_EXCEPTION_THROWN(file.commit(), core::Error);
    QCOMPARE(names(), QStringList());
  }

  void filesThatBelongTogetherAppearTogether_data() { bothKinds(); }
  void filesThatBelongTogetherAppearTogether() {
    QFETCH(Unfinished, unfinished);
    makeOld();
    AtomicFile first(path("old"), unfinished), second(path("new"), unfinished);
    write(first, "one");
    write(second, "two");
    AtomicFile* const both[] = {&first, &second};
    AtomicFile::commitAll(both);
    QCOMPARE(names(), (QStringList{QStringLiteral("new"), QStringLiteral("old")}));
    QCOMPARE(contents("old"), QByteArray("one"));
    QCOMPARE(contents("new"), QByteArray("two"));
  }

  /// The last one's name is a folder's by now.
  void aNameThatCannotBeGivenTakesTheOthersBack_data() { bothKinds(); }
  void aNameThatCannotBeGivenTakesTheOthersBack() {
    QFETCH(Unfinished, unfinished);
    makeOld();
    {
      AtomicFile first(path("old"), unfinished), second(path("new"), unfinished), third(path("taken"), unfinished);
      AtomicFile* const all[] = {&first, &second, &third};
      for (AtomicFile* const file : all) write(*file, "fresh");
      std::filesystem::create_directories(path("taken") / "by a folder");
      QVERIFY_EXCEPTION_THROWN(AtomicFile::commitAll(all), core::Error);
      QCOMPARE(contents("old"), QByteArray("old"));
      QVERIFY(!names().contains(QStringLiteral("new")));
    }
    QCOMPARE(names(), (QStringList{QStringLiteral("old"), QStringLiteral("taken")}));
  }
};

QTEST_GUILESS_MAIN(TestAtomicFile)
#include "tst_atomic_file.moc"
