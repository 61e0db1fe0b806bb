// A trace through every architecture: from the word at which INT2 parts from the stored weights to weights whose
// restoration brings it back in an ordinary run, and the residual stream behind every layer.
#include <QtTest>
#include <set>

#include "app/session/trace_model.h"
#include "support/architectures.h"

using namespace app;

class TestTracedArchitectures : public QObject {
  Q_OBJECT

 private slots:
  void wordsAreFollowedBack_data() {  // folders are traced as their files: tst_traced_experts
    QTest::addColumn<QString>("path");
    for (const auto& entry : std::filesystem::directory_iterator(support::kArchitectures)) {
      const QString name = QString::fromStdString(entry.path().filename().string());
      if (name.endsWith(".gguf")) QTest::newRow(qPrintable(name)) << name;
    }
  }
  void wordsAreFollowedBack() {
    QFETCH(QString, path);
    Engine engine;
    const auto model = OpenModel::open((support::kArchitectures / path.toStdString()).string());
    TraceRequest request;
    request.mostTokens = 60;
    request.reference.device = request.compared.device = DeviceChoice::parse("cpu");
    bool isFollowed = false;  // not every damage of so few weights lies in a hundredth of them
    for (const auto& [scheme, tokens] :
         {std::pair{"int2:group=8", 12}, {"int3:group=8", 12}, {"int2", 7}, {"int3", 30}}) {
      request.compared.recipe = core::quant::Scheme::parse(scheme);
      request.prompt = support::architectureTokens();
      request.prompt.resize(static_cast<std::size_t>(tokens));
      const Trace trace = traceModel(engine, *model, request);
      if (!trace.search.found) continue;
      QVERIFY(trace.depth && trace.restoration && trace.attribution && trace.proof);
      std::set<std::string> layers;
      for (const auto& step : trace.depth->steps) {
        QVERIFY(std::isfinite(step.relativeError));
        if (step.name.starts_with("blk.")) layers.insert(step.name.substr(0, step.name.find('.', 4)));
      }
      QCOMPARE(layers.size(), std::size_t{model->config().layers});
      isFollowed = trace.proof->weights.has_value();
      if (!isFollowed) continue;
      QVERIFY(trace.confirmedWeights && trace.confirmedWeights->effect.isReferenceWord);
      break;
    }
    QVERIFY(isFollowed);
  }
};

QTEST_GUILESS_MAIN(TestTracedArchitectures)
#include "tst_traced_architectures.moc"
