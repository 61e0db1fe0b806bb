// Which weights of a model that is larger than its device lie in the computer's memory, by made-up models and devices.
#include <QtTest>

#include "core/model/weight_placement.h"

using core::model::MemoryRoom;
using core::model::placeWeights;
using core::model::WeightLoad;
using Kind = core::model::WeightLoad::Kind;

namespace {

constexpr std::uint64_t kAll = std::uint64_t{1} << 40;

/// An embedding of 50 bytes, layers of a matrix of 60 and one of 40, an output of 50: 500 of four layers.
std::vector<WeightLoad> dense(std::uint32_t layers) {
  std::vector<WeightLoad> weights{{50, 1.0 / 1000, std::nullopt, Kind::Table}};
  for (std::uint32_t layer = 0; layer < layers; ++layer) {
    weights.push_back({60, 1.0, layer, Kind::Matrix});
    weights.push_back({40, 1.0, layer, Kind::Matrix});
  }
  weights.push_back({50, 1.0, std::nullopt, Kind::Matrix});
  return weights;
}

/// Layers of a matrix of 100 and experts of 900, of which a token goes through an eighth.
std::vector<WeightLoad> experts(std::uint32_t layers) {
  std::vector<WeightLoad> weights{{50, 1.0 / 1000, std::nullopt, Kind::Table}};
  for (std::uint32_t layer = 0; layer < layers; ++layer) {
    weights.push_back({100, 1.0, layer, Kind::Matrix});
    weights.push_back({900, 0.125, layer, Kind::Experts});
  }
  return weights;
}

}  // namespace

class TestWeightPlacement : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void whatIsReadLeastGoesFirst_data() {
    QTest::addColumn<bool>("hasExperts");
    QTest::addColumn<unsigned>("room");
    QTest::addColumn<unsigned>("onHost");
    QTest::addColumn<QString>("parts");
    const auto row = [](bool hasExperts, unsigned room, unsigned onHost, const char* parts) {
      QTest::addRow("%s in %u", hasExperts ? "experts" : "dense", room)
          << hasExperts << room << onHost << QString::fromUtf8(parts);
    };
    row(false, 500, 0, "");
    row(false, 499, 50, "the embedding");
    row(false, 450, 50, "the embedding");
    row(false, 449, 150, "the embedding, layer 3");  // a whole layer, though a matrix of it would do
    row(false, 350, 150, "the embedding, layer 3");
    row(false, 349, 250, "the embedding, layers 2–3");
    row(false, 51, 450, "the embedding, layers 0–3");
    row(false, 50, 450, "the embedding, layers 0–3");
    row(false, 49, 500, "the embedding, layers 0–3, the output");
    row(false, 0, 500, "the embedding, layers 0–3, the output");
    row(true, 4050, 0, "");
    row(true, 4000, 50, "the embedding");
    row(true, 3999, 950, "the embedding, experts of layer 3");
    row(true, 400, 3650, "the embedding, experts of layers 0–3");
    row(true, 399, 3750, "the embedding, experts of layers 0–2, layer 3");
  }
  void whatIsReadLeastGoesFirst() {
    QFETCH(bool, hasExperts);
    QFETCH(unsigned, room);
    QFETCH(unsigned, onHost);
    QFETCH(QString, parts);
    auto weights = hasExperts ? experts(4) : dense(4);
    // The order in which a graph names them says nothing.
    for (int turn = 0; turn < 2; ++turn) {
      const auto placement = placeWeights(weights, {room, kAll});
      QVERIFY(placement);
      QCOMPARE(placement->hostBytes, std::uint64_t{onHost});
      QCOMPARE(QString::fromStdString(placement->hostParts), parts);
      std::uint64_t bytes = 0;
      for (std::size_t i = 0; i < weights.size(); ++i)
        if (placement->isOnHost[i]) bytes += weights[i].bytes;
      QCOMPARE(bytes, placement->hostBytes);
      std::ranges::reverse(weights);
    }
  }

  /// Where all memory is one, or the computer's is too small as well, there is no placement.
  void whatNeitherHoldsIsRefused() {
    const auto weights = dense(4);
    QVERIFY(!placeWeights(weights, {499, 0}));
    QVERIFY(placeWeights(weights, {500, 0}));
    QVERIFY(!placeWeights(weights, {349, 249}));
    QVERIFY(placeWeights(weights, {349, 250}));
    QVERIFY(placeWeights({}, {}));
  }

  /// An output that is the embedding, too, is read as a matrix.
  void tiedEmbeddingsStay() {
    auto weights = dense(2);
    core::model::addUse(weights.front(), weights.back());
    weights.pop_back();
    const auto placement = placeWeights(weights, {50, kAll});
    QVERIFY(placement);
    QVERIFY(!placement->isOnHost.front());
    QCOMPARE(placement->hostParts, std::string("layers 0–1"));
    QCOMPARE(placeWeights(weights, {0, kAll})->hostParts, std::string("layers 0–1, the output"));
    // A block that two layers share belongs to none.
    WeightLoad shared{10, 1.0, 3, Kind::Matrix};
    core::model::addUse(shared, {10, 1.0, 5, Kind::Matrix});
    QVERIFY(!shared.layer);
    QCOMPARE(shared.readShare, 2.0);
  }
};

QTEST_GUILESS_MAIN(TestWeightPlacement)
#include "tst_weight_placement.moc"
