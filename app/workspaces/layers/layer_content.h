#pragma once
#include <QStringList>
#include <vector>

#include "app/pictures/error_dots.h"
#include "app/pictures/layer_maps.h"
#include "app/workspaces/layers/layer_errors.h"

namespace app {

/// What was measured, as what the pictures of Layers draw.
class LayerContent {
 public:
  /// What the sorted dots show of one scheme or recipe.
  struct Dots {
    std::vector<ErrorDots::Dot> dots;
    QString message;  ///< why there is none; empty when there is one
    QString left;     ///< what has no dot: "2 without error · 14 as stored"
  };

  LayerContent(const Selection& selection, const LayerErrors& errors, core::metrics::Metric metric)
      : m_selection(selection), m_errors(errors), m_metric(metric) {}

  /// Of the matrices, without ".weight".
  QStringList names() const;
  LayerMaps::Content maps(const std::vector<core::model::Recipe>& recipes, LayerShading shading) const;
  Dots dots(const core::model::Recipe& recipe) const;

 private:
  LayerMaps::SchemeMap mapOf(const core::model::Recipe& recipe) const;
  void addTreatments(LayerMaps::Content& content, const std::vector<core::model::Recipe>& recipes) const;

  const Selection& m_selection;
  const LayerErrors& m_errors;
  core::metrics::Metric m_metric;
};

}  // namespace app
