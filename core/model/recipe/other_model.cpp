#include "core/model/recipe/other_model.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/architectures/tensor_names.h"
#include "core/model/config.h"
#include "core/model/product_scale.h"
#include "core/model/recipe/adapted_matrix.h"
#include "core/model/recipe/adapter.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/model/recipe/row_order.h"
#include "core/model/tensor_place.h"
#include "core/quant/element_format.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"
#include "core/tensor/dtype.h"

namespace core::model {

namespace {

std::string identityOf(const io::Checkpoint& checkpoint, const std::string& source) {
  std::string identity = checkpoint.files().empty() ? source : std::string();
  for (const auto& file : checkpoint.files()) {
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    const auto changed = std::filesystem::last_write_time(file, error).time_since_epoch().count();
    identity += fmt::format("{} {} {}\n", std::filesystem::weakly_canonical(file, error).string(), size, changed);
  }
  return identity;
}

/// What becomes of the open model's tensor: "nf4", or its type as stored.
std::string treatmentOf(const TensorDecision& decision, const io::TensorInfo& stored) {
  if (decision.scheme) return decision.scheme->toString();
  return decision.other ? decision.other->typeName() : stored.typeName;
}

/// What the formats have in one shape is an array of one side more in one of them.
tensor::Shape withoutOnes(const tensor::Shape& shape) {
  std::vector<std::uint64_t> extents = shape.extents();
  std::erase(extents, 1);
  return tensor::Shape(std::move(extents));
}

/// A bias has one value where a matrix has a row. What is said of the tensor is still what its file stores.
quant::QuantizedTensorPtr inOpenOrder(const OtherTensor& order, const quant::QuantizedTensorPtr& tensor) {
  auto lines = tensor;
  if (tensor->shape.rank() == 1) {
    auto column = std::make_shared<quant::QuantizedTensor>(*tensor);
    column->shape = tensor::Shape{tensor->shape.count(), 1};
    lines = std::move(column);
  }
  if (!order.order.rows.isSame()) lines = reorderRows(lines, [&](std::uint64_t row) { return order.rowThere(row); });
  if (!order.order.columns.isSame())
    lines = reorderColumns(lines, [&](std::uint64_t column) { return order.columnThere(column); });
  auto result = std::make_shared<quant::QuantizedTensor>(*lines);
  result->shape = tensor->shape;
  result->scheme = tensor->scheme;
  return result;
}

}  // namespace

OtherModel::OtherModel(std::shared_ptr<const io::Checkpoint> checkpoint, std::string source, std::string title)
    : m_checkpoint(std::move(checkpoint)),
      m_source(std::move(source)),
      m_title(std::move(title)),
      m_identity(m_checkpoint ? identityOf(*m_checkpoint, m_source) : m_source),
      m_text(std::string(kOtherModelPrefix) + m_source) {}

OtherModel::OtherModel(std::shared_ptr<const Adapter> adapter, std::string source, std::string title)
    : m_checkpoint(adapter->sharedCheckpoint()),
      m_adapter(std::move(adapter)),
      m_source(std::move(source)),
      m_title(std::move(title)),
      m_identity(fmt::format("{}at {} %", identityOf(*m_checkpoint, m_source), m_adapter->percent())),
      m_text(std::string(kAdapterPrefix) + AdapterText{m_source, m_adapter->percent()}.toString()) {}

std::shared_ptr<const OtherModel> OtherModel::remembered(std::string source, std::string_view prefix) {
  std::string title = std::filesystem::path(source).filename().string();
  const std::shared_ptr<const io::Checkpoint> none;
  auto model = std::make_shared<OtherModel>(none, source, title.empty() ? source : std::move(title));
  model->m_text = std::string(prefix) + model->m_source;
  if (prefix != kOtherModelPrefix) model->m_identity = model->m_text;
  return model;
}

const io::TensorInfo& OtherTensor::info() const {
  return adapted ? adapted->info() : model->checkpoint()->tensors()[index];
}

std::string OtherTensor::typeName() const {
  if (!adapted) return info().typeName;
  if (adapted->beside) return treatmentOf(*adapted->beside, info()) + " + adapter";
  return fmt::format("{}, adapted", tensor::name(adapted->type()));
}

std::string OtherTensor::identity() const {
  if (!adapted || !adapted->beside) return model->identity();
  const TensorDecision& base = *adapted->beside;
  std::string identity = fmt::format("{}\nbeside {}", model->identity(), treatmentOf(base, info()));
  if (base.other) identity += '\n' + base.other->identity();
  return identity;
}

std::uint64_t OtherTensor::rowThere(std::uint64_t row) const {
  return isOtherGguf ? order.rows.inGguf(row) : order.rows.inFolder(row);
}

std::uint64_t OtherTensor::columnThere(std::uint64_t column) const {
  return isOtherGguf ? order.columns.inGguf(column) : order.columns.inFolder(column);
}

quant::QuantizedTensorPtr loadOther(const OtherTensor& tensor) {
  if (const AdaptedMatrix* const adapted = tensor.adapted.get()) {
    if (!adapted->beside) return mergeAdapter(*adapted);
    return mergeAdapter(*adapted, *makeTensor(*adapted->beside, quant::loadTensor(*adapted->base, adapted->tensor)));
  }
  const io::Checkpoint& checkpoint = *tensor.model->checkpoint();
  const std::string& nameThere = tensor.info().name;
  auto loaded = quant::loadTensor(checkpoint, tensor.index);
  if (!tensor.order.isSame()) loaded = inOpenOrder(tensor, loaded);
  const float scale = productScale(checkpoint, nameThere).value_or(1.0F);
  if (loaded->name == tensor.name && loaded->shape == tensor.shape && scale == 1.0F) return loaded;
  auto result = std::make_shared<quant::QuantizedTensor>(*loaded);
  result->shape = tensor.shape;
  result->name = tensor.name;
  result->factor *= scale;
  return result;
}

float otherValue(const OtherTensor& tensor, std::uint64_t flatIndex) {
  if (tensor.adapted && !tensor.adapted->beside) return adaptedValue(*tensor.adapted, flatIndex);
  const auto weights =
      tensor.adapted ? loadOther(tensor) : quant::loadTensor(*tensor.model->checkpoint(), tensor.index);
  const std::uint64_t columns = weights->shape.rank() > 1 ? weights->rowValues() : 1;
  float value = 0;
  quant::decode(*weights, tensor.rowThere(flatIndex / columns) * columns + tensor.columnThere(flatIndex % columns), 1,
                &value);
  return value;
}

std::optional<quant::Scheme> storedScheme(const quant::QuantizedTensor& tensor) {
  if (tensor.scheme) return tensor.scheme;
  const auto format = tensor.dtype() ? quant::formatOf(*tensor.dtype()) : std::nullopt;
  return format ? std::optional(quant::Scheme::defaults(*format)) : std::nullopt;
}

OtherTensors::OtherTensors(std::shared_ptr<const OtherModel> other, const io::Checkpoint& open)
    : m_other(std::move(other)), m_open(open) {
  if (m_other->checkpoint() == nullptr) {
    throw Error(ErrorCode::NotFound,
                fmt::format("{} is not open: its weights are compared while it stands beside the model.",
                            io::inQuotes(m_other->title())),
                m_other->source());
  }
  if (const Adapter* const adapter = m_other->adapter()) {
    for (auto& matrix : fitAdapter(*adapter, open)) {
      std::string name = matrix->info().name;
      m_adapted.emplace(std::move(name), std::move(matrix));
    }
    return;
  }
  const io::Checkpoint& there = *m_other->checkpoint();
  if (there.format() == open.format()) return;
  const io::Checkpoint& gguf = open.format() == io::FileFormat::Gguf ? open : there;
  if (findArchitecture(gguf) == nullptr) return;
  try {
    m_config = ModelConfig::fromCheckpoint(gguf);
  } catch (const Error&) {
    // Nothing is known of heads: the rows of queries and keys cannot be matched, and their tensors say so.
  }
}

std::optional<std::size_t> OtherTensors::find(const std::string& name) const {
  const io::Checkpoint& there = *m_other->checkpoint();
  if (const auto same = there.find(name)) return same;
  if (there.format() == m_open.format()) return std::nullopt;
  const TensorNames names(m_open);
  const auto canonical = m_open.format() == io::FileFormat::Gguf ? std::optional(name) : names.gguf(name);
  if (!canonical) return std::nullopt;
  if (const auto found = there.find(names.in(there.format(), *canonical))) return found;
  // An output matrix that the other ties to its embedding.
  if (*canonical == "output.weight") return there.find(names.in(there.format(), "token_embd.weight"));
  return std::nullopt;
}

std::shared_ptr<const OtherTensor> OtherTensors::ofAdapter(const io::TensorInfo& tensor, std::string& why) const {
  const auto found = m_adapted.find(tensor.name);
  if (found == m_adapted.end()) {
    why = fmt::format("{} leaves it as it is", m_other->title());
    return nullptr;
  }
  auto result = std::make_shared<OtherTensor>();
  result->model = m_other;
  result->adapted = found->second;
  result->name = tensor.name;
  result->bytes = found->second->bytes();
  return result;
}

std::shared_ptr<const OtherTensor> OtherTensors::of(const io::TensorInfo& tensor, std::string& why) const {
  if (m_other->adapter() != nullptr) return ofAdapter(tensor, why);
  const io::Checkpoint& there = *m_other->checkpoint();
  const auto found = tensor.pieceOf.empty() ? find(tensor.name) : std::nullopt;
  if (!found || !there.tensors()[*found].pieceOf.empty()) {
    why = fmt::format("{} has no such tensor", m_other->title());
    return nullptr;
  }
  const io::TensorInfo& info = there.tensors()[*found];
  if (withoutOnes(info.shape) != withoutOnes(tensor.shape)) {
    why = fmt::format("{} has the shape {}", m_other->title(), info.shape.toString());
    return nullptr;
  }
  if (!quant::isLoadable(info)) {
    why = info.isReadable() ? fmt::format("{} has it as {}, which is no weights", m_other->title(), info.typeName)
                            : fmt::format("in {} it is no weights: {}", m_other->title(), info.unreadable);
    return nullptr;
  }
  auto result = std::make_shared<OtherTensor>();
  result->model = m_other;
  result->index = *found;
  result->name = tensor.name;
  result->shape = tensor.shape;
  result->bytes = info.bytes;  // planRecipe adds what lies beside it, in one pass for all
  if (there.format() == m_open.format()) return result;
  const io::Checkpoint& gguf = m_open.format() == io::FileFormat::Gguf ? m_open : there;
  const WeightRow* const row = findArchitecture(gguf) != nullptr ? TensorNames(gguf).row(tensor.name) : nullptr;
  if (row == nullptr || row->order == RowOrder::Same) return result;
  const std::uint64_t rows = tensor.shape.rank() > 1 ? tensor.shape.rows() : tensor.shape.count();
  if (!m_config || row->shape(*m_config, placeOf(tensor.name).layer.value_or(0)).count() != tensor.shape.count()) {
    why = fmt::format("the heads are not known whose rows {} has in another order", m_other->title());
    return nullptr;
  }
  result->order = orderOf(*row, *m_config, rows);
  result->isOtherGguf = there.format() == io::FileFormat::Gguf;
  return result;
}

}  // namespace core::model
