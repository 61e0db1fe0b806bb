// Trace on the demo model, driven with mouse and keyboard: from the word to the weights, to Bits, to Chat and back.
#include <QComboBox>
#include <QFile>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPointer>
#include <QPushButton>
#include <QSpinBox>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <QTreeView>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/widgets/old_veil.h"
#include "app/workspaces/chat/conversation_json.h"
#include "app/workspaces/trace/block_map.h"
#include "app/workspaces/trace/depth_chart.h"
#include "app/workspaces/trace/hand_changes.h"
#include "app/workspaces/trace/part_model.h"
#include "app/workspaces/trace/step_bar.h"
#include "app/workspaces/trace/tensor_map.h"
#include "app/workspaces/trace/trace_state.h"
#include "app/workspaces/trace/trace_workspace.h"
#include "app/workspaces/trace/weight_model.h"
#include "chat_hands.h"
#include "workspace_window.h"

using namespace app;

namespace {

const QString kLink =
    QStringLiteral("quantscope://trace?scheme=int4:group=64&prompt=What%20is%20a%20zero-point?&device=cpu");

/// The page with a trace of the demo model.
struct Traced {
  explicit Traced(const QString& link = kLink) : shown(QStringLiteral("trace")) {
    static_cast<void>(shown.waitUntilIdle());
    if (link.isEmpty()) return;
    shown.window().openLink(link);
    static_cast<void>(settled());
  }
  bool settled() {
    return QTest::qWaitFor([this] { return state().isComplete() && !state().isRunning(); }, 60000) &&
           shown.waitUntilIdle();
  }
  TraceWorkspace& page() { return *shown.find<TraceWorkspace>(); }
  TraceState& state() { return page().state(); }
  const Trace& trace() { return *state().trace(); }
  QString text(const char* name) { return shown.find<QLabel>(QString::fromLatin1(name))->text(); }
  int step() { return page().findChild<StepBar*>()->current(); }
  void goTo(int step) {
    QTest::mouseClick(page().findChild<StepButton*>(QStringLiteral("trace-step-%1").arg(step)), Qt::LeftButton);
    QTest::qWait(20);
    static_cast<void>(shown.waitUntilIdle());
  }
  template <class T>
  T* part() {
    return page().findChild<T*>();
  }

  WorkspaceWindow shown;
};

}  // namespace

