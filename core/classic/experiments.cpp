#include "core/classic/experiments.h"

#include <atomic>

#include "core/base/parallel_chunks.h"
#include "core/classic/decision_tree.h"
#include "core/classic/digit_images.h"
#include "core/classic/linear_regression.h"
#include "core/classic/quantized_image_network.h"
#include "core/classic/scores.h"

namespace core::classic {

namespace {

template <class Model>
std::vector<double> predictions(const Model& model, const Table& table) {
  std::vector<double> out;
  for (std::size_t r = 0; r < table.rows(); ++r) out.push_back(static_cast<double>(model.predict(table.row(r))));
  return out;
}

template <class Network>
double accuracyOf(const Network& network, std::size_t images, const JobContext& job) {
  std::atomic<std::size_t> right{0};
  forEachChunk(images, 50, job, "Recognising digits", [&](std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t index = first; index < first + count; ++index) {
      const DigitImage image = drawDigit(kHeldOutSeed, index);
      if (bestClass(network.run(image.values()).logits) == image.label) ++right;
    }
  });
  return static_cast<double>(right) / static_cast<double>(images);
}

}  // namespace

std::vector<std::vector<float>> calibrationImages() {
  std::vector<std::vector<float>> images;
  for (std::size_t index = 0; index < kCalibrationImages; ++index)
    images.push_back(drawDigit(kTrainingSeed, index).values());
  return images;
}

RegressionScore houseRegression(const std::optional<TableQuantization>& quantization) {
  const Table training = houses(kTrainingSeed, 0, 500), heldOut = houses(kHeldOutSeed, 0, 1000);
  const LinearRegression model = LinearRegression::fit(training);
  const std::vector<double> said =
      quantization
          ? predictions(QuantizedRegression(model, training, quantization->bits, quantization->sharing), heldOut)
          : predictions(model, heldOut);
  return {rSquared(heldOut.targets, said), meanAbsoluteError(heldOut.targets, said)};
}

double fruitTree(const std::optional<TableQuantization>& quantization) {
  const Table training = fruit(kTrainingSeed, 0, 600), heldOut = fruit(kHeldOutSeed, 0, 2000);
  const DecisionTree tree = DecisionTree::fit(training);
  return accuracy(heldOut.targets,
                  quantization
                      ? predictions(QuantizedTree(tree, training, quantization->bits, quantization->sharing), heldOut)
                      : predictions(tree, heldOut));
}

double digitAccuracy(const ImageNetwork& network, const std::optional<ImageQuantization>& quantization,
                     std::size_t images, const JobContext& job) {
  if (!quantization) return accuracyOf(network, images, job);
  return accuracyOf(
      QuantizedImageNetwork(network, quantization->weights, quantization->activations, calibrationImages()), images,
      job);
}

double digitAccuracyOfWeights(const ImageNetwork& network, const quant::Scheme& weights, std::size_t images,
                              const JobContext& job) {
  return accuracyOf(network.withWeights(weights), images, job);
}

}  // namespace core::classic
