#pragma once
#include <QString>
#include <cstdint>
#include <optional>
#include <vector>

#include "app/session/variant.h"
#include "core/model/kv_cache.h"

namespace app {

/// What is asked by one who has not said a prompt yet.
inline constexpr QLatin1String kExamplePrompt{"What is a zero-point?"};

/// What a trace is asked, from wherever in the program. Immutable once it is in the selection: what is computed from it
/// carries it.
struct TraceQuestion {
  enum class Mode : std::uint8_t {
    Chat,     ///< the text is what a user says
    Continue  ///< it is continued as it is
  };
  Variant reference, compared;
  QString text;  ///< of the prompt; for people only where there are `prompt` tokens
  Mode mode = Mode::Chat;
  std::optional<std::vector<core::model::TokenId>> prompt;  ///< of a conversation; nothing: those of the text
  /// What was said behind it before the word; nothing: the reference's greedy answer.
  std::optional<std::vector<core::model::TokenId>> answer;
  /// Token of the answer, from 0; nothing: the first at which they part. @pre no `answer`
  std::optional<std::size_t> position;
  bool operator==(const TraceQuestion&) const = default;
};

}  // namespace app
