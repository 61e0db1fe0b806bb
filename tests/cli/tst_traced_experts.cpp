// A trace through experts: a folder that has a tensor for each is traced as the GGUF file with their stacks is, the
// restored weights reach an ordinary run, and every weight is named where the model has it.
#include <QtTest>

#include "app/session/trace_model.h"
#include "app/session/traced_place.h"
#include "support/architectures.h"

using namespace app;

namespace {

const TracedTensor kStack{"blk.1.ffn_up_exps.weight", 1, 7 * 64, 96, 32, 64},
    kSplit{"model.layers.1.mlp.experts.*.up_proj.weight", 1, 7 * 64, 96, 32, 64},
    kMatrix{"blk.1.attn_q.weight", 1, 96, 96, 32};

}  // namespace

class TestTracedExperts : public QObject {
  Q_OBJECT

 private slots:
  void weightsAreNamedWhereTheModelHasThem() {
    const std::uint64_t element = (6 * 64 + 37) * 96 + 28;
    QCOMPARE(tracedPlaceText(kStack, element), std::string("blk.1.ffn_up_exps.weight expert 6 row 37 column 28"));
    QCOMPARE(tracedPlace(kStack, element).element, element);
    QCOMPARE(tracedPlaceText(kSplit, element),
             std::string("model.layers.1.mlp.experts.6.up_proj.weight row 37 column 28"));
    QCOMPARE(tracedPlace(kSplit, element).element, std::uint64_t{37 * 96 + 28});
    QCOMPARE(tracedPlaceText(kMatrix, 5 * 96 + 3), std::string("blk.1.attn_q.weight row 5 column 3"));
    const auto from = [](const TracedTensor& tensor, const char* name) { return firstElementOf(tensor, name); };
    QCOMPARE(from(kStack, "blk.1.ffn_up_exps.weight"), std::optional<std::uint64_t>(0));
    QCOMPARE(from(kSplit, "model.layers.1.mlp.experts.6.up_proj.weight"), std::optional<std::uint64_t>(6 * 64 * 96));
    for (const char* other :
         {"model.layers.1.mlp.experts.7.up_proj.weight", "model.layers.1.mlp.experts..up_proj.weight",
          "model.layers.1.mlp.experts.x.up_proj.weight", "model.layers.2.mlp.experts.6.up_proj.weight",
          "model.layers.1.mlp.experts.6.down_proj.weight", "w"})
      QVERIFY2(!from(kSplit, other), other);
  }

  void foldersAreTracedAsTheirFile_data() {
    QTest::addColumn<QString>("name");
    QTest::newRow("qwen3moe") << "qwen3moe";
    QTest::newRow("mixtral") << "mixtral";
  }
  void foldersAreTracedAsTheirFile() {
    QFETCH(QString, name);
    Engine engine;
    for (const bool isFolder : {false, true}) {
      const auto path = support::kArchitectures / (name.toStdString() + (isFolder ? "-folder" : ".gguf"));
      const auto model = OpenModel::open(path.string());
      TraceRequest request;
      request.prompt = support::architectureTokens();
      request.prompt.resize(12);
      request.mostTokens = 40;
      request.reference.device = request.compared.device = DeviceChoice::parse("cpu");
      request.compared.recipe = core::quant::Scheme::parse("int2:group=8");
      const Trace trace = traceModel(engine, *model, request);
      QVERIFY(trace.search.found && trace.proof && trace.proof->weights && trace.confirmedWeights);
      QVERIFY(trace.confirmedWeights->effect.isReferenceWord);
      QVERIFY(trace.confirmedBlocks->effect.isReferenceWord);
      for (const auto& member : trace.proof->weights->members) {
        const TracedPlace place = tracedPlace(trace.tensors[member.tensor], member.first);
        const auto index = model->checkpoint().find(place.tensor);
        QVERIFY2(index && place.element < model->checkpoint().tensors()[*index].shape.count(), place.tensor.c_str());
      }
    }
  }
};

QTEST_GUILESS_MAIN(TestTracedExperts)
#include "tst_traced_experts.moc"
