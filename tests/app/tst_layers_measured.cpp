// What single tensors do to the model's answers, and to their layers' outputs, in the layers workspace on the demo
// model, driven with mouse and keyboard.
#include <QComboBox>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSpinBox>
#include <QTabWidget>
#include <QTest>
#include <QToolButton>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "app/pictures/error_dots.h"
#include "app/pictures/layer_maps.h"
#include "app/selection/trace_question.h"
#include "app/session/engine.h"
#include "app/session/evaluate_model.h"
#include "app/session/measured_tensor.h"
#include "app/workspaces/layers/measured_layers.h"
#include "app/workspaces/layers/proxy_chart.h"
#include "app/workspaces/workspace.h"
#include "core/calibrate/text_calibration.h"
#include "workspace_window.h"

using namespace app;
using core::evaluate::Level;

namespace {

constexpr int kTokens = 256, kEnoughForVerdicts = 512;

void tickOnly(WorkspaceWindow& shown, const std::vector<const char*>& schemes) {
  for (const auto& recipe : shown.selection().checkedRecipes()) shown.selection().setChecked(recipe, false);
  for (const char* scheme : schemes) shown.selection().addOwn(core::quant::Scheme::parse(scheme));
}

/// A hand on the page: schemes ticked, Measured chosen, few tokens.
struct Hand {
  explicit Hand(int tokens = kTokens, const std::vector<const char*>& schemes = {"int3"})
      : shown(QStringLiteral("layers")) {
    static_cast<void>(shown.waitUntilIdle());
    tickOnly(shown, schemes);
    static_cast<void>(shown.waitUntilIdle());
    QTest::mouseClick(shown.find<QToolButton>(QStringLiteral("measure-measured")), Qt::LeftButton);
    setTokens(tokens);
  }
  void setTokens(int tokens) {
    auto* spin = shown.find<QSpinBox>(QStringLiteral("sensitivity-tokens"));
    spin->setFocus();
    spin->selectAll();
    QTest::keyClicks(spin, QString::number(tokens));
    QTest::keyClick(spin, Qt::Key_Return);
  }
  /// By the keyboard. @param index of the level in the box
  void setLevel(int index) {
    auto* box = shown.find<QComboBox>(QStringLiteral("sensitivity-level"));
    box->setFocus();
    QTest::keyClick(box, Qt::Key_Home);
    for (int i = 0; i < index; ++i) QTest::keyClick(box, Qt::Key_Down);
  }
  QPushButton* button() { return shown.find<QPushButton>(QStringLiteral("sensitivity-measure")); }
  void measure() { QTest::mouseClick(button(), Qt::LeftButton); }
  QString sentence() { return shown.find<QLabel>(QStringLiteral("sensitivity-sentence"))->text(); }
  LayerMaps* maps() { return shown.find<LayerMaps>(); }
  const LayerMaps::SchemeMap& map(std::size_t scheme = 0) { return maps()->content().schemes[scheme]; }
  const LayerMaps::Cell& cell(const char* name) {
    return map().cells[static_cast<std::size_t>(maps()->content().names.indexOf(QLatin1String(name)))];
  }
  std::size_t known(LayerMaps::Shared shared) {
    return static_cast<std::size_t>(std::ranges::count_if(
        map().cells, [shared](const LayerMaps::Cell& cell) { return cell.known && cell.shared == shared; }));
  }

  WorkspaceWindow shown;
};

/// KL of the demo model with some tensors quantized and no others, by a recipe of rules: no exchange of tensors.
double measureByRules(const std::vector<std::string>& tensors, const char* scheme, int tokens = kTokens) {
  auto model = OpenModel::open("demo");
  Engine engine;
  StudyRequest request;
  request.text = openEvaluationText("demo");
  request.reading.tokens = static_cast<std::uint32_t>(tokens);
  DivergenceStudy study(*model, engine, std::move(request), core::JobContext());
  core::model::Recipe recipe;
  for (const std::string& tensor : tensors) recipe.rules.push_back(ruleFor(tensor, core::quant::Scheme::parse(scheme)));
  return study.measure(recipe, core::JobContext()).ratio().value;
}

/// Spearman's rank correlation of figures that have no ties, by its short form: 1 − 6 Σ d² / (n (n² − 1)).
double spearman(const std::vector<double>& x, const std::vector<double>& y) {
  const auto rank = [](const std::vector<double>& values, double value) {
    return static_cast<double>(std::ranges::count_if(values, [value](double other) { return other < value; }));
  };
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += std::pow(rank(x, x[i]) - rank(y, y[i]), 2);
  const auto n = static_cast<double>(x.size());
  return 1 - 6 * sum / (n * (n * n - 1));
}

}  // namespace