class TestTrace : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aQuestionIsFollowedToTheWeights() {
    Traced traced{QString()};
    QVERIFY(!traced.shown.find<QPushButton>(QStringLiteral("trace-run"))->isEnabled());  // nothing is asked
    traced.shown.window().openLink(kLink);
    QVERIFY(traced.settled());
    QVERIFY2(traced.text("trace-case").contains(QStringLiteral("logit difference")),
             qPrintable(traced.text("trace-case")));
    QVERIFY2(traced.text("trace-proof").startsWith(QStringLiteral("Restoring")),
             qPrintable(traced.text("trace-proof")));
    // The parts are the whole.
    const auto& rows = traced.part<PartModel>()->rows();
    double sum = 0.0;
    for (const auto& row : rows)
      if (!row.isSum) sum += row.contribution.value_or(0.0);
    QVERIFY(rows.back().isSum);
    QVERIFY(std::abs(sum - *rows.back().contribution) < 1e-6 * std::abs(sum) + 1e-9);
    const auto& found = traced.trace().found();
    QVERIFY(std::abs(*rows.back().contribution - (found.referenceDifference() - found.comparedDifference())) < 0.05);
    // What was proved is selected: everywhere.
    const auto& first = traced.trace().proof->weights->members.front();
    QCOMPARE(traced.shown.selection().tensorInfo()->name, traced.trace().tensors[first.tensor].name);
    QCOMPARE(*traced.shown.selection().weight(), first.first);
    for (int step = 1; step <= 4; ++step) {
      traced.goTo(step);
      const auto* button = traced.page().findChild<StepButton*>(QStringLiteral("trace-step-%1").arg(step));
      QVERIFY(!button->result().isEmpty());
      QVERIFY(!button->accessibleName().isEmpty());
    }
    QCOMPARE(traced.part<DepthChart>()->steps().size(), traced.trace().depth->steps.size());
    QVERIFY(traced.part<WeightModel>()->rowOf(first.first) >= 0);
  }

  void stepsAreTiedToTheOneSelection() {
    Traced traced;
    Selection& selection = traced.shown.selection();
    traced.goTo(2);
    auto* map = traced.part<TensorMap>();
    const int cell = 17;
    map->replot();
    QTest::mouseClick(map, Qt::LeftButton, {}, map->centerOf(cell));
    QCOMPARE(QString::fromStdString(selection.tensorInfo()->name), map->cells()[cell].name);
    // The list stands on the same tensor, and the other way round.
    auto* list = traced.page().findChild<QTreeView*>(QStringLiteral("trace-parts"));
    auto* parts = traced.part<PartModel>();
    QCOMPARE(list->currentIndex().row(), parts->rowOf(cell));
    list->scrollToTop();
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualRect(parts->index(0, 0)).center());
    QCOMPARE(QString::fromStdString(selection.tensorInfo()->name), parts->rows().front().name);
    // With the keyboard: to the neighbour, down to the matrix, to a block, to its weights.
    map->setFocus();
    const std::string before = selection.tensorInfo()->name;
    QTest::keyClick(map, Qt::Key_Right);
    QVERIFY(selection.tensorInfo()->name != before);
    QTest::keyClick(map, Qt::Key_Return);
    QCOMPARE(traced.step(), 2);
    QVERIFY(traced.shown.waitUntilIdle());
    auto* blocks = traced.part<BlockMap>();
    QVERIFY(blocks->hasFocus());
    QTest::keyClick(blocks, Qt::Key_Down);
    const auto block = traced.state().block();
    QVERIFY(block && selection.weight());
    QVERIFY(*selection.weight() >= block->first && *selection.weight() < block->first + block->count);
    QTest::keyClick(blocks, Qt::Key_Return);
    QCOMPARE(traced.step(), 3);
    QTest::qWait(20);
    QVERIFY(traced.shown.waitUntilIdle());
    auto* weights = traced.part<WeightModel>();
    QCOMPARE(weights->rowCount(), static_cast<int>(block->count));
    auto* table = traced.page().findChild<QTableView*>(QStringLiteral("trace-weights"));
    QVERIFY(table->hasFocus());
    QTest::keyClick(table, Qt::Key_Down);
    const std::uint64_t chosen = *selection.weight();
    QCOMPARE(chosen, weights->weight(table->currentIndex().row()).element);
    // Bits opens there; back returns.
    QTest::keyClick(table, Qt::Key_Return);
    QCOMPARE(selection.workspace(), QStringLiteral("bits"));
    QCOMPARE(*selection.weight(), chosen);
    selection.back();
    QCOMPARE(selection.workspace(), QStringLiteral("trace"));
    QVERIFY(traced.state().trace() != nullptr);
    QTest::keyClick(table, Qt::Key_Backspace);
    QCOMPARE(traced.step(), 2);
    // Quantize opens at the block.
    traced.goTo(4);
    QTest::mouseClick(traced.page().findChild<QToolButton*>(QStringLiteral("trace-open-quantize")), Qt::LeftButton);
    QCOMPARE(selection.workspace(), QStringLiteral("quantize"));
    QVERIFY(traced.shown.window().errorText().isEmpty());
    QCOMPARE(*selection.weight(), chosen);
    selection.back();
    QCOMPARE(selection.workspace(), QStringLiteral("trace"));
  }

  void whatIsDrawnOfALargeMatrixKeepsItsExtremes() {
    core::trace::TensorContribution tensor;
    tensor.rows = 1000;
    tensor.width = 16384;
    tensor.blockSize = 32;
    tensor.blockSums.assign(1000 * 512, 0.001F);
    tensor.blockSums[701 * 512 + 403] = -2.0F;
    const ContributionMap map = contributionMap(tensor, 100);
    QCOMPARE(map.cellRows, std::size_t{100});
    QCOMPARE(map.cellColumns, std::size_t{100});
    QCOMPARE(map.largest, 2.0F);
    const std::size_t cell = 70 * 100 + 403 * 100 / 512;
    QCOMPARE(map.values[cell], -2.0F);
    QCOMPARE(map.extremes[cell], std::uint64_t{701 * 512 + 403});
    // A click near it finds it, and arrow keys leave it.
    BlockMap picture;
    picture.resize(500, 400);
    picture.setMap(map);
    picture.replot();
    BlockMap::Place clicked;
    connect(&picture, &BlockMap::blockClicked, this, [&](quint64 row, quint64 block) {
      clicked = {row, block};
      picture.setSelected(clicked);
    });
    QTest::mouseClick(&picture, Qt::LeftButton, {}, picture.centerOf({705, 404}));
    QCOMPARE(clicked, BlockMap::Place(701, 403));
    QTest::keyClick(&picture, Qt::Key_Up);
    QVERIFY(clicked.first >= 690 && clicked.first < 700);
  }

  void contributionsOfABlockAddUp() {
    Traced traced;
    traced.goTo(4);
    QTest::qWait(20);
    QVERIFY(traced.shown.waitUntilIdle());
    const auto block = *traced.state().block();
    const auto& known = *traced.state().contribution(*traced.state().tensor());
    auto* weights = traced.part<WeightModel>();
    double sum = 0.0;
    for (int row = 0; row < weights->rowCount(); ++row)
      sum += weights->index(row, WeightModel::Contribution).data(WeightModel::kShareRole).toDouble();
    // Shares are of the largest, which stands first.
    const double whole = static_cast<double>(known.blockSums[block.row * known.blocksPerRow() + block.block]);
    QVERIFY(weights->rowCount() > 0 && std::abs(whole) > 0);
    const QString first = weights->index(0, WeightModel::Contribution).data().toString();
    const double largest = QLocale().toDouble(QString(first).replace(QChar(0x2212), u'-').remove(u'+'));
    QVERIFY2(std::abs(sum * std::abs(largest) - whole) < 0.02 * std::abs(whole) + 1e-3,
             qPrintable(QString::number(sum * largest)));
  }

  void oneCodeStoredDifferentlyIsRun() {
    Traced traced;
    traced.goTo(4);
    QTest::mouseClick(traced.page().findChild<QPushButton*>(QStringLiteral("trace-higher")), Qt::LeftButton);
    QVERIFY(traced.shown.waitUntilIdle());
    const auto* changes = traced.part<HandChanges>();
    QVERIFY2(changes->tried() != nullptr, qPrintable(changes->failure()));
    QVERIFY(changes->tried()->effect.has_value());
    QVERIFY(std::abs(changes->tried()->effect->logitDifference - traced.trace().found().comparedDifference()) > 1e-4);
    QVERIFY2(traced.text("trace-change").contains(QStringLiteral("instead of")),
             qPrintable(traced.text("trace-change")));
    QCOMPARE(changes->tried()->recipe.replacements.size(), std::size_t{1});
  }

  void anExponentBitOfAScaleIsToggled() {
    Traced traced;
    traced.goTo(4);
    QMenu* menu = traced.page().findChild<QToolButton*>(QStringLiteral("trace-toggle-bit"))->menu();
    Q_EMIT menu->aboutToShow();
    QAction* exponent = nullptr;
    QStringList fields;
    for (QAction* field : menu->actions()) {
      fields << field->text();
      for (QAction* bit : field->menu()->actions())
        if (field->text() == QStringLiteral("the scale") && bit->text().contains(QStringLiteral("exponent")))
          exponent = bit;
    }
    QVERIFY2(fields.contains(QStringLiteral("the code")), qPrintable(fields.join(u' ')));
    QVERIFY2(exponent != nullptr, qPrintable(fields.join(u' ')));
    exponent->trigger();
    QVERIFY(traced.shown.waitUntilIdle());
    const auto* tried = traced.part<HandChanges>()->tried();
    QVERIFY2(tried != nullptr, qPrintable(traced.part<HandChanges>()->failure()));
    QVERIFY2(tried->what.contains(QStringLiteral("exponent of the scale toggled")), qPrintable(tried->what));
    QVERIFY(std::abs(tried->effect->logitDifference - traced.trace().found().comparedDifference()) > 1e-4);
  }

  // The weights as stored can be broken, too: BF16 is compared with FP16, which says the same.
  void anExponentBitOfAStoredWeightBreaksTheModel() {
    Traced traced(
        QStringLiteral("quantscope://trace?reference=fp16&compared=stored&prompt=What%20is%20NF4?&token=0"
                       "&device=cpu&step=4&tensor=blk.5.ffn_down.weight&weight=0,31"));
    QCOMPARE(QString::fromStdString(traced.shown.selection().tensorInfo()->name),
             QStringLiteral("blk.5.ffn_down.weight"));  // the place that was named, not the one that did most
    QCOMPARE(traced.shown.selection().weight(), std::optional<std::uint64_t>(31));
    const auto toggle = [&](const QString& name) {
      QMenu* menu = traced.page().findChild<QToolButton*>(QStringLiteral("trace-toggle-bit"))->menu();
      Q_EMIT menu->aboutToShow();
      if (menu->actions().isEmpty() || menu->actions().front()->menu() == nullptr) return false;
      for (QAction* bit : menu->actions().front()->menu()->actions()) {
        if (bit->text() != name) continue;
        bit->trigger();
        return traced.shown.waitUntilIdle() && traced.part<HandChanges>()->tried() != nullptr;
      }
      return false;
    };
    QVERIFY(toggle(QStringLiteral("bit 6, mantissa")));
    QVERIFY(traced.part<HandChanges>()->tried()->effect->isReferenceWord);
    QVERIFY(traced.part<HandChanges>()->tried()->effect->divergence < 1e-3);
    QVERIFY(toggle(QStringLiteral("bit 12, exponent")));
    QVERIFY(traced.part<HandChanges>()->tried()->effect->divergence > 1);
    QVERIFY2(traced.text("trace-change").contains(QStringLiteral("it does not say")),
             qPrintable(traced.text("trace-change")));
    // Asked again, the same link computes nothing again.
    const auto asked = traced.state().question();
    QCOMPARE(traced.page().openLink(*Link::parse(QStringLiteral(
                 "quantscope://trace?reference=fp16&compared=stored&prompt=What%20is%20NF4?&token=0&device=cpu&step=4"
                 "&tensor=blk.2.ffn_down.weight&weight=119,103"))),
             QString());
    QCOMPARE(traced.state().question(), asked);
    QVERIFY(traced.shown.waitUntilIdle());
    // From 1 to 2, the highest bit of the exponent makes NaN: there is no word at all, and the sentence says where.
    QVERIFY(toggle(QStringLiteral("bit 14, exponent")));
    QVERIFY2(traced.part<HandChanges>()->tried()->noNumbers.contains(QStringLiteral("blk.2.ffn_down.weight holds NaN")),
             qPrintable(traced.part<HandChanges>()->tried()->noNumbers));
    QVERIFY(traced.page().findChild<QPushButton*>(QStringLiteral("trace-use-change"))->isVisible());
  }

  void whatComputesNoNumbersIsNamed() {
    Traced traced(
        QStringLiteral("quantscope://trace?reference=fp16&compared=stored&prompt=What%20is%20NF4?&token=0"
                       "&device=cpu&step=4&tensor=blk.2.ffn_down.weight&weight=119,103"));
    QMenu* menu = traced.page().findChild<QToolButton*>(QStringLiteral("trace-toggle-bit"))->menu();
    Q_EMIT menu->aboutToShow();
    for (QAction* bit : menu->actions().front()->menu()->actions())
      if (bit->text() == QStringLiteral("bit 14, exponent")) bit->trigger();
    QVERIFY(traced.shown.waitUntilIdle());
    const auto* tried = traced.part<HandChanges>()->tried();
    QVERIFY(tried != nullptr);
    TraceQuestion question = *traced.state().question();
    question.compared.recipe = tried->recipe;
    traced.shown.selection().askTrace(question);
    QVERIFY(QTest::qWaitFor([&] { return !traced.state().failure().isEmpty(); }, 60000));
    QVERIFY2(traced.text("trace-message-text").contains(QStringLiteral("The compared model, ") + tried->title),
             qPrintable(traced.text("trace-message-text")));
  }

  void whatWasRestoredIsTriedInChatAndTakenBack() {
    Traced traced;
    Selection& selection = traced.shown.selection();
    const auto before = *selection.currentRecipe();
    auto* tries = traced.page().findChild<QPushButton*>(QStringLiteral("trace-try"));
    QVERIFY(!tries->isChecked());
    QTest::mouseClick(tries, Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(selection.workspace(), QStringLiteral("chat"), 30000);
    QVERIFY(traced.shown.waitUntilIdle());
    const auto restored = *selection.currentRecipe();
    QVERIFY(!restored.replacements.empty());
    QVERIFY2(selection.title(restored).contains(QStringLiteral("restored")), qPrintable(selection.title(restored)));
    ChatHands chat(traced.shown);
    QVERIFY(chat.pane(1).scheme() == restored);
    // It says the word.
    QTest::keyClick(chat.prompt(), Qt::Key_Return);
    QVERIFY(chat.isDone());
    const auto& found = traced.trace().found();
    QVERIFY(chat.answer(1).tokens.size() > found.position());
    QCOMPARE(chat.answer(1).tokens[found.position()].id, found.parting.reference);
    // The list does not keep what no text can name; undo takes it away.
    for (const QString& line : selection.saveSchemes()) QVERIFY(!line.contains(QStringLiteral("restored")));
    const auto kept = conversationFromJson(toJson(chat.conversation()));
    QVERIFY(kept && kept->turns().size() == 1 && kept->newest(0, 0) != nullptr);
    QCOMPARE(kept->newest(0, 1), nullptr);
    selection.setWorkspace(QStringLiteral("trace"));
    // The switch stands where it was put; off, the pane is as it was.
    QVERIFY(tries->isChecked());
    QVERIFY(traced.text("trace-in-use").contains(QStringLiteral("restored")));
    QVERIFY(traced.page().findChild<QToolButton*>(QStringLiteral("trace-undo"))->isVisible());
    tries->setFocus();
    QTest::keyClick(tries, Qt::Key_Space);
    QVERIFY(!tries->isChecked());
    QCOMPARE(selection.entry(restored), nullptr);
    QVERIFY(traced.shown.waitUntilIdle());
    QVERIFY(chat.pane(1).scheme() == before);
  }

  void aHeadIsSwitchedOffAndChatGoesOnWithoutIt() {
    Traced traced;
    auto* button = traced.page().findChild<QPushButton*>(QStringLiteral("trace-break"));
    Q_EMIT button->menu()->aboutToShow();
    QMenu* heads = button->menu()->actions().at(1)->menu();
    QVERIFY(heads != nullptr);
    QCOMPARE(heads->actions().size(), static_cast<qsizetype>(traced.shown.selection().model()->config().heads));
    heads->actions().at(1)->trigger();
    QVERIFY(traced.shown.waitUntilIdle());
    QVERIFY2(traced.text("trace-change").contains(QStringLiteral("head 1 of layer")),
             qPrintable(traced.text("trace-change")));
    QTest::mouseClick(traced.page().findChild<QPushButton*>(QStringLiteral("trace-use-change")), Qt::LeftButton);
    QCOMPARE(traced.shown.selection().workspace(), QStringLiteral("chat"));
    ChatHands chat(traced.shown);
    QVERIFY(chat.pane(1).scheme()->replacements.size() == 1);
    QVERIFY(traced.shown.waitUntilIdle());
  }

  void whatNeverPartsIsSaid() {
    Traced traced(QStringLiteral("quantscope://trace?scheme=bf16&prompt=What%20is%20a%20zero-point?&device=cpu"));
    QVERIFY(traced.settled());
    QVERIFY2(traced.text("trace-message").startsWith(QStringLiteral("They never part")),
             qPrintable(traced.text("trace-message")));
    QVERIFY(traced.text("trace-message-text").contains(QStringLiteral("coarser")));
    QTest::mouseClick(traced.page().findChild<QPushButton*>(QStringLiteral("trace-coarser")), Qt::LeftButton);
    QVERIFY(traced.settled());
    QVERIFY(traced.trace().search.found.has_value());
    QVERIFY(!traced.shown.selection().isChecked(core::quant::Scheme::parse("int3")));  // the list stays as it is
  }

  void whatIsKnownStaysWhenItIsStopped() {
    Traced traced{QString()};
    traced.shown.window().openLink(kLink);
    QVERIFY(QTest::qWaitFor(
        [&] { return traced.state().trace() != nullptr && traced.state().trace()->depth.has_value(); }, 30000));
    if (traced.state().isComplete()) QSKIP("this computer is too fast to stop it");
    QTest::mouseClick(traced.page().findChild<QPushButton*>(QStringLiteral("trace-run")), Qt::LeftButton);
    QVERIFY(traced.shown.waitUntilIdle());
    QVERIFY(traced.state().wasStopped());
    QVERIFY(!traced.part<DepthChart>()->steps().empty());
    QVERIFY(traced.text("trace-case").contains(QStringLiteral("Stopped")));
  }

  void anotherQuestionMakesTheAnswerOld() {
    Traced traced;
    auto* token = traced.page().findChild<QSpinBox*>(QStringLiteral("trace-token"));
    QVERIFY(!traced.text("trace-case").startsWith(QStringLiteral("Old")));
    token->setFocus();
    QTest::keyClick(token, Qt::Key_Up);
    QVERIFY(traced.text("trace-case").startsWith(QStringLiteral("Old")));
    const auto isPale = [&] {
      const auto veils = traced.page().findChildren<OldVeil*>();
      return std::ranges::all_of(veils, [](const OldVeil* veil) { return veil->isVisible(); });
    };
    QVERIFY(isPale());
    QTest::keyClick(token, Qt::Key_Down);
    QVERIFY(!isPale());
    QVERIFY(!traced.text("trace-case").startsWith(QStringLiteral("Old")));
    // Asked: both say the same at the first token, and the way back finds the first answer again.
    const auto first = traced.state().question();
    QTest::keyClick(token, Qt::Key_Up);
    QTest::mouseClick(traced.page().findChild<QPushButton*>(QStringLiteral("trace-run")), Qt::LeftButton);
    QVERIFY(traced.settled());
    QVERIFY(traced.state().question() != first);
    QCOMPARE(traced.trace().found().position(), std::size_t{0});
    for (const auto& row : traced.part<PartModel>()->rows()) QVERIFY(!row.restoresWord);  // nothing was lost
    while (traced.state().question() != first && traced.shown.selection().canGoBack()) traced.shown.selection().back();
    QVERIFY(traced.state().isComplete());
    QVERIFY(traced.text("trace-proof").startsWith(QStringLiteral("Restoring")));
  }

  void aLinkAsksTheSameAgain() {
    Traced traced;
    const Link link = traced.page().link();
    const auto again = Link::parse(link.toString());
    QVERIFY(again.has_value());
    QCOMPARE(link.value(QStringLiteral("prompt")), QStringLiteral("What is a zero-point?"));
    const auto asked = traced.state().question();
    QCOMPARE(traced.page().openLink(*again), QString());
    QVERIFY(*traced.state().question() == *asked);
    QVERIFY(!traced.page().openLink(*Link::parse(QStringLiteral("quantscope://trace?colour=red"))).isEmpty());
    QVERIFY(
        !traced.page().openLink(*Link::parse(QStringLiteral("quantscope://trace?prompt=x&compared=int9"))).isEmpty());
  }

  void aWordOfTheChatIsTraced() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    QVERIFY(shown.waitUntilIdle());
    ChatHands chat(shown);
    shown.window().openLink(QStringLiteral("quantscope://chat?scheme=int4:group=64"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(chat.ask(QStringLiteral("What is a zero-point?")));
    const auto token = shown.selection().chatToken();
    QVERIFY(token.has_value());
    const auto prompt = chat.answer(0).prompt;
    auto* button = shown.find<QToolButton>(QStringLiteral("trace-word"));
    QVERIFY(button->isEnabled());
    QTest::keyClick(&shown.window(), Qt::Key_T, Qt::ControlModifier);
    QTRY_COMPARE(shown.selection().workspace(), QStringLiteral("trace"));
    TraceState& state = shown.find<TraceWorkspace>()->state();
    QVERIFY(QTest::qWaitFor([&] { return state.isComplete(); }, 60000));
    QVERIFY(shown.waitUntilIdle());
    QCOMPARE(state.trace()->found().position(), static_cast<std::size_t>(token->index));
    QCOMPARE(state.trace()->found().promptTokens, prompt.size());
    QCOMPARE(shown.find<QLineEdit>(QStringLiteral("trace-prompt"))->text(), QStringLiteral("What is a zero-point?"));
    while (shown.selection().workspace() == QStringLiteral("trace")) shown.selection().back();
    QCOMPARE(shown.selection().workspace(), QStringLiteral("chat"));
  }

  void aTraceIsSaved() {
    Traced traced;
    QTemporaryDir folder;
    for (const char* name : {"/trace.html", "/trace.json"}) {
      QTest::mouseClick(traced.page().findChild<QPushButton*>(QStringLiteral("trace-save")), Qt::LeftButton);
      QPointer<QFileDialog> dialog = traced.shown.window().findChild<QFileDialog*>(QStringLiteral("trace-save-dialog"));
      QVERIFY(!dialog.isNull());
      const QString file = folder.path() + QString::fromLatin1(name);
      Q_EMIT dialog->fileSelected(file);
      dialog->close();
      QTest::qWait(20);
      QVERIFY(traced.shown.waitUntilIdle());
      QFile written(file);
      QVERIFY(written.open(QIODevice::ReadOnly));
      const QByteArray bytes = written.readAll();
      if (file.endsWith(QStringLiteral(".json")))
        QVERIFY(nlohmann::json::parse(bytes.toStdString()).contains("depth"));
      else
        QVERIFY(bytes.contains("<svg"));
      QTRY_VERIFY(dialog.isNull());
    }
  }
};

QTEST_MAIN(TestTrace)
#include "tst_trace.moc"
