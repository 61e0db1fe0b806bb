// Calibration in the window: what waits for it, the button, the dialog, bad texts, and what is computed afterwards.
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QSpinBox>
#include <QTest>
#include <QToolButton>
#include <cmath>

#include "app/calibration/calibration_dialog.h"
#include "app/calibration/calibration_notice.h"
#include "app/calibration/calibrator.h"
#include "app/pictures/layer_maps.h"
#include "app/pictures/matrix_view.h"
#include "app/selection/calibration_text.h"
#include "app/session/calibrate_model.h"
#include "app/session/demo_model.h"
#include "app/shell/scheme_list.h"
#include "app/shell/scheme_panel.h"
#include "app/shell/side_panel.h"
#include "app/workspaces/inspect/channel_chart.h"
#include "app/workspaces/layers/layer_errors.h"
#include "chat_hands.h"
#include "core/io/gguf_writer.h"
#include "core/io/importance_matrix.h"
#include "workspace_window.h"

using namespace app;

namespace {

const char* const kWeighted = "q4_k:method=imatrix";

core::model::Recipe recipe(const char* text) { return core::quant::Scheme::parse(text); }

/// The demo model as a file of somebody's: nothing is built in for it.
class OwnModel {
 public:
  OwnModel() {
    QFile::copy(QString::fromStdString(builtInModelPath(kDemoName).string()), path());
    QFile::setPermissions(path(), QFile::ReadOwner | QFile::WriteOwner);
  }
  QString path() const { return m_folder.filePath(QStringLiteral("own.gguf")); }
  QString write(const QString& name, const QByteArray& bytes) const {
    QFile file(m_folder.filePath(name));
    if (file.open(QIODevice::WriteOnly)) file.write(bytes);
    return file.fileName();
  }

 private:
  QTemporaryDir m_folder;
};

QByteArray someText() {
  QByteArray text;
  for (int i = 0; i < 400; ++i)
    text += "The model reads one sentence after the other, number " + QByteArray::number(i) + ". ";
  return text;
}

}  // namespace

