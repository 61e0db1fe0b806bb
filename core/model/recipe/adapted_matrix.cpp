#include "core/model/recipe/adapted_matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstring>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/io/text_checks.h"
#include "core/model/architectures/tensor_names.h"
#include "core/model/config.h"
#include "core/model/decoder_tensors.h"
#include "core/model/product_scale.h"
#include "core/model/recipe/adapter_settings.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/model/recipe/row_order.h"
#include "core/quant/casts.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"
#include "core/tensor/dtype.h"

namespace core::model {

namespace {

using io::inQuotes;
using tensor::DType;

/// What the adapter's name for a matrix is in the open model.
std::optional<std::string> nameInOpen(const std::string& target, io::FileFormat adapter, const io::Checkpoint& open) {
  if (adapter == open.format() && open.find(target)) return target;
  // A folder may have the decoder behind other names, in the model or where the adapter was trained.
  const auto canonical = adapter == io::FileFormat::Gguf ? target : TensorNames(open).gguf(target);
  if (!canonical) return adapter == open.format() ? std::optional(target) : std::nullopt;
  return open.format() == io::FileFormat::Gguf ? *canonical : decoderTensor(open, *canonical);
}

/// A GGUF adapter says which architecture it is for; one of PEFT does not.
void requireArchitecture(const Adapter& adapter, const io::Checkpoint& open) {
  const io::Checkpoint& file = adapter.checkpoint();
  if (file.format() != io::FileFormat::Gguf) return;
  const std::string here = ggufArchitecture(open);
  if (here == file.architecture()) return;
  refuseAdapter(file, fmt::format("it is for the architecture {}, and {} is of {}", inQuotes(file.architecture()),
                                  inQuotes(open.name()), inQuotes(here)));
}

/// Heads of the open model, where its rows and the adapter's lie in two formats' orders.
std::optional<ModelConfig> headsOf(const Adapter& adapter, const io::Checkpoint& open) {
  if (adapter.checkpoint().format() == open.format()) return std::nullopt;
  try {
    return ModelConfig::fromCheckpoint(open);
  } catch (const Error& error) {
    refuseAdapter(
        adapter.checkpoint(),
        fmt::format("it is of another format than the model, whose heads must be known for it ({})", error.what()));
  }
}

/// A pair's factors in memory.
class Factors {
 public:
  explicit Factors(const AdaptedMatrix& matrix)
      : m_matrix(matrix),
        m_pair(matrix.adapter->pairs()[matrix.pair]),
        m_a(quant::loadTensor(matrix.adapter->checkpoint(), m_pair.a)),
        m_b(quant::loadTensor(matrix.adapter->checkpoint(), m_pair.b)),
        m_scale(static_cast<float>(m_pair.scale * matrix.adapter->percent() / 100)) {}

  /// Its columns in the open model's order.
  std::vector<float> first() const { return quant::dequantize(*firstInOpenOrder()); }
  std::vector<float> second() const { return quant::dequantize(*m_b); }
  float value(const quant::QuantizedTensorPtr& factor, std::uint64_t row, std::uint64_t column) const {
    float value = 0;
    quant::decode(*factor, row * factor->rowValues() + column, 1, &value);
    return value;
  }
  /// scale · (B·A) at a place of the open model's matrix
  float change(std::uint64_t row, std::uint64_t column) const {
    float sum = 0;
    for (std::uint64_t k = 0; k < m_pair.rank; ++k)
      sum += value(m_b, rowThere(row), k) * value(m_a, k, columnThere(column));
    return m_scale * sum;
  }
  /// Adds the change of a row to it. @param a, b what first() and second() give
  void add(std::uint64_t row, const std::vector<float>& a, const std::vector<float>& b, std::vector<float>& sums,
           float* values) const {
    const std::size_t columns = sums.size();
    std::fill(sums.begin(), sums.end(), 0.0F);
    const float* weights = b.data() + rowThere(row) * m_pair.rank;
    for (std::uint64_t k = 0; k < m_pair.rank; ++k)
      for (std::size_t i = 0; i < columns; ++i) sums[i] += weights[k] * a[k * columns + i];
    for (std::size_t i = 0; i < columns; ++i) values[i] += m_scale * sums[i];
  }

