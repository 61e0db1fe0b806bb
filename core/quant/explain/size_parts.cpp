#include "core/quant/explain/size_parts.h"

#include <fmt/format.h>

#include <map>

#include "core/quant/bit_stream.h"
#include "core/quant/code_book.h"
#include "core/quant/explain/block_fields.h"
#include "core/quant/stored_size.h"

namespace core::quant {

namespace {

std::uint64_t ceilDivide(std::uint64_t a, std::uint64_t b) { return a / b + (a % b == 0 ? 0 : 1); }

class Parts {
 public:
  explicit Parts(std::uint64_t values) : m_values(values) {}
  void add(std::string part, std::string count, std::uint64_t bits) {
    if (bits == 0) return;
    m_parts.push_back(
        {std::move(part), std::move(count), bits, static_cast<double>(bits) / static_cast<double>(m_values)});
  }
  std::vector<SizePart> take() { return std::move(m_parts); }

 private:
  std::uint64_t m_values;
  std::vector<SizePart> m_parts;
};

std::string_view plural(FieldRole role) {
  switch (role) {
    case FieldRole::Scale:
      return "scales";
    case FieldRole::SuperScale:
      return "scales of scales";
    case FieldRole::Minimum:
      return "minima";
    case FieldRole::SuperMinimum:
      return "scales of minima";
    case FieldRole::Index:
      return "indices";
    case FieldRole::Sign:
      return "signs";
    case FieldRole::OffsetSign:
      return "signs of offsets";
    case FieldRole::Sum:
      return "sums";
    default:
      return "codes";
  }
}

/// A GGUF block by the roles of its fields; a plain element is one code.
void addBlock(const BlockFields& block, std::uint64_t blocks, Parts& parts) {
  std::map<FieldRole, std::pair<std::uint64_t, std::uint64_t>> byRole;  // bits, fields
  for (const BlockField& field : block.fields) {
    byRole[field.role].first += field.bits();
    ++byRole[field.role].second;
  }
  for (const auto& [role, sum] : byRole)
    parts.add(std::string(plural(role)),
              block.values == 1 ? fmt::format("{} bits each", sum.first)
                                : fmt::format("{} bits per {} weights", sum.first, block.values),
              sum.first * blocks);
}

std::string sharing(const Grouping& grouping) {
  switch (grouping.granularity) {
    case Granularity::Tensor:
      return "the tensor";
    case Granularity::Row:
      return "row";
    case Granularity::Tile:
      return fmt::format("{0} × {0} weights", grouping.size);
    default:
      return fmt::format("{} weights", grouping.size);
  }
}

void addScales(const Format& format, std::uint64_t scales, Parts& parts) {
  const auto per = [&](std::string_view bits) { return fmt::format("{} bits per {}", bits, sharing(format.grouping)); };
  if (format.doubleQuantization == DoubleQuantization::On) {
    parts.add("scales", per("8"), 8 * scales);
    parts.add("maxima of scales", fmt::format("32 bits per {} scales", kNestedBlock),
              32 * ceilDivide(scales, kNestedBlock));
    return parts.add("offset of scales", "32 bits for the tensor", scales == 0 ? 0 : 32);
  }
  switch (format.scaleType) {
    case ScaleType::UInt8:
      parts.add("scales", per("8"), 8 * scales);
      return parts.add("maxima of scales", fmt::format("32 bits per {} scales", kScalesPerMaximum),
                       32 * ceilDivide(scales, kScalesPerMaximum));
    case ScaleType::E4M3:
      parts.add("scales", per("8"), 8 * scales);
      return parts.add("scale of the tensor", "32 bits for the tensor", scales == 0 ? 0 : 32);
    default:
      return parts.add("scales", per(fmt::format("{}", 8 * scaleBytes(format.scaleType, 1))),
                       8 * scaleBytes(format.scaleType, scales));
  }
}

}  // namespace

std::vector<SizePart> sizeParts(const Format& format, const tensor::Shape& shape) {
  const std::uint64_t values = shape.count();
  Parts parts(values);
  if (values == 0) return {};
  if (const auto dtype = storedDType(format)) {
    const BlockFields& block = fieldsOf(*dtype);
    addBlock(block, values / block.values, parts);
    return parts.take();
  }
  const StoredSize size = storedSize(format, shape);
  const std::uint64_t bits = codeBits(format.name);
  parts.add("codes", fmt::format("{} bits each", bits), bits * values);
  parts.add("padding of codes",
            format.grouping.granularity == Granularity::Block ? "to a whole byte" : "rows to whole bytes",
            8 * size.payloadBytes - bits * values);
  if (family(format.name) == Family::KMeans) {
    const std::uint64_t level = 8 * scaleBytes(format.scaleType, 1);
    parts.add("code books", fmt::format("{} levels of {} bits per {}", 1U << bits, level, sharing(format.grouping)),
              8 * scaleBytes(format.scaleType, size.scales << bits));
    return parts.take();
  }
  addScales(format, size.scales, parts);
  if (const std::uint64_t zeroBits = zeroPointBits(format); zeroBits != 0) {
    const std::uint64_t all = zeroBits * size.scales;
    parts.add("zero-points", fmt::format("{} bits per {}", zeroBits, sharing(format.grouping)), all);
    parts.add("padding of zero-points", "to a whole byte", 8 * ceilDivide(all, 8) - all);
  }
  return parts.take();
}

std::vector<SizePart> sizeParts(const Scheme& scheme, const tensor::Shape& shape) {
  std::vector<SizePart> parts = sizeParts(scheme.format, shape);
  Parts changes(shape.count());
  if (shape.count() != 0)
    changes.add(isStoredInActOrder(scheme) ? "order of columns" : "factors of columns", "32 bits per column",
                8 * storedSize(scheme, shape).changesBytes);
  for (SizePart& part : changes.take()) parts.push_back(std::move(part));
  return parts;
}

std::vector<SizePart> sizeParts(const QuantizedTensor& tensor) {
  const std::uint64_t values = tensor.shape.count();
  Parts parts(values);
  if (values == 0) return {};
  const std::uint64_t changes = tensor.changes != nullptr ? tensor.changes->bytes() : 0;
  const std::uint64_t factor = tensor.factor != 1.0F ? sizeof(float) : 0;
  if (const auto dtype = tensor.dtype()) {
    const BlockFields& block = fieldsOf(*dtype);
    addBlock(block, values / block.values, parts);
  } else {
    parts.add("codes", "with their padding", 8 * tensor.payload.size());
    parts.add("scales and zero-points", "as the file stores them",
              8 * (tensor.bytes() - tensor.payload.size() - changes - factor));
  }
  parts.add("changes of columns", "order, factors and outliers", 8 * changes);
  parts.add("factor of all values", "32 bits for the tensor", 8 * factor);
  return parts.take();
}

}  // namespace core::quant
