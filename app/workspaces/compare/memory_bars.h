#pragma once
#include "app/plots/chart.h"
#include "app/session/memory_plan.h"

namespace app {

class TextLayer;

/// Bytes of a plan as people read them; nothing less than none.
QString plannedBytes(double bytes);

/// What models take of devices: one group of bars per device, a bar per scheme, as a share of what a model may use
/// there; weights, keys and values, compute and what the device keeps stacked. What is missing stands out.
class MemoryBars : public Chart {
  Q_OBJECT
 public:
  struct Bar {
    QString scheme;
    QColor color;
    DevicePlan plan;
    std::uint32_t trainedContext = 0;  ///< 0: not known
  };
  struct Group {
    QString device;
    std::vector<Bar> bars;  ///< the same schemes in every group
  };

  explicit MemoryBars(QWidget* parent = nullptr);
  void setGroups(std::vector<Group> groups);
  const std::vector<Group>& groups() const { return m_groups; }
  /// Which of the schemes is marked; −1 for none.
  void setSelected(int scheme);
  /// In pixels, for the scroll area it stands in.
  int wantedHeight() const;
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;
  QPoint centerOf(std::size_t group, std::size_t bar) const;

 Q_SIGNALS:
  void schemeClicked(int scheme);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct Place {
    std::size_t group, bar;
  };
  void draw();
  void drawBar(const Bar& bar, double y, bool isSelected);
  void addPart(double from, double to, double y, const QBrush& brush, const QPen& pen);
  double yOf(std::size_t group, std::size_t bar) const;
  double rows() const;
  std::optional<Place> placeAt(double y) const;
  void labelGroups();
  void describe();

  std::vector<Group> m_groups;
  int m_selected = -1;
  QCPItemStraightLine* m_limit;
  TextLayer* m_texts;
};

}  // namespace app
