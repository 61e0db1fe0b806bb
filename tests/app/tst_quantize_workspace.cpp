// Quantize, driven with mouse and keyboard: sources, the scheme builder, the block that follows the hand, the steps and
// what each tab says. Blocks are compared with what quantize() itself makes of the same weights.
#include <QAccessible>
#include <QComboBox>
#include <QDirIterator>
#include <QFile>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <algorithm>
#include <cmath>
#include <set>

#include "app/pictures/block_bytes.h"
#include "app/pictures/clip_chart.h"
#include "app/pictures/sharing_chart.h"
#include "app/pictures/step_error_chart.h"
#include "app/pictures/transfer_chart.h"
#include "app/pictures/weight_bars.h"
#include "app/widgets/label.h"
#include "app/workspaces/quantize/block_summary.h"
#include "app/workspaces/quantize/lab_stage.h"
#include "app/workspaces/quantize/lab_state.h"
#include "app/workspaces/quantize/parameter_cards.h"
#include "app/workspaces/quantize/quantize_workspace.h"
#include "app/workspaces/quantize/rivals_model.h"
#include "app/workspaces/quantize/steps_page.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"
#include "core/quant/scheme_options.h"

#include "workspace_window.h"

using namespace app;

namespace {

/// The workspace in a window, with the demo model or without any.
class Lab {
 public:
  explicit Lab(const QString& model = QStringLiteral("demo")) : m_window(QStringLiteral("quantize"), model) {
    QVERIFY2(workspace() != nullptr, "no workspace");
    static_cast<void>(QTest::qWaitForWindowActive(&m_window.window()));  // a second window may not become it
  }
  QuantizeWorkspace* workspace() { return qobject_cast<QuantizeWorkspace*>(m_window.window().currentWorkspace()); }
  LabState& state() { return workspace()->state(); }
  WorkspaceWindow& window() { return m_window; }
  template <class T>
  T* find(const char* name) {
    return workspace()->findChild<T*>(QLatin1String(name));
  }
  QString text(const char* label) { return find<Label>(label)->text(); }
  QString open(const QString& query) {
    return workspace()->openLink(*Link::parse(QStringLiteral("quantscope://quantize?") + query));
  }
  void showTab(int index) { find<QTabWidget>("lab-tabs")->setCurrentIndex(index); }
  void click(const char* button) { QTest::mouseClick(find<QAbstractButton>(button), Qt::LeftButton); }
  void type(const char* field, const QString& text) {
    auto* line = find<QLineEdit>(field);
    line->setFocus();
    line->selectAll();
    QTest::keyClicks(line, text);
    QTest::keyClick(line, Qt::Key_Escape);  // closes the completions
    QTest::keyClick(line, Qt::Key_Return);
  }
  /// Takes the bar of a weight with the mouse and pulls it by so many pixels.
  void drag(int index, int pixels) {
    auto* bars = find<WeightBars>("lab-bars");
    QTest::qWait(50);  // the layout of the axes
    const QPoint from = bars->barEnd(index).toPoint();
    QTest::mousePress(bars, Qt::LeftButton, {}, from);
    for (int step = 1; step <= 8; ++step) {
      const QPoint to(from.x(), from.y() - pixels * step / 8);
      QMouseEvent move(QEvent::MouseMove, to, bars->mapToGlobal(to), Qt::NoButton, Qt::LeftButton, {});
      QCoreApplication::sendEvent(bars, &move);
    }
    QTest::mouseRelease(bars, Qt::LeftButton, {}, from - QPoint(0, pixels));
  }

 private:
  WorkspaceWindow m_window;
};

constexpr int kSteps = 0, kBytes = 1, kCurves = 2, kClip = 3, kSharing = 4, kRivals = 5;

/// What quantize() makes of the state's weights: the shown ones.
std::vector<float> decodedByTheQuantizer(LabState& state) {
  const core::quant::FlatRange all{0, state.tensor()->shape.count()};
  const auto edited = editedPart(*state.tensor(), all, state.edits());
  const auto quantized = core::quant::quantize(state.input().scheme, *edited);
  std::vector<float> values(state.block().shown.count);
  core::quant::decode(*quantized, state.block().shown.first, values.size(), values.data());
  return values;
}

}  // namespace

