#include "app/workspaces/chat/time_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QPainter>
#include <QPixmap>
#include <QPushButton>
#include <QScrollArea>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <array>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/dialog_column.h"
#include "app/widgets/flow_layout.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/text_table.h"

namespace app {

namespace {

constexpr std::uint32_t kPositionsOffered[] = {16, 128, 512, 1024, 4096};
constexpr std::uint32_t kPositionsAtFirst = 128;
constexpr int kWidest = 980, kHighest = 720, kMargin = 48, kLegendSwatch = 11;
constexpr double kNearlyEqual = 0.05;  ///< times differ by as much from one measurement to the next

QPixmap legendSwatch(const QColor& color) {
  QPixmap pixmap(kLegendSwatch * 2, kLegendSwatch * 2);
  pixmap.setDevicePixelRatio(2);
  pixmap.fill(color);
  return pixmap;
}

/// "61.2 % of 18.2 GiB/s"
QString shareText(double share, const QString& limit) {
  return share > 0 ? TimeDialog::tr("%1 of %2").arg(text::percent(share, share < 0.1 ? 1 : 0), limit)
                   : TimeDialog::tr("not measurable here");
}

/// Seconds of each part of the model, and behind them those outside the steps.
std::vector<double> secondsOfParts(const TokenProfile& profile) {
  std::vector<double> seconds(core::model::kModelParts);
  for (const ProfiledStep& step : profile.steps) seconds[static_cast<std::size_t>(step.part)] += step.time.seconds;
  seconds.push_back(std::max(0.0, profile.seconds - profile.stepSeconds()));
  return seconds;
}

}  // namespace

QString timeVerdict(const TokenFlame::Model& reference, const TokenFlame::Model& compared) {
  const double difference = compared.profile.seconds - reference.profile.seconds;
  if (std::abs(difference) < kNearlyEqual * reference.profile.seconds)
    return TimeDialog::tr("%1 takes as long as %2.").arg(compared.title, reference.title);
  const QString sentence = (difference > 0 ? TimeDialog::tr("%1 takes %2 longer for a token than %3")
                                           : TimeDialog::tr("%1 takes %2 less for a token than %3"))
                               .arg(compared.title, text::duration(std::abs(difference)), reference.title);
  const auto before = secondsOfParts(reference.profile), now = secondsOfParts(compared.profile);
  std::size_t most = 0;
  const auto change = [&](std::size_t part) {
    return difference > 0 ? now[part] - before[part] : before[part] - now[part];
  };
  for (std::size_t part = 0; part < now.size(); ++part)
    if (change(part) > change(most)) most = part;
  if (reference.profile.steps.empty() || change(most) < std::abs(difference) / 2) return sentence + u'.';
  return TimeDialog::tr("%1; most of it in “%2”: %3 instead of %4.")
      .arg(sentence,
           most < core::model::kModelParts ? nameOf(static_cast<core::model::ModelPart>(most))
                                           : nameOf(FlameKind::Outside),
           text::duration(now[most]), text::duration(before[most]));
}

TimeDialog::TimeDialog(ChatRunner& runner, ChatSetup setup, std::vector<PaneLook> looks, QWidget* parent)
    : QDialog(parent), m_runner(runner), m_setup(std::move(setup)), m_looks(std::move(looks)) {
  auto* column = dialogColumn(
      *this,
      {tr("What the time goes to"), QStringLiteral("time-dialog"),
       tr("One token in every pane: the whole of it, the parts of the model, and their steps, those of all layers "
          "together. Bars are as long as they took, on one scale.")});
  buildBar(*column);
  m_notice = new Label(Label::Style::Muted);
  m_notice->setObjectName(QStringLiteral("time-notice"));
  m_notice->setWrapping();
  column->addWidget(m_notice);
  m_verdict = new Label;
  m_verdict->setObjectName(QStringLiteral("time-verdict"));
  m_verdict->setWrapping();
  m_verdict->hide();
  column->addWidget(m_verdict);
  buildPicture(*column);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
  buttons->button(QDialogButtonBox::Close)->setObjectName(QStringLiteral("time-close"));
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  column->addWidget(buttons);
  connect(&m_runner, &ChatRunner::profiled, this, &TimeDialog::show);
  connect(&m_runner, &ChatRunner::profileStopped, this, [this] {
    m_measure->setEnabled(true);
    say(tr("Stopped: nothing was measured."));
  });
  connect(this, &QDialog::finished, &m_runner, &ChatRunner::cancelProfile);
  const QSize room = parent->window()->size() - QSize(kMargin, kMargin);
  resize(room.boundedTo({Theme::instance().px(kWidest), Theme::instance().px(kHighest)}));
  measure();
}

void TimeDialog::buildBar(QVBoxLayout& column) {
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kOne);
  row->addWidget(new Label(Label::Style::Body, tr("A token behind")));
  m_positions = new QComboBox;
  m_positions->setObjectName(QStringLiteral("time-positions"));
  m_positions->setAccessibleName(tr("Tokens before the one that is timed"));
  m_positions->setToolTip(
      tr("Attention reads the keys and values of all tokens before: it takes longer the more there are"));
  for (const std::uint32_t count : kPositionsOffered)
    m_positions->addItem(tr("%1 others").arg(text::count(count)), count);
  m_positions->setCurrentIndex(m_positions->findData(kPositionsAtFirst));
  connect(m_positions, &QComboBox::activated, this, &TimeDialog::measure);
  row->addWidget(m_positions);
  m_measure = new QPushButton(icon(QStringLiteral("refresh")), tr("Measure again"));
  m_measure->setObjectName(QStringLiteral("time-measure"));
  m_measure->setAutoDefault(false);
  connect(m_measure, &QPushButton::clicked, this, &TimeDialog::measure);
  row->addWidget(m_measure);
  row->addStretch(1);
  m_flame = new TokenFlame;
  m_export = m_flame->createMenuButton();
  m_export->setObjectName(QStringLiteral("time-export"));
  row->addWidget(m_export);
  column.addLayout(row);
}

