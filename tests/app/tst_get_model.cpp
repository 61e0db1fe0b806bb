// A model by its name from the start page: nothing is asked before a person says so, forms are listed with size and
// fit, the chosen one is downloaded as a job and opens.
#include <QAbstractButton>
#include <QDialog>
#include <QLineEdit>
#include <QPushButton>
#include <QTableWidget>
#include <QTest>
#include <fstream>
#include <iterator>

#include "app/widgets/banner.h"
#include "app/widgets/label.h"
#include "loopback/fake_hub.h"
#include "support/random_model.h"
#include "workspace_window.h"

using namespace app;
using support::FakeHub;
using support::LoopbackReply;
using support::LoopbackRequest;

class TestGetModel : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase();
  void init();
  void cleanup();
  void downloadsAndOpens();
  void byKeyboard();
  void failuresAreSaidInTheDialog();
  void anotherNameForgetsWhatWasListed();
  void closingAsksNobodyAnyMore();
  void stopsAndGoesOn();
  void failedDownloadsAreSaid();

 private:
  /// The dialog, by a click on the start page.
  QDialog* open();
  void type(const QString& name);
  /// Types the repository's name and looks it up. @return whether its forms are listed
  bool list();
  template <class T>
  T* part(const char* name) {
    return m_dialog->findChild<T*>(QLatin1String(name));
  }
  QString note() { return part<Label>("get-note")->text(); }
  QTableWidget* forms() { return part<QTableWidget>("get-forms"); }
  bool isClosed() const { return m_shown->window().findChild<QDialog*>(QStringLiteral("get-model")) == nullptr; }
  QString openSource() const {
    const auto& model = m_shown->selection().model();
    return model ? QString::fromStdString(model->source()) : QString();
  }

  QTemporaryDir m_folder;
  std::string m_model;
  std::unique_ptr<FakeHub> m_hub;
  std::unique_ptr<WorkspaceWindow> m_shown;
  QDialog* m_dialog = nullptr;
};

void TestGetModel::initTestCase() {
  for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE",
                           "HF_HUB_OFFLINE", "http_proxy", "all_proxy", "ALL_PROXY"})
    qunsetenv(name);
  const std::filesystem::path path = m_folder.filePath("made.gguf").toStdString();
  support::writeRandomModel({}, path);
  std::ifstream file(path, std::ios::binary);
  m_model = {std::istreambuf_iterator<char>(file), {}};
}

void TestGetModel::init() {
  m_hub = std::make_unique<FakeHub>(
      "me/tiny", std::map<std::string, FakeHub::File>{{"tiny-F32.gguf", {m_model, true}},
                                                      {"tiny-Q2_K.gguf", {std::string(1000, 'x'), true}}});
  qputenv("HF_ENDPOINT", QByteArray::fromStdString(m_hub->url()));
  m_shown = std::make_unique<WorkspaceWindow>(QStringLiteral("start"), QString());
  m_dialog = open();
  QVERIFY(m_dialog != nullptr);
}

void TestGetModel::cleanup() {
  m_shown.reset();
  m_hub.reset();
}

QDialog* TestGetModel::open() {
  auto* button = m_shown->window().findChild<QPushButton*>(QStringLiteral("get-by-name"));
  QTest::mouseClick(button, Qt::LeftButton);
  return m_shown->window().findChild<QDialog*>(QStringLiteral("get-model"));
}

void TestGetModel::type(const QString& name) {
  auto* field = part<QLineEdit>("get-name");
  field->setFocus();
  field->selectAll();
  QTest::keyClicks(field, name);
}

bool TestGetModel::list() {
  type(QStringLiteral("hf:me/tiny"));
  QTest::mouseClick(part<QPushButton>("get-look-up"), Qt::LeftButton);
  return QTest::qWaitFor([this] { return forms()->rowCount() == 2; }, 20000);
}

void TestGetModel::downloadsAndOpens() {
  auto* get = part<QPushButton>("get-download");
  type(QStringLiteral("https://huggingface.co/me/tiny/tree/main"));
  QVERIFY(!get->isEnabled() && m_hub->hub().requests().empty());
  QVERIFY(note().startsWith(QStringLiteral("Nobody is asked")));
  QTest::mouseClick(part<QPushButton>("get-look-up"), Qt::LeftButton);
  QTRY_COMPARE_WITH_TIMEOUT(forms()->rowCount(), 2, 20000);
  QCOMPARE(forms()->item(0, 0)->text(), QStringLiteral("Q2_K · GGUF"));
  QVERIFY(forms()->item(1, 2)->text().endsWith(QStringLiteral(", fits")));
  QCOMPARE(forms()->item(1, 3)->text(), QStringLiteral("not yet"));
  QCOMPARE(forms()->currentRow(), 1);  // the largest that fits
  QVERIFY(note().contains(QStringLiteral("hf:me/tiny:F32 on \"127.0.0.1:")) &&
          note().contains(QStringLiteral("of memory for weights and 4096 tokens")));
  QVERIFY(m_hub->store().requests().empty());
  QCOMPARE(get->text(), QStringLiteral("&Download"));
  QTest::mouseClick(get, Qt::LeftButton);
  QTRY_COMPARE_WITH_TIMEOUT(openSource(), QStringLiteral("hf:me/tiny:F32"), 20000);
  QTRY_VERIFY(isClosed());
  QCOMPARE(m_hub->store().requests().size(), std::size_t{1});
  // A second time it is here.
  m_dialog = open();
  QVERIFY(list());
  QCOMPARE(forms()->item(1, 3)->text(), QStringLiteral("is here"));
  QCOMPARE(part<QPushButton>("get-download")->text(), QStringLiteral("&Open"));
}

