#include "core/metrics/clip_curve.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "core/quant/quantizer.h"

namespace core::metrics {

namespace {

/// So many weights are held, clipped and quantized at a time.
constexpr std::uint64_t kPieceValues = 1U << 20U;

/// A piece that can be quantized without the rest of the tensor.
struct Piece {
  quant::FlatRange values;  ///< of the tensor
  tensor::Shape shape;
  quant::FlatRange measured;  ///< of the piece
};

std::vector<Piece> piecesOf(const quant::Scheme& scheme, const tensor::Shape& shape, const quant::FlatRange& part) {
  const std::uint64_t columns = shape.rowValues(), all = shape.count();
  const std::uint64_t unit = quant::rangeToQuantize(scheme, shape, part.first).count;
  if (unit >= all) return {{{0, all}, shape, part}};
  // Rows stay rows; blocks of the flattened tensor are counted from a block's beginning.
  const bool isBlocks = scheme.format.grouping.granularity == quant::Granularity::Block;
  const std::uint64_t size = isBlocks ? scheme.format.grouping.size : columns;
  const std::uint64_t step = std::max<std::uint64_t>(1, kPieceValues / size) * size, end = part.first + part.count;
  std::vector<Piece> pieces;
  for (std::uint64_t first = part.first / size * size; first < end; first += step) {
    const std::uint64_t last = std::min({first + step, all, (end + size - 1) / size * size}), count = last - first;
    const std::uint64_t from = std::max(first, part.first), to = std::min(last, end);
    pieces.push_back({{first, count},
                      isBlocks ? tensor::Shape{1, count} : tensor::Shape{count / columns, columns},
                      {from - first, to - from}});
  }
  return pieces;
}

/// Adds squared errors and counts of one piece to the costs. @return how many values are finite
double add(std::span<ClipCost> costs, const quant::Scheme& scheme, const quant::QuantizedTensor& source,
           const Piece& piece, const JobContext& job) {
  std::vector<float> original(piece.values.count), decoded(piece.measured.count);
  quant::decode(source, piece.values.first, original.size(), original.data());
  auto values = std::make_shared<std::vector<float>>(original);
  const quant::QuantizedTensor clipped = tensor::TensorView{source.name, tensor::DType::F32, piece.shape,
                                                            std::as_bytes(std::span<const float>(*values)), values};
  const ClipGroups groups(scheme, piece.shape, original, piece.measured);
  const float* const before = original.data() + piece.measured.first;
  const float* const given = values->data() + piece.measured.first;
  for (std::size_t c = 0; c < costs.size(); ++c) {
    job.progress(static_cast<double>(c) / static_cast<double>(costs.size()), "Clipping");
    groups.clip(costs[c].clip, original, *values);
    quant::decode(*quant::quantize(scheme, clipped, job.part(0, 0)), piece.measured.first, decoded.size(),
                  decoded.data());
    double rounding = 0, clipping = 0, inside = 0;
    for (std::size_t i = 0; i < decoded.size(); ++i) {
      if (!std::isfinite(before[i])) continue;
      const double error = static_cast<double>(decoded[i]) - static_cast<double>(before[i]);
      const bool isCut = given[i] != before[i];
      (isCut ? clipping : rounding) += error * error;
      inside += isCut ? 0 : 1;
    }
    costs[c].rounding += rounding, costs[c].clipping += clipping, costs[c].inside += inside;
  }
  return static_cast<double>(std::count_if(before, before + decoded.size(), [](float x) { return std::isfinite(x); }));
}

}  // namespace

std::vector<ClipCost> clipCurve(const quant::Scheme& scheme, const quant::QuantizedTensor& source,
                                const quant::FlatRange& part, std::span<const double> clips, const JobContext& job) {
  std::vector<ClipCost> costs;
  for (const double clip : clips) costs.push_back({clip, 0, 0, 0});
  const auto pieces = piecesOf(scheme, source.shape, part);
  double finite = 0, done = 0;
  for (const Piece& piece : pieces) {
    const auto all = static_cast<double>(pieces.size());
    finite += add(costs, scheme, source, piece, job.part(done / all, (done + 1) / all));
    done += 1;
  }
  for (ClipCost& cost : costs) {
    if (finite == 0) continue;
    cost.rounding /= finite, cost.clipping /= finite, cost.inside /= finite;
  }
  return costs;
}

double meanSquaredError(const quant::Scheme& scheme, const quant::QuantizedTensor& source, const quant::FlatRange& part,
                        const JobContext& job) {
  const double all = 1;
  return clipCurve(scheme, source, part, {&all, 1}, job).front().total();
}

}  // namespace core::metrics
