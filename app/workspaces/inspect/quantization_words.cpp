#include "app/workspaces/inspect/quantization_words.h"

#include <QStringList>
#include <map>

#include "app/selection/tensor_text.h"
#include "app/text/numbers.h"
#include "app/text/tr.h"
#include "core/io/packed_weights.h"
#include "core/quant/load_tensor.h"

namespace app {

using text::tr;

namespace {

/// The keys of quantization_config as texts.
class Keys {
 public:
  explicit Keys(const core::io::Metadata& metadata) : m_metadata(metadata) {}

  QString text(const char* key) const {
    const auto* value = m_metadata.find(std::string("config.quantization_config.") + key);
    return value == nullptr ? QString() : QString::fromStdString(core::io::toDisplayText(*value));
  }
  bool is(const char* key, const char* wanted) const {
    return text(key).compare(QLatin1String(wanted), Qt::CaseInsensitive) == 0;
  }
  /// The first of them that says something.
  QString firstOf(std::initializer_list<const char*> keys) const {
    for (const char* key : keys)
      if (const QString found = text(key); !found.isEmpty() && found != QLatin1String("[]")) return found;
    return {};
  }

 private:
  const core::io::Metadata& m_metadata;
};

QString methodName(const QString& method) {
  const std::pair<const char*, const char*> names[] = {
      {"gptq", "GPTQ"},           {"awq", "AWQ"},           {"hqq", "HQQ"},        {"fp8", "FP8"},
      {"mxfp4", "MXFP4"},         {"modelopt", "ModelOpt"}, {"fbgemm_fp8", "FP8"}, {"bitsandbytes", "bitsandbytes"},
      {"auto-round", "AutoRound"}};
  for (const auto& [key, name] : names)
    if (method == QLatin1String(key)) return QLatin1String(name);
  return method;
}

void addBitsAndBytes(const Keys& keys, QStringList& words) {
  if (keys.is("load_in_8bit", "true")) {
    words << tr("LLM.int8()");
    if (const QString threshold = keys.text("llm_int8_threshold"); !threshold.isEmpty())
      words << tr("inputs from %1 on are outliers").arg(threshold);
  }
  if (!keys.is("load_in_4bit", "true")) return;
  words << keys.text("bnb_4bit_quant_type").toUpper();
  if (keys.is("bnb_4bit_use_double_quant", "true")) words << tr("scales quantized, too");
  if (const QString type = keys.text("bnb_4bit_compute_dtype"); !type.isEmpty())
    words << tr("computed in %1").arg(type);
}

void addGroups(const Keys& keys, QStringList& words) {
  if (const QString bits = keys.firstOf({"bits", "w_bit", "quant_config.weight_quant_params.nbits"}); !bits.isEmpty())
    words << tr("%1 bits").arg(bits);
  const QString group = keys.firstOf({"group_size", "q_group_size", "quant_config.weight_quant_params.group_size"});
  if (group == QLatin1String("-1"))
    words << tr("one scale a row");
  else if (!group.isEmpty())
    words << tr("groups of %1").arg(group);
  if (keys.is("sym", "true") || keys.is("zero_point", "false")) words << tr("symmetric");
  if (keys.is("sym", "false") || keys.is("zero_point", "true")) words << tr("with zero-points");
  if (keys.is("desc_act", "true")) words << tr("columns in the order of their inputs (act-order)");
  if (const QString format = keys.firstOf({"checkpoint_format", "format", "fmt"}); !format.isEmpty())
    words << tr("stored as %1").arg(format);
  if (const QString version = keys.text("version"); !version.isEmpty())
    words << tr("packed for %1").arg(version.toUpper());
  if (const QString tile = keys.text("weight_block_size"); !tile.isEmpty())
    words << tr("scales by tiles of %1").arg(tile);
  if (const QString inputs = keys.text("activation_scheme"); !inputs.isEmpty()) words << tr("inputs: %1").arg(inputs);
}

}  // namespace

QString quantizationWords(const core::io::Metadata& metadata) {
  const Keys keys(metadata);
  const QString method = keys.text("quant_method");
  QStringList words;
  if (!method.isEmpty()) words << methodName(method);
  addBitsAndBytes(keys, words);
  addGroups(keys, words);
  if (words.isEmpty()) return {};
  QString text = words.join(QStringLiteral(", "));
  const QString left = keys.firstOf({"ignore", "modules_to_not_convert", "llm_int8_skip_modules", "skip_modules"});
  if (!left.isEmpty()) text += tr("; left as they are: %1").arg(left);
  return text;
}

QStringList packedFamilies(const core::io::Checkpoint& checkpoint) {
  struct Family {
    std::uint64_t count = 0, bytes = 0, weights = 0;
  };
  std::map<QString, Family> families;
  const auto bytes = core::io::weightBytes(checkpoint);
  const auto tensors = checkpoint.tensors();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (core::quant::elementType(tensors[i])) continue;
    Family& family = families[typeText(tensors[i])];
    ++family.count;
    family.bytes += bytes[i];
    family.weights += tensors[i].shape.count();
  }
  QStringList lines;
  for (const auto& [name, family] : families)
    lines << tr("%1: %2 matrices, %3")
                 .arg(name, text::count(family.count),
                      text::bitsPerWeight(8 * static_cast<double>(family.bytes) /
                                          static_cast<double>(std::max<std::uint64_t>(1, family.weights))));
  return lines;
}

}  // namespace app