  AdapterFactors inOpenOrder() const {
    quant::QuantizedTensor b = *m_b;
    if (!m_matrix.order.rows.isSame()) b = *reorderRows(m_b, [&](std::uint64_t row) { return rowThere(row); });
    b.factor *= m_scale;
    return {m_matrix.info().name, firstInOpenOrder(), std::make_shared<const quant::QuantizedTensor>(std::move(b))};
  }

 private:
  std::uint64_t there(const LineOrder& lines, std::uint64_t line) const {
    return m_matrix.isAdapterGguf ? lines.inGguf(line) : lines.inFolder(line);
  }
  std::uint64_t rowThere(std::uint64_t row) const { return there(m_matrix.order.rows, row); }
  std::uint64_t columnThere(std::uint64_t column) const { return there(m_matrix.order.columns, column); }
  quant::QuantizedTensorPtr firstInOpenOrder() const {
    if (m_matrix.order.columns.isSame()) return m_a;
    return reorderColumns(m_a, [&](std::uint64_t column) { return columnThere(column); });
  }

  const AdaptedMatrix& m_matrix;
  const AdapterPair& m_pair;
  quant::QuantizedTensorPtr m_a, m_b;
  float m_scale;
};

void encode(DType type, const float* values, std::size_t count, std::uint8_t* bytes) {
  if (type == DType::F32) return quant::encodeF32(values, count, bytes);
  if (type == DType::BF16) return quant::encodeBf16(values, count, bytes);
  quant::encodeF16(values, count, bytes);
}

float scaleBeside(const AdaptedMatrix& matrix) { return productScale(*matrix.base, matrix.info().name).value_or(1.0F); }

/// What becomes of its inputs stays, where that makes no codes, and so does what products with it run in.
void keepTreatment(const quant::QuantizedTensor& base, DType type, quant::QuantizedTensor& merged) {
  if (base.input && !base.input->makesCodes()) merged.input = base.input;
  if (base.compute() == quant::ComputeType::Fp32) return;
  merged.scheme = quant::Scheme::parse(type == DType::F32 ? "fp32" : type == DType::BF16 ? "bf16" : "fp16");
  merged.scheme->compute = base.compute();
}

/// @param scale what the values of `made` are multiplied by
quant::QuantizedTensorPtr merge(const AdaptedMatrix& matrix, const quant::QuantizedTensor& made, float scale,
                                DType type) {
  const Factors factors(matrix);
  const std::vector<float> a = factors.first(), b = factors.second();
  const std::size_t columns = made.rowValues();
  const std::size_t size = tensor::info(type).blockBytes;
  auto bytes = std::make_shared<std::vector<std::byte>>(made.shape.count() * size);
  std::atomic<bool> isBeyond = false;
  constexpr std::size_t kRows = 16;
  parallelFor(made.rows(), kRows, [&](std::size_t first, std::size_t last) {
    std::vector<float> values((last - first) * columns), sums(columns);
    quant::dequantizeRows(made, first, last - first, values.data());
    if (scale != 1.0F)
      for (float& value : values) value *= scale;
    for (std::size_t row = first; row < last; ++row)
      factors.add(row, a, b, sums, values.data() + (row - first) * columns);
    auto* out = reinterpret_cast<std::uint8_t*>(bytes->data()) + first * columns * size;
    encode(type, values.data(), values.size(), out);
    constexpr float kMostHalf = 65504;
    const auto isBeyondHalf = [](float value) { return std::isfinite(value) && std::abs(value) > kMostHalf; };
    if (type == DType::F16 && std::any_of(values.begin(), values.end(), isBeyondHalf)) isBeyond = true;
  });
  if (isBeyond)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("With {}, values of {} are beyond the largest of FP16.",
                            inQuotes(matrix.adapter->checkpoint().name()), inQuotes(made.name)),
                made.name);
  auto merged = std::make_shared<quant::QuantizedTensor>();
  merged->name = made.name;
  merged->shape = made.shape;
  merged->layout = quant::Elements{type};
  merged->payload = *bytes;
  merged->owner = std::move(bytes);
  keepTreatment(made, type, *merged);
  return merged;
}

}  // namespace

