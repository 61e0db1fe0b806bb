// A head or a layer that says nothing: equal to a model in which its activations are 0.
#include <QtTest>
#include <cmath>

#include "core/base/error.h"
#include "core/model/switched_off.h"
#include "core/quant/quantizer.h"
#include "trace_models.h"

using namespace core;
using model::ValueId;

class TestSwitchedOff : public QObject {
  Q_OBJECT

 private:
  TraceModels m_models;
  const std::vector<model::TokenId> m_tokens = TraceModels::tokens(11);

  /// A value of the last token.
  std::vector<float> seen(const model::Graph& graph, const std::string& name) const {
    const auto executor = model::createCpuExecutor(graph);
    std::vector<float> row;
    const std::size_t width = graph.values[*graph.find(name)].width;
    const auto watching = executor->subscribe({*graph.find(name)}, [&](const model::Observation& o) {
      row.assign(o.data.end() - static_cast<std::ptrdiff_t>(width), o.data.end());
    });
    const auto cache = executor->createKvCache(64, model::KvType::F32);
    std::vector<float> logits(graph.vocabulary());
    executor->forward(m_tokens, *cache, model::LogitsWanted::LastToken, logits);
    return row;
  }

 private slots:
  void aLayerPassesOnWhatItGets() {
    for (const char* scheme : {"", "nf4", "int8:activations=int8_dynamic"}) {
      const model::Graph graph = m_models.graph(scheme);
      model::Recipe recipe;
      if (*scheme != '\0') recipe = quant::Scheme::parse(scheme);
      recipe.replacements = model::withoutLayer(graph, 1);
      const model::Graph off = m_models.graph(recipe);
      QCOMPARE(seen(off, "blk.1.ffn_residual"), seen(off, "blk.0.ffn_residual"));
      QVERIFY(seen(graph, "blk.1.ffn_residual") != seen(graph, "blk.0.ffn_residual"));
      QCOMPARE(seen(off, "blk.0.ffn_residual"), seen(graph, "blk.0.ffn_residual"));
    }
  }

  void aHeadSaysNothing() {
    const model::Graph graph = m_models.graph("");
    model::Recipe recipe;
    recipe.replacements = model::withoutHead(graph, 0, 4);
    QCOMPARE(recipe.replacements.size(), std::size_t{1});
    const auto with = seen(graph, "blk.0.attn_output"), without = seen(m_models.graph(recipe), "blk.0.attn_output");
    const auto heads = seen(graph, "blk.0.attn_heads");
    const auto weight = quant::dequantize(*graph.maker(*graph.find("blk.0.attn_output")).as<model::MatMul>().weight);
    for (std::size_t row = 0; row < with.size(); ++row) {
      double said = 0.0;
      for (std::size_t i = 4 * 16; i < 5 * 16; ++i)
        said += static_cast<double>(heads[i]) * static_cast<double>(weight[row * 96 + i]);
      QVERIFY(std::abs(static_cast<double>(with[row]) - static_cast<double>(without[row]) - said) < 1e-5);
    }
    QVERIFY(with != without);
  }

  void refusesWhatIsNotThere() {
    const model::Graph graph = m_models.graph("");
    QVERIFY_THROWS_EXCEPTION(Error, model::withoutHead(graph, 0, 6));
    QVERIFY_THROWS_EXCEPTION(Error, model::withoutHead(graph, 2, 0));
    QVERIFY_THROWS_EXCEPTION(Error, model::withoutLayer(graph, 2));
  }
};

QTEST_GUILESS_MAIN(TestSwitchedOff)
#include "tst_switched_off.moc"
