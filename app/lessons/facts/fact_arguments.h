#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace app {

/// For what arguments cannot mean. @throws core::Error (InvalidArgument) with the sentence
[[noreturn]] void refuseArgument(const std::string& sentence);

/// The arguments of a fact as a lesson writes them: a JSON object of numbers, texts and lists. What is asked for and
/// missing, or of another kind, is an Error (InvalidArgument) with one sentence.
class FactArguments {
 public:
  FactArguments() = default;
  /// @pre object.is_object()
  explicit FactArguments(nlohmann::json object) : m_object(std::move(object)) {}

  bool has(std::string_view name) const { return m_object.contains(std::string(name)); }
  double number(std::string_view name) const;
  double number(std::string_view name, double otherwise) const { return has(name) ? number(name) : otherwise; }
  /// A whole number from 0 to 2^53.
  std::uint64_t count(std::string_view name) const;
  std::uint64_t count(std::string_view name, std::uint64_t otherwise) const {
    return has(name) ? count(name) : otherwise;
  }
  std::string text(std::string_view name) const;
  std::string text(std::string_view name, const std::string& otherwise) const {
    return has(name) ? text(name) : otherwise;
  }
  /// A number as it was written: the text itself where it is one ("0.1" keeps its digits), else its shortest digits.
  std::string digits(std::string_view name) const;
  std::vector<double> numbers(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;

  /// The same with every value "$answer" replaced: what a slider's read-outs are computed from.
  FactArguments answered(double answer) const;
  std::vector<std::string> names() const;
  std::string toString() const { return m_object.dump(); }

 private:
  const nlohmann::json& value(std::string_view name) const;

  nlohmann::json m_object = nlohmann::json::object();
};

}  // namespace app