DType AdaptedMatrix::type() const {
  if (beside) return DType::F32;
  const DType stored = quant::elementType(info()).value_or(DType::Unknown);
  if (stored == DType::F64) return DType::F32;
  return stored == DType::F32 || stored == DType::BF16 ? stored : DType::F16;
}

std::uint64_t AdaptedMatrix::bytes() const { return info().shape.count() * tensor::info(type()).blockBytes; }

std::uint64_t AdaptedMatrix::factorBytes() const {
  const auto& tensors = adapter->checkpoint().tensors();
  const AdapterPair& factors = adapter->pairs()[pair];
  return tensors[factors.a].bytes + tensors[factors.b].bytes;
}

std::vector<std::shared_ptr<const AdaptedMatrix>> fitAdapter(const Adapter& adapter, const io::Checkpoint& open) {
  const io::Checkpoint& file = adapter.checkpoint();
  requireArchitecture(adapter, open);
  const std::optional<ModelConfig> config = headsOf(adapter, open);
  std::vector<std::shared_ptr<const AdaptedMatrix>> fitted;
  for (std::size_t i = 0; i < adapter.pairs().size(); ++i) {
    const AdapterPair& pair = adapter.pairs()[i];
    const auto name = nameInOpen(pair.target, file.format(), open);
    const auto found = name ? open.find(*name) : std::nullopt;
    if (!found || !open.tensors()[*found].pieceOf.empty())
      refuseAdapter(file,
                    fmt::format("it changes {}, which {} does not have", inQuotes(pair.target), inQuotes(open.name())));
    const io::TensorInfo& tensor = open.tensors()[*found];
    const tensor::Shape shape{file.tensors()[pair.b].shape.rows(), file.tensors()[pair.a].shape.rowValues()};
    if (tensor.shape != shape)
      refuseAdapter(file, fmt::format("its factors for {} make {}, where {} has {}", inQuotes(pair.target),
                                      shape.toString(), inQuotes(open.name()), tensor.shape.toString()));
    if (!quant::isLoadable(tensor))
      refuseAdapter(
          file, fmt::format("it changes {}, which cannot be read in {}", inQuotes(pair.target), inQuotes(open.name())));
    fitted.push_back(std::make_shared<const AdaptedMatrix>(
        AdaptedMatrix{adapter.shared_from_this(), i, open.shared_from_this(), *found,
                      config ? orderOf(*TensorNames(open).row(tensor.name), *config, shape.rows()) : MatrixOrder(),
                      file.format() == io::FileFormat::Gguf}));
  }
  return fitted;
}

quant::QuantizedTensorPtr mergeAdapter(const AdaptedMatrix& matrix) {
  return merge(matrix, *quant::loadTensor(*matrix.base, matrix.tensor), scaleBeside(matrix), matrix.type());
}

quant::QuantizedTensorPtr mergeAdapter(const AdaptedMatrix& matrix, const quant::QuantizedTensor& made) {
  const bool hasScale = matrix.beside != nullptr && matrix.beside->other;  // another model's tensor has its own
  return merge(matrix, made, hasScale ? 1.0F : scaleBeside(matrix), DType::F32);
}

AdapterFactors factorsOf(const AdaptedMatrix& matrix) { return Factors(matrix).inOpenOrder(); }

float adaptedValue(const AdaptedMatrix& matrix, std::uint64_t flatIndex) {
  const auto base = quant::loadTensor(*matrix.base, matrix.tensor);
  float value = 0;
  quant::decode(*base, flatIndex, 1, &value);
  const std::uint64_t columns = base->rowValues();
  value = value * scaleBeside(matrix) + Factors(matrix).change(flatIndex / columns, flatIndex % columns);
  quant::QuantizedTensor one;
  std::array<std::uint8_t, sizeof(float)> bytes{};
  encode(matrix.type(), &value, 1, bytes.data());
  one.shape = tensor::Shape{1, 1};
  one.layout = quant::Elements{matrix.type()};
  one.payload = std::as_bytes(std::span(bytes)).first(tensor::info(matrix.type()).blockBytes);
  quant::decode(one, 0, 1, &value);
  return value;
}

}  // namespace core::model
