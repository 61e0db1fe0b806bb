#include "core/classic/affine_grid.h"

#include "core/base/error.h"

namespace core::classic {

AffineGrid AffineGrid::spanning(std::uint32_t bits, quant::ZeroPoint zeroPoint, const quant::Extremes& range) {
  if (bits < 2 || bits > 16)
    throw Error(ErrorCode::InvalidArgument,
                "Values are quantized to 2 to 16 bits here, not to " + std::to_string(bits) + ".");
  const quant::UniformLevels codes = quant::uniformLevels(bits, zeroPoint);
  const quant::UniformGrid grid = quant::spanningGrid(codes, zeroPoint, quant::ScaleType::Fp32, range);
  return {codes, grid.scale, static_cast<std::int32_t>(grid.zeroPoint)};
}

std::int32_t AffineGrid::level(float x) const {
  if (scale == 0.0F) return 0;
  return static_cast<std::int32_t>(
      quant::levelOf(x, scale, static_cast<float>(codes.min - zeroPoint), static_cast<float>(codes.max - zeroPoint)));
}

quant::Extremes rangeOf(std::span<const float> values) {
  static const quant::Scheme kWholeRange = quant::Scheme::parse("int8:range=minmax");
  return quant::chooseGrid(kWholeRange, values.data(), values.size(), nullptr).range;
}

std::vector<AffineGrid> columnGrids(const Table& table, std::uint32_t bits, ColumnScale sharing) {
  std::vector<AffineGrid> grids;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const quant::Extremes range = rangeOf(sharing == ColumnScale::Own ? table.column(c) : table.values);
    grids.push_back(AffineGrid::spanning(bits, quant::ZeroPoint::On, range));
  }
  return grids;
}

}  // namespace core::classic
