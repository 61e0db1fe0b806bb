#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/io/json_tree.h"
#include "core/text/jinja/variables.h"
#include "core/text/reasoning_marks.h"
#include "core/text/tokenizer.h"

namespace core::text {

struct ChatMessage {
  std::string role;  ///< "system", "user", "assistant"
  std::string content;
};

/// What a template is given by name besides the conversation: tools, documents, enable_thinking, date_string, …
using TemplateVariables = std::vector<std::pair<std::string, io::JsonTree>>;

/// A variable of a template that its user may set.
using TemplateVariable = jinja::Variable;

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
  std::string render(std::span<const ChatMessage> messages, bool addGenerationPrompt = true,
                     const TemplateVariables& variables = {}) const;
  /// The same for messages that say more than role and content.
  /// @param messages a JSON array of objects, as apply_chat_template takes them: content may be a list of parts or
  /// null; reasoning_content, thinking, tool_calls, tool_call_id, name, … are there for templates that read them
  std::string render(const io::JsonTree& messages, bool addGenerationPrompt = true,
                     const TemplateVariables& variables = {}) const;

  /// What the template reads and does not set itself, the conversation and its special tokens aside, in the order in
  /// which it reads them. A flag's default is found by rendering where the template does not spell it out.
  std::vector<TemplateVariable> variables() const;
  /// How it writes a model's thoughts, as far as it tells: by what it does with those of a message (reasoning_content,
  /// thinking), or by the marks it looks for in an answer. Nothing when it knows of none.
  std::optional<ReasoningMarks> reasoning() const;

  /// The share of the limits on work and memory (jinja/budget.h) that parsing the template and rendering a conversation
  /// takes, whichever is larger: 0 … 1. @throws as render
  double cost(std::span<const ChatMessage> messages, bool addGenerationPrompt = true) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

}  // namespace core::text