void TimeDialog::buildPicture(QVBoxLayout& column) {
  m_table = new TextTable({tr("pane"), tr("tokens/s"), tr("reads a token"), tr("of the memory's speed"),
                           tr("operations a token"), tr("of the arithmetic")},
                          tr("Figures of every pane"), 1);
  m_table->setObjectName(QStringLiteral("time-table"));
  m_table->setColumnToolTip(2, tr("Bytes of weights, keys and values"));
  m_table->setColumnToolTip(
      3, tr("Of the bandwidth of the memory, measured just now. Decoding cannot be faster than reading its "
            "weights; over 100 % they lie in the processor's caches"));
  m_table->setColumnToolTip(4, tr("Two for each multiply-add of products, experts and attention"));
  m_table->setColumnToolTip(
      5, tr("Of the multiply-adds of 32-bit numbers that the device does at most, measured just now. It "
            "limits reading a prompt, not decoding"));
  m_table->fitColumns();
  column.addWidget(m_table);
  m_flame->setObjectName(QStringLiteral("time-flame"));
  auto* page = new QWidget;  // not higher than it needs, at the top
  auto* pageColumn = new QVBoxLayout(page);
  pageColumn->setContentsMargins(0, 0, 0, 0);
  pageColumn->addWidget(m_flame);
  pageColumn->addStretch(1);
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidget(page);
  column.addWidget(scroll, 1);
  auto* legend = new QWidget;
  legend->setObjectName(QStringLiteral("time-legend"));
  m_legend = new FlowLayout(legend);
  m_legend->setSpacing(space::kOneHalf);
  column.addWidget(legend);
  m_details = new Label(Label::Style::Muted);
  m_details->setObjectName(QStringLiteral("time-details"));
  m_details->setWrapping();
  column.addWidget(m_details);
  connect(m_flame, &TokenFlame::described, this,
          [this](const QString& text) { m_details->setText(QString(text).replace(u'\n', QStringLiteral(" · "))); });
  connect(m_flame, &Chart::exportFailed, this, [this](const QString& sentence) { say(sentence, true); });
  connect(&Theme::instance(), &Theme::changed, this, &TimeDialog::showLegend);
}

void TimeDialog::say(const QString& sentence, bool isError) {
  m_notice->setText(sentence);
  m_notice->setRole(isError ? Label::Style::Error : Label::Style::Muted);
  m_notice->setVisible(!sentence.isEmpty());
}

