#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/text/tokenizer.h"

namespace core::text {

struct ChatMessage {
  std::string role;  ///< "system", "user", "assistant"
  std::string content;
};

/// A model's own Jinja chat template, parsed once and rendered for a conversation. Immutable.
class ChatTemplate {
 public:
  /// @param source Jinja text  @param bos, eos what {{ bos_token }} and {{ eos_token }} give
  /// @throws Error (InvalidFile) naming line and what was expected when the template does not parse.
  ChatTemplate(std::string_view source, std::string bos, std::string eos);
  /// The template of a model file; null when it has none.
  /// @param tokenizer says what {{ bos_token }} is; without one (null) the file's own list of tokens does
  /// @throws Error as the constructor
  static std::shared_ptr<const ChatTemplate> fromCheckpoint(const io::Checkpoint& checkpoint,
                                                            const Tokenizer* tokenizer);
  ~ChatTemplate();
  ChatTemplate(ChatTemplate&&) noexcept;
  ChatTemplate& operator=(ChatTemplate&&) noexcept;

  /// The prompt text of a conversation; special tokens in it are to be parsed by the tokenizer.
  /// @throws Error (InvalidArgument) with the template's own sentence for raise_exception, (InvalidFile) for
  /// an operation the template gets wrong (undefined function, wrong type), (Unsupported) beyond the limits on loops.
  std::string render(std::span<const ChatMessage> messages, bool addGenerationPrompt = true) const;

  /// The share of the limits on work and memory (jinja/budget.h) that parsing the template and rendering a conversation
  /// takes, whichever is larger: 0 … 1. @throws as render
  double cost(std::span<const ChatMessage> messages, bool addGenerationPrompt = true) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

}  // namespace core::text
