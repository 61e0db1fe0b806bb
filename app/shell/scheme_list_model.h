#pragma once
#include <QAbstractListModel>
#include <QColor>
#include <optional>
#include <vector>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"
#include "app/session/scheme_size.h"

namespace app {

/// The selection's schemes as a list with check boxes, swatches, and what the open model would weigh under each.
/// The checked ones stand first when the list is made; ticking one does not move it, and one that is added comes on
/// top, where it can be seen. Rows are a copy of the selection's, changed only between Qt's begin and end.
class SchemeListModel : public QAbstractListModel {
  Q_OBJECT
 public:
  enum Role { ColorRole = Qt::UserRole + 1, MarkRole, CurrentRole, BitsRole, SizeRole };

  SchemeListModel(Selection& selection, JobRunner& jobs, QObject* parent = nullptr);
  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;
  const core::quant::Scheme& scheme(int row) const;
  int rowOf(const core::quant::Scheme& scheme) const;  ///< −1 when it is not in the list

 private:
  struct Row {
    SchemeEntry entry;
    std::optional<SchemeSize> size;  ///< of the open model
  };
  void reset();
  void refresh();
  void measure();
  QString toolTip(const Row& row) const;

  Selection& m_selection;
  JobRunner& m_jobs;
  std::vector<Row> m_rows;
};

}  // namespace app
