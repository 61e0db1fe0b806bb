#include "app/workspaces/chat/prompt_cache_field.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QSettings>
#include <QVBoxLayout>

#include "app/session/prompt_cache.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr double kGigabyte = 1e9;
}  // namespace

PromptCacheField::PromptCacheField(QWidget* parent) : QWidget(parent) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kOne);
  m_keeps = new QCheckBox(tr("Keep"));
  m_keeps->setObjectName(QStringLiteral("prompt-cache"));
  m_keeps->setAccessibleName(tr("Keep prompt caches on the disk"));
  m_keeps->setToolTip(
      tr("After an answer, keys and values of all that a pane has read and written are kept on the disk, and with "
         "them prompts and answers themselves. A conversation that is opened again, or another one that begins alike, "
         "goes on from there instead of reading everything anew."));
  m_keeps->setChecked(true);
  row->addWidget(m_keeps, 1);
  m_clear = new QPushButton(tr("Clear"));
  m_clear->setObjectName(QStringLiteral("prompt-cache-clear"));
  m_clear->setAccessibleName(tr("Remove all prompt caches"));
  m_clear->setToolTip(tr("Removes every prompt cache of every model from the disk"));
  row->addWidget(m_clear);
  column->addLayout(row);
  m_most = new QDoubleSpinBox;
  m_most->setObjectName(QStringLiteral("prompt-cache-most"));
  m_most->setAccessibleName(tr("Most that prompt caches may take"));
  m_most->setToolTip(tr("All prompt caches together take at most this; the oldest make room."));
  m_most->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  m_most->setDecimals(1);
  m_most->setRange(0.1, 999);
  m_most->setSingleStep(0.5);
  m_most->setPrefix(QStringLiteral("≤ "));
  m_most->setSuffix(tr(" GB"));
  m_most->setKeyboardTracking(false);
  m_most->setValue(static_cast<double>(PromptCaches::kUsualBytes) / kGigabyte);
  column->addWidget(m_most);
  m_used = new Label(Label::Style::Hint);
  m_used->setObjectName(QStringLiteral("prompt-cache-used"));
  column->addWidget(m_used);
  connect(m_keeps, &QCheckBox::toggled, this, [this] {
    showChoice();
    Q_EMIT changed();
  });
  connect(m_most, &QDoubleSpinBox::valueChanged, this, &PromptCacheField::changed);
  connect(m_clear, &QPushButton::clicked, this, &PromptCacheField::clearWanted);
  setUsed(0);
}

bool PromptCacheField::keeps() const { return m_keeps->isChecked(); }

std::uint64_t PromptCacheField::mostBytes() const { return static_cast<std::uint64_t>(m_most->value() * kGigabyte); }

void PromptCacheField::setUsed(std::uint64_t bytes) {
  m_used->setText(bytes == 0 ? tr("Nothing is kept.") : tr("%1 on the disk").arg(text::bytes(bytes)));
  m_clear->setEnabled(bytes != 0);
}

void PromptCacheField::showChoice() { m_most->setEnabled(keeps()); }

void PromptCacheField::save(QSettings& settings) const {
  settings.setValue(QStringLiteral("promptCache"), keeps());
  settings.setValue(QStringLiteral("promptCacheGigabytes"), m_most->value());
}

void PromptCacheField::restore(const QSettings& settings) {
  m_keeps->setChecked(settings.value(QStringLiteral("promptCache"), true).toBool());
  m_most->setValue(settings.value(QStringLiteral("promptCacheGigabytes"), m_most->value()).toDouble());
}

}  // namespace app
