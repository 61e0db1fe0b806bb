#pragma once
#include <QAbstractListModel>
#include <QColor>
#include <QSet>
#include <optional>
#include <vector>

#include "app/jobs/job_runner.h"
#include "app/selection/scheme_group.h"
#include "app/selection/selection.h"
#include "app/session/scheme_size.h"
#include "app/shell/scheme_filter.h"

namespace app {

enum class SchemeOrder : std::uint8_t { ByGroup, BySize };

/// The selection's schemes and recipes as a list with headings, check boxes, swatches, and what the open model would
/// weigh under each. The checked ones stand on top under a heading of their own and again in their group, so that
/// ticking moves nothing but what is above. A group shows its rows when it is unfolded; a filter shows the rows it
/// finds, in their groups. Under the headings of what looks at data a row says what that is calibrated with. Rows are a
/// copy of the selection's, changed only between Qt's begin and end.
class SchemeListModel : public QAbstractListModel {
  Q_OBJECT
 public:
  enum Role {
    HeadingRole = Qt::UserRole + 1,  ///< true for the heading of a group
    UnfoldedRole,                    ///< of a heading
    CountRole,                       ///< of a heading: its rows, shown or not
    CalibrationRole,                 ///< true for the row that says what schemes are calibrated with
    ActionRole,                      ///< of that row: what a click does, in a word
    ColorRole,
    MarkRole,
    CurrentRole,
    BitsRole,
    SizeRole,
    OwnRole
  };

  SchemeListModel(Selection& selection, JobRunner& jobs, QObject* parent = nullptr);
  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;

  /// Null for a heading and for the row about the calibration.
  const core::model::Recipe* recipe(int row) const;
  /// The row in its group, else among the checked ones; −1 when neither is shown.
  int rowOf(const core::model::Recipe& recipe) const;

  /// As SchemeFilter.
  void setFilter(const QString& words);
  void setOrder(SchemeOrder order);
  SchemeOrder order() const { return m_order; }
  /// Folds or unfolds the group of a heading.
  void toggleHeading(int row);
  /// Unfolds what holds it: the checked ones, or its group.
  void reveal(const core::model::Recipe& recipe);
  /// Which one is highlighted; nothing: none is.
  void setCurrent(const std::optional<core::model::Recipe>& recipe);

 private:
  static constexpr int kChecked = -1, kAll = -2;          ///< sections that are no group
  static constexpr int kHeading = -1, kCalibration = -2;  ///< rows that are no entry
  struct Entry {
    SchemeEntry scheme;
    SchemeGroup group;
    std::optional<SchemeSize> size;  ///< of the open model
  };
  struct Row {
    int section = kAll;
    int entry = kHeading;
    bool operator==(const Row&) const = default;
  };
  void reset();
  void refresh();
  void measure();
  void arrange();
  std::vector<Row> rowsNow() const;
  std::vector<int> matches(int section) const;
  bool isUnfolded(int section) const;
  int entryOf(const core::model::Recipe& recipe) const;
  QVariant heading(int section, int role) const;
  QVariant calibration(int role) const;
  QString toolTip(const Entry& entry) const;

  Selection& m_selection;
  JobRunner& m_jobs;
  std::vector<Entry> m_entries;
  std::vector<Row> m_rows;
  QSet<int> m_unfolded;
  SchemeFilter m_filter;
  SchemeOrder m_order = SchemeOrder::ByGroup;
  std::optional<core::model::Recipe> m_current;
  QString m_sizesTag;  ///< one of its own: the panel and a dialog have a list each
};

}  // namespace app
