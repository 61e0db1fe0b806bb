#include "app/widgets/kv_type_field.h"

#include <QBoxLayout>
#include <QComboBox>
#include <algorithm>

#include "app/text/tr.h"
#include "app/widgets/theme.h"

namespace app {

using core::model::KvFormat;
using core::model::KvType;
using text::tr;

namespace {

constexpr KvFormat kOffered[] = {KvFormat::F16, KvFormat::Int8, KvFormat::Q8_0,
                                 KvFormat::Fp8, KvFormat::Q4_0, KvFormat::F32};
constexpr int kAsKeys = -1;

QString formatTitle(KvFormat format) {
  const std::string_view title = core::model::titleOf(format);
  return QString::fromUtf8(title.data(), static_cast<qsizetype>(title.size()));
}

}  // namespace

std::span<const KvFormat> offeredKvFormats() { return kOffered; }

QString kvTitle(KvType type) { return QString::fromStdString(core::model::titleOf(type)); }

QString describe(KvFormat format) {
  switch (format) {
    case KvFormat::F32:
      return text::tr("As they are computed: twice the memory of FP16");
    case KvFormat::F16:
      return text::tr("11 bits of precision, as usual");
    case KvFormat::Int8:
      return text::tr("Signed bytes with a scale per position and head: about half of FP16's memory");
    case KvFormat::Q8_0:
      return text::tr("GGUF's 8-bit blocks, an FP16 scale per 32 values: 53 % of FP16's memory");
    case KvFormat::Fp8:
      return text::tr("FP8 E4M3 without a scale: half of FP16's memory, 4 bits of precision");
    case KvFormat::Q4_0:
      return text::tr("GGUF's 4-bit blocks, an FP16 scale per 32 values: 28 % of FP16's memory");
  }
  return {};
}

KvTypeField::KvTypeField(const QString& name, Qt::Orientation orientation, QWidget* parent)
    : QWidget(parent), m_keys(new QComboBox), m_values(new QComboBox) {
  auto* row = new QBoxLayout(orientation == Qt::Horizontal ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom, this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kHalf);
  setSizePolicy(orientation == Qt::Horizontal ? QSizePolicy::Preferred : QSizePolicy::Expanding, QSizePolicy::Fixed);
  m_keys->setObjectName(name);
  m_keys->setAccessibleName(tr("Keys and values"));
  setToolTip(tr("What the keys and values of attention are kept in"));  // of the choice of keys, too
  m_values->setObjectName(name + QStringLiteral("-values"));
  m_values->setAccessibleName(tr("Values apart"));
  m_values->setToolTip(tr("Values may be kept in less than keys, which decide where attention looks"));
  m_values->addItem(tr("values too"), kAsKeys);
  for (const KvFormat format : kOffered) {
    m_keys->addItem(formatTitle(format), static_cast<int>(format));
    m_keys->setItemData(m_keys->count() - 1, describe(format), Qt::ToolTipRole);
    m_values->addItem(tr("values %1").arg(formatTitle(format)), static_cast<int>(format));
    m_values->setItemData(m_values->count() - 1, describe(format), Qt::ToolTipRole);
  }
  for (QComboBox* box : {m_keys, m_values}) {
    box->setSizePolicy(sizePolicy().horizontalPolicy(), QSizePolicy::Fixed);
    row->addWidget(box);
    connect(box, &QComboBox::activated, this, &KvTypeField::chosen);
  }
  setFocusProxy(m_keys);
}

KvType KvTypeField::type() const {
  const auto keys = static_cast<KvFormat>(m_keys->currentData().toInt());
  const int values = m_values->currentData().toInt();
  return {keys, values == kAsKeys ? keys : static_cast<KvFormat>(values)};
}

void KvTypeField::setType(KvType type) {
  m_keys->setCurrentIndex(m_keys->findData(static_cast<int>(type.keys)));
  const int values = type.values == type.keys ? kAsKeys : static_cast<int>(type.values);
  m_values->setCurrentIndex(m_values->findData(values));
}

}  // namespace app
