// A LoRA adapter in the window: compared over the open model like a second model.
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeWidget>

#include "app/pictures/weight_histogram.h"
#include "app/selection/model_loader.h"
#include "app/shell/scheme_list_model.h"
#include "app/workspaces/inspect/weight_card.h"
#include "app/workspaces/trace/trace_state.h"
#include "app/workspaces/trace/trace_workspace.h"
#include "chat_hands.h"
#include "core/quant/quantizer.h"
#include "support/adapter_folder.h"
#include "workspace_window.h"

using namespace app;

class TestAdapters : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;
  QString m_adapter, m_foreign;

 private Q_SLOTS:
  void initTestCase() {
    m_adapter = m_folder.filePath(QStringLiteral("tuned"));
    m_foreign = m_folder.filePath(QStringLiteral("foreign"));
    const auto demo = OpenModel::open("demo");
    const auto shapeOf = [&](const char* name) { return demo->checkpoint().view(name).shape; };
    const auto query = shapeOf("blk.2.attn_q.weight"), up = shapeOf("blk.2.ffn_up.weight");
    support::writeAdapterFolder(m_adapter.toStdString(),
                                {{"model.layers.2.self_attn.q_proj", query.rows(), query.rowValues()},
                                 {"model.layers.2.mlp.up_proj", up.rows(), up.rowValues()}},
                                0.1F);
    support::writeAdapterFolder(m_foreign.toStdString(), {{"model.layers.2.self_attn.q_proj", 8, 8}}, 0.1F);
  }

  void itIsARowOfTheSchemesAndAWeightInInspect() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(shown.compareWith(m_adapter));
    QVERIFY(shown.waitUntilIdle());
    const auto recipe = shown.selection().comparedRecipe();
    QVERIFY(recipe && shown.selection().isChecked(*recipe) && shown.selection().currentRecipe() == recipe);
    QCOMPARE(QString::fromStdString(recipe->toString()), QStringLiteral("adapter:") + m_adapter);

    const auto& model = *shown.selection().model();
    const auto query = *model.checkpoint().find("blk.2.attn_q.weight");
    const std::uint64_t weight = 37 * model.checkpoint().tensors()[query].shape.rowValues() + 5;
    shown.selection().setTensorAndWeight(query, weight);
    QVERIFY(shown.waitUntilIdle());
    SchemeListModel list(shown.selection(), shown.window().jobs());
    QVERIFY(shown.waitUntilIdle());
    const int row = list.rowOf(*recipe);
    QVERIFY(row >= 0);
    QCOMPARE(list.index(row, 0).data().toString(), QStringLiteral("tuned"));
    QVERIFY(!list.index(row, 0).data(SchemeListModel::SizeRole).toString().isEmpty());
    const QString tip = list.index(row, 0).data(Qt::ToolTipRole).toString();
    QVERIFY2(tip.contains(QStringLiteral("with the adapter")), qPrintable(tip));

    // A second histogram, and the weight as the adapter makes it.
    const auto legend = shown.find<WeightHistogram>()->legend();
    QVERIFY2(legend.size() > 1 && legend[1].name.startsWith(QStringLiteral("tuned")), "no second histogram");
    QVERIFY(shown.find<WeightCard>()->text().contains(QStringLiteral("tuned")));
    const auto other = shown.selection().comparedTensor();
    QVERIFY(other && other->adapted);
    float made = 0;
    core::quant::decode(*core::model::loadOther(*other), weight, 1, &made);
    QCOMPARE(core::model::otherValue(*other, weight), made);
    // A matrix that it leaves alone has no second histogram.
    shown.selection().setTensor(*model.checkpoint().find("blk.0.attn_v.weight"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(shown.selection().comparedTensor() == nullptr);

    QVERIFY(shown.endComparison());
    QVERIFY(!shown.selection().comparedRecipe());
  }

  void layersSayWhatItLeaves() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(shown.compareWith(m_adapter));
    QVERIFY(shown.waitUntilIdle());
    const auto* kept = shown.find<QTreeWidget>();
    QVERIFY(kept != nullptr && kept->topLevelItemCount() > 0);
    bool isSaid = false;
    for (int row = 0; row < kept->topLevelItemCount(); ++row)
      isSaid = isSaid || kept->topLevelItem(row)->text(1).contains(QStringLiteral("tuned leaves it as it is"));
    QVERIFY(isSaid);
  }

  void itAnswersInAPane() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(shown.compareWith(m_adapter));
    QVERIFY(shown.waitUntilIdle());
    ChatHands hands(shown);
    QVERIFY(hands.choose(1, QString::fromStdString(shown.selection().comparedRecipe()->toString())));
    QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
    const Answer& answer = hands.answer(1);
    QVERIFY2(!answer.failure, answer.failure ? answer.failure->sentence.c_str() : "");
    QVERIFY(answer.source.recipe && answer.source.recipe->otherModel() &&
            answer.source.recipe->otherModel()->adapter());
    QVERIFY(!answer.tokens.empty());
    const QString verdict = shown.find<QLabel>(QStringLiteral("verdict"))->text();
    QVERIFY2(verdict.startsWith(QStringLiteral("tuned")), qPrintable(verdict));
  }

  // Beside a scheme it is typed, opened and added; what does not fit says why, and nothing is added.
  void besideASchemeItIsTypedAndTraced() {
    WorkspaceWindow shown(QStringLiteral("trace"));
    QVERIFY(shown.waitUntilIdle());
    const std::size_t before = shown.selection().schemes().size();
    auto* field = shown.find<QLineEdit>(QStringLiteral("own-scheme"));
    auto* sentence = shown.find<QLabel>(QStringLiteral("own-scheme-sentence"));
    const auto type = [&](const QString& text) {
      field->setFocus();
      field->clear();
      QTest::keyClicks(field, text);
      QTest::keyClick(field, Qt::Key_Return);
    };
    type(QStringLiteral("nf4+adapter:") + m_foreign);
    QTRY_VERIFY2(sentence->text().contains(QStringLiteral("cannot be used as an adapter")),
                 qPrintable(sentence->text()));
    QVERIFY(field->property("invalid").toBool());
    type(QStringLiteral("adapter:") + m_adapter);  // which is a row while it is open
    QVERIFY(sentence->text().contains(QStringLiteral("nf4+adapter:PATH")));
    QCOMPARE(shown.selection().schemes().size(), before);
    const QString text = QStringLiteral("nf4+adapter:%1:1600%").arg(m_adapter);  // at which it says something else
    type(text);
    QTRY_COMPARE(shown.selection().schemes().size(), before + 1);
    const SchemeEntry added = shown.selection().schemes().back();
    QCOMPARE(QString::fromStdString(added.recipe.toString()), text);
    QVERIFY(added.isOwn && added.checked && field->text().isEmpty());
    QVERIFY(shown.selection().currentRecipe() == added.recipe);
    // It is traced to the matrices it changes, which no scheme alone would part at.
    Link link{QStringLiteral("trace"), {}, {}};
    link.set(QStringLiteral("scheme"), text);
    link.set(QStringLiteral("prompt"), QStringLiteral("Why are outliers a problem?"));
    link.set(QStringLiteral("device"), QStringLiteral("cpu"));
    shown.window().openLink(link.toString());
    TraceState& state = shown.find<TraceWorkspace>()->state();
    QVERIFY(QTest::qWaitFor([&] { return state.isComplete() && !state.isRunning(); }, 60000));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(state.trace() != nullptr && state.trace()->proof);
    const std::string first = state.trace()->restoration->tensors.front().name;
    QVERIFY2(first.starts_with("blk.2."), first.c_str());
  }

  // What the open model is with it can be written.
  void exportOffersTheSum() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(shown.compareWith(m_adapter));
    QVERIFY(shown.waitUntilIdle());
    for (QAction* action : shown.window().findChildren<QAction*>())
      if (action->text().remove(u'&').startsWith(QStringLiteral("Export quantized"))) action->trigger();
    auto* dialog = shown.window().findChild<QDialog*>(QStringLiteral("export-dialog"));
    QVERIFY(dialog && shown.waitUntilIdle());
    const QString note = dialog->findChild<QLabel*>(QStringLiteral("export-note"))->text();
    const QString file = dialog->findChild<QLineEdit*>(QStringLiteral("export-file"))->text();
    QVERIFY2(file.endsWith(QStringLiteral("-tuned.gguf")), qPrintable(file + note));
    QVERIFY2(dialog->findChild<QPushButton*>(QStringLiteral("export-write"))->isEnabled(), qPrintable(note));
  }

  // One for another model is a sentence, and nothing changes.
  void oneForAnotherModelIsRefused() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    ModelLoader& loader = shown.window().loader();
    QString said;
    connect(&loader, &ModelLoader::failed, this, [&](const QString& sentence) { said = sentence; });
    loader.open(m_foreign, ModelLoader::As::Compared);
    QTRY_VERIFY_WITH_TIMEOUT(!said.isEmpty(), 30000);
    QVERIFY2(said.contains(QStringLiteral("cannot be used as an adapter")), qPrintable(said));
    QVERIFY(!shown.selection().comparedModel() && shown.selection().model()->isDemo());
  }
};

QTEST_MAIN(TestAdapters)
#include "tst_adapters.moc"
