#pragma once
#include <QString>
#include <QStringList>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "app/session/evaluate_tasks.h"
#include "app/session/evaluation.h"
#include "app/session/measure_sensitivity.h"
#include "app/session/memory_plan.h"
#include "app/session/trace_model.h"
#include "app/session/variant.h"

namespace app::report {

/// What a report measures beside weights and answers where it is asked for.
enum class Part : std::uint8_t { Evaluation, Tasks, Sensitivity, Memory, Trace };
inline constexpr std::array kParts{Part::Evaluation, Part::Tasks, Part::Sensitivity, Part::Memory, Part::Trace};

/// "evaluation": on the command line, in files, and as the section of the page.
QString wordOf(Part part);
/// "evaluation,trace", "all", or several such texts. @throws core::Error (InvalidArgument) naming what is allowed
std::set<Part> parseParts(const QStringList& texts);

/// What the parts are measured on.
struct PartSettings {
  std::set<Part> parts;
  QString text;                 ///< demo, prose or a file; empty: the built-in model's own
  std::uint32_t tokens = 4096;  /// read of it, at most; 0: all
  QString tasks;                ///< demo or a file; empty: the built-in model's own
  /// Whose tensors are measured and whose words are traced; nothing: of what is compared the one that changes the
  /// weights most.
  std::optional<core::model::Recipe> looked = {};
  /// What evaluation, tasks and trace compare with; nothing: the weights as stored.
  std::optional<Variant> reference = {};
  std::vector<Variant> variants = {};  ///< that both compare beside the recipes: another device, other keys and values
  QString prompt = {};  ///< whose answer is traced; empty: that of the first answer on the page that parts
};

/// What a scheme takes of a device: planned, and then measured.
struct MemoryRow {
  core::model::Recipe recipe;
  QString device;
  PlannedModel model;
  DevicePlan plan;
  double residentBytes = 0, kvBytes = 0;  ///< measured: weights and scratch; keys and values
  double planned() const { return plan.parts.total() - plan.parts.overhead; }
  double measured() const { return residentBytes + kvBytes; }
};

/// What was measured of the parts that were asked for.
struct Parts {
  std::map<Part, QString> whyNot;  ///< a sentence for each that could not be
  std::optional<Evaluation> evaluation;
  std::optional<TaskEvaluation> tasks;
  std::optional<SensitivityReport> sensitivity;
  QString sensitivityTextHash;
  std::vector<MemoryRow> memory;
  MemoryQuestion memoryQuestion;
  std::optional<Trace> trace;
  QString tracedPrompt;

  bool has(Part part) const;
};

}  // namespace app::report
