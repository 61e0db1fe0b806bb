#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace core::quant {

/// Schemes under the names that the field calls them by, as Scheme::parse reads them; nothing for other texts.
///   gptq[:bits=4,group=128,sym=off,…]  int4:group=128,range=minmax,method=gptq,…
///   awq[:bits=4,group=128,sym=off,…]   int4:group=128,range=minmax,method=awq,…
///   hqq[:bits=4,group=64,…]            int4:group=64,range=minmax,method=hqq,…
///   w8a8[:activations=dynamic,…]       int8:activations=int8_dynamic,…; or static
///   smoothquant[:…]                    int8:method=smooth,activations=int8_dynamic,…
///   llm.int8[:…]                       llm_int8:…
/// What is not said is as their projects have it; other keys go through.
/// @throws Error (InvalidArgument) for a width or a word that none of them has
std::optional<std::string> spelledOut(std::string_view text);

/// The names that those begin with.
std::span<const std::string_view> schemeSpellings();
/// Whether a scheme's text may begin with this word: a format's name or one of those.
bool isSchemeName(std::string_view word);

}  // namespace core::quant