void TimeDialog::measure() {
  m_measure->setEnabled(false);
  m_export->setEnabled(false);
  m_flame->setModels({});
  m_flame->setMessage(tr("Measuring…"));
  m_verdict->hide();
  m_details->setText(
      tr("Point at a bar, or walk with the arrow keys, for its figures; Enter makes it as wide as the picture, 0 shows "
         "all."));
  showTable();
  showLegend();
  say({});
  m_runner.profile(m_setup, m_positions->currentData().toUInt());
}

void TimeDialog::show(const std::vector<PaneProfile>& profiles) {
  m_measure->setEnabled(true);
  std::vector<TokenFlame::Model> models;
  QStringList problems, stands;
  const auto isElsewhere = [&](const PaneProfile& other) {
    return !other.failure && other.profile.device != profiles.front().profile.device;
  };
  const bool namesDevices = std::ranges::any_of(profiles, isElsewhere);
  for (const PaneProfile& measured : profiles) {
    const PaneLook& look = m_looks[measured.pane];
    if (measured.failure) {
      problems << tr("%1: %2").arg(look.title, QString::fromStdString(measured.failure->sentence));
      continue;
    }
    const QString device = QString::fromStdString(measured.profile.device);
    if (measured.profile.steps.empty()) stands << tr("%1 has no clock for the steps of %2.").arg(device, look.title);
    models.push_back({namesDevices ? look.title + QStringLiteral(" · ") + device : look.title, look.color, look.mark,
                      measured.profile});
  }
  if (!models.empty() && models.front().profile.positions < m_positions->currentData().toUInt())
    stands << tr("The context has room for %1 tokens before it.").arg(text::count(models.front().profile.positions));
  const auto isCached = [](const TokenFlame::Model& model) { return model.profile.bandwidthShare() > 1; };
  if (std::ranges::any_of(models, isCached))
    stands << tr("Over 100 % of the memory's speed: the weights lie in the processor's caches.");
  QStringList verdicts;
  for (std::size_t i = 1; i < models.size(); ++i) verdicts << timeVerdict(models.front(), models[i]);
  m_verdict->setText(verdicts.join(u' '));
  m_verdict->setVisible(!verdicts.isEmpty());
  m_flame->setMessage(models.empty() ? tr("Nothing could be measured.") : QString());
  if (!models.empty())
    m_flame->setProvenance(
        tr("%1, a token behind %2 others")
            .arg(QString::fromStdString(models.front().profile.device), text::count(models.front().profile.positions)));
  m_flame->setModels(std::move(models));
  m_export->setEnabled(!m_flame->models().empty());
  say((problems + stands).join(u' '), !problems.isEmpty());
  showTable();
  showLegend();
}

void TimeDialog::showLegend() {
  while (QLayoutItem* item = m_legend->takeAt(0)) {
    delete item->widget();
    delete item;
  }
  for (const FlameKind kind : m_flame->kinds()) {
    auto* entry = new QWidget;
    auto* row = new QHBoxLayout(entry);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(space::kHalf);
    auto* swatch = new QLabel;
    swatch->setPixmap(legendSwatch(TokenFlame::colorOf(kind)));
    row->addWidget(swatch);
    row->addWidget(new Label(Label::Style::Hint, nameOf(kind)));
    m_legend->addWidget(entry);
  }
}

void TimeDialog::showTable() {
  std::vector<QStringList> lines;
  for (const TokenFlame::Model& model : m_flame->models()) {
    const TokenProfile& profile = model.profile;
    const auto perSecond = static_cast<std::uint64_t>(profile.limits.bytesPerSecond);
    lines.push_back({model.title, text::number(profile.tokensPerSecond(), 3), text::bytes(profile.work.bytes()),
                     shareText(profile.bandwidthShare(), tr("%1/s").arg(text::bytes(perSecond))),
                     tr("%1 million").arg(text::number(static_cast<double>(profile.work.operations) / 1e6, 3)),
                     shareText(profile.arithmeticShare(),
                               tr("%1 billion/s").arg(text::number(profile.limits.operationsPerSecond / 1e9, 3)))});
  }
  m_table->setLines(lines);
  m_table->setVisible(!lines.empty());
  if (lines.empty()) return;
  int height = m_table->horizontalHeader()->sizeHint().height() + 2 * m_table->frameWidth();
  for (int row = 0; row < m_table->rowCount(); ++row) height += m_table->rowHeight(row);
  m_table->setFixedHeight(height + space::kHalf);
}

}  // namespace app
