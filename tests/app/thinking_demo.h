#pragma once
#include "changed_demo.h"

/// The demo model under a template with reasoning: whatever it writes up to the word "distribution." counts as thought,
/// and its prompt begins one; with enable_thinking=false the prompt does not.
inline constexpr const char* kThinkingTemplate =
    "{% if reasoning_effort is not defined %}{% set reasoning_effort = 'medium' %}{% endif %}"
    "{% if reasoning_effort == 'high' %}{{ '<|system|>\\nThink hard.' + eos_token + '\\n' }}{% endif %}"
    "{% if tools %}{{ '<|system|>\\n' ~ tools | length ~ ' tools.' + eos_token + '\\n' }}{% endif %}"
    "{% for message in messages %}{{ '<|' + message['role'] + '|>\\n' }}"
    "{% if message.reasoning_content %}{{ message.reasoning_content + ' distribution.\\n' }}{% endif %}"
    "{{ message['content'] + eos_token + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}"
    "{% if enable_thinking is defined and enable_thinking is false %}{{ 'Well: ' }}{% endif %}{% endif %}";

/// The question whose answer thinks: "NF4 is a 4-bit code with 16 levels placed at the quantiles of a normal".
inline const QString kThoughtQuestion = QStringLiteral("What is NF4?");
