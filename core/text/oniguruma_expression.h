#pragma once
#include <string>
#include <string_view>

namespace core::text {

/// An expression of Oniguruma, as tokenizer.json files hold them, in PCRE2's words where these differ: a class that
/// another one is cut out of ([a-z&&[^q]]), and names of scripts, which mean Script there and Script_Extensions here.
std::string fromOniguruma(std::string_view expression);

}  // namespace core::text
