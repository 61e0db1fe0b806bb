// What the window opens beside, and writes out: a second model is offered, not forced; a conversation is not lost
// silently; a quantized model and a report are written as jobs.
#include <sys/resource.h>

#include <QAbstractButton>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <csignal>

#include "app/pictures/weight_histogram.h"
#include "app/selection/model_loader.h"
#include "app/session/export_preview.h"
#include "app/session/quantize_target.h"
#include "app/session/scheme_error.h"
#include "app/shell/export_dialog.h"
#include "app/shell/plan_table_model.h"
#include "app/shell/report_dialog.h"
#include "app/shell/report_writer.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/workspaces/inspect/weight_card.h"
#include "core/model/recipe/recipe_text.h"
#include "support/random_model.h"
#include "workspace_window.h"

using namespace app;

class TestWindowFiles : public QObject {
  Q_OBJECT
 private:
  QTemporaryDir m_folder;
  QString m_random;

  /// Waits for a box and clicks its button that begins with a word.
  static bool answer(MainWindow& window, const char* box, const QString& button) {
    if (!QTest::qWaitFor([&] { return window.findChild<QMessageBox*>(QLatin1String(box)) != nullptr; }, 20000))
      return false;
    auto* message = window.findChild<QMessageBox*>(QLatin1String(box));
    for (QAbstractButton* candidate : message->buttons()) {
      if (!candidate->text().remove(u'&').startsWith(button)) continue;
      QTest::mouseClick(candidate, Qt::LeftButton);
      return QTest::qWaitFor([&] { return window.findChild<QMessageBox*>(QLatin1String(box)) == nullptr; });
    }
    return false;
  }

  static void chooseRecipe(QDialog& dialog, const QString& typed) {
    auto* words = dialog.findChild<QLineEdit*>(QStringLiteral("scheme-filter"));
    words->clear();
    QTest::keyClicks(words, typed);
    QTest::keyClick(words, Qt::Key_Return);
  }
  /// Ctrl+E and a recipe. @return null where that does not lead to the dialog
  static QDialog* openExport(WorkspaceWindow& shown, const QString& recipe) {
    MainWindow& window = shown.window();
    window.activateWindow();  // a dialog may have been open
    if (!QTest::qWaitForWindowActive(&window)) return nullptr;
    QTest::keyClick(&window, Qt::Key_E, Qt::ControlModifier);
    auto* dialog = window.findChild<QDialog*>(QStringLiteral("export-dialog"));
    if (dialog == nullptr) return nullptr;
    chooseRecipe(*dialog, recipe);
    return shown.waitUntilIdle() ? dialog : nullptr;
  }
  /// The same, a file, Write.
  static bool startExport(WorkspaceWindow& shown, const QString& recipe, const QString& target) {
    auto* dialog = openExport(shown, recipe);
    if (dialog == nullptr) return false;
    auto* file = dialog->findChild<QLineEdit*>(QStringLiteral("export-file"));
    file->selectAll();
    QTest::keyClicks(file, target);
    auto* write = dialog->findChild<QPushButton*>(QStringLiteral("export-write"));
    if (!write->isEnabled()) return false;
    QTest::mouseClick(write, Qt::LeftButton);
    return true;
  }

 private Q_SLOTS:
  void initTestCase() {
    m_random = m_folder.filePath(QStringLiteral("random.gguf"));
    support::writeRandomModel({}, m_random.toStdString());
  }

  void aSecondModelOfTheSameTensorsIsOfferedForComparison() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    MainWindow& window = shown.window();
    const auto first = window.selection().model();
    window.openModel(QStringLiteral("demo-smooth"));
    QVERIFY(answer(window, "second-model", QStringLiteral("Cancel")));
    QCOMPARE(window.selection().model(), first);
    QVERIFY(!window.selection().comparedModel());

    window.openModel(QStringLiteral("demo-smooth"));
    QVERIFY(answer(window, "second-model", QStringLiteral("Compare")));
    QCOMPARE(window.selection().model(), first);
    QVERIFY(window.selection().comparedModel() && window.selection().comparedTensor());
    QVERIFY(window.windowTitle().contains(QStringLiteral("compared")));
    QVERIFY(shown.waitUntilIdle());
    const auto legend = shown.find<WeightHistogram>()->legend();
    QCOMPARE(legend.size(), std::size_t{2});
    QVERIFY2(legend[1].name.startsWith(QString::fromStdString(window.selection().comparedModel()->checkpoint().name())),
             qPrintable(legend[1].name));
    const std::weak_ptr<OpenModel> compared = window.selection().comparedModel();
    window.selection().setComparedModel(nullptr);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(compared.expired());