class TestQuantizeWorkspace : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void worksWithoutAModel() {
    Lab lab{QString()};
    QVERIFY(lab.window().selection().model() == nullptr);
    QCOMPARE(lab.state().input().source, WeightSource::Drawn);
    QVERIFY(lab.state().isCurrent() && !lab.state().block().isEmpty());
    QVERIFY(!lab.find<QAbstractButton>("lab-source-0")->isEnabled());
    for (int tab = kSteps; tab <= kRivals; ++tab) {
      lab.showTab(tab);
      QVERIFY(lab.window().waitUntilIdle());
      QVERIFY(!lab.workspace()->grab().isNull());
    }
  }

  void beginsWithTheSelectedTensorAndFollowsIt() {
    Lab lab;
    QCOMPARE(lab.state().input().source, WeightSource::Tensor);
    Selection& selection = lab.window().selection();
    QCOMPARE(lab.state().input().scheme, *selection.currentScheme());
    selection.setWeight(256 * 5 + 70);
    QVERIFY(lab.state().block().shown.first <= 256 * 5 + 70);
    QVERIFY(lab.state().block().shown.first + lab.state().block().shown.count > 256 * 5 + 70);
    const QString before = lab.state().provenance();
    selection.setTensor(*selection.tensor() + 1);
    QVERIFY(lab.state().provenance() != before);
    // A scheme chosen in the list is taken; one built here stays until then.
    selection.setCurrentRecipe(core::quant::Scheme::parse("q4_0"));
    QCOMPARE(lab.state().input().scheme.toString(), std::string("q4_0"));
    QVERIFY(lab.state().setSchemeText(QStringLiteral("int3")).isEmpty());
    QCOMPARE(selection.currentScheme()->toString(), std::string("q4_0"));
  }

  void rowAndBlockLeadToOtherBlocks() {
    Lab lab;
    lab.open(QStringLiteral("scheme=int4"));
    auto *row = lab.find<QSpinBox>("lab-row"), *block = lab.find<QSpinBox>("lab-block");
    QVERIFY(row->isVisible() && block->isVisible());
    row->setValue(7);
    block->setValue(3);
    QCOMPARE(lab.state().block().shown.first, std::uint64_t{7 * 256 + 3 * 32});
    QCOMPARE(lab.window().selection().weight(), std::optional<std::uint64_t>(7 * 256 + 3 * 32));
    QVERIFY(lab.state().setSchemeText(QStringLiteral("int4:group=row")).isEmpty());
    QVERIFY(!block->isVisible());
  }

  /// Every scheme of the registry: what is shown is what quantize() makes of the same weights.
  void everySchemeShowsWhatTheEncoderMakes() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("distribution=laplace&count=512&seed=3&outlier=6&weight=300")).isEmpty());
    for (const core::quant::Preset& preset : core::quant::presets()) {
      const QByteArray name = QByteArray::fromStdString(preset.scheme.toString());
      lab.state().setScheme(preset.scheme);
      QVERIFY2(lab.state().isCurrent(), name);
      if (!lab.state().problem().isEmpty()) {  // 128 × 128 tiles want no more than is here, imatrix wants a text
        QVERIFY2(lab.state().problem().endsWith(u'.'), name);
        continue;
      }
      const LabBlock& block = lab.state().block();
      QVERIFY2(!block.isEmpty() && lab.state().shownWeight() >= 0, name);
      const std::vector<float> expected = decodedByTheQuantizer(lab.state());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        QVERIFY2(block.decoded[i] == expected[i], name);
        QVERIFY2(stepValue(block, block.explanation.steps.size() - 1, i) ==
                     static_cast<double>(expected[i]) - static_cast<double>(block.values[i]),
                 name);
      }
      QVERIFY2(!stagesOf(block).empty(), name);
      lab.showTab(preset.scheme.format.name == core::quant::FormatName::Int8 ? kBytes : kSteps);
    }
  }

  void draggingABarMovesTheWeightAndTheBlockDies() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("scheme=int4&distribution=normal&count=32&seed=1")).isEmpty());
    const LabBlock before = lab.state().block();
    const QSignalSpy recomputed(&lab.state(), &LabState::blockChanged);
    int behind = 0;  // a block that has to wait for a job
    connect(&lab.state(), &LabState::inputChanged, this, [&] {
      behind +=
          lab.state().isCurrent() && !lab.window().window().jobs().isActive(QStringLiteral("quantize.block")) ? 0 : 1;
    });
    lab.drag(9, 700);
    QVERIFY(recomputed.count() >= 8);  // at every move of the hand
    QCOMPARE(behind, 0);               // and at once
    const LabBlock& after = lab.state().block();
    QVERIFY(after.values[9] > 4 * *std::max_element(before.values.begin(), before.values.end()));
    QCOMPARE(lab.state().edits().size(), std::size_t{1});
    QCOMPARE(lab.state().edits().begin()->first, std::uint64_t{9});
    QVERIFY(after.becameZero() > before.becameZero() + 8);
    QCOMPARE(after.decoded, decodedByTheQuantizer(lab.state()));
    QVERIFY(lab.find<BlockSummary>("lab-summary")->text().contains(QStringLiteral("%1 of 32").arg(after.becameZero())));
    // One drag is one step of undo.
    QTest::keyClick(lab.workspace(), Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(lab.state().block().values, before.values);
    QVERIFY(lab.state().edits().empty());
    lab.click("lab-redo");
    QCOMPARE(lab.state().edits().size(), std::size_t{1});
    lab.click("lab-restore");
    QCOMPARE(lab.state().block().decoded, before.decoded);
  }

  void aClickChoosesAndMovesNothing() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("scheme=int4&distribution=normal&count=32")).isEmpty());
    QTest::qWait(50);
    auto* bars = lab.find<WeightBars>("lab-bars");
    QTest::mouseClick(bars, Qt::LeftButton, {}, bars->barEnd(12).toPoint());
    QCOMPARE(lab.state().weight(), std::uint64_t{12});
    QVERIFY(lab.state().edits().empty());
  }

  void barsMoveByKeysToo() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("scheme=int4&values=0.5,1,-0.25,0.125")).isEmpty());
    auto* bars = lab.find<WeightBars>("lab-bars");
    bars->setFocus();
    QTest::keyClick(bars, Qt::Key_Right);
    QCOMPARE(lab.state().weight(), std::uint64_t{1});
    QTest::keyClick(bars, Qt::Key_Up);
    QVERIFY(lab.state().block().values[1] > 1.0F && lab.state().block().values[1] < 1.2F);
    QTest::keyClick(bars, Qt::Key_Down, Qt::ShiftModifier);
    QVERIFY(lab.state().block().values[1] < 1.0F);
    QTest::keyClick(bars, Qt::Key_End);
    QCOMPARE(lab.state().weight(), std::uint64_t{3});
    QTest::keyClick(lab.workspace(), Qt::Key_Z, Qt::ControlModifier);
    QTest::keyClick(lab.workspace(), Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(lab.state().block().values[1], 1.0F);
  }

  /// The lesson's example: 0.45892 under a maximum of 1 is 58 and comes back as 0.4567.
  void stepsGoForwardAndBackByKeys() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("scheme=int8:group=32&values=0.45892,1,-0.3&step=range")).isEmpty());
    auto* table = lab.find<QTableView>("lab-steps");
    auto* page = lab.workspace()->findChild<StepsPage*>();
    QCOMPARE(page->stage(), QStringLiteral("range"));
    const auto shown = [&](int column) { return table->model()->index(0, column).data().toString(); };
    const int columns = table->model()->columnCount();
    QVERIFY(!shown(0).isEmpty());
    QVERIFY(shown(columns - 1).isEmpty());  // not reached yet
    table->setFocus();
    QStringList stages{page->stage()};
    while (lab.find<QToolButton>("lab-forward")->isEnabled()) {
      QTest::keyClick(table, Qt::Key_Right);
      stages << page->stage();
    }
    QCOMPARE(stages.first(), QStringLiteral("range"));
    QVERIFY(stages.contains(QStringLiteral("divide")) && stages.contains(QStringLiteral("round")) &&
            stages.contains(QStringLiteral("pack")));
    QCOMPARE(stages.last(), QStringLiteral("error"));
    QVERIFY(!shown(columns - 1).isEmpty());
    QVERIFY(page->setStage(QStringLiteral("round")));
    QVERIFY2(lab.text("lab-numbers").contains(QStringLiteral("58")), qPrintable(lab.text("lab-numbers")));
    QTest::keyClick(table, Qt::Key_Left);
    QCOMPARE(page->stage(), QStringLiteral("divide"));
    QVERIFY2(lab.text("lab-numbers").contains(QStringLiteral("0.45892")), qPrintable(lab.text("lab-numbers")));
    // Down goes to the next weight, and its numbers.
    QTest::keyClick(table, Qt::Key_Down);
    QCOMPARE(lab.state().weight(), std::uint64_t{1});
    QVERIFY2(!lab.text("lab-numbers").contains(QStringLiteral("0.45892")), qPrintable(lab.text("lab-numbers")));
    QVERIFY(lab.workspace()->findChild<ParameterCards*>()->text().contains(u'S'));
    QVERIFY(std::abs(static_cast<double>(lab.state().block().decoded[0]) - 0.4567) < 0.001);
  }

  void aWeightCanBeTypedInTheTable() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("scheme=int8:group=32&values=0.45892,1,-0.3")).isEmpty());
    auto* table = lab.find<QTableView>("lab-steps");
    table->setCurrentIndex(table->model()->index(1, 0));
    table->edit(table->currentIndex());
    auto* editor = table->findChild<QLineEdit*>();
    QVERIFY(editor != nullptr);
    editor->selectAll();
    QTest::keyClicks(editor, QStringLiteral("2.5"));
    QTest::keyClick(editor, Qt::Key_Return);
    QTRY_COMPARE(lab.state().block().values[1], 2.5F);
    table->edit(table->model()->index(1, 0));
    editor = table->findChild<QLineEdit*>();
    QTest::keyClicks(editor, QStringLiteral("apple"));
    QTest::keyClick(editor, Qt::Key_Return);
    QCoreApplication::processEvents();
    QCOMPARE(lab.state().block().values[1], 2.5F);
  }

  void textAndControlsFollowEachOther() {
    Lab lab{QString()};
    lab.type("lab-scheme", QStringLiteral("int4:range=percentile,group=64,p=99"));
    QCOMPARE(lab.state().input().scheme.toString(), std::string("int4:group=64,range=percentile,p=99"));
    QCOMPARE(lab.find<QLineEdit>("lab-scheme")->text(), QStringLiteral("int4:group=64,range=percentile,p=99"));
    QCOMPARE(lab.find<QComboBox>("lab-format")->currentText(), QStringLiteral("INT4"));
    QCOMPARE(lab.find<QComboBox>("lab-option-group")->currentText(), QStringLiteral("64"));
    QVERIFY(lab.find<QComboBox>("lab-option-p")->isVisible());
    const auto choose = [&](const char* name, const QString& value) {
      auto* box = lab.find<QComboBox>(name);
      box->setFocus();
      box->setCurrentIndex(box->findText(value));
      Q_EMIT box->activated(box->currentIndex());
    };
    choose("lab-option-range", QStringLiteral("mse"));
    QCOMPARE(lab.find<QLineEdit>("lab-scheme")->text(), QStringLiteral("int4:group=64,range=mse"));
    QVERIFY(!lab.find<QComboBox>("lab-option-p")->isVisible());
    choose("lab-option-zero", QStringLiteral("on"));
    choose("lab-format", QStringLiteral("NF4"));
    QCOMPARE(lab.find<QLineEdit>("lab-scheme")->text(), QStringLiteral("nf4"));
    choose("lab-option-double", QStringLiteral("on"));
    QCOMPARE(lab.state().input().scheme.toString(), std::string("nf4:double=on"));
    while (lab.state().undoStack().canUndo()) lab.state().undoStack().undo();
    QVERIFY(lab.find<QLineEdit>("lab-scheme")->text() != QStringLiteral("nf4:double=on"));
  }

  /// Every option that a scheme takes has a control that shows its value, and no other has one.
  void thereIsAControlForEveryOption() {
    Lab lab{QString()};
    for (const core::quant::Preset& preset : core::quant::presets()) {
      lab.state().setScheme(preset.scheme);
      for (const core::quant::SchemeOption& option : core::quant::schemeOptions()) {
        auto* box = lab.find<QComboBox>(QByteArray("lab-option-").append(option.key.data()));
        QVERIFY(box != nullptr);
        QCOMPARE(box->isVisible(), option.belongsTo(preset.scheme));
        if (box->isVisible()) QCOMPARE(box->currentText().toStdString(), option.print(preset.scheme));
      }
    }
  }

  void aSizeOfOnesOwnCanBeTyped() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("scheme=int4&distribution=normal")).isEmpty());
    auto* box = lab.find<QComboBox>("lab-option-group");
    box->setFocus();
    box->lineEdit()->selectAll();
    QTest::keyClicks(box->lineEdit(), QStringLiteral("48"));
    QTest::keyClick(box->lineEdit(), Qt::Key_Return);
    QCOMPARE(lab.state().input().scheme.toString(), std::string("int4:group=48"));
    box->lineEdit()->selectAll();
    QTest::keyClicks(box->lineEdit(), QStringLiteral("many"));
    QTest::keyClick(box->lineEdit(), Qt::Key_Return);
    QCOMPARE(lab.state().input().scheme.toString(), std::string("int4:group=48"));
    QVERIFY2(lab.text("lab-problem").contains(QStringLiteral("many")), qPrintable(lab.text("lab-problem")));
    QCOMPARE(box->currentText(), QStringLiteral("48"));
  }

  void aBadSchemeIsRefusedWithASentence() {
    Lab lab{QString()};
    const core::quant::Scheme before = lab.state().input().scheme;
    lab.type("lab-scheme", QStringLiteral("int9"));
    QVERIFY(lab.find<Label>("lab-problem")->isVisible());
    QVERIFY2(lab.text("lab-problem").contains(QStringLiteral("int9")) && lab.text("lab-problem").endsWith(u'.'),
             qPrintable(lab.text("lab-problem")));
    QCOMPARE(lab.state().input().scheme, before);
    lab.type("lab-scheme", QStringLiteral("int3"));
    QVERIFY(!lab.find<Label>("lab-problem")->isVisible());
    QCOMPARE(lab.state().input().scheme.toString(), std::string("int3"));
  }

  void weightsThatASchemeCannotHoldAreSaid() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("scheme=q4_0&distribution=normal&count=48")).isEmpty());
    QVERIFY(lab.state().block().isEmpty());
    QVERIFY2(lab.state().problem().endsWith(u'.'), qPrintable(lab.state().problem()));
    for (int tab = kSteps; tab <= kRivals; ++tab) {
      lab.showTab(tab);
      QVERIFY(!lab.workspace()->grab().isNull());
    }
    QCOMPARE(lab.text("lab-why"), lab.state().problem());
    QVERIFY(!lab.find<WeightBars>("lab-bars")->isVisible() && !lab.find<QTabWidget>("lab-tabs")->isVisible());
    lab.click("lab-draw");
    QCOMPARE(lab.state().tensor()->shape.count(), std::uint64_t{32});
    QVERIFY(lab.find<WeightBars>("lab-bars")->isVisible() && lab.find<QTabWidget>("lab-tabs")->isVisible());
  }

  /// Three typed weights are a block of every type: zeros fill it up.
  void typedWeightsAreFilledUpToABlock() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("scheme=q4_0&values=1,-2,3")).isEmpty());
    QCOMPARE(lab.state().block().values.size(), std::size_t{32});
    QCOMPARE(lab.state().block().values[2], 3.0F);
    QCOMPARE(lab.state().block().values[3], 0.0F);
    QVERIFY2(lab.state().sourceName().contains(QStringLiteral("29")), qPrintable(lab.state().sourceName()));
    QVERIFY(lab.state().setSchemeText(QStringLiteral("q4_k")).isEmpty());
    QCOMPARE(lab.state().block().values.size(), std::size_t{256});
    QVERIFY(lab.state().setSchemeText(QStringLiteral("int4")).isEmpty());
    QCOMPARE(lab.state().block().values.size(), std::size_t{3});
  }

  /// Each of the eight groups of a super-block has levels of its own, and its weights are judged by those.
  void levelsBelongToTheirGroup() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("scheme=q4_k&distribution=normal&count=256&seed=4")).isEmpty());
    const LabBlock& block = lab.state().block();
    std::size_t beyond = 0;
    for (std::size_t group = 0; group < 8; ++group) {
      const auto levels = block.levelsAt(32 * group);
      QVERIFY(levels.size() > 8 && levels.size() <= 16);
      for (std::size_t i = 32 * group; i < 32 * group + 32; ++i) {
        QCOMPARE(block.levelsAt(i).data(), levels.data());
        const double value = static_cast<double>(block.values[i]), stored = static_cast<double>(block.decoded[i]);
        QVERIFY(std::any_of(levels.begin(), levels.end(), [&](double level) { return level == stored; }));
        beyond += value < levels.front() || value > levels.back() ? 1 : 0;
      }
      if (group > 0) QVERIFY(levels.data() != block.levelsAt(0).data());
    }
    QCOMPARE(block.beyondLevels(), beyond);
  }

  /// A float without a scale has levels far beyond the weights: the picture is of the weights.
  void farLevelsDoNotShrinkThePicture() {
    Lab lab{QString()};
    for (const char* scheme : {"bf16", "fp8_e4m3", "fp16"}) {
      QVERIFY(lab.open(QStringLiteral("distribution=normal&count=64&scheme=") + QLatin1String(scheme)).isEmpty());
      QVERIFY2(lab.find<WeightBars>("lab-bars")->yAxis->range().size() < 20, scheme);
      lab.showTab(kCurves);
      QVERIFY2(lab.find<TransferChart>("lab-staircase")->xAxis->range().size() < 20, scheme);
    }
  }

  void usedEverywhereItIsTickedInTheList() {
    Lab lab;
    Selection& selection = lab.window().selection();
    QVERIFY(lab.state().setSchemeText(QStringLiteral("int4:group=48,range=mse")).isEmpty());
    const core::model::Recipe recipe(lab.state().input().scheme);
    QVERIFY(!selection.isChecked(recipe));
    lab.click("lab-use");
    QVERIFY(selection.isChecked(recipe));
    QCOMPARE(selection.currentRecipe(), std::optional(recipe));
    QVERIFY(!lab.find<QAbstractButton>("lab-use")->isEnabled());
    selection.setChecked(recipe, false);
    QVERIFY(lab.find<QAbstractButton>("lab-use")->isEnabled());
  }

  void typedAndDrawnWeights() {
    Lab lab{QString()};
    lab.click("lab-source-2");
    lab.type("lab-typed", QStringLiteral("0.1; 0.2 -0.3,  4e-1"));
    QCOMPARE(lab.state().block().values, (std::vector<float>{0.1F, 0.2F, -0.3F, 0.4F}));
    QVERIFY(lab.open(QStringLiteral("scheme=int8&values=0.45892,1,-0.3")).isEmpty());
    QCOMPARE(lab.find<QLineEdit>("lab-typed")->text(), QStringLiteral("0.45892, 1, -0.3"));  // as it was typed
    QVERIFY(lab.open(QStringLiteral("values=0.1,0.2,-0.3,0.4")).isEmpty());
    lab.type("lab-typed", QStringLiteral("0.1, pear"));
    QVERIFY2(lab.text("lab-problem").contains(QStringLiteral("pear")), qPrintable(lab.text("lab-problem")));
    QCOMPARE(lab.state().block().values.size(), std::size_t{4});
    lab.click("lab-source-1");
    QVERIFY(lab.state().setSchemeText(QStringLiteral("int4:group=row")).isEmpty());
    auto* count = lab.find<QComboBox>("lab-count");
    count->setCurrentIndex(count->findText(QStringLiteral("64")));
    const auto plain = lab.state().block().values;
    QCOMPARE(plain.size(), std::size_t{64});
    lab.find<QSpinBox>("lab-outliers")->setValue(2);
    QCOMPARE(std::count(lab.state().block().values.begin(), lab.state().block().values.end(), 8.0F), 1);
    QCOMPARE(std::count(lab.state().block().values.begin(), lab.state().block().values.end(), -8.0F), 1);
    lab.find<QSpinBox>("lab-outliers")->setValue(0);
    lab.click("lab-roll");
    QVERIFY(lab.state().block().values != plain);
    lab.state().undoStack().undo();
    QCOMPARE(lab.state().block().values, plain);
    auto* distribution = lab.find<QComboBox>("lab-distribution");
    distribution->setCurrentIndex(2);
    for (const float value : lab.state().block().values) QVERIFY(std::abs(value) < 1.7321F);
  }

  void theClipHasABestEnd() {
    Lab lab{QString()};
    // One outlier of 8 among 1024: cutting it off pays.
    QVERIFY(
        lab.open(QStringLiteral("scheme=int4:group=row&distribution=normal&count=1024&outlier=8&show=clip")).isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    auto* chart = lab.find<ClipChart>("lab-clip-chart");
    QVERIFY(chart->best() != nullptr);
    QVERIFY2(chart->best()->clip < 0.8, qPrintable(QString::number(chart->best()->clip)));
    const double unclipped = lab.state().block().error.mse();
    QVERIFY(std::abs(chart->at(1)->total() / unclipped - 1) < 1e-6);
    lab.click("lab-clip-best");
    QCOMPARE(lab.state().input().clip, chart->best()->clip);
    QVERIFY(std::abs(lab.state().block().error.mse() / chart->best()->total() - 1) < 1e-6);
    QVERIFY(lab.state().block().error.mse() < unclipped);
    QVERIFY2(lab.find<QAbstractButton>("lab-clip-use-0")->text().contains(QStringLiteral("range=mse")),
             qPrintable(lab.find<QAbstractButton>("lab-clip-use-0")->text()));
    auto* slider = lab.find<QSlider>("lab-clip");
    slider->setFocus();
    QTest::keyClick(slider, Qt::Key_Right);
    QVERIFY(std::abs(lab.state().input().clip - chart->best()->clip - 0.01) < 1e-9);
    // The chart's own line moves under the hand; one drag is one step of undo.
    const int steps = lab.state().undoStack().count();
    const QPoint from(chart->width() / 3, chart->height() / 2), to(chart->width() / 2, chart->height() / 2);
    QTest::mousePress(chart, Qt::LeftButton, {}, from);
    for (int x = from.x(); x <= to.x(); x += 5) {
      QMouseEvent move(QEvent::MouseMove, QPoint(x, to.y()), chart->mapToGlobal(QPoint(x, to.y())), Qt::NoButton,
                       Qt::LeftButton, {});
      QCoreApplication::sendEvent(chart, &move);
    }
    QTest::mouseRelease(chart, Qt::LeftButton, {}, to);
    QCOMPARE(lab.state().undoStack().count(), steps + 1);
    QVERIFY(lab.state().input().clip > 0.3 && lab.state().input().clip < 0.7);
    // Where no scale is shared there is nothing to clip.
    QVERIFY(lab.state().setSchemeText(QStringLiteral("fp16")).isEmpty());
    QVERIFY(!slider->isEnabled() && chart->best() == nullptr);
    lab.state().undoStack().undo();
    QVERIFY(slider->isEnabled() && chart->best() != nullptr);
    // A clipped weight is shown as it was and as it went in.
    const LabBlock& block = lab.state().block();
    QVERIFY(*std::max_element(block.values.begin(), block.values.end()) >
            *std::max_element(block.clipped.begin(), block.clipped.end()));
    lab.showTab(kSteps);
    auto* table = lab.find<QTableView>("lab-steps");
    QCOMPARE(table->model()->columnCount(), static_cast<int>(block.explanation.steps.size()) + 1);
  }

  void groupSizeTradesErrorForBits() {
    Lab lab;
    QVERIFY(lab.open(QStringLiteral("scheme=int4:group=16&show=sharing")).isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    auto* chart = lab.find<SharingChart>("lab-sharing-chart");
    const ChartTable table = chart->table();
    QCOMPARE(table.rowLabels.first(), QStringLiteral("16"));
    QCOMPARE(table.rowLabels.last(), QStringLiteral("tensor"));
    QCOMPARE(table.rows.front()[0], 5.0);
    QVERIFY(table.rows.front()[1] < table.rows.back()[1]);
    auto* slider = lab.find<QSlider>("lab-sharing");
    slider->setFocus();
    QTest::keyClick(slider, Qt::Key_Right);
    QCOMPARE(lab.state().input().scheme.toString(), std::string("int4"));
    QTest::keyClick(slider, Qt::Key_End);
    QCOMPARE(lab.state().input().scheme.toString(), std::string("int4:group=tensor"));
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY(lab.text("lab-sharing-sentence").contains(QStringLiteral("tensor")));
    lab.state().undoStack().undo();
    QCOMPARE(slider->value(), 1);
    QVERIFY(lab.state().setSchemeText(QStringLiteral("q4_0")).isEmpty());
    QVERIFY(!slider->isEnabled());
  }

  void theWinnerIsTheOneOfLeastError() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("scheme=int4:group=64&distribution=normal&count=512&show=rivals")).isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    auto* table = lab.find<QTableView>("lab-rivals");
    const auto* model = static_cast<const RivalsModel*>(table->model());
    QStringList names;
    double before = 0;
    for (const auto& trial : model->trials()) {
      names << QString::fromStdString(trial.scheme.toString());
      QVERIFY(trial.error.relativeError() >= before);
      before = trial.error.relativeError();
    }
    for (const char* wanted : {"int4:group=64", "log4:group=64", "kmeans4", "nf4", "fp4"})
      QVERIFY2(names.contains(QLatin1String(wanted)), wanted);
    QVERIFY(
        lab.text("lab-rivals-sentence").contains(QString::fromStdString(model->trials().front().scheme.displayName())));
    // On even weights even levels beat those for a normal distribution, whose levels lie dense where these are not.
    const auto place = [&](const char* scheme) {
      for (std::size_t i = 0; i < model->trials().size(); ++i)
        if (model->trials()[i].scheme.toString() == scheme) return static_cast<int>(i);
      return -1;
    };
    QVERIFY(place("nf4") < place("int4:group=64"));
    QVERIFY(lab.open(QStringLiteral("scheme=int4:group=64&distribution=uniform&count=512&show=rivals")).isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY(place("int4:group=64") < place("nf4"));
    table->setCurrentIndex(model->index(place("nf4"), 0));
    table->setFocus();
    QTest::keyClick(table, Qt::Key_Return);
    QCOMPARE(lab.state().input().scheme.toString(), std::string("nf4"));
  }

  void bytesAreThoseOfTheBlockAndLeadToItsWeights() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("scheme=q4_k&distribution=normal&count=256&weight=40&show=bytes")).isEmpty());
    auto* bytes = lab.find<BlockBytes>("lab-bytes");
    QVERIFY2(bytes->legendText().contains(QStringLiteral("S ")) && bytes->legendText().contains(QStringLiteral("q ")),
             qPrintable(bytes->legendText()));
    const auto& block = lab.state().block();
    QCOMPARE(block.explanation.bytes.size(), std::size_t{144});
    QVERIFY(
        std::equal(block.explanation.bytes.begin(), block.explanation.bytes.end(), block.quantized->payload.begin()));
    QTest::mouseClick(bytes, Qt::LeftButton, {}, bytes->bitRect(8 * 16).center().toPoint());  // the first code
    QCOMPARE(lab.state().weight(), std::uint64_t{0});
    QVERIFY2(lab.text("lab-field").contains(QStringLiteral("weight 0")), qPrintable(lab.text("lab-field")));
    bytes->setFocus();
    QTest::keyClick(bytes, Qt::Key_Home);
    QVERIFY2(lab.text("lab-field").contains(QStringLiteral("FP16")), qPrintable(lab.text("lab-field")));
    // The parts sum to the bits per weight.
    QStringList sizes;
    for (const Label* label : lab.find<QWidget>("lab-size")->findChildren<Label*>())
      if (!label->isHidden()) sizes << label->text();
    QVERIFY2(sizes.contains(QStringLiteral("4.5000")), qPrintable(sizes.join(u'|')));
  }

  void curvesGoThroughTheWeights() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("scheme=int4:group=64&distribution=normal&count=512&show=curves")).isEmpty());
    auto* staircase = lab.find<TransferChart>("lab-staircase");
    const ChartTable table = staircase->table();
    QVERIFY(table.rows.size() > 500);
    std::set<double> levels;
    for (const auto& row : table.rows) {
      levels.insert(row[1]);
      QVERIFY(std::abs(row[2] - (row[1] - row[0])) < 1e-12);
    }
    QCOMPARE(levels.size(), std::size_t{15});  // −7 … 7
    const auto* steps = lab.find<StepErrorChart>("lab-step-errors");
    double counted = 0;
    for (const auto& row : steps->table().rows) counted += row[2];
    // The whole row, not only the block; a few lie beyond an outermost level whose scale was rounded down.
    QVERIFY(counted > 500 && counted <= 512);
    QVERIFY2(lab.text("lab-verdict").contains(QString::number(static_cast<int>(counted))),
             qPrintable(lab.text("lab-verdict")));
  }

  void linksLeadBackToTheSamePlace() {
    Lab lab;
    const QString places[] = {
        QStringLiteral("scheme=int8:group=32&values=0.45892,1,-0.3&step=round"),
        QStringLiteral("scheme=nf4&distribution=laplace&count=256&seed=7&outlier=8&outliers=2&weight=70&show=rivals"),
        QStringLiteral("scheme=int4&distribution=uniform&count=64&seed=2&moved=3:5.5,40:-2&clip=0.5&show=clip"),
        QStringLiteral("tensor=blk.1.attn_q.weight&scheme=q4_0&row=3&block=2&step=error"),
    };
    for (const QString& place : places) {
      QCOMPARE(lab.open(place), QString());
      QVERIFY(lab.window().waitUntilIdle());
      const LabInput input = lab.state().input();
      const std::uint64_t weight = lab.state().weight();
      const auto decoded = lab.state().block().decoded;
      const Link link = lab.workspace()->link();
      QVERIFY(lab.open(QStringLiteral("scheme=int2&values=1,2&step=range&show=bytes")).isEmpty());
      QCOMPARE(lab.workspace()->openLink(link), QString());
      QVERIFY(lab.window().waitUntilIdle());
      QCOMPARE(lab.workspace()->link(), link);
      QCOMPARE(lab.state().input().scheme, input.scheme);
      QCOMPARE(lab.state().weight(), weight);
      QCOMPARE(lab.state().block().decoded, decoded);
    }
    QCOMPARE(lab.state().weight(), std::uint64_t{3 * 256 + 2 * 32});
  }

  void wrongLinksAreRefusedAndChangeNothing() {
    Lab lab;
    QVERIFY(lab.open(QStringLiteral("scheme=int4&distribution=normal")).isEmpty());
    const LabInput before = lab.state().input();
    for (const char* wrong :
         {"scheme=int9", "values=1,apple", "distribution=cauchy", "distribution=normal&count=0",
          "distribution=normal&count=99999999", "distribution=normal&outlier=nan", "clip=7", "step=dance",
          "show=nothing", "moved=3", "moved=x:1", "colour=red", "tensor=no.such.tensor", "row=99999&block=0",
          "row=0&block=4000", "distribution=normal&seed=-1"}) {
      const QString sentence = lab.open(QLatin1String(wrong));
      QVERIFY2(sentence.size() > 10 && sentence.endsWith(u'.'), qPrintable(QLatin1String(wrong) + u':' + sentence));
      QVERIFY2(lab.state().input() == before, wrong);
    }
    Lab none{QString()};
    QVERIFY(none.open(QStringLiteral("row=3&block=2")).contains(QStringLiteral("no model")));
  }

  /// Every stage that a lesson sets here can be set, at the step it names.
  void theStagesOfTheLessonsOpen() {
    Lab lab{QString()};
    static const QRegularExpression stage(QStringLiteral("quantscope://quantize\\?[^\"\\s)]+"));
    int opened = 0;
    QDirIterator files(QStringLiteral(QS_SOURCE_DIR "/resources/lessons"), {QStringLiteral("*.json")}, QDir::Files,
                       QDirIterator::Subdirectories);
    while (files.hasNext()) {
      QFile file(files.next());
      QVERIFY(file.open(QIODevice::ReadOnly));
      auto links = stage.globalMatch(QString::fromUtf8(file.readAll()));
      while (links.hasNext()) {
        const QString text = links.next().captured();
        const auto link = Link::parse(text);
        QVERIFY2(link, qPrintable(text));
        QVERIFY2(lab.workspace()->openLink(*link).isEmpty(), qPrintable(text));
        QVERIFY2(lab.state().problem().isEmpty(), qPrintable(text + lab.state().problem()));
        if (link->has(QStringLiteral("step")))
          QCOMPARE(lab.workspace()->findChild<StepsPage*>()->stage(), link->value(QStringLiteral("step")));
        ++opened;
      }
    }
    QVERIFY(opened > 0);
    QVERIFY(lab.window().waitUntilIdle());
  }

  void editsBelongToTheirWeights() {
    Lab lab;
    QVERIFY(lab.open(QStringLiteral("scheme=int4&row=0&block=0")).isEmpty());
    const float before = lab.state().block().values[4];
    lab.state().moveWeight(4, 3.5F);
    QCOMPARE(lab.state().block().values[4], 3.5F);
    Selection& selection = lab.window().selection();
    const auto tensor = *selection.tensor();
    selection.setTensor(tensor + 1);
    QVERIFY(lab.state().block().values[4] != 3.5F);
    selection.setTensor(tensor);
    QCOMPARE(lab.state().block().values[4], 3.5F);
    lab.click("lab-restore");
    QCOMPARE(lab.state().block().values[4], before);
  }

  void aDoubleClickOpensTheWeightInBits() {
    Lab lab;
    QVERIFY(lab.open(QStringLiteral("scheme=int4&row=2&block=1")).isEmpty());
    QTest::qWait(50);
    auto* bars = lab.find<WeightBars>("lab-bars");
    bars->setFocus();
    QTest::keyClick(bars, Qt::Key_Right);
    QTest::keyClick(bars, Qt::Key_Return);
    QCOMPARE(lab.window().selection().workspace(), QStringLiteral("bits"));
    QCOMPARE(lab.window().selection().weight(), std::optional<std::uint64_t>(2 * 256 + 32 + 1));
  }

  void aLargeTensorIsAJobAndTheRestOfThePageStays() {
    Lab lab;
    QVERIFY(lab.open(QStringLiteral("scheme=int4:group=tensor&tensor=token_embd.weight")).isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY(lab.state().isCurrent());
    QVERIFY(lab.state().block().values.size() <= LabBlock::kMostShown && !lab.state().block().isEmpty());
    QCOMPARE(lab.state().block().decoded, decodedByTheQuantizer(lab.state()));
    // Another tensor's block takes a moment, too: until then nothing stands under its name.
    Selection& selection = lab.window().selection();
    const auto before = *selection.tensor();
    for (std::size_t other = 0; *selection.tensor() == before; ++other)
      if (other != before && selection.model()->checkpoint().tensors()[other].shape.count() > 1U << 15U)
        selection.setTensor(other);
    QVERIFY(lab.state().block().isEmpty() && !lab.state().isCurrent() && lab.state().problem().isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    QCOMPARE(lab.state().block().decoded, decodedByTheQuantizer(lab.state()));
  }

  void whatNobodyChoseIsNotKept() {
    Lab lab{QString()};
    QCOMPARE(lab.state().input().source, WeightSource::Drawn);
    lab.window().restart(QStringLiteral("quantize"));  // with the demo model
    QCOMPARE(lab.state().input().source, WeightSource::Tensor);
  }

  void drawnWeightsAreThereAgainAfterARestart() {
    Lab lab;
    QVERIFY(lab.open(QStringLiteral("scheme=int3:group=16&distribution=laplace&count=128&seed=5&moved=2:4&show=curves"))
                .isEmpty());
    const auto decoded = lab.state().block().decoded;
    lab.window().restart(QStringLiteral("quantize"));
    QCOMPARE(lab.state().input().scheme.toString(), std::string("int3:group=16"));
    QCOMPARE(lab.state().block().decoded, decoded);
    QVERIFY(!lab.state().undoStack().canUndo());
    QCOMPARE(lab.find<QTabWidget>("lab-tabs")->currentIndex(), kCurves);
  }

  /// Beside the schemes panel of a window of 1280 × 800, and in the smallest window.
  void fitsASmallWindow() {
    Lab lab;
    for (const char* scheme : {"int4", "q4_k", "int8:group=row", "kmeans4", "nf4:double=on"}) {
      QVERIFY(lab.open(QStringLiteral("scheme=") + QLatin1String(scheme)).isEmpty());
      for (int tab = kSteps; tab <= kRivals; ++tab) {
        lab.showTab(tab);
        QVERIFY(lab.window().waitUntilIdle());
        const QSize least = lab.workspace()->minimumSizeHint();
        QVERIFY2(least.width() <= 840,
                 qPrintable(QStringLiteral("%1 %2: %3").arg(QLatin1String(scheme)).arg(tab).arg(least.width())));
        for (const QSize size : {QSize(1024, 640), QSize(1280, 800)}) {
          lab.window().window().resize(size);
          const auto* place = lab.window().find<QScrollArea>(QStringLiteral("page-place"));
          const auto* across = place->horizontalScrollBar();
          const auto* down = place->verticalScrollBar();
          QTest::qWait(20);
          const bool fits = QTest::qWaitFor([&] { return across->maximum() == 0 && down->maximum() == 0; }, 500);
          QVERIFY2(fits, qPrintable(QStringLiteral("%1 %2 at %3: %4 × %5 more")
                                        .arg(QLatin1String(scheme))
                                        .arg(tab)
                                        .arg(size.width())
                                        .arg(across->maximum())
                                        .arg(down->maximum())));
        }
      }
    }
  }

  void paintedWidgetsSpeak() {
    Lab lab{QString()};
    QVERIFY(!lab.find<WeightBars>("lab-bars")->accessibleName().isEmpty());
    QVERIFY(lab.find<WeightBars>("lab-bars")->accessibleDescription().contains(QStringLiteral("SQNR")));
    for (const char* chart :
         {"lab-staircase", "lab-saw-tooth", "lab-step-errors", "lab-clip-chart", "lab-sharing-chart", "lab-bytes"})
      QVERIFY2(!lab.find<QWidget>(chart)->accessibleName().isEmpty(), chart);
    QVERIFY(lab.workspace()->helpText().size() > 200);
    for (int tab = kSteps; tab <= kRivals; ++tab) {
      lab.showTab(tab);
      for (QWidget* widget : lab.workspace()->findChildren<QWidget*>()) {
        if (!widget->isVisible() || widget->focusPolicy() == Qt::NoFocus) continue;
        if (widget->inherits("QTabBar")) continue;                                         // its tabs speak
        if (qobject_cast<QAbstractSpinBox*>(widget->parentWidget()) != nullptr) continue;  // which speaks itself
        const QAccessibleInterface* spoken = QAccessible::queryAccessibleInterface(widget);
        QVERIFY2(spoken != nullptr && !spoken->text(QAccessible::Name).isEmpty(),
                 qPrintable(QStringLiteral("%1 %2 in tab %3")
                                .arg(QLatin1String(widget->metaObject()->className()), widget->objectName())
                                .arg(tab)));
      }
    }
  }
};

QTEST_MAIN(TestQuantizeWorkspace)
#include "tst_quantize_workspace.moc"
