#include "app/workspaces/chat/seed_study.h"

#include <QSet>
#include <algorithm>

#include "app/workspaces/chat/meaning.h"

namespace app {

namespace {

/// Of all pairs of different seeds of which both were answered.
AgreementRate rateOf(const std::vector<QString>& a, const std::vector<QString>& b, bool ordered) {
  AgreementRate rate;
  std::size_t agreeing = 0, answered = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (!a[i].isNull() && !b[i].isNull()) ++answered;
    for (std::size_t j = ordered ? 0 : i + 1; j < b.size(); ++j) {
      if (i == j || a[i].isNull() || b[j].isNull()) continue;
      ++rate.pairs;
      agreeing += agree(a[i], b[j]) ? 1 : 0;
    }
  }
  rate.independent = std::min(answered / 2, rate.pairs);
  if (rate.pairs > 0) rate.share = static_cast<double>(agreeing) / static_cast<double>(rate.pairs);
  rate.interval = core::evaluate::wilsonIntervalOf(rate.share, static_cast<double>(rate.independent));
  return rate;
}

}  // namespace

std::vector<SeedAgreement> studySeeds(const std::vector<std::vector<QString>>& answers) {
  std::vector<SeedAgreement> study;
  for (const auto& ofPane : answers) {
    SeedAgreement& agreement = study.emplace_back();
    QSet<QString> texts;
    for (const QString& text : ofPane)
      if (!text.isNull()) texts.insert(text);
    agreement.distinct = static_cast<std::size_t>(texts.size());
    agreement.withItself = rateOf(ofPane, ofPane, false);
    agreement.withReference = study.size() == 1 ? agreement.withItself : rateOf(answers.front(), ofPane, true);
  }
  return study;
}

bool isWithinOwnSpread(const AgreementRate& withReference, const AgreementRate& ofReference) {
  return withReference.interval.high >= ofReference.interval.low &&
         withReference.interval.low <= ofReference.interval.high;
}

}  // namespace app
