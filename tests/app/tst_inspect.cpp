// The inspect workspace on the demo model: tree, table, filter, histogram, matrix map, values.
#include <QCheckBox>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <QTreeView>

#include "app/pictures/matrix_view.h"
#include "app/pictures/scheme_levels.h"
#include "app/pictures/weight_histogram.h"
#include "app/workspaces/inspect/tensor_table_model.h"
#include "core/metrics/tensor_stats.h"
#include "workspace_window.h"

using namespace app;

class TestInspect : public QObject {
  Q_OBJECT
 private Q_SLOTS:
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

  void aPixelOfTheMatrixMapSelectsAWeight() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    QVERIFY(shown.waitUntilIdle());
    auto* matrix = shown.find<MatrixView>();
    QVERIFY(!shown.selection().weight());
    QTest::mouseClick(matrix, Qt::LeftButton, {}, QPoint(matrix->width() / 2, matrix->height() / 3));
    QVERIFY(shown.selection().weight().has_value());
    QVERIFY(*shown.selection().weight() < shown.selection().tensorInfo()->shape.count());
  }

  void levelsAreThoseOfTheSchemesBlock() {
    WorkspaceWindow shown(QStringLiteral("inspect"));
    const auto view = shown.selection().model()->checkpoint().view(*shown.selection().tensor());
    const auto bins = core::metrics::summarize(view, 50).histogram;
    const auto levels = [&](const char* scheme) {
      return viewScheme(view, core::quant::Scheme::parse(scheme), 0, &bins, core::JobContext());
    };
    QCOMPARE(levels("nf4").levels.size(), std::size_t{16});
    QCOMPARE(levels("int4").levels.size(), std::size_t{15});               // absmax: −7 … 7
    QCOMPARE(levels("int4:range=minmax").levels.size(), std::size_t{16});  // affine: −8 … 7
    QCOMPARE(levels("int8").levels.size(), std::size_t{255});
    QVERIFY(levels("q4_0").levels.size() <= 16);
    QCOMPARE(levels("nf4").histogram->total() + levels("nf4").histogram->below + levels("nf4").histogram->above,
             view.shape.count());
  }
};

QTEST_MAIN(TestInspect)
#include "tst_inspect.moc"
