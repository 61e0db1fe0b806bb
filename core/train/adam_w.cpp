#include "core/train/adam_w.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/parallel.h"
#include "core/io/paged_memory.h"
#include "core/numeric/code_books.h"
#include "core/quant/nearest_level.h"

namespace core::train {

namespace {

constexpr std::size_t kAdamBlock = 256;          // values of 8-bit state under one absmax
constexpr std::size_t kLeastInBytes = 4096;      // smaller parameters keep FP32, as in bitsandbytes
constexpr std::size_t kChunk = 64 * kAdamBlock;  // of a parameter, for one thread

bool isInBytes(StateKind kind, std::size_t values) { return kind == StateKind::Int8 && values >= kLeastInBytes; }

/// One moment of one block, decoded, and encoded again.
class Codes {
 public:
  explicit Codes(std::span<const float> map) : m_map(map), m_nearest(map, quant::Ties::ToLower) {}

  void decode(const std::uint8_t* codes, float absmax, std::size_t count, float* out) const {
    for (std::size_t i = 0; i < count; ++i) out[i] = m_map[codes[i]] * absmax;
  }
  float encode(const float* values, std::size_t count, std::uint8_t* codes) const {
    float absmax = 0.0F;
    for (std::size_t i = 0; i < count; ++i) absmax = std::max(absmax, std::abs(values[i]));
    for (std::size_t i = 0; i < count; ++i) codes[i] = m_nearest.code(absmax == 0.0F ? 0.0F : values[i] / absmax);
    return absmax;
  }

 private:
  std::span<const float> m_map;
  quant::NearestLevel m_nearest;
};

const Codes& codesOfMoment(int moment) {
  static const Codes first(numeric::dynamicMapSigned()), second(numeric::dynamicMapUnsigned());
  return moment == 0 ? first : second;
}

struct Factors {
  float beta1, beta2, correction1, correction2, epsilon, rate, decay, gradient;

  void apply(const float* gradients, std::size_t count, float* values, float* m, float* v) const {
    for (std::size_t i = 0; i < count; ++i) {
      const float g = gradients[i] * gradient;
      m[i] = beta1 * m[i] + (1.0F - beta1) * g;
      v[i] = beta2 * v[i] + (1.0F - beta2) * g * g;
      const float move = m[i] * correction1 / (std::sqrt(v[i] * correction2) + epsilon);
      values[i] -= rate * (move + decay * values[i]);
    }
  }
};

}  // namespace

struct AdamW::State {
  std::string name;
  std::vector<float> memory;               ///< both moments, one after the other, where nothing else has them
  std::unique_ptr<io::PagedMemory> pages;  ///< the same on disk
  std::vector<std::uint8_t> codes;         ///< both moments in bytes
  std::vector<float> absmax;               ///< of their blocks, both moments
  std::size_t count = 0;

  float* moment(int which) {
    float* const first = pages ? reinterpret_cast<float*>(pages->bytes().data()) : memory.data();
    return first + static_cast<std::size_t>(which) * count;
  }
  std::size_t blocks() const { return (count + kAdamBlock - 1) / kAdamBlock; }
};

AdamW::AdamW(std::span<const Parameter> parameters, const AdamWSettings& settings) : m_settings(settings) {
  for (const Parameter& parameter : parameters) {
    auto state = std::make_unique<State>();
    state->name = parameter.name;
    state->count = parameter.values.size();
    if (isInBytes(settings.state, state->count)) {
      state->codes.resize(2 * state->count);
      // Code of 0: the signed map has it in its middle.
      std::fill_n(state->codes.begin(), state->count,
                  quant::NearestLevel(numeric::dynamicMapSigned(), quant::Ties::ToLower).code(0.0F));
      state->absmax.assign(2 * state->blocks(), 0.0F);
    } else if (settings.state == StateKind::Paged) {
      state->pages = std::make_unique<io::PagedMemory>(settings.pageFolder, 2 * state->count * sizeof(float));
    } else {
      state->memory.assign(2 * state->count, 0.0F);
    }
    m_states.push_back(std::move(state));
  }
}

AdamW::~AdamW() = default;

void AdamW::step(std::span<Parameter> parameters, double rate, double gradientFactor, std::uint64_t step) {
  const auto t = static_cast<double>(step);
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    Parameter& parameter = parameters[p];
    State& state = *m_states[p];
    const Factors factors{static_cast<float>(m_settings.beta1),
                          static_cast<float>(m_settings.beta2),
                          static_cast<float>(1.0 / (1.0 - std::pow(m_settings.beta1, t))),
                          static_cast<float>(1.0 / (1.0 - std::pow(m_settings.beta2, t))),
                          static_cast<float>(m_settings.epsilon),
                          static_cast<float>(rate * parameter.rateFactor),
                          static_cast<float>(parameter.decays ? m_settings.weightDecay : 0.0),
                          static_cast<float>(gradientFactor)};
    parallelFor((state.count + kChunk - 1) / kChunk, 1, [&](std::size_t begin, std::size_t end) {
      std::array<float, kAdamBlock> m, v;
      for (std::size_t first = begin * kChunk; first < std::min(end * kChunk, state.count); first += kAdamBlock) {
        const std::size_t count = std::min(kAdamBlock, state.count - first), block = first / kAdamBlock;
        float* const values = parameter.values.data() + first;
        const float* const gradient = parameter.gradient.data() + first;
        if (state.codes.empty()) {
          factors.apply(gradient, count, values, state.moment(0) + first, state.moment(1) + first);
          continue;
        }
        std::uint8_t *const codes1 = state.codes.data() + first, *const codes2 = codes1 + state.count;
        float &absmax1 = state.absmax[block], &absmax2 = state.absmax[state.blocks() + block];
        codesOfMoment(0).decode(codes1, absmax1, count, m.data());
        codesOfMoment(1).decode(codes2, absmax2, count, v.data());
        factors.apply(gradient, count, values, m.data(), v.data());
        absmax1 = codesOfMoment(0).encode(m.data(), count, codes1);
        absmax2 = codesOfMoment(1).encode(v.data(), count, codes2);
      }
    });
  }
}

std::uint64_t AdamW::stateBytes() const {
  std::uint64_t bytes = 0;
  for (const auto& state : m_states)
    bytes += state->memory.size() * sizeof(float) + state->codes.size() + state->absmax.size() * sizeof(float);
  return bytes;
}

std::uint64_t AdamW::predictedBytes(std::uint64_t values, StateKind kind) {
  if (kind == StateKind::Paged) return 0;
  if (!isInBytes(kind, values)) return 2 * values * sizeof(float);
  return 2 * values + 2 * ((values + kAdamBlock - 1) / kAdamBlock) * sizeof(float);
}

std::vector<AdamW::Piece> AdamW::pieces() {
  std::vector<Piece> pieces;
  for (const auto& state : m_states) {
    if (state->codes.empty()) {
      const std::span<float> both(state->moment(0), 2 * state->count);
      pieces.push_back({state->name + ".moments", false, std::as_writable_bytes(both)});
    } else {
      pieces.push_back({state->name + ".state_codes", true, std::as_writable_bytes(std::span(state->codes))});
      pieces.push_back({state->name + ".state_scales", false, std::as_writable_bytes(std::span(state->absmax))});
    }
  }
  return pieces;
}

}  // namespace core::train
