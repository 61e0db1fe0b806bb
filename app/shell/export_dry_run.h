#pragma once
#include <QWidget>
#include <optional>

#include "app/session/export_preview.h"

class QTableView;

namespace app {

class Label;
class PlanTableModel;

/// What exporting under a recipe would make: sizes before and after, the quality as far as it was measured, and every
/// tensor with its types and what chose them.
class ExportDryRun : public QWidget {
  Q_OBJECT
 public:
  explicit ExportDryRun(QWidget* parent = nullptr);
  /// Of what, and what that does.
  void setRecipe(const QString& title, const QString& description);
  /// @param meanwhile in place of figures while there are none
  void setPreview(std::optional<ExportPreview> preview, const QString& meanwhile = {});
  const std::optional<ExportPreview>& preview() const;

 private:
  void buildTable();
  void showTotals(const ExportPreview& preview);

  PlanTableModel* m_plan;
  QTableView* m_table;
  Label *m_title, *m_what, *m_before, *m_after, *m_quality;
};

}  // namespace app
