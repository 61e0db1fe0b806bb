// The compare workspace on the demo model, driven with mouse and keyboard.
#include <QClipboard>
#include <QComboBox>
#include <QDateTime>
#include <QFile>
#include <QFileDialog>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QSlider>
#include <QSortFilterProxyModel>
#include <QSpinBox>
#include <QTabBar>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <chrono>
#include <cmath>

#include "app/selection/trace_question.h"
#include "app/widgets/text_table.h"
#include "app/workspaces/compare/adviser_page.h"
#include "app/workspaces/compare/answer_table_model.h"
#include "app/workspaces/compare/candidate_card.h"
#include "app/workspaces/compare/compare_workspace.h"
#include "app/workspaces/compare/device_table_model.h"
#include "app/workspaces/compare/memory_bars.h"
#include "app/workspaces/compare/method_table_model.h"
#include "app/workspaces/compare/task_table_model.h"
#include "app/workspaces/compare/tradeoff_chart.h"
#include "app/workspaces/compare/worst_model.h"
#include "workspace_window.h"

using namespace app;

class TestCompare : public QObject {
  Q_OBJECT
 private:
  enum Page { kTradeoff, kPartings, kTasks, kEmbeddings, kMemory, kAdviser };
  static void showPage(WorkspaceWindow& shown, int page) {
    QTabBar* bar = shown.find<QTabWidget>(QStringLiteral("compare-pages"))->tabBar();
    QTest::mouseClick(bar, Qt::LeftButton, {}, bar->tabRect(page).center());
  }
  static void setTokens(WorkspaceWindow& shown, int tokens) {
    shown.find<QSpinBox>(QStringLiteral("compare-tokens"))->setValue(tokens);
  }
  static bool measure(WorkspaceWindow& shown) {
    QTest::mouseClick(shown.find<QPushButton>(QStringLiteral("compare-measure")), Qt::LeftButton);
    return shown.waitUntilIdle();
  }
  static QString status(WorkspaceWindow& shown) { return shown.find<QLabel>(QStringLiteral("compare-status"))->text(); }
  static void chooseText(WorkspaceWindow& shown, int index) {
    auto* texts = shown.find<QComboBox>(QStringLiteral("compare-text"));
    texts->setCurrentIndex(index);
    Q_EMIT texts->activated(index);
  }
  static QToolButton* cancelButton(WorkspaceWindow& shown) {
    return shown.window().findChild<QToolButton*>(QStringLiteral("cancel-job"));
  }
  /// Of all rows, the reference's first.
  static QStringList verdicts(WorkspaceWindow& shown) {
    QStringList all;
    for (const CompareRow& row :
         qobject_cast<MethodTableModel*>(
             qobject_cast<QSortFilterProxyModel*>(shown.find<QTableView>(QStringLiteral("compare-table"))->model())
                 ->sourceModel())
             ->rows())
      all << row.verdict;
    return all;
  }
  static double cell(const ChartTable& table, int row, const char* column) {
    return table.rows[static_cast<std::size_t>(row)]
                     [static_cast<std::size_t>(table.columns.indexOf(QLatin1String(column)) - 1)];
  }

 private Q_SLOTS:
  void everyCheckedSchemeBecomesAPoint() {
    WorkspaceWindow shown(QStringLiteral("compare"));
    shown.selection().setChecked(core::quant::Scheme::parse("bf16"), true);
    QVERIFY(shown.waitUntilIdle());
    auto* chart = shown.find<TradeoffChart>();
    const auto checked = shown.selection().checkedRecipes();
    // Sizes are known before anything is measured.
    ChartTable table = chart->table();
    QCOMPARE(table.rows.size(), checked.size() + 1);
    for (int row = 0; row < static_cast<int>(table.rows.size()); ++row) {
      QVERIFY(cell(table, row, "bytes") > 1e5);
      QVERIFY(std::isnan(cell(table, row, "kl_mean")));
    }
    setTokens(shown, 1024);
    QVERIFY(measure(shown));
    table = chart->table();
    for (int row = 1; row < static_cast<int>(table.rows.size()); ++row) {
      QVERIFY2(cell(table, row, "kl_mean") >= 0, qPrintable(table.rowLabels[row]));
      QVERIFY(cell(table, row, "kl_mean_error") >= 0);
      QVERIFY(cell(table, row, "perplexity") > 1);
      QVERIFY(cell(table, row, "same_top1") > 0.3);
      QVERIFY(cell(table, row, "decode_tokens_per_s") > 0);
      QVERIFY(chart->pointOf(row).has_value());
    }
    QVERIFY(cell(table, 0, "perplexity") > 1);
    QVERIFY2(status(shown).contains(QStringLiteral("scored")), qPrintable(status(shown)));
    // BF16 is what the demo model is stored in: nothing changes.
    const auto same = static_cast<int>(table.rowLabels.indexOf(QStringLiteral("BF16")));
    QVERIFY(same > 0);
    QCOMPARE(cell(table, same, "kl_mean"), 0.0);
  }

