#pragma once
#include <QObject>
#include <QString>
#include <functional>
#include <memory>
#include <optional>

#include "app/selection/link.h"
#include "app/workspaces/trace/trace_state.h"
#include "core/model/switched_off.h"
#include "core/quant/explain/block_override.h"

namespace app {

class StopNotice;

/// The compared model with something of it changed by hand, tried at the word and handed to Chat: a proved set
/// restored, one code stored differently, a bit toggled, a head or a layer switched off.
class HandChanges : public QObject {
  Q_OBJECT
 public:
  /// A change that was tried.
  struct Tried {
    QString what;   ///< "row 3, column 17 stored as 6 instead of 5"
    QString title;  ///< of the recipe it makes: "INT4 · 64 with one code changed"
    core::model::Recipe recipe;
    std::optional<core::trace::Effect> effect;  ///< at the word; nothing where it was not asked for
    QString noNumbers;  ///< a sentence in its place where the changed model computes no numbers; empty: it does
  };
  enum class Direction : std::uint8_t { Lower, Higher };

  HandChanges(TraceState& state, QObject* parent = nullptr);

  void restoreWeights();
  void storeDifferently(std::size_t tensor, std::uint64_t element, Direction direction);
  /// @param name of the bit, for people: "bit 14, exponent, of the scale"
  void toggleBit(std::size_t tensor, std::uint64_t element, const core::quant::FieldPlace& place, std::uint32_t bit,
                 const QString& name);
  void switchOffLayer(std::uint32_t layer);
  void switchOffHead(std::uint32_t layer, std::uint32_t head);
  /// Chat's compared pane goes on with the last change.
  void useInChat();
  /// Chat goes on with the compared model as it was.
  void undo();
  bool canUndo() const { return m_used.has_value(); }
  /// What Chat was given, by its title; empty: nothing.
  const QString& usedTitle() const { return m_usedTitle; }
  /// Whether that is the proved set of the question that is shown.
  bool isRestoredInUse() const;

  /// The last one, of the question that is shown; null for none.
  const Tried* tried() const;
  bool isComputing() const;
  const QString& failure() const { return m_failure; }

 Q_SIGNALS:
  void changed();
  void linkFollowed(const app::Link& link);

 private:
  using Maker = std::function<core::model::Replacements(const TracedModels&, Tried&)>;
  enum class Then { Show, Chat };
  void run(const QString& jobTitle, const Maker& make, Then then);
  void forgetModel();
  Link chatLink(const QString& scheme) const;
  QString comparedTitle() const;

  TraceState& m_state;
  std::optional<Tried> m_tried;
  std::shared_ptr<const TraceQuestion> m_question;    ///< that it was tried at
  std::optional<core::model::Recipe> m_used;          ///< that Chat was given
  std::shared_ptr<const TraceQuestion> m_restoredOf;  ///< whose proved set that is; null: it is another change
  QString m_usedTitle, m_failure;
  std::optional<core::model::Recipe> m_before;  ///< what Chat has after undo
  StopNotice* m_stop;
};

}  // namespace app