class TestCalibration : public QObject {
  Q_OBJECT
 private:
  /// Of the page in front: a workspace may have several, each with its own.
  static CalibrationNotice* notice(WorkspaceWindow& shown) {
    for (auto* notice : shown.window().currentWorkspace()->findChildren<CalibrationNotice*>())
      if (notice->parentWidget()->isVisible()) return notice;
    return shown.find<CalibrationNotice>();
  }
  static QPushButton* button(WorkspaceWindow& shown) {
    return notice(shown)->findChild<QPushButton*>(QStringLiteral("calibrate"));
  }
  /// Under the one scheme that is ticked: 7 matrices in 6 blocks; kept ones have no value.
  static std::size_t valuesShown(WorkspaceWindow& shown, std::size_t column) {
    std::size_t known = 0;
    for (const auto& row : shown.find<LayerMaps>()->table().rows)
      if (!std::isnan(row[column])) ++known;
    return known;
  }
  static void tickOnly(WorkspaceWindow& shown, const char* text) {
    for (const auto& checked : shown.selection().checkedRecipes()) shown.selection().setChecked(checked, false);
    shown.selection().addOwn(recipe(text));
  }
  /// Fills the dialog in and presses its button.
  static bool readFile(WorkspaceWindow& shown, const QString& file, int context = 0) {
    auto* dialog = shown.window().findChild<CalibrationDialog*>();
    if (dialog == nullptr) return false;
    dialog->findChild<QComboBox*>(QStringLiteral("calibration-text"))->setCurrentIndex(0);
    auto* line = dialog->findChild<QLineEdit*>(QStringLiteral("calibration-file"));
    line->clear();
    QTest::keyClicks(line, file);
    dialog->findChild<QSpinBox*>(QStringLiteral("calibration-context"))->setValue(context);
    QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("calibration-read")), Qt::LeftButton);
    return QTest::qWaitFor([&] { return shown.window().findChild<CalibrationDialog*>() == nullptr; }) &&
           QTest::qWaitFor([&] { return !shown.window().calibrator().isRunning(); }, 60000);
  }

 private Q_SLOTS:
  void theDemoReadsItsTextByItselfAndLayersShowsWhatCameOfIt() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(notice(shown)->isHidden());
    QVERIFY(!shown.selection().calibrationState()->made);
    tickOnly(shown, kWeighted);
    QVERIFY(shown.window().calibrator().isRunning());
    QVERIFY2(notice(shown)->text().contains(QStringLiteral("follow when the calibration text is read")),
             qPrintable(notice(shown)->text()));
    QCOMPARE(button(shown)->text(), QStringLiteral("Stop"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(notice(shown)->isHidden());
    QVERIFY(shown.selection().calibrationState()->made.has_value());
    QCOMPARE(shown.selection().calibrationState()->tokens, std::size_t{4096});
    QCOMPARE(valuesShown(shown, 0), std::size_t{42});
    QVERIFY2(
        calibrationText(shown.selection().calibrationState()).startsWith(QStringLiteral("demo text · 4,096 tokens")),
        qPrintable(calibrationText(shown.selection().calibrationState())));
  }

  void stoppingLeavesAButtonThatStartsAgain() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    tickOnly(shown, kWeighted);
    QVERIFY(shown.window().calibrator().isRunning());
    QTest::mouseClick(button(shown), Qt::LeftButton);
    QVERIFY(shown.waitUntilIdle());
    if (shown.selection().calibrationState()->made) QSKIP("it was read before it could be stopped");
    QVERIFY2(notice(shown)->text().contains(QStringLiteral("stopped")), qPrintable(notice(shown)->text()));
    QCOMPARE(valuesShown(shown, 0), std::size_t{0});
    QCOMPARE(button(shown)->text(), QStringLiteral("Calibrate"));
    QTest::mouseClick(button(shown), Qt::LeftButton);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(notice(shown)->isHidden());
    QCOMPARE(valuesShown(shown, 0), std::size_t{42});
  }

  void anotherModelAsksForATextAndABadOneIsASentence() {
    const OwnModel own;
    WorkspaceWindow shown(QStringLiteral("layers"), own.path());
    QVERIFY(shown.waitUntilIdle());
    tickOnly(shown, kWeighted);
    QVERIFY(!shown.window().calibrator().isRunning());
    QVERIFY2(notice(shown)->text().contains(QStringLiteral("has to read a text first")),
             qPrintable(notice(shown)->text()));
    QCOMPARE(button(shown)->text(), QStringLiteral("Calibrate…"));
    const std::pair<QByteArray, QString> bad[] = {{"", QStringLiteral("empty")},
                                                  {"short", QStringLiteral("fewer than the context")},
                                                  {QByteArray("\x00\x01\x02text", 7), QStringLiteral("text")}};
    for (const auto& [bytes, word] : bad) {
      QTest::mouseClick(button(shown), Qt::LeftButton);
      QVERIFY(readFile(shown, own.write(QStringLiteral("bad.txt"), bytes)));
      QVERIFY(shown.waitUntilIdle());
      QVERIFY2(notice(shown)->text().contains(word), qPrintable(notice(shown)->text()));
      QVERIFY(!shown.window().errorText().isEmpty());
      QCOMPARE(valuesShown(shown, 0), std::size_t{0});
    }
    QTest::mouseClick(button(shown), Qt::LeftButton);
    QVERIFY(readFile(shown, own.write(QStringLiteral("good.txt"), someText()), 128));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY2(notice(shown)->isHidden(), qPrintable(notice(shown)->text()));
    QCOMPARE(shown.selection().calibrationState()->text, std::string("good.txt"));
    QCOMPARE(valuesShown(shown, 0), std::size_t{42});
  }

  // The demo model begins to read while views still hold what they computed of the model before.
  void aModelThatReadsAtOnceTakesThePlaceOfALargerOne() {
    const QTemporaryDir folder;
    const QString large = folder.filePath(QStringLiteral("large.gguf"));
    {
      constexpr int kBlocks = 100;
      const std::vector<float> values(64 * 64, 0.5F);
      core::io::GgufWriter writer(large.toStdString());
      writer.addString("general.architecture", "llama");
      const auto name = [](int block) { return "blk." + std::to_string(block) + ".attn_q.weight"; };
      for (int i = 0; i < kBlocks; ++i)
        writer.declareTensor(name(i), core::tensor::DType::F32, core::tensor::Shape{64, 64});
      for (int i = 0; i < kBlocks; ++i) writer.append(std::as_bytes(std::span<const float>(values)));
      writer.finish();
    }
    WorkspaceWindow shown(QStringLiteral("layers"), large);
    QVERIFY(shown.waitUntilIdle());
    tickOnly(shown, kWeighted);
    QVERIFY(shown.waitUntilIdle());
    const auto* errors = shown.find<LayerErrors>();
    QVERIFY(errors != nullptr);
    QCOMPARE(errors->tensors().size(), std::size_t{100});
    bool isOfTheModel = true;
    connect(errors, &LayerErrors::changed, this, [&] {
      for (const std::size_t tensor : errors->tensors())
        isOfTheModel &= tensor < shown.selection().model()->checkpoint().tensors().size();
    });
    QVERIFY(shown.replaceModel(QStringLiteral("demo")));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(isOfTheModel);
    QCOMPARE(valuesShown(shown, 0), std::size_t{42});
  }

  // What the button says is what it does: once something was read, it asks.
  void theButtonOfADemoWithAnImportanceMatrixAsks() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    const QTemporaryDir folder;
    const QString file = folder.filePath(QStringLiteral("demo.gguf"));
    const auto calibration = calibrationOf(*shown.selection().model(), openText("prose"), {512, 128, {}}, {});
    core::io::writeImportanceGguf(calibration->importanceMatrix(core::JobContext()),
                                  {std::filesystem::path(file.toStdString()), {}});
    shown.window().calibrator().openImportance(file);
    QVERIFY(shown.waitUntilIdle());
    tickOnly(shown, "int8:activations=int8_static");
    QVERIFY(!shown.window().calibrator().isRunning());
    QCOMPARE(button(shown)->text(), QStringLiteral("Calibrate…"));
    QTest::mouseClick(button(shown), Qt::LeftButton);
    QVERIFY(shown.window().findChild<CalibrationDialog*>() != nullptr);
  }

  void theOutputErrorIsAMetricOfItsOwn() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    tickOnly(shown, "int4");
    QVERIFY(shown.waitUntilIdle());
    auto* weights = shown.find<QToolButton>(QStringLiteral("measure-weights"));
    auto* outputs = shown.find<QToolButton>(QStringLiteral("measure-outputs"));
    weights->setFocus();
    QTest::keyClick(weights, Qt::Key_Right);
    QVERIFY(outputs->isChecked());
    QVERIFY(!notice(shown)->isHidden());
    QVERIFY2(notice(shown)->text().startsWith(QStringLiteral("The output error")), qPrintable(notice(shown)->text()));
    QCOMPARE(valuesShown(shown, 0), std::size_t{0});
    QVERIFY(shown.waitUntilIdle());  // the demo model reads its own text
    QVERIFY(notice(shown)->isHidden());
    QCOMPARE(valuesShown(shown, 0), std::size_t{42});
    const auto& model = *shown.selection().model();
    const auto tensor = *model.checkpoint().find("blk.0.attn_q.weight");
    const auto known = model.errors().find(tensor, core::quant::Scheme::parse("int4"),
                                           model.calibration().current().get(), Measure::Outputs);
    QVERIFY(known && known->output.weights.value > 0 && known->output.weights.value < 1);
    const ChartTable table = shown.find<LayerMaps>()->table();
    const auto row = static_cast<std::size_t>(table.rowLabels.indexOf(QStringLiteral("blk.0.attn_q")));
    QCOMPARE(table.rows[row][0], known->output.total.value);
    QVERIFY2(shown.find<LayerMaps>()->provenance().contains(QStringLiteral("inputs of demo text")),
             qPrintable(shown.find<LayerMaps>()->provenance()));
    QTest::keyClick(outputs, Qt::Key_Left);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(shown.find<LayerMaps>()->table().rows[row][0] > 5);  // dB again
  }

  // One that is checked cannot be answered with until it can be made; then it can.
  void chatWaitsAndAnswersAfterwards() {
    const OwnModel own;
    WorkspaceWindow shown(QStringLiteral("chat"), own.path());
    ChatHands chat(shown);
    QVERIFY(shown.waitUntilIdle());
    tickOnly(shown, kWeighted);
    QTRY_COMPARE(chat.pane(1).scheme(), std::optional(recipe(kWeighted)));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(!notice(shown)->isHidden());
    QVERIFY2(chat.pane(1).notice().contains(QStringLiteral("read a text first")), qPrintable(chat.pane(1).notice()));
    chat.type(QStringLiteral("What is NF4?"));
    QVERIFY(chat.conversation().isEmpty());
    shown.window().calibrator().read({own.write(QStringLiteral("good.txt"), someText()), {1024, 128, {}}});
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(notice(shown)->isHidden());
    QVERIFY(chat.pane(1).notice().isEmpty());
    QVERIFY(chat.ask(QStringLiteral("What is NF4?")));
    QVERIFY(!chat.answer(1).failure);
    QVERIFY(!chat.answer(1).tokens.empty());
  }

  void thePanelSaysWhatIsCalibratedWithAndAClickChangesIt() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    auto* list = shown.find<QListView>(QStringLiteral("scheme-list"));
    const auto rowOf = [&](int role, const QString& text) {
      for (int row = 0; row < list->model()->rowCount(); ++row) {
        const QModelIndex index = list->model()->index(row, 0);
        if (index.data(role).toBool() && (text.isEmpty() || index.data().toString() == text)) return index;
      }
      return QModelIndex();
    };
    const auto click = [&](const QModelIndex& index) {
      list->scrollTo(index);
      QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualRect(index).center());
    };
    QVERIFY(!rowOf(SchemeListModel::CalibrationRole, {}).isValid());
    click(rowOf(SchemeListModel::HeadingRole, QStringLiteral("Weights and activations")));
    QModelIndex row = rowOf(SchemeListModel::CalibrationRole, {});
    QVERIFY(row.isValid());
    QCOMPARE(row.data().toString(), QStringLiteral("no text read yet"));
    click(row);
    QVERIFY(shown.window().calibrator().isRunning());
    QCOMPARE(row.data().toString(), QStringLiteral("reading…"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY2(row.data().toString().startsWith(QStringLiteral("demo text · 4,096 tokens · just now")),
             qPrintable(row.data().toString()));
    QCOMPARE(row.data(SchemeListModel::ActionRole).toString(), QStringLiteral("Change…"));
    click(row);
    auto* dialog = shown.window().findChild<CalibrationDialog*>();
    QVERIFY(dialog != nullptr);
    dialog->findChild<QComboBox*>(QStringLiteral("calibration-text"))->setCurrentIndex(2);
    dialog->findChild<QSpinBox*>(QStringLiteral("calibration-tokens"))->setValue(1024);
    QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("calibration-read")), Qt::LeftButton);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY2(row.data().toString().startsWith(QStringLiteral("prose · 1,024 tokens")),
             qPrintable(row.data().toString()));
  }

  // An importance matrix is enough for what asks for no more.
  void anImportanceMatrixIsEnoughForSomeAndTheRestSaysWhatIsMissing() {
    const OwnModel own;
    WorkspaceWindow shown(QStringLiteral("layers"), own.path());
    QVERIFY(shown.waitUntilIdle());
    const auto model = shown.selection().model();
    const auto calibration = calibrationOf(*model, openText("prose"), {512, 128, {}}, {});
    const QString file = own.write(QStringLiteral("own-imatrix.gguf"), {});
    core::io::writeImportanceGguf(calibration->importanceMatrix(core::JobContext()),
                                  {std::filesystem::path(file.toStdString()), {}});
    shown.window().calibrator().openImportance(file);
    QVERIFY(shown.waitUntilIdle());
    tickOnly(shown, kWeighted);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(notice(shown)->isHidden());
    QCOMPARE(valuesShown(shown, 0), std::size_t{42});
    shown.selection().addOwn(recipe("int8:activations=int8_static"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY2(notice(shown)->text().contains(QStringLiteral("more than own-imatrix.gguf can say")),
             qPrintable(notice(shown)->text()));
  }

  void theOutlierColumnsOfLlmInt8AreMarked() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(shown.find<MatrixView>()->markedColumns().empty());
    tickOnly(shown, "llm_int8");
    QVERIFY(shown.waitUntilIdle());
    const auto& model = *shown.selection().model();
    const auto calibration = model.calibration().current();
    const auto tensors = model.checkpoint().tensors();
    std::size_t marked = 0;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      if (model.choices()[i].fate != core::model::Fate::Quantize) continue;
      shown.selection().setTensor(i);
      QVERIFY(shown.waitUntilIdle());
      const auto known = calibration->of(tensors[i].name, core::quant::CalibrationNeed::Columns, core::JobContext());
      std::vector<std::uint64_t> expected, found;
      for (std::size_t column = 0; column < known->maxMagnitude.size(); ++column)
        if (known->maxMagnitude[column] >= 6.0F) expected.push_back(column);
      for (const MarkedColumn& mark : shown.find<MatrixView>()->markedColumns()) found.push_back(mark.column);
      QCOMPARE(found, expected);
      const auto* text = shown.find<QLabel>(QStringLiteral("outlier-columns"));
      QVERIFY(!text->isHidden());
      QCOMPARE(text->text().startsWith(u'▼'), !expected.empty());
      marked += expected.size();
    }
    QVERIFY(marked > 0);  // the demo model has outlier channels
    bool isInChart = false;
    for (const ChannelChart* chart : shown.window().findChildren<ChannelChart*>())
      isInChart = isInChart || chart->marked().size() == shown.find<MatrixView>()->markedColumns().size();
    QVERIFY(isInChart);
    tickOnly(shown, "int8");
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(shown.find<MatrixView>()->markedColumns().empty());
    QVERIFY(shown.find<QLabel>(QStringLiteral("outlier-columns"))->isHidden());
  }

  void theDryRunSaysWhatIsWrittenAndWhatCannotBe() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    const std::pair<const char*, QString> rows[] = {
        {"log4", QStringLiteral("No file and no folder can hold")},
        {"nf4:method=awq", QStringLiteral("Weights, config.json and the tokenizer's files")},
        {"int8:group=row,scales=fp16,method=gptq,act_order=on",
         QStringLiteral("Weights, config.json and the tokenizer's files")},
        {"bf16:activations=fp8_dynamic", QStringLiteral("The file holds the weights alone")}};
    for (const auto& [text, sentence] : rows) {
      tickOnly(shown, text);
      shown.selection().setCurrentRecipe(recipe(text));
      QVERIFY(shown.waitUntilIdle());
      shown.window().exportModel();
      auto* dialog = shown.window().findChild<QDialog*>(QStringLiteral("export-dialog"));
      QVERIFY(dialog != nullptr);
      QVERIFY(shown.waitUntilIdle());
      const auto* note = dialog->findChild<QLabel*>(QStringLiteral("export-note"));
      QVERIFY2(note->text().contains(sentence), qPrintable(note->text()));
      dialog->close();
      QTRY_VERIFY(shown.window().findChild<QDialog*>(QStringLiteral("export-dialog")) == nullptr);
    }
  }
};

QTEST_MAIN(TestCalibration)
#include "tst_calibration.moc"