  void aClickSelectsEverywhereAndKeysWalk() {
    WorkspaceWindow shown(QStringLiteral("compare"));
    QVERIFY(shown.waitUntilIdle());
    setTokens(shown, 512);
    QVERIFY(measure(shown));
    auto* chart = shown.find<TradeoffChart>();
    const auto checked = shown.selection().checkedRecipes();
    for (int row = 1; row <= 2; ++row) {
      chart->replot();
      QTest::mouseClick(chart, Qt::LeftButton, {}, *chart->pointOf(row));
      QCOMPARE(*shown.selection().currentRecipe(), checked[static_cast<std::size_t>(row - 1)]);
      auto* table = shown.find<QTableView>(QStringLiteral("compare-table"));
      QCOMPARE(table->currentIndex().data(MethodTableModel::kRowRole).toInt(), row);
    }
    chart->setFocus();
    QTest::keyClick(chart, Qt::Key_Up);
    QCOMPARE(*shown.selection().currentRecipe(), checked[0]);
    // The other way round: a row of the table.
    auto* table = shown.find<QTableView>(QStringLiteral("compare-table"));
    const QModelIndex index = table->model()->index(2, 0);
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(index).center());
    QCOMPARE(*shown.selection().currentRecipe(),
             checked[static_cast<std::size_t>(index.data(MethodTableModel::kRowRole).toInt() - 1)]);
  }

  void figuresOfAnotherQuestionAreOld() {
    WorkspaceWindow shown(QStringLiteral("compare"));
    QVERIFY(shown.waitUntilIdle());
    setTokens(shown, 512);
    QVERIFY(measure(shown));
    QVERIFY(!status(shown).startsWith(QStringLiteral("Old")));
    setTokens(shown, 768);
    QVERIFY2(status(shown).startsWith(QStringLiteral("Old")), qPrintable(status(shown)));
    setTokens(shown, 512);
    QVERIFY(!status(shown).startsWith(QStringLiteral("Old")));
    // Another model's figures do not stay at all.
    QVERIFY(shown.replaceModel(QStringLiteral("demo-smooth")));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY2(status(shown).startsWith(QStringLiteral("Nothing was measured")), qPrintable(status(shown)));
    QVERIFY(std::isnan(cell(shown.find<TradeoffChart>()->table(), 1, "kl_mean")));
  }

  void theTableSortsFiltersAndIsCopied() {
    WorkspaceWindow shown(QStringLiteral("compare"));
    QVERIFY(shown.waitUntilIdle());
    auto* table = shown.find<QTableView>(QStringLiteral("compare-table"));
    table->sortByColumn(MethodTableModel::Bytes, Qt::AscendingOrder);
    double last = 0;
    for (int row = 0; row < table->model()->rowCount(); ++row) {
      const double bytes =
          table->model()->index(row, MethodTableModel::Bytes).data(MethodTableModel::kSortRole).toDouble();
      QVERIFY(bytes >= last);
      last = bytes;
    }
    const int all = table->model()->rowCount();
    auto* filter = shown.find<QLineEdit>(QStringLiteral("compare-filter"));
    filter->setFocus();
    QTest::keyClicks(filter, QStringLiteral("stored"));
    QVERIFY(table->model()->rowCount() >= 1 && table->model()->rowCount() < all);
    filter->clear();
    table->setFocus();
    QTest::keyClick(table, Qt::Key_C, Qt::ControlModifier);
    const QStringList lines = QGuiApplication::clipboard()->text().split(u'\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), all + 1);
    QVERIFY(lines.front().startsWith(QStringLiteral("method\tbytes\tbits/weight")));
  }

  void stoppingKeepsWhatIsKnown() {
    WorkspaceWindow shown(QStringLiteral("compare"));
    QVERIFY(shown.waitUntilIdle());
    setTokens(shown, 0);
    auto* button = shown.find<QPushButton>(QStringLiteral("compare-measure"));
    QTest::mouseClick(button, Qt::LeftButton);
    QCOMPARE(button->text(), QStringLiteral("Stop"));
    QVERIFY(QTest::qWaitFor([&] { return status(shown).contains(QStringLiteral(" blocks")); }, 60000));
    QTest::mouseClick(button, Qt::LeftButton);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY2(status(shown).contains(QStringLiteral(" blocks")), qPrintable(status(shown)));
    QVERIFY(cell(shown.find<TradeoffChart>()->table(), 1, "perplexity") > 1);
  }

  /// The status line ends any job: nothing goes on claiming to be measured.
  void aCancelledMeasurementIsStopped() {
    WorkspaceWindow shown(QStringLiteral("compare"));
    QVERIFY(shown.waitUntilIdle());
    setTokens(shown, 0);
    QTest::mouseClick(shown.find<QPushButton>(QStringLiteral("compare-measure")), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(status(shown).contains(QStringLiteral(" blocks")), 60000);
    QTest::mouseClick(cancelButton(shown), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(status(shown).startsWith(QStringLiteral("Stopped")), 10000);
    QVERIFY2(status(shown).contains(QStringLiteral(" blocks")), qPrintable(status(shown)));
    QVERIFY(shown.find<QPushButton>(QStringLiteral("compare-measure"))->text() == QStringLiteral("Measure again"));
    QVERIFY(!verdicts(shown).contains(QStringLiteral("measuring…")));
    QVERIFY(shown.waitUntilIdle());
  }

  void fewBlocksClaimNothing() {
    WorkspaceWindow shown(QStringLiteral("compare"));
    QVERIFY(shown.waitUntilIdle());
    chooseText(shown, 1);  // prose, in windows of 512
    setTokens(shown, 1024);
    QVERIFY(measure(shown));
    QVERIFY2(status(shown).contains(QStringLiteral("too few blocks yet")), qPrintable(status(shown)));
    for (const QString& verdict : verdicts(shown).mid(1)) QCOMPARE(verdict, QStringLiteral("too few blocks yet"));
  }

  /// What looks at data is other weights under another calibration.
  void figuresOfAnotherCalibrationAreOld() {
    WorkspaceWindow shown(QStringLiteral("compare"));
    QVERIFY(shown.waitUntilIdle());
    setTokens(shown, 256);
    const auto recalibrate = [&] {
      auto& calibration = shown.selection().model()->calibration();
      CalibrationState state;
      state.text = "another text";
      state.made = std::chrono::system_clock::now();
      calibration.set(state, calibration.current());
      shown.selection().setCalibrating(false);
    };
    QVERIFY(measure(shown));
    recalibrate();
    QVERIFY(!status(shown).startsWith(QStringLiteral("Old")));  // none of these looks at data
    for (const auto& recipe : shown.selection().checkedRecipes()) shown.selection().setChecked(recipe, false);
    shown.selection().addOwn(core::quant::Scheme::parse("int4:method=gptq"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(measure(shown));
    QVERIFY2(!status(shown).startsWith(QStringLiteral("Old")), qPrintable(status(shown)));
    recalibrate();
    QVERIFY2(status(shown).startsWith(QStringLiteral("Old: of weights made with another calibration")),
             qPrintable(status(shown)));
  }

  /// From the list of words to the trace of exactly that word.
  void aWordWhereTheyPartIsTraced() {
    WorkspaceWindow shown(QStringLiteral("compare"));
    const auto scheme = core::quant::Scheme::parse("int3");
    shown.selection().addOwn(scheme);
    shown.selection().setCurrentRecipe(scheme);
    QVERIFY(shown.waitUntilIdle());
    showPage(shown, kPartings);
    QVERIFY(shown.find<QLabel>(QStringLiteral("parting-message"))->isVisible());
    showPage(shown, kTradeoff);
    setTokens(shown, 512);
    QVERIFY(measure(shown));
    QTest::mouseClick(shown.find<QPushButton>(QStringLiteral("compare-partings")), Qt::LeftButton);
    auto* table = shown.find<QTableView>(QStringLiteral("parting-table"));
    QVERIFY(table->isVisible());
    QCOMPARE(shown.find<QComboBox>(QStringLiteral("parting-scheme"))->currentText(), shown.selection().title(scheme));
    QCOMPARE(table->model()->rowCount(), 20);
    const auto text = [&](int row, int column) { return table->model()->index(row, column).data().toString(); };
    int parted = -1;
    for (int row = 19; row >= 0; --row)
      if (text(row, WorstModel::Turned) == QStringLiteral("turned wrong")) parted = row;
    QVERIFY(parted >= 0);
    const auto word = [&](int column) { return text(parted, column).section(QStringLiteral("  "), 0, 0); };
    const QString reference = word(WorstModel::Reference), compared = word(WorstModel::Compared);
    QCOMPARE(reference, text(parted, WorstModel::Word));
    QVERIFY(reference != compared);
    const double kl = text(parted, WorstModel::Kl).toDouble();
    table->setFocus();
    table->setCurrentIndex(table->model()->index(0, 0));
    for (int i = 0; i < parted; ++i) QTest::keyClick(table, Qt::Key_Down);
    QVERIFY(shown.find<QLabel>(QStringLiteral("parting-said"))->text().contains(reference));
    QTest::keyClick(table, Qt::Key_Return);
    QCOMPARE(shown.selection().workspace(), QStringLiteral("trace"));
    const auto& question = shown.selection().traceQuestion();
    QVERIFY(question && question->prompt && question->answer && question->answer->empty());
    QVERIFY(shown.waitUntilIdle(300000));
    auto* state = shown.find<QLabel>(QStringLiteral("trace-case"));
    const QString said = state->text();
    QVERIFY2(said.contains(reference) && said.contains(compared), qPrintable(said + reference + compared));
    const QRegularExpression pattern(QStringLiteral("KL ([0-9.]+) nats"));
    const double traced = pattern.match(said).captured(1).toDouble();
    // Both are printed with three digits, and were computed in batches of other sizes.
    QVERIFY2(std::abs(traced - kl) < 0.02 * kl, qPrintable(said + QString::number(kl)));
    // Back over the tensor that the trace went to.
    for (int i = 0; i < 3 && shown.selection().workspace() != QStringLiteral("compare"); ++i) shown.selection().back();
    QCOMPARE(shown.selection().workspace(), QStringLiteral("compare"));
    QVERIFY(table->isVisible());
  }

  /// The questions that turned come first, with both answers, and lead on.
  void tasksAreAskedAndTraced() {
    WorkspaceWindow shown(QStringLiteral("compare"));
    for (const auto& recipe : shown.selection().checkedRecipes()) shown.selection().setChecked(recipe, false);
    const auto scheme = core::quant::Scheme::parse("int2");
    shown.selection().addOwn(scheme);
    shown.selection().setCurrentRecipe(scheme);
    QVERIFY(shown.waitUntilIdle());
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("own.jsonl"));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(
        "{\"question\": \"What is 12 + 5?\", \"answer\": \"no such answer\"}\n"
        "{\"question\": \"What is 12 + 5?\", \"answer\": \".\", \"match\": \"regex\"}\n"
        "{\"question\": \"What is 47 + 38?\", \"answer\": \"47 + 38 = 85.\"}\n"
        "{\"question\": \"What is 47 + 38?\", \"answer\": \"no such answer\", \"skill\": \"numbers\"}\n");
    file.close();
    showPage(shown, kTasks);
    auto* files = shown.find<QComboBox>(QStringLiteral("task-file"));
    files->setCurrentIndex(files->count() - 1);
    Q_EMIT files->activated(files->currentIndex());
    auto* dialog = shown.window().findChild<QFileDialog*>();
    QVERIFY(dialog != nullptr);
    Q_EMIT dialog->fileSelected(path);
    dialog->reject();
    QCOMPARE(files->currentText(), QStringLiteral("own.jsonl"));
    QTest::mouseClick(shown.find<QPushButton>(QStringLiteral("task-ask")), Qt::LeftButton);
    QVERIFY(shown.waitUntilIdle());
    auto* table = shown.find<QTableView>(QStringLiteral("task-table"));
    const auto cell = [&](int row, int column) { return table->model()->index(row, column).data().toString(); };
    QCOMPARE(table->model()->rowCount(), 2);
    QCOMPARE(cell(0, TaskTableModel::Right), QStringLiteral("2 of 4"));
    QCOMPARE(cell(1, TaskTableModel::Right), QStringLiteral("1 of 4"));
    QCOMPARE(cell(1, TaskTableModel::Difference), QStringLiteral("−25.0"));
    QCOMPARE(cell(1, TaskTableModel::PValue).toDouble(), 1.0);  // one of one: 2 · 1/2
    QCOMPARE(cell(1, TaskTableModel::Verdict), QStringLiteral("indistinguishable"));
    auto* list = shown.find<QTableView>(QStringLiteral("task-answers"));
    const auto answer = [&](int row, int column) { return list->model()->index(row, column).data().toString(); };
    QCOMPARE(list->model()->rowCount(), 4);
    QVERIFY(answer(0, AnswerTableModel::Outcome).contains(QStringLiteral("turned wrong")));
    QCOMPARE(answer(0, AnswerTableModel::Reference), QStringLiteral("✓ 47 + 38 = 85."));
    QVERIFY(answer(0, AnswerTableModel::Compared).startsWith(QStringLiteral("✗ ")));
    QCOMPARE(answer(1, AnswerTableModel::Outcome), QStringLiteral("both wrong"));
    QCOMPARE(answer(3, AnswerTableModel::Outcome), QStringLiteral("both right"));
    auto* filter = shown.find<QLineEdit>(QStringLiteral("task-filter"));
    filter->setFocus();
    QTest::keyClicks(filter, QStringLiteral("12 + 5"));
    QCOMPARE(list->model()->rowCount(), 2);
    filter->clear();
    // A changed file is another question.
    auto* status = shown.find<QLabel>(QStringLiteral("task-status"));
    QVERIFY(!status->text().startsWith(QStringLiteral("Old")));
    QVERIFY(file.open(QIODevice::Append));
    file.write("{\"question\": \"Why?\", \"answer\": \"Because.\"}\n");
    file.setFileTime(QDateTime::currentDateTime().addSecs(60), QFileDevice::FileModificationTime);
    file.close();
    showPage(shown, kTradeoff);
    showPage(shown, kTasks);
    QVERIFY2(status->text().startsWith(QStringLiteral("Old: of the file before")), qPrintable(status->text()));
    list->setFocus();
    list->setCurrentIndex(list->model()->index(0, 0));
    QTest::keyClick(list, Qt::Key_Return);
    QCOMPARE(shown.selection().workspace(), QStringLiteral("trace"));
    QCOMPARE(shown.selection().traceQuestion()->text, QStringLiteral("What is 47 + 38?"));
    QVERIFY(shown.selection().traceQuestion()->compared.recipe == core::model::Recipe(scheme));
  }

  void cancelledTasksKeepTheirAnswers() {
    WorkspaceWindow shown(QStringLiteral("compare"));
    QVERIFY(shown.waitUntilIdle());
    showPage(shown, kTasks);
    QTest::mouseClick(shown.find<QPushButton>(QStringLiteral("task-ask")), Qt::LeftButton);
    auto* table = shown.find<QTableView>(QStringLiteral("task-table"));
    const auto right = [&](int row) { return table->model()->index(row, TaskTableModel::Right).data().toString(); };
    QTRY_VERIFY_WITH_TIMEOUT(right(0).contains(QStringLiteral(" of ")), 60000);
    QTest::mouseClick(cancelButton(shown), Qt::LeftButton);
    auto* status = shown.find<QLabel>(QStringLiteral("task-status"));
    QTRY_VERIFY_WITH_TIMEOUT(status->text().startsWith(QStringLiteral("Stopped")), 10000);
    QCOMPARE(shown.find<QPushButton>(QStringLiteral("task-ask"))->text(), QStringLiteral("Ask again"));
    QVERIFY(right(0).contains(QStringLiteral(" of ")));
    QCOMPARE(table->model()->index(1, TaskTableModel::Verdict).data().toString(), QStringLiteral("waiting"));
    QVERIFY(shown.waitUntilIdle());
    // Another model's answers do not stay.
    QVERIFY(shown.replaceModel(QStringLiteral("demo-smooth")));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY2(status->text().startsWith(QStringLiteral("Nothing was asked")), qPrintable(status->text()));
  }

  void memoryFollowsItsSliders() {
    WorkspaceWindow shown(QStringLiteral("compare"));
    showPage(shown, kMemory);
    QVERIFY(shown.waitUntilIdle());
    auto* bars = shown.find<MemoryBars>();
    QVERIFY(!bars->groups().empty());
    QCOMPARE(bars->groups().front().bars.size(), shown.selection().checkedRecipes().size() + 1);
    const auto kv = [&] { return bars->groups().front().bars.front().plan.parts.kvCache; };
    auto* context = shown.find<QSpinBox>(QStringLiteral("memory-context"));
    context->setValue(1024);
    const double before = kv();
    context->setValue(2048);
    QVERIFY(kv() > 1.9 * before);
    auto* slider = shown.find<QSlider>(QStringLiteral("memory-sequences-slider"));
    slider->setFocus();
    const double one = kv();
    QTest::keyClick(slider, Qt::Key_PageUp);
    QCOMPARE(shown.find<QSpinBox>(QStringLiteral("memory-sequences"))->value(), 2);
    QCOMPARE(kv(), 2 * one);
    // A click on a bar selects its scheme.
    bars->replot();
    QTest::mouseClick(bars, Qt::LeftButton, {}, bars->centerOf(0, 2));
    QCOMPARE(*shown.selection().currentRecipe(), shown.selection().checkedRecipes()[1]);
  }

  void knownAndTypedModelsNeedNoFile() {
    WorkspaceWindow shown(QStringLiteral("compare"), QString());
    showPage(shown, kMemory);
    QVERIFY(shown.waitUntilIdle());
    auto* bars = shown.find<MemoryBars>();
    auto* model = shown.find<QComboBox>(QStringLiteral("memory-model"));
    const auto choose = [&](const char* id) {
      model->setCurrentIndex(model->findData(QString::fromLatin1(id)));
      Q_EMIT model->activated(model->currentIndex());
      return shown.waitUntilIdle();
    };
    QVERIFY(choose("llama-3.1-70b"));
    QVERIFY(!bars->groups().empty());
    const auto summary = [&] { return shown.find<QLabel>(QStringLiteral("memory-summary"))->text(); };
    QVERIFY2(summary().contains(QStringLiteral("GQA, 8 of 64")), qPrintable(summary()));
    QVERIFY(choose("typed"));
    auto* parameters = shown.find<QLineEdit>(QStringLiteral("memory-parameters"));
    QVERIFY(parameters->isVisible());
    parameters->selectAll();
    QTest::keyClicks(parameters, QStringLiteral("671B"));
    shown.find<QSpinBox>(QStringLiteral("memory-latent"))->setValue(512);
    shown.find<QSpinBox>(QStringLiteral("memory-rope"))->setValue(64);
    shown.find<QSpinBox>(QStringLiteral("memory-layers"))->setValue(61);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY2(summary().contains(QStringLiteral("MLA, 512 + 64")), qPrintable(summary()));
    QVERIFY(!bars->groups().front().bars.front().plan.fits());
  }

  void devicesAreEdited() {
    WorkspaceWindow shown(QStringLiteral("compare"));
    showPage(shown, kMemory);
    QVERIFY(shown.waitUntilIdle());
    auto* table = shown.find<QTableView>(QStringLiteral("memory-devices"));
    auto* devices = qobject_cast<DeviceTableModel*>(table->model());
    const int before = devices->rowCount();
    QTest::mouseClick(shown.find<QPushButton>(QStringLiteral("memory-add")), Qt::LeftButton);
    QCOMPARE(devices->rowCount(), before + 1);
    auto* editor = table->findChild<QLineEdit*>();
    QVERIFY(editor != nullptr);
    QTest::keyClicks(editor, QStringLiteral("Big box"));
    QTest::keyClick(editor, Qt::Key_Return);
    QTRY_COMPARE(devices->index(before, 0).data().toString(), QStringLiteral("Big box"));
    QVERIFY(devices->setData(devices->index(before, DeviceTableModel::Memory), QStringLiteral("96 GiB"), Qt::EditRole));
    auto* bars = shown.find<MemoryBars>();
    QCOMPARE(bars->groups().back().device, QStringLiteral("Big box"));
    QCOMPARE(bars->groups().back().bars.front().plan.device.bytes, std::uint64_t{96} << 30);
    // What is no size says so, and nothing changes.
    QVERIFY(!devices->setData(devices->index(before, DeviceTableModel::Memory), QStringLiteral("pears"), Qt::EditRole));
    auto* problem = shown.find<QLabel>(QStringLiteral("compare-problem"));
    QVERIFY(problem->isVisible() && problem->text().contains(QStringLiteral("24GiB")));
    QCOMPARE(devices->index(before, DeviceTableModel::Memory).data().toString(), QStringLiteral("96 GiB"));
    shown.restart(QStringLiteral("compare"));
    showPage(shown, kMemory);
    QVERIFY(shown.waitUntilIdle());
    devices = qobject_cast<DeviceTableModel*>(shown.find<QTableView>(QStringLiteral("memory-devices"))->model());
    QCOMPARE(devices->index(devices->rowCount() - 1, 0).data().toString(), QStringLiteral("Big box"));
  }

  /// "predicted against measured … within 5 %", as the window shows it.
  void predictedAgainstMeasured() {
    WorkspaceWindow shown(QStringLiteral("compare"));
    showPage(shown, kMemory);
    QVERIFY(shown.waitUntilIdle());
    shown.find<QTabWidget>(QStringLiteral("memory-tabs"))->setCurrentIndex(1);
    QTest::mouseClick(shown.find<QPushButton>(QStringLiteral("memory-measure")), Qt::LeftButton);
    QVERIFY(shown.waitUntilIdle());
    auto* table = shown.find<TextTable>(QStringLiteral("memory-measured"));
    QVERIFY(table->rowCount() >= static_cast<int>(shown.selection().checkedRecipes().size()) + 1);
    for (int row = 0; row < table->rowCount(); ++row) {
      const QString error = table->item(row, 4)->text();
      const double percent = QString(error).remove(u'%').remove(u'+').replace(u'−', u'-').trimmed().toDouble();
      QVERIFY2(std::abs(percent) < 5, qPrintable(error));
    }
  }

  void claimsAreComputed() {
    WorkspaceWindow shown(QStringLiteral("compare"), QString());
    showPage(shown, kMemory);
    shown.find<QTabWidget>(QStringLiteral("memory-tabs"))->setCurrentIndex(2);
    QVERIFY(shown.waitUntilIdle());
    auto* table = shown.find<TextTable>(QStringLiteral("memory-claims"));
    QVERIFY(table->rowCount() >= 20);
    QVERIFY(table->item(0, 0)->text().contains(QStringLiteral("280 GB")));
  }

  void theAdviserRestsOnWhatWasMeasured() {
    WorkspaceWindow shown(QStringLiteral("compare"));
    showPage(shown, kAdviser);
    QVERIFY(shown.waitUntilIdle());
    auto* page = shown.find<AdviserPage>();
    QCOMPARE(page->advice().candidates.size(), std::size_t{3});
    QVERIFY(!page->advice().candidates.front().measured);
    const auto basis = [&] { return shown.find<QLabel>(QStringLiteral("advice-basis"))->text(); };
    QVERIFY2(basis().contains(QStringLiteral("Nothing was measured")), qPrintable(basis()));
    showPage(shown, kTradeoff);
    setTokens(shown, 1024);
    QVERIFY(measure(shown));
    showPage(shown, kAdviser);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY2(basis().contains(QStringLiteral("measured here")), qPrintable(basis()));
    // What it says to take is taken by its button.
    auto* card = shown.find<CandidateCard>();
    QVERIFY(card->isVisible());
    for (CandidateCard* each : page->findChildren<CandidateCard*>()) {
      if (each->scheme() == "stored") continue;
      QTest::mouseClick(each->findChild<QPushButton*>(), Qt::LeftButton);
      QCOMPARE(QString::fromStdString(shown.selection().currentRecipe()->toString()),
               QString::fromStdString(each->scheme()));
      break;
    }
  }

  void situationsAndPricesCount() {
    WorkspaceWindow shown(QStringLiteral("compare"));
    showPage(shown, kAdviser);
    QVERIFY(shown.waitUntilIdle());
    auto* presets = shown.find<QComboBox>(QStringLiteral("advice-preset"));
    auto* said = shown.find<QLabel>(QStringLiteral("advice-said"));
    presets->setFocus();
    QTest::keyClick(presets, Qt::Key_Home);
    bool disagrees = false;
    for (int i = 1; i < presets->count(); ++i) {
      QTest::keyClick(presets, Qt::Key_Down);
      Q_EMIT presets->activated(presets->currentIndex());
      if (said->text().contains(QStringLiteral("not agreed"))) disagrees = true;
      QVERIFY(!shown.find<QLabel>(QStringLiteral("advice-verdict"))->text().isEmpty());
    }
    QVERIFY(disagrees);  // FP32 for research
    shown.find<QSpinBox>(QStringLiteral("advice-context"))->setValue(777);
    QCOMPARE(presets->currentIndex(), 0);
  }

  void linksLeadBack() {
    WorkspaceWindow shown(QStringLiteral("compare"));
    QVERIFY(shown.waitUntilIdle());
    auto* workspace = shown.find<CompareWorkspace>();
    const auto open = [&](const char* text) { return workspace->openLink(*Link::parse(QString::fromLatin1(text))); };
    QCOMPARE(open("quantscope://compare/memory?model=llama-3.1-8b&context=8192&sequences=4&kv=q8_0&program=llama.cpp"),
             QString());
    QCOMPARE(shown.find<QTabWidget>(QStringLiteral("compare-pages"))->currentIndex(), int{kMemory});
    const Link memory = workspace->link();
    QCOMPARE(memory.value(QStringLiteral("model")), QStringLiteral("llama-3.1-8b"));
    QCOMPARE(memory.value(QStringLiteral("kv")), QStringLiteral("q8_0"));
    QCOMPARE(open("quantscope://compare/adviser?preset=edge"), QString());
    QCOMPARE(workspace->link().value(QStringLiteral("preset")), QStringLiteral("edge"));
    QCOMPARE(open("quantscope://compare/tradeoff?quality=perplexity&tokens=256"), QString());
    QCOMPARE(workspace->link().value(QStringLiteral("quality")), QStringLiteral("perplexity"));
    QCOMPARE(workspace->openLink(memory), QString());
    QCOMPARE(workspace->link().toString(), memory.toString());
    for (const char* wrong :
         {"quantscope://compare/nowhere", "quantscope://compare/memory?context=0", "quantscope://compare/memory?kv=f8",
          "quantscope://compare/memory?model=gpt-9", "quantscope://compare/adviser?preset=moon",
          "quantscope://compare/tradeoff?quality=taste", "quantscope://compare/tradeoff?what=1"})
      QVERIFY2(!open(wrong).isEmpty(), wrong);
  }

  void stateSurvives() {
    WorkspaceWindow shown(QStringLiteral("compare"));
    QVERIFY(shown.waitUntilIdle());
    setTokens(shown, 2048);
    showPage(shown, kMemory);
    shown.find<QSpinBox>(QStringLiteral("memory-context"))->setValue(12345);
    QVERIFY(shown.waitUntilIdle());
    shown.restart(QStringLiteral("compare"));
    QVERIFY(shown.waitUntilIdle());
    QCOMPARE(shown.find<QTabWidget>(QStringLiteral("compare-pages"))->currentIndex(), int{kMemory});
    QCOMPARE(shown.find<QSpinBox>(QStringLiteral("memory-context"))->value(), 12345);
    QCOMPARE(shown.find<QSpinBox>(QStringLiteral("compare-tokens"))->value(), 2048);
  }
};

QTEST_MAIN(TestCompare)
#include "tst_compare.moc"
