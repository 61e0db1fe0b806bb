#pragma once
#include <QObject>
#include <QString>
#include <cstdint>
#include <memory>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"

namespace app {

class BitsState;

/// Brings weights of the model under the lens, and says what the current scheme makes of the one that is there.
class WeightPicker : public QObject {
  Q_OBJECT
 public:
  WeightPicker(Selection& selection, JobRunner& jobs, BitsState& state, QObject* parent = nullptr);

  /// While inactive nothing is read.
  void setActive(bool active);
  enum class Beside { Itself, Neighbour };
  void takeLargest(Beside beside);
  void takeRandom();

 Q_SIGNALS:
  /// About the weight of this origin and value; an empty note: none.
  void noteChanged(const QString& note, const QString& origin, double number);

 private:
  void takeSelected();
  void refreshNote();
  /// Whether this is still the chosen weight: what was computed for another one must not be shown.
  bool isChosen(const std::shared_ptr<OpenModel>& model, std::size_t tensor, std::uint64_t weight) const;

  Selection& m_selection;
  JobRunner& m_jobs;
  BitsState& m_state;
  bool m_active = false;
};

}  // namespace app
