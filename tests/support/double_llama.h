#pragma once
#include <cmath>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/model/config.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"

namespace support {

using Doubles = std::vector<double>;

/// A Llama computed the plain way in double precision, token by token over the whole past: what statistics of inputs
/// are compared with. Written from the formulas, with none of the program's operations.
class DoubleLlama {
 public:
  DoubleLlama(const core::io::Checkpoint& checkpoint, const core::model::ModelConfig& config)
      : m_checkpoint(checkpoint), m_config(config) {}

  /// What every linear layer is multiplied with, rows of all tokens: "attn_norm", "attn_heads", "ffn_norm",
  /// "ffn_hidden" of each block as "blk.0.attn_norm", and "output_norm".
  std::map<std::string, Doubles> inputs(std::span<const core::text::TokenId> tokens) const {
    std::map<std::string, Doubles> all;
    const Doubles embedding = load("token_embd.weight");
    Doubles x;
    for (const auto token : tokens) {
      const auto row = embedding.begin() + static_cast<std::ptrdiff_t>(token) * m_config.width;
      x.insert(x.end(), row, row + m_config.width);
    }
    for (std::uint32_t layer = 0; layer < m_config.layers; ++layer) {
      const std::string block = "blk." + std::to_string(layer) + ".";
      const auto weight = [&](const char* name) { return load(block + name + ".weight"); };
      const Doubles norm = all[block + "attn_norm"] = normed(x, weight("attn_norm"));
      const Doubles heads = all[block + "attn_heads"] =
          attended(product(norm, weight("attn_q"), m_config.width), product(norm, weight("attn_k"), m_config.width),
                   product(norm, weight("attn_v"), m_config.width));
      add(x, product(heads, weight("attn_output"), std::size_t{m_config.heads} * m_config.valueHeadSize));
      const Doubles second = all[block + "ffn_norm"] = normed(x, weight("ffn_norm"));
      Doubles hidden = product(second, weight("ffn_gate"), m_config.width);
      const Doubles up = product(second, weight("ffn_up"), m_config.width);
      for (std::size_t i = 0; i < hidden.size(); ++i) hidden[i] *= up[i] / (1.0 + std::exp(-hidden[i]));
      all[block + "ffn_hidden"] = hidden;
      add(x, product(hidden, weight("ffn_down"), m_config.feedForward));
    }
    all["output_norm"] = normed(x, load("output_norm.weight"));
    return all;
  }

 private:
  Doubles load(const std::string& name) const {
    const auto values = core::quant::dequantize(*core::quant::loadTensor(m_checkpoint, name));
    return {values.begin(), values.end()};
  }

  Doubles normed(const Doubles& x, const Doubles& weight) const {
    Doubles result = x;
    const std::size_t width = weight.size();
    for (std::size_t at = 0; at < x.size(); at += width) {
      double sum = 0;
      for (std::size_t i = 0; i < width; ++i) sum += x[at + i] * x[at + i];
      const double root = std::sqrt(sum / static_cast<double>(width) + static_cast<double>(m_config.normEpsilon));
      for (std::size_t i = 0; i < width; ++i) result[at + i] *= weight[i] / root;
    }
    return result;
  }

  static Doubles product(const Doubles& x, const Doubles& weight, std::size_t width) {
    const std::size_t outputs = weight.size() / width, rows = x.size() / width;
    Doubles result(rows * outputs, 0.0);
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t out = 0; out < outputs; ++out)
        for (std::size_t i = 0; i < width; ++i)
          result[row * outputs + out] += x[row * width + i] * weight[out * width + i];
    return result;
  }

  static void add(Doubles& x, const Doubles& more) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += more[i];
  }

  void rotate(Doubles& x, std::size_t heads) const {
    const std::vector<float> frequencies = m_config.ropeFrequencies();
    const std::size_t width = heads * m_config.headSize;
    for (std::size_t row = 0; row * width < x.size(); ++row) {
      for (std::size_t head = 0; head < heads; ++head) {
        for (std::size_t pair = 0; pair < frequencies.size(); ++pair) {
          double* const at = x.data() + row * width + head * m_config.headSize + 2 * pair;
          const double angle = static_cast<double>(row) * static_cast<double>(frequencies[pair]);
          const double a = at[0], b = at[1];
          at[0] = a * std::cos(angle) - b * std::sin(angle);
          at[1] = a * std::sin(angle) + b * std::cos(angle);
        }
      }
    }
  }

  Doubles attended(Doubles query, Doubles key, const Doubles& value) const {
    rotate(query, m_config.heads);
    rotate(key, m_config.kvHeads);
    const std::size_t size = m_config.headSize, valueSize = m_config.valueHeadSize, heads = m_config.heads,
                      kvHeads = m_config.kvHeads, rows = query.size() / (heads * size);
    Doubles result(rows * heads * valueSize, 0.0);
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t head = 0; head < heads; ++head) {
        const std::size_t shared = head / (heads / kvHeads);
        Doubles weights(row + 1);
        double largest = -INFINITY, sum = 0;
        for (std::size_t past = 0; past <= row; ++past) {
          double dot = 0;
          for (std::size_t i = 0; i < size; ++i)
            dot += query[(row * heads + head) * size + i] * key[(past * kvHeads + shared) * size + i];
          largest = std::max(largest, weights[past] = dot / std::sqrt(static_cast<double>(size)));
        }
        for (double& weight : weights) sum += weight = std::exp(weight - largest);
        for (std::size_t past = 0; past <= row; ++past)
          for (std::size_t i = 0; i < valueSize; ++i)
            result[(row * heads + head) * valueSize + i] +=
                weights[past] / sum * value[(past * kvHeads + shared) * valueSize + i];
      }
    }
    return result;
  }

  const core::io::Checkpoint& m_checkpoint;
  const core::model::ModelConfig& m_config;
};

}  // namespace support
