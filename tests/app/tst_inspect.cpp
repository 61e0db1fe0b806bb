// The inspect workspace on the demo model: tree, table, filter, histogram, matrix map, values.
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QLineEdit>
#include <QScrollBar>
#include <QTabWidget>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <QTreeView>
#include <cmath>
#include <limits>

#include "app/pictures/matrix_view.h"
#include "app/pictures/scheme_levels.h"
#include "app/pictures/weight_histogram.h"
#include "app/plots/readout.h"
#include "app/text/numbers.h"
#include "app/widgets/frozen_table.h"
#include "app/widgets/label.h"
#include "app/workspaces/inspect/model_card.h"
#include "app/workspaces/inspect/name_delegate.h"
#include "app/workspaces/inspect/tensor_table_model.h"
#include "app/workspaces/inspect/tensor_title.h"
#include "app/workspaces/inspect/weight_card.h"
#include "core/io/gguf_writer.h"
#include "core/metrics/tensor_stats.h"
#include "core/quant/quantizer.h"
#include "workspace_window.h"

using namespace app;

class TestInspect : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  /// What all names of a model share goes first, so that layer and matrix stay readable.
  void aTitleKeepsWhatTellsTensorsApart() {
    TensorTitle title;
    title.setText(QStringLiteral("model.layers.17.self_attn.q_proj.weight"));
    const auto width = [&](const char* text) { return title.fontMetrics().horizontalAdvance(QLatin1String(text)) + 2; };
    QCOMPARE(title.fitted(width("model.layers.17.self_attn.q_proj.weight")), title.text());
    QCOMPARE(title.fitted(width("model.layers.17.self_attn.q_proj")),
             QStringLiteral("model.layers.17.self_attn.q_proj"));
    QCOMPARE(title.fitted(width("layers.17.self_attn.q_proj")), QStringLiteral("layers.17.self_attn.q_proj"));
    QVERIFY(title.fitted(width("layers.17.q_proj")).contains(QChar(0x2026)));
    title.setText(QStringLiteral("output.weight"));
    QCOMPARE(title.fitted(1000), QStringLiteral("output.weight"));
  }

  void theHistogramCountsEveryWeightOfTheSelectedTensor() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    double total = 0;
    for (const auto& row : shown.find<WeightHistogram>()->table().rows) total += row[2];
    QCOMPARE(total, static_cast<double>(shown.selection().tensorInfo()->shape.count()));
  }

  void theTableFillsAndSortsByNumbers() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    auto* table = shown.find<QTableView>(QStringLiteral("tensor-table"));
    auto* model = table->model();
    QCOMPARE(model->rowCount(), static_cast<int>(shown.selection().model()->checkpoint().tensors().size()));
    for (const Qt::SortOrder order : {Qt::AscendingOrder, Qt::DescendingOrder}) {
      table->sortByColumn(TensorTableModel::Kurtosis, order);
      for (int row = 1; row < model->rowCount(); ++row) {
        const double a = model->index(row - 1, TensorTableModel::Kurtosis).data(TensorTableModel::kSortRole).toDouble();
        const double b = model->index(row, TensorTableModel::Kurtosis).data(TensorTableModel::kSortRole).toDouble();
        QVERIFY(order == Qt::AscendingOrder ? a <= b : a >= b);
      }
    }
  }

  void theFilterNarrowsTreeAndTable() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    auto* filter = shown.find<QLineEdit>(QStringLiteral("tensor-filter"));
    QTest::keyClicks(filter, QStringLiteral("ffn_down"));
    QCOMPARE(shown.find<QTableView>(QStringLiteral("tensor-table"))->model()->rowCount(), 6);
    QCOMPARE(shown.find<QTreeView>(QStringLiteral("tensor-tree"))->model()->rowCount(), 6);
    filter->clear();
    QVERIFY(shown.find<QTableView>(QStringLiteral("tensor-table"))->model()->rowCount() > 6);
  }

  // What room a square or tall matrix leaves shows how far its rows reach; a long one keeps the width.
  void theMatrixMapFillsItsCard() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    for (const QSize size : {QSize(1024, 640), QSize(1280, 800), QSize(1920, 1080)}) {
      shown.window().resize(size);
      for (const char* name : {"blk.3.attn_q.weight", "token_embd.weight", "blk.3.ffn_down.weight"}) {
        shown.selection().setTensor(*shown.selection().model()->checkpoint().find(name));
        QVERIFY(shown.waitUntilIdle());
        auto* matrix = shown.find<MatrixView>();
        matrix->replot();
        matrix->replot();
        QCOMPARE(matrix->axisRects().size(), 2);
        const QRect map = matrix->axisRect(0)->rect(), rows = matrix->axisRect(1)->rect();
        QVERIFY2(map.width() + rows.width() > 0.6 * matrix->width(), name);
        // The map is no wider than the matrix: the axis ends with its last column.
        const double columns = static_cast<double>(shown.selection().tensorInfo()->shape.rowValues());
        QCOMPARE(matrix->xAxis->range().upper, columns - 0.5);
        QCOMPARE(rows.top(), map.top());
        QCOMPARE(rows.height(), map.height());
        QCOMPARE(matrix->axisRect(1)->axis(QCPAxis::atLeft)->range(), matrix->yAxis->range());
        if (QLatin1String(name) != QLatin1String("blk.3.attn_q.weight")) continue;
        const double across = columns / map.width(), down = matrix->yAxis->range().size() / map.height();
        QVERIFY2(std::abs(across / down - 1) < 0.03, "a weight is as wide as it is high");
      }
    }
    // Every row's bar ends at its largest value.
    auto* matrix = shown.find<MatrixView>();
    double largest = 0;
    for (const auto& row : matrix->table().rows) largest = std::max(largest, std::abs(row[2]));
    double reach = 0;
    for (const auto& point : *matrix->graph(0)->data()) reach = std::max(reach, point.value);
    QCOMPARE(reach, largest);
    // Over a bar the pointer reads which rows it is of, and the value.
    shown.selection().setTensor(shown.selection().model()->checkpoint().find("blk.3.attn_q.weight"));
    QVERIFY(shown.waitUntilIdle());
    matrix->replot();
    const QRect bars = matrix->axisRect(1)->rect();
    const QPoint at(bars.left() + 20, bars.center().y());
    const double row = std::floor(matrix->yAxis->pixelToCoord(at.y()) + 0.5);
    QTest::mouseMove(matrix, at - QPoint(3, 0));
    QTest::mouseMove(matrix, at);
    const auto* readout = matrix->findChild<Readout*>();
    QTRY_VERIFY(readout->isVisible());
    double value = 0;
    for (const auto& point : *matrix->graph(0)->data())
      if (point.key <= row) value = point.value;  // the step that holds the row
    QVERIFY2(readout->text().startsWith(QStringLiteral("Row ")) &&
                 readout->text().endsWith(QStringLiteral("largest %1").arg(text::number(value, 4))),
             qPrintable(readout->text()));
  }

  // ".weight" goes from all names of a column or from none.
  void namesAreShortenedTogether() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    auto* tree = shown.find<QTreeView>(QStringLiteral("tensor-tree"));
    tree->expandAll();
    const auto* delegate = qobject_cast<NameDelegate*>(tree->itemDelegateForColumn(0));
    QVERIFY(delegate);
    bool wasShort = false, wasWhole = false;
    for (const QSize size : {QSize(1024, 640), QSize(1920, 1080)}) {
      shown.window().resize(size);
      QVERIFY(shown.waitUntilIdle());
      (delegate->isShortened(0) ? wasShort : wasWhole) = true;
      const QFontMetrics metrics(tree->font());
      for (QModelIndex row = tree->model()->index(0, 0); row.isValid(); row = tree->indexBelow(row)) {
        const QString name = row.data().toString();
        if (!name.endsWith(QStringLiteral(".weight"))) continue;
        const QString seen = delegate->displayedText(tree, row);
        QCOMPARE(seen.endsWith(QStringLiteral(".weight")), !delegate->isShortened(0));
        QVERIFY2(metrics.horizontalAdvance(seen) <= tree->visualRect(row).width(), qPrintable(seen));
      }
    }
    QVERIFY(wasShort && wasWhole);
  }

  void theWholeLineAboutAWeightIsSeenInTheSmallestWindow() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    shown.window().resize(shown.window().minimumSize());
    shown.selection().setWeight(3);
    QVERIFY(shown.waitUntilIdle());
    for (const Label* label : shown.find<WeightCard>()->findChildren<Label*>())
      if (label->isVisible())
        QVERIFY2(label->fontMetrics().horizontalAdvance(label->text()) <= label->width(), qPrintable(label->text()));
  }

  void aPixelOfTheMatrixMapSelectsAWeight() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    auto* matrix = shown.find<MatrixView>();
    QVERIFY(!shown.selection().weight());
    QTest::mouseClick(matrix, Qt::LeftButton, {}, matrix->axisRect()->topLeft() + QPoint(40, 60));
    QVERIFY(shown.selection().weight().has_value());
    QVERIFY(*shown.selection().weight() < shown.selection().tensorInfo()->shape.count());
  }

  void everyLevelOfTheBlockIsDrawnAndTheBlockNamed() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    const auto view = shown.selection().model()->checkpoint().view(*shown.selection().tensor());
    const std::uint64_t columns = view.shape.rowValues(), around = 3 * columns + 70;
    const auto seen = [&](const char* scheme) {
      return viewScheme(view, core::quant::Scheme::parse(scheme), around, core::JobContext());
    };
    const auto block = [&](const SchemeView& of) { return blockText(view.shape, of.grid.first, of.grid.count); };
    QCOMPARE(seen("nf4").grid.levels.size(), std::size_t{16});
    QCOMPARE(block(seen("nf4")), QStringLiteral("[3, 64–127]"));
    QCOMPARE(seen("int4").grid.levels.size(), std::size_t{15});  // absmax: −7 … 7
    QCOMPARE(block(seen("int4")), QStringLiteral("[3, 64–95]"));
    QCOMPARE(seen("int4:range=minmax").grid.levels.size(), std::size_t{16});  // affine: −8 … 7
    QCOMPARE(seen("int8").grid.levels.size(), std::size_t{255});
    QCOMPARE(block(seen("int8")), QStringLiteral("[3, 0–%1]").arg(columns - 1));
    QCOMPARE(block(seen("int8:group=tensor")), QStringLiteral("the whole tensor"));
    // A uniform grid is uniform, whether its levels are used or not.
    for (const auto& [scheme, count] :
         {std::pair("q4_0", 16), {"q4_1", 16}, {"q5_0", 32}, {"q5_1", 32}, {"q8_0", 255}}) {
      const auto levels = seen(scheme).grid.levels;
      QCOMPARE(levels.size(), static_cast<std::size_t>(count));
      const double step = (levels.back() - levels.front()) / (count - 1);
      for (std::size_t i = 1; i < levels.size(); ++i)
        QVERIFY2(std::abs(levels[i] - levels[i - 1] - step) < 1e-4 * step * count, scheme);
    }
  }

  void aBlockAloneGivesTheWeightItsValueInTheTensor() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    const auto view = shown.selection().model()->checkpoint().view(*shown.selection().tensor());
    for (const char* text : {"fp8_e4m3", "int8", "int4", "int3:range=minmax", "int8:group=tensor", "nf4",
                             "nf4:double=on", "fp4:block=128", "q4_0", "q5_1", "q8_0"}) {
      const auto scheme = core::quant::Scheme::parse(text);
      const auto whole = core::quant::quantize(scheme, view);
      const auto values = core::quant::dequantize(*whole);
      for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{1001}, view.shape.count() - 1}) {
        const auto seen = viewScheme(view, scheme, at, core::JobContext());
        QCOMPARE(seen.value, values[at]);
        QVERIFY(seen.grid.first <= at && at < seen.grid.first + seen.grid.count);
        if (seen.grid.levels.empty()) continue;
        const auto nearest = *std::min_element(
            seen.grid.levels.begin(), seen.grid.levels.end(),
            [&](double a, double b) { return std::abs(a - double(seen.value)) < std::abs(b - double(seen.value)); });
        QVERIFY2(std::abs(nearest - double(seen.value)) <= 1e-6 * std::abs(nearest), text);  // a level of its grid
      }
    }
  }

  // Counted here from the dequantized values, one by one.
  void theSecondHistogramIsOfWhatTheSchemeMakes() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    shown.window().resize(1920, 1080);
    QVERIFY(shown.waitUntilIdle());
    const auto view = shown.selection().model()->checkpoint().view(*shown.selection().tensor());
    const auto made = core::quant::dequantize(*core::quant::quantize(core::quant::Scheme::parse("nf4"), view));
    std::vector<float> stored(made.size());
    core::quant::decode(view, 0, stored.size(), stored.data());
    auto* histogram = shown.find<WeightHistogram>();
    const ChartTable table = histogram->table();
    QCOMPARE(table.columns.size(), qsizetype{4});
    const std::size_t bins = table.rows.size();
    const double low = table.rows.front()[0], high = table.rows.back()[1];
    std::vector<double> counts(bins);
    double signal = 0, noise = 0;
    for (std::size_t i = 0; i < made.size(); ++i) {
      const double value = static_cast<double>(made[i]), was = static_cast<double>(stored[i]);
      signal += was * was, noise += (value - was) * (value - was);
      if (value >= low && value <= high)
        ++counts[std::min(static_cast<std::size_t>((value - low) / (high - low) * static_cast<double>(bins)),
                          bins - 1)];
    }
    for (std::size_t i = 0; i < bins; ++i) QCOMPARE(table.rows[i][3], counts[i]);
    const auto figure = [&](const char* name) {
      for (const Label* label : shown.window().findChildren<Label*>())
        if (label->accessibleName() == QLatin1String(name)) return label->isVisible() ? label->text() : QString();
      return QStringLiteral("missing");
    };
    QCOMPARE(figure("min, laid over"), text::number(static_cast<double>(*std::ranges::min_element(made)), 4));
    QCOMPARE(figure("max, laid over"), text::number(static_cast<double>(*std::ranges::max_element(made)), 4));
    QCOMPARE(figure("SQNR, laid over"), text::decibel(10 * std::log10(signal / noise)));
    QCOMPARE(figure("zeros, laid over"), text::count(static_cast<std::uint64_t>(std::ranges::count(made, 0.0F))));
    // The pointer reads both, and how far they are apart.
    const QRect plot = histogram->axisRect()->rect();
    const QPoint at(plot.center());
    QTest::mouseMove(histogram, at - QPoint(3, 0));
    QTest::mouseMove(histogram, at);
    const auto* readout = histogram->findChild<Readout*>();
    QTRY_VERIFY(readout->isVisible());
    const double value = histogram->xAxis->pixelToCoord(at.x());
    const auto bin = static_cast<std::size_t>((value - low) / (high - low) * static_cast<double>(bins));
    const double apart = counts[bin] - table.rows[bin][2];
    const QString said = QStringLiteral("NF4 · 64: %1 weights, %2")
                             .arg(text::count(static_cast<std::uint64_t>(counts[bin])),
                                  text::count(static_cast<std::uint64_t>(std::abs(apart))));
    QVERIFY2(apart == 0 || readout->text().contains(said), qPrintable(readout->text() + QStringLiteral(" ≠ ") + said));
  }

  // Two changes of the same weight have the same text; each shows its own.
  void whatWasChangedByHandIsLaidOver() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    Selection& selection = shown.selection();
    const auto view = selection.model()->checkpoint().view(*selection.tensor());
    const std::string name = selection.tensorInfo()->name;
    selection.setWeight(0);
    const auto figure = [&](const char* of) {
      for (const Label* label : shown.window().findChildren<Label*>())
        if (label->accessibleName() == QLatin1String(of)) return label->text();
      return QString();
    };
    for (const float value : {3.0F, -7.0F}) {
      const auto scheme = core::quant::Scheme::parse("nf4");
      auto values = std::make_shared<std::vector<float>>(core::quant::dequantize(*core::quant::quantize(scheme, view)));
      (*values)[0] = value;
      core::model::Recipe recipe(scheme);
      recipe.replacements[name] = std::make_shared<const core::quant::QuantizedTensor>(core::tensor::TensorView{
          name, core::tensor::DType::F32, view.shape, std::as_bytes(std::span<const float>(*values)), values});
      selection.addOwn(recipe, QStringLiteral("NF4 with %1 in it").arg(static_cast<double>(value)));
      selection.setCurrentRecipe(recipe);
      QVERIFY(shown.waitUntilIdle());
      QCOMPARE(figure(value > 0 ? "max, laid over" : "min, laid over"), text::number(static_cast<double>(value), 4));
      const QString legend = shown.find<WeightHistogram>()->legend()[1].name;
      QVERIFY2(legend.contains(QStringLiteral("one lies beyond")), qPrintable(legend));
      QVERIFY2(!legend.contains(QStringLiteral("as stored")), qPrintable(legend));
      QVERIFY2(shown.find<WeightCard>()->text().contains(text::number(static_cast<double>(value), 5)),
               qPrintable(shown.find<WeightCard>()->text()));
    }
  }

  void whatARecipeKeepsIsSaid() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    core::model::Recipe recipe(core::quant::Scheme::parse("int4"));
    recipe.rules.push_back({core::model::TensorPattern("attn_q"), std::nullopt, {}});
    shown.selection().addOwn(recipe, QStringLiteral("INT4, queries kept"));
    shown.selection().setCurrentRecipe(recipe);
    QVERIFY(shown.waitUntilIdle());
    const auto* note = shown.find<QLabel>(QStringLiteral("overlay-note"));
    QVERIFY(note->isVisible());
    QVERIFY2(note->text().startsWith(QStringLiteral("keeps this tensor as stored")), qPrintable(note->text()));
    QCOMPARE(shown.find<WeightHistogram>()->legend().size(), std::size_t{1});
    shown.selection().setCurrentRecipe(core::quant::Scheme::parse("int4"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(!note->isVisible());
    QCOMPARE(shown.find<WeightHistogram>()->legend().size(), std::size_t{2});
  }

  // While another tensor is computed, nothing of the one before stands under the new name.
  void figuresAreShownOnlyForWhatTheyWereComputedFrom() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    auto* histogram = shown.find<WeightHistogram>();
    QVERIFY(!histogram->table().rows.empty());
    QVERIFY(histogram->legend().size() == 2);  // the current scheme is laid over
    shown.selection().setCurrentRecipe(core::quant::Scheme::parse("int8"));
    QCOMPARE(histogram->legend().size(), std::size_t{1});
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(histogram->legend()[1].name.contains(QStringLiteral("INT8")));
    const auto first = *shown.selection().tensor();
    shown.selection().setTensor(first + 1);
    QVERIFY(shown.find<MatrixView>()->table().rows.empty());
    QVERIFY(histogram->legend().size() == 1);
    QVERIFY(histogram->provenance().contains(QString::fromStdString(shown.selection().model()->checkpoint().name())));
    QVERIFY(shown.waitUntilIdle());
    double total = 0;
    for (const auto& row : histogram->table().rows) total += row[2];
    QCOMPARE(total, static_cast<double>(shown.selection().tensorInfo()->shape.count()));
  }

  void aCancelledOverlayIsSaidAndStartsAgain() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    shown.selection().setTensor(*shown.selection().model()->checkpoint().find("token_embd.weight"));
    QVERIFY(shown.waitUntilIdle());
    auto* histogram = shown.find<WeightHistogram>();
    auto* choice = shown.find<QComboBox>(QStringLiteral("laid-over"));
    auto* cancel = shown.window().findChild<QToolButton*>(QStringLiteral("cancel-job"));
    const auto choose = [&](int item) {
      choice->setFocus();
      while (choice->currentIndex() != item)
        QTest::keyClick(choice, choice->currentIndex() < item ? Qt::Key_Down : Qt::Key_Up);
    };
    choose(0);
    choose(1);
    while (!shown.window().jobs().visibleJobs().empty()) QTest::mouseClick(cancel, Qt::LeftButton);
    QVERIFY2(choice->currentText().endsWith(QStringLiteral("cancelled")), qPrintable(choice->currentText()));
    QVERIFY(shown.waitUntilIdle());
    QCOMPARE(histogram->legend().size(), std::size_t{1});
    choose(0);
    choose(1);
    QVERIFY(!choice->currentText().contains(QStringLiteral("cancelled")));
    QVERIFY(shown.waitUntilIdle());
    QCOMPARE(histogram->legend().size(), std::size_t{2});
  }

  void aClickOnAWeightShowsItAndADoubleClickOpensIt() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    auto* histogram = shown.find<WeightHistogram>();
    const QPoint middle = histogram->axisRect()->center();
    QTest::mouseClick(histogram, Qt::LeftButton, {}, middle);
    QTRY_VERIFY(shown.selection().weight().has_value());
    QVERIFY(shown.waitUntilIdle());
    auto* card = shown.find<WeightCard>();
    QVERIFY2(card->text().contains(QStringLiteral("NF4")) && card->text().contains(QStringLiteral("error")),
             qPrintable(card->text()));
    const auto weight = shown.selection().weight();
    QTest::mouseClick(shown.find<QToolButton>(QStringLiteral("open-in-bits")), Qt::LeftButton);
    QCOMPARE(shown.selection().workspace(), QStringLiteral("bits"));
    QCOMPARE(shown.selection().weight(), weight);
    shown.window().showWorkspace(QStringLiteral("inspect"));
    QTest::mouseDClick(histogram, Qt::LeftButton, {}, middle);
    QTRY_COMPARE(shown.selection().workspace(), QStringLiteral("bits"));
    shown.window().showWorkspace(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    auto* matrix = shown.find<MatrixView>();
    QTest::mouseDClick(matrix, Qt::LeftButton, {}, matrix->axisRect()->topLeft() + QPoint(40, 60));
    QTRY_COMPARE(shown.selection().workspace(), QStringLiteral("bits"));
  }

  void copiedValuesArePlainNumbers() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    shown.find<QTabWidget>(QStringLiteral("inspect-tabs"))->setCurrentIndex(2);
    auto* table = shown.find<QTableView>(QStringLiteral("values"));
    table->selectionModel()->select(QItemSelection(table->model()->index(0, 0), table->model()->index(1, 1)),
                                    QItemSelectionModel::ClearAndSelect);
    table->setFocus();
    QVERIFY(QTest::qWaitForWindowActive(&shown.window()));
    QTest::keyClick(table, Qt::Key_C, Qt::ControlModifier);
    const QStringList lines = QGuiApplication::clipboard()->text().split(u'\n');
    QCOMPARE(lines.size(), 2);
    const auto view = shown.selection().model()->checkpoint().view(*shown.selection().tensor());
    float expected = 0;
    core::quant::decode(view, view.shape.rowValues() + 1, 1, &expected);
    bool ok = false;
    QCOMPARE(lines[1].split(u'\t')[1].toDouble(&ok), static_cast<double>(expected));
    QVERIFY(ok);
  }

  void theWideTableKeepsNamesInSight() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QTest::mouseClick(shown.find<QToolButton>(QStringLiteral("wide-table")), Qt::LeftButton);
    auto* table = shown.find<FrozenTable>(QStringLiteral("tensor-table"));
    QVERIFY(table->isVisible());
    QVERIFY(!shown.find<WeightHistogram>()->isVisible());
    table->horizontalScrollBar()->setValue(table->horizontalScrollBar()->maximum());
    QCOMPARE(table->frozen()->visualRect(table->model()->index(0, 0)).left(), 0);
    QTest::keyClick(table, Qt::Key_Down);
    QTest::keyClick(table, Qt::Key_Return);
    QVERIFY(shown.find<WeightHistogram>()->isVisible());
  }

  void exportedPicturesSayWhatTheyShow() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    auto* histogram = shown.find<WeightHistogram>();
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("histogram.svg"));
    const int rows = histogram->plotLayout()->rowCount();
    QCOMPARE(histogram->exportTo(path), QString());
    QCOMPARE(histogram->plotLayout()->rowCount(), rows);
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QString svg = QString::fromUtf8(file.readAll());
    for (const QString& part : {histogram->title(), QStringLiteral("NF4 · 64, laid over"), QStringLiteral("as stored"),
                                QString::fromStdString(shown.selection().model()->checkpoint().name())})
      QVERIFY2(svg.contains(part.toHtmlEscaped()), qPrintable(part));
  }

  void valuesThatAreNoNumbersAreCountedAndLocated() {
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("odd.gguf"));
    std::vector<float> values(4 * 8, 0.5F);
    values[1 * 8 + 3] = std::numeric_limits<float>::quiet_NaN();
    values[2 * 8 + 5] = std::numeric_limits<float>::infinity();
    {
      core::io::GgufWriter writer(path.toStdString());
      writer.addString("general.architecture", "llama");
      writer.declareTensor("w", core::tensor::DType::F32, core::tensor::Shape{4, 8});
      writer.append(std::as_bytes(std::span<const float>(values)));
      writer.finish();
    }
    WorkspaceWindow shown(QStringLiteral("inspect"));
    shown.window().openModel(path);
    QTRY_COMPARE(shown.selection().model()->checkpoint().tensors().size(), std::size_t{1});
    QVERIFY(shown.waitUntilIdle());
    const auto* table = shown.find<QTableView>(QStringLiteral("tensor-table"))->model();
    const QModelIndex cell = table->index(0, TensorTableModel::NonFinite);
    QCOMPARE(cell.data().toString(), QStringLiteral("2"));
    QVERIFY2(cell.data(Qt::ToolTipRole).toString().contains(QStringLiteral("[1, 3]")),
             qPrintable(cell.data(Qt::ToolTipRole).toString()));
    bool said = false;
    for (const Label* label : shown.window().findChildren<Label*>())
      said = said || label->text() == QStringLiteral("2, first [1, 3]");
    QVERIFY(said);
  }

  void theModelCardIsADocument() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    auto* tabs = shown.find<QTabWidget>(QStringLiteral("inspect-tabs"));
    tabs->setCurrentIndex(tabs->count() - 1);
    auto* card = shown.find<ModelCard>();
    QVERIFY(card->toPlainText().contains(QStringLiteral("general.architecture")));
    QVERIFY(card->toPlainText().contains(QStringLiteral("Parameters")));
  }
};

QTEST_MAIN(TestInspect)
#include "tst_inspect.moc"
