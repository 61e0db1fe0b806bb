#include "core/metrics/rivals.h"

#include <algorithm>

#include "core/quant/explain/block_place.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"
#include "core/quant/scheme_options.h"

namespace core::metrics {

namespace {

/// Weights under one scale, for the order of choices.
std::uint64_t sharingOf(const quant::Grouping& grouping, const tensor::Shape& shape) {
  switch (grouping.granularity) {
    case quant::Granularity::None:
      return 0;
    case quant::Granularity::Tensor:
      return shape.count();
    case quant::Granularity::Row:
      return shape.rowValues();
    case quant::Granularity::Group:
    case quant::Granularity::Block:
      return grouping.size;
    case quant::Granularity::Tile:
      return std::uint64_t{grouping.size} * grouping.size;
  }
  return 0;
}

/// A group longer than the row is the row; one longer than the tensor is the tensor.
bool isProper(const quant::Grouping& grouping, const tensor::Shape& shape) {
  if (grouping.granularity == quant::Granularity::Group) return grouping.size < shape.rowValues();
  if (grouping.granularity == quant::Granularity::Block) return grouping.size <= shape.count();
  return true;
}

}  // namespace

std::vector<quant::Scheme> sharingChoices(const quant::Scheme& scheme, const tensor::Shape& shape) {
  const quant::SchemeOption* option = quant::sharingOption(scheme);
  if (option == nullptr) return {};
  std::vector<quant::Scheme> choices;
  for (const std::string& value : quant::valuesOf(*option, scheme)) {
    const quant::Scheme choice = *quant::withOption(scheme, option->key, value);
    if (isProper(choice.format.grouping, shape) && quant::accepts(choice, shape)) choices.push_back(choice);
  }
  // A size of one's own takes its place among the usual ones.
  if (quant::accepts(scheme, shape) && std::find(choices.begin(), choices.end(), scheme) == choices.end())
    choices.push_back(scheme);
  std::stable_sort(choices.begin(), choices.end(), [&](const quant::Scheme& a, const quant::Scheme& b) {
    return sharingOf(a.format.grouping, shape) < sharingOf(b.format.grouping, shape);
  });
  return choices;
}

std::vector<quant::Scheme> rivalsOf(const quant::Scheme& scheme, const tensor::Shape& shape) {
  std::vector<quant::Scheme> rivals{scheme};
  const std::uint64_t sharing = sharingOf(scheme.format.grouping, shape);
  for (const quant::FormatInfo& format : quant::allFormats()) {
    if (format.codeBits != quant::codeBits(scheme.format.name) || format.name == scheme.format.name) continue;
    quant::Scheme rival = quant::Scheme::defaults(format.name);
    if (format.family != quant::Family::KMeans)
      for (const quant::Scheme& choice : sharingChoices(rival, shape))
        if (sharingOf(choice.format.grouping, shape) == sharing && sharing != 0) rival = choice;
    if (quant::accepts(rival, shape)) rivals.push_back(rival);
  }
  if (!quant::accepts(scheme, shape)) rivals.erase(rivals.begin());
  return rivals;
}

namespace {

/// The grid around a weight; block types that have none for the whole block have one for the weight's group.
quant::Grid gridOf(const quant::QuantizedTensor& quantized, std::uint64_t flatIndex) {
  quant::Grid grid = quant::gridAround(quantized, flatIndex);
  const quant::Grouping blocks = quant::blockGrouping(quantized);
  if (!grid.levels.empty() || blocks.granularity != quant::Granularity::Group) return grid;
  const std::uint64_t columns = quantized.rowValues(), column = flatIndex % columns;
  const auto block = quant::explainStored(quantized, flatIndex / columns, column / blocks.size);
  for (const quant::ExplanationLevels& group : block.levels)
    if (column % blocks.size - group.firstValue < group.valueCount) grid.levels = group.levels;
  return grid;
}

}  // namespace

std::vector<Trial> tryAll(const std::vector<quant::Scheme>& schemes, const quant::QuantizedTensor& source,
                          std::uint64_t around, const JobContext& job) {
  std::vector<Trial> trials;
  for (const quant::Scheme& scheme : schemes) {
    job.progress(static_cast<double>(trials.size()) / static_cast<double>(schemes.size()), scheme.toString());
    const auto quantized = quant::quantize(scheme, source, job);
    trials.push_back(
        {scheme, quantized->bitsPerWeight(), compare(source, *quantized, job), gridOf(*quantized, around)});
  }
  return trials;
}

}  // namespace core::metrics
