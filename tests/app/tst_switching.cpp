// Models of different sizes opened, switched and closed in every workspace, in small and large windows: item models
// keep Qt's contract all the while, nothing answers from a model that is gone, and a closed model leaves memory.
#include <QAbstractItemModelTester>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include "app/shell/palette_model.h"
#include "app/shell/scheme_list_model.h"
#include "app/workspaces/inspect/tensor_table_model.h"
#include "app/workspaces/inspect/value_table_model.h"
#include "support/random_model.h"
#include "workspace_window.h"

using namespace app;

class TestSwitching : public QObject {
  Q_OBJECT
 private:
  QTemporaryDir m_folder;
  QString m_small, m_large;

  static bool open(MainWindow& window, const QString& source) {
    const auto before = window.selection().model();
    window.openModel(source);
    return QTest::qWaitFor([&] { return window.selection().model() != before || !window.errorText().isEmpty(); },
                           30000) &&
           window.errorText().isEmpty();
  }

  /// Testers for every item model of the window that has none yet, those of Qt's own widgets included.
  /// @param owner goes before the window: the model of a dying QTreeWidget cannot be asked any more
  static void watch(MainWindow& window, QObject& owner) {
    for (QAbstractItemModel* model : window.findChildren<QAbstractItemModel*>()) {
      if (model->property("watched").toBool()) continue;
      model->setProperty("watched", true);
      new QAbstractItemModelTester(model, QAbstractItemModelTester::FailureReportingMode::QtTest, &owner);
    }
  }

  static void showEveryTab(MainWindow& window) {
    for (auto* tabs : window.currentWorkspace()->findChildren<QTabWidget*>()) {
      for (int i = 0; i < tabs->count(); ++i) {
        tabs->setCurrentIndex(i);
        QTest::qWait(1);
      }
    }
  }

 private Q_SLOTS:
  void initTestCase() {
    m_small = m_folder.filePath(QStringLiteral("small.gguf"));
    m_large = m_folder.filePath(QStringLiteral("large.gguf"));
    support::RandomModel model;
    model.layers = 1;
    support::writeRandomModel(model, m_small.toStdString());
    model.layers = 60;
    support::writeRandomModel(model, m_large.toStdString());
  }

  void modelsOpenSwitchAndCloseInEveryWorkspace_data() {
    QTest::addColumn<QSize>("size");
    QTest::newRow("smallest") << QSize(1024, 640);
    QTest::newRow("usual") << QSize(1280, 800);
    QTest::newRow("maximized") << QSize(1920, 1080);
  }

  void modelsOpenSwitchAndCloseInEveryWorkspace() {
    QFETCH(QSize, size);
    WorkspaceWindow shown(QStringLiteral("inspect"));
    MainWindow& window = shown.window();
    QObject testers;
    if (size.width() > 1280) window.setWindowState(Qt::WindowMaximized);
    window.resize(size);
    QVERIFY(QTest::qWaitForWindowActive(&window));
    for (const WorkspaceEntry& entry : workspaceEntries()) {
      for (const QString& source : {QStringLiteral("demo"), m_large, m_small, m_large, QStringLiteral("demo")}) {
        QVERIFY2(open(window, source), qPrintable(window.errorText()));
        window.showWorkspace(QLatin1String(entry.id));
        watch(window, testers);
        showEveryTab(window);
        window.selection().setTensor(window.selection().model()->checkpoint().tensors().size() - 1);
        window.selection().setWeight(0);
        QTest::qWait(1);
      }
      QTest::keyClick(&window, Qt::Key_W, Qt::ControlModifier);
      QTRY_VERIFY(window.selection().model() == nullptr);
      QCOMPARE(window.selection().workspace(), entry.needsModel ? QStringLiteral("start") : QLatin1String(entry.id));
    }
    QVERIFY(shown.waitUntilIdle());
    QVERIFY2(window.errorText().isEmpty(), qPrintable(window.errorText()));
  }

  // The crash of issue 6: the table was asked after the selection had changed and before its own reset.
  void theTableAnswersFromItsOwnCopyUntilItsReset() {
    Selection selection;
    JobRunner jobs(1);
    TensorTableModel* table = nullptr;
    int rows = 0, asked = 0;
    connect(&selection, &Selection::modelChanged, this, [&] {  // hears of the change before the table does
      if (table == nullptr) return;
      ++asked;
      QCOMPARE(table->rowCount(), rows);
      for (int row = 0; row < rows; ++row) QVERIFY(table->index(row, 0).data().isValid());
    });
    TensorFacts facts(selection, jobs);
    TensorTableModel model(selection, facts);
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    table = &model;
    for (const QString& source : {m_small, m_large, QString(), m_large, m_small, QString()}) {
      selection.setModel(source.isEmpty() ? nullptr : OpenModel::open(source.toStdString()));
      rows = selection.model() ? static_cast<int>(selection.model()->checkpoint().tensors().size()) : 0;
      QCOMPARE(model.rowCount(), rows);
    }
    QCOMPARE(asked, 6);
    QVERIFY(!model.headerData(-1, Qt::Horizontal, Qt::DisplayRole).isValid());
    QVERIFY(!model.headerData(TensorTableModel::ColumnCount, Qt::Horizontal, Qt::DisplayRole).isValid());
    QVERIFY(!model.data(QModelIndex(), Qt::DisplayRole).isValid());
  }

  void itemModelsOnTheirOwn() {
    const auto mode = QAbstractItemModelTester::FailureReportingMode::QtTest;
    Selection selection;
    JobRunner jobs(1);
    SchemeListModel schemes(selection, jobs);
    const QAbstractItemModelTester schemeTester(&schemes, mode);
    selection.addOwn(core::quant::Scheme::parse("int4:group=48"));
    selection.setChecked(core::quant::Scheme::parse("int8"), false);
    selection.setModel(OpenModel::open(m_small.toStdString()));
    ValueTableModel values;
    const QAbstractItemModelTester valueTester(&values, mode);
    for (std::size_t i = 0; i < 4; ++i) values.setTensor(i != 2 ? selection.model()->tensor(i) : nullptr);
    values.clear();
    QVERIFY(!values.headerData(0, Qt::Horizontal, Qt::DisplayRole).isValid());
    PaletteModel palette;
    const QAbstractItemModelTester paletteTester(&palette, mode);
    palette.setItems({{QStringLiteral("a"), {}, {}, [] {}}, {QStringLiteral("b"), {}, {}, [] {}}});
    palette.setFilter(QStringLiteral("b"));
    palette.setItems({});
  }

  void aClosedModelLeavesMemory() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    MainWindow& window = shown.window();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    for (const WorkspaceEntry& entry : workspaceEntries()) {
      window.showWorkspace(QLatin1String(entry.id));
      showEveryTab(window);
      window.selection().setWeight(3);
      QVERIFY(shown.waitUntilIdle());
    }
    const std::weak_ptr<OpenModel> model = window.selection().model();
    const std::weak_ptr<const core::io::Checkpoint> checkpoint = window.selection().model()->sharedCheckpoint();
    QTest::keyClick(&window, Qt::Key_W, Qt::ControlModifier);
    QVERIFY(shown.waitUntilIdle());
    QTRY_VERIFY(model.expired());
    QTRY_VERIFY(checkpoint.expired());
  }
};

QTEST_MAIN(TestSwitching)
#include "tst_switching.moc"
