// Quantize: the weights, and the block that follows the hand. Blocks are compared with what quantize() itself makes of
// the same weights.
#include <QComboBox>
#include <QLineEdit>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTabWidget>
#include <QTest>
#include <algorithm>
#include <cmath>

#include "app/calibration/calibration_notice.h"
#include "app/calibration/calibrator.h"
#include "app/pictures/transfer_chart.h"
#include "app/workspaces/quantize/block_summary.h"
#include "app/workspaces/quantize/lab_stage.h"
#include "core/quant/registry.h"

#include "quantize_lab.h"

using namespace app;
using namespace quantize_lab;

namespace {
const char* const kByImportance[] = {"q4_k:method=imatrix", "int4:range=mse,method=imatrix", "kmeans4:method=imatrix",
                                     "iq2_xxs:method=imatrix", "q4_0:method=imatrix"};
}

class TestQuantizeBlock : public QObject {
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
      QVERIFY(lab.window().waitUntilIdle());  // blocks of slow encoders follow
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
      // What is stored is one of the levels of the weight's own group, and those beyond them are judged by these.
      std::size_t beyond = 0;
      for (std::size_t i = 0; i < expected.size(); ++i) {
        const auto levels = block.levelsAt(i);
        if (levels.empty()) continue;
        QVERIFY2(std::binary_search(levels.begin(), levels.end(), static_cast<double>(expected[i])), name);
        const double value = static_cast<double>(block.values[i]);
        beyond += value < levels.front() || value > levels.back() ? 1 : 0;
      }
      QVERIFY2(block.beyondLevels() == beyond, name);
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
  /// A norm is shown under the scheme, and it is said that schemes leave it alone.
  void aTensorThatStaysAsStoredIsSaid() {
    Lab lab;
    QVERIFY(lab.open(QStringLiteral("tensor=output_norm.weight&scheme=int4")).isEmpty());
    QVERIFY(lab.find<Label>("lab-note")->isVisible());
    QVERIFY2(lab.text("lab-note").contains(QStringLiteral("a norm")), qPrintable(lab.text("lab-note")));
    QVERIFY(!lab.state().block().isEmpty());
    QVERIFY(lab.open(QStringLiteral("tensor=blk.0.attn_q.weight&scheme=int4")).isEmpty());
    QVERIFY(!lab.find<Label>("lab-note")->isVisible());
    QVERIFY(lab.open(QStringLiteral("distribution=normal&scheme=int4")).isEmpty());
    QVERIFY(!lab.find<Label>("lab-note")->isVisible());
  }

  /// Drawn weights meet no inputs that could matter: one sentence, and the way to go without.
  void schemesThatNeedCalibrationSaySo() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("distribution=normal&count=512")).isEmpty());
    for (const char* scheme : kByImportance) {
      QVERIFY(lab.state().setSchemeText(QLatin1String(scheme)).isEmpty());
      QVERIFY(lab.window().waitUntilIdle());
      QVERIFY2(lab.state().block().isEmpty() && lab.text("lab-why").contains(QStringLiteral("importance")), scheme);
      QVERIFY2(lab.text("lab-why").count(QStringLiteral(". ")) == 0 && lab.text("lab-why").endsWith(u'.'), scheme);
      QVERIFY2(!lab.find<QTabWidget>("lab-tabs")->isVisible(), scheme);
      QVERIFY(lab.workspace()->findChild<CalibrationNotice*>()->isHidden());  // no text would help
      const QString way = lab.find<QAbstractButton>("lab-draw")->text();
      lab.click("lab-draw");
      QVERIFY(lab.window().waitUntilIdle());
      QVERIFY2(!lab.state().block().isEmpty(), scheme);
      QCOMPARE(way, QStringLiteral("Use ") + QString::fromStdString(lab.state().input().scheme.toString()));
      QVERIFY(!lab.find<QAbstractButton>("lab-draw")->isVisible());
    }
  }

  /// The demo model reads its own text, and the block is what the encoder makes of it.
  void theDemoReadsItsTextForThem() {
    Lab lab;
    QVERIFY(lab.window().waitUntilIdle());
    auto* notice = lab.workspace()->findChild<CalibrationNotice*>();
    QVERIFY(notice->isHidden());
    QVERIFY(lab.state().setSchemeText(QLatin1String(kByImportance[0])).isEmpty());
    QVERIFY2(notice->text().contains(QStringLiteral("follow when the calibration text is read")),
             qPrintable(notice->text()));
    for (const char* scheme : kByImportance) {
      QVERIFY(lab.state().setSchemeText(QLatin1String(scheme)).isEmpty());
      QVERIFY(lab.window().waitUntilIdle());
      QVERIFY2(notice->isHidden() && lab.state().problem().isEmpty(), qPrintable(lab.state().problem()));
      QVERIFY2(!lab.state().block().isEmpty() && lab.find<QTabWidget>("lab-tabs")->isVisible(), scheme);
      QCOMPARE(lab.state().block().decoded, decodedByTheQuantizer(lab.state()));
    }
  }

  /// Whoever stops the reading is not answered by a text that is read all the same.
  void noTextIsReadBehindAStop() {
    Lab lab;
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY(lab.state().setSchemeText(QStringLiteral("gptq:group=32")).isEmpty());
    QVERIFY(lab.window().window().calibrator().isRunning());
    QVERIFY(lab.state().block().isEmpty() && !lab.state().isCurrent() && lab.state().problem().isEmpty());
    lab.window().window().calibrator().stop();
    QVERIFY(lab.window().waitUntilIdle());
    if (lab.window().selection().calibrationState()->made) QSKIP("it was read before it could be stopped");
    QVERIFY(lab.state().block().isEmpty());
    QVERIFY2(lab.state().problem().contains(QStringLiteral("calibration text")), qPrintable(lab.state().problem()));
  }

  /// Another model's schemes wait for a text, with a button, or do without.
  void anotherModelWaitsForAText() {
    const OwnModel own;
    Lab lab{own.path()};
    QVERIFY(lab.open(QStringLiteral("tensor=blk.0.attn_q.weight&scheme=gptq:group=32&show=columns")).isEmpty());
    QVERIFY(lab.window().waitUntilIdle());
    auto* notice = lab.workspace()->findChild<CalibrationNotice*>();
    QVERIFY2(notice->text().contains(QStringLiteral("has to read a text first")), qPrintable(notice->text()));
    QVERIFY(notice->findChild<QPushButton*>(QStringLiteral("calibrate"))->isVisible());
    QVERIFY(lab.state().block().isEmpty() && !lab.find<QTabWidget>("lab-tabs")->isVisible());
    QVERIFY2(lab.text("lab-why").contains(QStringLiteral("calibration")), qPrintable(lab.text("lab-why")));
    lab.window().window().calibrator().read({QStringLiteral("demo"), {}});
    QVERIFY(lab.window().waitUntilIdle());
    QVERIFY(notice->isHidden());
    QCOMPARE(lab.state().block().decoded, decodedByTheQuantizer(lab.state()));
    QVERIFY(lab.find<QTabWidget>("lab-tabs")->isVisible());
  }

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
};

QTEST_MAIN(TestQuantizeBlock)
#include "tst_quantize_block.moc"
