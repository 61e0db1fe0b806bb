#pragma once
#include <QWidget>

#include "app/workspaces/layers/measured_layers.h"

class QButtonGroup;

namespace app {

class Label;
class ProxyChart;

/// Whether what is quickly known of tensors says which of them harm: the error of the weights, that of the layer's
/// outputs, or an estimate by gradients, each against the KL that was measured of the tensor alone.
class ProxyPage : public QWidget {
  Q_OBJECT
 public:
  explicit ProxyPage(QWidget* parent = nullptr);

  ProxyChart* chart() const { return m_chart; }
  /// @param measured and what it is of  @param tensors indices in the checkpoint, one a matrix  @param recipe of the
  /// list; nothing: none is ticked
  void show(const MeasuredLayers& measured, const std::vector<std::size_t>& tensors,
            const std::optional<core::model::Recipe>& recipe);

 private:
  enum class Proxy : std::uint8_t { Weights, Outputs, Gradients };
  static constexpr int kProxies = 3;
  static QString title(Proxy proxy);
  static const core::evaluate::RankCorrelation& correlationOf(const core::evaluate::ProxyComparison& comparison,
                                                              Proxy proxy);
  static double figureOf(const core::evaluate::ProxyPoint& point, Proxy proxy);
  QWidget* buildSwitch();
  Proxy proxy() const;
  void showPoints();
  QString whyNothing(const MeasuredLayers& measured, const core::model::Recipe& recipe,
                     const MeasuredAnswer* answer) const;

  QButtonGroup* m_proxies;
  ProxyChart* m_chart;
  Label *m_sentence, *m_all;
  core::evaluate::ProxyComparison m_comparison;
  std::vector<int> m_rows;     ///< of its points, the matrices
  std::vector<bool> m_within;  ///< likewise, whether nothing was found
  QColor m_color;
};

/// "Of the weights' error, rank correlation 0.23 (−0.10…0.50): it hardly says which tensors harm."
QString correlationSentence(const QString& of, const core::evaluate::RankCorrelation& correlation);

}  // namespace app
