#include "app/shell/export_dry_run.h"

#include <QGridLayout>
#include <QHeaderView>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <utility>

#include "app/shell/plan_table_model.h"
#include "app/text/numbers.h"
#include "app/widgets/card.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

ExportDryRun::ExportDryRun(QWidget* parent)
    : QWidget(parent),
      m_plan(new PlanTableModel(this)),
      m_table(new QTableView),
      m_title(new Label(Label::Style::Heading)),
      m_what(new Label(Label::Style::Muted)),
      m_before(new Label),
      m_after(new Label),
      m_quality(new Label) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  for (Label* label : {m_what, m_after, m_quality}) label->setWrapping();
  m_quality->setObjectName(QStringLiteral("export-quality"));
  m_after->setObjectName(QStringLiteral("export-after"));
  auto* sizes = new QGridLayout;
  sizes->setContentsMargins(0, space::kHalf, 0, space::kHalf);
  sizes->setHorizontalSpacing(space::kTwo);
  sizes->setColumnStretch(1, 1);
  const std::pair<QString, Label*> rows[] = {
      {tr("As stored"), m_before}, {tr("Written"), m_after}, {tr("Quality so far"), m_quality}};
  for (const auto& [name, value] : rows) {
    const int row = sizes->rowCount();
    sizes->addWidget(new Label(Label::Style::Muted, name), row, 0, Qt::AlignTop);
    sizes->addWidget(value, row, 1);
  }
  buildTable();
  auto* card = new Card;
  card->setFlush(true);
  card->body()->addWidget(m_table);
  column->addWidget(m_title);
  column->addWidget(m_what);
  column->addLayout(sizes);
  column->addWidget(card, 1);
}

void ExportDryRun::buildTable() {
  auto* sorted = new QSortFilterProxyModel(this);
  sorted->setSourceModel(m_plan);
  sorted->setSortRole(PlanTableModel::SortRole);
  m_table->setModel(sorted);
  m_table->setObjectName(QStringLiteral("export-plan"));
  m_table->setAccessibleName(tr("What becomes of every tensor"));
  m_table->setSortingEnabled(true);
  m_table->sortByColumn(PlanTableModel::Tensor, Qt::AscendingOrder);
  m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
  m_table->setAlternatingRowColors(true);
  m_table->setShowGrid(false);
  m_table->setWordWrap(false);
  m_table->setTextElideMode(Qt::ElideMiddle);
  m_table->verticalHeader()->hide();
  m_table->verticalHeader()->setDefaultSectionSize(26);
  QHeaderView* header = m_table->horizontalHeader();
  header->setHighlightSections(false);
  header->setStretchLastSection(true);
  const int widths[] = {256, 104, 76, 84, 76};
  for (int section = 0; section < static_cast<int>(std::size(widths)); ++section)
    header->resizeSection(section, widths[section]);
}

const std::optional<ExportPreview>& ExportDryRun::preview() const { return m_plan->preview(); }

void ExportDryRun::setRecipe(const QString& title, const QString& description) {
  m_title->setText(title);
  m_what->setText(description);
}

void ExportDryRun::setPreview(std::optional<ExportPreview> preview, const QString& meanwhile) {
  m_plan->setPreview(std::move(preview));
  if (m_plan->preview()) return showTotals(*m_plan->preview());
  for (Label* label : {m_before, m_after, m_quality}) label->setText(meanwhile);
}

void ExportDryRun::showTotals(const ExportPreview& preview) {
  const auto size = [](std::uint64_t bytes, double bits) {
    return tr("%1 · %2").arg(text::bytes(bytes), text::bitsPerWeight(bits));
  };
  const auto& rows = preview.plan.rows;
  const auto fallbacks =
      std::count_if(rows.begin(), rows.end(), [](const auto& row) { return !row.decision.fallback.empty(); });
  const double share = static_cast<double>(preview.bytesAfter) / static_cast<double>(preview.bytesBefore);
  QString after = tr("%1 · %2 of the size · %3 of %4 tensors change")
                      .arg(size(preview.bytesAfter, preview.bitsAfter), text::percent(share), text::count(preview.made),
                           text::count(rows.size()));
  if (fallbacks > 0) after += tr(", %1 by a fallback").arg(text::count(static_cast<std::uint64_t>(fallbacks)));
  m_before->setText(size(preview.bytesBefore, preview.bitsBefore));
  m_after->setText(after);
  if (preview.known == 0)
    m_quality->setText(tr("not measured: tick it and open Layers to measure"));
  else if (std::isnan(preview.worstSqnrDb))
    m_quality->setText(tr("no error in the %1 tensors measured").arg(text::count(preview.known)));
  else
    m_quality->setText(tr("SQNR %1 on average, %2 at worst (%3), over %4 of the %5 tensors that change")
                           .arg(text::decibel(preview.meanSqnrDb), text::decibel(preview.worstSqnrDb),
                                text::shortened(QString::fromStdString(preview.worstTensor), 40),
                                text::count(preview.known), text::count(preview.made)));
}

}  // namespace app
