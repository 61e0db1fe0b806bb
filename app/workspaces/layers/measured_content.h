#pragma once
#include <unordered_map>

#include "app/workspaces/layers/layer_content.h"
#include "app/workspaces/layers/measured_layers.h"

namespace app {

/// What was measured of single tensors, as what the pictures of Layers draw.
class MeasuredContent {
 public:
  /// @param tensors indices in the checkpoint, one a matrix; outlives this, as all
  MeasuredContent(const MeasuredLayers& measured, const std::vector<std::size_t>& tensors)
      : m_measured(measured), m_tensors(tensors) {}

  /// Puts what was measured in place of the errors of weights; what a recipe keeps, or refuses, stays as it is.
  void fill(LayerMaps::SchemeMap& map, const core::model::Recipe& recipe) const;
  /// Whether its figures answer another question than the one that is asked.
  bool isOld(const core::model::Recipe& recipe) const;
  LayerContent::Dots dots(const core::model::Recipe& recipe) const;
  /// The whole recipe against the sum of its parts, and what was found of those.
  QString sentence(const core::model::Recipe& recipe) const;
  /// On what a recipe was measured; empty where it was not.
  QString provenance(const core::model::Recipe& recipe) const;

 private:
  using RowOf = std::unordered_map<std::string, const SensitivityRow*>;  ///< by the name of a tensor in it
  static RowOf rowOf(const MeasuredAnswer& answer, core::evaluate::Level level);
  static LayerMaps::Cell cellOf(const MeasuredAnswer& answer, const SensitivityRow& row);
  /// "12 of 49 measured…", "whole 0.015 ± 0.001 · parts 0.012 ± 0.002"
  QString summary(const core::model::Recipe& recipe, const MeasuredAnswer* answer) const;
  QString progress(const MeasuredAnswer& answer) const;
  /// Why nothing is known of a recipe.
  QString whyNothing(const core::model::Recipe& recipe) const;
  const std::string& nameOf(std::size_t tensor) const;

  const MeasuredLayers& m_measured;
  const std::vector<std::size_t>& m_tensors;
};

}  // namespace app
