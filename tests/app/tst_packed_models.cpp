// Folders of packed weights in the window: Inspect's weights and pieces, the folder beside its original, and how its
// makers let it generate.
#include <QClipboard>
#include <QComboBox>
#include <QDialog>
#include <QFile>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QStandardItemModel>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBrowser>
#include <QToolButton>
#include <QTreeView>
#include <QTreeWidget>

#include "app/pictures/weight_histogram.h"
#include "app/selection/selection_link.h"
#include "app/session/export_preview.h"
#include "app/session/open_model.h"
#include "app/session/quantize_model.h"
#include "app/shell/scheme_list_model.h"
#include "app/workspaces/bits/weight_picker.h"
#include "app/workspaces/chat/sampling_panel.h"
#include "app/workspaces/inspect/block_levels.h"
#include "app/workspaces/inspect/weight_card.h"
#include "core/quant/quantizer.h"
#include "workspace_window.h"

using namespace app;

namespace {

/// Every text of a column, children included.
QStringList textsOf(const QAbstractItemModel& model, int column = 0, const QModelIndex& parent = {}) {
  QStringList texts;
  for (int row = 0; row < model.rowCount(parent); ++row) {
    texts << model.index(row, column, parent).data().toString();
    texts << textsOf(model, column, model.index(row, 0, parent));
  }
  return texts;
}

bool anyEndsWith(const QStringList& texts, const char* ending) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](const QString& text) { return text.endsWith(QLatin1String(ending)); });
}

}  // namespace

