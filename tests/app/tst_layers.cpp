// The layers workspace on the demo model, driven with the mouse.
#include <QComboBox>
#include <QTest>
#include <cmath>

#include "app/pictures/error_bars.h"
#include "app/pictures/heat_map.h"
#include "app/pictures/metric_text.h"
#include "app/workspaces/layers/layer_errors.h"
#include "workspace_window.h"

using namespace app;

class TestLayers : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void theMapHasACellForEveryMatrixAndCheckedScheme() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    const ChartTable table = shown.find<HeatMap>()->table();
    QCOMPARE(table.rows.size(), std::size_t{42});  // 6 blocks of 7 matrices
    QCOMPARE(table.columns.size(), static_cast<qsizetype>(shown.selection().checkedSchemes().size()) + 1);
    for (const auto& row : table.rows) {
      for (const double value : row) QVERIFY(!std::isnan(value) && value > 5);  // dB: every scheme keeps the signal
    }
  }

  void aClickOnACellSelectsTensorAndScheme() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    auto* map = shown.find<HeatMap>();
    map->replot();
    QTest::mouseClick(map, Qt::LeftButton, {}, map->centerOf(10, 1));
    QVERIFY(shown.selection().tensorInfo() != nullptr);
    QCOMPARE(QString::fromStdString(shown.selection().tensorInfo()->name),
             map->table().rowLabels[10] + QStringLiteral(".weight"));
    QCOMPARE(*shown.selection().currentScheme(), shown.selection().checkedSchemes()[1]);
    QTest::keyClick(map, Qt::Key_Down);
    QCOMPARE(QString::fromStdString(shown.selection().tensorInfo()->name),
             map->table().rowLabels[11] + QStringLiteral(".weight"));
  }

  void barsAreSortedFromTheWorst() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    auto* bars = shown.find<ErrorBars>();
    auto* metric = shown.find<QComboBox>(QStringLiteral("metric"));
    for (int i = 0; i < metric->count(); ++i) {
      metric->setCurrentIndex(i);
      const bool ascending = largerIsBetter(static_cast<core::metrics::Metric>(metric->itemData(i).toInt()));
      const auto rows = bars->table().rows;
      QCOMPARE(rows.size(), std::size_t{42});
      for (std::size_t k = 1; k < rows.size(); ++k)
        QVERIFY(ascending ? rows[k - 1][0] <= rows[k][0] : rows[k - 1][0] >= rows[k][0]);
    }
  }

  void aNewlyCheckedSchemeGetsItsColumn() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    const auto before = shown.find<HeatMap>()->table().columns.size();
    const auto scheme = core::quant::Scheme::parse("int3");
    QVERIFY(!shown.selection().isChecked(scheme));
    shown.selection().setChecked(scheme, true);
    QVERIFY(shown.waitUntilIdle());
    QCOMPARE(shown.find<HeatMap>()->table().columns.size(), before + 1);
    shown.selection().setChecked(scheme, false);
    QTRY_COMPARE(shown.find<HeatMap>()->table().columns.size(), before);
  }
};

QTEST_MAIN(TestLayers)
#include "tst_layers.moc"
