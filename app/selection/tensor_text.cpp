#include "app/selection/tensor_text.h"

#include <QCoreApplication>
#include <QStringList>

#include "core/base/error.h"
#include "core/model/product_scale.h"
#include "core/quant/load_tensor.h"

namespace app {

QString shapeText(const core::tensor::Shape& shape) {
  QStringList parts;
  for (const auto extent : shape.extents()) parts.append(QString::number(extent));
  return parts.isEmpty() ? QCoreApplication::translate("Tensor", "scalar") : parts.join(QStringLiteral(" × "));
}

QString placeText(const core::tensor::Shape& shape, std::uint64_t flatIndex) {
  QStringList parts;
  for (std::size_t axis = shape.rank(); axis-- > 0; flatIndex /= shape[axis])
    parts.prepend(QString::number(flatIndex % shape[axis]));
  return u'[' + parts.join(QStringLiteral(", ")) + u']';
}

QString typeText(const core::io::TensorInfo& tensor) {
  const bool isStored = tensor.isReadable() && core::quant::elementType(tensor);
  if (!isStored && !tensor.typeName.empty()) return QString::fromStdString(tensor.typeName);
  const auto name = core::tensor::name(tensor.dtype);
  return QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())).toUpper();
}

QString storedNameText(const core::io::TensorInfo& tensor) {
  return QString::fromStdString(tensor.codesName.empty() ? tensor.name : tensor.codesName);
}

QString storedTypeText(const core::io::TensorInfo& tensor) {
  if (tensor.dtype == core::tensor::DType::Unknown) return typeText(tensor);
  const auto name = core::tensor::name(tensor.dtype);
  return QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())).toUpper();
}

const core::tensor::Shape& storedShape(const core::io::TensorInfo& tensor) {
  return tensor.storedShape.rank() == 0 ? tensor.shape : tensor.storedShape;
}

QString turnedText(const core::io::TensorInfo& tensor) {
  if (tensor.assembly != core::io::Assembly::Turned) return {};
  return QCoreApplication::translate("Tensor", " · stored as %1 (input × output)").arg(shapeText(tensor.storedShape));
}

std::uint64_t weightBytes(const core::io::Checkpoint& checkpoint, const core::io::TensorInfo& tensor) {
  std::uint64_t bytes = tensor.bytes;
  if (tensor.assembly == core::io::Assembly::None) return bytes;
  for (const auto& piece : checkpoint.tensors())
    if (piece.pieceOf == tensor.name) bytes += piece.bytes;
  return bytes;
}

QString productScaleText(const core::io::Checkpoint& checkpoint, const core::io::TensorInfo& tensor) {
  try {
    const auto scale = core::model::productScale(checkpoint, tensor.name);
    return scale ? QStringLiteral(" · × %1").arg(static_cast<double>(*scale), 0, 'g', 6) : QString();
  } catch (const core::Error&) {
    return {};  // no number: why the model cannot chat says so
  }
}

QString storedBitsText(const core::quant::QuantizedTensor& tensor, std::uint64_t flatIndex) {
  if (!tensor.dtype()) return {};
  const auto& info = core::tensor::info(*tensor.dtype());
  if (info.blockValues != 1) return {};
  const auto bytes = tensor.payload.subspan(flatIndex * info.blockBytes, info.blockBytes);
  QString text = QStringLiteral("0x");
  for (std::size_t i = bytes.size(); i-- > 0;)
    text += QStringLiteral("%1").arg(static_cast<int>(bytes[i]), 2, 16, QLatin1Char('0'));
  return text;
}

QString unreadableText(const core::io::TensorInfo& tensor) {
  return QCoreApplication::translate("Tensor", "This tensor cannot be read as weights: %1.")
      .arg(QString::fromStdString(tensor.unreadable));
}

}  // namespace app