class TestPackedModels : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;
  QString m_packed;

 private Q_SLOTS:
  void initTestCase() {
    m_packed = m_folder.filePath(QStringLiteral("demo-nf4"));
    const auto demo = OpenModel::open("demo");
    writeModel(demo->checkpoint(), core::quant::Scheme::parse("nf4"),
               QuantizeTarget(m_packed.toStdString(), {}, core::quant::FolderLayout::Bitsandbytes));
    QFile generation(m_packed + QStringLiteral("/generation_config.json"));
    QVERIFY(generation.open(QIODevice::WriteOnly));
    generation.write(R"({"do_sample": true, "temperature": 0.6, "top_p": 0.9, "top_k": 50})");
  }

  void piecesOfPackedWeightsAreNoTensorsThatStay() {
    WorkspaceWindow shown(QStringLiteral("layers"), m_packed);
    const auto* kept = shown.find<QTreeWidget>();
    QVERIFY(kept != nullptr);
    QTRY_VERIFY(kept->topLevelItemCount() > 0);
    const auto& checkpoint = shown.selection().model()->checkpoint();
    for (int row = 0; row < kept->topLevelItemCount(); ++row) {
      const auto index = checkpoint.find(kept->topLevelItem(row)->text(0).toStdString());
      QVERIFY(index && checkpoint.tensors()[*index].pieceOf.empty());
    }
  }

  void weightsAreShownAndOnRequestWhatTheFileHolds() {
    WorkspaceWindow shown(QStringLiteral("inspect"), m_packed);
    QVERIFY(shown.waitUntilIdle());
    auto* stored = shown.find<QToolButton>(QStringLiteral("stored-pieces"));
    auto* tree = shown.find<QTreeView>(QStringLiteral("tensor-tree"));
    auto* table = shown.find<QTableView>(QStringLiteral("tensor-table"));
    QVERIFY(stored && stored->isVisible() && !stored->isChecked());
    QVERIFY(!anyEndsWith(textsOf(*tree->model()), "absmax"));
    const int weights = table->model()->rowCount();
    QVERIFY(!anyEndsWith(textsOf(*table->model()), "absmax"));
    const QStringList types = textsOf(*table->model(), 2);
    QVERIFY2(types.contains(QStringLiteral("NF4 · 64")), qPrintable(types.join(u' ')));
    QVERIFY(!types.contains(QStringLiteral("U8")));

    QTest::mouseClick(stored, Qt::LeftButton);
    QVERIFY(stored->isChecked());
    QVERIFY(table->model()->rowCount() > weights);
    QVERIFY(anyEndsWith(textsOf(*tree->model()), "absmax"));
    QVERIFY(textsOf(*table->model(), 2).contains(QStringLiteral("U8")));

    // Scales are a histogram; packed bytes say why they are none.
    const auto tensors = shown.selection().model()->checkpoint().tensors();
    const auto indexOf = [&](const char* ending) {
      const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const auto& tensor) {
        return !tensor.pieceOf.empty() && tensor.name.find(ending) != std::string::npos;
      });
      return static_cast<std::size_t>(found - tensors.begin());
    };
    shown.selection().setTensor(indexOf(".absmax"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(!shown.find<WeightHistogram>()->table().rows.empty());
    shown.selection().setTensor(indexOf(".quant_state"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(shown.find<WeightHistogram>()->table().rows.empty());
    QVERIFY(!QString::fromStdString(tensors[indexOf(".quant_state")].unreadable).isEmpty());

    QTest::mouseClick(stored, Qt::LeftButton);
    QCOMPARE(table->model()->rowCount(), weights);
  }

  // The levels of a packed block stand beside those of the schemes: the selected weight lies on one of them.
  void thePackedBlockHasItsLevels() {
    for (const char* folder : {"gptq_llama", "ct_pack_llama", "awq_llama", "bnb_nf4_llama"}) {
      WorkspaceWindow shown(QStringLiteral("inspect"), QStringLiteral(QS_TEST_DATA "/packed/") + QLatin1String(folder));
      QVERIFY(shown.waitUntilIdle());
      const auto& model = *shown.selection().model();
      const auto tensor = model.checkpoint().find("model.layers.0.mlp.down_proj.weight");
      QVERIFY(tensor);
      const auto weights = model.tensor(*tensor);
      for (const std::uint64_t weight : {0ULL, 100ULL, 1000ULL}) {
        shown.selection().setTensorAndWeight(*tensor, weight);
        QVERIFY(shown.waitUntilIdle());
        const auto rows = shown.window().currentWorkspace()->findChild<BlockLevels*>()->rows();
        QVERIFY(!rows.empty());
        QCOMPARE(rows.front().scheme, QStringLiteral("As stored"));
        float value = 0;
        core::quant::decode(*weights, weight, 1, &value);
        const bool isLevel = std::any_of(rows.front().values.begin(), rows.front().values.end(), [&](double level) {
          return qAbs(level - static_cast<double>(value)) <= 1e-5 * qMax(1e-3, qAbs(static_cast<double>(value)));
        });
        QVERIFY2(isLevel, qPrintable(QStringLiteral("%1: %2").arg(QLatin1String(folder)).arg(value)));
      }
    }
  }

  void theModelCardSaysHowItIsPacked() {
    WorkspaceWindow shown(QStringLiteral("inspect"), m_packed);
    QVERIFY(shown.waitUntilIdle());
    auto* card = shown.find<QTextBrowser>(QStringLiteral("model-card"));
    card->show();
    const QString text = card->toPlainText();
    for (const char* part : {"Quantization", "NF4 · 64: 42 matrices, 4.51 bits/weight", "bitsandbytes, NF4"})
      QVERIFY2(text.contains(QString::fromUtf8(part)), qPrintable(text.left(2000)));
  }

  void noSwitchWithoutPieces() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(!shown.find<QToolButton>(QStringLiteral("stored-pieces"))->isVisible());
  }

  // Beside its original it is a row of the list, with colour and tick, current as it comes; and it goes.
  void aFolderIsComparedLikeAScheme() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    const auto before = shown.selection().checkedRecipes();
    const auto wasCurrent = shown.selection().currentRecipe();
    QVERIFY(shown.compareWith(m_packed));
    QVERIFY(shown.waitUntilIdle());
    const auto recipe = shown.selection().comparedRecipe();
    QVERIFY(recipe && shown.selection().isChecked(*recipe));
    QVERIFY(shown.selection().currentRecipe() == recipe);
    QCOMPARE(shown.selection().checkedRecipes().size(), before.size() + 1);
    for (const auto& other : before) QVERIFY(shown.selection().color(other) != shown.selection().color(*recipe));
    SchemeListModel list(shown.selection(), shown.window().jobs());
    QVERIFY(shown.waitUntilIdle());
    const int row = list.rowOf(*recipe);
    QVERIFY(row >= 0);
    QCOMPARE(list.index(row, 0).data().toString(), QStringLiteral("demo-nf4"));
    QVERIFY(!list.index(row, 0).data(SchemeListModel::SizeRole).toString().isEmpty());
    QVERIFY2(list.index(row, 0).data(Qt::ToolTipRole).toString().contains(QStringLiteral("NF4 · 64")),
             qPrintable(list.index(row, 0).data(Qt::ToolTipRole).toString()));
    QVERIFY(textsOf(list).contains(QStringLiteral("Compared model")));

    // One weight in both: what NF4 makes of it is what the folder holds, rows of queries in the open model's order.
    const auto legend = shown.find<WeightHistogram>()->legend();
    QVERIFY2(legend[1].name.startsWith(QStringLiteral("demo-nf4")), qPrintable(legend[1].name));
    const auto& model = *shown.selection().model();
    const auto query = model.checkpoint().find("blk.2.attn_q.weight");
    QVERIFY(query);
    const std::uint64_t weight = 37 * model.checkpoint().tensors()[*query].shape.rowValues() + 5;
    shown.selection().setTensorAndWeight(*query, weight);
    QVERIFY(shown.waitUntilIdle());
    const auto other = shown.selection().comparedTensor();
    QVERIFY(other && !other->order.rows.isSame() && other->order.columns.isSame());
    const auto made = core::quant::quantize(core::quant::Scheme::parse("nf4"), *model.tensor(*query));
    const auto there = core::model::loadOther(*other);
    std::vector<float> expected(made->rowValues()), found(made->rowValues());
    for (const std::uint64_t r : {0ULL, 1ULL, 37ULL, 255ULL}) {
      core::quant::dequantizeRows(*made, r, 1, expected.data());
      core::quant::dequantizeRows(*there, r, 1, found.data());
      QVERIFY(expected == found);
    }
    QVERIFY(shown.find<WeightCard>()->text().contains(QStringLiteral("demo-nf4")));

    // A link names it while it is open.
    Link link;
    link.set(QStringLiteral("scheme"), QString::fromStdString(recipe->toString()));
    shown.selection().setCurrentRecipe(wasCurrent);
    QCOMPARE(followLink(shown.selection(), link), QString());
    QVERIFY(shown.selection().currentRecipe() == recipe);
    for (const QString& line : shown.selection().saveSchemes()) QVERIFY(!line.contains(QStringLiteral("model:")));

    QVERIFY(shown.endComparison());
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(!shown.selection().comparedRecipe() && shown.selection().entry(*recipe) == nullptr);
    QVERIFY(shown.selection().checkedRecipes() == before);
    QVERIFY(!shown.selection().currentRecipe() || shown.selection().currentRecipe()->otherModel() == nullptr);
    QVERIFY(followLink(shown.selection(), link).contains(QStringLiteral("is not open")));
  }

  // A conversation that was kept names it before it is open; that it could not be planned then is no answer now.
  void whatWasOnlyRememberedIsThereWhenItIsOpened() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    const auto remembered = core::model::recipeByName("model:" + m_packed.toStdString());
    QVERIFY(remembered && shown.selection().planOf(*remembered) == nullptr);
    QVERIFY(shown.compareWith(m_packed));
    QVERIFY(shown.selection().comparedTensor() != nullptr);
  }

  // Of a packed model the size that the dialog promises is without the pieces it had; and the compared model, which is
  // a file already, is not what the dialog begins with.
  void aPackedModelIsExported() {
    const auto scheme = core::quant::Scheme::parse("bf16");
    const auto preview = previewExport(*OpenModel::open(m_packed.toStdString()), scheme);
    const auto plain = previewExport(*OpenModel::open("demo"), scheme);
    QCOMPARE(preview.bytesAfter, plain.bytesAfter);

    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.compareWith(m_packed));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(shown.selection().currentRecipe() == shown.selection().comparedRecipe());
    for (QAction* action : shown.window().findChildren<QAction*>())
      if (action->text().remove(u'&').startsWith(QStringLiteral("Export quantized"))) action->trigger();
    auto* dialog = shown.window().findChild<QDialog*>(QStringLiteral("export-dialog"));
    QVERIFY(dialog && shown.waitUntilIdle());
    const auto note = [&] { return dialog->findChild<QLabel*>(QStringLiteral("export-note"))->text(); };
    QVERIFY2(!note().contains(QStringLiteral("is a file already")), qPrintable(note()));

    // A folder that says how inputs are quantized is not said to leave it out; a file is.
    auto* words = dialog->findChild<QLineEdit*>(QStringLiteral("scheme-filter"));
    QTest::keyClicks(words, QStringLiteral("llm_int8"));
    QTest::keyClick(words, Qt::Key_Return);
    QVERIFY(shown.waitUntilIdle());
    QCOMPARE(dialog->findChild<QComboBox*>(QStringLiteral("export-as"))->currentText(),
             QStringLiteral("Folder: bitsandbytes"));
    QVERIFY2(note().startsWith(QStringLiteral("Weights, config.json")), qPrintable(note()));
  }

  void howItsMakersLetItGenerateIsOnePreset() {
    WorkspaceWindow shown(QStringLiteral("chat"), m_packed);
    QVERIFY(shown.waitUntilIdle());
    auto* sampling = shown.find<SamplingPanel>();
    auto* preset = shown.find<QComboBox>(QStringLiteral("sampling-preset"));
    auto* said = shown.find<QLabel>(QStringLiteral("own-sampling-text"));
    const auto isOffered = [&](SamplingPreset which) {
      const auto* items = qobject_cast<QStandardItemModel*>(preset->model());
      return items->item(preset->findData(static_cast<int>(which)))->isEnabled();
    };
    QTest::mouseClick(shown.find<QPushButton>(QStringLiteral("settings")), Qt::LeftButton);
    QVERIFY(!preset->isHidden() && isOffered(SamplingPreset::ModelsOwn));
    QCOMPARE(sampling->preset(), SamplingPreset::Greedy);
    QVERIFY2(said->text().contains(QStringLiteral("temperature 0.6, top-k 50, top-p 0.9")), qPrintable(said->text()));
    QVERIFY(!sampling->summary().contains(QStringLiteral("own")));
    preset->setFocus();
    QTest::keyClick(preset, Qt::Key_Down);
    QCOMPARE(preset->currentData().toInt(), static_cast<int>(SamplingPreset::ModelsOwn));
    QCOMPARE(sampling->options().sampling.temperature, 0.6F);
    QCOMPARE(sampling->options().sampling.topK, 50U);
    QVERIFY(qAbs(sampling->options().sampling.topP - 0.9F) < 1e-6F);
    QVERIFY(said->text().startsWith(QStringLiteral("In force")));
    QVERIFY(sampling->summary().startsWith(QStringLiteral("the model's own")));
    // On the smallest window nothing is pushed out by the words on the button.
    shown.window().resize(1024, 640);
    QVERIFY(shown.waitUntilIdle());
    for (QScrollArea* area : shown.window().findChildren<QScrollArea*>())
      if (area->isAncestorOf(shown.window().currentWorkspace()))
        QTRY_COMPARE(area->horizontalScrollBar()->maximum(), 0);
    // The demo model's file says nothing.
    QVERIFY(shown.replaceModel(QStringLiteral("demo")));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(!isOffered(SamplingPreset::ModelsOwn) && said->isHidden());
    QVERIFY(!sampling->summary().contains(QStringLiteral("own")));
  }
};

QTEST_MAIN(TestPackedModels)
#include "tst_packed_models.moc"
