#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/io/checkpoint.h"
#include "core/model/config.h"
#include "core/model/head_rows.h"
#include "core/quant/quantized_tensor.h"

namespace core::model {

class Adapter;
struct AdaptedMatrix;

constexpr std::string_view kOtherModelPrefix = "model:";  ///< of its text
constexpr std::string_view kAdapterPrefix = "adapter:";   ///< of an adapter's text
/// Whether a text names another model or an adapter: begins with one of these.
constexpr bool namesOtherModel(std::string_view text) {
  return text.starts_with(kOtherModelPrefix) || text.starts_with(kAdapterPrefix);
}
constexpr std::string_view kAddedAdapter = "+adapter:";  ///< behind a base: an adapter is added while that runs

/// Another model whose weights take the place of the open one's: what somebody else quantized, beside its original, or
/// the open one with an adapter on it. As a recipe's base it is measured, drawn and run like any scheme. Immutable.
class OtherModel : public std::enable_shared_from_this<OtherModel> {
 public:
  /// @param source what a person opens it by
  OtherModel(std::shared_ptr<const io::Checkpoint> checkpoint, std::string source, std::string title);
  /// The open model, whichever that is, with an adapter.
  OtherModel(std::shared_ptr<const Adapter> adapter, std::string source, std::string title);
  /// One that is known by its text only, as in a conversation that was kept: its weights are not there.
  /// @param prefix kOtherModelPrefix, or kAdapterPrefix, whose source may end in a strength
  static std::shared_ptr<const OtherModel> remembered(std::string source, std::string_view prefix = kOtherModelPrefix);

  const io::Checkpoint* checkpoint() const { return m_checkpoint.get(); }  ///< null: only remembered
  const Adapter* adapter() const { return m_adapter.get(); }               ///< null: it has weights of its own
  const std::string& source() const { return m_source; }
  const std::string& title() const { return m_title; }  ///< for people
  /// Equal for the same files, unchanged, however often they are opened, and an adapter at the same strength.
  const std::string& identity() const { return m_identity; }
  const std::string& toString() const { return m_text; }  ///< "model:SOURCE", "adapter:SOURCE", "adapter:SOURCE:50%"

 private:
  std::shared_ptr<const io::Checkpoint> m_checkpoint;
  std::shared_ptr<const Adapter> m_adapter;
  std::string m_source, m_title, m_identity, m_text;
};

/// The other model's tensor that takes the place of one of the open model's.
struct OtherTensor {
  std::shared_ptr<const OtherModel> model;
  std::size_t index = 0;                         ///< in the other's table
  std::shared_ptr<const AdaptedMatrix> adapted;  ///< what an adapter makes of the open model's; null without one
  std::string name;                              ///< what the open model calls it
  tensor::Shape shape = {};                      ///< that it has there, but for sides of 1; of an adapted one none
  MatrixOrder order;
  bool isOtherGguf = false;  ///< whose order the other's rows and columns have, where they differ
  std::uint64_t bytes = 0;   ///< it takes there, with what lies beside it

  /// Of the tensor that is read: of an adapted one the open model's.
  const io::TensorInfo& info() const;
  std::string typeName() const;  ///< for people: "q4_k", "f16, adapted", "nf4 + adapter"
  /// The model's, and what the open model's matrix becomes under an adapter that is added to it.
  std::string identity() const;
  /// Where the open model's row, or column, lies in the other.
  std::uint64_t rowThere(std::uint64_t row) const;
  std::uint64_t columnThere(std::uint64_t column) const;
};

/// Reads it, or adapts the open model's, rows in the open model's order, under the open model's name.
/// @throws Error as quant::loadTensor, mergeAdapter
quant::QuantizedTensorPtr loadOther(const OtherTensor& tensor);
/// One of its values, without the others of it where that can be. @param flatIndex row-major, of the open model's
/// tensor
float otherValue(const OtherTensor& tensor, std::uint64_t flatIndex);

/// The scheme its numbers are stored under, as far as one says it: of a GGUF type "q4_k", of packed codes what their
/// program was told. Nothing where none does.
std::optional<quant::Scheme> storedScheme(const quant::QuantizedTensor& tensor);

/// Finds the other's tensors for those of an open model: by the same name or, between GGUF and Hugging Face files of
/// an architecture that runs, by the name it has there. Of an adapter these are the matrices that it changes.
class OtherTensors {
 public:
  /// @param open outlives this @throws Error (NotFound) for one that is only remembered, as fitAdapter()
  OtherTensors(std::shared_ptr<const OtherModel> other, const io::Checkpoint& open);
  /// @param why a clause where there is none: "X has no such tensor"
  std::shared_ptr<const OtherTensor> of(const io::TensorInfo& tensor, std::string& why) const;

 private:
  std::optional<std::size_t> find(const std::string& name) const;
  std::shared_ptr<const OtherTensor> ofAdapter(const io::TensorInfo& tensor, std::string& why) const;

  std::shared_ptr<const OtherModel> m_other;
  const io::Checkpoint& m_open;
  std::optional<ModelConfig> m_config;  ///< where the two are of different formats and its heads are known
  std::map<std::string, std::shared_ptr<const AdaptedMatrix>, std::less<>> m_adapted;  ///< by the open model's names
};

}  // namespace core::model
