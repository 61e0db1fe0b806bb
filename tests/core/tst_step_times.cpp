// What a forward's steps take, on the CPU; and what a token reads of keys and values.
#include <QtTest>

#include <cmath>
#include <stop_token>

#include "core/base/error.h"
#include "core/model/executor.h"
#include "core/model/kv_traffic.h"
#include "core/quant/quantizer.h"
#include "support/random_model.h"

using namespace core;
using model::KvType;
using model::OpKind;

class TestStepTimes : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;

  model::Graph graphOf(const support::RandomModel& shape) {
    const std::filesystem::path path = m_folder.filePath("model.gguf").toStdString();
    support::writeRandomModel(shape, path);
    const auto checkpoint = io::openCheckpoint(path);
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    return model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, {}));
  }

 private Q_SLOTS:
  void theSameStepOfAllLayersIsOne() {
    model::StepTimes times;
    times.add(OpKind::MatMul, "blk.0.attn_q", 1.0);
    times.add(OpKind::RmsNorm, "output_norm", 4.0);
    times.add(OpKind::MatMul, "blk.11.attn_q", 2.0);
    times.add(OpKind::MatMul, "blk.0.attn_k + blk.0.attn_v", 0.5);
    times.add(OpKind::StoreKv, "", 0.25);
    QCOMPARE(times.steps().size(), std::size_t{4});
    QCOMPARE(times.steps()[0].part, std::string("attn_q"));
    QCOMPARE(times.steps()[0].count, 2U);
    QCOMPARE(times.steps()[0].seconds, 3.0);
    QCOMPARE(times.steps()[1].part, std::string("output_norm"));
    QCOMPARE(times.steps()[2].part, std::string("attn_k + attn_v"));
    QCOMPARE(times.steps()[3].part, std::string());
    QCOMPARE(times.total(), 7.75);
    QCOMPARE(model::StepTimes().total(), 0.0);
  }

  void everyKindHasAName() {
    for (int kind = 0; kind <= static_cast<int>(OpKind::JoinHeads); ++kind)
      QVERIFY2(!nameOf(static_cast<OpKind>(kind)).empty(), QByteArray::number(kind));
  }

  void timingChangesNothing() {
    const auto executor = model::createCpuExecutor(graphOf({.layers = 3}));
    const std::vector<text::TokenId> tokens{1, 5, 9, 12};
    const std::uint32_t vocabulary = executor->graph().vocabulary();
    std::vector<float> plain(vocabulary), behind(vocabulary);
    const auto cache = executor->createKvCache(16, KvType::F32), timed = executor->createKvCache(16, KvType::F32);
    executor->forward(tokens, *cache, model::LogitsWanted::LastToken, plain);
    executor->forward(std::span(tokens).first(1), *cache, model::LogitsWanted::LastToken, plain);

    const model::StepTimes times = executor->timeForward(tokens, *timed);
    QCOMPARE(timed->length(), 4U);
    QVERIFY(times.total() > 0);
    const auto query = std::ranges::find(times.steps(), "attn_q", &model::StepTime::part);
    QVERIFY(query != times.steps().end() && query->kind == OpKind::MatMul);
    QCOMPARE(query->count, 3U);
    std::uint32_t steps = 0;
    for (const auto& step : times.steps()) steps += step.count;
    QCOMPARE(std::size_t{steps}, executor->graph().ops.size());

    executor->forward(std::span(tokens).first(1), *timed, model::LogitsWanted::LastToken, behind);
    QCOMPARE(plain, behind);
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(executor->timeForward({}, *timed)), Error);
    executor->forward(std::span(tokens).first(1), *timed, model::LogitsWanted::LastToken, behind);  // no clock is left
    std::stop_source cancelled;
    cancelled.request_stop();
    const std::uint32_t length = timed->length();
    QVERIFY_EXCEPTION_THROWN(
        static_cast<void>(executor->timeForward(tokens, *timed, JobContext(cancelled.get_token()))), Cancelled);
    QCOMPARE(timed->length(), length);
    executor->forward(std::span(tokens).first(1), *timed, model::LogitsWanted::LastToken, behind);
  }

  void weightsThatAreNoNumbersAreNamed() {
    model::Graph graph = graphOf({});
    const auto norm = std::ranges::find(graph.ops, OpKind::RmsNorm, &model::Op::kind);
    auto& weight = std::get<model::RmsNorm>(norm->parameters).weight;
    const std::vector<float> values(weight->shape.count(), NAN);
    const auto owner = std::make_shared<std::vector<float>>(values);
    weight = quant::wrapStored({"norm", tensor::DType::F32, weight->shape, std::as_bytes(std::span(*owner)), owner});
    const auto executor = model::createCpuExecutor(graph);
    const auto cache = executor->createKvCache(4, KvType::F32);
    try {
      static_cast<void>(executor->timeForward(std::vector<text::TokenId>{1, 2}, *cache));
      QFAIL("It is no number.");
    } catch (const Error& error) {
      QCOMPARE(error.code(), ErrorCode::NotFinite);
    }
    QCOMPARE(cache->length(), 0U);
  }

  void aTokenReadsWhatTheCacheHolds() {
    model::Graph graph = graphOf({.layers = 3, .valueHeadSize = 24});
    const auto executor = model::createCpuExecutor(graph);
    for (const KvType type : {KvType::F32, KvType::F16, KvType::Int8})
      QCOMPARE(kvBytesRead(graph, type, 7), executor->createKvCache(7, type)->bytes());
    const std::uint64_t each = kvBytesRead(graph, KvType::F16, 1);
    QCOMPARE(kvBytesRead(graph, KvType::F16, 100), 100 * each);
    for (model::Op& op : graph.ops) {
      if (op.kind() != OpKind::Attention) continue;
      std::get<model::Attention>(op.parameters).window = 10;
      break;
    }
    QCOMPARE(3 * kvBytesRead(graph, KvType::F16, 100), (100 + 100 + 10) * each);
    QCOMPARE(3 * kvBytesRead(graph, KvType::F16, 8), 3 * 8 * each);
  }
};

QTEST_GUILESS_MAIN(TestStepTimes)
#include "tst_step_times.moc"
