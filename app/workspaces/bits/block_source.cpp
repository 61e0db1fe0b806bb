#include "app/workspaces/bits/block_source.h"

#include <QRegularExpression>
#include <algorithm>

#include "app/pictures/scheme_levels.h"
#include "app/selection/tensor_text.h"
#include "app/workspaces/bits/block_state.h"
#include "core/base/error.h"
#include "core/numeric/typed_number.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"
#include "core/quant/stored_size.h"

namespace app {
namespace {

using core::quant::BlockExplanation;
using core::quant::Scheme;

constexpr std::uint32_t kMostValues = 512;
const QString kTag = QStringLiteral("bits/block");

BlockSetup setupOf(const Scheme& scheme, const QString& origin, const BlockExplanation& block) {
  return {scheme, origin, block.values, block.bytes, block.bytes, false};
}

/// Where the selected weight's block lies in the tensor.
struct Place {
  std::uint64_t row, block;
};
Place placeOf(const Scheme& scheme, const core::tensor::Shape& shape, std::uint64_t weight) {
  const std::uint64_t rowValues = shape.rowValues(), size = blockValues(scheme.format);
  const std::uint64_t row = weight / rowValues, column = weight % rowValues;
  // Blocks of bitsandbytes run on over the ends of rows: the first of a row may have begun in the one before.
  const bool flat = scheme.format.grouping.granularity == core::quant::Granularity::Block;
  const std::uint64_t block = flat ? weight / size - row * rowValues / size : column / size;
  return {row, block};
}

}  // namespace

std::uint32_t blockValues(const core::quant::Format& format) {
  if (const auto dtype = core::quant::storedDType(format)) {
    const std::uint32_t values = core::tensor::info(*dtype).blockValues;
    return values > 1 ? values : 0;
  }
  using core::quant::Granularity;
  const bool isBlock =
      format.grouping.granularity == Granularity::Group || format.grouping.granularity == Granularity::Block;
  return isBlock && format.grouping.size <= kMostValues ? format.grouping.size : 0;
}

std::vector<std::pair<QString, QString>> blockSchemes() {
  std::vector<std::pair<QString, QString>> result;
  const auto add = [&](const char* text) {
    result.emplace_back(QLatin1String(text), QString::fromStdString(Scheme::parse(text).displayName()));
  };
  for (const char* text : {"mx_e4m3", "mx_e5m2", "mx_e3m2", "mx_e2m3", "mx_e2m1", "mx_int8", "nv_e2m1"}) add(text);
  result.emplace_back();
  for (const char* text : {"q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q2_k", "q3_k", "q4_k", "q5_k", "q6_k"}) add(text);
  result.emplace_back();
  for (const char* text : {"nf4", "nf4:double=on", "fp4", "int8:group=32", "int4", "int4:range=minmax", "int3", "int2",
                           "log4", "kmeans2:group=64"})
    add(text);
  result.emplace_back();
  for (const core::quant::FormatInfo& format : core::quant::allFormats()) {
    const QString text = QString::fromUtf8(format.text.data(), static_cast<qsizetype>(format.text.size()));
    const bool known =
        std::any_of(result.begin(), result.end(), [&](const auto& entry) { return entry.first == text; });
    if (format.family == core::quant::Family::GgufBlock && !known)
      result.emplace_back(text, QString::fromStdString(Scheme::defaults(format.name).displayName()));
  }
  return result;
}

BlockSource::BlockSource(Selection& selection, JobRunner& jobs, BlockState& state, QObject* parent)
    : QObject(parent), m_selection(selection), m_jobs(jobs), m_state(state), m_scheme(Scheme::parse("q4_0")) {
  static_cast<void>(setValues(QStringLiteral("0.12 -0.05 0.31 0.45892 -0.87 0.02 1 -0.33")));
  m_followsWeight = true;
  const auto stale = [this] {
    if (m_followsWeight) request();
  };
  connect(&selection, &Selection::weightChanged, this, stale);
  connect(&selection, &Selection::tensorChanged, this, stale);
  connect(&selection, &Selection::modelChanged, this, stale);
}

void BlockSource::setActive(bool active) {
  m_active = active;
  if (active && m_isStale) request();
}

void BlockSource::setScheme(const Scheme& scheme) {
  if (scheme == m_scheme) return;
  m_scheme = scheme;
  Q_EMIT sourceChanged();
  request();
}

void BlockSource::adoptScheme(const Scheme& scheme) {
  if (scheme == m_scheme) return;
  m_jobs.cancelTag(kTag);  // of the scheme that is left
  m_scheme = scheme;
  Q_EMIT sourceChanged();
}

void BlockSource::followWeight() {
  m_followsWeight = true;
  Q_EMIT sourceChanged();
  request();
}

void BlockSource::hold() {
  m_jobs.cancelTag(kTag);
  m_followsWeight = false;
  m_isStale = false;
  Q_EMIT sourceChanged();
}

QString BlockSource::setValues(const QString& text) {
  static const QRegularExpression apart(QStringLiteral("[\\s;]+|,\\s+|,(?=[^\\d]|$)"));
  const QStringList pieces = text.split(apart, Qt::SkipEmptyParts);
  if (pieces.isEmpty()) return tr("A block is made of numbers: \"0.5 −1 0.25\".");
  if (pieces.size() > static_cast<qsizetype>(kMostValues))
    return tr("At most %1 numbers can be typed; found %2.").arg(kMostValues).arg(pieces.size());
  std::vector<float> values;
  try {
    const auto& fp32 = core::numeric::numberFormat(core::numeric::FormatId::Fp32);
    for (const QString& piece : pieces)
      values.push_back(static_cast<float>(core::numeric::parseTypedNumber(piece.toStdString(), fp32).nearest));
  } catch (const core::Error& error) {
    return QString::fromUtf8(error.what());
  }
  m_text = text.trimmed();
  m_values = std::move(values);
  m_followsWeight = false;
  Q_EMIT sourceChanged();
  request();
  return {};
}

void BlockSource::request() {
  m_isStale = true;
  if (!m_active) return;
  m_isStale = false;
  const bool hasTensor = m_selection.model() != nullptr && m_selection.tensor().has_value();
  if (m_followsWeight && hasTensor)
    encodeSelected();
  else
    encodeTyped();
}

void BlockSource::encodeTyped() {
  std::vector<float> values = m_values;
  const std::uint32_t size = blockValues(m_scheme.format);
  if (size != 0 && values.size() > size)
    return refuse(tr("A block of %1 holds %2 weights; found %3.")
                      .arg(QString::fromStdString(m_scheme.displayName()))
                      .arg(size)
                      .arg(values.size()),
                  tr("Type fewer numbers, or choose a scheme with larger blocks."));
  if (core::quant::storedDType(m_scheme.format)) values.resize(std::max<std::size_t>(size, values.size()));
  m_jobs.run(
      this, {kTag, {}, Lane::Pool},
      [scheme = m_scheme, values = std::move(values)](const core::JobContext& job) {
        const auto kept = std::make_shared<const std::vector<float>>(values);
        const core::tensor::TensorView row{
            "typed", core::tensor::DType::F32, {1, kept->size()}, std::as_bytes(std::span(*kept)), kept};
        return core::quant::explainBlock(scheme, row, 0, 0, job);
      },
      [this, scheme = m_scheme](const BlockExplanation& block) { m_state.setBlock(setupOf(scheme, {}, block)); },
      [this](const QString& sentence) { refuse(sentence, tr("Choose another scheme, or type other numbers.")); });
}

void BlockSource::encodeSelected() {
  const auto& model = m_selection.model();
  const std::size_t tensor = *m_selection.tensor();
  const std::uint64_t weight = m_selection.weight().value_or(0);
  m_jobs.run(
      this, {kTag, tr("Encoding a block"), Lane::Pool},
      [model, tensor, weight, scheme = m_scheme](const core::JobContext& job) {
        const auto source = model->tensor(tensor);
        const Place place = placeOf(scheme, source->shape, weight);
        return core::quant::explainBlock(scheme, *source, place.row, place.block, job);
      },
      [this, model, tensor, scheme = m_scheme](const BlockExplanation& block) {
        if (m_selection.model() != model || m_selection.tensor() != tensor) return;
        const core::io::TensorInfo& info = model->checkpoint().tensors()[tensor];
        const QString origin =
            QString::fromStdString(info.name) + u' ' + blockText(info.shape, block.firstValue, block.values.size());
        m_state.setBlock(setupOf(scheme, origin, block));
      },
      [this, rowValues = model->checkpoint().tensors()[tensor].shape.rowValues()](const QString& sentence) {
        refuse(sentence, helpForRows(rowValues));
      });
}

void BlockSource::refuse(const QString& sentence, const QString& help) {
  m_state.clear();
  Q_EMIT refused(sentence, help);
}

QString BlockSource::helpForRows(std::uint64_t rowValues) const {
  constexpr qsizetype kMostNames = 4;
  QStringList fitting;
  for (const auto& [text, name] : blockSchemes()) {
    if (text.isEmpty() || fitting.size() == kMostNames) continue;
    const std::uint32_t size = blockValues(Scheme::parse(text.toStdString()).format);
    if (size != 0 && rowValues % size == 0) fitting << name;
  }
  if (fitting.isEmpty()) return tr("Choose another scheme or tensor, or type numbers of your own.");
  return tr("Rows of %1 weights go into blocks of %2, among others. Or choose another tensor, or type numbers of your "
            "own.")
      .arg(rowValues)
      .arg(fitting.join(QStringLiteral(", ")));
}

}  // namespace app
