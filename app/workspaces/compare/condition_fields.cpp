#include "app/workspaces/compare/condition_fields.h"

#include <QComboBox>
#include <QLayout>
#include <QSignalBlocker>

#include "app/text/device_hint.h"
#include "app/widgets/kv_type_field.h"
#include "app/widgets/named_field.h"
#include "app/workspaces/compare/compare_fields.h"
#include "app/workspaces/compare/compare_state.h"

namespace app {

namespace {
constexpr int kContents = 13;
using Reference = CompareConditions::Reference;
}  // namespace

ConditionFields::ConditionFields(CompareState& state, const QString& prefix, QObject* parent)
    : QObject(parent),
      m_state(state),
      m_device(new QComboBox),
      m_kv(new KvTypeField(prefix + QStringLiteral("-kv"))),
      m_reference(new QComboBox) {
  m_device->setObjectName(prefix + QStringLiteral("-device"));
  m_reference->setObjectName(prefix + QStringLiteral("-reference"));
  m_kv->setToolTip(tr("What the compared models round keys and values to; the reference keeps FP16"));
  for (QComboBox* box : {m_device, m_reference}) {
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(kContents);
  }
  m_device->setToolTip(text::deviceHint());
  for (QComboBox* box : {m_device, m_reference}) connect(box, &QComboBox::activated, this, &ConditionFields::ask);
  connect(m_kv, &KvTypeField::chosen, this, &ConditionFields::ask);
  connect(&m_state, &CompareState::questionChanged, this, &ConditionFields::refresh);
  connect(&m_state, &CompareState::plansChanged, this, &ConditionFields::fillDevices);
  connect(&m_state.selection(), &Selection::comparedModelChanged, this, &ConditionFields::fillReference);
  fillDevices();
  fillReference();
}

void ConditionFields::addTo(QLayout& layout) const {
  layout.addWidget(namedField(tr("Device"), m_device));
  layout.addWidget(namedField(tr("KV"), m_kv));
  layout.addWidget(namedField(tr("Against"), m_reference));
}

void ConditionFields::fillDevices() {
  const QSignalBlocker blocked(m_device);
  m_device->clear();
  m_device->addItem(tr("Automatic"), QStringLiteral("auto"));
  m_device->addItem(tr("CPU"), QStringLiteral("cpu"));
  for (const PlannedDevice& device : m_state.devicesHere())
    if (device.kind == PlannedDevice::Kind::Vulkan)
      m_device->addItem(QString::fromStdString(device.name), QStringLiteral("vulkan:%1").arg(device.index));
  refresh();
}

void ConditionFields::fillReference() {
  const QSignalBlocker blocked(m_reference);
  m_reference->clear();
  m_reference->addItem(tr("Weights as stored"), static_cast<int>(Reference::Stored));
  if (const auto compared = m_state.selection().comparedRecipe())
    m_reference->addItem(m_state.selection().title(*compared), static_cast<int>(Reference::ComparedModel));
  refresh();
}

void ConditionFields::refresh() {
  const CompareQuestion& question = m_state.question();
  const QSignalBlocker device(m_device), reference(m_reference);
  const QString asked = QString::fromStdString(question.device.toString());
  if (m_device->findData(asked) < 0) m_device->addItem(asked, asked);
  m_device->setCurrentIndex(m_device->findData(asked));
  m_kv->setType(question.kv);
  m_reference->setCurrentIndex(std::max(0, m_reference->findData(static_cast<int>(question.reference))));
}

void ConditionFields::ask() {
  CompareQuestion question = m_state.question();
  question.device = DeviceChoice::parse(m_device->currentData().toString().toStdString());
  question.kv = m_kv->type();
  question.reference = static_cast<Reference>(m_reference->currentData().toInt());
  m_state.setQuestion(question);
}

}  // namespace app