class TestLayersMeasured : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void layersAreMeasuredAsAWholeAndShownSo() {
    Hand hand(kEnoughForVerdicts);
    QVERIFY(!hand.shown.find<QComboBox>(QStringLiteral("metric"))->isVisible());
    QCOMPARE(hand.known(LayerMaps::Shared::WithLayer), std::size_t{0});
    QVERIFY2(hand.sentence().contains(QStringLiteral("not measured yet")), qPrintable(hand.sentence()));
    hand.setLevel(0);
    hand.measure();
    QCOMPARE(hand.button()->text(), QStringLiteral("Stop"));
    QVERIFY(hand.shown.waitUntilIdle());
    QTRY_COMPARE(hand.known(LayerMaps::Shared::WithLayer), std::size_t{42});
    QTRY_VERIFY(!hand.button()->isEnabled());  // there is no more to find out
    QVERIFY(hand.cell("token_embd").isKept);
    // The whole column has one figure: that of the layer with nothing else quantized.
    std::vector<std::string> layer;
    for (const auto& tensor : hand.shown.selection().model()->checkpoint().tensors())
      if (tensor.name.starts_with("blk.2.") && tensor.shape.rank() == 2) layer.push_back(tensor.name);
    QCOMPARE(layer.size(), std::size_t{7});
    const double expected = measureByRules(layer, "int3", kEnoughForVerdicts), shown = hand.cell("blk.2.attn_q").value;
    QCOMPARE(shown, hand.cell("blk.2.ffn_down").value);
    // The same computation in another order of loading; KL is summed in double.
    QVERIFY2(std::abs(shown / expected - 1) < 1e-6, qPrintable(QStringLiteral("%1 %2").arg(shown).arg(expected)));
    int pale = 0;
    for (const auto& cell : hand.map().cells) {
      if (!cell.known) continue;
      QCOMPARE(cell.isWithinError, std::abs(cell.value) <= 2 * cell.error);
      QCOMPARE(cell.detail.contains(QStringLiteral("indistinguishable from no harm")), cell.isWithinError);
      pale += cell.isWithinError ? 1 : 0;
    }
    QVERIFY(pale > 0 && pale < 42);  // the first layer's figure is of two documents mostly
    QCOMPARE(hand.shown.find<ErrorDots>()->table().rows.size(), std::size_t{6});
    QVERIFY2(hand.sentence().contains(QStringLiteral("6 layers one by one")), qPrintable(hand.sentence()));
  }

  void everyTensorIsMeasuredAndComparedWithWhatWasQuicklyKnown() {
    Hand hand;
    hand.measure();
    QVERIFY(hand.shown.waitUntilIdle());
    QTRY_COMPARE(hand.known(LayerMaps::Shared::No), std::size_t{42});
    const double expected = measureByRules({"blk.3.ffn_down.weight"}, "int3"),
                 shown = hand.cell("blk.3.ffn_down").value;
    QVERIFY2(std::abs(shown / expected - 1) < 1e-6, qPrintable(QStringLiteral("%1 %2").arg(shown).arg(expected)));
    double sum = 0;
    for (const auto& cell : hand.map().cells) {
      if (!cell.known) continue;
      sum += cell.value;
      QVERIFY(!cell.isWithinError);  // on so few blocks of text nothing is judged
      QVERIFY(cell.detail.contains(QStringLiteral("too little text for a verdict")));
    }
    QVERIFY2(hand.sentence().contains(QStringLiteral("42 tensors one by one")), qPrintable(hand.sentence()));
    const auto dots = hand.shown.find<ErrorDots>()->table();
    QCOMPARE(dots.rows.size(), std::size_t{42});
    QCOMPARE(dots.columns.size(), 3);  // with standard errors
    for (std::size_t i = 1; i < dots.rows.size(); ++i) QVERIFY(dots.rows[i - 1][0] >= dots.rows[i][0]);
    QVERIFY(std::abs(std::accumulate(dots.rows.begin(), dots.rows.end(), 0.0,
                                     [](double all, const auto& row) { return all + row[0]; }) -
                     sum) < 1e-12);

    // The page beside it: every tensor is a point, and the sentence has the correlation of what the picture shows.
    auto* tabs = hand.shown.find<QTabWidget>(QStringLiteral("layer-lists"));
    QVERIFY(tabs->isTabVisible(2));
    tabs->setCurrentIndex(2);
    auto* chart = hand.shown.find<ProxyChart>();
    QTRY_COMPARE(chart->shown(), std::size_t{42});
    for (int proxy = 0; proxy < 3; ++proxy) {
      QTest::mouseClick(hand.shown.find<QToolButton>(QStringLiteral("proxy-%1").arg(proxy)), Qt::LeftButton);
      std::vector<double> quick, measured;
      for (const auto& row : chart->table().rows) quick.push_back(row[0]), measured.push_back(row[1]);
      const QString rho = QLocale().toString(spearman(quick, measured), 'f', 2).replace(u'-', QChar(0x2212));
      const QString sentence = hand.shown.find<QLabel>(QStringLiteral("proxy-sentence"))->text();
      QVERIFY2(sentence.contains(QStringLiteral("rank correlation %1 (").arg(rho)), qPrintable(sentence + rho));
    }
    // A click selects the tensor for all.
    chart->replot();
    const int row = hand.maps()->content().names.indexOf(QStringLiteral("blk.3.ffn_down"));
    const auto center = chart->centerOf(row);
    QVERIFY(center);
    QTest::mouseClick(chart, Qt::LeftButton, {}, *center);
    const int selected = hand.maps()->content().names.indexOf(
        QString::fromStdString(hand.shown.selection().tensorInfo()->name).chopped(7));
    QVERIFY(selected >= 0);
    const auto distance = *chart->centerOf(selected) - *center;  // another point may lie on it
    QVERIFY(std::hypot(distance.x(), distance.y()) < 3);
  }

  void whatIsKnownStaysWhenItIsStoppedAndIsGoneOnWith() {
    Hand hand;
    hand.setTokens(1024);
    hand.measure();
    const auto& measured = *hand.shown.find<MeasuredLayers>();
    const auto recipe = hand.shown.selection().checkedRecipes().front();
    const auto done = [&] { return measured.find(recipe) == nullptr ? 0 : measured.find(recipe)->done; };
    QTRY_VERIFY_WITH_TIMEOUT(done() > 0, 60000);
    QVERIFY(hand.known(LayerMaps::Shared::WithLayer) + hand.known(LayerMaps::Shared::No) > 0);  // live
    QTest::mouseClick(hand.button(), Qt::LeftButton);
    QVERIFY(hand.shown.waitUntilIdle());
    const std::size_t stoppedAt = done();
    QVERIFY(stoppedAt < 48);
    QTRY_COMPARE(hand.button()->text(), QStringLiteral("Go on"));
    QVERIFY2(hand.sentence().contains(QStringLiteral("%1 of 48 measured, stopped").arg(stoppedAt)),
             qPrintable(hand.sentence()));
    QVERIFY(hand.known(LayerMaps::Shared::WithLayer) + hand.known(LayerMaps::Shared::No) > 0);
    const double before = measured.find(recipe)->report.rows.front().change.value;
    // Another question: what is known is of the old one, and looks it.
    hand.setTokens(kTokens);
    QVERIFY(hand.map().isOld);
    QVERIFY2(hand.map().summary.startsWith(QStringLiteral("of another question")), qPrintable(hand.map().summary));
    hand.setTokens(1024);
    QVERIFY(!hand.map().isOld);
    hand.setLevel(0);  // the coarse ones only: quick
    hand.measure();
    QVERIFY(hand.shown.waitUntilIdle());
    QTRY_COMPARE(measured.find(recipe)->rows(Level::Layer).size(), std::size_t{6});
    QCOMPARE(measured.find(recipe)->rows(Level::Layer).front()->change.value, before);
  }

  void restoringTakesAwayAndKindsGoAcross() {
    Hand hand;
    auto* direction = hand.shown.find<QComboBox>(QStringLiteral("sensitivity-direction"));
    direction->setFocus();
    QTest::keyClick(direction, Qt::Key_Down);
    hand.setLevel(1);
    hand.measure();
    QVERIFY(hand.shown.waitUntilIdle());
    QTRY_COMPARE(hand.known(LayerMaps::Shared::WithKind), std::size_t{42});
    QCOMPARE(hand.cell("blk.0.ffn_up").value, hand.cell("blk.5.ffn_up").value);
    QVERIFY2(hand.sentence().contains(QStringLiteral("restored one by one")), qPrintable(hand.sentence()));
    // What keeping them saves is the difference of the two models.
    std::vector<std::string> all, without;
    for (const auto& tensor : hand.shown.selection().model()->checkpoint().tensors()) {
      if (!tensor.name.starts_with("blk.") || tensor.shape.rank() != 2) continue;
      all.push_back(tensor.name);
      if (!tensor.name.ends_with("ffn_up.weight")) without.push_back(tensor.name);
    }
    const double expected = measureByRules(all, "int3") - measureByRules(without, "int3");
    QVERIFY2(std::abs(hand.cell("blk.0.ffn_up").value - expected) < 1e-6 * std::abs(expected) + 1e-12,
             qPrintable(QStringLiteral("%1 %2").arg(hand.cell("blk.0.ffn_up").value).arg(expected)));
  }

  // A value below zero has a colour of its own, whatever the scale of the others.
  void aScaleCopesWithValuesBelowZero() {
    const LayerScale scale(core::metrics::Metric::MeasuredKl, LayerShading::PerScheme, {{-0.01, 1e-4, 1e-2}});
    QCOMPARE(scale.color(0, -0.01), LayerScale::belowZero());
    QCOMPARE(scale.color(0, 1e-4), scale.colorAt(0));
    QCOMPARE(scale.color(0, 1e-2), scale.colorAt(1));
    QCOMPARE(scale.color(0, 1e-3), scale.colorAt(0.5));
  }

  void outputsHaveTheSharesOfWeightsAndInputs() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    tickOnly(shown, {"int4", "int8:activations=int8_dynamic"});
    QVERIFY(shown.waitUntilIdle());
    auto* weights = shown.find<QToolButton>(QStringLiteral("measure-weights"));
    weights->setFocus();
    QTest::keyClick(weights, Qt::Key_Right);
    QVERIFY(shown.find<QToolButton>(QStringLiteral("measure-outputs"))->isChecked());
    QVERIFY(shown.waitUntilIdle());
    const auto& content = shown.find<LayerMaps>()->content();
    const auto row = static_cast<std::size_t>(content.names.indexOf(QStringLiteral("blk.1.ffn_down")));
    const auto schemes = shown.selection().checkedRecipes();
    const auto& model = *shown.selection().model();
    const auto tensor = *model.checkpoint().find("blk.1.ffn_down.weight");
    for (std::size_t i = 0; i < schemes.size(); ++i) {
      const LayerMaps::Cell& cell = content.schemes[i].cells[row];
      const bool hasInputs = schemes[i].toString().find("activations") != std::string::npos;
      QVERIFY(cell.known && cell.error > 0 && cell.error < cell.value);
      QCOMPARE(cell.detail.contains(QStringLiteral("by quantized inputs")), hasInputs);
      // One tensor alone, measured directly.
      const auto calibration = model.calibration().current();
      const auto& windows = dynamic_cast<const core::calibrate::TextCalibration&>(*calibration).windows();
      const auto alone = measureOutputs(model, planTreatments({schemes[i]}, model.checkpoint()), {tensor}, windows,
                                        core::JobContext());
      const auto& output = alone.at({tensor, 0}).output;
      QVERIFY(std::abs(cell.value / output.total.value - 1) < 1e-9);
      QCOMPARE(output.activations.value > 0, hasInputs);
    }
  }

  void aWordIsTracedUnderTheScheme() {
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    tickOnly(shown, {"int4", "int3"});
    QVERIFY(shown.waitUntilIdle());
    auto* maps = shown.find<LayerMaps>();
    maps->replot();
    QTest::mouseClick(maps, Qt::LeftButton, {}, maps->centerOf(5, 0));
    const auto first = shown.selection().checkedRecipes().front();
    QTest::keyClick(maps, Qt::Key_T, Qt::ControlModifier);
    QCOMPARE(shown.selection().workspace(), QStringLiteral("trace"));
    QVERIFY(shown.selection().traceQuestion()->compared.recipe == first);
    QCOMPARE(shown.selection().traceQuestion()->text, QString(kExamplePrompt));
    shown.window().jobs().cancelAll();
    QVERIFY(shown.waitUntilIdle());
    // What was asked last is asked of the other scheme, too; by the menu of a cell.
    TraceQuestion other = *shown.selection().traceQuestion();
    other.text = QStringLiteral("What is a mantissa?");
    other.position = 3;
    shown.selection().askTrace(other);
    shown.window().jobs().cancelAll();
    shown.window().showWorkspace(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    maps->replot();
    QTest::mouseClick(maps, Qt::LeftButton, {}, maps->centerOf(5, 1));
    const QPoint at = maps->centerOf(5, 1);
    QContextMenuEvent event(QContextMenuEvent::Keyboard, at, maps->mapToGlobal(at));
    QCoreApplication::sendEvent(maps, &event);
    const auto menus = maps->findChildren<QMenu*>(Qt::FindDirectChildrenOnly);
    QVERIFY(!menus.isEmpty());
    QAction* trace = nullptr;
    for (QAction* action : menus.last()->actions())
      if (action->text().startsWith(QStringLiteral("Trace a word under"))) trace = action;
    QVERIFY(trace);
    trace->trigger();
    menus.last()->close();
    QVERIFY(shown.selection().traceQuestion()->compared.recipe == shown.selection().checkedRecipes()[1]);
    QCOMPARE(shown.selection().traceQuestion()->text, QStringLiteral("What is a mantissa?"));
    QVERIFY(!shown.selection().traceQuestion()->position);
    shown.window().jobs().cancelAll();
    QVERIFY(shown.waitUntilIdle());
  }

  void aLinkAndTheSettingsBringItBack() {
    const QString link =
        QStringLiteral("quantscope://layers?measure=measured&text=prose&tokens=512&direction=restore&level=role");
    WorkspaceWindow shown(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    shown.window().openLink(link);
    QVERIFY(shown.find<QToolButton>(QStringLiteral("measure-measured"))->isChecked());
    const auto& measured = *shown.find<MeasuredLayers>();
    const MeasuredQuestion expected{QStringLiteral("prose"), 512, core::evaluate::Direction::Restore};
    QVERIFY(measured.question() == expected);
    QVERIFY(measured.level() == Level::Role);
    const Link now = shown.find<Workspace>()->link();
    QCOMPARE(now.value(QStringLiteral("measure")), QStringLiteral("measured"));
    QCOMPARE(now.value(QStringLiteral("level")), QStringLiteral("role"));
    for (const char* wrong : {"measure=guessed", "direction=up", "level=bit", "tokens=many", "text=/etc/passwd"}) {
      const QString problem = shown.find<Workspace>()->openLink(
          *Link::parse(QStringLiteral("quantscope://layers?") + QLatin1String(wrong)));
      QVERIFY2(!problem.isEmpty(), wrong);
    }
    QVERIFY(measured.question() == expected);
    shown.restart(QStringLiteral("layers"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(shown.find<QToolButton>(QStringLiteral("measure-measured"))->isChecked());
    QVERIFY(shown.find<MeasuredLayers>()->question() == expected);
  }
};

QTEST_MAIN(TestLayersMeasured)
#include "tst_layers_measured.moc"
