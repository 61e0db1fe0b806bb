#pragma once
#include <QWidget>

#include "app/session/device_list.h"
#include "app/workspaces/compare/planned_source.h"

class QPushButton;
class QScrollArea;
class QSettings;
class QSplitter;
class QTableView;
class QTabWidget;

namespace app {

class DeviceTableModel;
class Label;
class MemoryBar;
class MemoryBars;
class TextTable;

/// The memory planner: what the checked schemes of a model take of devices, what was predicted against what is measured
/// here, and what well-known claims about sizes come to.
class MemoryPage : public QWidget {
  Q_OBJECT
 public:
  MemoryPage(CompareState& state, QWidget* parent = nullptr);

  void refresh();
  SourcePlans& plans() { return *m_plans; }
  MemoryBar& bar() { return *m_bar; }
  DeviceTableModel& devices() { return *m_devices; }
  void saveState(QSettings& settings) const;
  void restoreState(QSettings& settings);

 Q_SIGNALS:
  void problemFound(const QString& sentence);

 private:
  /// What one scheme was said to take on one device of this computer, and takes.
  struct Measured {
    std::string scheme, device;
    double planned = 0, measured = 0;
  };
  /// What was asked when it was measured.
  struct MeasureQuestion {
    std::uint32_t context = 0;  ///< positions of the cache
    core::model::KvType kv = core::model::KvType::F16;
    std::vector<core::model::Recipe> recipes;
    bool operator==(const MeasureQuestion&) const = default;
  };
  QWidget* buildPicture();
  QWidget* buildDevices();
  QWidget* buildMeasured();
  QWidget* buildClaims();
  void refreshBars();
  void refreshClaims();
  void measureHere();
  void noticeStopped();
  MeasureQuestion measureQuestion() const;
  void showMeasured(const std::vector<Measured>& rows, const MeasureQuestion& of);
  void sayMeasured();
  std::vector<core::model::Recipe> recipes() const;

  CompareState& m_state;
  SourcePlans* m_plans;
  MemoryBar* m_bar;
  DeviceTableModel* m_devices;
  MemoryBars* m_bars;
  QScrollArea* m_scroll;
  QTableView* m_deviceTable;
  QTabWidget* m_tabs;
  TextTable *m_measured, *m_claims;
  Label *m_summary, *m_measuredNote;
  QPushButton* m_measure;
  QSplitter* m_splitter;
  bool m_hasClaims = false, m_isMeasuring = false;
  MeasureQuestion m_measuredOf;              ///< no recipes: nothing was measured
  QString m_whyNotMeasured;                  ///< why the last run has no figures; empty: it has
  std::vector<core::model::Recipe> m_shown;  ///< bars of a group
};

}  // namespace app
