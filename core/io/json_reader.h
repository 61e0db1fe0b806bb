#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace core::io {

/// A JSON value without parts; std::monostate is null. Integers beyond 64 bits arrive as double.
using JsonScalar = std::variant<std::monostate, bool, std::uint64_t, std::int64_t, double, std::string>;

enum class JsonContainer { Object, Array };

/// Receives a JSON text piece by piece, in order; no tree is built. Implementations throw Error to refuse.
class JsonVisitor {
 public:
  virtual ~JsonVisitor() = default;
  virtual void onBegin(JsonContainer container) = 0;
  virtual void onEnd(JsonContainer container) = 0;
  /// A key of the innermost object; not seen before in that object.
  virtual void onKey(std::string key) = 0;
  virtual void onScalar(JsonScalar value) = 0;
};

/// Reads untrusted JSON text. Bytes of a string that are not UTF-8 arrive as \xNN.
/// @param maxDepth containers inside containers, 1 for a flat object
/// @throws Error (InvalidFile) "SOURCE: …" for a syntax error with its byte, too deep nesting, or a key that occurs
/// twice
void readJson(std::string_view text, JsonVisitor& visitor, std::string_view source, std::size_t maxDepth);

}  // namespace core::io
