#pragma once
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/session/calibrate_model.h"
#include "core/model/recipe/recipe.h"

namespace app::cli {

/// How a verb is told what to do to the weights.
struct RecipeOptions {
  std::vector<std::string> schemes, recipes, rules;
  std::string calibration, imatrix;  ///< files, or the word of a built-in text; empty: not given
  core::calibrate::CalibrationSettings reading;

  bool isGiven() const { return !schemes.empty() || !recipes.empty() || !rules.empty(); }
  /// For a verb that takes one: the default recipe, which keeps everything, where none was given. @throws core::Error
  core::model::Recipe parse() const;
  /// For a verb that compares: as openRecipes(), or what is usual where none was given. @throws core::Error
  std::vector<core::model::Recipe> parseAll() const;
  /// Gives the model the calibration that was asked for, if one was; the demo model has its own text already. A text is
  /// read when a scheme first asks. @throws core::Error, core::Cancelled
  void calibrate(const OpenModel& model, const core::JobContext& job) const;
  /// What can be said of them before the model reads anything. @throws core::Error where calibrate(), or making a
  /// tensor with what it gives, would
  void checkCalibration(const OpenModel& model) const;

 private:
  std::shared_ptr<core::calibrate::MatrixCalibration> importance() const;
  /// @throws core::Error (InvalidArgument) where the one that is asked for needs a text, and there is none
  void requireCalibration(const OpenModel& model) const;
  mutable std::shared_ptr<core::calibrate::MatrixCalibration> m_importance;  ///< read once
};

/// Adds how much of a text is read, under names that begin with this: "--calibration-tokens", "--tokens".
void addReading(CLI::App& command, core::calibrate::CalibrationSettings& reading, const std::string& prefix);

/// How many schemes and recipes a verb takes: one of either, or any number of both.
enum class Takes { One, Any };

/// Adds what schemes that look at data are made with: --calibration and how much of it, --imatrix.
void addCalibration(CLI::App& command, RecipeOptions& options);

/// Adds --scheme, --recipe and --tensor-type, and what schemes that look at data are made with. @param scheme what the
/// first is for
void addRecipe(CLI::App& command, RecipeOptions& options, const std::string& scheme, Takes takes = Takes::One);

}  // namespace app::cli
