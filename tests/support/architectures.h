#pragma once
#include <QtTest>
#include <cmath>
#include <filesystem>
#include <span>
#include <vector>

#include "core/model/executor.h"
#include "support/golden.h"

namespace support {

/// Tiny models of every architecture and llama.cpp's logits of them.
inline const std::filesystem::path kArchitectures = std::filesystem::path(QS_TEST_DATA) / "architectures";

/// Of a position, in nats. llama.cpp's GELU in float16 makes up to 1.5e-6 of it, all else up to 1e-8 (README,
/// "Architectures"); a step that is missing or wrong takes thousands of times as much.
constexpr double kDivergenceLimit = 4e-6;

/// A row for each model's file and for its folder: "name" of the model, "path" below kArchitectures.
inline void addArchitectureRows() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<QString>("path");
  for (const auto& entry : std::filesystem::directory_iterator(kArchitectures)) {
    if (entry.path().extension() != ".gguf") continue;
    const QString name = QString::fromStdString(entry.path().stem().string());
    QTest::addRow("%s, file", qPrintable(name)) << name << name + QStringLiteral(".gguf");
    QTest::addRow("%s, folder", qPrintable(name)) << name << name + QStringLiteral("-folder");
  }
}

inline std::vector<core::model::TokenId> architectureTokens() { return readJson(kArchitectures / "tokens.json"); }

/// float32 [tokens, vocabulary]
inline std::vector<float> architectureLogits(const QString& name) {
  return readArray<float>(kArchitectures / (name.toStdString() + ".logits"));
}

/// The greatest KL(theirs || ours) of a position, in nats.
inline double worstDivergence(std::span<const float> theirs, std::span<const float> ours, std::size_t vocabulary) {
  const auto logSum = [](std::span<const float> row) {
    const double most = *std::max_element(row.begin(), row.end());
    double sum = 0;
    for (const float x : row) sum += std::exp(static_cast<double>(x) - most);
    return most + std::log(sum);
  };
  if (theirs.size() != ours.size()) return INFINITY;
  double worst = 0;
  for (std::size_t at = 0; at < theirs.size(); at += vocabulary) {
    const auto a = theirs.subspan(at, vocabulary), b = ours.subspan(at, vocabulary);
    const double p = logSum(a), q = logSum(b);
    double divergence = 0;
    for (std::size_t i = 0; i < vocabulary; ++i) {
      const double logP = static_cast<double>(a[i]) - p;
      divergence += std::exp(logP) * (logP - (static_cast<double>(b[i]) - q));
    }
    worst = std::isnan(divergence) ? INFINITY : std::max(worst, divergence);
  }
  return worst;
}

}  // namespace support
