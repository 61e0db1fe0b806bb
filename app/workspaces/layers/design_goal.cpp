#include "app/workspaces/layers/design_goal.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QLocale>
#include <QSettings>
#include <QSignalBlocker>
#include <algorithm>
#include <cmath>

#include "app/widgets/theme.h"

namespace app {

namespace {

enum class Kind : std::uint8_t { Like, Bytes, Bits, Kl, Fastest };

constexpr int kContents = 12;
constexpr double kLimitWidth = 110, kMostBits = 64;

/// As the person's locale writes numbers, or as files do.
std::optional<double> numberIn(const QString& typed) {
  bool isNumber = false;
  double value = QLocale().toDouble(typed, &isNumber);
  if (!isNumber) value = QLocale::c().toDouble(typed, &isNumber);
  return isNumber && std::isfinite(value) && value > 0 ? std::optional(value) : std::nullopt;
}

std::optional<std::uint64_t> countIn(const QString& typed) {
  bool isNumber = false;
  qulonglong value = QLocale().toULongLong(typed, &isNumber);
  if (!isNumber) value = QLocale::c().toULongLong(typed, &isNumber);
  return isNumber && value > 0 ? std::optional<std::uint64_t>(value) : std::nullopt;
}

}  // namespace

DesignGoal::DesignGoal(Selection& selection, QWidget* parent)
    : QWidget(parent), m_selection(selection), m_kind(new QComboBox), m_like(new QComboBox), m_limit(new QLineEdit) {
  m_kind->setObjectName(QStringLiteral("design-goal"));
  m_kind->addItem(tr("Best, as large as"), static_cast<int>(Kind::Like));
  m_kind->addItem(tr("Best, bytes at most"), static_cast<int>(Kind::Bytes));
  m_kind->addItem(tr("Best, bits/weight at most"), static_cast<int>(Kind::Bits));
  m_kind->addItem(tr("Smallest, KL at most"), static_cast<int>(Kind::Kl));
  m_kind->addItem(tr("Fastest, KL at most"), static_cast<int>(Kind::Fastest));
  m_kind->setToolTip(
      tr("Sizes are of the whole model; the KL divergence is of the text it is measured on; speeds are "
         "of decoding, measured here under every candidate"));
  m_kind->setAccessibleName(tr("Goal"));
  m_like->setObjectName(QStringLiteral("design-like"));
  m_like->setAccessibleName(tr("As large as"));
  m_like->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_like->setMinimumContentsLength(kContents);
  m_limit->setObjectName(QStringLiteral("design-limit"));
  m_limit->setAccessibleName(tr("Limit"));
  keepWidth(*m_limit, kLimitWidth);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kHalf);
  row->addWidget(m_kind);
  row->addWidget(m_like);
  row->addWidget(m_limit);
  connect(m_kind, &QComboBox::currentIndexChanged, this, &DesignGoal::showFields);
  for (QComboBox* box : {m_kind, m_like}) connect(box, &QComboBox::currentIndexChanged, this, &DesignGoal::edited);
  connect(m_limit, &QLineEdit::textEdited, this, &DesignGoal::edited);
  connect(&selection, &Selection::schemesChanged, this, &DesignGoal::fillLike);
  fillLike();
  showFields();
}

void DesignGoal::fillLike() {
  const core::model::Recipe before = m_like->currentIndex() < 0
                                         ? core::model::Recipe(core::quant::Scheme::parse("int4"))
                                         : m_likes[static_cast<std::size_t>(m_like->currentIndex())];
  {
    const QSignalBlocker blocked(m_like);
    m_like->clear();
    m_likes.clear();
    for (const bool checked : {true, false})  // what one has in sight first
      for (const SchemeEntry& entry : m_selection.schemes()) {
        if (entry.checked != checked || entry.isModel()) continue;
        m_like->addItem(entry.title);
        m_likes.push_back(entry.recipe);
      }
    const auto found = std::ranges::find(m_likes, before);
    m_like->setCurrentIndex(found == m_likes.end() ? 0 : static_cast<int>(found - m_likes.begin()));
  }
  Q_EMIT edited();
}

void DesignGoal::showFields() {
  const auto kind = static_cast<Kind>(m_kind->currentData().toInt());
  m_like->setVisible(kind == Kind::Like);
  m_limit->setVisible(kind != Kind::Like);
  m_limit->setPlaceholderText(kind == Kind::Bytes ? tr("3,500,000") : kind == Kind::Bits ? tr("4.5") : tr("0.005"));
}

QString DesignGoal::read(DesignRequest& request) const {
  const QString typed = m_limit->text().trimmed();
  switch (static_cast<Kind>(m_kind->currentData().toInt())) {
    case Kind::Like:
      request.like = m_likes[static_cast<std::size_t>(m_like->currentIndex())];
      return {};
    case Kind::Bytes:
      request.bytes = countIn(typed);
      return request.bytes ? QString() : tr("Type how many bytes the whole model may have, as a whole number.");
    case Kind::Kl:
    case Kind::Fastest:
      request.fastest = m_kind->currentData().toInt() == static_cast<int>(Kind::Fastest);
      request.kl = numberIn(typed);
      return request.kl ? QString() : tr("Type the KL divergence that is allowed, in nats per token: 0.005, say.");
    case Kind::Bits:
      break;
  }
  const auto bits = numberIn(typed);
  if (!bits || *bits > kMostBits)
    return tr("Type how many bits a weight may take on average: more than 0, at most 64.");
  const auto parameters = static_cast<double>(m_selection.model()->checkpoint().parameters());
  request.bytes = static_cast<std::uint64_t>(*bits * parameters / 8.0);
  return {};
}

void DesignGoal::saveState(QSettings& settings) const {
  settings.setValue(QStringLiteral("design-goal"), m_kind->currentIndex());
  settings.setValue(QStringLiteral("design-limit"), m_limit->text());
}

void DesignGoal::restoreState(QSettings& settings) {
  m_kind->setCurrentIndex(std::clamp(settings.value(QStringLiteral("design-goal"), 0).toInt(), 0, m_kind->count() - 1));
  m_limit->setText(settings.value(QStringLiteral("design-limit")).toString());
}

}  // namespace app