void TestGetModel::byKeyboard() {
  type(QStringLiteral("me/tiny"));
  QTest::keyClick(part<QLineEdit>("get-name"), Qt::Key_Return);
  QTRY_COMPARE_WITH_TIMEOUT(forms()->rowCount(), 2, 20000);
  QTRY_VERIFY(forms()->hasFocus());
  QTest::keyClick(forms(), Qt::Key_Up);
  QVERIFY(note().contains(QStringLiteral("hf:me/tiny:Q2_K")));
  QTest::keyClick(forms(), Qt::Key_Down);
  QTest::keyClick(forms(), Qt::Key_Return);
  QTRY_COMPARE_WITH_TIMEOUT(openSource(), QStringLiteral("hf:me/tiny:F32"), 20000);
  QCOMPARE(m_hub->store().requests().size(), std::size_t{1});
}

void TestGetModel::failuresAreSaidInTheDialog() {
  type(QStringLiteral("hf:me/other"));
  QTest::keyClick(part<QLineEdit>("get-name"), Qt::Key_Return);
  QTRY_VERIFY_WITH_TIMEOUT(note().contains(QStringLiteral("has no model \"me/other\"")), 20000);
  type(QStringLiteral("nothing:like/a/name"));
  QTest::keyClick(part<QLineEdit>("get-name"), Qt::Key_Return);
  QTRY_VERIFY_WITH_TIMEOUT(note().contains(QStringLiteral("expected hf:OWNER/NAME")), 20000);
  QVERIFY(!part<QPushButton>("get-download")->isEnabled());
  QVERIFY(list());  // and it can be asked again
}

void TestGetModel::anotherNameForgetsWhatWasListed() {
  QVERIFY(list());
  QVERIFY(part<QPushButton>("get-download")->isEnabled());
  type(QStringLiteral("hf:me/tin"));
  QCOMPARE(forms()->rowCount(), 0);
  QVERIFY(!part<QPushButton>("get-download")->isEnabled());
}

void TestGetModel::closingAsksNobodyAnyMore() {
  m_hub->hubFault = [](const LoopbackRequest&, LoopbackReply& reply) { reply.delay = std::chrono::seconds(10); };
  type(QStringLiteral("hf:me/tiny"));
  QTest::keyClick(part<QLineEdit>("get-name"), Qt::Key_Return);
  QTRY_VERIFY_WITH_TIMEOUT(!m_hub->hub().requests().empty(), 20000);
  QVERIFY(note().contains(QStringLiteral("Asking")));
  QTest::keyClick(m_dialog, Qt::Key_Escape);
  QTRY_VERIFY(isClosed());
  QVERIFY(m_shown->waitUntilIdle(5000));
}

void TestGetModel::stopsAndGoesOn() {
  m_hub->storeFault = [](const LoopbackRequest&, LoopbackReply& reply) {
    reply.pieceBytes = 20'000;
    reply.pieceDelay = std::chrono::milliseconds(50);
  };
  QVERIFY(list());
  QTest::mouseClick(part<QPushButton>("get-download"), Qt::LeftButton);
  const auto fraction = [this] {
    for (const auto& job : m_shown->window().jobs().visibleJobs())
      if (job.title == QStringLiteral("Getting hf:me/tiny:F32")) return job.fraction;
    return -1.0;
  };
  QTRY_VERIFY_WITH_TIMEOUT(fraction() > 0.1, 20000);
  auto* stop = m_shown->window().findChild<QAbstractButton*>(QStringLiteral("cancel-job"));
  QVERIFY(stop != nullptr);
  QTest::mouseClick(stop, Qt::LeftButton);
  auto* banner = m_shown->window().findChild<Banner*>();
  const auto said = [&] {
    QString all;
    for (const QLabel* label : banner->findChildren<QLabel*>()) all += label->text();
    return all;
  };
  QTRY_VERIFY_WITH_TIMEOUT(said().contains(QStringLiteral("What arrived is kept")), 20000);
  QVERIFY(m_shown->waitUntilIdle(5000));
  m_hub->storeFault = {};
  m_dialog = open();
  QVERIFY(list());
  QVERIFY(forms()->item(1, 3)->text().endsWith(QStringLiteral(" left")));
  QTest::mouseClick(part<QPushButton>("get-download"), Qt::LeftButton);
  QTRY_COMPARE_WITH_TIMEOUT(openSource(), QStringLiteral("hf:me/tiny:F32"), 20000);
  QVERIFY(m_hub->store().requests().back().header("range").starts_with("bytes="));
}

void TestGetModel::failedDownloadsAreSaid() {
  QVERIFY(list());
  m_hub->storeFault = [](const LoopbackRequest&, LoopbackReply& reply) { reply = {.status = 403}; };
  QTest::mouseClick(part<QPushButton>("get-download"), Qt::LeftButton);
  auto* banner = m_shown->window().findChild<Banner*>();
  QTRY_VERIFY_WITH_TIMEOUT(banner->isVisible(), 20000);
  QVERIFY(openSource().isEmpty());
}

QTEST_MAIN(TestGetModel)
#include "tst_get_model.moc"
