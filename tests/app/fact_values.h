#pragma once
// Facts of the lessons, called as a lesson writes them: {"fact": NAME, arguments}.
#include <QTest>
#include <cmath>
#include <stdexcept>
#include <string>

#include "app/lessons/facts/facts.h"

inline app::FactValue factValue(const char* json) {
  nlohmann::json arguments = nlohmann::json::parse(json);
  const app::Fact* fact = app::findFact(arguments.at("fact").get<std::string>());
  if (fact == nullptr) throw std::runtime_error(std::string("no fact in ") + json);
  arguments.erase("fact");
  const app::FactCall call{fact, app::FactArguments(std::move(arguments))};
  if (const std::string problem = argumentProblem(*fact, call.arguments); !problem.empty())
    throw std::runtime_error(problem);
  return call.compute(core::JobContext());
}

inline double factNumber(const char* json) { return std::get<double>(factValue(json)); }
inline std::string factText(const char* json) { return std::get<std::string>(factValue(json)); }

/// A table of facts with the figures they must come to, for a test and its _data.
inline void addFactColumns() {
  QTest::addColumn<QByteArray>("fact");
  QTest::addColumn<double>("figure");
  QTest::addColumn<double>("tolerance");
}
inline void addFactRow(const char* json, double figure, double tolerance = 0) {
  QTest::newRow(json) << QByteArray(json) << figure << tolerance;
}
inline void checkFactRow() {
  QFETCH(QByteArray, fact);
  QFETCH(double, figure);
  QFETCH(double, tolerance);
  const double computed = factNumber(fact.constData());
  QVERIFY2(std::fabs(computed - figure) <= tolerance, qPrintable(QString::number(computed, 'g', 12)));
}
