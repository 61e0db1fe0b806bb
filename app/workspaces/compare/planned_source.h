#pragma once
#include <QString>
#include <map>
#include <optional>
#include <string>

#include "app/session/kv_layout.h"
#include "app/session/memory_plan.h"
#include "app/workspaces/compare/compare_state.h"

namespace app {

/// Which model memory is planned for.
struct PlannedSource {
  enum class Kind : std::uint8_t { OpenModel, Known, Typed };
  Kind kind = Kind::OpenModel;
  QString known;               ///< id of a known shape
  double parameters = 8e9;     ///< Typed
  std::optional<KvLayout> kv;  ///< Typed; nothing: as the known shape nearest in size
  bool operator==(const PlannedSource&) const = default;
  /// To keep it: "open", "llama-3.1-8b", "typed:8000000000".
  QString toString() const;
  static PlannedSource parse(const QString& text);
};

/// Plans of recipes for the chosen source. Those of shapes are made in a job and kept.
class SourcePlans : public QObject {
  Q_OBJECT
 public:
  explicit SourcePlans(CompareState& state, QObject* parent = nullptr);

  const PlannedSource& source() const { return m_source; }
  void setSource(const PlannedSource& source);
  QString title() const;
  /// Null until it is known.
  const PlannedModel* plan(const core::model::Recipe& recipe) const;
  void request(const std::vector<core::model::Recipe>& recipes);

 Q_SIGNALS:
  void changed();

 private:
  QString keyOf(const core::model::Recipe& recipe) const;

  CompareState& m_state;
  PlannedSource m_source;
  std::map<QString, PlannedModel> m_plans;  ///< of shapes, by source and recipe
  std::vector<QString> m_asked;
};

}  // namespace app
