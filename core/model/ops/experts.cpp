#include "core/model/ops/experts.h"

#include <algorithm>
#include <vector>

#include "core/model/coded_row.h"
#include "core/model/ops/matmul.h"
#include "core/model/ops/multiply_codes.h"
#include "core/model/ops/quantize_rows.h"
#include "core/model/ops/route.h"

namespace core::model::ops {

namespace {

struct Use {
  std::size_t token, slot;
};

std::vector<std::vector<Use>> usesByExpert(std::size_t experts, std::size_t used, const float* routes,
                                           std::size_t tokens) {
  std::vector<std::vector<Use>> uses(experts);
  for (std::size_t t = 0; t < tokens; ++t)
    for (std::size_t k = 0; k < used; ++k) uses[expertOf(routes + t * 2 * used, k)].push_back({t, k});
  return uses;
}

/// The rows that experts read, one for each token or slot, as their matrices want them.
class ExpertInputs {
 public:
  ExpertInputs(const quant::QuantizedTensor& weight, const ExpertSlots& slots, const float* in, std::size_t tokens)
      : m_weight(weight),
        m_width(weight.rowValues()),
        m_slots(slots.inWidth == m_width ? 1 : slots.used),
        m_stride(slots.inWidth / m_slots),
        m_in(in) {
    if (!weight.input) return;
    m_rows = tokens * m_slots;
    m_floats.resize(m_rows * m_width);
    for (std::size_t row = 0; row < m_rows; ++row) std::copy_n(in + row * m_stride, m_width, &m_floats[row * m_width]);
    m_stride = m_width;
    if (weight.input->makesCodes())
      encode();
    else
      roundRows(*weight.input, m_floats.data(), m_rows, m_width, m_floats.data());
    m_in = m_floats.data();
  }

  /// One expert's rows times its matrix.
  void multiply(const RowRange& rows, std::span<const float> bias, std::span<const Use> uses, float* out) {
    const float* const floats = gather(m_in, m_stride, m_width, uses, m_gathered);
    if (m_codes.empty()) return matMulRows(m_weight, rows, bias, floats, uses.size(), out);
    const std::size_t words = m_codes.size() / m_rows;
    multiplyCodesRows(m_weight, rows, bias, gather(m_codes.data(), words, words, uses, m_gatheredCodes),
                      m_weight.input->threshold > 0.0F ? floats : nullptr, uses.size(), out);
  }

 private:
  void encode() {
    m_codes.resize(m_rows * CodedRow(static_cast<std::uint32_t>(m_width)).words());
    encodeRows(*m_weight.input, m_floats.data(), m_rows, m_width, m_codes.data());
  }

  const float* gather(const float* rows, std::size_t stride, std::size_t width, std::span<const Use> uses,
                      std::vector<float>& gathered) const {
    gathered.resize(uses.size() * width);
    for (std::size_t i = 0; i < uses.size(); ++i) {
      const std::size_t row = m_slots == 1 ? uses[i].token : uses[i].token * m_slots + uses[i].slot;
      std::copy_n(rows + row * stride, width, gathered.data() + i * width);
    }
    return gathered.data();
  }

  const quant::QuantizedTensor& m_weight;
  std::size_t m_width, m_slots, m_stride, m_rows = 0;
  const float* m_in;
  std::vector<float> m_floats, m_codes;  ///< of all rows, where the weight asks for it
  std::vector<float> m_gathered, m_gatheredCodes;
};

}  // namespace

void expertMatMul(const ExpertMatMul& product, std::span<const float> bias, const ExpertSlots& slots, const float* in,
                  const float* routes, std::size_t tokens, float* out) {
  const std::size_t experts = product.weight->shape[0], rows = product.outWidth(), outStride = slotStride(rows);
  std::fill_n(out, tokens * slots.outWidth, 0.0F);
  ExpertInputs inputs(*product.weight, slots, in, tokens);
  std::vector<float> made;
  const auto uses = usesByExpert(experts, slots.used, routes, tokens);
  for (std::size_t expert = 0; expert < experts; ++expert) {
    const std::vector<Use>& own = uses[expert];
    if (own.empty()) continue;
    made.resize(own.size() * rows);
    inputs.multiply({expert * rows, rows}, bias.empty() ? bias : bias.subspan(expert * rows, rows), own, made.data());
    for (std::size_t i = 0; i < own.size(); ++i)
      std::copy_n(made.data() + i * rows, rows, out + own[i].token * slots.outWidth + own[i].slot * outStride);
  }
}

void mixExperts(std::size_t used, const float* in, const float* routes, std::size_t tokens, std::size_t width,
                float* out) {
  const std::size_t stride = slotStride(width);
  for (std::size_t t = 0; t < tokens; ++t, in += used * stride, routes += 2 * used, out += width) {
    std::fill_n(out, width, 0.0F);
    for (std::size_t k = 0; k < used; ++k)
      for (std::size_t i = 0; i < width; ++i) out[i] += routes[used + k] * in[k * stride + i];
  }
}

}  // namespace core::model::ops
