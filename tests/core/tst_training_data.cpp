// What a run reads: rows packed and padded, drawn without repetition, by hand-made examples.
#include <QtTest>
#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/train/data/rows.h"

using namespace core::train;

namespace {

/// Tokens first, first + 1, …, of which those from `counted` on count.
Example run(int first, int count, int counted) {
  Example example;
  for (int i = 0; i < count; ++i) {
    example.tokens.push_back(first + i);
    example.isCounted.push_back(i >= counted ? 1 : 0);
  }
  return example;
}

template <typename Call>
bool isRefused(const Call& call) {
  try {
    call();
    return false;
  } catch (const core::Error& error) {
    return error.code() == core::ErrorCode::InvalidArgument;
  }
}

}  // namespace

class TestTrainingData : public QObject {
  Q_OBJECT

 private slots:
  void drawsRepeatNothingWithinARound() {
    const Draws draws(7, 3);
    const auto all = draws.take(0, 21);
    for (int round = 0; round < 3; ++round) {
      std::vector<std::size_t> one(all.begin() + 7 * round, all.begin() + 7 * (round + 1));
      QVERIFY(one == draws.order(static_cast<std::uint64_t>(round)));
      std::ranges::sort(one);
      for (std::size_t i = 0; i < 7; ++i) QCOMPARE(one[i], i);
    }
    // What is drawn later is a function of where alone; orders differ by round and seed.
    QVERIFY(draws.take(5, 9) == std::vector<std::size_t>(all.begin() + 5, all.begin() + 14));
    QVERIFY(draws.order(0) != draws.order(1));
    QVERIFY(Draws(7, 4).order(0) != draws.order(0));
  }

  void rowsArePackedAndCut() {
    // One example of six tokens again and again: rows of 4 + 1 tokens hold its first five.
    const std::vector<Example> same(3, run(10, 6, 2));
    const PackedRows rows(same, {.rows = 2, .length = 4, .seed = 1, .weight = 0.5});
    QCOMPARE(rows.rows(), std::size_t{3});
    const auto batches = rows.batches(0);
    QCOMPARE(batches.size(), std::size_t{1});
    QCOMPARE(batches[0].count(), std::size_t{2});
    QCOMPARE(batches[0].length, std::size_t{4});
    QCOMPARE(batches[0].weight, 0.5);
    QVERIFY(batches[0].tokens == (std::vector<core::text::TokenId>{10, 11, 12, 13, 10, 11, 12, 13}));
    QVERIFY(batches[0].targets == (std::vector<core::text::TokenId>{11, 12, 13, 14, 11, 12, 13, 14}));
    QVERIFY(batches[0].isCounted == (std::vector<std::uint8_t>{0, 1, 1, 1, 0, 1, 1, 1}));
  }

  void examplesShareARow() {
    // Two of three tokens and the first two of the next make five.
    const PackedRows rows(std::vector<Example>(4, run(1, 3, 1)), {.rows = 1, .length = 4, .seed = 1});
    const auto batch = rows.batches(0).front();
    QVERIFY(batch.tokens == (std::vector<core::text::TokenId>{1, 2, 3, 1}) ||
            batch.tokens == (std::vector<core::text::TokenId>{1, 2, 3, 1, 2}));
    QVERIFY(rows.rows() == 2);
  }

  void shortRowsAreFilledUp() {
    const PaddedRows rows({run(1, 2, 1), run(5, 4, 2)}, {.rows = 8, .length = 100, .seed = 1});
    const auto batch = rows.batches(3).front();
    QCOMPARE(batch.count(), std::size_t{2});  // no more than there are
    QCOMPARE(batch.length, std::size_t{3});
    const std::size_t shorter = batch.tokens[0] == 1 ? 0 : 1;
    const auto at = [&](const auto& values, std::size_t i) { return static_cast<int>(values[3 * shorter + i]); };
    QCOMPARE(at(batch.tokens, 0), 1);
    QCOMPARE(at(batch.targets, 0), 2);
    QCOMPARE(at(batch.isCounted, 0), 1);
    for (std::size_t i = 1; i < 3; ++i) {
      QCOMPARE(at(batch.tokens, i), 0);
      QCOMPARE(at(batch.isCounted, i), 0);
    }
    QCOMPARE(std::accumulate(batch.isCounted.begin(), batch.isCounted.end(), 0), 3);
  }

  void aStepIsAFunctionOfItsNumber() {
    std::vector<Example> examples;
    for (int i = 0; i < 30; ++i) examples.push_back(run(100 * i, 5, 1));
    const PaddedRows one(examples, {.rows = 4, .length = 8, .seed = 9}),
        two(examples, {.rows = 4, .length = 8, .seed = 9});
    one.batches(0);
    QVERIFY(one.batches(11).front().tokens == two.batches(11).front().tokens);
    QVERIFY(one.batches(11).front().tokens != one.batches(12).front().tokens);
  }

  void sourcesAreMixed() {
    std::vector<std::unique_ptr<BatchSource>> parts;
    parts.push_back(std::make_unique<PaddedRows>(std::vector<Example>{run(1, 3, 1)}, RowSettings{1, 8, 1, 1.0}));
    parts.push_back(std::make_unique<PackedRows>(std::vector<Example>{run(7, 9, 1)}, RowSettings{1, 4, 1, 0.25}));
    const MixedRows mixed(std::move(parts));
    const auto batches = mixed.batches(0);
    QCOMPARE(batches.size(), std::size_t{2});
    QCOMPARE(batches[0].tokens.front(), 1);
    QCOMPARE(batches[1].tokens.front(), 7);
    QCOMPARE(batches[1].weight, 0.25);
  }

  void nothingIsRefused() {
    QVERIFY(isRefused([] { PackedRows({}, {}); }));
    QVERIFY(isRefused([] { PaddedRows({run(1, 3, 1)}, {.rows = 0}); }));
    QVERIFY(isRefused([] { PackedRows({run(1, 3, 1)}, {.length = 0}); }));
  }
};

QTEST_APPLESS_MAIN(TestTrainingData)
#include "tst_training_data.moc"
