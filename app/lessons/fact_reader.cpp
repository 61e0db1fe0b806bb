#include "app/lessons/fact_reader.h"

#include "app/lessons/facts/facts.h"
#include "app/text/tr.h"

namespace app {

using text::tr;

FactCall readFact(const nlohmann::json& json, const QString& where) {
  StrictJson object(json, where);
  const QString name = object.text("fact");
  const Fact* fact = findFact(name.toStdString());
  if (fact == nullptr) object.refuse(tr("There is no fact %1.").arg(name));
  nlohmann::json arguments = json;
  arguments.erase("fact");
  FactCall call{fact, FactArguments(std::move(arguments))};
  if (const std::string problem = argumentProblem(*fact, call.arguments); !problem.empty())
    object.refuse(QString::fromStdString(problem));
  return call;
}

ShownFact readShownFact(const nlohmann::json& json, const QString& where) {
  StrictJson object(json, where);
  ShownFact shown;
  nlohmann::json call = json;
  if (object.has("digits")) shown.digits = object.integer("digits");
  if (object.has("decimals")) shown.decimals = object.integer("decimals");
  if (shown.digits < 1 || shown.digits > 17 || shown.decimals.value_or(0) < 0 || shown.decimals.value_or(0) > 17)
    object.refuse(tr("Numbers are shown with 1 to 17 digits."));
  call.erase("digits");
  call.erase("decimals");
  shown.call = readFact(call, where);
  return shown;
}

ShownFacts readShownFacts(StrictJson& object, const char* key) {
  ShownFacts result;
  if (!object.has(key)) return result;
  const nlohmann::json& facts = object.value(key);
  const QString where = object.where() + QStringLiteral(", ") + QLatin1String(key);
  for (const QString& name : StrictJson(facts, where).keys())
    result.emplace_back(name, readShownFact(facts.at(name.toStdString()), where + QStringLiteral(" → ") + name));
  return result;
}

}  // namespace app
