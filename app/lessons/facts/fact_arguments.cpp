#include "app/lessons/facts/fact_arguments.h"

#include <fmt/format.h>

#include <cmath>

#include "core/base/error.h"

namespace app {
namespace {

[[noreturn]] void refuse(std::string_view name, std::string_view expected) {
  refuseArgument(fmt::format("The argument {} must be {}.", name, expected));
}

void replaceAnswer(nlohmann::json& value, double answer) {
  if (value.is_structured())
    for (auto& entry : value) replaceAnswer(entry, answer);
  else if (value.is_string() && value.get_ref<const std::string&>() == "$answer")
    value = answer;
}

}  // namespace

void refuseArgument(const std::string& sentence) { throw core::Error(core::ErrorCode::InvalidArgument, sentence); }

const nlohmann::json& FactArguments::value(std::string_view name) const {
  const auto found = m_object.find(std::string(name));
  if (found == m_object.end()) refuseArgument(fmt::format("The argument {} is missing.", name));
  return *found;
}

double FactArguments::number(std::string_view name) const {
  const auto& found = value(name);
  if (!found.is_number()) refuse(name, "a number");
  return found.get<double>();
}

std::uint64_t FactArguments::count(std::string_view name) const {
  const double found = number(name);
  if (!(found >= 0) || found > 0x1p53 || found != std::floor(found)) refuse(name, "a whole number, not negative");
  return static_cast<std::uint64_t>(found);
}

std::string FactArguments::text(std::string_view name) const {
  const auto& found = value(name);
  if (!found.is_string()) refuse(name, "a text");
  return found.get<std::string>();
}

std::string FactArguments::digits(std::string_view name) const {
  const auto& found = value(name);
  if (found.is_string()) return found.get<std::string>();
  if (!found.is_number()) refuse(name, "a number or its digits as a text");
  return fmt::format("{}", found.get<double>());
}

std::vector<double> FactArguments::numbers(std::string_view name) const {
  const auto& found = value(name);
  std::vector<double> result;
  if (!found.is_array()) refuse(name, "a list of numbers");
  for (const auto& entry : found) {
    if (!entry.is_number()) refuse(name, "a list of numbers");
    result.push_back(entry.get<double>());
  }
  return result;
}

std::vector<std::string> FactArguments::texts(std::string_view name) const {
  const auto& found = value(name);
  std::vector<std::string> result;
  if (!found.is_array()) refuse(name, "a list of texts");
  for (const auto& entry : found) {
    if (!entry.is_string()) refuse(name, "a list of texts");
    result.push_back(entry.get<std::string>());
  }
  return result;
}

FactArguments FactArguments::answered(double answer) const {
  nlohmann::json object = m_object;
  replaceAnswer(object, answer);
  return FactArguments(std::move(object));
}

std::vector<std::string> FactArguments::names() const {
  std::vector<std::string> result;
  for (auto it = m_object.begin(); it != m_object.end(); ++it) result.push_back(it.key());
  return result;
}

}  // namespace app
