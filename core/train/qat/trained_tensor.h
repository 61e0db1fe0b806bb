#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/quantized_tensor.h"
#include "core/train/trained_model.h"

namespace core::train {

/// A tensor that is trained: latent values in float32, and what they are stored as, which is what a model computes
/// with. Its parameters lie elsewhere, in the order of parameters(): the latent values [rows, width] first, then what
/// the ranges of its levels are made of.
class TrainedTensor {
 public:
  TrainedTensor(std::string name, tensor::Shape shape) : m_name(std::move(name)), m_shape(std::move(shape)) {}
  virtual ~TrainedTensor() = default;
  TrainedTensor(const TrainedTensor&) = delete;
  TrainedTensor& operator=(const TrainedTensor&) = delete;

  const std::string& name() const { return m_name; }
  const tensor::Shape& shape() const { return m_shape; }

  /// What it begins with. @param latent the values that it is made of, which move into the first parameter
  std::vector<Parameter> parameters(std::vector<float> latent) const;
  /// Makes tensor() and values() of the parameters. @throws Cancelled, Error as quant::quantize
  void prepare(std::span<const Parameter> parameters, const JobContext& job);
  /// Adds to the parameters' gradients what the gradient of the values of some rows says about them. By default it goes
  /// straight through to the latent values (Bengio et al. 2013), those included that lie beyond the outermost levels.
  /// @param gradient [rows, width] from firstRow on
  virtual void add(std::uint64_t firstRow, std::span<const float> gradient, std::span<Parameter> parameters) const;

  /// What the latent values are stored as.
  const quant::QuantizedTensorPtr& tensor() const { return m_tensor; }
  /// What that decodes to, [rows, width].
  std::span<const float> values() const { return m_values; }

 protected:
  virtual quant::QuantizedTensorPtr quantized(std::span<const Parameter> parameters, const JobContext& job) = 0;
  /// Parameters beside the latent values, as they begin.
  virtual std::vector<Parameter> ranges() const { return {}; }

 private:
  std::string m_name;
  tensor::Shape m_shape;
  quant::QuantizedTensorPtr m_tensor;
  std::vector<float> m_values;
};

/// Adds a gradient to a parameter's, from its value `first` on.
void addTo(Parameter& parameter, std::uint64_t first, std::span<const float> gradient);

}  // namespace core::train