    window.openModel(QStringLiteral("demo-smooth"));
    QVERIFY(answer(window, "second-model", QStringLiteral("Replace")));
    QVERIFY(window.selection().model() != first);
  }

  // Whichever of two models goes, what is left shows the other alone.
  void eitherOfTwoModelsCanBeClosed() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    MainWindow& window = shown.window();
    QVERIFY(shown.waitUntilIdle());
    window.selection().setWeight(3);
    QVERIFY(shown.waitUntilIdle());
    const auto first = window.selection().model();
    const auto nameOf = [](const OpenModel& model) { return QString::fromStdString(model.checkpoint().name()); };
    const auto* histogram = shown.find<WeightHistogram>();
    const auto* card = shown.find<WeightCard>();
    const auto rows = histogram->table().rows;
    const auto seesCompared = [&](const QString& name) {
      int seen = 0;
      for (const QLabel* label : window.findChildren<QLabel*>())
        seen += label->isVisible() && label->text().contains(name) ? 1 : 0;
      return seen + (histogram->legend().size() == 2 && histogram->legend()[1].name.startsWith(name) ? 1 : 0);
    };
    QVERIFY(shown.compareWith(QStringLiteral("demo-smooth")));
    QVERIFY(shown.waitUntilIdle());
    const QString second = nameOf(*window.selection().comparedModel());
    QVERIFY(card->text().contains(second));
    QVERIFY(seesCompared(second) >= 3);  // the weight, the panel's card, the histogram
    QVERIFY(shown.endComparison());
    QVERIFY(shown.waitUntilIdle());
    QCOMPARE(window.selection().model(), first);
    QVERIFY(!card->text().contains(second));
    QCOMPARE(seesCompared(second), 0);
    QVERIFY(histogram->legend()[1].name.contains(QStringLiteral("NF4")));
    QCOMPARE(histogram->table().rows.size(), rows.size());

    // The reference goes: the other is no reference, so both are closed, and opening one again shows it alone.
    QVERIFY(shown.compareWith(QStringLiteral("demo-smooth")));
    const std::weak_ptr<OpenModel> compared = window.selection().comparedModel();
    window.activateWindow();  // the question had the focus
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QTest::keyClick(&window, Qt::Key_W, Qt::ControlModifier);
    QTRY_VERIFY(!window.selection().model());
    QVERIFY(!window.selection().comparedModel());
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(compared.expired());
    window.openModel(QStringLiteral("demo"));
    QTRY_VERIFY(window.selection().model());
    window.showWorkspace(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    QCOMPARE(seesCompared(second), 0);
    QVERIFY(!window.windowTitle().contains(QStringLiteral("compared")));
  }

  void nothingIsAskedWhereNothingIsLost() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    MainWindow& window = shown.window();
    window.openModel(m_random);
    QTRY_COMPARE(QString::fromStdString(window.selection().model()->source()), m_random);
    QVERIFY(!window.findChild<QMessageBox*>());
    // A model without a tensor in common cannot be compared, and says so.
    window.loader().open(QStringLiteral("demo"), ModelLoader::As::Compared);
    QTRY_VERIFY(window.errorText().contains(QStringLiteral("cannot be compared")));
    QVERIFY(!window.selection().comparedModel());
  }

  // What was said is kept with its model; an answer that is being written would be lost.
  void anAnswerBeingWrittenIsNotLostSilently() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    MainWindow& window = shown.window();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QVERIFY(shown.waitUntilIdle());
    const auto first = window.selection().model();
    window.currentWorkspace()->showExample();
    QVERIFY(!window.currentWorkspace()->unsavedWork().isEmpty());
    QTest::keyClick(&window, Qt::Key_W, Qt::ControlModifier);
    QVERIFY(answer(window, "close-model", QStringLiteral("Cancel")));
    QCOMPARE(window.selection().model(), first);
    QTRY_VERIFY_WITH_TIMEOUT(window.currentWorkspace()->unsavedWork().isEmpty(), 60000);
    QVERIFY(shown.waitUntilIdle());
    window.openModel(m_random);
    QTRY_VERIFY(window.selection().model() != first);
  }

  void theModelIsWrittenUnderAScheme() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    MainWindow& window = shown.window();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QTest::keyClick(&window, Qt::Key_E, Qt::ControlModifier);
    auto* dialog = window.findChild<QDialog*>(QStringLiteral("export-dialog"));
    QVERIFY(dialog && dialog->isVisible());
    // Typing finds it, Enter chooses it.
    auto* words = dialog->findChild<QLineEdit*>(QStringLiteral("scheme-filter"));
    auto* note = dialog->findChild<Label*>(QStringLiteral("export-note"));
    auto* write = dialog->findChild<QPushButton*>(QStringLiteral("export-write"));
    const auto choose = [&](const QString& typed) {
      words->clear();
      QTest::keyClicks(words, typed);
      QTest::keyClick(words, Qt::Key_Return);
      return shown.waitUntilIdle();
    };
    QVERIFY(choose(QStringLiteral("log4")));  // nobody else has it
    QVERIFY2(note->text().startsWith(QStringLiteral("No file and no folder can hold")), qPrintable(note->text()));
    QVERIFY(!write->isEnabled());
    QVERIFY(choose(QStringLiteral("8 bits for every matrix")));
    // The dry run is the plan of what will be written, and knows no error yet.
    const auto& model = *shown.selection().model();
    const auto preview = previewExport(model, core::model::Recipe(core::model::FileType::Q8_0));
    auto* plan = dialog->findChild<QTableView*>(QStringLiteral("export-plan"))->model();
    QCOMPARE(plan->rowCount(), static_cast<int>(model.checkpoint().tensors().size()));
    for (int row = 0; row < plan->rowCount(); ++row) {
      const auto& expected = preview.plan.rows[static_cast<std::size_t>(row)];
      QCOMPARE(plan->index(row, PlanTableModel::Tensor).data().toString().toStdString(), expected.tensor);
      QCOMPARE(plan->index(row, PlanTableModel::Bytes).data().toString(), text::bytes(expected.bytes));
      if (!expected.isKept())
        QCOMPARE(plan->index(row, PlanTableModel::To).data().toString().toStdString(), expected.to);
    }
    QVERIFY(
        dialog->findChild<Label*>(QStringLiteral("export-after"))->text().startsWith(text::bytes(preview.bytesAfter)));
    QVERIFY(
        dialog->findChild<Label*>(QStringLiteral("export-quality"))->text().startsWith(QStringLiteral("not measured")));
    auto* file = dialog->findChild<QLineEdit*>(QStringLiteral("export-file"));
    QVERIFY2(file->text().endsWith(QStringLiteral("-Q8_0.gguf")), qPrintable(file->text()));
    const QString target = m_folder.filePath(QStringLiteral("written.gguf"));
    file->selectAll();
    QTest::keyClicks(file, target);
    QTRY_VERIFY(write->isEnabled());
    const QPointer<QDialog> watched(dialog);
    QTest::mouseClick(write, Qt::LeftButton);
    QVERIFY(shown.waitUntilIdle());
    QTRY_VERIFY2(window.errorText().contains(QStringLiteral("Q8_0")), qPrintable(window.errorText()));  // the banner
    QTRY_VERIFY(watched.isNull());
    const auto written = OpenModel::open(target.toStdString());
    std::uint64_t bytes = 0;
    for (const auto& tensor : written->checkpoint().tensors()) bytes += tensor.bytes;
    QCOMPARE(bytes, preview.bytesAfter);  // the size the window promised
    // It stands beside the original, as the box said.
    QTRY_VERIFY(shown.selection().comparedModel() != nullptr);
    QCOMPARE(shown.selection().comparedModel()->source(), target.toStdString());
    QVERIFY(shown.selection().model().get() == &model);
  }

  // What a recipe is written as follows it; what cannot hold it is there, disabled, with its reason.
  void aFolderIsWrittenAsItsReadersExpectIt() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    MainWindow& window = shown.window();
    auto* dialog = openExport(shown, QStringLiteral("nf4 themselves"));
    QVERIFY(dialog);
    auto* as = dialog->findChild<QComboBox*>(QStringLiteral("export-as"));
    auto* file = dialog->findChild<QLineEdit*>(QStringLiteral("export-file"));
    auto* parts = dialog->findChild<QLineEdit*>(QStringLiteral("export-part-size"));
    auto* write = dialog->findChild<QPushButton*>(QStringLiteral("export-write"));
    QCOMPARE(as->currentText(), QStringLiteral("Folder: bitsandbytes"));
    QVERIFY2(file->text().endsWith(QStringLiteral("-nf4-doubleon")), qPrintable(file->text()));
    QVERIFY(!parts->isEnabled());
    const auto itemOf = [&](const char* text) { return as->findText(QLatin1String(text)); };
    for (const char* impossible : {"GGUF file", "Folder: AWQ", "Folder: GPTQ"}) {
      const QModelIndex item = as->model()->index(itemOf(impossible), 0);
      QVERIFY2(!(as->model()->flags(item) & Qt::ItemIsEnabled), impossible);
      QVERIFY2(item.data(Qt::ToolTipRole).toString().endsWith(u'.'), impossible);
    }
    // By hand another one; the name follows.
    as->setFocus();
    QTest::keyClick(as, Qt::Key_Home);  // Return would press the default button
    QCOMPARE(as->currentText(), QStringLiteral("safetensors file"));
    QVERIFY2(file->text().endsWith(QStringLiteral("-nf4-doubleon.safetensors")), qPrintable(file->text()));
    as->setCurrentIndex(itemOf("Folder: bitsandbytes"));
    Q_EMIT as->activated(as->currentIndex());
    const QString target = m_folder.filePath(QStringLiteral("demo-nf4"));
    file->selectAll();
    QTest::keyClicks(file, target);
    QCOMPARE(as->currentText(), QStringLiteral("Folder: bitsandbytes"));
    QTRY_VERIFY(write->isEnabled());
    QTest::mouseClick(write, Qt::LeftButton);
    QVERIFY(shown.waitUntilIdle());
    QTRY_VERIFY2(window.errorText().startsWith(target), qPrintable(window.errorText()));
    // The folder stands beside the original: its weights are what the scheme makes of it.
    QTRY_VERIFY(shown.selection().comparedModel() != nullptr);
    QCOMPARE(shown.selection().comparedModel()->source(), target.toStdString());
    const auto recipe = *shown.selection().comparedRecipe();
    const auto tensor = *shown.selection().tensor();
    const auto* plan = shown.selection().planOf(recipe);
    QVERIFY(plan != nullptr && plan->tensors[tensor].other != nullptr);
    const auto there = measureSchemeError(shown.selection().model()->checkpoint(), tensor, plan->tensors[tensor]);
    const auto made = measureSchemeError(shown.selection().model()->checkpoint(), tensor,
                                         core::quant::Scheme::parse("nf4:double=on"));
    QCOMPARE(there.stats.sqnrDb(), made.stats.sqnrDb());
    QCOMPARE(there.schemeText(), made.schemeText());
  }

  void theModelIsWrittenInParts() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    MainWindow& window = shown.window();
    auto* dialog = openExport(shown, QStringLiteral("q4_0"));
    QVERIFY(dialog);
    auto* note = dialog->findChild<Label*>(QStringLiteral("export-note"));
    auto* write = dialog->findChild<QPushButton*>(QStringLiteral("export-write"));
    auto* size = dialog->findChild<QLineEdit*>(QStringLiteral("export-part-size"));
    auto* file = dialog->findChild<QLineEdit*>(QStringLiteral("export-file"));
    const auto type = [](QLineEdit* line, const QString& text) {
      line->selectAll();
      QTest::keyClicks(line, text);
    };
    type(file, m_folder.filePath(QStringLiteral("parts.gguf")));
    for (const auto& [typed, says] : {std::pair("many", "The size of a part"), std::pair("0", "The size of a part"),
                                      std::pair("1000", "cannot hold the tensor")}) {
      type(size, QString::fromLatin1(typed));
      QVERIFY2(note->text().contains(QLatin1String(says)), qPrintable(note->text()));
      QVERIFY(!write->isEnabled());
    }
    type(size, QStringLiteral("1200000"));
    const auto& model = *shown.selection().model();
    const auto rows = planQuantization(model.checkpoint(), core::quant::Scheme::parse("q4_0")).rows;
    const QuantizeTarget target(m_folder.filePath(QStringLiteral("parts.gguf")).toStdString(), {1'200'000, 0});
    const auto files = targetFiles(target, planParts(rows, target.split));
    QVERIFY(files.size() > 1);
    QVERIFY2(note->text().startsWith(QStringLiteral("Files: %1.").arg(files.size())), qPrintable(note->text()));
    QVERIFY(write->isEnabled());
    QTest::mouseClick(write, Qt::LeftButton);
    QVERIFY(shown.waitUntilIdle());
    QTRY_VERIFY2(window.errorText().contains(QStringLiteral("and %1 more").arg(files.size() - 1)),
                 qPrintable(window.errorText()));
    for (const auto& part : files) QVERIFY(std::filesystem::exists(part));
    QVERIFY(!std::filesystem::exists(target.file));
    QTRY_VERIFY(shown.selection().comparedModel() != nullptr);
    QCOMPARE(shown.selection().comparedModel()->source(), files.front().string());
    QCOMPARE(shown.selection().comparedModel()->checkpoint().tensors().size(), rows.size());
  }

  // The dialog says the errors that Layers has measured, and nothing that was not.
  void theDryRunKnowsWhatLayersMeasured() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    const core::model::Recipe recipe = core::quant::Scheme::parse("q4_0");
    const auto preview = previewExport(*shown.selection().model(), recipe);
    QCOMPARE(preview.known, preview.made);
    double sum = 0, worst = 1e9;
    for (std::size_t i = 0; i < preview.plan.rows.size(); ++i) {
      if (preview.plan.rows[i].isKept()) continue;
      const auto error =
          measureSchemeError(shown.selection().model()->checkpoint(), i, core::quant::Scheme::parse("q4_0"));
      sum += error.stats.sqnrDb();
      worst = std::min(worst, error.stats.sqnrDb());
    }
    QCOMPARE(preview.meanSqnrDb, sum / static_cast<double>(preview.made));
    QCOMPARE(preview.worstSqnrDb, worst);
    QCOMPARE(previewExport(*shown.selection().model(), core::quant::Scheme::parse("q5_1")).known, std::size_t{0});
  }

  void aFolderThatCannotBeWrittenIsASentence() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    MainWindow& window = shown.window();
    QVERIFY(startExport(shown, QStringLiteral("q4_0"), m_folder.filePath(QStringLiteral("nowhere/out.gguf"))));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY2(window.errorText().contains(QStringLiteral("out.gguf")), qPrintable(window.errorText()));
    QVERIFY(window.errorText().endsWith(u'.'));
    QVERIFY(!shown.selection().comparedModel());
  }

  // Escape in the window, in the middle of writing under a recipe: one sentence, and nothing in the folder.
  void aStoppedExportLeavesNothing() {
    QTemporaryDir folder;
    const QString large = m_folder.filePath(QStringLiteral("large.gguf"));
    support::writeRandomModel({.vocabulary = 512,
                               .width = 512,
                               .layers = 24,
                               .feedForward = 2048,
                               .heads = 8,
                               .kvHeads = 8,
                               .headSize = 64,
                               .valueHeadSize = 64,
                               .matrixType = "f16"},
                              large.toStdString());
    WorkspaceWindow shown(QStringLiteral("inspect"), large);
    MainWindow& window = shown.window();
    const QString target = folder.filePath(QStringLiteral("stopped.gguf"));
    QVERIFY(startExport(shown, QStringLiteral("iq3_s recipe"), target));
    const auto inFolder = [&] {
      return QDir(folder.path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
    };
    // In the middle of it: some tensors are written.
    QVERIFY(QTest::qWaitFor(
        [&] { return window.jobs().isIdle() || window.jobs().visibleJobs().front().fraction > 0.2; }, 30000));
    QVERIFY(!window.jobs().isIdle());
    QTest::keyClick(&window, Qt::Key_Escape);
    QVERIFY(shown.waitUntilIdle());
    QTRY_VERIFY2(window.errorText().contains(QStringLiteral("stopped.gguf was stopped")),
                 qPrintable(window.errorText()));
    QCOMPARE(inFolder(), QStringList());
    QVERIFY(!shown.selection().comparedModel());
    // The window is as it was: the next one is written.
    QVERIFY(startExport(shown, QStringLiteral("q8_0 recipe"), target));
    QVERIFY(shown.waitUntilIdle());
    QTRY_COMPARE(inFolder(), QStringList{QStringLiteral("stopped.gguf")});
  }

  // A disk that is full, as the system says it: no more may be written.
  void aFullDiskIsASentenceAndLeavesNothing() {
    QTemporaryDir folder;
    WorkspaceWindow shown(QStringLiteral("inspect"));
    const QString target = folder.filePath(QStringLiteral("full.gguf"));
    struct rlimit before = {};
    QCOMPARE(getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit small = before;
    small.rlim_cur = 1 << 20;
    QCOMPARE(setrlimit(RLIMIT_FSIZE, &small), 0);
    const bool started = startExport(shown, QStringLiteral("q4_k_m"), target);
    const bool ended = started && shown.waitUntilIdle();
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    QVERIFY(ended);
    const QString sentence = shown.window().errorText();
    QVERIFY2(sentence.contains(QStringLiteral("full.gguf")) && sentence.endsWith(u'.'), qPrintable(sentence));
    QCOMPARE(sentence.count(QStringLiteral(". ")), 0);
    QCOMPARE(QDir(folder.path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot), QStringList());
  }

  void theReportIsWrittenBesideTheWindow() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());  // jobs that end later let go of the model, whose owners are counted
    const QColor ground = Theme::instance().colors().window;
    const QString folder = m_folder.filePath(QStringLiteral("report"));
    QPointer<ReportWriter> writer(new ReportWriter(shown.window().jobs(), &shown.window()));
    QSignalSpy written(writer, &ReportWriter::written);
    int themeChanges = 0;
    const QObject here;  // ends the connection with the test
    connect(&Theme::instance(), &Theme::changed, &here, [&] { ++themeChanges; });
    // It is the open model that is measured, not what now lies at its place: nothing does.
    const auto model = shown.selection().model();
    const long owners = model.use_count();
    writer->write(model, {{}, folder});
    QVERIFY(model.use_count() > owners);
    QTRY_COMPARE_WITH_TIMEOUT(written.count(), 1, 120000);
    QVERIFY(QFile::exists(folder + QStringLiteral("/index.html")));
    QCOMPARE(Theme::instance().colors().window, ground);
    QCOMPARE(themeChanges, 0);  // pictures in both themes, the window in its own
    QTRY_VERIFY(writer.isNull());
  }

  void theReportComparesWhatIsTicked() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    MainWindow& window = shown.window();
    auto& selection = shown.selection();
    for (const auto& recipe : selection.checkedRecipes()) selection.setChecked(recipe, false);
    selection.setChecked(core::quant::Scheme::parse("int3"), true);
    selection.addOwn(core::model::parseRecipe("base = q8_0\nattn_v = keep\n", "mine"), QStringLiteral("My <own>"));
    auto* action = [&window] {
      for (auto* candidate : window.findChildren<QAction*>())
        if (candidate->text().contains(QStringLiteral("Write report"))) return candidate;
      return static_cast<QAction*>(nullptr);
    }();
    QVERIFY(action != nullptr);
    action->trigger();
    auto* dialog = window.findChild<ReportDialog*>();
    QVERIFY(dialog != nullptr);
    const QString folder = m_folder.filePath(QStringLiteral("ticked"));
    auto* button = dialog->findChild<QPushButton*>(QStringLiteral("report-write"));
    QVERIFY(!button->isEnabled());  // no folder yet
    for (const char* part : {"evaluation", "tasks", "sensitivity", "trace"})
      dialog->findChild<QCheckBox*>(QStringLiteral("report-") + QLatin1String(part))->setChecked(false);
    auto* memory = dialog->findChild<QCheckBox*>(QStringLiteral("report-memory"));
    memory->setFocus();
    memory->setChecked(false);
    QTest::keyClick(memory, Qt::Key_Space);
    QVERIFY(memory->isChecked());
    QTest::keyClicks(dialog->findChild<QLineEdit*>(QStringLiteral("report-folder")), folder);
    QVERIFY(button->isEnabled());
    QTest::mouseClick(button, Qt::LeftButton);
    QFile page(folder + QStringLiteral("/index.html"));
    QTRY_VERIFY_WITH_TIMEOUT(page.exists(), 120000);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(page.open(QIODevice::ReadOnly));
    const QString text = QString::fromUtf8(page.readAll());
    for (const char* part :
         {"INT3 · 32", "My &lt;own&gt;", "<code>q8_0, attn_v=keep</code>", "id=\"recipes\"", "<section id=\"memory\">"})
      QVERIFY2(text.contains(QString::fromUtf8(part)), part);
    QVERIFY(!text.contains(QStringLiteral("<code>nf4</code>")));
    QVERIFY(!text.contains(QStringLiteral("<section id=\"evaluation\">")));
    QVERIFY(QFile::exists(folder + QStringLiteral("/report.json")));
  }

  void aCancelledReportLeavesNothing() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    const QString folder = m_folder.filePath(QStringLiteral("cancelled"));
    QPointer<ReportWriter> writer(new ReportWriter(shown.window().jobs(), &shown.window()));
    writer->write(shown.selection().model(), {{}, folder});
    shown.window().jobs().cancelAll();
    QTRY_VERIFY(writer.isNull());
    QVERIFY(!QFile::exists(folder));
  }
};

QTEST_MAIN(TestWindowFiles)
#include "tst_window_files.moc"
